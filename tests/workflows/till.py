"""The till of the drills, opened on a test's own database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

from tests.hearing import listening
from tests.sandbox import API_KEY, WEBHOOK_SECRET

from argosy.adapters.imaging.studio import ChildStudio
from argosy.adapters.psp.offline import offline_gateways
from argosy.adapters.psp.sandbox import open_sandbox
from argosy.adapters.search.tantivy_index import TantivyIndex
from argosy.adapters.storage.local import LocalStorage
from argosy.drill.dying import ServerDied
from argosy.drill.till import BECAUSE, BERLIN, INVOICE, Till, card, furnish, reply_for
from argosy.kernel.ids import new_id
from argosy.modules import payments
from argosy.modules.payments import Gateway
from argosy.runtime.credentials import Passwords
from argosy.runtime.db import Clock, Database
from argosy.runtime.settings import load_settings
from argosy.web.mails.scribe import PageScribe
from argosy.workflows.app import App

__all__ = [
    "BECAUSE", "BERLIN", "INVOICE", "DyingGateway", "ServerDied", "Till", "another_id", "card",
    "open_till", "reply_for",
]  # fmt: skip


@asynccontextmanager
async def open_till(
    db: Database, database_url: str, clock: Clock, home: Path, sandbox_url: str | None = None
) -> AsyncIterator[Till]:
    """The shop, on a fresh database; with a sandbox address also payments by card."""
    settings = load_settings(
        database_url=database_url,
        home=str(home),
        secret_key="a secret key for tests of 32 characters",
        sandbox_psp_url=sandbox_url,
        sandbox_psp_api_key=API_KEY,
        sandbox_psp_webhook_secret=WEBHOOK_SECRET,
        provider_timeout_s=2.0,
    )
    gateways: dict[str, Gateway] = {one.name: one for one in offline_gateways(["invoice", "cash"])}
    async with AsyncExitStack() as stack:
        if sandbox_url:
            gateways["sandbox"] = open_sandbox(settings)
            stack.push_async_callback(gateways["sandbox"].close)
        cache = await stack.enter_async_context(listening(database_url, clock))
        passwords = Passwords(memory_kib=64, passes=1, lanes=1)
        stack.callback(passwords.close)
        app = App(
            db=db,
            checkout_db=db,
            settings=settings,
            cache=cache,
            gateways=gateways,
            storage=LocalStorage(home),
            studio=ChildStudio(),
            search=TantivyIndex(home / "search"),
            passwords=passwords,
            scribe=PageScribe(settings),
        )
        yield await furnish(app)


def another_id() -> UUID:
    """An id that names nothing."""
    return new_id()


class DyingGateway:
    """Lets the call through, and dies before its answer is read."""

    def __init__(self, real: payments.Gateway) -> None:
        self._real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def authorise(self, operation: payments.Operation) -> payments.Outcome:
        await self._real.authorise(operation)
        raise ServerDied
