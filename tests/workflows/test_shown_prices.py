"""What a shop window shows beside a price: lists of the channel, prior prices, unit prices.

DOMAIN.md C1, C5-C8, C10.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from tests.workflows.window_shop import Shop, open_shop

from argosy.drill.clock import MovableClock
from argosy.kernel.money import Money
from argosy.modules import pricing
from argosy.modules.pricing import AssignPriceList, CreatePriceList, Measure, Policy, SetPrice
from argosy.runtime.db import Database

DAY = timedelta(days=1)


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


async def a_sale(shop: Shop, variant_id: UUID, minor: int, **more: object) -> UUID:
    """A list with a price, offered in the channel; the assignment."""
    async with shop.db.transaction() as tx:
        made = await pricing.create_price_list(
            tx, CreatePriceList(code=f"sale-{minor}", name="Sale", currency="EUR")
        )
        await pricing.set_prices(tx, made.id, [SetPrice(variant_id=variant_id, amount_minor=minor)])
        settings = {"level": "channel", "channel_id": shop.channel.id, "price_list_id": made.id}
        given = AssignPriceList(**(settings | more))  # type: ignore[arg-type]
        return (await pricing.assign_price_list(tx, given)).id


async def omnibus(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        policy = Policy(was_price="omnibus")
        await pricing.set_policy(tx, shop.channel.id, policy, expected_version=0)


async def shown(shop: Shop) -> tuple[int, int | None, int | None]:
    """The lowest price of the tee, its prior price and its struck-through price."""
    await shop.settle()
    price = (await shop.page("tee")).price
    was = [None if money is None else money.minor for money in (price.prior, price.compare_at)]
    return price.min.minor, was[0], was[1]


async def test_C5_a_reduction_is_shown_with_its_prior_price(
    shop: Shop, clock: MovableClock
) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=10000)
    assert await shown(shop) == (10000, None, None)
    clock.advance(days=40)
    await shop.price(tee["S"], minor=8000)
    assert await shown(shop) == (8000, 10000, None)
    clock.advance(days=9)
    await shop.price(tee["S"], minor=7000)
    assert await shown(shop) == (7000, 10000, None)
    (variant,) = (await shop.page("tee")).variants.items
    assert variant.prior == Money(10000, "EUR")


async def test_C6_in_omnibus_mode_only_the_prior_price_is_struck_through(
    shop: Shop, clock: MovableClock
) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=10000)
    clock.advance(days=40)
    async with shop.db.transaction() as tx:
        entered = SetPrice(variant_id=tee["S"], amount_minor=8000, compare_at_minor=19900)
        await pricing.set_prices(tx, shop.channel.price_list_id, [entered])
    assert await shown(shop) == (8000, 10000, 19900)
    await omnibus(shop)
    assert await shown(shop) == (8000, 10000, 10000)
    await shop.price(tee["S"], minor=12000)
    assert await shown(shop) == (12000, None, None)


async def test_C8_a_scheduled_sale_begins_and_ends_by_itself_with_its_prior_price(
    shop: Shop, clock: MovableClock
) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=10000)
    clock.advance(days=40)
    now = clock.now()
    await a_sale(shop, tee["S"], 7000, valid_from=now + DAY, valid_until=now + 3 * DAY)
    assert await shown(shop) == (10000, None, None)
    # Nobody projects at the boundary: the window has both sides of it already.
    clock.advance(days=1)
    price = (await shop.page("tee")).price
    assert (price.min.minor, price.prior) == (7000, Money(10000, "EUR"))
    await shop.settle()
    clock.advance(days=2)
    price = (await shop.page("tee")).price
    assert (price.min.minor, price.prior) == (10000, None)


async def test_C1_the_window_shows_what_a_cart_would_be_quoted(
    shop: Shop, clock: MovableClock
) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=10000)
    assigned = await a_sale(shop, tee["S"], 9000)
    assert await shown(shop) == (9000, 10000, None)
    await a_sale(shop, tee["S"], 9500, priority=1)
    assert (await shown(shop))[0] == 9500
    async with shop.db.transaction() as tx:
        lowest = Policy(choice="lowest")
        await pricing.set_policy(tx, shop.channel.id, lowest, expected_version=0)
    assert (await shown(shop))[0] == 9000
    async with shop.db.transaction() as tx:
        await pricing.end_assignment(tx, assigned)
    assert (await shown(shop))[0] == 9500


async def test_C1_a_market_list_is_shown_where_it_is_the_default_country(shop: Shop) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=10000)
    home = shop.channel.default_country
    away = "SE" if home != "SE" else "FI"
    await a_sale(shop, tee["S"], 9000, level="market", subject=away, channel_id=None)
    assert (await shown(shop))[0] == 10000
    await a_sale(shop, tee["S"], 8000, level="market", subject=home, channel_id=None)
    assert (await shown(shop))[0] == 8000


async def test_C10_prices_of_a_group_are_in_no_window(shop: Shop) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=10000)
    await a_sale(shop, tee["S"], 5000, level="group", subject="dealers", channel_id=None)
    assert await shown(shop) == (10000, None, None)


async def test_C3_tiers_of_two_lists_are_shown_as_they_apply(shop: Shop) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=1000)
    async with shop.db.transaction() as tx:
        made = await pricing.create_price_list(
            tx, CreatePriceList(code="bulk", name="Bulk", currency="EUR")
        )
        tiers = [
            SetPrice(variant_id=tee["S"], amount_minor=amount, min_quantity=start)
            for start, amount in ((5, 900), (20, 800))
        ]
        await pricing.set_prices(tx, made.id, tiers)
        given = AssignPriceList(price_list_id=made.id, level="channel", channel_id=shop.channel.id)
        await pricing.assign_price_list(tx, given)
    await shop.settle()
    (variant,) = (await shop.page("tee")).variants.items
    assert variant.price.minor == 1000
    assert [(t.min_quantity, t.price.minor) for t in variant.tiers] == [(5, 900), (20, 800)]


async def test_C7_the_price_per_litre_is_of_the_price_in_force(
    shop: Shop, clock: MovableClock
) -> None:
    tee = await shop.add("tee", sizes=("S", "M"), minor=199)
    async with shop.db.transaction() as tx:
        half = Measure(
            variant_id=tee["S"],
            content=Decimal(500),
            unit="ml",
            base_quantity=Decimal(1),
            base_unit="l",
        )
        await pricing.set_measures(tx, [half])
    await shop.settle()
    page = await shop.page("tee")
    per = [None if v.unit_price is None else v.unit_price for v in page.variants.items]
    assert per[0] is not None
    assert (per[0].price.minor, per[0].per, per[1]) == (398, "1 l", None)
    clock.advance(days=1)
    await shop.price(tee["S"], minor=149)
    await shop.settle()
    page = await shop.page("tee")
    assert page.price.unit_price is not None
    assert (page.price.unit_price.price.minor, page.price.prior) == (298, Money(199, "EUR"))
    async with shop.db.transaction() as tx:
        await pricing.drop_measures(tx, [tee["S"]])
    await shop.settle()
    assert (await shop.page("tee")).price.unit_price is None
