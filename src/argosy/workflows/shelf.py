"""The goods that carts show, kept for less than a second: what a batch read serves the next ones.

What the answer to a change says about prices may therefore be that old (ADR 0009). Refusals, a cart
that is read and a cart that is placed go by what the database says at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from time import monotonic
from uuid import UUID

from argosy.reads.sellable import Sellable, sellable_variants
from argosy.runtime.db import Tx
from argosy.workflows.quoting import ShopRules

KEPT_S = 0.9
_MOST = 20_000
_MOST_PLACES = 500

Goods = Mapping[UUID, Sellable]
Place = tuple[UUID, tuple[UUID, ...]]
"""A channel and the price lists of the buyer: nobody is shown the prices of others (C10)."""


class Shelf:
    """What was read in this process within the last `KEPT_S` seconds."""

    def __init__(self) -> None:
        self._kept: dict[Place, tuple[float, dict[UUID, Sellable]]] = {}

    async def goods(
        self, tx: Tx, wanted: Iterable[tuple[ShopRules, Iterable[UUID]]], *, exact: bool
    ) -> dict[Place, Goods]:
        """The goods of each buyer by variant, by `ShopRules.shelf`; `exact`: none from memory.

        One statement for each place of which something is missing. What does not exist is absent.
        """
        asked: dict[Place, set[UUID]] = {}
        for rules, variants in wanted:
            asked.setdefault(rules.shelf, set()).update(variants)
        found: dict[Place, Goods] = {}
        for place, variants in asked.items():
            known = self._known(place)
            missing = variants if exact else variants.difference(known)
            if missing:
                channel_id, lists = place
                read = await sellable_variants(tx, channel_id, lists, list(missing), tx.now)
                known.update(read)
                for gone in missing.difference(read):
                    known.pop(gone, None)
            found[place] = known
        return found

    def _known(self, place: Place) -> dict[UUID, Sellable]:
        """What is kept of this place. All of it ends together: no list of ages to keep."""
        now = monotonic()
        until, known = self._kept.get(place, (0.0, {}))
        if until < now or len(known) > _MOST:
            if len(self._kept) > _MOST_PLACES:
                self._kept.clear()
            until, known = now + KEPT_S, {}
            self._kept[place] = (until, known)
        return known
