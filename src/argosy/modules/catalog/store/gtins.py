"""The SQL of GTINs."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.modules.catalog.rules.gtins import Holders, of_14_digits
from argosy.modules.catalog.store import SQL
from argosy.runtime.db import Tx


async def holders(tx: Tx, forms: Iterable[str]) -> Holders:
    """The active variants that have one of these GTINs, as they are written."""
    found: Holders = {}
    for row in await tx.many(SQL.gtin_holders, list(forms)):
        found.setdefault(of_14_digits(row["gtin"]), {})[row["id"]] = row["sku"]
    return found
