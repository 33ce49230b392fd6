"""`argosy serve`, `worker`, `migrate`, `sandbox-psp`: one process each."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from argosy.entry.terminal import as_json, choices, console, database, fail, settings
from argosy.runtime import migrate as migrations
from argosy.runtime.settings import Settings, weaknesses


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    panel = "Processes"
    app.command(rich_help_panel=panel)(serve)
    app.command(rich_help_panel=panel)(worker)
    app.command(rich_help_panel=panel)(migrate)
    app.command("sandbox-psp", rich_help_panel=panel)(sandbox_psp)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    processes: Annotated[int | None, typer.Option(help="Server processes.")] = None,
) -> None:
    """Run the HTTP server: storefront and admin API, webhooks, /metrics, /health, /schema."""
    configured = settings(host=host, port=port, server_processes=processes)
    refuse_weak_production(configured)
    require_free(configured.host, configured.port)
    with database(configured) as url:
        require_current_schema(url)
        os.environ["ARGOSY_DATABASE_URL"] = url  # inherited by Granian's worker processes
        from argosy.entry.server import run_server

        run_server(configured)


def worker() -> None:
    """Run the worker: events, jobs, recovery, housekeeping. Any number may run."""
    configured = settings()
    refuse_weak_production(configured)
    with database(configured) as url:
        require_current_schema(url)
        from argosy.entry.worker import run_worker

        asyncio.run(run_worker(configured, url))


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether migrations are pending (exit code 1).")
    ] = False,
) -> None:
    """Bring the database to the schema of this version."""
    with database(settings()) as url:
        if check:
            _check(asyncio.run(migrations.current(url)))
            return
        ran = asyncio.run(migrations.migrate(url, progress=_told))
        if choices.get().json:
            as_json({"ran": ran, "at": migrations.head()})
        else:
            console.print(
                f"[green]Schema is current[/] ({migrations.head()}); {len(ran)} migrations ran."
            )


def _told(name: str) -> None:
    if not choices.get().json:
        console.print(f"  {name}")


def _check(at: str | None) -> None:
    names = [path.stem for path in migrations.migration_files()]
    pending = [name for name in names if at is None or name > at]
    if choices.get().json:
        as_json({"at": at, "pending": pending})
    elif pending:
        console.print(f"Pending: {', '.join(pending)}")
    else:
        console.print(f"[green]Schema is current[/] ({at}).")
    if pending:
        raise typer.Exit(1)


def sandbox_psp(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8790,
    db: Annotated[str, typer.Option(help="SQLite file of its state.")] = ":memory:",
    webhook_url: Annotated[
        str | None, typer.Option(help="Where it sends webhooks, e.g. .../webhooks/psp/sandbox.")
    ] = None,
) -> None:
    """Run the sandbox payment provider: a stand-in that moves no money. Not for production."""
    configured = settings()
    if configured.env == "production":
        fail("The sandbox payment provider does not run in production.")
    require_free("127.0.0.1", port)
    folder = Path(db).absolute().parent
    if db != ":memory:" and not os.access(folder, os.W_OK):
        fail(f"Nothing can be written in {folder}.", cure="Name a file in another folder: --db.")
    from argosy.sandbox_psp.config import Config
    from argosy.sandbox_psp.server import run as run_sandbox

    run_sandbox(
        Config(
            port=port,
            database=db,
            api_key=configured.sandbox_psp_api_key.get_secret_value(),
            webhook_secret=configured.sandbox_psp_webhook_secret.get_secret_value(),
            webhook_url=webhook_url,
        )
    )


def require_free(host: str, port: int) -> None:
    """Fail when something listens there: the system would let both, and each had a half of it."""
    try:
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except ValueError:
        fail(f"{host} is no IP address.", cure="Listen on 127.0.0.1, or 0.0.0.0 for all networks.")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            fail(f"Port {port} is taken.", cure="Stop what uses it, or choose another: --port.")
        fail(
            f"It is not possible to listen on {host} port {port}: {error.strerror}.",
            cure="Listen on an address of this machine, and a port above 1023 unless root.",
        )


def require_current_schema(url: str) -> None:
    """Fail with the cure when migrations are pending.

    A newer schema is fine: during an upgrade, and after a step back, this version goes on with it.
    """
    at = asyncio.run(migrations.current(url))
    if at is None or at < migrations.head():
        fail(
            f"The database is at {at or 'no schema'}, this version needs {migrations.head()}.",
            cure="Run `argosy migrate`.",
        )


def refuse_weak_production(configured: Settings) -> None:
    """In production, fail on development defaults."""
    found = weaknesses(configured) if configured.env == "production" else []
    if found:
        fail(
            "Not fit for production: " + " ".join(what for what, _ in found),
            cure="See `argosy doctor`.",
        )
