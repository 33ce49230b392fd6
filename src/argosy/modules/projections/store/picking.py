"""The SQL of choosing among variants."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from argosy.modules.projections.store import SQL
from argosy.modules.projections.types.picking import OptionRow, PickRow, ValueRow
from argosy.runtime.db import Tx


async def pick(
    tx: Tx,
    channel_id: UUID,
    slug: str,
    *,
    chosen: Mapping[str, str],
    seen_from: UUID | None = None,
    from_variant: bool = False,
) -> PickRow | None:
    """What is left to choose, given values by option code, or seen from a variant."""
    row = await tx.maybe(
        SQL.pick,
        channel_id,
        slug,
        tx.now,
        list(chosen),
        list(chosen.values()),
        seen_from,
        from_variant,
    )
    if row is None:
        return None
    values = [ValueRow(*value) for value in row["values"] or ()]
    return PickRow(
        product_id=row["product_id"],
        valid_until=row["valid_until"],
        options=msgspec.convert(row["options"], list[OptionRow]),
        wanted=list(row["wanted"] or ()),
        variants=row["variants"],
        buyable=row["buyable"],
        body=row["body"],
        values={(v.place, v.value): v for v in values},
    )
