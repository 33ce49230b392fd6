"""Kits in a purchase: what is chosen, what one costs, and how its price is divided. Pure.

    configuration --chosen--> parts --their prices alone--> weights
    own price + extras, or the sum of the parts less something --> the price of one kit

What a component costs alone is its price for the same buyer in the number that is in one kit (E11).
One that has no price of its own weighs nothing: it comes with the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import lru_cache, partial
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.allocation import allocate, spread
from argosy.kernel.bill import Bill
from argosy.kernel.ids import decode, encode
from argosy.kernel.personal import SentFile
from argosy.kernel.rounding import Rounding, rounded
from argosy.modules import kits, pricing, quote
from argosy.modules.kits import Part
from argosy.modules.quote import RateSet, RequestKit, RequestLine, RequestPart
from argosy.reads.sellable import PriceTier, Sellable
from argosy.workflows.answering import Asking, answered, converted
from argosy.workflows.live_promotions import line_facts_of, unit_cost_of
from argosy.workflows.shop_rules import ShopRules, hidden_from_buyer, rate_set_at


class WantedLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of a variant. `key` is stable and unique within the purchase; a kit's
    `configuration` chooses what is in it, anybody's answers what the product asks. `files` are
    those of its answers that are files of this shopper's, by code.
    """

    key: str
    variant_id: UUID
    quantity: int
    configuration: dict[str, str] = {}
    files: dict[str, SentFile] = {}


class PricedKit(NamedTuple):
    """What one kit costs, before it is converted for its destination, and its parts with what they
    cost alone. `own` None: it costs what its components do. `subtotal_minor` is of all units, where
    that is not quantity x price.
    """

    own: pricing.Priced[PriceTier] | None
    unit_minor: int
    compare_at_minor: int | None
    subtotal_minor: int | None
    parts: tuple[tuple[Part, int], ...]


def priced_kit(  # noqa: PLR0917 - a line, by whose rules, where to and when
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    line: WantedLine,
    own: pricing.Priced[PriceTier] | None,
    place: Address,
    at: datetime,
) -> PricedKit | str:
    """What the kit costs by its own price (None: by its components'), or why it cannot be bought:
    the reasons of NotPurchasable.
    """
    bill = sellables[line.variant_id].bill
    assert bill is not None
    parts = kits.chosen(bill, line.configuration, rules.channel.currency)
    if isinstance(parts, str):
        return parts
    for part in parts:
        goods = sellables.get(part.variant_id)
        if goods is None or not goods.active or goods.bill is not None:
            return "component_gone"
        if hidden_from_buyer(rules, goods.product_id, part.variant_id) is not None:
            return "restricted"
    alone = _alone(rules, sellables, parts, place, at)
    extra = sum(part.extra_minor for part in parts)
    weighed = tuple((part, cost or 0) for part, cost in zip(parts, alone, strict=True))
    if own is None:
        if None in alone:
            return "no_price"
        whole = extra + sum(cost for _, cost in weighed)
        unit = reduced(bill, whole, rules.channel.currency, rules.policy.rounding)
        return PricedKit(None, unit, whole if unit < whole else None, None, weighed)
    price = own.taken
    assert price is not None
    before, subtotal = price.compare_at_minor, own.subtotal_minor
    return PricedKit(
        own,
        price.amount_minor + extra,
        None if before is None else before + extra,
        None if subtotal is None else subtotal + extra * line.quantity,
        weighed,
    )


def _alone(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    parts: Sequence[Part],
    place: Address,
    at: datetime,
) -> list[int | None]:
    """What the parts of one kit cost alone, whatever else is bought; None: there is no price."""
    costs: list[int | None] = []
    for part in parts:
        goods = sellables[part.variant_id]
        line = pricing.LineToPrice(
            key="",
            variant_id=part.variant_id,
            product_id=goods.product_id,
            quantity=part.quantity,
            prices=goods.prices,
        )
        found = pricing.price_lines(
            rules.book, [line], at=at, market=place.country, mode=rules.policy.rounding
        )[""]
        if found.taken is None:
            costs.append(None)
        elif found.subtotal_minor is not None:
            costs.append(found.subtotal_minor)
        else:
            costs.append(found.taken.amount_minor * part.quantity)
    return costs


def reduced(bill: Bill, whole: int, currency: str, mode: Rounding) -> int:
    """The sum of the components less what the kit is cheaper; never below nothing (rule 7)."""
    if bill.percent_off is not None:
        off = Fraction(bill.percent_off) / 100
        whole -= rounded(whole * off, mode)
    return max(0, whole - bill.amount_off.get(currency, 0))


