"""The texts of the catalogue that can be translated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any
from uuid import UUID

import msgspec

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "translatable.sql")

ReadAfter = Callable[[Tx, UUID, int], Awaitable[list[UUID]]]
"""Ids in order, those after one, at most so many."""

_TEXTS = {
    "product": SQL.products_texts,
    "variant": SQL.variants_texts,
    "category": SQL.categories_texts,
    "collection": SQL.collections_texts,
    "brand": SQL.brands_texts,
    "attribute": SQL.attributes_texts,
    "option": SQL.options_texts,
}
_ENTITY, _FIELD = 200, 300
"""Longer names of options and choices are not translated: nothing could be found by them."""
_BY_NAME = frozenset({"attribute", "option"})


class SourceText(msgspec.Struct, frozen=True, kw_only=True):
    """A text in the catalogue's own language. `name` tells people what it is of; `html`: markup."""

    kind: str
    entity: str
    field: str
    text: str
    name: str
    html: bool


async def products_with_options(
    tx: Tx, names: Collection[str], after: UUID, limit: int
) -> list[UUID]:
    """Products that have an option of one of these names, in order of their ids."""
    rows = await tx.many(SQL.products_with_options, list(names), after, limit)
    return [row["id"] for row in rows]


async def source_texts(
    tx: Tx,
    kind: str,
    *,
    entities: Collection[str] | None = None,
    after: str | None = None,
    limit: int,
) -> list[SourceText]:
    """All texts of up to `limit` things of a kind, by entity and field; empty texts are none.

    `entities`: of these only. `after`: of those after this one.
    """
    wanted: list[Any] | None = None
    start: Any = after or ""
    if kind in _BY_NAME:
        wanted = None if entities is None else list(entities)
    else:
        wanted = None if entities is None else [UUID(one) for one in entities]
        start = UUID(after) if after else UUID(int=0)
    rows = await tx.many(_TEXTS[kind], wanted, start, limit)
    found = [SourceText(kind=kind, **dict(row)) for row in rows]
    return [one for one in found if len(one.entity) <= _ENTITY and len(one.field) <= _FIELD]
