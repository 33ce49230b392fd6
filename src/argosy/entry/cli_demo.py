"""`argosy demo`: a whole shop on this machine, from nothing, in one command."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import httpx
import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from argosy.entry import demo_seed, demo_words
from argosy.entry.supervisor import AlreadySupervised, Child, GivenUp, Supervisor
from argosy.entry.terminal import choices, console, database, fail, settings
from argosy.entry.wiring import running_app
from argosy.runtime import migrate
from argosy.runtime.settings import Settings

READY_WITHIN_S = 60.0
Started = tuple[Child, str | None]
"""A process of the demo, and the address that tells when it is ready."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port of the shop.")] = 8000,
    psp_port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Port of the sandbox payment provider.")
    ] = 8790,
    processes: Annotated[int, typer.Option(min=1, help="Server processes.")] = 1,
    orders: Annotated[
        bool, typer.Option("--orders", help="With sample orders of the last fourteen days.")
    ] = False,
) -> None:
    """Start a shop with the Luma sample catalogue: PostgreSQL, server, worker, sandbox payments.

    The first start takes about a minute, later ones a few seconds. Ctrl-C stops everything; the
    data stays in `.argosy` (or --home, or the database of --database-url).
    """
    base = f"http://127.0.0.1:{port}"
    psp = f"http://127.0.0.1:{psp_port}"
    configured = settings(
        port=port, public_url=base, sandbox_psp_url=psp, server_processes=processes
    )
    if configured.env == "production":
        fail("The demo does not run in production.")
    home = Path(configured.home).absolute()
    home.mkdir(parents=True, exist_ok=True)
    try:
        supervisor = Supervisor(home)
    except AlreadySupervised:
        fail(
            f"A demo runs already with its data in {home}.",
            cure="Stop it with Ctrl-C there, or give this one another --home and other ports.",
        )
    supervisor.end_leftovers()
    for wanted in (port, psp_port):
        _refuse_taken(wanted)
    with _stop_signals(), database(configured) as url:
        try:
            words = _prepare(configured, url, home, supervisor, orders=orders)
            console.print(words, markup=True, soft_wrap=True)
            _watch(supervisor)
        except KeyboardInterrupt:
            console.print("\nStopping ...")
        finally:
            supervisor.stop()
    console.print("Stopped. The data is kept; `make demo` resumes with it.")


def _prepare(
    configured: Settings, url: str, home: Path, supervisor: Supervisor, *, orders: bool
) -> str:
    started = time.monotonic()
    columns = (
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=choices.get().json) as progress:
        step = progress.add_task("Schema", total=len(migrate.migration_files()))
        ran = asyncio.run(migrate.migrate(url, progress=lambda _: progress.advance(step)))
        progress.update(step, completed=len(migrate.migration_files()))
        # What was there before can be served while we look whether it is whole.
        known = (home / demo_seed.CREDENTIALS).exists()
        children: list[Started] = []
        if known and not ran and not orders:
            children = _start(configured, url, supervisor)
        shop = asyncio.run(_seed(configured, url, home, progress))
        if orders and not shop.orders_made:
            children = [_start_sandbox(configured, url, supervisor)]
            _make_orders(
                configured=configured,
                url=url,
                home=home,
                supervisor=supervisor,
                shop=shop,
                sandbox=children[0],
                progress=progress,
            )
        step = progress.add_task("Server, worker and sandbox payments", total=3)
        if len(children) <= 1:
            children += _start(configured, url, supervisor, sandbox=not children)
        for child, address in children:
            _await_ready(child, address, supervisor)
            progress.advance(step)
    return demo_words.greeting(
        shop, configured, fresh=not known, seconds=time.monotonic() - started
    )


async def _seed(
    configured: Settings, url: str, home: Path, progress: Progress
) -> demo_seed.DemoShop:
    async with running_app(configured, url) as app:
        return await demo_seed.seed(app, home, progress)


