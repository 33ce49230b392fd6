"""The live promotions of a channel, compiled, and what they ask of goods.

promotions --live_promotions--> ShopPromotions      (kept with the channel's rules, notice `rules`)
goods, costs, stock of gifts --read_lacking--> its memory        (only what live promotions ask for)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.modules import inventory, pricing, quote
from argosy.modules.fields import FieldDefinition
from argosy.modules.promotions import LivePromotion
from argosy.reads.product_facts import ProductFacts, product_facts
from argosy.reads.sellable import Sellable
from argosy.runtime.db import Tx
from argosy.workflows.promoting import rule_of
from argosy.workflows.promotion_fields import (
    NO_FIELDS,
    AskedFields,
    asked_fields,
    read_field_facts,
)

COSTS_KEPT_S: Final = 30.0
"""So long what a unit costs the shop is remembered, for floors on margin."""
GOODS_KEPT_S: Final = 30.0
"""So long categories, brands and attributes of a product are remembered for promotions."""
STOCK_KEPT_S: Final = 5.0
"""So long the stock of gifts is remembered; Begin takes it for good."""
_MOST_GOODS: Final = 20_000
_PLENTY: Final = 1_000_000
_GOODS: Final = frozenset({"categories", "collections", "brands", "attribute"})


class Words(NamedTuple):
    """The words of goods, with what they were made of: while it is kept, no other has its id."""

    facts: quote.LineFacts
    made_of: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class ShopPromotions:
    """The live promotions of one channel, compiled. `reads`: what carts must bring for them.

    `used_up` and `budgets` are as they were when read; Begin decides. `gifts` are the variants that
    may be given. `floors_margin`: some live promotion asks what units cost the shop. `goods`,
    `stock`, `costs` and `values` remember what was read of products, gifts and variants; `values`
    are custom fields, `fields` those that are compared.
    """

    compiled: quote.CompiledPromotions
    live: Mapping[str, LivePromotion]
    used_up: frozenset[str]
    budgets: Mapping[str, int]
    per_person: tuple[UUID, ...]
    honoured: tuple[quote.Promotion, ...]
    reads: frozenset[str]
    gifts: tuple[UUID, ...]
    locations: tuple[UUID, ...]
    currency: str
    channel_id: UUID | None = None
    floors_margin: bool = False
    fields: AskedFields = NO_FIELDS
    costs: dict[UUID, tuple[float, int | None]] = field(default_factory=dict)
    stock: dict[UUID, tuple[float, int]] = field(default_factory=dict)
    goods: dict[UUID, tuple[float, ProductFacts | None]] = field(default_factory=dict)
    values: dict[UUID, tuple[float, Mapping[str, quote.FieldFact]]] = field(default_factory=dict)
    words: dict[tuple[Any, ...], Words] = field(default_factory=dict)


def compile_live(
    found: Sequence[LivePromotion],
    *,
    currency: str,
    channel_id: UUID | None = None,
    locations: Sequence[UUID] = (),
    definitions: Sequence[FieldDefinition] = (),
    for_fees: bool = False,
) -> ShopPromotions | None:
    """Compile a channel's live promotions; None if there are none, and its fees do not ask for what
    products are either (`for_fees`). Gifts come from `locations`.

    One that compares a custom field that is not among the `definitions` is disabled.
    """
    if not found and not for_fees:
        return None
    live = {encode("promotion", one.promotion.id): one for one in found}
    rules = [rule_of(one, definitions) for one in found]
    used_up = set()
    budgets: dict[str, int] = {}
    for name, one in live.items():
        if one.uses_left == 0:
            used_up.add(name)
        if one.promotion.limits.budget:
            # A budget that knows no money of this currency has none of it to give.
            budgets[name] = one.budget_left.get(currency, 0)
    words = set().union(*(_types_in(one.promotion.document) for one in found))
    if for_fees:
        words |= _GOODS
    return ShopPromotions(
        compiled=quote.compile_promotions(rules, currency=currency),
        live=live,
        used_up=frozenset(used_up),
        budgets=budgets,
        per_person=tuple(
            one.promotion.id for one in found if one.promotion.limits.uses_per_customer is not None
        ),
        honoured=tuple(
            rule for rule in rules if isinstance(rule, quote.Promotion) and rule.honour_s
        ),
        reads=frozenset(words),
        gifts=tuple(
            dict.fromkeys(
                decode("variant", rule.action.variant)
                for rule in rules
                if isinstance(rule, quote.Promotion) and isinstance(rule.action, quote.Gift)
            )
        ),
        locations=tuple(locations),
        currency=currency,
        channel_id=channel_id,
        floors_margin=any(
            isinstance(rule, quote.Promotion)
            and rule.floor is not None
            and rule.floor.margin_percent is not None
            for rule in rules
        ),
        fields=asked_fields(
            [rule for rule in rules if isinstance(rule, quote.Promotion)], definitions
        ),
    )


def _types_in(part: Any) -> set[str]:
    if isinstance(part, dict):
        found = set().union(*(_types_in(value) for value in part.values()))
        if isinstance(part.get("type"), str):
            found.add(part["type"])
        return found
    if isinstance(part, list):
        return set().union(*(_types_in(each) for each in part))
    return set()


class Lacking(NamedTuple):
    """What promotions ask of goods and nobody knows yet: facts of products, stock of gifts, what
    units of variants cost the shop, custom fields of products and variants.
    """

    products: frozenset[UUID] = frozenset()
    gifts: tuple[UUID, ...] = ()
    costs: frozenset[UUID] = frozenset()
    of_products: frozenset[UUID] = frozenset()
    of_variants: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return any(self)


def lacks(live: ShopPromotions | None, sellables: Mapping[UUID, Sellable]) -> Lacking:
    """Return what must be read of goods, with `read_lacking`, before carts are quoted."""
    if live is None:
        return Lacking()
    now = monotonic()
    products: frozenset[UUID] = frozenset()
    if not live.reads.isdisjoint(_GOODS):
        products = frozenset(
            one.product_id
            for one in sellables.values()
            if live.goods.get(one.product_id, (0.0, None))[0] < now
        )
    gifts = tuple(one for one in live.gifts if live.stock.get(one, (0.0, 0))[0] < now)
    costs: frozenset[UUID] = frozenset()
    if live.floors_margin:
        costs = frozenset(one for one in sellables if live.costs.get(one, (0.0, 0))[0] < now)
    if not live.fields.of_goods:
        return Lacking(products, gifts, costs)
    old = [
        one
        for one in sellables.values()
        if live.values.get(one.variant_id, (0.0, None))[0] < now
        or live.values.get(one.product_id, (0.0, None))[0] < now
    ]
    return Lacking(
        products,
        gifts,
        costs,
        frozenset(one.product_id for one in old),
        frozenset(one.variant_id for one in old),
    )


async def read_lacking(tx: Tx, live: ShopPromotions, lacking: Lacking) -> None:
    """Read what `lacks` found, a statement for each kind, and remember it."""
    if lacking.products:
        if len(live.goods) > _MOST_GOODS:
            live.goods.clear()
            live.words.clear()
        found = await product_facts(tx, lacking.products, live.channel_id)
        until = monotonic() + GOODS_KEPT_S
        for product_id in lacking.products:
            live.goods[product_id] = (until, found.get(product_id))
    if lacking.gifts:
        stock = await inventory.availability(tx, lacking.gifts, live.locations)
        for variant_id in lacking.gifts:
            live.stock[variant_id] = (monotonic() + STOCK_KEPT_S, stock[variant_id].promisable)
    if lacking.costs:
        if len(live.costs) > _MOST_GOODS:
            # Only what is out of date: other carts are just being quoted with the rest.
            for old in [one for one, (until, _) in live.costs.items() if until < monotonic()]:
                del live.costs[old]
        known = await pricing.costs_at(tx, sorted(lacking.costs), live.currency)
        until = monotonic() + COSTS_KEPT_S
        for variant_id in lacking.costs:
            live.costs[variant_id] = (until, known.get(variant_id))
    if lacking.of_products or lacking.of_variants:
        if len(live.values) > _MOST_GOODS:
            live.values.clear()
        has = await read_field_facts(
            tx, live.fields, {"product": lacking.of_products, "variant": lacking.of_variants}
        )
        until = monotonic() + GOODS_KEPT_S
        live.values.update({one: (until, values) for one, values in has.items()})


def unit_cost_of(live: ShopPromotions, goods: Sellable) -> int | None:
    """Return what a unit costs the shop, as far as promotions asked for it. Not for shoppers."""
    return live.costs.get(goods.variant_id, (0.0, None))[1]


def gifts_left(live: ShopPromotions, goods: Sellable) -> int:
    """Return how many of a gift can be given, as far as it is known."""
    if not goods.tracks_inventory:
        return _PLENTY
    return live.stock.get(goods.variant_id, (0.0, 0))[1]


def line_facts_of(live: ShopPromotions, goods: Sellable) -> quote.LineFacts:
    """Return the words by which selectors select the goods: ids, and what people call them."""
    more = live.goods.get(goods.product_id, (0.0, None))[1]
    own = live.values.get(goods.variant_id, _NO_VALUES)[1]
    common = live.values.get(goods.product_id, _NO_VALUES)[1]
    key = (goods.variant_id, goods.sku, *goods.options.items(), id(more), id(own), id(common))
    found = live.words.get(key)
    if found is None:
        if len(live.words) > _MOST_GOODS:
            live.words.clear()
        facts = words_of(
            goods.product_id,
            goods.variant_id,
            (goods.product_slug, goods.sku),
            goods.options,
            more,
            fields={**common, **own},
        )
        found = live.words[key] = Words(facts, (more, own, common))
    return found.facts


_NO_VALUES: Final[tuple[float, Mapping[str, quote.FieldFact]]] = (0.0, {})


def words_of(
    product_id: UUID,
    variant_id: UUID,
    names: tuple[str, str],
    options: Mapping[str, str],
    more: ProductFacts | None,
    *,
    fields: Mapping[str, quote.FieldFact] | None = None,
) -> quote.LineFacts:
    """Return the words of goods, whose `names` are slug and SKU."""
    slug, sku = names
    attributes: dict[str, tuple[str, ...]] = {name: (value,) for name, value in options.items()}
    if more is not None:
        attributes |= more.attributes
    facts = quote.line_facts(
        product=encode("product", product_id),
        variant=encode("variant", variant_id),
        brand="" if more is None else more.brand,
        categories=() if more is None else more.categories,
        collections=() if more is None else more.collections,
        attributes=attributes,
        fields=fields,
    )
    tokens = facts.tokens | {f"product:{slug}", f"variant:{sku}"}
    return msgspec.structs.replace(facts, tokens=tokens)
