"""The processes of a shop: where they may listen, and that none is left when one is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from argosy.entry.cli import app
from argosy.entry.start import command_of


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("command", ["serve", "sandbox-psp"])
def test_a_taken_port_is_not_shared(taken: int, command: str) -> None:
    told = CliRunner().invoke(app, [command, "--port", str(taken)])
    assert told.exit_code == 1
    assert f"Port {taken} is taken" in told.output


@pytest.mark.parametrize("host", ["300.1.1.1", "shop.example", "203.0.113.7"])
def test_an_address_that_is_not_of_this_machine_is_named(host: str) -> None:
    told = CliRunner().invoke(app, ["serve", "--host", host, "--port", str(free_port())])
    assert told.exit_code == 1
    assert host in told.output
    assert "127.0.0.1" in told.output or "of this machine" in told.output


def test_the_sandbox_says_where_it_cannot_write() -> None:
    told = CliRunner().invoke(
        app, ["sandbox-psp", "--port", str(free_port()), "--db", "/nonexistent/x.sqlite3"]
    )
    assert told.exit_code == 1
    assert "/nonexistent" in told.output


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["serve", "--port", "1"], "serve"),
        (["--home", "worker", "--json", "keys", "list"], "keys"),
        (["--home=worker", "demo"], "demo"),
        (["--database-url", "postgresql://x", "migrate", "--check"], "migrate"),
        (["--help"], ""),
        (["--home"], ""),
        ([], ""),
    ],
)
def test_the_command_is_told_from_the_options_before_it(words: list[str], command: str) -> None:
    assert command_of(words) == command


def test_a_server_whose_first_process_is_killed_stops_serving(
    database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    log = tmp_path / "serve.log"
    with log.open("wb") as out:
        parent = subprocess.Popen(
            [sys.executable, "-m", "argosy.entry", "--database-url", database_url]
            + ["--home", str(tmp_path), "serve", "--port", str(port)],
            stdout=out,
            stderr=out,
            env={k: v for k, v in os.environ.items() if not k.startswith("ARGOSY_")},
            start_new_session=True,
        )
    serving: list[psutil.Process] = []
    try:
        until(lambda: answers(port), log)
        serving = psutil.Process(parent.pid).children(recursive=True)
        parent.kill()
        parent.wait(10)
        until(lambda: not any(one.is_running() for one in serving), log)
        until(lambda: not answers(port), log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(so: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not so():
        assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
        time.sleep(0.1)
