"""The only file of product types that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from argosy.modules.producttypes.types import ProductScore, ProductType, Schema, TypeVersion
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def all_types(tx: Tx) -> list[ProductType]:
    """Every type, by code."""
    return [ProductType(**dict(row)) for row in await tx.many(SQL.all_types)]


async def type_of(tx: Tx, code: str) -> ProductType | None:
    """One type."""
    row = await tx.maybe(SQL.type_of, code)
    return None if row is None else ProductType(**dict(row))


async def lock_type(tx: Tx, code: str) -> ProductType | None:
    """One type, locked."""
    row = await tx.maybe(SQL.lock_type, code)
    return None if row is None else ProductType(**dict(row))


async def share_types(tx: Tx, codes: Collection[str]) -> dict[str, Schema | None]:
    """The schemas in force of these types, which stay so until the transaction ends.

    None for a type that never had one published; a type that does not exist is left out.
    """
    rows = await tx.many(SQL.share_types, sorted(codes))
    return {
        row["code"]: None if row["schema"] is None else msgspec.convert(row["schema"], Schema)
        for row in rows
    }


async def write_type(tx: Tx, code: str, label: str) -> ProductType:
    """Insert or rename."""
    return ProductType(**dict(await tx.one(SQL.write_type, code, label, tx.now)))


async def touch_type(tx: Tx, code: str, *, published: int | None = None) -> ProductType:
    """Count up the version of a type, and put a version of its schema in force if given."""
    return ProductType(**dict(await tx.one(SQL.touch_type, code, tx.now, published)))


async def write_draft(tx: Tx, code: str, schema: Schema) -> TypeVersion:
    """Insert or replace the draft, whose number follows the last published one's."""
    return _version(await tx.one(SQL.write_draft, code, msgspec.to_builtins(schema), tx.now))


async def publish_draft(tx: Tx, code: str, by: str) -> TypeVersion | None:
    """The draft, published from now on; None without one."""
    row = await tx.maybe(SQL.publish_draft, code, tx.now, by)
    return None if row is None else _version(row)


async def draft_of(tx: Tx, code: str) -> TypeVersion | None:
    """The draft of a type."""
    row = await tx.maybe(SQL.draft_of, code)
    return None if row is None else _version(row)


async def version_of(tx: Tx, code: str, number: int) -> TypeVersion | None:
    """One version of a type."""
    row = await tx.maybe(SQL.version_of, code, number)
    return None if row is None else _version(row)


async def version_page(tx: Tx, code: str, before: int, limit: int) -> list[TypeVersion]:
    """Versions below `before`, the newest first."""
    return [_version(row) for row in await tx.many(SQL.version_page, code, before, limit)]


async def write_scores(
    tx: Tx, product_ids: Collection[UUID], scores: Sequence[ProductScore]
) -> None:
    """The scores of these products are now exactly these."""
    rows = [msgspec.to_builtins(score) for score in scores]
    await tx.run(SQL.write_scores, rows, list(product_ids), tx.now)


async def scores_of(tx: Tx, product_ids: Collection[UUID]) -> list[ProductScore]:
    """The scores of these products, by product and channel."""
    rows = await tx.many(SQL.scores_of, list(product_ids))
    return [msgspec.convert(dict(row), ProductScore) for row in rows]


def _version(row: Record) -> TypeVersion:
    return msgspec.convert(dict(row), TypeVersion)
