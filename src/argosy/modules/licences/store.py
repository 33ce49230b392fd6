"""The only file of licences that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules.licences.types import (
    WITHDRAWAL,
    GivenKey,
    NewKey,
    OwedLine,
    Pool,
    PoolCounts,
)
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


class Owed(NamedTuple):
    """A line that is owed keys and is locked."""

    line_id: UUID
    order_id: UUID
    variant_id: UUID
    units: int
    given: int


async def pools_of(tx: Tx, variant_ids: Collection[UUID]) -> list[Pool]:
    """The pools of those of the variants that have one."""
    rows = await tx.many(SQL.pools_of, list(variant_ids))
    return [msgspec.convert(dict(row), Pool) for row in rows]


async def list_pools(
    tx: Tx, after: UUID, low: int, *, short: bool, limit: int
) -> list[tuple[Pool, PoolCounts]]:
    """Pools by variant, with how many keys there are."""
    rows = await tx.many(SQL.list_pools, after, low, short, limit)
    return [
        (
            msgspec.convert({name: row[name] for name in Pool.__struct_fields__}, Pool),
            PoolCounts(row["free"], row["given"], row["waiting"]),
        )
        for row in rows
    ]


async def save_pool(tx: Tx, pool: Pool, expected: int) -> int | None:
    """Write over the version that was read (0: none); None: it was another."""
    statement = SQL.change_pool if expected else SQL.save_pool
    given = (pool.variant_id, pool.deliver_when, pool.asks_consent, expected, tx.now)
    row = await tx.maybe(statement, *given)
    return None if row is None else row["version"]


async def count_keys(tx: Tx, variant_id: UUID) -> PoolCounts:
    """How many there are."""
    row = await tx.one(SQL.count_keys, variant_id)
    return PoolCounts(row["free"], row["given"], row["waiting"])


async def add_keys(tx: Tx, variant_id: UUID, keys: Sequence[NewKey]) -> int:
    """Put those into the pool that it does not know; how many."""
    ids = [new_id() for _ in keys]
    digests, boxes = [key.digest for key in keys], [key.box for key in keys]
    return len(await tx.many(SQL.add_keys, variant_id, ids, digests, boxes, tx.now))


async def owe(tx: Tx, lines: Sequence[OwedLine]) -> None:
    """Note what paid lines are owed; those that are known stay as they are."""
    columns = [list(column) for column in zip(*lines, strict=True)]
    await tx.run(SQL.owe, *columns, tx.now)


async def lock_owed_of_orders(tx: Tx, order_ids: Collection[UUID]) -> list[Owed]:
    """What these orders may be given now."""
    ripe = tx.now - WITHDRAWAL
    return [_owed(row) for row in await tx.many(SQL.lock_owed_of_orders, sorted(order_ids), ripe)]


async def lock_owed_of_variant(tx: Tx, variant_id: UUID, limit: int) -> list[Owed]:
    """Whom keys of this variant may be given now, who waits longest first."""
    ripe = tx.now - WITHDRAWAL
    rows = await tx.many(SQL.lock_owed_of_variant, variant_id, ripe, limit)
    return [_owed(row) for row in rows]


async def variants_waited_for(tx: Tx, limit: int) -> list[UUID]:
    """Variants with free keys that lines wait for."""
    rows = await tx.many(SQL.variants_waited_for, tx.now - WITHDRAWAL, limit)
    return [row["variant_id"] for row in rows]


async def allot(tx: Tx, owed: Owed) -> int:
    """Give the line keys that are free, as many as it lacks or there are; how many."""
    lacking = owed.units - owed.given
    given = await tx.many(
        SQL.allot, owed.variant_id, owed.order_id, owed.line_id, owed.given, lacking, tx.now
    )
    if given:
        await tx.run(SQL.note_given, owed.line_id, len(given))
    return len(given)


async def end(tx: Tx, order_id: UUID) -> tuple[int, int]:
    """Give the order no more, and revoke what it has; lines that were owed, keys revoked."""
    ended = await tx.many(SQL.end_owed, order_id, tx.now)
    return len(ended), len(await tx.many(SQL.revoke, order_id, tx.now))


async def agree(tx: Tx, order_id: UUID, words: str) -> None:
    """Note the buyer's consent; the first one stays."""
    await tx.run(SQL.agree, order_id, words, tx.now)


async def take_back_consent(tx: Tx, order_id: UUID) -> None:
    """The buyer does not want the keys at once after all."""
    await tx.run(SQL.take_back_consent, order_id)


async def consent_of(tx: Tx, order_id: UUID) -> datetime | None:
    """When the buyer agreed."""
    row = await tx.maybe(SQL.consent_of, order_id)
    return None if row is None else row["given_at"]


async def owed_of_order(tx: Tx, order_id: UUID) -> list[tuple[int, bool]]:
    """Of each line that is owed keys, how many are missing, and whether the buyer is to agree."""
    return [
        (row["units"] - row["given"], row["asks_consent"])
        for row in await tx.many(SQL.owed_of_order, order_id)
    ]


async def keys_of_order(tx: Tx, order_id: UUID) -> tuple[GivenKey, ...]:
    """What the order was given, by line and unit."""
    return tuple(GivenKey(**dict(row)) for row in await tx.many(SQL.keys_of_order, order_id))


def _owed(row: Record) -> Owed:
    return Owed(*(row[name] for name in Owed._fields))
