"""The only place that builds anything: one App for a process, and its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal

from argosy.adapters.email import open_mailer
from argosy.adapters.fetching import FetchLimits, GuardedFetcher
from argosy.adapters.imaging.studio import ChildStudio
from argosy.adapters.psp import open_gateways
from argosy.adapters.search.tantivy_index import TantivyIndex
from argosy.adapters.shipping import open_carriers
from argosy.adapters.storage import open_storage
from argosy.adapters.tax import open_tax_engines, open_vat_register
from argosy.modules.payments.ports import Gateway
from argosy.runtime import metrics
from argosy.runtime.cache import Cache
from argosy.runtime.credentials import Passwords
from argosy.runtime.db import Clock, Database, utc_now
from argosy.runtime.settings import Settings
from argosy.web.mails.scribe import PageScribe
from argosy.workflows.app import App
from argosy.workflows.measuring import COUNTED

Purpose = Literal["server", "worker", "command"]

# A statement of the worker (a rebuild, an import batch) may take longer than a web request.
_WORKER_STATEMENT_S = 30.0


@asynccontextmanager
async def running_app(
    settings: Settings,
    url: str,
    *,
    purpose: Purpose = "command",
    clock: Clock = utc_now,
    gateways: Mapping[str, Gateway] | None = None,
) -> AsyncIterator[App]:
    """An App on the database at `url`; everything it opened is closed at the end."""
    server = purpose == "server"
    home = Path(settings.home).absolute()  # noqa: ASYNC240 - asks the system for a name, no disk
    timeout_s = settings.statement_timeout_s if server else _WORKER_STATEMENT_S
    async with AsyncExitStack() as stack:

        async def pool(name: str, size: int, *, generic_plans: bool = False) -> Database:
            database = await Database.open(
                url,
                clock=clock,
                min_size=min(size, 4) if server else 1,
                max_size=size,
                statement_timeout_s=timeout_s,
                wait_s=timeout_s,
                name=f"argosy {purpose} {name}",
                generic_plans=generic_plans,
            )
            stack.push_async_callback(database.close)
            return database

        db = await pool("general", settings.database_pool_size)
        checkout_db = await pool("checkout", settings.checkout_pool_size, generic_plans=True)
        cache = Cache(clock=clock)
        await cache.start(url)
        stack.push_async_callback(cache.close)
        studio = ChildStudio()
        stack.push_async_callback(studio.close)
        passwords = Passwords()
        stack.callback(passwords.close)
        if gateways is None:
            gateways = await stack.enter_async_context(open_gateways(settings))
        vat_register = await stack.enter_async_context(open_vat_register(settings))
        tax_engines = await stack.enter_async_context(open_tax_engines(settings))
        metrics.count_with(COUNTED)
        metrics.observe_pool("general", db.pool)
        metrics.observe_pool("checkout", checkout_db.pool)
        yield App(
            db=db,
            checkout_db=checkout_db,
            settings=settings,
            cache=cache,
            gateways=gateways,
            storage=open_storage(settings, home),
            studio=studio,
            search=TantivyIndex(home / "search"),
            passwords=passwords,
            mailer=open_mailer(settings, home),
            scribe=PageScribe(settings),
            fetcher=_fetcher(settings),
            vat_register=vat_register,
            tax_engines=tax_engines,
            carriers=await stack.enter_async_context(open_carriers(settings)),
        )


def _fetcher(settings: Settings) -> GuardedFetcher:
    """Who fetches feeds, within the bounds that are set."""
    return GuardedFetcher(
        http_hosts=settings.feed_http_hosts,
        private_hosts=settings.feed_private_hosts,
        limits=FetchLimits(
            most_bytes=settings.feed_limit_bytes, deadline_s=settings.feed_timeout_s
        ),
    )
