"""What a channel shows beside a product."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "related_products.sql")


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """Encoded cards by kind, in order; `product_ids` are of all that were looked at, shown or not,
    and `until` is when another of them begins or ends to be shown.
    """

    product_id: UUID
    cards: dict[str, list[bytes]]
    product_ids: frozenset[UUID]
    until: datetime | None


async def beside(tx: Tx, channel_id: UUID, slug: str, most: int) -> Beside | None:
    """At most `most` cards of each kind, None if the channel shows no such product."""
    rows = [] if "\x00" in slug else await tx.many(SQL.related, channel_id, slug, tx.now)
    if not rows:
        return None
    cards: dict[str, list[bytes]] = {}
    ends: list[datetime] = []
    for row in rows:
        if row["card"] is None:
            continue
        begins, over = row["valid_from"], row["valid_until"]
        ends += [at for at in (begins, over) if at is not None and at > tx.now]
        if (begins is None or begins <= tx.now) and (over is None or tx.now < over):
            cards.setdefault(row["kind"], []).append(row["card"])
    return Beside(
        product_id=rows[0]["product_id"],
        cards={kind: found[:most] for kind, found in cards.items()},
        product_ids=frozenset(row["related_id"] for row in rows if row["related_id"]),
        until=min(ends, default=None),
    )


async def ids_by_slug(tx: Tx, slugs: Collection[str]) -> dict[str, UUID]:
    """By slug: the product, for those that exist."""
    rows = await tx.many(SQL.ids_by_slug, sorted(slugs))
    return {row["slug"]: row["id"] for row in rows}


async def slugs_by_id(tx: Tx, product_ids: Collection[UUID]) -> dict[UUID, str]:
    """By id: the slug, for those that exist."""
    rows = await tx.many(SQL.slugs_by_id, sorted(product_ids))
    return {row["id"]: row["slug"] for row in rows}