def _make_orders(
    *,
    configured: Settings,
    url: str,
    home: Path,
    supervisor: Supervisor,
    shop: demo_seed.DemoShop,
    sandbox: Started,
    progress: Progress,
) -> None:
    """Before the worker runs: see demo_orders.py, which loads the whole application."""
    from argosy.entry.demo_orders import sample_orders

    step = progress.add_task("Orders of the last two weeks", total=1)
    _await_ready(*sandbox, supervisor)
    asyncio.run(sample_orders(configured, url, shop))
    shop.orders_made = True
    demo_seed.remember(home, shop)
    progress.advance(step)


def _start(
    configured: Settings, url: str, supervisor: Supervisor, *, sandbox: bool = True
) -> list[Started]:
    started = [_start_sandbox(configured, url, supervisor)] if sandbox else []
    environment = _environment(configured, url)
    # All processes count into one folder, so that /metrics of the server shows the worker's too.
    counted = Path(configured.home).absolute() / "metrics"
    shutil.rmtree(counted, ignore_errors=True)
    counted.mkdir(parents=True)
    environment |= {"PROMETHEUS_MULTIPROC_DIR": str(counted)}
    server = supervisor.start("server", ["serve"], environment)
    worker = supervisor.start("worker", ["worker"], environment)
    return [*started, (server, f"{configured.public_url}/health/ready"), (worker, None)]


def _environment(configured: Settings, url: str) -> dict[str, str]:
    return {
        "ARGOSY_DATABASE_URL": url,
        "ARGOSY_HOME": str(Path(configured.home).absolute()),
        "ARGOSY_PORT": str(configured.port),
        "ARGOSY_PUBLIC_URL": configured.public_url,
        "ARGOSY_SHOP_CHANNEL": configured.shop_channel or "us",
        "ARGOSY_SANDBOX_PSP_URL": str(configured.sandbox_psp_url),
        "ARGOSY_SERVER_PROCESSES": str(configured.server_processes),
        "ARGOSY_OFFLINE_GATEWAYS": '["invoice"]',
    }


def _start_sandbox(configured: Settings, url: str, supervisor: Supervisor) -> Started:
    psp_port = str(configured.sandbox_psp_url).rsplit(":", 1)[1]
    webhooks = f"{configured.public_url}/webhooks/psp/sandbox"
    database = str(Path(configured.home).absolute() / "sandbox-psp.sqlite3")
    sandbox = supervisor.start(
        "sandbox-psp",
        ["sandbox-psp", "--port", psp_port, "--db", database, "--webhook-url", webhooks],
        _environment(configured, url),
    )
    return sandbox, str(configured.sandbox_psp_url)


def _await_ready(child: Child, address: str | None, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        _refuse_ended(supervisor)
        if address is None or _answers(address):
            return
        time.sleep(0.1)
    fail(f"{child.name} was not ready in time.", cure=f"Read {child.log}.")


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).status_code < 500
    except httpx.HTTPError:
        return False


def _watch(supervisor: Supervisor) -> None:
    while True:
        time.sleep(0.5)
        try:
            for child in supervisor.revive():
                console.print(f"[yellow]{child.name} ended by itself and was started again.[/]")
        except GivenUp as given_up:
            _refuse(given_up.child, "ends again and again")


def _refuse_ended(supervisor: Supervisor) -> None:
    ended = supervisor.first_ended()
    if ended is not None:
        _refuse(ended, "ended by itself")


def _refuse(child: Child, what: str) -> NoReturn:
    tail = "\n".join(child.log.read_text("utf-8", "replace").splitlines()[-12:])
    console.print(tail, markup=False)
    fail(f"{child.name} {what}.", cure=f"Read {child.log}.")


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            fail(
                f"Port {port} is taken.",
                cure="Stop what uses it, or choose: argosy demo --port 8001 --psp-port 8791.",
            )


@contextmanager
def _stop_signals() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
