"""Quoting: a channel's rules, compiled once, and what goods cost under them.

channels, tax, shipping, pricing, promotions --rules_for--> ShopRules (kept, dropped by notice)
catalog, pricing --sellable_variants--> Sellable        (read with every request)
both --quote_lines--> Quote                             (pure, no await)
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from fractions import Fraction
from functools import partial
from hashlib import sha256
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.errors import Conflict
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.kernel.rounding import rounded
from argosy.modules import pricing, quote, shipping, tax
from argosy.modules.channels import Channel
from argosy.modules.quote import Facts, Quote
from argosy.reads.sellable import PriceTier, Sellable
from argosy.workflows.answering import Asking, answered, converted, refused_at
from argosy.workflows.kit_lines import (
    PricedKit,
    WantedLine,
    kit_line,
    kit_ships,
    priced_kit,
    source_of,
)
from argosy.workflows.live_promotions import line_facts_of, unit_cost_of
from argosy.workflows.shipping_prices import consignment_of, found_price, free_from, rate_of
from argosy.workflows.shop_rules import (
    ShopRules,
    compile_rules,
    hidden_from_buyer,
    rate_set_at,
    read_rules,
    rules_for,
)
from argosy.workflows.tax_waiving import Taxation

__all__ = [
    "NotPurchasable",
    "ShippingOption",
    "ShopRules",
    "WantedLine",
    "compile_rules",
    "needs_shipping",
    "priced_lines",
    "quote_lines",
    "rate_set_at",
    "read_rules",
    "rules_for",
    "shipping_options",
    "unpurchasable",
]


class NotPurchasable(Conflict):
    """Some lines cannot be bought: `lines` names each with its reason.

    `unknown_variant`: there is no such variant; `not_published`: this channel does not sell it
    (now); `restricted`: it is for certain customers only, or for who is signed in; `no_price`: it
    has no price in this channel, or none for so small a quantity. Of kits: `choice_missing`, its
    configuration chooses too little; `choice_invalid`, too much or what is not offered;
    `component_gone`: something that it consists of is not there any more. Of answers (`input` names
    which): `answer_missing`, `answer_invalid`; `answer_unknown`, the product does not ask that any
    more; `answer_unpriced`, it has no price in this currency. Remove these lines, or sign in, or
    choose again, then try again.
    """

    code = "quote.not_purchasable"
    usual_cure = "Remove the lines that `lines` names, then try again."


PricedLine = pricing.Priced[PriceTier] | PricedKit | str
"""What a line costs, or why it cannot be bought."""


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A way to ship that can be chosen; its price is in the channel's tax mode.

    `price` is what it costs this purchase before promotions of shipping: nothing where the value
    of the goods has reached `free_from`; `free_missing` is what it lacks (D6). `promise` holds
    for a purchase made now. `rate` says whence a price is that carriers are asked for (K2).
    """

    method_id: UUID
    code: str
    name: str
    description: str
    price: Money
    min_days: int | None
    max_days: int | None
    free_from: Money | None = None
    free_missing: Money | None = None
    promise: shipping.DeliveryPromise | None = None
    rate: quote.ShippingRate | None = None


def quote_lines(  # noqa: PLR0917 - what is bought, where to and how, in this order
    rules: ShopRules,
    channel: Channel,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    destination: Address | None,
    shipping_method: UUID | str | None,
    *,
    at: datetime,
    discounts: Sequence[quote.Discount] = (),
) -> Quote:
    """Say what the lines cost, shipped to the destination by the method (its id or code), without
    promotions. Raises NotPurchasable, ShippingNotOffered, AmountTooLarge.
    """
    request = quote_request(
        rules, channel, sellables, lines, destination, shipping_method, at=at, discounts=discounts
    )
    return computed(rules, request)


