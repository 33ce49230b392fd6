"""Carriers that are asked for rates, as the settings enable them; none by default."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from argosy.adapters.shipping.easypost import open_easypost
from argosy.modules.shipping.ports import RateCarrier
from argosy.runtime.settings import Settings


@asynccontextmanager
async def open_carriers(settings: Settings) -> AsyncIterator[Mapping[str, RateCarrier]]:
    """The carriers that the settings enable, by name; closed at the end."""
    async with AsyncExitStack() as stack:
        carriers: dict[str, RateCarrier] = {}
        if settings.easypost_url is not None:
            carrier = open_easypost(settings)
            stack.push_async_callback(carrier.close)
            carriers[carrier.name] = carrier
        yield carriers
