"""What units cost the shop, with periods: DOMAIN.md C2, C11."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from argosy.drill.clock import MovableClock
from argosy.modules.pricing import (
    Cost,
    CostInvalid,
    CostsOverlap,
    FactChanged,
    costs_at,
    costs_of,
    costs_on,
    drop_costs,
    set_costs,
)
from argosy.runtime.db import Database

SHIRT, SHOES = UUID(int=1), UUID(int=2)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def cost(
    amount: int,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    variant: UUID = SHIRT,
    currency: str = "EUR",
) -> Cost:
    return Cost(
        variant_id=variant,
        currency=currency,
        amount_minor=amount,
        valid_from=since,
        valid_until=until,
    )


async def put(db: Database, *costs: Cost) -> int:
    async with db.transaction() as tx:
        return await set_costs(tx, costs)


async def test_C2_a_dated_cost_holds_half_open_and_goes_before_the_one_without(
    db: Database,
) -> None:
    given = [cost(500), cost(400, MARCH, APRIL), cost(450, APRIL), cost(9, currency="USD")]
    assert await put(db, *given) == 4
    assert await put(db, *given) == 0
    async with db.reading() as tx:
        every = await costs_of(tx, [SHIRT, SHOES])
        for at, expected in (
            (MARCH - SECOND, 500),
            (MARCH, 400),
            (APRIL - SECOND, 400),
            (APRIL, 450),
            (MAY, 450),
        ):
            assert await costs_at(tx, [SHIRT, SHOES], "EUR", at) == {SHIRT: expected}
            assert costs_on(every, "EUR", at) == {SHIRT: expected}
        assert await costs_at(tx, [SHIRT], "CHF", MARCH) == {}
    assert len(every) == 4


async def test_C2_costs_of_a_variant_and_currency_do_not_overlap(db: Database) -> None:
    await put(db, cost(400, MARCH, APRIL))
    with pytest.raises(CostsOverlap):
        await put(db, cost(1), cost(450, MARCH + SECOND, MAY))
    async with db.reading() as tx:
        assert [one.amount_minor for one in await costs_of(tx, [SHIRT])] == [400]
    # Other goods, another currency, and the same period again: replaced.
    assert await put(db, cost(1, MARCH, MAY, variant=SHOES), cost(420, MARCH, APRIL)) == 2
    async with db.reading() as tx:
        assert await costs_at(tx, [SHIRT], "EUR", MARCH) == {SHIRT: 420}


async def test_costs_are_forgotten_by_their_period(db: Database, clock: MovableClock) -> None:
    await put(db, cost(500), cost(400, MARCH, APRIL))
    async with db.transaction() as tx:
        assert await drop_costs(tx, [cost(0, MARCH, MAY)]) == 0
        assert await drop_costs(tx, [cost(0, MARCH, APRIL)]) == 1
        assert await costs_at(tx, [SHIRT], "EUR", MARCH) == {SHIRT: 500}
        assert await drop_costs(tx, [cost(0)]) == 1
        assert await costs_of(tx, [SHIRT]) == []


async def test_a_cost_is_replaced_at_the_version_that_was_read(db: Database) -> None:
    fresh = [cost(500), cost(400, MARCH, APRIL)]
    assert await put(db, *(msgspec.structs.replace(one, version=0) for one in fresh)) == 2
    async with db.reading() as tx:
        plain, dated = read = await costs_of(tx, [SHIRT])
    assert await put(db, *read) == 0
    assert await put(db, msgspec.structs.replace(dated, amount_minor=410)) == 1
    late = [msgspec.structs.replace(one, amount_minor=9) for one in read]
    with pytest.raises(FactChanged) as refused:
        await put(db, *late)
    assert refused.value.field == "costs.1.version"
    with pytest.raises(FactChanged):
        await put(db, cost(9, MAY), msgspec.structs.replace(cost(1), version=0))
    async with db.transaction() as tx:
        with pytest.raises(FactChanged):
            await drop_costs(tx, [dated])
        assert await drop_costs(tx, [plain]) == 1
    # Removed and made anew as it was: yet it is not what was read.
    await put(db, cost(500))
    with pytest.raises(FactChanged):
        await put(db, late[0])
    async with db.reading() as tx:
        assert [one.amount_minor for one in await costs_of(tx, [SHIRT])] == [500, 410]


async def test_of_two_who_add_a_cost_one_hears_of_the_other(db: Database) -> None:
    results = await asyncio.gather(
        *(put(db, msgspec.structs.replace(cost(n), version=0)) for n in (1, 2, 3, 4)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in results) == [*["FactChanged"] * 3, "int"]


async def test_a_period_that_ends_before_it_begins_is_refused(db: Database) -> None:
    for bad in ([cost(1, APRIL, MARCH)], [cost(1, APRIL, APRIL)], [cost(1), cost(2)]):
        with pytest.raises(CostInvalid):
            await put(db, *bad)
