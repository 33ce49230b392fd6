"""Which products a schema of a product type finds fault with, found by PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "type_breaks.sql")

NOTHING = UUID(int=0)
LAST = UUID(int=2**128 - 1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute of a schema; bounds of numbers in their canonical unit. `channels` None: all."""

    code: str
    level: str
    kind: str
    required: bool
    channels: tuple[UUID, ...] | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    first: date | None = None
    last: date | None = None
    choices: tuple[str, ...] = ()


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with an attribute: `missing` (in these channels), a `value` that is out of
    range or no choice, or one that the type does not have (`unknown`).
    """

    code: str
    problem: Literal["missing", "value", "unknown"]
    channel_ids: tuple[UUID, ...] | None = None


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A product with what is wrong with it."""

    id: UUID
    slug: str
    title: str
    problems: tuple[Problem, ...]


async def breaking(
    tx: Tx,
    type_code: str,
    wanted: Sequence[Wanted],
    *,
    refuses_others: bool,
    after: UUID = NOTHING,
    until: UUID = LAST,
    limit: int,
    among: Collection[UUID] | None = None,
) -> list[Broken]:
    """Up to `limit` products of the type that break the schema, by id, in (after, until].

    `among` narrows to these products. One statement, whose memory does not grow with the products.
    """
    rows = await tx.many(
        SQL.breaking,
        type_code,
        msgspec.to_builtins(wanted),
        refuses_others,
        after,
        limit,
        tx.now,
        None if among is None else list(among),
        until,
    )
    return [msgspec.convert(dict(row), Broken) for row in rows]


async def next_of_type(tx: Tx, type_code: str, after: UUID, limit: int) -> list[UUID]:
    """Products of a type, by id."""
    return [row["id"] for row in await tx.many(SQL.next_of_type, type_code, after, limit)]


async def next_of_label(tx: Tx, label: str, after: UUID, limit: int) -> list[UUID]:
    """Products without a type whose free `product_type` is this text, by id."""
    return [row["id"] for row in await tx.many(SQL.next_of_label, label, after, limit)]
