"""Prices on PostgreSQL: DOMAIN.md C2, C5, C9."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from argosy.drill.clock import MovableClock
from argosy.modules.pricing import (
    ChangePriceList,
    CreatePriceList,
    PriceInvalid,
    PriceList,
    PriceListChanged,
    PriceListCodeTaken,
    PriceListInvalid,
    PriceListNotFound,
    PriceNotFound,
    PricesOverlap,
    SetPrice,
    SetPrices,
    change_price_list,
    create_price_list,
    list_price_lists,
    list_prices,
    price_history,
    price_list_by_code,
    price_list_by_id,
    prior_price,
    remove_prices,
    set_prices,
)
from argosy.runtime.db import Database, Tx

SHIRT, SHOES = UUID(int=1), UUID(int=2)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)


async def a_list(tx: Tx, code: str = "eur") -> PriceList:
    return await create_price_list(tx, CreatePriceList(code=code, name="Euro", currency="EUR"))


async def put(db: Database, prices: PriceList, *given: SetPrice) -> SetPrices:
    async with db.transaction() as tx:
        return await set_prices(tx, prices.id, given)


@pytest.fixture
async def euro(db: Database) -> PriceList:
    async with db.transaction() as tx:
        return await a_list(tx)


async def outbox(db: Database) -> Sequence[str]:
    rows = await db.pool.fetch("select type from runtime.outbox order by id")
    return [row["type"] for row in rows]


async def test_lists_are_found_by_id_and_code(db: Database, euro: PriceList) -> None:
    async with db.reading() as tx:
        assert await price_list_by_id(tx, euro.id) == euro
        assert await price_list_by_code(tx, "eur") == euro
        assert await list_price_lists(tx, limit=10) == [euro]
        assert await list_price_lists(tx, after="eur", limit=10) == []
        for search in (price_list_by_id(tx, SHIRT), price_list_by_code(tx, "none")):
            with pytest.raises(PriceListNotFound):
                await search


async def test_list_codes_are_unique_and_sane(db: Database, euro: PriceList) -> None:
    with pytest.raises(PriceListCodeTaken):
        async with db.transaction() as tx:
            await a_list(tx)
    for field, given in (
        ("code", CreatePriceList(code="Bad Code", name="x", currency="EUR")),
        ("name", CreatePriceList(code="x", name=" ", currency="EUR")),
        ("currency", CreatePriceList(code="x", name="x", currency="DEM")),
    ):
        with pytest.raises(PriceListInvalid) as caught:
            async with db.transaction() as tx:
                await create_price_list(tx, given)
        assert caught.value.field == field


async def test_a_list_is_renamed_by_one_editor_at_a_time(db: Database, euro: PriceList) -> None:
    async with db.transaction() as tx:
        renamed = await change_price_list(
            tx, euro.id, ChangePriceList(name="Retail"), expected_version=1
        )
    assert (renamed.name, renamed.version) == ("Retail", 2)
    with pytest.raises(PriceListChanged):
        async with db.transaction() as tx:
            await change_price_list(tx, euro.id, ChangePriceList(name="Again"), expected_version=1)


async def test_prices_are_set_replaced_and_left_alone(db: Database, euro: PriceList) -> None:
    shirt = SetPrice(variant_id=SHIRT, amount_minor=1999, compare_at_minor=2499)
    shoes = SetPrice(variant_id=SHOES, amount_minor=8900)
    dearer = SetPrice(variant_id=SHOES, amount_minor=9900)
    assert await put(db, euro, shirt, shoes) == SetPrices(
        created=2, updated=0, unchanged=0, changed=(SHIRT, SHOES)
    )
    assert await put(db, euro, shirt, dearer) == SetPrices(
        created=0, updated=1, unchanged=1, changed=(SHOES,)
    )
    assert await put(db, euro, shirt, dearer) == SetPrices(created=0, updated=0, unchanged=2)
    async with db.reading() as tx:
        stored = await list_prices(tx, euro.id, limit=10)
    assert [(p.variant_id, p.amount_minor, p.compare_at_minor) for p in stored] == [
        (SHIRT, 1999, 2499),
        (SHOES, 9900, None),
    ]
    assert (await outbox(db)).count("argosy.pricing.prices_changed.v1") == 2


async def test_tiers_periods_and_priorities_live_beside_each_other(
    db: Database, euro: PriceList
) -> None:
    written = await put(
        db,
        euro,
        SetPrice(variant_id=SHIRT, amount_minor=1000),
        SetPrice(variant_id=SHIRT, amount_minor=900, min_quantity=10),
        SetPrice(
            variant_id=SHIRT, amount_minor=800, priority=1, valid_from=MARCH, valid_until=APRIL
        ),
    )
    assert written.created == 3


async def test_C2_periods_of_equal_rank_touch_but_do_not_overlap(
    db: Database, euro: PriceList
) -> None:
    march = SetPrice(variant_id=SHIRT, amount_minor=1000, valid_from=MARCH, valid_until=APRIL)
    april = SetPrice(variant_id=SHIRT, amount_minor=1100, valid_from=APRIL)
    assert (await put(db, euro, march, april)).created == 2
    for clash in (
        SetPrice(variant_id=SHIRT, amount_minor=1),
        SetPrice(variant_id=SHIRT, amount_minor=1, valid_from=MAY),
        SetPrice(variant_id=SHIRT, amount_minor=1, valid_until=APRIL),
    ):
        with pytest.raises(PricesOverlap):
            await put(db, euro, SetPrice(variant_id=SHOES, amount_minor=5), clash)
    async with db.reading() as tx:
        assert len(await list_prices(tx, euro.id, limit=10)) == 2


@pytest.mark.parametrize(
    ("field", "price"),
    [
        ("amount_minor", SetPrice(variant_id=SHIRT, amount_minor=-1)),
        ("amount_minor", SetPrice(variant_id=SHIRT, amount_minor=10**12 + 1)),
        ("compare_at_minor", SetPrice(variant_id=SHIRT, amount_minor=1, compare_at_minor=-1)),
        ("min_quantity", SetPrice(variant_id=SHIRT, amount_minor=1, min_quantity=0)),
        ("priority", SetPrice(variant_id=SHIRT, amount_minor=1, priority=1001)),
        (
            "valid_until",
            SetPrice(variant_id=SHIRT, amount_minor=1, valid_from=APRIL, valid_until=APRIL),
        ),
    ],
)
async def test_impossible_prices_are_named(
    db: Database, euro: PriceList, field: str, price: SetPrice
) -> None:
    with pytest.raises(PriceInvalid) as caught:
        await put(db, euro, SetPrice(variant_id=SHOES, amount_minor=5), price)
    assert caught.value.field == f"prices.1.{field}"


async def test_the_same_price_twice_is_refused(db: Database, euro: PriceList) -> None:
    price = SetPrice(variant_id=SHIRT, amount_minor=5)
    with pytest.raises(PriceInvalid) as caught:
        await put(db, euro, price, price)
    assert caught.value.field == "prices.1"


async def test_prices_of_an_unknown_list_are_refused(db: Database) -> None:
    with pytest.raises(PriceListNotFound):
        async with db.transaction() as tx:
            await set_prices(tx, SHIRT, [SetPrice(variant_id=SHIRT, amount_minor=5)])


async def test_removed_prices_leave_history(db: Database, euro: PriceList) -> None:
    await put(db, euro, SetPrice(variant_id=SHIRT, amount_minor=1000))
    async with db.reading() as tx:
        (price,) = await list_prices(tx, euro.id, variant_ids=[SHIRT], limit=10)
    async with db.transaction() as tx:
        assert await remove_prices(tx, euro.id, [price.id]) == 1
    async with db.reading() as tx:
        assert await list_prices(tx, euro.id, limit=10) == []
        history = await price_history(tx, euro.id, SHIRT)
    assert [change.amount_minor for change in history] == [1000, None]
    with pytest.raises(PriceNotFound):
        async with db.transaction() as tx:
            await remove_prices(tx, euro.id, [price.id])


async def test_C5_history_is_recorded_from_the_first_day_and_cannot_be_rewritten(
    db: Database, euro: PriceList, clock: MovableClock
) -> None:
    for amount in (10000, 10000, 8000, 7000):
        await put(db, euro, SetPrice(variant_id=SHIRT, amount_minor=amount))
        clock.advance(days=5)
    async with db.reading() as tx:
        history = await price_history(tx, euro.id, SHIRT)
        assert [change.amount_minor for change in history] == [10000, 8000, 7000]
        assert history == sorted(history, key=lambda change: change.recorded_at)
        assert await prior_price(tx, euro.id, SHIRT, tx.now) == 10000
        assert await prior_price(tx, euro.id, SHOES, tx.now) is None
    for attack in (
        "update pricing.price_change set amount_minor = 1",
        "delete from pricing.price_change",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await db.pool.execute(attack)


async def test_prices_are_listed_in_pages(db: Database, euro: PriceList) -> None:
    await put(db, euro, *(SetPrice(variant_id=UUID(int=n), amount_minor=n) for n in range(1, 6)))
    async with db.reading() as tx:
        first = await list_prices(tx, euro.id, limit=3)
        rest = await list_prices(tx, euro.id, after=(first[-1].variant_id, first[-1].id), limit=3)
    assert [price.amount_minor for price in (*first, *rest)] == [1, 2, 3, 4, 5]
