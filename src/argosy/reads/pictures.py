"""Photographs by id, for what shows them beside products."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "pictures.sql")


async def pictures(tx: Tx, media_ids: Collection[UUID]) -> dict[UUID, Record]:
    """By id, with texts by locale and renditions, if any were made. No statement for none."""
    if not media_ids:
        return {}
    return {row["id"]: row for row in await tx.many(SQL.pictures, sorted(media_ids))}
