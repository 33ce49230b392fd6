"""Child processes of the demo: started together, watched, and stopped in order.

Their ids are kept in a file, so that a start after a crash of the supervisor ends what it left.
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
from collections.abc import Mapping
from pathlib import Path

import msgspec
import psutil

STOP_WITHIN_S = 12.0


class Child(msgspec.Struct, frozen=True):
    """One process: its name, log file and handle."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]


class AlreadySupervised(Exception):
    """Another supervisor looks after this home folder."""


class Supervisor:
    """Starts `argosy ...` commands as children whose logs go to `home/logs`."""

    def __init__(self, home: Path) -> None:
        # Held as long as this process lives, however it ends. Raises AlreadySupervised.
        self._lock = (home / "supervisor.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadySupervised from None
        self._pids = home / "processes.json"
        self._logs = home / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
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
        with path.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command line
                [sys.executable, "-m", "argosy.entry", *arguments],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
            )
        child = Child(name, path, process)
        self.children.append(child)
        self._remember()
        return child

    def first_ended(self) -> Child | None:
        """A child that has ended by itself, if any."""
        return next((c for c in self.children if c.process.poll() is not None), None)

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


def _stop_tree(process: psutil.Process) -> None:
    family = [process, *process.children(recursive=True)]
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=5)
    for member in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
