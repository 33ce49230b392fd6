"""What orders hold: a typed function for each statement of store.sql about reservations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.modules.inventory.errors import OutOfStock
from argosy.modules.inventory.store import SQL, emit_changes
from argosy.modules.inventory.types import HeldLine, Reservation, ShippedLine, ShortLine
from argosy.runtime.db import DatabaseUnavailable, IntegrityError, Record, Tx, constraint


class Held(NamedTuple):
    """One row of inventory.hold: how it ended, and what the order has or lacks."""

    order_id: UUID
    outcome: str
    reservation: Reservation | None
    short: tuple[ShortLine, ...]


class HotOrder(NamedTuple):
    """One order of a batch; variants are folded and sorted."""

    order_id: UUID
    variants: Sequence[UUID]
    quantities: Sequence[int]
    expires_at: datetime | None


class Fulfilled(NamedTuple):
    """How inventory.fulfil ended. `lines` is as stored, or names what remains when too many."""

    outcome: str
    state: str | None
    lines: list[dict[str, object]]

    def shipped(self) -> tuple[ShippedLine, ...]:
        """The lines of a shipment that was made."""
        return tuple(msgspec.convert(line, ShippedLine) for line in self.lines)


async def hold_orders(
    tx: Tx,
    orders: Sequence[HotOrder],
    locations: Sequence[UUID],
    *,
    allocate: bool,
    actor: str,
    correlation: str | None,
) -> list[Held]:
    """Hold or allocate for many orders of the caller's own, each all or none, first come first
    served: the common case in one statement for all, the others in a second one.

    Emits AvailabilityChanged where the status changed.
    """
    held: dict[UUID, Held] = {}
    try:
        if len(locations) == 1:
            held = await _hold_together(tx, orders, locations[0], allocate, actor, correlation)
        if left := [order for order in orders if order.order_id not in held]:
            rows = await tx.many(
                SQL.hold_orders,
                *_order_columns(left),
                locations,
                [order.expires_at for order in left],
                allocate,
                tx.now,
                actor,
                correlation,
            )
            emit_changes(tx, rows[-1])
            held |= {row["order_id"]: _held(row) for row in rows}
    except IntegrityError as error:
        if constraint(error) == "level_promises_covered":
            raise OutOfStock(()) from error
        raise
    return [held[order.order_id] for order in orders]


async def _hold_together(  # noqa: PLR0917 - private
    tx: Tx,
    orders: Sequence[HotOrder],
    location: UUID,
    allocate: bool,
    actor: str,
    correlation: str | None,
) -> dict[UUID, Held]:
    ids, *lines = _order_columns(orders)
    row = await tx.one(
        SQL.hold_together,
        ids,
        [order.expires_at for order in orders],
        *lines,
        location,
        allocate,
        tx.now,
        actor,
        correlation,
    )
    if row["clear"] != len(row["taken"]):
        raise DatabaseUnavailable("A reservation changed meanwhile.", retry_after=1)
    emit_changes(tx, row)
    taken = set(row["taken"])
    return {
        order.order_id: Held(
            order.order_id,
            "taken",
            Reservation(
                order_id=order.order_id,
                state="allocated" if allocate else "held",
                expires_at=None if allocate else order.expires_at,
                sourcing="one_parcel" if order.variants else "nothing",
                lines=tuple(
                    HeldLine(variant_id=v, location_id=location, quantity=q, backordered=0)
                    for v, q in zip(order.variants, order.quantities, strict=True)
                ),
                adopted=False,
            ),
            (),
        )
        for order in orders
        if order.order_id in taken
    }


def _order_columns(
    orders: Sequence[HotOrder],
) -> tuple[list[UUID], list[int], list[UUID], list[int]]:
    return (
        [order.order_id for order in orders],
        [n for n, order in enumerate(orders, 1) for _ in order.variants],
        [variant for order in orders for variant in order.variants],
        [quantity for order in orders for quantity in order.quantities],
    )


async def allocate_order(
    tx: Tx, order_id: UUID, *, actor: str, correlation: str | None
) -> Held | None:
    """Turn a hold into an allocation, or take it anew. None: the order never reserved."""
    row = await tx.maybe(SQL.allocate_order, order_id, tx.now, actor, correlation)
    if row is None:
        return None
    emit_changes(tx, row)
    return _held(row)


async def release_orders(
    tx: Tx,
    order_ids: Sequence[UUID],
    *,
    reason: str,
    cancel: bool,
    actor: str,
    correlation: str | None,
) -> dict[UUID, str]:
    """What became of each order's hold; orders that never held are absent."""
    rows = await tx.many(SQL.release_orders, order_ids, reason, cancel, tx.now, actor, correlation)
    return _given_back(tx, rows)


