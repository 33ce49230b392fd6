"""`argosy demo` as people run it: from nothing, buy by the printed transcript, stop, resume."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest

WITHIN_S = 240.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Demo:
    """One run of the command in a home folder, on ports of its own."""

    def __init__(
        self, home: Path, ports: tuple[int, int], *, database_url: str | None = None
    ) -> None:
        self.output = home.parent / f"output-{time.monotonic_ns()}.txt"
        port, psp_port = ports
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "argosy.entry", "--home", str(home)]
                + (["--database-url", database_url] if database_url else [])
                + ["demo", "--port", str(port), "--psp-port", str(psp_port)],
                stdout=out,
                stderr=subprocess.STDOUT,
                env={k: v for k, v in os.environ.items() if not k.startswith("ARGOSY_")}
                | {"COLUMNS": "400"},
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def wait_until_ready(self) -> str:
        deadline = time.monotonic() + WITHIN_S
        while "Buy something" not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.2)
        return self.text()

    def wait_for(self, words: str) -> None:
        """Until the demo has said so."""
        deadline = time.monotonic() + 60
        while words not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.2)

    def interrupt(self) -> None:
        """Ctrl-C, as a terminal sends it to the foreground group."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0, self.text()
        _, alive = psutil.wait_procs(children, timeout=10)
        assert not alive, alive


def buy_as_told(said: str, home: Path) -> None:
    """Run the printed commands as they are printed."""
    bought = subprocess.run(
        ["bash", "-eu", "-c", said[said.index("API=http") :]],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=home,
    )
    assert bought.returncode == 0, bought.stderr
    assert '"result": "placed"' in bought.stdout
    assert '"payment_status": "authorised"' in bought.stdout


def kill_child(demo: Demo, name: str) -> None:
    """SIGKILL to the child process with this command; what it started is left behind."""
    for child in psutil.Process(demo.process.pid).children():
        with contextlib.suppress(psutil.ZombieProcess):  # one that was killed before
            if child.cmdline()[-1:] == [name]:
                child.kill()
                return
    raise AssertionError(f"no child is called {name}")


def wait_until_served(port: int) -> None:
    """Until the server answers on its port."""
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            address = f"http://127.0.0.1:{port}/health/ready"
            with urllib.request.urlopen(address, timeout=2) as answer:
                assert answer.status == 200
                return
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    # PostgreSQL's socket path has a length limit, and its own user must reach the folder.
    folder = Path("/tmp") / f"argosy-demo-{os.getpid()}-{time.monotonic_ns() % 10**6}" / "home"
    folder.mkdir(parents=True)
    yield folder
    subprocess.run(["rm", "-rf", str(folder.parent)], check=True)


def test_a_shop_from_nothing_sells_stops_and_resumes(home: Path) -> None:
    ports = (free_port(), free_port())
    demo = Demo(home, ports)
    try:
        buy_as_told(demo.wait_until_ready(), home)
        second = Demo(home, (free_port(), free_port()))
        assert second.process.wait(60) == 1, "one home has one demo, and the first goes on"
        assert "runs already" in second.text()
        assert demo.process.poll() is None
        for name in ("worker", "serve"):
            kill_child(demo, name)
        demo.wait_for("worker ended by itself and was started again")
        demo.wait_for("server ended by itself and was started again")
        wait_until_served(ports[0])
        number = json.loads((home / "placed.json").read_text())["order"]["number"]
        assert number.startswith("US-")
        assert (home / "demo.json").stat().st_mode & 0o077 == 0, "credentials are the owner's"
    finally:
        demo.interrupt()
    assert "Stopped." in demo.text()

    again = Demo(home, ports)
    try:
        said = again.wait_until_ready()
        assert "is back" in said, "it resumes with its data"
        assert json.loads((home / "demo.json").read_text())["secret_key"] in said
        books = subprocess.run(
            [sys.executable, "-m", "argosy.entry", "--home", str(home), "--json"]
            + ["books", "trial-balance"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert "receivable" in books.stdout, "the order of the first run is in the books"
    finally:
        again.interrupt()


@pytest.fixture
async def given_database(postgres_url: str) -> AsyncIterator[str]:
    """An empty database that a role without special rights owns, as a provider gives it."""
    name = f"given_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f"create role {name} login password 'given'")
    await admin.execute(f"create database {name} owner {name}")
    yield make_dsn(postgres_url, name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.execute(f"drop role {name}")
    await admin.close()


def make_dsn(server_url: str, name: str) -> str:
    parts = urlsplit(server_url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{name}:given@{host}", path=f"/{name}").geturl()


async def test_a_whole_demo_on_a_given_database(home: Path, given_database: str) -> None:
    elsewhere = {"secret_key": "sk_of_another_demo", "catalogue_imported": True}
    (home / "demo.json").write_text(json.dumps(elsewhere | {"reviews_imported": True}))
    demo = Demo(home, (free_port(), free_port()), database_url=given_database)
    try:
        buy_as_told(await asyncio.to_thread(demo.wait_until_ready), home)
        found = await asyncpg.connect(given_database)
        assert await found.fetchval("select count(*) from orders.order") == 1
        assert await found.fetchval("select count(*) from catalog.product") > 100
        assert await found.fetchval("select count(*) from reviews.review") > 100
        await found.close()
    finally:
        demo.interrupt()
    assert not (home / "postgres").exists(), "no database of its own was started"


async def test_a_given_database_that_does_not_answer_is_named(home: Path) -> None:
    url = "postgresql://shop:hidden@127.0.0.1:9/shop"
    demo = Demo(home, (free_port(), free_port()), database_url=url)
    assert demo.process.wait(60) == 1
    assert "The database cannot be reached" in demo.text()
    assert "ARGOSY_DATABASE_URL" in demo.text()
    assert "Traceback" not in demo.text()
    assert "hidden" not in demo.text()


def test_a_taken_port_is_named_with_a_way_out(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        demo = Demo(home, (taken.getsockname()[1], free_port()))
        assert demo.process.wait(60) == 1
    assert "is taken" in demo.text()
    assert "--port" in demo.text()
