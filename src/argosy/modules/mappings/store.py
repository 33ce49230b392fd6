"""The only file of mappings that runs SQL; statements live in store.sql."""

from __future__ import annotations

import msgspec

from argosy.modules.mappings.types import Mapping, SavedMapping
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)
_NEWEST = 2**62


async def insert_mapping(tx: Tx, code: str, name: str) -> bool:
    """A new code; False when it is taken."""
    return await tx.maybe(SQL.insert_mapping, code, name, tx.now) is not None


async def insert_version(tx: Tx, code: str, version: int, document: Mapping, author: str) -> None:
    """A version of a mapping."""
    await tx.run(SQL.insert_version, code, version, document, author, tx.now)


async def lock_mapping(tx: Tx, code: str) -> int | None:
    """The newest version, locked."""
    row = await tx.maybe(SQL.lock_mapping, code)
    return row["version"] if row else None


async def set_mapping(tx: Tx, code: str, name: str, version: int) -> None:
    """Make a version the newest."""
    await tx.run(SQL.set_mapping, code, name, version, tx.now)


async def delete_mapping(tx: Tx, code: str) -> None:
    """Remove a mapping with all its versions."""
    await tx.run(SQL.delete_mapping, code)


async def mapping_by_code(tx: Tx, code: str, version: int | None) -> SavedMapping | None:
    """One mapping, in a version or the newest."""
    row = await tx.maybe(SQL.mapping_by_code, code, version)
    return _saved(row) if row else None


async def mapping_page(tx: Tx, after: str, limit: int) -> list[SavedMapping]:
    """Mappings by code."""
    return [_saved(row) for row in await tx.many(SQL.mapping_page, after, limit)]


async def version_page(tx: Tx, code: str, before: int | None, limit: int) -> list[SavedMapping]:
    """Versions, the newest first."""
    rows = await tx.many(SQL.version_page, code, before or _NEWEST, limit)
    return [_saved(row) for row in rows]


def _saved(row: Record) -> SavedMapping:
    return msgspec.convert(dict(row), SavedMapping)