def computed(rules: ShopRules, request: quote.QuoteRequest) -> Quote:
    """Compute what was asked, with the channel's promotions. Raises AmountTooLarge."""
    return quote.compute(request, None if rules.promotions is None else rules.promotions.compiled)


def quote_request(  # noqa: PLR0917 - what is bought, where to and how, in this order
    rules: ShopRules,
    channel: Channel,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    destination: Address | None,
    shipping_method: UUID | str | None,
    *,
    at: datetime,
    discounts: Sequence[quote.Discount] = (),
    facts: Facts | None = None,
    bound: bool = True,
    tax_buyer: tax.Buyer = tax.NOBODY,
    tax_date: date | None = None,
    priced: Mapping[str, PricedLine] | None = None,
) -> quote.QuoteRequest:
    """Say what the engine is asked: the lines, shipped to the destination by the method.

    Without a destination, tax is estimated for the channel's default country. Without a method,
    or if nothing needs shipping, the quote has no shipping. Without `facts` no promotion is looked
    at. The hash binds the whole address; without `bound` there is none, for quotes that are only
    shown. `tax_buyer` is who buys, as far as it changes taxes; `tax_date` is the tax point (B6),
    else the day of the quote in the channel's time zone. `priced`: the lines, if they are priced
    already. Raises NotPurchasable, ShippingNotOffered.
    """
    assert channel.id == rules.channel.id
    place = destination or Address(country=channel.default_country)
    taxed_at = at.astimezone(rules.time_zone)
    if tax_date is not None:
        taxed_at = datetime.combine(tax_date, time(12), rules.time_zone)
    promoted, day = facts is not None, taxed_at.date()
    wanted, problems = _requested(
        rules, sellables, lines, place=place, at=at, taxed_at=taxed_at, promoted=promoted,
        priced=priced,
    )  # fmt: skip
    if problems:
        raise _not_purchasable(problems)
    chosen = None
    if shipping_method is not None and needs_shipping(sellables, lines):
        chosen = _shipping(
            rules,
            sellables,
            wanted,
            place=place,
            chosen=shipping_method,
            at=at,
            taxed_at=taxed_at,
            honoured=bound,
        )
    taxation = Taxation(rules.taxes, tax_buyer, place=place, day=day, locale=channel.locale)
    if taxation.matters:
        class_ = None if chosen is None else rules.choices[chosen.method_id].tax_class
        wanted, chosen = taxation.relieve(wanted, sellables, chosen, class_)
    return quote.QuoteRequest(
        policy=rules.policy,
        lines=tuple(wanted),
        shipping=chosen,
        discounts=tuple(discounts),
        destination=None if destination is None else _destination(destination),
        binding=_binding(destination) if bound else None,
        facts=facts,
        buyer=taxation.evidence(),
        tax_date=day,
        imports=taxation.imports(wanted, sellables, channel.currency),
    )


def shipping_options(
    rules: ShopRules,
    channel: Channel,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    destination: Address,
    *,
    quoted: Quote,
    at: datetime,
) -> list[ShippingOption]:
    """List the ways in which the lines can be shipped there, in the shop's order.

    `quoted` is the quote of these lines: thresholds for free shipping count from it.

    Empty when nothing needs shipping, or nothing is offered. Lines that cannot be bought are left
    out of account.
    """
    assert channel.id == rules.channel.id
    wanted, _ = _requested(rules, sellables, lines, place=destination, at=at)
    goods = consignment_of(sellables, wanted)
    if not goods:
        return []
    return [
        _option(method, found, quoted, wanted, destination, at)
        for method in rules.methods
        if (found := found_price(rules, method, goods, destination, at)) is not None
    ]