def kit_line(  # noqa: PLR0917 - as `_line` of quoting.py
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    line: WantedLine,
    priced: PricedKit,
    place: Address,
    at: datetime,
    *,
    promoted: bool,
) -> RequestLine:
    """The kit as the engine is asked about it. Its own rates, by which floors of promotions are
    judged, are the highest of its components.
    """
    goods, live = sellables[line.variant_id], rules.promotions
    parts = [
        _part(rules, sellables[part.variant_id], part, weight, line.key, n, place, at)
        for n, (part, weight) in enumerate(priced.parts)
    ]
    asking = Asking(priced.unit_minor, priced.compare_at_minor, priced.subtotal_minor)
    asking, answers = answered(asking, goods, line, rules.channel)
    if rules.prices.gross_policy == "net_fixed" and rules.policy.tax_inclusive:
        home = Address(country=rules.channel.default_country)
        homes = [
            rate_set_at(rules, home, sellables[part.variant_id].tax_class, at) for part in parts
        ]
        convert = partial(_regrossed, rules, parts, homes)
        asking, answers = asking.converted(convert), converted(answers, convert)
        parts = [
            msgspec.structs.replace(
                part,
                weight_minor=quote.regrossed(
                    part.weight_minor, own, part.rates, rules.policy.rounding
                ),
            )
            for part, own in zip(parts, homes, strict=True)
        ]
    unit, before, subtotal = asking
    if subtotal is not None:
        unit = rounded(Fraction(subtotal, line.quantity), rules.policy.rounding)
    return RequestLine(
        key=line.key,
        variant_id=line.variant_id,
        sku=goods.sku,
        quantity=line.quantity,
        unit_minor=unit,
        subtotal_minor=subtotal,
        compare_at_minor=before,
        rates=max(
            (part.rates for part in parts),
            key=lambda rates: (Fraction(rates.numerator, rates.denominator), rates.key),
        ),
        source=None if priced.own is None else source_of(priced.own),
        cost_minor=None if live is None else _cost(rules, sellables, goods, parts),
        facts=line_facts_of(live, goods) if promoted and live is not None else None,
        kit=RequestKit(
            parts=tuple(parts),
            product_id=goods.product_id,
            title=goods.title,
            variant_title=goods.variant_title,
            image_key=goods.image_key,
        ),
        answers=answers,
    )


def _part(  # noqa: PLR0917 - private
    rules: ShopRules,
    goods: Sellable,
    part: Part,
    weight: int,
    key: str,
    n: int,
    place: Address,
    at: datetime,
) -> RequestPart:
    return RequestPart(
        key=part_key(key, n),
        variant_id=part.variant_id,
        sku=goods.sku,
        quantity=part.quantity,
        weight_minor=weight,
        rates=rate_set_at(rules, place, goods.tax_class, at),
        goods=goods.tax_class != "gift_card",
    )


def _regrossed(
    rules: ShopRules, parts: Sequence[RequestPart], homes: Sequence[RateSet], amount: int
) -> int:
    """The amount with the taxes of the destination: each component's share by its own rates."""
    shares = allocate(amount, _weights(parts))
    return sum(
        quote.regrossed(shares[n], homes[n], part.rates, rules.policy.rounding)
        for n, part in enumerate(parts)
    )


def _weights(parts: Sequence[RequestPart]) -> dict[int, int]:
    weights = {n: part.weight_minor for n, part in enumerate(parts)}
    return weights if any(weights.values()) else {n: one.quantity for n, one in enumerate(parts)}


def _cost(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    goods: Sellable,
    parts: Sequence[RequestPart],
) -> int | None:
    """What a kit costs the shop: what its components do, else what is recorded of the kit."""
    live = rules.promotions
    assert live is not None
    costs = [unit_cost_of(live, sellables[part.variant_id]) for part in parts]
    known = [cost * part.quantity for cost, part in zip(costs, parts, strict=True) if cost]
    return sum(known) if len(known) == len(parts) else unit_cost_of(live, goods)


def source_of(priced: pricing.Priced[PriceTier]) -> quote.PriceSource:
    """Where a price came from, in the quote's words."""
    price, terms = priced.taken, priced.terms
    assert price is not None
    assert terms is not None
    return quote.PriceSource(
        price_list=_shown_list(price.price_list_id),
        level=terms.level,
        price_id=price.price_id,
        min_quantity=price.min_quantity,
        lost=tuple((loser.amount_minor, why) for loser, why in priced.lost),
        held_until=priced.held_until,
    )


@lru_cache(maxsize=4096)
def _shown_list(list_id: UUID) -> str:
    """Lines of all carts name the same few lists."""
    return encode("price_list", list_id)


def part_key(line_key: str, n: int) -> str:
    """The key of a kit's n-th component: always the same, and the id of a line of its own, so that
    orders, invoices and returns know it like any other line.
    """
    made = bytearray(blake2b(f"{line_key}/{n}".encode(), digest_size=16).digest())
    if line_key.startswith("cln_"):
        # As old as the line: rows that are written together stay together in the index.
        made[:6] = decode("cart_line", line_key).bytes[:6]
    made[6] = made[6] & 0x0F | 0x70
    made[8] = made[8] & 0x3F | 0x80
    return encode("cart_line", UUID(bytes=bytes(made)))


def component_lines(line: RequestLine) -> list[RequestLine]:
    """What is packed for a line: of a kit its components, worth together what it costs."""
    kit = line.kit
    if kit is None:
        return [line]
    shares = allocate(line.unit_minor, _weights(kit.parts))
    return [
        RequestLine(
            key=part.key,
            variant_id=part.variant_id,
            sku=part.sku,
            quantity=count * line.quantity,
            unit_minor=each,
            rates=part.rates,
            goods=part.goods,
        )
        for n, part in enumerate(kit.parts)
        for count, each in spread(shares[n], [(part.quantity, 1)])[0]
    ]


def kit_ships(sellables: Mapping[UUID, Sellable], line: WantedLine) -> bool:
    """Whether anything that is in the kit has to be shipped; while the choice is not clear, whether
    anything that could be.
    """
    bill = sellables[line.variant_id].bill
    assert bill is not None
    parts = kits.chosen(bill, line.configuration, None)
    variants = bill.variants() if isinstance(parts, str) else {one.variant_id for one in parts}
    return any(sellables[one].requires_shipping for one in variants if one in sellables)
