"""Payment gateways: one folder or file for each, all fulfilling payments' `Gateway` port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from argosy.adapters.psp.offline import offline_gateways
from argosy.adapters.psp.sandbox import open_sandbox
from argosy.modules.payments import Gateway
from argosy.runtime.settings import Settings


@asynccontextmanager
async def open_gateways(settings: Settings) -> AsyncIterator[Mapping[str, Gateway]]:
    """The gateways that the settings offer, by name; their connections close at the end.

    Raises SandboxInProduction when the sandbox is configured in production.
    """
    gateways: dict[str, Gateway] = {
        offline.name: offline for offline in offline_gateways(settings.offline_gateways)
    }
    if settings.sandbox_psp_url:
        sandbox = open_sandbox(settings)
        gateways[sandbox.name] = sandbox
    try:
        yield gateways
    finally:
        for gateway in gateways.values():
            await gateway.close()
