"""Payments for tests, made through the face."""

from __future__ import annotations

from typing import Any

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules import payments
from argosy.runtime.db import Database

TEN = Money(1000, "EUR")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def open_payment(db: Database, **more: Any) -> payments.Operation:
    """A payment of ten euros whose authorisation has not been asked for."""
    arguments: dict[str, Any] = {
        "payment_id": new_id(),
        "order_id": new_id(),
        "gateway": "sandbox",
        "amount": TEN,
        "instrument": {"token": "tok_approved"},
        "capture": "manual",
    }
    outcome = more.pop("outcome", None)
    tender = more.pop("tender", 1)
    async with db.transaction() as tx:
        operation = payments.authorisation(**arguments | more, at=tx.now)
        if outcome is not None:
            operation = payments.decided(operation, outcome)
        await payments.open_payments(tx, [operation], tender=tender)
    return operation


async def record(db: Database, operation_id: Any, outcome: Any) -> payments.Recorded:
    async with db.transaction() as tx:
        return await payments.record(tx, operation_id, outcome)


async def authorised(db: Database, **more: Any) -> payments.Operation:
    """A payment of ten euros that is authorised."""
    operation = await open_payment(db, **more)
    await record(db, operation.id, payments.Authorised(reference="pi_1"))
    return operation


async def captured(db: Database, **more: Any) -> payments.Operation:
    """A payment of ten euros that is taken in full."""
    operation = await open_payment(db, **more)
    await record(db, operation.id, payments.Captured(reference="pi_1"))
    return operation


async def read(db: Database, payment_id: Any) -> payments.Payment:
    async with db.reading() as tx:
        return await payments.payment_by_id(tx, payment_id)
