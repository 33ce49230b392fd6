"""`argosy doctor`: names each misconfiguration and its cure."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import asyncpg
import httpx
import typer
from rich.markup import escape

from argosy.entry import doctor_storage, terminal
from argosy.entry.findings import Finding
from argosy.entry.terminal import as_json, choices, console, settings
from argosy.runtime import migrate
from argosy.runtime.settings import Settings, weaknesses
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "doctor.sql")

OLDEST_POSTGRES = 180_000
MAX_SKEW_S = 2.0
LEAST_FREE_BYTES = 1 << 30
LONG_TRANSACTION_S = 60.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", rich_help_panel="Operations")(doctor)


def doctor() -> None:
    """Look for misconfigurations and say how to mend them. Exit code 1 when an error is found."""
    configured = settings()
    with terminal.database(configured) as url:
        findings = asyncio.run(_all(configured, url))
    _show(findings)
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


async def _all(configured: Settings, url: str) -> list[Finding]:
    return [
        *configuration(configured),
        *[finding async for finding in database(configured, url)],
        *[finding async for finding in providers(configured)],
        *[finding async for finding in doctor_storage.storage(configured)],
    ]


def configuration(configured: Settings) -> list[Finding]:
    """What can be judged without asking anybody."""
    level: Literal["error", "warning"] = "error" if configured.env == "production" else "warning"
    found = [Finding(level, what, cure) for what, cure in weaknesses(configured)]
    home = Path(configured.home).absolute()
    nearest = next(path for path in (home, *home.parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        found.append(Finding("error", f"{home} cannot be written.", "Set ARGOSY_HOME elsewhere."))
    free = shutil.disk_usage(nearest).free
    if free < LEAST_FREE_BYTES:
        found.append(
            Finding(
                "error",
                f"Only {free >> 20} MiB are free for {home}.",
                "Free space, or move ARGOSY_HOME to a larger disk.",
            )
        )
    if configured.placing_lease_s <= configured.provider_timeout_s:
        found.append(
            Finding(
                "error",
                "ARGOSY_PLACING_LEASE_S is not longer than ARGOSY_PROVIDER_TIMEOUT_S: recovery "
                "would take over purchases that still wait for their provider.",
                "Set the lease to at least twice the provider timeout.",
            )
        )
    if configured.sandbox_psp_url is None and not configured.offline_gateways:
        found.append(
            Finding(
                level,
                "No way to pay is configured here: nothing that costs money can be bought.",
                "Name some in ARGOSY_OFFLINE_GATEWAYS, or try with ARGOSY_SANDBOX_PSP_URL.",
            )
        )
    return found or [Finding("ok", "Settings are sound.")]


async def database(configured: Settings, url: str) -> AsyncIterator[Finding]:
    """What the database says of itself and of our schema."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        version = int(await connection.fetchval("show server_version_num"))
        if version < OLDEST_POSTGRES:
            yield Finding(
                "error",
                f"PostgreSQL is {version // 10000}.",
                "Argosy needs PostgreSQL 18 or newer.",
            )
        else:
            yield Finding("ok", f"PostgreSQL {version // 10000}.{version % 10000} answers.")
        at = await migrate.current(url)
        if at is None or at < migrate.head():
            yield Finding(
                "error",
                f"The schema is at {at}, this version needs {migrate.head()}.",
                "Run `argosy migrate`.",
            )
            return
        yield Finding("ok", f"The schema is current ({at}).")
        async for finding in _server(connection, configured):
            yield finding
        async for finding in _shop(connection):
            yield finding
    finally:
        await connection.close()


async def _server(connection: Any, configured: Settings) -> AsyncIterator[Finding]:
    row = await connection.fetchrow(SQL.server.sql)
    wanted = (configured.server_processes + 1) * (
        configured.database_pool_size + configured.checkout_pool_size + 2
    )
    if wanted > row["max_connections"] - 10:
        yield Finding(
            "error",
            f"{wanted} connections are configured, the server allows {row['max_connections']}.",
            "Lower the pool sizes or raise max_connections.",
        )
    skew = abs((row["now"] - datetime.now(UTC)).total_seconds())
    if skew > MAX_SKEW_S:
        yield Finding(
            "error",
            f"The clocks of this machine and the database differ by {skew:.1f} s.",
            "Synchronise both with NTP: leases and reservations rely on time.",
        )
    if not row["fsync"] or not row["full_page_writes"]:
        yield Finding(
            "error",
            "fsync or full_page_writes is off: a crash would lose orders.",
            "Turn both on in postgresql.conf.",
        )
    if row["synchronous_commit"] == "off":
        yield Finding(
            "error",
            "synchronous_commit is off: a crash would lose the newest orders.",
            "Set synchronous_commit = on.",
        )
    if row["oldest_transaction_s"] > LONG_TRANSACTION_S:
        yield Finding(
            "warning",
            f"A transaction has been open for {row['oldest_transaction_s']:.0f} s; "
            "events committed after it wait.",
            "Find it in pg_stat_activity and end it.",
        )


async def _shop(connection: Any) -> AsyncIterator[Finding]:
    for row in await connection.fetch(SQL.shop.sql):
        yield Finding(row["level"], row["what"], row["cure"])
    for row in await connection.fetch(SQL.reactions.sql, datetime.now(UTC)):
        yield Finding(
            "warning",
            f"Reaction {row['name']} is {row['lag_s']:.0f} s behind.",
            "Is a worker running (`argosy worker`)? See its log and `argosy events parked`.",
        )
    parked = await connection.fetchval(SQL.parked.sql)
    if parked:
        yield Finding(
            "warning",
            f"{parked} events are parked and wait for a person.",
            "See `argosy events parked`, mend the cause, then `argosy events replay`.",
        )


async def providers(configured: Settings) -> AsyncIterator[Finding]:
    """Whether the configured providers can be reached at all."""
    if configured.sandbox_psp_url is None:
        return
    try:
        async with httpx.AsyncClient(timeout=3) as client:
            await client.get(configured.sandbox_psp_url)
    except httpx.HTTPError as error:
        yield Finding(
            "error",
            f"The sandbox payment provider at {configured.sandbox_psp_url} does not answer "
            f"({type(error).__name__}).",
            "Start it with `argosy sandbox-psp`, or unset ARGOSY_SANDBOX_PSP_URL.",
        )
    else:
        yield Finding("ok", "The sandbox payment provider answers.")


def _show(findings: list[Finding]) -> None:
    if choices.get().json:
        as_json(findings)
        return
    signs = {"ok": "[green]ok     [/]", "warning": "[yellow]warning[/]", "error": "[red]error  [/]"}
    for finding in findings:
        console.print(f"{signs[finding.level]} {escape(finding.what)}")
        if finding.cure and finding.level != "ok":
            console.print(f"        [bold]cure:[/] {escape(finding.cure)}")
