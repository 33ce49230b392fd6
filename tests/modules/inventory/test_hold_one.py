"""The short way to hold one order's stock does exactly what the long way does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from argosy.kernel.ids import new_id
from argosy.modules.inventory import Selling
from argosy.runtime.db import Database

from .making import a_location, stocked

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LONG = """select * from inventory.hold(
  array[$1::uuid], array_fill(1, array[cardinality($2::uuid[])]), $2::uuid[], $3::bigint[],
  $4::uuid[], array[$5::timestamptz], $6, false, $7, 'shop', 'c-1')"""
SHORT = (
    "select * from inventory.hold_one($1, $2::uuid[], $3, $4::uuid[], $5, $6, $7, 'shop', 'c-1')"
)
WRITTEN = """select jsonb_build_object(
  'levels', (select jsonb_agg(to_jsonb(l) order by l.variant_id, l.location_id)
               from inventory.level l),
  'journal', (select jsonb_agg(to_jsonb(j) - 'id' order by j.id)
                from inventory.journal j where j.source_kind = 'order'),
  'reservations', (select jsonb_agg(to_jsonb(r)) from inventory.reservation r))::text"""


async def outcome(
    db: Database,
    function: str,
    lines: dict[UUID, int],
    locations: list[UUID],
    *,
    allocate: bool,
    first: dict[UUID, int] | None = None,
    order: UUID,
) -> tuple[list[dict[str, object]], object]:
    """The rows of the function and all that it wrote, undone again; `first` is held before."""

    async def hold(statement: str, wanted: dict[UUID, int], allocating: bool) -> list[object]:
        variants = sorted(wanted)
        return await connection.fetch(
            statement,
            order,
            variants,
            [wanted[v] for v in variants],
            locations,
            None if allocating else NOW + timedelta(minutes=15),
            allocating,
            NOW,
        )

    async with db.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            if first is not None:
                await hold(LONG, first, False)
            rows = [dict(row) for row in await hold(function, lines, allocate)]
            return rows, json.loads(await connection.fetchval(WRITTEN))
        finally:
            await transaction.rollback()


@pytest.mark.parametrize("allocate", [False, True])
@pytest.mark.parametrize(
    ("quantities", "result"),
    [
        ((1, 2), "taken"),
        ((6, 10), "taken"),  # down to the last unit: two status changes
        ((7, 1), "short"),
        ((7, 11), "short"),
    ],
)
async def test_a_new_order_is_held_as_the_long_way_holds_it(
    db: Database, allocate: bool, quantities: tuple[int, int], result: str
) -> None:
    place = await a_location(db)
    variants = await stocked(db, place, 6, 10)
    wanted = dict(zip(variants, quantities, strict=True))
    order = new_id()
    long = await outcome(db, LONG, wanted, [place], allocate=allocate, order=order)
    short = await outcome(db, SHORT, wanted, [place], allocate=allocate, order=order)
    assert short == long
    assert short[0][0]["outcome"] == result


@pytest.mark.parametrize("first", [{0: 1, 1: 2}, {0: 2, 1: 2}, {0: 6}])
async def test_an_order_that_holds_something_already_goes_the_long_way(
    db: Database, first: dict[int, int]
) -> None:
    place = await a_location(db)
    variants = await stocked(db, place, 6, 10)
    wanted, order = {variants[0]: 1, variants[1]: 2}, new_id()
    held = {variants[n]: quantity for n, quantity in first.items()}
    long = await outcome(db, LONG, wanted, [place], allocate=True, first=held, order=order)
    short = await outcome(db, SHORT, wanted, [place], allocate=True, first=held, order=order)
    assert short == long


async def test_backorder_unknown_goods_two_places_and_nothing_go_the_long_way(db: Database) -> None:
    place, other = await a_location(db), await a_location(db, "other")
    shelf = await stocked(db, place, 5)
    scarce = await stocked(db, place, 1, selling=Selling(backorder_limit=4))
    for wanted, places in (
        ({shelf: 1, scarce: 3}, [place]),
        ({shelf: 1, new_id(): 1}, [place]),
        ({shelf: 2, scarce: 1}, [other, place]),
        ({}, [place]),
        ({shelf: 1}, [other]),
    ):
        order = new_id()
        long = await outcome(db, LONG, wanted, places, allocate=True, order=order)
        short = await outcome(db, SHORT, wanted, places, allocate=True, order=order)
        assert short == long
