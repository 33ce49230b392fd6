"""A shop for drills that play inside one process: a database, a provider, and a clock to move.

No server and no worker run beside it: what they would do is done when the drill says so.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from argosy.adapters.psp.offline import offline_gateways
from argosy.adapters.psp.sandbox import open_sandbox
from argosy.drill.child import OpenApp
from argosy.drill.clock import MovableClock
from argosy.drill.sandbox import API_KEY, WEBHOOK_SECRET, Sandbox, sandbox_running
from argosy.drill.till import Till, furnish
from argosy.modules.payments import Gateway
from argosy.runtime import migrate
from argosy.runtime.credentials import Passwords
from argosy.runtime.embedded import EmbeddedPostgres, start_embedded
from argosy.runtime.settings import load_settings

TEMPLATE = "drill_template"
CHEAP = {"memory_kib": 64, "passes": 1, "lanes": 1}


@dataclasses.dataclass
class Quiet:
    """What `quiet_shop` yields."""

    till: Till
    url: str
    provider: Sandbox
    clock: MovableClock


@asynccontextmanager
async def quiet_postgres(home: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL in the empty folder `home`, with a migrated template. It waits for no disk: in
    these drills nobody kills it.
    """
    postgres = await asyncio.to_thread(
        start_embedded, home, extra_settings="fsync = off\nsynchronous_commit = off\n"
    )
    try:
        await postgres.create_database(TEMPLATE)
        await migrate.migrate(postgres.url(TEMPLATE))
        yield postgres
    finally:
        await asyncio.to_thread(postgres.stop)


@asynccontextmanager
async def quiet_shop(
    open_app: OpenApp, home: Path, postgres: EmbeddedPostgres, name: str
) -> AsyncIterator[Quiet]:
    """A furnished shop on a fresh database `name`, with a provider of its own."""
    await postgres.create_database(name, template=TEMPLATE)
    clock = MovableClock()
    async with AsyncExitStack() as stack:
        provider_url = stack.enter_context(sandbox_running())
        settings = load_settings(
            database_url=postgres.url(name),
            home=str(home),
            sandbox_psp_url=provider_url,
            sandbox_psp_api_key=API_KEY,
            sandbox_psp_webhook_secret=WEBHOOK_SECRET,
            provider_timeout_s=2.0,
        )
        gateways: list[Gateway] = [*offline_gateways(["invoice", "cash"]), open_sandbox(settings)]
        stack.push_async_callback(gateways[-1].close)
        app = await stack.enter_async_context(
            open_app(
                settings,
                postgres.url(name),
                clock=clock,
                gateways={one.name: one for one in gateways},
            )
        )
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=provider_url, headers={"authorization": f"Bearer {API_KEY}"}, timeout=15
            )
        )
        await http.put("/_test/webhooks", json={"url": None, "paused": True})
        # Accounts are opened, and nobody guesses at passwords: hashes may be cheap.
        till = await furnish(dataclasses.replace(app, passwords=Passwords(**CHEAP)))
        yield Quiet(till, postgres.url(name), Sandbox(provider_url, http), clock)