def _option(  # noqa: PLR0917 - a method at its price, and whom it is offered
    method: shipping.Method,
    found: shipping.FoundPrice,
    quoted: Quote,
    wanted: Sequence[quote.RequestLine],
    place: Address,
    at: datetime,
) -> ShippingOption:
    threshold = free_missing = promise = None
    if method.free_from is not None:
        threshold = Money(method.free_from.amount_minor, quoted.currency)
        counted = {line.key for line in wanted if line.goods}
        lines = [line for line in quoted.lines if line.key in counted]
        value = sum(line.subtotal.minor for line in lines)
        if method.free_from.counts == "after_discounts":
            value -= sum(line.discount.minor for line in lines)
        free_missing = Money(max(0, threshold.minor - value), quoted.currency)
    if method.promise is not None:
        promise = shipping.promise_at(method.promise, at, place.country, place.region)
    return ShippingOption(
        method_id=method.id,
        code=method.code,
        name=method.name,
        description=method.description,
        price=Money(
            found.price_minor if free_missing is None or free_missing.minor else 0, quoted.currency
        ),
        min_days=method.min_days,
        max_days=method.max_days,
        free_from=threshold,
        free_missing=free_missing,
        promise=promise,
        rate=rate_of(found),
    )


def needs_shipping(sellables: Mapping[UUID, Sellable], lines: Sequence[WantedLine]) -> bool:
    """Say whether anything among the lines has to be shipped: digital goods alone need nothing."""
    return any(
        sellables[line.variant_id].requires_shipping
        if sellables[line.variant_id].bill is None
        else kit_ships(sellables, line)
        for line in lines
        if line.variant_id in sellables
    )


def unpurchasable(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    destination: Address | None,
    *,
    at: datetime,
) -> list[tuple[WantedLine, str]]:
    """List the lines that cannot be bought, each with its reason (see NotPurchasable)."""
    found = priced_lines(rules, sellables, lines, destination, at)
    return [(line, why) for line in lines if isinstance(why := found[line.key], str)]


def priced_lines(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    destination: Address | None,
    at: datetime,
) -> dict[str, PricedLine]:
    """Say what each line costs with what it was chosen from, or why it cannot be bought (C9)."""
    place = destination or Address(country=rules.channel.default_country)
    found: dict[str, PricedLine] = {}
    offered: list[pricing.LineToPrice[PriceTier]] = []
    kits: list[WantedLine] = []
    for line in lines:
        goods = sellables.get(line.variant_id)
        if goods is None:
            found[line.key] = "unknown_variant"
        elif not goods.published:
            found[line.key] = "not_published"
        elif hidden_from_buyer(rules, goods.product_id, line.variant_id) is not None:
            found[line.key] = "restricted"
        elif goods.asked is not None and (wrong := refused_at(goods, line, rules.channel.currency)):
            found[line.key] = wrong.problem
        else:
            if goods.bill is not None:
                kits.append(line)
                if goods.bill.price == "sum":
                    continue
            offered.append(
                pricing.LineToPrice(
                    key=line.key,
                    variant_id=line.variant_id,
                    product_id=goods.product_id,
                    quantity=line.quantity,
                    prices=goods.prices,
                )
            )
    priced = pricing.price_lines(
        rules.book, offered, at=at, market=place.country, mode=rules.policy.rounding
    )
    for key, one in priced.items():
        found[key] = "no_price" if one.taken is None else one
    for line in kits:
        own = found.get(line.key)
        if own != "no_price":
            assert not isinstance(own, str | PricedKit)
            found[line.key] = priced_kit(rules, sellables, line, own, place, at)
    return found


def _requested(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    *,
    place: Address,
    at: datetime,
    taxed_at: datetime | None = None,
    promoted: bool = False,
    priced: Mapping[str, PricedLine] | None = None,
) -> tuple[list[quote.RequestLine], list[tuple[WantedLine, str]]]:
    wanted: list[quote.RequestLine] = []
    problems: list[tuple[WantedLine, str]] = []
    if priced is None:
        priced = priced_lines(rules, sellables, lines, place, at)
    for line in lines:
        found = priced[line.key]
        if isinstance(found, str):
            problems.append((line, found))
        elif isinstance(found, PricedKit):
            wanted.append(
                kit_line(rules, sellables, line, found, place, taxed_at or at, promoted=promoted)
            )
        else:
            goods = sellables[line.variant_id]
            wanted.append(
                _line(rules, goods, line, found, place, taxed_at or at, promoted=promoted)
            )
    return wanted, problems


