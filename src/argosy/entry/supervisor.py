"""Child processes of the demo: started together, watched, and stopped in order.

One that dies is started again after a pause that grows with each death; one that dies again and
again is given up. (In production systemd does so, see deploy/systemd.) Their ids are kept in a
file, so that a start after a crash of the supervisor ends what it left.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import psutil

STOP_WITHIN_S = 12.0
PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Before each new start of a child that dies; it is given up when they are used up."""
STEADY_S = 60.0
"""A child that lived this long has its pauses anew."""


class Child(msgspec.Struct):
    """One process: its name, log file, command and handle. `deaths` since it was last steady;
    `due`: when a dead one is started again.
    """

    name: str
    log: Path
    arguments: list[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes]
    started: float
    deaths: int = 0
    due: float | None = None


class AlreadySupervised(Exception):
    """Another supervisor looks after this home folder."""


class GivenUp(Exception):
    """A child dies again and again."""

    def __init__(self, child: Child) -> None:
        super().__init__(child.name)
        self.child = child


class Supervisor:
    """Starts `argosy ...` commands (`program`) as children whose logs go to `home/logs`."""

    def __init__(
        self,
        home: Path,
        *,
        program: Sequence[str] = (sys.executable, "-m", "argosy.entry"),
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        # Held as long as this process lives, however it ends. Raises AlreadySupervised.
        self._lock = (home / "supervisor.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadySupervised from None
        self._pids = home / "processes.json"
        self._logs = home / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._program = tuple(program)
        self._pauses_s = tuple(pauses_s)
        self.children: list[Child] = []

    def end_leftovers(self) -> int:
        """Stop the processes that a killed supervisor left behind; how many there were."""
        if not self._pids.exists():
            return 0
        ended = 0
        for pid, created in json.loads(self._pids.read_text()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                # A process id may have been given to somebody else since.
                if abs(process.create_time() - created) < 1.0:
                    _stop_tree(process)
                    ended += 1
        self._pids.unlink()
        return ended

    def start(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> Child:
        """Start `argosy <arguments>`; its output is appended to `home/logs/<name>.log`."""
        path = self._logs / f"{name}.log"
        process = _spawn(path, [*self._program, *arguments], environment)
        child = Child(name, path, arguments, environment, process, time.monotonic())
        self.children.append(child)
        self._remember()
        return child

    def first_ended(self) -> Child | None:
        """A child that has ended by itself, if any."""
        return next((c for c in self.children if c.process.poll() is not None), None)

    def revive(self) -> list[Child]:
        """Start again the children that died and whose pause is over; which ones. Call it often.

        Raises GivenUp for one that died once more than there are pauses.
        """
        revived = []
        now = time.monotonic()
        for child in self.children:
            if child.process.poll() is None:
                continue
            if child.due is None:
                steady = now - child.started >= STEADY_S
                child.deaths = 1 if steady else child.deaths + 1
                if child.deaths > len(self._pauses_s):
                    raise GivenUp(child)
                child.due = now + self._pauses_s[child.deaths - 1]
            if now >= child.due:
                _end_family(child.process.pid)
                command = [*self._program, *child.arguments]
                child.process = _spawn(child.log, command, child.environment)
                child.started, child.due = now, None
                revived.append(child)
        if revived:
            self._remember()
        return revived

    def stop(self) -> None:
        """Stop all, the newest first, each with time to finish what it does."""
        for child in reversed(self.children):
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_S
        for child in reversed(self.children):
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(psutil.NoSuchProcess):
                    _stop_tree(psutil.Process(child.process.pid))
        self.children.clear()
        self._pids.unlink(missing_ok=True)

    def _remember(self) -> None:
        alive = []
        for child in self.children:
            with contextlib.suppress(psutil.NoSuchProcess):
                alive.append((child.process.pid, psutil.Process(child.process.pid).create_time()))
        self._pids.write_text(json.dumps(alive))


def _spawn(
    path: Path, command: list[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    with path.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own command line
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
        )


def _end_family(leader: int) -> None:
    """What a dead child left behind (a server's own workers), which would keep its port."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _stop_tree(process: psutil.Process) -> None:
    family = [process, *process.children(recursive=True)]
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=5)
    for member in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
