"""The short way to hold for many orders does exactly what the long way does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from argosy.kernel.ids import new_id
from argosy.modules.inventory import Selling
from argosy.modules.inventory.store import holds
from argosy.modules.inventory.store.holds import Held, HotOrder
from argosy.runtime.db import Database, Tx, counting_statements
from argosy.runtime.statements import Statement

from .making import a_location, stocked

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WRITTEN = Statement(
    "written",
    "one",
    """select jsonb_build_object(
  'levels', (select jsonb_agg(to_jsonb(l) order by l.variant_id, l.location_id)
               from inventory.level l),
  'journal', (select jsonb_agg(to_jsonb(j) - 'id' order by j.source_id, j.variant_id, j.reason)
                from inventory.journal j where j.source_kind = 'order'),
  'reservations', (select jsonb_agg(to_jsonb(r) order by r.order_id)
                     from inventory.reservation r))::text as told""",
    "test",
)

Lines = dict[UUID, int]


class Undone(Exception):
    """Rolls back."""


async def none_together(*_: Any) -> dict[UUID, Held]:
    """The long way for everybody."""
    return {}


async def ways(
    db: Database,
    wanted: Sequence[Lines],
    places: list[UUID],
    *,
    allocate: bool = True,
    first: Sequence[Lines] = (),
) -> tuple[list[str], list[str]]:
    """The outcomes, asserted to be the same both ways with all that was written, and the statements
    of the short way. `first` is held before, by the first of the orders.
    """
    ids = [new_id() for _ in wanted]
    told, names = [], []
    for short in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not short:
                patch.setattr(holds, "_hold_together", none_together)
            with pytest.raises(Undone):
                async with db.transaction() as tx:
                    tx.now = NOW
                    for order, lines in zip(ids, first, strict=False):
                        await hold(tx, [(order, lines)], places, allocate=False)
                    with counting_statements() as count:
                        pairs = list(zip(ids, wanted, strict=True))
                        held = await hold(tx, pairs, places, allocate=allocate)
                    row = await tx.one(WRITTEN)
                    events = sorted(map(repr, tx._events))
                    told.append((held, json.loads(row["told"]), events))
                    names.append(count.names)
                    raise Undone
    assert told[0] == told[1]
    return [one.outcome for one in told[0][0]], names[0]


async def hold(
    tx: Tx, wanted: Sequence[tuple[UUID, Lines]], places: list[UUID], *, allocate: bool
) -> list[Held]:
    return await holds.hold_orders(
        tx,
        [
            HotOrder(
                order,
                sorted(lines),
                [lines[v] for v in sorted(lines)],
                None if allocate else tx.now + timedelta(minutes=15),
            )
            for order, lines in wanted
        ],
        places,
        allocate=allocate,
        actor="shop",
        correlation="c-1",
    )


@pytest.mark.parametrize("allocate", [False, True])
@pytest.mark.parametrize(
    ("orders", "results"),
    [
        ([(1, 2)], ["taken"]),
        ([(6, 10)], ["taken"]),  # down to the last unit: two status changes
        ([(7, 1)], ["short"]),
        ([(1, 2), (2, 3), (3, 5)], ["taken"] * 3),  # together to the last unit
        ([(4, 1), (3, 1), (2, 1)], ["taken", "short", "taken"]),  # first come, first served
        ([(0, 1), (7, 1), (0, 9), (6, 0)], ["taken", "short", "taken", "taken"]),
        ([(0, 0), (1, 0)], ["taken", "taken"]),  # nothing tracked in the first
    ],
)
async def test_new_orders_are_held_as_the_long_way_holds_them(
    db: Database, allocate: bool, orders: list[tuple[int, int]], results: list[str]
) -> None:
    place = await a_location(db)
    variants = await stocked(db, place, 6, 10)
    wanted = [{v: n for v, n in zip(variants, one, strict=True) if n} for one in orders]
    outcomes, names = await ways(db, wanted, [place], allocate=allocate)
    assert outcomes == results
    assert len(names) == (2 if "short" in results else 1)


@pytest.mark.parametrize("first", [{0: 1, 1: 2}, {0: 2, 1: 2}, {0: 6}])
async def test_an_order_that_holds_something_already_goes_the_long_way(
    db: Database, first: dict[int, int]
) -> None:
    place = await a_location(db)
    variants = await stocked(db, place, 6, 10)
    wanted = [{variants[0]: 1, variants[1]: 2}, {variants[1]: 3}]
    held = {variants[n]: quantity for n, quantity in first.items()}
    outcomes, names = await ways(db, wanted, [place], first=[held])
    assert "short" not in outcomes
    assert names == ["hold_together", "hold_orders"]


async def test_backorder_unknown_goods_and_two_places_go_the_long_way(db: Database) -> None:
    place, other = await a_location(db), await a_location(db, "other")
    shelf = await stocked(db, place, 5)
    scarce = await stocked(db, place, 1, selling=Selling(backorder_limit=4))
    for wanted, places in (
        ([{shelf: 1, scarce: 3}, {shelf: 1}], [place]),
        ([{shelf: 1, new_id(): 1}, {shelf: 1}], [place]),
        ([{shelf: 2, scarce: 1}, {shelf: 4}], [other, place]),
        ([{shelf: 1}, {}], [other]),
    ):
        _, names = await ways(db, wanted, places)
        assert names[-1] == "hold_orders"
