"""Which files of shoppers are named by carts and orders, and whose they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from argosy.kernel.personal import file_said
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "attached.sql")


class Named(NamedTuple):
    """Files that lines name, and those of them that confirmed orders keep."""

    files: set[UUID]
    ordered: set[UUID]


async def named_by(tx: Tx, cart_ids: Collection[UUID]) -> Named:
    """What carts, and the orders of the same ids, name. Two statements."""
    ids = sorted(set(cart_ids))
    in_carts = await tx.many(SQL.named_in_carts, ids)
    in_orders = await tx.many(SQL.named_in_orders, ids)
    files = {one for row in (*in_carts, *in_orders) if (one := file_said(row["said"]))}
    ordered = {one for row in in_orders if row["confirmed"] and (one := file_said(row["said"]))}
    return Named(files, ordered)


async def files_in_carts_of(tx: Tx, customer_id: UUID) -> list[UUID]:
    """Files in the person's carts that nothing was bought with."""
    return [row["id"] for row in await tx.many(SQL.files_in_carts_of, customer_id)]


async def files_of_forgotten(tx: Tx, customer_id: UUID) -> list[UUID]:
    """Files of the person's orders that name the person no more."""
    return [row["id"] for row in await tx.many(SQL.files_of_forgotten, customer_id)]


async def files_of_customer(tx: Tx, customer_id: UUID, limit: int) -> list[Record]:
    """What the person sent, the newest first."""
    return await tx.many(SQL.files_of_customer, customer_id, limit)
