"""Registers of tax ids and tax engines, as the settings enable them; none by default."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from argosy.adapters.tax.avalara import open_avalara
from argosy.adapters.tax.vies import open_vies
from argosy.modules.tax.ports import TaxEngine, VatRegister
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


@asynccontextmanager
async def open_tax_engines(settings: Settings) -> AsyncIterator[Mapping[str, TaxEngine]]:
    """The engines that the settings enable, by name; closed at the end."""
    async with AsyncExitStack() as stack:
        engines: dict[str, TaxEngine] = {}
        if settings.avalara_url is not None:
            engine = open_avalara(settings)
            stack.push_async_callback(engine.close)
            engines[engine.name] = engine
        yield engines
