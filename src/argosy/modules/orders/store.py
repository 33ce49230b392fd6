"""One typed function per statement of store.sql."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.frozen import freeze, thaw
from argosy.kernel.ids import new_id
from argosy.modules.orders.types import (
    Because,
    Due,
    Hold,
    LineWords,
    MoneyFacts,
    Opening,
    Order,
    OrderActor,
    OrderLine,
    TimelineEntry,
    WaitingFor,
)
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)

_ORDER_COLUMNS = ("id", "attempt", "channel_id", "customer_id", "email", "email_normalised")
_ORDER_COLUMNS_AFTER = (
    "quote_hash",
    "shipping_address",
    "billing_address",
    "shipping_method",
    "payment_id",
    "operation_id",
    "gateway",
)
_LINE = tuple(field.name for field in msgspec.structs.fields(OrderLine) if field.name != "told")
"""The columns of orders.line after order_id, in their order; `told` comes last of all."""


class Confirmed(NamedTuple):
    """What `confirm_order` made of the order."""

    number: str
    version: int
    channel_id: UUID
    customer_id: UUID | None
    units: int
    total_minor: int
    currency: str


class Waiting(NamedTuple):
    """An order that waits. `numbered`: it was given its number just now."""

    number: str | None
    version: int
    channel_id: UUID
    total_minor: int
    currency: str
    numbered: bool


class Failed(NamedTuple):
    """The attempt that failed."""

    channel_id: UUID
    attempt: int
    version: int


async def draw_numbers(tx: Tx, count: int) -> list[int]:
    """So many order numbers that nobody else gets."""
    return [row["number"] for row in await tx.many(SQL.draw_numbers, count)]


async def lock_failed(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """Lock the orders of earlier, failed attempts, and take their lines away."""
    await tx.run(SQL.lock_failed, list(order_ids))


async def open_orders(tx: Tx, openings: Sequence[Opening]) -> dict[UUID, int]:
    """Insert orders with their lines, or overwrite those of earlier, failed attempts; the versions
    of those written. One that is not there stands in another state, or was of a newer attempt.
    """
    orders = [one.order for one in openings]
    columns = [[getattr(order, name) for order in orders] for name in _ORDER_COLUMNS]
    rows = await tx.many(
        SQL.open_orders,
        *columns,
        [order.total.currency for order in orders],
        [order.subtotal_minor for order in orders],
        [order.discount_minor for order in orders],
        [order.shipping_minor for order in orders],
        [order.tax_minor for order in orders],
        [order.total.minor for order in orders],
        [freeze(order.quote) for order in orders],
        *[[getattr(order, name) for order in orders] for name in _ORDER_COLUMNS_AFTER],
        [sum(line.quantity for line in order.lines) for order in orders],
        [sum(line.quantity for line in order.lines if line.requires_shipping) for order in orders],
        [one.number for one in openings],
        [None if one.number is None else tx.now for one in openings],
        [one.facts.authorised_minor for one in openings],
        [one.facts.captured_minor for one in openings],
        [one.waiting_for for one in openings],
        [one.lease_until for one in openings],
        tx.now,
        [order.id for order in orders for _ in order.lines],
        *[[getattr(line, name) for order in orders for line in order.lines] for name in _LINE],
        [new_id() for _ in openings],
        ["opened" if one.number is None else "confirmed" for one in openings],
        *[list(column) for column in zip(*(_because(o.because) for o in openings), strict=True)],
        [{"attempt": order.attempt, "total_minor": order.total.minor} for order in orders],
        [order.locale for order in orders],
        [line.told for order in orders for line in order.lines],
    )
    return {row["id"]: row["version"] for row in rows}


async def confirm_order(
    tx: Tx,
    order_id: UUID,
    operation_id: UUID | None,
    facts: MoneyFacts,
    because: Because,
    *,
    number_prefix: str,
) -> Confirmed | None:
    """Confirm the order of the running attempt. None: that attempt is settled already."""
    row = await tx.maybe(
        SQL.confirm_order,
        order_id,
        operation_id,
        number_prefix,
        tx.now,
        facts.authorised_minor,
        facts.captured_minor,
        new_id(),
        *_because(because),
    )
    return Confirmed(*row) if row else None


async def set_waiting(
    tx: Tx,
    order_id: UUID,
    operation_id: UUID | None,
    waiting_for: WaitingFor,
    because: Because,
    *,
    lease_until: datetime,
    next_action: Mapping[str, Any] | None,
    number_prefix: str | None,
) -> Waiting | None:
    """Record what the running attempt waits for. None: that attempt is settled already."""
    row = await tx.maybe(
        SQL.set_waiting,
        order_id,
        operation_id,
        waiting_for,
        lease_until,
        next_action,
        tx.now,
        number_prefix,
        new_id(),
        *_because(because),
    )
    return Waiting(*row) if row else None


async def fail_order(
    tx: Tx, order_id: UUID, operation_id: UUID | None, failure: str, because: Because
) -> Failed | None:
    """End the running attempt without money. None: it is settled already."""
    row = await tx.maybe(
        SQL.fail_order, order_id, operation_id, tx.now, failure, new_id(), *_because(because)
    )
    return Failed(*row) if row else None


async def cancel_order(tx: Tx, order_id: UUID, reason: str, because: Because) -> int:
    """Cancel a locked order; its new version."""
    row = await tx.one(SQL.cancel_order, order_id, tx.now, reason, new_id(), *_because(because))
    return int(row["version"])


async def set_holds(
    tx: Tx,
    order_id: UUID,
    holds: Sequence[Hold],
    because: Because,
    *,
    kind: str,
    data: Mapping[str, Any],
) -> int:
    """Write the holds of a locked order; its new version."""
    row = await tx.one(
        SQL.set_holds, order_id, holds, tx.now, new_id(), kind, *_because(because), data
    )
    return int(row["version"])


async def record_money(
    tx: Tx,
    order_id: UUID,
    facts: MoneyFacts,
    because: Because,
    *,
    kind: str,
    data: Mapping[str, Any],
) -> bool:
    """Write the sums of the payments. False: nothing new."""
    row = await tx.maybe(
        SQL.record_money,
        order_id,
        facts.authorised_minor,
        facts.captured_minor,
        facts.refunded_minor,
        facts.voided_minor,
        tx.now,
        new_id(),
        kind,
        *_because(because),
        data,
    )
    return row is not None


async def record_fulfilment(
    tx: Tx, order_id: UUID, units: int, because: Because, data: Mapping[str, Any]
) -> int:
    """Count shipped units of a locked order; its new version."""
    row = await tx.one(
        SQL.record_fulfilment, order_id, units, tx.now, new_id(), *_because(because), data
    )
    return int(row["version"])


async def add_entry(
    tx: Tx, order_id: UUID, kind: str, because: Because, data: Mapping[str, Any]
) -> None:
    """Append to the timeline."""
    await tx.run(SQL.add_entry, order_id, new_id(), tx.now, kind, *_because(because), data)


async def claim_orders(
    tx: Tx, customer_id: UUID, email_normalised: str, because: Because, limit: int
) -> list[tuple[UUID, UUID]]:
    """Give the e-mail's guest orders to the customer; (order, channel) of each."""
    rows = await tx.many(
        SQL.claim_orders,
        customer_id,
        email_normalised,
        tx.now,
        *_because(because),
        {},
        limit,
    )
    return [(row["id"], row["channel_id"]) for row in rows]


