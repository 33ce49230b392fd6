"""The SQL of option matrices: what PostgreSQL alone tells of thousands of variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from argosy.modules.catalog.store import SQL
from argosy.modules.catalog.types import MatrixVariant
from argosy.runtime.db import Tx


class Classed(msgspec.Struct, frozen=True, kw_only=True):
    """How many active variants fit options, lack a value of one, or have what is not in them; and
    the first of the latter two, in display order.
    """

    keeps: int
    lacks: int
    drops: int
    lacking: tuple[MatrixVariant, ...]
    dropped: tuple[MatrixVariant, ...]


async def classed(
    tx: Tx, product_id: UUID, options: Mapping[str, Sequence[str]], limit: int
) -> Classed:
    """Hold the active variants of a product against options, given by name."""
    row = await tx.one(SQL.option_matrix, product_id, options, len(options), limit)
    return msgspec.convert(dict(row), Classed)


async def free(
    tx: Tx, product_id: UUID, combinations: Sequence[Mapping[str, str]], limit: int
) -> list[int]:
    """The places of the first combinations that no active variant has."""
    rows = await tx.many(SQL.free_combinations, product_id, combinations, limit)
    return [row["place"] - 1 for row in rows]
