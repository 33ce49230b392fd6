"""What rules will make of a search or a list, seen before their time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode
from argosy.modules import catalog, merchandising, projections
from argosy.modules.channels import Channel
from argosy.modules.merchandising import Asked, Listed, Rule, SetRule, Standing
from argosy.modules.projections import ListProducts, ListRanked, ProductCard, ProductList
from argosy.reads import product_document as reads
from argosy.runtime.db import Tx
from argosy.workflows import searching
from argosy.workflows.app import App
from argosy.workflows.merchandising import order_due, places_listed, standings_of

_decode = msgspec.json.Decoder(ProductList).decode


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """The first products of a page with their standings; those of `pinned` are pinned."""

    rules: list[Rule]
    items: list[tuple[ProductCard, Standing]]
    pinned: frozenset[UUID]


async def preview_search(
    app: App, channel: Channel, words: str, at: datetime, limit: int
) -> Previewed:
    """A search by the rules of that instant, of what is shown now. Raises SearchUnavailable."""
    found = await searching.look_up(app, channel, words)
    ranked = list(zip(found.product_ids, found.scores, strict=True))
    async with app.db.reading() as tx:
        rules = await merchandising.rules_of(tx, channel.id)
        due = merchandising.due(rules, Asked(words), at, channel.locale)
        ids, _ = await order_due(tx, channel.id, due, ranked)
        ask = ListRanked(
            channel_id=channel.id, product_ids=tuple(ids), fingerprint=words, limit=limit
        )
        page = _decode(await projections.list_ranked(tx, ask))
        return await _previewed(tx, channel, due, page)


async def preview_list(
    app: App, channel: Channel, category_id: UUID | None, at: datetime, limit: int
) -> Previewed:
    """The list of a category (None: of all products) by the rules of that instant, of what is shown
    now. Raises CategoryNotFound.
    """
    async with app.db.reading() as tx:
        if category_id is not None:
            await catalog.category_by_id(tx, category_id)
        wanted = category_id or projections.ALL_PRODUCTS
        rows = await reads.listable(tx, channel.id, channel.id)
        term = next((row["term"] for row in rows if row["category_id"] == wanted), None)
        rules = await merchandising.rules_of(tx, channel.id)
        due = merchandising.due(rules, Listed(category_id), at, channel.locale)
        if term is None:
            return Previewed(rules=due, items=[], pinned=frozenset())
        moved = await places_listed(tx, channel.id, term, due)
        ask = ListProducts(channel_id=channel.id, category=term, moved=moved, limit=limit)
        answer = await projections.list_products(tx, ask)
        return await _previewed(tx, channel, due, _decode(answer.body))


async def check_named(tx: Tx, given: SetRule) -> None:
    """Raises ProductNotFound or CategoryNotFound for what the rule names and is not there."""
    products = set(given.terms.products)
    if products and (missing := products - await reads.which_exist(tx, products)):
        raise catalog.ProductNotFound(
            "There is no such product.", field="terms.products", count=len(missing)
        )
    for category_id in {*given.terms.categories, *filter(None, [given.category_id])}:
        await catalog.category_by_id(tx, category_id)


async def _previewed(tx: Tx, channel: Channel, due: list[Rule], page: ProductList) -> Previewed:
    cards = {decode("product", card.id): card for card in page.items}
    standings = await standings_of(tx, channel.id, due, list(cards))
    buyable = {id_ for id_, standing in standings.items() if standing.buyable}
    return Previewed(
        rules=due,
        items=[(card, standings[id_]) for id_, card in cards.items() if id_ in standings],
        pinned=frozenset(buyable & set(merchandising.pinned(due))),
    )
