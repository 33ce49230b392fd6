"""Reading payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from argosy.modules.payments import rules, store
from argosy.modules.payments.errors import PaymentNotFound
from argosy.modules.payments.types import (
    GatewayBalance,
    Operation,
    OrderSums,
    Payment,
    StoredWebhook,
)
from argosy.runtime.db import Tx

_END = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


async def payment_by_id(tx: Tx, payment_id: UUID) -> Payment:
    """A payment with its operations. Raises PaymentNotFound."""
    found = await _with_operations(tx, await store.read_payments(tx, ids=[payment_id]))
    if not found:
        raise PaymentNotFound("There is no such payment.")
    return found[0]


async def payments_of_order(tx: Tx, order_id: UUID) -> list[Payment]:
    """All payments of an order with their operations, oldest first."""
    return await _with_operations(tx, await store.read_payments(tx, order_ids=[order_id]))


async def payments_of_orders(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, list[Payment]]:
    """The payments of each order with their operations, oldest first. Two statements."""
    found: dict[UUID, list[Payment]] = {}
    for payment in await _with_operations(tx, await store.read_payments(tx, order_ids=order_ids)):
        found.setdefault(payment.order_id, []).append(payment)
    return found


async def payment_of_order(tx: Tx, order_id: UUID) -> Payment | None:
    """The newest payment of an order, without its operations; None when it has none."""
    found = await store.read_payments(tx, order_ids=[order_id])
    return found[-1] if found else None


async def list_payments(
    tx: Tx,
    before: tuple[datetime, UUID] | None,
    *,
    state: str | None,
    gateway: str | None,
    limit: int,
    lapsing: bool = False,
) -> list[Payment]:
    """Payments created before the position (None: all), newest first, without their operations.

    `lapsing`: only those whose hold lapses within a day, or has lapsed (DOMAIN.md H6). Where fewer
    than `limit` come back, `payments_look_end` says whether the list goes on.
    """
    return await store.list_payments(
        tx,
        before or _END,
        state=state,
        gateway=gateway,
        lapses_by=tx.now + rules.LAPSE_WARNING if lapsing else None,
        limit=limit,
    )


async def payments_look_end(
    tx: Tx,
    before: tuple[datetime, UUID] | None,
    *,
    state: str | None,
    gateway: str | None,
    lapsing: bool = False,
) -> tuple[datetime, UUID] | None:
    """The last payment that `list_payments` looked at when it found too few (kernel/paging.py,
    `LOOK`); None if it saw the end of the list. One statement at most.
    """
    if lapsing or state in rules.RARE_STATES or state is gateway is None:
        return None
    return await store.payments_look_end(tx, before or _END)


async def holds_due(tx: Tx, limit: int) -> list[tuple[UUID, UUID]]:
    """Payments whose open hold is to be looked at (`look_at_hold`), with their orders."""
    return await store.holds_due(tx, limit)


async def lapsing_by_gateway(tx: Tx) -> dict[str, tuple[int, int]]:
    """How many open holds lapse within a day, and how many have lapsed, by gateway."""
    return await store.lapsing_by_gateway(tx, tx.now + rules.LAPSE_WARNING)


async def operation_by_id(tx: Tx, operation_id: UUID) -> Operation:
    """One operation. Raises PaymentNotFound."""
    found = await store.read_operation(tx, operation_id)
    if found is None:
        raise PaymentNotFound("There is no such payment operation.")
    return found.operation


async def find_operation(tx: Tx, operation_id: UUID) -> Operation | None:
    """One operation, or None."""
    found = await store.read_operation(tx, operation_id)
    return found.operation if found else None


async def webhook_by_id(tx: Tx, gateway: str, event_id: str) -> StoredWebhook | None:
    """A stored webhook."""
    return await store.read_webhook(tx, gateway, event_id)


async def sums_of_order(tx: Tx, order_id: UUID) -> OrderSums:
    """What an order's payments add up to, orphaned ones left out. One statement."""
    return await store.sums_of_order(tx, order_id)


async def our_balance(tx: Tx, gateway: str) -> dict[str, GatewayBalance]:
    """What a gateway must hold for us by our records, by currency."""
    return await store.balance_by_gateway(tx, gateway)


async def _with_operations(tx: Tx, found: Sequence[Payment]) -> list[Payment]:
    if not found:
        return []
    operations = await store.read_operations(tx, found)
    return [
        msgspec.structs.replace(payment, operations=tuple(operations[payment.id]))
        for payment in found
    ]
