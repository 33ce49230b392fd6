"""The EU-wide threshold over HTTP: B18."""

from __future__ import annotations

import pytest
from tests.web.identity.making import Shop
from tests.web.selling.test_selling_api import Desk

from argosy.drill.clock import MovableClock


@pytest.fixture
def desk(shop: Shop, key: str) -> Desk:
    return Desk(shop, key)


async def test_B18_each_selling_state_is_told_where_it_stands(
    desk: Desk, shop: Shop, clock: MovableClock
) -> None:
    assert shop.channel.default_country == "DE"
    found = await desk(200, "GET", "/eu-sales")
    assert found["year"] == clock.now().year
    [one] = found["items"]
    assert (one["seller_country"], one["state"], one["countries"]) == ("DE", "below", [])
    assert one["left"] == one["threshold"] == {"minor": 1_000_000, "currency": "EUR"}
    assert (await desk(200, "GET", "/eu-sales?year=2025"))["year"] == 2025
    refused = await desk(422, "GET", "/eu-sales?year=1999")
    assert refused["field"] == "year"
    desk.key = await shop.secret_key("orders:read")
    await desk(403, "GET", "/eu-sales")
