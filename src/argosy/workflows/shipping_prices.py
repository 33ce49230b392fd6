"""What the shop's ways to ship cost for goods and a place: by table, or by what carriers said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from argosy.kernel.address import Address
from argosy.modules import quote, shipping
from argosy.reads.sellable import Sellable
from argosy.workflows.kit_lines import component_lines
from argosy.workflows.shop_rules import ShopRules, rate_set_at


def consignment_of(
    sellables: Mapping[UUID, Sellable], lines: Sequence[quote.RequestLine]
) -> shipping.Consignment:
    """What of the lines is to be shipped; of a kit its components."""
    if any(line.kit is not None for line in lines):
        lines = [each for line in lines for each in component_lines(line)]
    return tuple(
        shipping.Goods(
            shipping_class=goods.shipping_class,
            units=line.quantity,
            unit_minor=line.unit_minor,
            weight_g=goods.weight_g or 0,
            sides_mm=goods.dimensions_mm,
        )
        for line in lines
        if (goods := sellables[line.variant_id]).requires_shipping
    )


def found_price(
    rules: ShopRules,
    method: shipping.Method,
    goods: shipping.Consignment,
    place: Address,
    at: datetime,
    *,
    honoured: bool = False,
    answers: shipping.Answers | None = None,
) -> shipping.FoundPrice | None:
    """What the method costs there, in the channel's tax mode; None: it is not offered.

    `honoured`: rates that were shown a while ago still count, because the purchase is placed.
    `answers`: what carriers said, if not what is remembered of it.
    """
    if not _serves(rules, method, place):
        return None
    if method.live is None:
        price = shipping.price_of(method, goods)
        return None if price is None else shipping.FoundPrice(price_minor=price)
    return shipping.live_price(
        method,
        goods,
        place,
        rules.policy.currency,
        answers or rules.live.at(at, honoured=honoured),
        with_tax_of(rules, method, place, at),
        rules.policy.rounding,
    )


def with_tax_of(
    rules: ShopRules, method: shipping.Method, place: Address, at: datetime
) -> Callable[[int], int]:
    """From a net amount to one in the channel's tax mode, by the method's tax class there."""
    policy = rules.policy

    def with_tax(net_minor: int) -> int:
        if not policy.tax_inclusive:
            return net_minor
        rates = rate_set_at(rules, place, method.tax_class, at.astimezone(rules.time_zone))
        return quote.regrossed(net_minor, quote.NO_RATES, rates, policy.rounding)

    return with_tax


def rate_of(found: shipping.FoundPrice) -> quote.ShippingRate | None:
    """What the quote says of whence the price is; None for methods that ask no carrier."""
    if found.estimated:
        return quote.ShippingRate(source="estimated")
    if found.rate is None:
        return None
    return quote.ShippingRate(
        source="live",
        service=found.rate.service,
        amount_minor=found.rate.amount_minor,
        transit_days=found.rate.transit_days,
        asked_at=found.asked_at,
    )


def free_from(method: shipping.Method) -> quote.FreeFrom | None:
    """The method's threshold for free shipping in the quote's words."""
    found = method.free_from
    if found is None:
        return None
    return quote.FreeFrom(amount_minor=found.amount_minor, counts=found.counts)


def unrated(
    rules: ShopRules,
    methods: Iterable[shipping.Method],
    goods: shipping.Consignment,
    place: Address | None,
    at: datetime,
    *,
    honoured: bool = False,
) -> dict[str, shipping.RateQuestion]:
    """What carriers are to be asked before these methods have a price of theirs, by key.

    Nothing without a place: then the prices of live methods are estimates.
    """
    if place is None or not goods:
        return {}
    known = rules.live.at(at, honoured=honoured)
    return {
        key: question
        for method in methods
        if method.live is not None and _serves(rules, method, place)
        for key, question in shipping.rate_questions(
            method, goods, place, rules.policy.currency
        ).items()
        if known(key) is None
    }


def to_ask_for(rules: ShopRules, chosen: UUID | str | None) -> Sequence[shipping.Method]:
    """The methods whose prices a quote by the chosen one depends on: with promotions that reduce
    only the cheapest way (D8), all of them.
    """
    method = None if chosen is None else rules.choices.get(chosen)
    if method is None:
        return ()
    return rules.methods if rules.promotions is not None else (method,)


def _serves(rules: ShopRules, method: shipping.Method, place: Address) -> bool:
    return shipping.serves(
        method, rules.shipping_zones, place.country, place.region, place.postal_code
    )
