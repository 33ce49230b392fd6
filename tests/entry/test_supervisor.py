"""The demo's child processes: started again after they died, given up when they keep dying."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from argosy.entry.supervisor import PAUSES_S, GivenUp, Supervisor


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    one = Supervisor(tmp_path, program=(sys.executable, "-c"), pauses_s=(0.0, 0.3))
    yield one
    one.stop()


def until(is_so: Callable[[], object], *, within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


LIVES, DIES = "import time; time.sleep(600)", "raise SystemExit('it cannot')"


def test_a_killed_child_is_started_again_and_known_to_the_next_supervisor(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    child = supervisor.start("lives", [LIVES], {})
    assert supervisor.revive() == [], "it lives"
    before = child.process.pid
    os.kill(before, signal.SIGKILL)
    until(lambda: child.process.poll() is not None)
    assert supervisor.revive() == [child]
    assert child.process.pid != before
    assert str(child.process.pid) in (tmp_path / "processes.json").read_text()
    assert psutil.pid_exists(child.process.pid)


def test_a_child_that_keeps_dying_is_given_up_after_growing_pauses(supervisor: Supervisor) -> None:
    child = supervisor.start("dies", [DIES], {})
    revived: list[float] = []
    with pytest.raises(GivenUp) as given_up:
        while True:
            if supervisor.revive():
                revived.append(time.monotonic())
            time.sleep(0.02)
    assert given_up.value.child is child
    assert len(revived) == 2
    assert "it cannot" in child.log.read_text()
    assert sorted(PAUSES_S) == list(PAUSES_S)


def test_a_child_that_was_steady_has_its_pauses_anew(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("argosy.entry.supervisor.STEADY_S", 0.0)
    child = supervisor.start("dies", [DIES], {})
    for _ in range(4):  # more often than there are pauses
        until(supervisor.revive)
        assert child.deaths == 1
