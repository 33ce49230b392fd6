"""Promotions judged before they hold by what a channel sells: beside the live ones, and by costs.

`overlap` shows the worst combination that the live promotions and one more allow, and what it
leaves over the costs. `with_costs` adds to the problems of a wish what it would sell below cost.
Nothing that shoppers see is changed.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.modules import audiences, channels, pricing, promotions, quote
from argosy.modules.promotions import LivePromotion, Promotion, SetPromotion
from argosy.modules.quote import Problem, RequestLine
from argosy.reads import promotion_trials as reads
from argosy.reads.product_facts import product_facts
from argosy.reads.sellable import sellable_variants
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.live_promotions import compile_live
from argosy.workflows.margins import margin_of
from argosy.workflows.promoting import Checked, document_of
from argosy.workflows.promotion_fields import fields_for, read_field_facts
from argosy.workflows.quoting import (
    ShopRules,
    WantedLine,
    quote_request,
    read_rules,
    unpurchasable,
)

MAX_GOODS: Final = 12
MAX_OVERLAP_CARTS: Final = 600
MAX_CHANNELS: Final = 5
"""So many channels are looked at for what a promotion would sell below cost."""
_NAMED: Final = 3
_MOST_UNITS: Final = 1000


class WorstOverlap(NamedTuple):
    """The deepest discount that was found, and what its cart leaves over the costs of its goods,
    in minor units; None: the cost of something is not known. The margin is not for everybody.
    """

    found: quote.Overlap
    margin_minor: int | None


class _Goods(NamedTuple):
    """What a channel sells, as lines of one unit with what they cost the shop."""

    rules: ShopRules
    lines: tuple[RequestLine, ...]
    costs: Mapping[UUID, int]
    at: datetime


async def overlap(
    app: App, wish: SetPromotion, *, channel_id: UUID, own_id: UUID | None = None
) -> WorstOverlap | None:
    """Return the deepest discount on goods that the wish and the live promotions of a channel allow
    together, on any cart tried of at most a dozen goods. None if nothing is sold there.

    Raises ChannelNotFound.
    """
    public = encode("promotion", own_id) if own_id else "new"
    async with app.db.reading() as tx:
        live = [
            one
            for one in await promotions.live_promotions(tx, channel_id)
            if one.promotion.id != own_id
        ]
        goods = await _goods_of(tx, channel_id, [*live, _as_live(wish, own_id)], wish.document)
    if not goods.lines:
        return None
    documents = [document_of(one.promotion, encode("promotion", one.promotion.id)) for one in live]
    read = [quote.read_promotion(each) for each in [*documents, document_of(wish, public)]]
    rules = [one for one in read if isinstance(one, quote.Promotion)]
    found = await asyncio.to_thread(
        quote.worst_overlap,
        rules,
        goods.lines,
        goods.rules.policy,
        at=goods.at,
        max_carts=MAX_OVERLAP_CARTS,
    )
    return WorstOverlap(found, _margin(found, rules, goods))


def _margin(found: quote.Overlap, rules: Sequence[quote.Promotion], goods: _Goods) -> int | None:
    policy = goods.rules.policy
    request = quote.QuoteRequest(
        policy=policy,
        lines=found.lines,
        facts=found.facts,
        binding=None,
        destination=quote.Destination(country=found.country) if found.country else None,
    )
    compiled = quote.compile_promotions(rules, currency=policy.currency)
    return margin_of(quote.compute(request, compiled), goods.costs) if found.lines else None


async def with_costs(tx: Tx, wish: SetPromotion, checked: Checked) -> Checked:
    """Add to the problems, as warnings, what the promotion alone would sell below cost, where its
    own floor on margin would hold it up, and goods that such a floor leaves out: of a dozen goods
    of each of its channels, those that it names first.
    """
    rule = checked.rule
    if rule is None or checked.errors or rule.phase == "shipping":
        return checked
    problems: list[Problem] = []
    sold_in = list(wish.channels) or [one.id for one in await channels.list_channels(tx)]
    for channel_id in sold_in[:MAX_CHANNELS]:
        goods = await _goods_of(tx, channel_id, [_as_live(wish, None)], wish.document)
        problems += _cost_problems(rule, goods)
    return msgspec.structs.replace(checked, problems=(*checked.problems, *problems))


def _cost_problems(rule: quote.Promotion, goods: _Goods) -> list[Problem]:
    """Each of the goods by itself, in so many units as the action asks for, whoever buys."""
    policy = goods.rules.policy
    bare = msgspec.structs.replace(rule, when=None, window=None, budget=None)
    compiled = quote.compile_promotions([bare], currency=policy.currency)
    floors = rule.floor is not None and rule.floor.margin_percent is not None
    found: dict[str, list[str]] = {}
    for line in goods.lines:
        units = _units_for(rule.action, line.unit_minor, policy.currency)
        asked = quote.QuoteRequest(
            policy=policy,
            lines=(msgspec.structs.replace(line, quantity=units),),
            facts=quote.Facts(at=goods.at),
            binding=None,
        )
        verdict = quote.explain(asked, compiled).verdicts[0]
        held = {*verdict.cut, *(one.code for one in verdict.missing)}
        if "cost_unknown" in held:
            found.setdefault("cost_unknown", []).append(line.sku)
        elif "floor_margin" in held:
            found.setdefault("floor_cuts", []).append(line.sku)
        elif not floors and verdict.outcome == "applied":
            left = margin_of(quote.compute(asked, compiled), goods.costs)
            if left is not None and left < 0:
                found.setdefault("below_cost", []).append(line.sku)
    return [
        Problem(
            path="$.action" if code == "below_cost" else "$.floor.margin_percent",
            code=code,
            reason=_REASONS[code].format(
                goods=_listed(skus), all=len(goods.lines), channel=goods.rules.channel.code
            ),
            severity="warning",
        )
        for code, skus in sorted(found.items())
    ]


_REASONS: Final = {
    "below_cost": "sells {goods} below cost in {channel} (of {all} goods looked at)",
    "floor_cuts": "the floor keeps {goods} from the whole discount in {channel} "
    "(of {all} goods looked at)",
    "cost_unknown": "no cost is known of {goods} in {channel}: not reduced "
    "(of {all} goods looked at)",
}


def _listed(skus: Sequence[str]) -> str:
    more = len(skus) - _NAMED
    return ", ".join(skus[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _units_for(action: quote.Action, unit_minor: int, currency: str) -> int:
    """So many units of one article does the action ask for at most."""
    match action:
        case quote.BuyGet():
            units = action.buy_quantity + action.get_quantity
        case quote.SetPrice():
            units = sum(part.quantity for part in action.parts)
        case quote.Tiered():
            amounts = [(tier.amount or {}).get(currency, 0) for tier in action.tiers]
            enough = -(-max(amounts) // unit_minor) if unit_minor else 1
            units = max(enough, *(tier.quantity or 1 for tier in action.tiers))
        case _:
            units = 1
    return max(1, min(units, _MOST_UNITS))


async def _goods_of(
    tx: Tx, channel_id: UUID, live: Sequence[LivePromotion], document: dict[str, Any]
) -> _Goods:
    """What a channel sells, what the document names first, as the promotions look at it."""
    rules = dataclasses.replace(await read_rules(tx, channel_id), visibility=audiences.OPEN)
    variants = await reads.sample_variants(tx, channel_id, _named_in(document), 3 * MAX_GOODS)
    sellables = await sellable_variants(tx, channel_id, rules.book.list_ids, variants, tx.now)
    costs = await pricing.costs_at(tx, variants, rules.policy.currency)
    definitions = await fields_for(tx, [one.promotion.document for one in live])
    found = compile_live(live, currency=rules.policy.currency, definitions=definitions)
    assert found is not None
    products = {one.product_id for one in sellables.values()}
    for product_id, facts in (await product_facts(tx, products, channel_id)).items():
        found.goods[product_id] = (float("inf"), facts)
    if found.fields.of_goods:
        has = await read_field_facts(tx, found.fields, {"product": products, "variant": variants})
        found.values.update({one: (float("inf"), values) for one, values in has.items()})
    found.costs.update({one: (float("inf"), cost) for one, cost in costs.items()})
    wanted = [
        WantedLine(key=f"goods-{n}", variant_id=v, quantity=1) for n, v in enumerate(variants)
    ]
    bad = {line.key for line, _ in unpurchasable(rules, sellables, wanted, None, at=tx.now)}
    wanted = [line for line in wanted if line.key not in bad][:MAX_GOODS]
    request = quote_request(
        dataclasses.replace(rules, promotions=found),
        rules.channel, sellables, wanted, None, None, at=tx.now, facts=quote.Facts(at=tx.now),
    )  # fmt: skip
    lines = tuple(line for line in request.lines if line.goods)
    return _Goods(rules, lines, costs, tx.now)


def _as_live(wish: SetPromotion, own_id: UUID | None) -> LivePromotion:
    made = Promotion(
        id=own_id or UUID(int=0),
        version=1,
        state="live",
        name=wish.name,
        document=wish.document,
        channels=wish.channels,
        needs_coupon=wish.needs_coupon,
        limits=wish.limits,
        created_at=_LONG_AGO,
        updated_at=_LONG_AGO,
    )
    return LivePromotion(made, wish.limits.uses, dict(wish.limits.budget))


_LONG_AGO: Final = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


def _named_in(part: Any) -> set[UUID]:
    """The products and variants that a document names by their ids."""
    if isinstance(part, dict):
        return set().union(*(_named_in(value) for value in part.values()))
    if isinstance(part, list):
        return set().union(*(_named_in(each) for each in part))
    if isinstance(part, str):
        for kind, prefix in (("product", "prd_"), ("variant", "var_")):
            if part.startswith(prefix):
                try:
                    return {decode(kind, part)}
                except ValueError:
                    return set()
    return set()
