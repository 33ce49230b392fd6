"""A shop behind its HTTP application, with orders paid at the sandbox provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.adapters.psp.operations import QUICK
from tests.sandbox import API_KEY, WEBHOOK_SECRET, Sandbox, sandbox, sandbox_url
from tests.web.identity.making import Shop, a_shop
from tests.workflows.paid_orders import PaidShop

from argosy.adapters.psp.sandbox import SandboxGateway
from argosy.drill.clock import MovableClock
from argosy.runtime.providers import Provider

__all__ = ["sandbox", "sandbox_url"]


@pytest.fixture
async def shop(
    database_url: str, clock: MovableClock, tmp_path: Path, sandbox: Sandbox
) -> AsyncIterator[Shop]:
    """A shop with one channel and the sandbox gateway."""
    headers = {"authorization": f"Bearer {API_KEY}"}
    provider = Provider("sandbox", sandbox.url, headers=headers, limits=QUICK)
    gateway = SandboxGateway(provider, webhook_secrets=[WEBHOOK_SECRET])
    async with a_shop(database_url, clock, str(tmp_path)) as made:
        cast("dict[str, Any]", made.app.gateways)["sandbox"] = gateway
        yield made
    await gateway.close()


@pytest.fixture
def paid(shop: Shop, sandbox: Sandbox) -> PaidShop:
    """Makes orders that are paid."""
    return PaidShop(shop.app, shop.app.db, sandbox)
