"""Merchandising: the rules of a channel put search results and lists of categories in order.

    rules of the channel (kept in the process) -- due here and now? --> none: nothing is asked
      -- one statement: which of the products meet which rule --> the order

A search is ordered anew each time. For a category the places of what is moved are kept until its
list or the rules change, or one of them starts or ends. Only the merchant's own order (`position`,
`relevance`) is touched: who sorts by price gets prices in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from argosy.modules import merchandising, projections
from argosy.modules.channels import Channel
from argosy.modules.merchandising import Asked, Listed, Rule, Standing, Terms, topic_of
from argosy.modules.projections import Answer, ListProducts, facet_code, facet_value
from argosy.reads import merchandised as reads
from argosy.reads.merchandised import Effect, Met
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.workflows.app import App


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where products of a list stand that do not stand by their position, and until when."""

    keys: dict[UUID, int]
    topics: frozenset[str]
    until: datetime | None

    def of(self, ask: ListProducts) -> ListProducts:
        """The question with these places in it."""
        return msgspec.structs.replace(ask, moved=self.keys) if self.keys else ask

    def ending(self, answer: Answer) -> Answer:
        """The answer, which holds no longer than the places."""
        ends = [at for at in (answer.expires_at, self.until) if at is not None]
        return msgspec.structs.replace(
            answer, topics=answer.topics | self.topics, expires_at=min(ends, default=None)
        )


UNMOVED: Final = Places(keys={}, topics=frozenset(), until=None)
"""What no rule is for."""


async def rules_kept(app: App, channel_id: UUID) -> list[Rule]:
    """All rules of a channel; no statement while they are kept."""

    async def load() -> Fill[list[Rule]]:
        async with app.db.reading() as tx:
            rules = await merchandising.rules_of(tx, channel_id)
        return Fill(rules, topics={topic_of(channel_id)}, size=1000 * len(rules))

    return await app.cache.get((merchandising.TOPIC, channel_id), load)


async def order_found(
    app: App,
    channel: Channel,
    window_id: UUID,
    words: str,
    found: Sequence[tuple[UUID, float]],
) -> list[UUID]:
    """The products that a search found, with their scores, in the order of the channel's rules, and
    what these pin. No statement where no rule is due.
    """
    rules = await rules_kept(app, channel.id)
    at = app.db.clock()
    due = merchandising.due(rules, Asked(words), at, channel.locale) if rules else []
    if not due:
        return [id_ for id_, _ in found]
    async with app.db.reading() as tx:
        return (await order_due(tx, window_id, due, found))[0]


async def next_order(app: App, channel: Channel) -> Places:
    """Until when the channel's rules order what is found as they do now; no places."""
    rules = await rules_kept(app, channel.id)
    return Places(
        keys={},
        topics=frozenset({topic_of(channel.id)}),
        until=merchandising.next_change(rules, app.db.clock()),
    )


async def order_due(
    tx: Tx, window_id: UUID, due: Sequence[Rule], found: Sequence[tuple[UUID, float]]
) -> tuple[list[UUID], dict[UUID, Standing]]:
    """What the due rules make of a search's products: their order, and each one's standing."""
    pins = merchandising.pinned(due)
    ids = list(dict.fromkeys([*pins, *(id_ for id_, _ in found)]))
    standings = await standings_of(tx, window_id, due, ids)
    return merchandising.order_of_found(found, pins, standings), standings


async def standings_of(
    tx: Tx, window_id: UUID, due: Sequence[Rule], product_ids: Sequence[UUID]
) -> dict[UUID, Standing]:
    """What the due boosts and buries make of those of the products that are shown now."""
    met = await reads.found_meeting(tx, window_id, product_ids, effects_of(due))
    return {one.product_id: _standing(one) for one in met}


async def places_in(
    app: App, channel: Channel, window_id: UUID, category: int, category_id: UUID | None
) -> Places:
    """How the rules change the list of a category, whose term in the window is `category`; None is
    that of all products. No statement while it is kept, or where no rule is due.
    """
    rules = await rules_kept(app, channel.id)
    at = app.db.clock()
    topics = frozenset({topic_of(channel.id)})
    if not rules:
        return Places(keys={}, topics=topics, until=None)
    until = merchandising.next_change(rules, at)
    due = merchandising.due(rules, Listed(category_id), at, channel.locale)
    if not due:
        return Places(keys={}, topics=topics, until=until)

    async def load() -> Fill[dict[UUID, int]]:
        async with app.db.reading() as tx:
            keys = await places_listed(tx, window_id, category, due)
        made_from = topics | {projections.list_topic(category)}
        return Fill(keys, topics=made_from, size=100 * len(keys), expires_at=until)

    keys = await app.cache.get(("merchandised", window_id, category), load)
    return Places(keys=keys, topics=topics, until=until)


async def places_listed(
    tx: Tx, window_id: UUID, category: int, due: Sequence[Rule]
) -> dict[UUID, int]:
    """Keys of what the due rules move in the list of a category."""
    pins = merchandising.pinned(due)
    if pins:
        pins = await reads.buyable_in_category(tx, window_id, category, pins)
    effects = effects_of(due)
    met = await reads.listed_meeting(tx, window_id, category, effects) if effects else []
    moved = [(one.product_id, _standing(one)) for one in met]
    return merchandising.places_of_listed(pins, moved)


def effects_of(due: Sequence[Rule]) -> list[Effect]:
    """The boosts and buries among the rules, as they are looked up."""
    return [
        Effect(
            rule_id=rule.id,
            strength=rule.strength if rule.act == "boost" else -rule.strength,
            products=rule.terms.products,
            in_stock=rule.terms.in_stock,
            on_sale=rule.terms.on_sale,
            conditions=_conditions(rule.terms),
        )
        for rule in due
        if rule.act != "pin"
    ]


def _conditions(terms: Terms) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = {
        facet_code(code): tuple(map(facet_value, values))
        for code, values in terms.attributes.items()
    }
    if terms.brands:
        found["brand"] = tuple(map(facet_value, terms.brands))
    if terms.categories:
        found[""] = tuple(map(str, terms.categories))
    return tuple(found.items())


def _standing(met: Met) -> Standing:
    strength = merchandising.bounded(met.strength)
    return Standing(buyable=met.buyable, strength=strength, rules=met.rule_ids)