def _line(  # noqa: PLR0917 - a line by its rules, goods, wish, price, place and time
    rules: ShopRules,
    goods: Sellable,
    line: WantedLine,
    priced: pricing.Priced[PriceTier],
    place: Address,
    at: datetime,
    *,
    promoted: bool,
) -> quote.RequestLine:
    price = priced.taken
    assert price is not None
    rates = rate_set_at(rules, place, goods.tax_class, at)
    asking = Asking(price.amount_minor, price.compare_at_minor, priced.subtotal_minor)
    asking, answers = answered(asking, goods, line, rules.channel)
    if rules.prices.gross_policy == "net_fixed" and rules.policy.tax_inclusive:
        home = rate_set_at(
            rules, Address(country=rules.channel.default_country), goods.tax_class, at
        )
        convert = partial(quote.regrossed, home=home, there=rates, mode=rules.policy.rounding)
        asking, answers = asking.converted(convert), converted(answers, convert)
    amount, before, subtotal = asking
    if subtotal is not None:
        # Graduated tiers: the line is what is charged, its units are a quotient to show (A3).
        amount = rounded(Fraction(subtotal, line.quantity), rules.policy.rounding)
    return quote.RequestLine(
        key=line.key,
        variant_id=line.variant_id,
        sku=goods.sku,
        quantity=line.quantity,
        unit_minor=amount,
        subtotal_minor=subtotal,
        compare_at_minor=before,
        rates=rates,
        source=source_of(priced),
        goods=goods.tax_class != "gift_card",
        cost_minor=None if rules.promotions is None else unit_cost_of(rules.promotions, goods),
        facts=line_facts_of(rules.promotions, goods)
        if promoted and rules.promotions is not None
        else None,
        answers=answers,
    )


def _shipping(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[quote.RequestLine],
    *,
    place: Address,
    chosen: UUID | str,
    at: datetime,
    taxed_at: datetime,
    honoured: bool,
) -> quote.RequestShipping:
    method = rules.choices.get(chosen)
    goods = consignment_of(sellables, lines)
    if method is not None and goods:
        found = found_price(rules, method, goods, place, at, honoured=honoured)
        if found is not None:
            return quote.RequestShipping(
                method_id=method.id,
                code=method.code,
                name=method.name,
                price_minor=found.price_minor,
                rates=rate_set_at(rules, place, method.tax_class, taxed_at),
                free_from=free_from(method),
                cheapest=rules.promotions is not None
                and not any(
                    (other := found_price(rules, each, goods, place, at, honoured=honoured))
                    is not None
                    and other.price_minor < found.price_minor
                    for each in rules.methods
                ),
                rate=rate_of(found),
            )
    raise shipping.ShippingNotOffered(
        "This way to ship is not offered for this cart and address.",
        field="shipping_method",
        cure="Choose one of the cart's shipping options.",
    )


def _destination(address: Address) -> quote.Destination:
    return quote.Destination(
        country=address.country, region=address.region, postal_code=address.postal_code
    )


def _binding(destination: Address | None) -> str:
    return "" if destination is None else _digest(destination)


def _digest(address: Address) -> str:
    return sha256(msgspec.json.encode(address)).hexdigest()


def _not_purchasable(problems: Sequence[tuple[WantedLine, str]]) -> NotPurchasable:
    return NotPurchasable(
        "Some lines cannot be bought.",
        field="lines",
        cure="Remove these lines.",
        lines=[
            {
                "key": line.key,
                "variant_id": encode("variant", line.variant_id),
                "reason": reason,
            }
            for line, reason in problems
        ],
    )
