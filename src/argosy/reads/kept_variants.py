"""Catalogue, stock and kits together: what hangs on the variants of a product."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "kept_variants.sql")

Reason = Literal["promised", "stocked", "remembered", "component"]
GOODS: frozenset[Reason] = frozenset({"promised", "stocked"})
EVERYTHING: frozenset[Reason] = GOODS | {"remembered", "component"}
_ORDER: tuple[Reason, ...] = ("promised", "stocked", "remembered", "component")


class Kept(NamedTuple):
    """A variant that must stay, and why."""

    variant_id: UUID
    sku: str
    reasons: tuple[Reason, ...]


async def kept_variants(
    tx: Tx,
    product_id: UUID,
    variant_id: UUID | None = None,
    *,
    unless: Collection[Reason] = EVERYTHING,
    limit: int,
) -> list[Kept]:
    """The first of the product's variants, or the one of them, that must stay if all of these were
    to go. That there were goods once is no reason of its own where there are some. One statement.
    """
    rows = await tx.many(SQL.kept_variants, product_id, variant_id, list(unless), limit)
    found = []
    for row in rows:
        reasons = [why for why in _ORDER if row[why]]
        if not GOODS.isdisjoint(reasons):
            reasons = [why for why in reasons if why != "remembered"]
        found.append(Kept(row["variant_id"], row["sku"], tuple(reasons)))
    return found
