"""Random histories of stock against a small model (DOMAIN.md F): same answers, same numbers.

The model is a dict of integers for one location per variant. Everything that the island decides
(who gets what, what is refused, what a repeat does) is decided again here in a few lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import new_id
from argosy.modules import inventory
from argosy.modules.inventory import (
    AlreadyAllocated,
    NotAllocated,
    OutOfStock,
    Reservation,
    ReservationNotFound,
    Selling,
    Shortage,
    TooManyShipped,
)
from argosy.runtime.db import Database, Tx
from tests.modules.inventory.making import adjust, count, wanted

T = TypeVar("T")

LIMITS = (0, 0, 2)  # backorder limit of each variant
SAFETY = (0, 1, -1)
HOLD = timedelta(minutes=10)
DEMANDS = st.dictionaries(st.integers(0, 2), st.integers(1, 4), min_size=1)


@dataclass
class Order:
    """What the model knows of one order; `lines` by index of the variant."""

    id: UUID
    state: str = "none"
    lines: dict[int, int] = field(default_factory=dict)
    shipped: dict[int, int] = field(default_factory=dict)
    expires_at: datetime | None = None

    def open_units(self, variant: int) -> int:
        """Units that count against what is sellable."""
        if self.state not in {"held", "allocated"}:
            return 0
        return self.lines.get(variant, 0) - self.shipped.get(variant, 0)


class Stock(RuleBasedStateMachine):
    """Shoppers, staff, a worker and a clock, in any order."""

    orders = Bundle("orders")
    database_url: str
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovableClock()
        self.frozen = self.clock.now()
        self.db: Database = self.wait(
            Database.open(self.database_url, clock=lambda: self.frozen, min_size=1, max_size=2)
        )
        self.variants = sorted(new_id() for _ in range(3))
        self.on_hand = [0, 0, 0]
        self.known: list[Order] = []

    def wait(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    def inside(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Run in a transaction; expected errors are returned, so that it commits."""

        async def run() -> T:
            async with self.db.transaction() as tx:
                return await work(tx)

        return self.wait(run())

    def demand(self, lines: dict[int, int]):
        return wanted({self.variants[n]: quantity for n, quantity in lines.items()})

    def sellable(self, variant: int, *, without: Order | None = None) -> int:
        promised = sum(o.open_units(variant) for o in self.known if o is not without)
        return self.on_hand[variant] - promised - SAFETY[variant]

    def short(self, order: Order, lines: dict[int, int]) -> dict[UUID, int]:
        """Variants that cannot be served and what is left of them."""
        return {
            self.variants[n]: free
            for n, quantity in lines.items()
            if (free := max(0, self.sellable(n, without=order) + LIMITS[n])) < quantity
        }

    @initialize()
    def stock_the_shelves(self) -> None:
        async def run(tx: Tx) -> UUID:
            place = await inventory.create_location(
                tx, code=f"loc-{new_id()}", name="Shelf", country="DE"
            )
            for variant, limit, safety in zip(self.variants, LIMITS, SAFETY, strict=True):
                await inventory.set_selling(
                    tx, variant, place.id, Selling(backorder_limit=limit, safety_stock=safety)
                )
                await adjust(tx, variant, place.id, 8)
            return place.id

        self.at = self.inside(run)
        self.on_hand = [8, 8, 8]

    @precondition(lambda self: len(self.known) < 4)  # few, so that much happens to each
    @rule(target=orders, number=st.integers(1, 2))
    def new_orders(self, number: int):
        made = [Order(new_id()) for _ in range(number)]
        self.known += made
        return multiple(*made)

    @rule(order=orders, lines=DEMANDS, at_once=st.booleans())
    def reserve_or_take(self, order: Order, lines: dict[int, int], at_once: bool) -> None:
        until = self.frozen + HOLD

        async def run(tx: Tx) -> Reservation | Exception:
            try:
                if at_once:
                    return await inventory.take(
                        tx, order.id, self.demand(lines), locations=[self.at]
                    )
                return await inventory.reserve(
                    tx, order.id, self.demand(lines), locations=[self.at], expires_at=until
                )
            except (OutOfStock, AlreadyAllocated) as error:
                return error

        self.judge(order, lines, self.inside(run), at_once=at_once, until=until)

    def judge(
        self,
        order: Order,
        lines: dict[int, int],
        answer: Reservation | Exception,
        *,
        at_once: bool,
        until: datetime,
    ) -> None:
        same = order.lines == lines and order.state in {"held", "allocated", "fulfilled"}
        if order.state in {"allocated", "fulfilled"} and not same:
            assert isinstance(answer, AlreadyAllocated)
        elif same:
            assert isinstance(answer, Reservation)
            assert answer.adopted is not (order.state == "held" and at_once)
            if order.state == "held":
                order.state = "allocated" if at_once else "held"
                order.expires_at = None if at_once else until
            assert answer.state == order.state
        elif short := self.short(order, lines):
            assert isinstance(answer, OutOfStock)
            assert {line.variant_id: line.available for line in answer.lines} == short
        else:
            assert isinstance(answer, Reservation)
            assert not answer.adopted
            order.state = "allocated" if at_once else "held"
            order.lines, order.shipped = dict(lines), {}
            order.expires_at = None if at_once else until

    @rule(order=orders)
    def allocate(self, order: Order) -> None:
        async def run(tx: Tx) -> Reservation | Shortage | Exception:
            try:
                return await inventory.allocate(tx, order.id)
            except ReservationNotFound as error:
                return error

        answer = self.inside(run)
        if order.state == "none":
            assert isinstance(answer, ReservationNotFound)
        elif order.state == "released" and (short := self.short(order, order.lines)):
            assert isinstance(answer, Shortage)
            assert {line.variant_id: line.available for line in answer.lines} == short
        else:
            assert isinstance(answer, Reservation)
            if order.state == "released":
                order.shipped = {}
            if order.state != "fulfilled":
                order.state = "allocated"
            assert answer.state == order.state

    @rule(order=orders, cancel=st.booleans())
    def release(self, order: Order, cancel: bool) -> None:
        answer = self.inside(
            lambda tx: inventory.release(tx, order.id, reason="tests", cancel=cancel)
        )
        match order.state:
            case "none" | "released":
                assert answer == "nothing"
            case "held":
                assert answer == "released"
                order.state = "released"
            case "allocated" if cancel:
                assert answer == "deallocated"
                order.state = "fulfilled" if any(order.shipped.values()) else "released"
            case _:
                assert answer == "kept"

    @rule(order=orders, some=DEMANDS, rest=st.booleans())
    def ship(self, order: Order, some: dict[int, int], rest: bool) -> None:
        shipment = new_id()
        left = {n: units for n in order.lines if (units := order.open_units(n))}
        lines = (left or some) if rest else some

        async def run(tx: Tx) -> object:
            try:
                return await inventory.fulfil(
                    tx, order.id, self.demand(lines), shipment_id=shipment
                )
            except (NotAllocated, TooManyShipped) as error:
                return error

        answer = self.inside(run)
        if order.state != "allocated":
            assert isinstance(answer, NotAllocated)
        elif any(quantity > order.open_units(n) for n, quantity in lines.items()):
            assert isinstance(answer, TooManyShipped)
        else:
            for n, quantity in lines.items():
                order.shipped[n] = order.shipped.get(n, 0) + quantity
                self.on_hand[n] -= quantity
            if order.shipped == order.lines:
                order.state = "fulfilled"
            assert isinstance(answer, inventory.Shipped)
            assert answer.state == order.state

    @rule(variant=st.integers(0, 2), quantity=st.integers(-6, 6))
    def adjust(self, variant: int, quantity: int) -> None:
        self.inside(lambda tx: adjust(tx, self.variants[variant], self.at, quantity))
        self.on_hand[variant] += quantity

    @rule(variant=st.integers(0, 2), on_hand=st.integers(0, 10))
    def count(self, variant: int, on_hand: int) -> None:
        self.inside(lambda tx: count(tx, self.variants[variant], self.at, on_hand))
        self.on_hand[variant] = on_hand

    @rule(minutes=st.sampled_from([5, 10]))  # also to the very end of a hold
    def time_passes(self, minutes: int) -> None:
        self.frozen += timedelta(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        due = [
            order
            for order in self.known
            if order.state == "held" and order.expires_at and order.expires_at <= self.frozen
        ]
        assert self.wait(inventory.expire_due(self.db, self.frozen)) == len(due)
        for order in due:
            order.state = "released"

    @invariant()
    def every_number_is_as_the_model_says(self) -> None:
        if not hasattr(self, "at"):
            return

        async def read() -> tuple[list[inventory.Level], list[inventory.Divergence]]:
            async with self.db.reading() as tx:
                levels = await inventory.levels_of(tx, self.variants)
                return levels, [d for v in self.variants for d in await inventory.verify(tx, v)]

        levels, diverging = self.wait(read())
        assert diverging == []
        assert [one.on_hand for one in levels] == self.on_hand
        assert [one.sellable for one in levels] == [self.sellable(n) for n in range(3)]
        for one, limit in zip(levels, LIMITS, strict=True):
            assert one.oversold == max(0, -one.sellable - limit)

    def teardown(self) -> None:
        # The next history runs in the same database: leave nothing that its sweep would find.
        self.wait(inventory.expire_due(self.db, self.frozen + timedelta(days=1)))
        self.wait(self.db.close())


def run_histories(database_url: str, **given) -> None:
    """Random histories; raises when the island and its model disagree."""
    with asyncio.Runner() as runner:
        machine = type(
            "StockHere", (Stock,), {"database_url": database_url, "loop": runner.get_loop()}
        )
        chosen = {"max_examples": 25, "stateful_step_count": 30} | given
        run_state_machine_as_test(
            machine,
            settings=settings(deadline=None, suppress_health_check=list(HealthCheck), **chosen),
        )


def test_stock_agrees_with_its_model(database_url: str) -> None:
    run_histories(database_url)


#: One defect for each invariant: function, what it says, what it would say. What random
#: histories take minutes to meet is left to the examples in test_holding.py and test_races.py.
DEFECTS = {
    "sells one too many": ("plan_order", "v_total < p_wanted[i]", "v_total + 1 < p_wanted[i]"),
    "release twice": ("release", "v_row.state = 'released' then", "false then"),
    "convert keeps the hold": (
        "hold",
        "v_d_reserved[v_key] := v_d_reserved[v_key] - v_row.quantities[i]",
        "v_d_reserved[v_key] := v_d_reserved[v_key]",
    ),
    "a shipment stays on the shelf": (
        "fulfil",
        "v_location,\n      array(select -q from",
        "v_location,\n      array(select 0::bigint from",
    ),
    "a count moves by its value": (
        "post",
        "moved := p_on_hand[i] - v_then",
        "moved := p_on_hand[i]",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_model_finds_a_seeded_defect(database_url: str, defect: str) -> None:
    function, says, would_say = DEFECTS[defect]

    async def break_it() -> None:
        connection = await asyncpg.connect(database_url)
        source = await connection.fetchval(
            "select pg_get_functiondef(p.oid) from pg_proc p"
            " join pg_namespace n on n.oid = p.pronamespace"
            " where n.nspname = 'inventory' and p.proname = $1",
            function,
        )
        assert says in source
        await connection.execute(source.replace(says, would_say, 1))
        await connection.close()

    asyncio.run(break_it())
    with pytest.raises((AssertionError, asyncpg.PostgresError, Flaky, ExceptionGroup)):
        run_histories(
            database_url,
            max_examples=300,
            derandomize=True,
            phases=[Phase.generate],
            report_multiple_bugs=False,
        )
