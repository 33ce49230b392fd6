"""Registers of tax ids and tax engines, as the settings enable them; none by default."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from argosy.adapters.tax.vies import open_vies
from argosy.modules.tax.ports import VatRegister
from argosy.runtime.settings import Settings


@asynccontextmanager
async def open_vat_register(settings: Settings) -> AsyncIterator[VatRegister | None]:
    """The register that the settings name, closed at the end; None: nobody is asked."""
    if settings.vies_url is None:
        yield None
        return
    async with AsyncExitStack() as stack:
        register = open_vies(settings)
        stack.push_async_callback(register.close)
        yield register
