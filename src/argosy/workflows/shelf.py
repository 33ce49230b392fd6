"""The goods that carts show, kept for less than a second: what a batch read serves the next ones.

What the answer to a change says about prices may therefore be that old (ADR 0009). Refusals, a cart
that is read and a cart that is placed go by what the database says at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from time import monotonic
from uuid import UUID

from argosy.modules.channels import Channel
from argosy.reads.sellable import Sellable, sellable_variants
from argosy.runtime.db import Database

KEPT_S = 0.9
_MOST = 20_000

Goods = Mapping[UUID, Sellable]


class Shelf:
    """What was read in this process within the last `KEPT_S` seconds."""

    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, UUID], tuple[float, dict[UUID, Sellable]]] = {}

    async def goods(
        self, db: Database, wanted: Iterable[tuple[Channel, Iterable[UUID]]], *, exact: bool
    ) -> dict[UUID, Goods]:
        """The goods of each channel by variant, by the channel's id; `exact`: none from memory.

        One statement for each channel of which something is missing. What does not exist is absent.
        """
        asked: dict[UUID, tuple[Channel, set[UUID]]] = {}
        for channel, variants in wanted:
            asked.setdefault(channel.id, (channel, set()))[1].update(variants)
        found: dict[UUID, Goods] = {}
        for channel, variants in asked.values():
            known = self._known(channel)
            missing = variants if exact else variants.difference(known)
            if missing:
                async with db.reading() as tx:
                    read = await sellable_variants(
                        tx, channel.id, channel.price_list_id, list(missing), tx.now
                    )
                known.update(read)
                for gone in missing.difference(read):
                    known.pop(gone, None)
            found[channel.id] = known
        return found

    def _known(self, channel: Channel) -> dict[UUID, Sellable]:
        """What is kept of this channel. All of it ends together: no list of ages to keep."""
        key, now = (channel.id, channel.price_list_id), monotonic()
        until, known = self._kept.get(key, (0.0, {}))
        if until < now or len(known) > _MOST:
            until, known = now + KEPT_S, {}
            self._kept[key] = (until, known)
        return known
