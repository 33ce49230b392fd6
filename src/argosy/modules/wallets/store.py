"""The only file of wallets that runs SQL; statements live in store.sql."""

from __future__ import annotations

from uuid import UUID

from argosy.modules.wallets.types import NewMethod, SavedMethod
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def save_method(tx: Tx, method_id: UUID, customer_id: UUID, new: NewMethod) -> bool:
    """False when this one is kept already."""
    done = await tx.run(
        SQL.save_method,
        method_id,
        customer_id,
        new.gateway,
        new.reference,
        new.holder_reference,
        new.payment_id,
        new.brand,
        new.last4,
        new.exp_month,
        new.exp_year,
        tx.now,
    )
    return done == 1


async def remove_alike(tx: Tx, method_id: UUID, customer_id: UUID, new: NewMethod) -> list[UUID]:
    """Remove the customer's others that look like the new one; which they were."""
    rows = await tx.many(
        SQL.remove_alike,
        method_id,
        customer_id,
        new.gateway,
        new.brand,
        new.last4,
        new.exp_month,
        new.exp_year,
        tx.now,
    )
    return [row["id"] for row in rows]


async def methods(tx: Tx, customer_id: UUID) -> list[SavedMethod]:
    """The customer's, the preferred one first."""
    return [SavedMethod(**row) for row in await tx.many(SQL.methods, customer_id)]


async def method(tx: Tx, customer_id: UUID, method_id: UUID) -> SavedMethod | None:
    """One of the customer's."""
    row = await tx.maybe(SQL.method, method_id, customer_id)
    return None if row is None else SavedMethod(**row)


async def removed_method(tx: Tx, method_id: UUID) -> SavedMethod | None:
    """One that was removed, and not forgotten at its provider yet."""
    row = await tx.maybe(SQL.removed_method, method_id)
    return None if row is None else SavedMethod(**row)


async def prefer(tx: Tx, customer_id: UUID, method_id: UUID) -> bool:
    """False when the customer has no such way to pay."""
    return await tx.run(SQL.prefer, method_id, customer_id, tx.now) == 1


async def remove(tx: Tx, customer_id: UUID, method_id: UUID | None) -> list[UUID]:
    """Remove one of the customer's, or all (None); the ids of those that were there."""
    rows = await tx.many(SQL.remove, customer_id, method_id, tx.now)
    return [row["id"] for row in rows]


async def delete_removed(tx: Tx, method_id: UUID) -> None:
    """Its provider has forgotten it; so do we."""
    await tx.run(SQL.delete_removed, method_id)