async def expire_holds(tx: Tx, *, now: datetime, limit: int) -> dict[UUID, str]:
    """Release up to `limit` holds that ended before `now`."""
    return _given_back(tx, await tx.many(SQL.expire_holds, limit, now))


async def extend_hold(tx: Tx, order_id: UUID, expires_at: datetime) -> datetime | None:
    """The new end of the hold, or None if the order holds nothing."""
    row = await tx.maybe(SQL.extend_hold, order_id, expires_at, tx.now)
    return None if row is None else row["expires_at"]


async def settle_hot_holds(tx: Tx, *, limit: int) -> int:
    """Move allocated hot holds to their bucket; how many orders."""
    row = await tx.one(SQL.settle_hot_holds, limit, tx.now)
    settled: int = row["settled"]
    return settled


async def fulfil_order(
    tx: Tx,
    order_id: UUID,
    *,
    document_id: UUID,
    key: str,
    body_hash: str,
    variants: Sequence[UUID],
    quantities: Sequence[int],
    location_id: UUID | None,
    actor: str,
    correlation: str | None,
) -> Fulfilled:
    """Take shipped units off the shelf, once by `key`."""
    row = await tx.one(
        SQL.fulfil_order,
        order_id,
        document_id,
        key,
        body_hash,
        variants,
        quantities,
        location_id,
        tx.now,
        actor,
        correlation,
    )
    emit_changes(tx, row)
    return Fulfilled(row["outcome"], row["state"], row["lines"])


async def reservation_by_order(tx: Tx, order_id: UUID) -> Reservation | None:
    """The order's reservation in whatever state."""
    row = await tx.maybe(SQL.reservation_by_order, order_id)
    return None if row is None else _reservation(row, adopted=True)


def _held(row: Record) -> Held:
    outcome: str = row["outcome"]
    if outcome == "short":
        short = zip(row["short_variants"], row["short_wanted"], row["short_available"], strict=True)
        return Held(
            row["order_id"],
            outcome,
            None,
            tuple(ShortLine(variant_id=v, wanted=w, available=a) for v, w, a in short),
        )
    if outcome in {"clash", "busy"}:
        return Held(row["order_id"], outcome, None, ())
    return Held(row["order_id"], outcome, _reservation(row, adopted=outcome == "adopted"), ())


def _reservation(row: Record, *, adopted: bool) -> Reservation:
    lines = zip(
        row["variant_ids"], row["location_ids"], row["quantities"], row["backordered"], strict=True
    )
    return Reservation(
        order_id=row["order_id"],
        state=row["state"],
        expires_at=row["expires_at"],
        sourcing=row["sourcing"],
        lines=tuple(
            HeldLine(variant_id=v, location_id=at, quantity=q, backordered=b)
            for v, at, q, b in lines
        ),
        adopted=adopted,
    )


def _given_back(tx: Tx, rows: Sequence[Record]) -> dict[UUID, str]:
    for row in rows:
        emit_changes(tx, row)
    return {row["order_id"]: row["outcome"] for row in rows}