async def forget_person(tx: Tx, customer_id: UUID, because: Because) -> tuple[int, int]:
    """Pseudonymise the customer's settled orders; (how many, how many are not settled yet)."""
    row = await tx.one(SQL.forget_person, customer_id, tx.now, *_because(because), {})
    return row["forgotten"], row["waiting"]


async def renew_lease(
    tx: Tx, order_id: UUID, operation_id: UUID, until: datetime, waiting_for: WaitingFor
) -> bool:
    """Answer for the running attempt until then. False: it is settled already."""
    return await tx.run(SQL.renew_lease, order_id, operation_id, until, waiting_for) == 1


async def take_over_due(tx: Tx, until: datetime, limit: int) -> list[Due]:
    """Take over the attempts whose lease ran out, oldest first; others' locks are skipped."""
    rows = await tx.many(SQL.take_over_due, tx.now, limit, until)
    return [
        Due(
            order_id=row["id"],
            operation_id=row["operation_id"],
            waiting_for=row["waiting_for"],
            opened_at=row["opened_at"],
        )
        for row in rows
    ]


async def count_due(tx: Tx) -> tuple[int, datetime | None]:
    """How many attempts wait for recovery, and since when the oldest does."""
    row = await tx.one(SQL.count_due, tx.now)
    return row["waiting"], row["oldest"]


