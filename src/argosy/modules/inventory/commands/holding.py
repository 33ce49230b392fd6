"""Stock for orders: reserve -> allocate -> fulfil, or release. Each is one round trip.

      reserve            allocate           fulfil (all lines)
-  ------------> held ------------> allocated ------------> fulfilled
                  |  take: both at once  |
                  |  release, expiry     |  release(cancel=True)
                  v                      v
               released <----------------+
reserve and take start again from released; allocate retakes what expired (DOMAIN.md F4).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.inventory import rules
from argosy.modules.inventory.errors import (
    AlreadyAllocated,
    FactReused,
    NotAllocated,
    OutOfStock,
    ReservationNotFound,
    TooManyShipped,
)
from argosy.modules.inventory.store import holds
from argosy.modules.inventory.types import (
    Demand,
    HoldState,
    OrderDemand,
    Released,
    Reservation,
    Shipped,
    Shortage,
)
from argosy.runtime.db import Tx


async def reserve(
    tx: Tx,
    order_id: UUID,
    demand: Sequence[Demand],
    *,
    locations: Sequence[UUID],
    expires_at: datetime,
    actor: str = "shop",
    correlation: str | None = None,
) -> Reservation:
    """Hold stock for an order until `expires_at`, all lines or none.

    `locations` are the channel's, by priority; the fewest that can serve all lines are chosen
    (part one, rule 20). Lines of one variant are added up. An empty demand is recorded too, so
    that a digital order allocates like any other.

    Idempotent by `order_id`: the same demand again finds the first hold (also one that the stock
    gate prepared) and extends it; another demand replaces it, or changes nothing when short.
    Raises OutOfStock naming each short line and what is available; AlreadyAllocated when the order
    is confirmed with other lines; QuantityInvalid.
    """
    order = holds.HotOrder(order_id, *rules.fold_demand(demand), expires_at)
    (held,) = await holds.hold_orders(
        tx, [order], _unique(locations), allocate=False, actor=actor, correlation=correlation
    )
    return _reservation(held)


async def take(
    tx: Tx,
    order_id: UUID,
    demand: Sequence[Demand],
    *,
    locations: Sequence[UUID],
    actor: str = "shop",
    correlation: str | None = None,
) -> Reservation:
    """Allocate stock for an order at once: `reserve` and `allocate` in one round trip.

    For payments whose outcome is known. A hold with the same demand is converted. Raises and
    repeats like `reserve`.
    """
    order = holds.HotOrder(order_id, *rules.fold_demand(demand), None)
    (held,) = await holds.hold_orders(
        tx, [order], _unique(locations), allocate=True, actor=actor, correlation=correlation
    )
    return _reservation(held)


async def hold_each(
    tx: Tx,
    orders: Sequence[OrderDemand],
    *,
    locations: Sequence[UUID],
    allocate: bool,
    actor: str = "shop",
) -> list[Reservation | OutOfStock]:
    """`reserve` (or `take`, with `allocate`) for many orders at once, in the order given.

    Each gets all of its lines or none: what is short for one is its answer, an OutOfStock, and
    nothing is held for it. One statement when the shelf of one location serves all of them, else
    two. All rows are locked in one sorted order, so that two batches cannot wait for each other.
    Raises AlreadyAllocated, QuantityInvalid.
    """
    wanted = [
        holds.HotOrder(one.order_id, *rules.fold_demand(one.demand), one.expires_at)
        for one in orders
    ]
    held = await holds.hold_orders(
        tx, wanted, _unique(locations), allocate=allocate, actor=actor, correlation=None
    )
    return [OutOfStock(one.short) if one.outcome == "short" else _reservation(one) for one in held]


async def allocate(
    tx: Tx, order_id: UUID, *, actor: str = "shop", correlation: str | None = None
) -> Reservation | Shortage:
    """Turn what the order holds into an allocation, which does not expire.

    A hold that ended meanwhile is taken anew from the same locations. If that stock is gone the
    answer is a Shortage and nothing is allocated: money may have been captured, so the order goes
    on hold for somebody to choose backorder or refund; it is never silently cancelled (F4).
    A repeat finds it allocated. Raises ReservationNotFound when the order never reserved.
    """
    held = await holds.allocate_order(tx, order_id, actor=actor, correlation=correlation)
    if held is None:
        raise ReservationNotFound("Nothing was reserved for this order.")
    if held.reservation is None:
        return Shortage(order_id=order_id, lines=held.short)
    return held.reservation


async def release(
    tx: Tx,
    order_id: UUID,
    *,
    reason: str,
    cancel: bool = False,
    actor: str = "shop",
    correlation: str | None = None,
) -> Released:
    """Give back what the order holds. Repeats, and orders that hold nothing, are no-ops (F5).

    What is allocated is kept unless `cancel`, which gives back all that was not shipped.
    `reason` is one word for the journal (declined, cancelled, price_changed).
    """
    outcomes = await holds.release_orders(
        tx, [order_id], reason=reason, cancel=cancel, actor=actor, correlation=correlation
    )
    return cast("Released", outcomes.get(order_id, "nothing"))


async def extend(tx: Tx, order_id: UUID, *, expires_at: datetime) -> bool:
    """Keep a hold at least until `expires_at` while a payment attempt is open (F3).

    False when the order holds nothing any more. Never shortens.
    """
    return await holds.extend_hold(tx, order_id, expires_at) is not None


async def fulfil(
    tx: Tx,
    order_id: UUID,
    lines: Sequence[Demand],
    *,
    shipment_id: UUID,
    location_id: UUID | None = None,
    actor: str = "shop",
    correlation: str | None = None,
) -> Shipped:
    """Shipped units leave the shelf: on_hand and allocated fall, sellable stays (F1).

    Applied once by `shipment_id`. `location_id` restricts it to what was allocated there.
    Raises NotAllocated, TooManyShipped (naming what remains), FactReused, QuantityInvalid.
    """
    variants, quantities = rules.fold_demand(lines)
    done = await holds.fulfil_order(
        tx,
        order_id,
        document_id=new_id(),
        key=f"shipment:{shipment_id}",
        body_hash=rules.body_hash([order_id, variants, quantities, location_id]),
        variants=variants,
        quantities=quantities,
        location_id=location_id,
        actor=actor,
        correlation=correlation,
    )
    match done.outcome:
        case "not_allocated":
            raise NotAllocated("This order has no stock waiting to be shipped.", state=done.state)
        case "too_many":
            raise TooManyShipped("More than is left to ship.", lines=done.lines)
        case "reused":
            raise FactReused("This shipment was recorded with other lines.", field="shipment_id")
    return Shipped(
        order_id=order_id,
        state=cast("HoldState", done.state),
        lines=done.shipped(),
        repeated=done.outcome == "repeated",
    )


def _unique(locations: Sequence[UUID]) -> list[UUID]:
    return list(dict.fromkeys(locations))


def _reservation(held: holds.Held) -> Reservation:
    if held.outcome == "short":
        raise OutOfStock(held.short)
    if held.outcome == "clash":
        raise AlreadyAllocated("This order's stock is allocated with other lines.")
    assert held.reservation is not None, held.outcome
    return held.reservation
