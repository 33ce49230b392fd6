"""How far prices move within a day, by the stored history: DOMAIN.md C11."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec import UNSET

from argosy.drill.clock import MovableClock
from argosy.modules.pricing import (
    ChangePriceList,
    CreatePriceList,
    PriceList,
    PriceListInvalid,
    SetPrice,
    StepTooLarge,
    change_price_list,
    create_price_list,
    list_prices,
    price_list_by_id,
    remove_prices,
    set_prices,
)
from argosy.runtime.db import Database, counting_statements

SHIRT, SHOES = UUID(int=1), UUID(int=2)


@pytest.fixture
async def limited(db: Database) -> PriceList:
    """A list whose prices move by 10 % in a day."""
    async with db.transaction() as tx:
        given = CreatePriceList(code="eur", name="Euro", currency="EUR", max_step_per_day=1000)
        return await create_price_list(tx, given)


async def put(db: Database, prices: PriceList, *given: SetPrice, free: bool = False) -> None:
    async with db.transaction() as tx:
        await set_prices(tx, prices.id, given, free_steps=free)


def price(amount: int, variant: UUID = SHIRT, **more: object) -> SetPrice:
    return SetPrice(variant_id=variant, amount_minor=amount, **more)  # type: ignore[arg-type]


async def refused(db: Database, prices: PriceList, *given: SetPrice) -> StepTooLarge:
    with pytest.raises(StepTooLarge) as told:
        await put(db, prices, *given)
    return told.value


async def test_C11_a_price_walks_no_faster_than_its_list_allows(
    db: Database, clock: MovableClock, limited: PriceList
) -> None:
    await put(db, limited, price(1000))
    first = clock.now()
    clock.advance(hours=30)
    assert (await refused(db, limited, price(1101))).details["reference_minor"] == 1000
    await put(db, limited, price(1100))
    clock.advance(hours=1)
    # 10.00 was in force within the day, though the price was changed since.
    told = await refused(db, limited, price(1150))
    assert told.details["reference_minor"] == 1000
    possible = datetime.fromisoformat(str(told.details["possible_at"]))
    assert timedelta(0) <= possible - (first + timedelta(hours=54)) < timedelta(minutes=1)
    clock.advance(hours=22, minutes=50)
    await refused(db, limited, price(1150))
    clock.advance(minutes=10)
    await put(db, limited, price(1150))
    await put(db, limited, price(1150))  # What is so already is never refused.


async def test_C11_removing_a_price_does_not_make_it_forgotten(
    db: Database, clock: MovableClock, limited: PriceList
) -> None:
    await put(db, limited, price(1000))
    clock.advance(hours=48)
    async with db.transaction() as tx:
        (stored,) = await list_prices(tx, limited.id, limit=9)
        await remove_prices(tx, limited.id, [stored.id])
    clock.advance(hours=1)
    assert (await refused(db, limited, price(2000))).details["reference_minor"] == 1000
    clock.advance(hours=24)
    await put(db, limited, price(2000))


async def test_C11_a_scheduled_price_is_judged_by_what_is_in_force_at_its_start(
    db: Database, clock: MovableClock, limited: PriceList
) -> None:
    await put(db, limited, price(1000))
    clock.advance(hours=48)
    now = clock.now()
    tomorrow, third = now + timedelta(hours=24), now + timedelta(hours=48)
    await put(db, limited, price(1100, priority=1, valid_from=tomorrow))
    await refused(db, limited, price(1210, priority=2, valid_from=tomorrow))
    await put(db, limited, price(1210, priority=2, valid_from=third))
    # What comes before a scheduled price must let it come, too.
    told = await refused(db, limited, price(950))
    assert told.details["reference_minor"] == 1100


async def test_C11_all_prices_of_a_request_are_judged_by_two_statements_more(
    db: Database, clock: MovableClock, limited: PriceList
) -> None:
    many = [price(1000 + number, UUID(int=100 + number)) for number in range(500)]
    await put(db, limited, *many)
    clock.advance(hours=48)
    dearer = [price(one.amount_minor + 50, one.variant_id) for one in many]
    with counting_statements() as counted:
        await put(db, limited, *dearer)
    assert counted.statements == 2 + 2  # the list and its history; the prices and the event
    wrong = [*dearer[:499], price(9999, many[499].variant_id)]
    assert (await refused(db, limited, *wrong)).field == "prices.499.amount_minor"


async def test_C11_contracts_limit_their_own_steps(db: Database, limited: PriceList) -> None:
    await put(db, limited, price(1000))
    await put(db, limited, price(5000), free=True)


async def test_C11_of_two_writers_the_later_is_judged_by_the_earlier(
    db: Database, clock: MovableClock, limited: PriceList
) -> None:
    await put(db, limited, price(1000))
    clock.advance(hours=48)
    both = await asyncio.gather(
        put(db, limited, price(1100)), put(db, limited, price(900)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["NoneType", "StepTooLarge"]


async def test_C11_the_limit_is_a_setting_of_the_list(db: Database, limited: PriceList) -> None:
    async def changed(change: ChangePriceList) -> PriceList:
        async with db.transaction() as tx:
            version = (await price_list_by_id(tx, limited.id)).version
            return await change_price_list(tx, limited.id, change, expected_version=version)

    assert (await changed(ChangePriceList(name="Other"))).max_step_per_day == 1000
    assert (await changed(ChangePriceList(max_step_per_day=UNSET))).max_step_per_day == 1000
    assert (await changed(ChangePriceList(max_step_per_day=250))).max_step_per_day == 250
    with pytest.raises(PriceListInvalid) as told:
        await changed(ChangePriceList(max_step_per_day=0))
    assert told.value.field == "max_step_per_day"
    assert (await changed(ChangePriceList(max_step_per_day=None))).max_step_per_day is None
    await put(db, limited, price(1000))
    await put(db, limited, price(9000))