async def read_order(tx: Tx, order_id: UUID, *, lock: bool = False) -> Order | None:
    """The order, locked until the transaction ends if asked for."""
    row = await tx.maybe(SQL.lock_order if lock else SQL.read_order, order_id)
    return order_of(row) if row else None


async def read_lines(tx: Tx, order_id: UUID) -> tuple[OrderLine, ...]:
    """The lines, by position."""
    rows = await tx.many(SQL.read_lines, order_id)
    return tuple(
        OrderLine(**fields, told=None if told is None else msgspec.convert(told, LineWords))
        for fields in map(dict, rows)
        for told in (fields.pop("told"),)
    )


async def read_quote(tx: Tx, order_id: UUID) -> Any | None:
    """The frozen quote as plain JSON values."""
    row = await tx.maybe(SQL.read_quote, order_id)
    return _quote(row) if row else None


def _quote(row: Record) -> Any:
    frozen = row["frozen_quote"]
    return row["quote"] if frozen is None else thaw(frozen)


async def numbers_of(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await tx.many(SQL.numbers_of, list(order_ids))
    return {row["id"]: row["number"] for row in rows}


async def read_confirmed_quotes(
    tx: Tx, after: UUID | None, limit: int
) -> list[tuple[UUID, str | None, Any]]:
    """(id, number, frozen quote as plain JSON values) of confirmed orders, in the order of ids."""
    rows = await tx.many(SQL.read_confirmed_quotes, after, limit)
    return [(row["id"], row["number"], _quote(row)) for row in rows]


async def read_timeline(tx: Tx, order_id: UUID) -> tuple[TimelineEntry, ...]:
    """The history, oldest first."""
    rows = await tx.many(SQL.read_timeline, order_id)
    return tuple(
        TimelineEntry(
            id=row["id"],
            at=row["at"],
            kind=row["kind"],
            actor=msgspec.convert(row["actor"], OrderActor),
            cause=row["cause"],
            correlation=row["correlation"],
            data=row["data"],
        )
        for row in rows
    )


def order_of(row: Record) -> Order:
    """The order in a row with the columns of `read_order`."""
    fields = dict(row)
    for name in ("shipping_address", "billing_address"):
        if fields[name] is not None:
            fields[name] = msgspec.convert(fields[name], Address)
    fields["holds"] = msgspec.convert(fields["holds"], tuple[Hold, ...])
    return Order(**fields)


async def named_media(
    tx: Tx, refs: Sequence[str], after: tuple[UUID, int], limit: int
) -> tuple[set[str], tuple[UUID, int] | None]:
    """Those of these storage keys that the lines behind (order id, position) show, and the last
    line that was looked at.
    """
    row = await tx.one(SQL.named_media, list(refs), *after, limit)
    last = None if row["order_id"] is None else (row["order_id"], row["position"])
    return set(row["refs"]), last


def _because(because: Because) -> tuple[object, ...]:
    return because.actor, because.cause, because.correlation
