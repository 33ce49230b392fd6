"""From tables to a quote: what a channel may sell, and its rules kept until they change."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from tests.hearing import all_heard, listening

from argosy.drill.clock import MovableClock
from argosy.kernel.address import Address
from argosy.kernel.ids import new_id
from argosy.modules import catalog, channels, pricing, shipping, tax
from argosy.modules.catalog import MediaInput, ProductInput, PublicationInput, VariantInput
from argosy.modules.channels import Channel, CreateChannel, UpdateChannel
from argosy.modules.pricing import CreatePriceList, SetPrice
from argosy.reads.sellable import Sellable, sellable_variants
from argosy.runtime.db import Database, counting_statements
from argosy.workflows.app import App
from argosy.workflows.quoting import WantedLine, quote_lines, rules_for

BERLIN = Address(country="DE", postal_code="10115")


@pytest.fixture
async def channel(db: Database) -> Channel:
    async with db.transaction() as tx:
        prices = await pricing.create_price_list(
            tx, CreatePriceList(code="eur", name="Euro", currency="EUR")
        )
        return await channels.create_channel(
            tx,
            CreateChannel(
                code="eu",
                name="EU",
                currency="EUR",
                countries=("DE",),
                default_country="DE",
                price_list_id=prices.id,
                tax_inclusive=True,
            ),
        )


def photo(name: str) -> MediaInput:
    return MediaInput(
        storage_key=name,
        sha256="ab" * 32,
        content_type="image/webp",
        byte_size=1,
        width=1,
        height=1,
    )


async def shirts(db: Database, **more: object) -> dict[str, UUID]:
    fields: dict[str, object] = {
        "slug": "shirt",
        "title": "Shirt",
        "status": "active",
        "tax_class": "standard",
        "variants": (
            VariantInput(sku="S", title="Small", weight_g=200, options={"Size": "S"}),
            VariantInput(sku="M", tax_class="reduced", media="back", options={"Size": "M"}),
        ),
        "media": (photo("front"), photo("back")),
    }
    async with db.transaction() as tx:
        [made] = await catalog.upsert_products(tx, [ProductInput(**(fields | more))])  # type: ignore[arg-type]
    assert isinstance(made, catalog.Upserted), made
    return dict(made.variants)


async def priced(db: Database, channel: Channel, *prices: SetPrice) -> None:
    async with db.transaction() as tx:
        await pricing.set_prices(tx, channel.price_list_id, prices)


async def sold(db: Database, channel: Channel, *variants: UUID) -> dict[UUID, Sellable]:
    async with db.reading() as tx:
        return await sellable_variants(tx, channel.id, [channel.price_list_id], variants, tx.now)


async def test_what_a_channel_sells_is_one_statement(db: Database, channel: Channel) -> None:
    made = await shirts(db, publications=(PublicationInput(channel_id=channel.id),))
    small, medium = made["s"], made["m"]
    await priced(
        db,
        channel,
        SetPrice(variant_id=small, amount_minor=1190),
        SetPrice(variant_id=small, amount_minor=990, min_quantity=10),
    )
    with counting_statements() as count:
        found = await sold(db, channel, small, medium, new_id())
    assert count.statements == 1
    assert set(found) == {small, medium}
    one, two = found[small], found[medium]
    assert (one.sku, one.title, one.variant_title, one.options) == (
        "S",
        "Shirt",
        "Small",
        {"Size": "S"},
    )
    assert (one.product_slug, one.weight_g, one.published) == ("shirt", 200, True)
    assert (one.image_key, two.image_key) == ("front", "back")
    assert (one.tax_class, two.tax_class) == ("standard", "reduced")
    assert sorted((tier.min_quantity, tier.amount_minor) for tier in one.prices) == [
        (1, 1190),
        (10, 990),
    ]
    assert two.prices == ()
    with counting_statements() as count:
        assert await sold(db, channel) == {}
    assert count.statements == 0


async def test_publication_is_per_channel_and_time(
    db: Database, channel: Channel, clock: MovableClock
) -> None:
    start, end = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    made = await shirts(
        db,
        publications=(
            PublicationInput(channel_id=channel.id, publish_from=start, publish_until=end),
        ),
    )

    async def shown() -> bool:
        return (await sold(db, channel, made["s"]))[made["s"]].published

    assert not await shown()
    clock.advance(hours=1, seconds=1)
    assert await shown()
    clock.advance(hours=1)
    assert not await shown()


@pytest.mark.parametrize("status", ["draft", "archived"])
async def test_what_is_not_active_is_not_sold(db: Database, channel: Channel, status: str) -> None:
    made = await shirts(db, status=status, publications=(PublicationInput(channel_id=channel.id),))
    assert not (await sold(db, channel, made["s"]))[made["s"]].published


async def test_C2_prices_start_and_end_by_the_clock(
    db: Database, channel: Channel, clock: MovableClock
) -> None:
    made = await shirts(db, publications=(PublicationInput(channel_id=channel.id),))
    turn = clock.now() + timedelta(hours=1)
    await priced(
        db,
        channel,
        SetPrice(variant_id=made["s"], amount_minor=1000, valid_until=turn),
        SetPrice(variant_id=made["s"], amount_minor=800, valid_from=turn),
    )

    async def amounts() -> list[int]:
        return [t.amount_minor for t in (await sold(db, channel, made["s"]))[made["s"]].prices]

    assert await amounts() == [1000]
    clock.advance(hours=1, seconds=1)
    assert await amounts() == [800]


@pytest.fixture
async def app(db: Database, database_url: str) -> AsyncIterator[App]:
    async with listening(database_url, db.clock) as cache:
        yield cast("App", SimpleNamespace(db=db, cache=cache, part=lambda make: make()))


async def set_up(db: Database, channel: Channel) -> shipping.Method:
    async with db.transaction() as tx:
        await tax.create_zone(
            tx,
            tax.SetZone(code="DE", name="Germany", areas=(tax.Area(country="DE"),)),
            [
                tax.SetRate(
                    tax_class="standard",
                    code="DE.standard",
                    name="VAT",
                    jurisdiction="DE",
                    rate=Decimal("0.19"),
                )
            ],
        )
        zone = await shipping.create_zone(
            tx, shipping.SetZone(code="de", name="DE", areas=(shipping.Area(country="DE"),))
        )
        return await shipping.create_method(
            tx,
            channel.id,
            shipping.SetMethod(
                code="post",
                name="Post",
                pricing="flat",
                zone_ids=(zone.id,),
                tiers=(shipping.Tier(from_value=0, price_minor=490),),
            ),
        )


async def test_a_cart_is_quoted_by_what_is_stored(db: Database, channel: Channel, app: App) -> None:
    method = await set_up(db, channel)
    made = await shirts(db, publications=(PublicationInput(channel_id=channel.id),))
    await priced(db, channel, SetPrice(variant_id=made["s"], amount_minor=1190))
    rules = await rules_for(app, channel.id)
    goods = await sold(db, channel, made["s"])
    quote = quote_lines(
        rules,
        channel,
        goods,
        [WantedLine(key="a", variant_id=made["s"], quantity=2)],
        BERLIN,
        method.id,
        at=db.clock(),
    )
    # 23.80 holds 3.80 of tax, 4.90 of shipping holds 0.78.
    assert (quote.total.minor, quote.tax_total.minor) == (2870, 458)


async def test_rules_are_read_once_and_again_after_each_change(
    db: Database, channel: Channel, app: App
) -> None:
    method = await set_up(db, channel)
    # The notices of the set-up itself must have come in before anything is counted.
    await all_heard(db)
    first = await rules_for(app, channel.id)
    with counting_statements() as count:
        assert await rules_for(app, channel.id) is first
    assert count.statements == 0

    async def changed() -> None:
        for _ in range(200):
            if await rules_for(app, channel.id) is not first:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the change was not noticed")

    async with db.transaction() as tx:
        await channels.update_channel(tx, channel, UpdateChannel(tax_rounding="unit"))
    await changed()
    second = await rules_for(app, channel.id)
    assert second.policy.tax_rounding == "unit"

    first = second
    async with db.transaction() as tx:
        await tax.load_tax_pack(tx, "us-states")
    await changed()

    first = await rules_for(app, channel.id)
    async with db.transaction() as tx:
        await shipping.delete_method(tx, method.id)
    await changed()
    assert (await rules_for(app, channel.id)).methods == ()


async def test_rules_of_an_unknown_channel_are_not_found(app: App) -> None:
    with pytest.raises(channels.ChannelNotFound):
        await rules_for(app, new_id())
