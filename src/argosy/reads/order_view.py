"""One order with all that a shopper, or a member of staff, may see of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.frozen import thaw
from argosy.kernel.personal import SentFile, file_said
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "order_view.sql")


class ViewWords(msgspec.Struct, frozen=True, kw_only=True):
    """What a line was called."""

    title: str
    variant_title: str
    options: dict[str, str]


class ViewLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was bought. Amounts in minor units; net + tax = total. `told`: what the shopper
    read, where that is not what the channel's own language says. `files`: of those answers in the
    configuration that are files, by code.
    """

    id: UUID
    position: int
    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    variant_title: str
    options: dict[str, str]
    configuration: dict[str, str]
    image_key: str | None
    tax_class: str
    quantity: int
    requires_shipping: bool
    unit_minor: int
    subtotal_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    total_minor: int
    told: ViewWords | None = None
    files: dict[str, SentFile] = {}


class ViewHold(msgspec.Struct, frozen=True, kw_only=True):
    """Why the order must not ship yet."""

    id: UUID
    kind: str
    reason: str
    placed_at: datetime


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its lines. `quote` is the frozen quote as plain JSON values.

    `next_action` is where the shopper must go while the payment waits for that.
    """

    id: UUID
    number: str | None
    channel_id: UUID
    customer_id: UUID | None
    email: str
    currency: str
    attempt: int
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    shipping_address: Address | None
    billing_address: Address | None
    shipping_method: str | None
    payment_id: UUID | None
    gateway: str | None
    opened_at: datetime
    waiting_for: str | None
    next_action: dict[str, Any] | None
    failed_at: datetime | None
    failure: str | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    voided_minor: int
    units: int
    units_fulfilled: int
    units_returned: int
    holds: tuple[ViewHold, ...]
    version: int
    updated_at: datetime
    stage: str
    payment_status: str
    fulfilment_status: str
    return_status: str
    hold_status: str
    quote: dict[str, Any]
    lines: tuple[ViewLine, ...]
    locale: str


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the timeline (DOMAIN.md J9)."""

    id: UUID
    at: datetime
    kind: str
    actor: dict[str, str]
    cause: str | None
    correlation: str | None
    data: dict[str, Any]


class ViewPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of the order with its sums in minor units of the order's currency."""

    id: UUID
    gateway: str
    state: str
    amount_minor: int
    authorised_minor: int
    captured_minor: int
    voided_minor: int
    refunded_minor: int
    created_at: datetime


class ViewBooking(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the books about the order."""

    id: UUID
    kind: str
    source: str
    posted_at: datetime


class OrderMoney(msgspec.Struct, frozen=True, kw_only=True):
    """The payments of an order and what the books say about it, oldest first."""

    payments: tuple[ViewPayment, ...]
    bookings: tuple[ViewBooking, ...]


async def read_order_view(tx: Tx, order_id: UUID) -> OrderView | None:
    """The order with its lines; None if there is none. One statement."""
    row = await tx.maybe(SQL.order_view, order_id)
    if row is None:
        return None
    fields = dict(row)
    frozen = fields.pop("frozen_quote")
    if frozen is not None:
        fields["quote"] = thaw(frozen)
    for name in ("shipping_address", "billing_address"):
        if fields[name] is not None:
            fields[name] = msgspec.convert(fields[name], Address)
    fields["holds"] = msgspec.convert(fields["holds"], tuple[ViewHold, ...])
    fields["lines"] = _with_files(
        msgspec.convert(fields["lines"], tuple[ViewLine, ...]), fields.pop("files")
    )
    return OrderView(**fields)


def _with_files(lines: tuple[ViewLine, ...], files: Any) -> tuple[ViewLine, ...]:
    if not files:
        return lines
    sent = {one.id: one for one in msgspec.convert(files, tuple[SentFile, ...])}
    found = []
    for line in lines:
        ids = {code: file_said(said) for code, said in line.configuration.items()}
        its = {code: sent[one] for code, one in ids.items() if one is not None and one in sent}
        found.append(msgspec.structs.replace(line, files=its) if its else line)
    return tuple(found)


async def read_order_history(tx: Tx, order_id: UUID) -> list[HistoryEntry]:
    """The order's timeline, oldest first. One statement."""
    return [HistoryEntry(**dict(row)) for row in await tx.many(SQL.order_history, order_id)]


async def read_order_money(tx: Tx, order_id: UUID) -> OrderMoney:
    """The order's payments and bookings. One statement."""
    return msgspec.convert(dict(await tx.one(SQL.order_money, order_id)), OrderMoney)
