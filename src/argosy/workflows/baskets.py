"""A cart with its prices: the one way from wishes to a quote, to show a cart and to place it.

Pure: rules, goods and cart go in, a Basket comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import shipping, tax
from argosy.modules.cart import Cart, HeldPrice
from argosy.modules.channels import Channel
from argosy.modules.personalisation import AnswerRefused, Unanswered
from argosy.modules.promotions import CouponRefused, Wanted, normal_code
from argosy.modules.quote import Facts, GiftOffer, Quote, QuoteRequest
from argosy.modules.shipping import RateQuestion
from argosy.reads.sellable import Sellable
from argosy.workflows.answering import refused_at
from argosy.workflows.claiming import claims_of
from argosy.workflows.discounting import (
    NOBODY,
    Buyer,
    CouponStanding,
    coupon_standings,
    facts_of,
)
from argosy.workflows.fees_due import with_fees
from argosy.workflows.line_words import chain_of, in_words
from argosy.workflows.live_promotions import gifts_left
from argosy.workflows.placement import (
    AddressMissing,
    CartEmpty,
    CountryNotServed,
    EmailMissing,
    ShippingMethodMissing,
    TotalChanged,
    WantedItem,
)
from argosy.workflows.price_holds import hold_prices, with_held
from argosy.workflows.quoting import (
    NotPurchasable,
    PricedLine,
    ShopRules,
    WantedLine,
    needs_shipping,
    priced_lines,
    quote_request,
    unpurchasable,
)
from argosy.workflows.shipping_prices import consignment_of, to_ask_for, unrated
from argosy.workflows.shop_rules import is_told
from argosy.workflows.tax_waiving import buyer_with


class Basket(NamedTuple):
    """A quoted cart. `refused` lines cannot be bought, each for its reason; not quoted.

    `asked` is what the quote was computed from; `claims` what placing it takes of limits; `unrated`
    what carriers are to be asked before its shipping has their price (see live_rates.py). Not
    `free_compare_at`: the channel strikes nothing through but prior prices (C6). `held`: until when
    lines hold their price, by key; `personalised`: lines whose price was made for this customer,
    who is to be told. `chain`: the languages in which it is shown, the first that has a text.
    """

    quote: Quote
    goods: Mapping[UUID, Sellable]
    wanted: tuple[WantedLine, ...]
    refused: tuple[tuple[WantedLine, str], ...]
    needs_shipping: bool
    asked: QuoteRequest
    coupons: tuple[CouponStanding, ...] = ()
    claims: tuple[Wanted, ...] = ()
    unrated: Mapping[str, RateQuestion] = MappingProxyType({})
    free_compare_at: bool = True
    held: Mapping[str, datetime] = MappingProxyType({})
    personalised: frozenset[str] = frozenset()
    chain: tuple[str, ...] = ()

    def called(self, variant_id: UUID) -> Sellable | None:
        """Goods of the cart in the words of its language; None for those that there are not."""
        goods = self.goods.get(variant_id)
        return None if goods is None else in_words(goods, self.chain)

    def named(self, variant_id: UUID) -> Sellable:
        """As `called`, of goods that were quoted."""
        return in_words(self.goods[variant_id], self.chain)


def basket_of(
    cart: Cart,
    channel: Channel,
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    *,
    at: datetime,
    bound: bool = True,
    buyer: Buyer = NOBODY,
    tax_buyer: tax.Buyer = tax.NOBODY,
    payment_method: str | None = None,
    locale: str = "",
) -> Basket:
    """Quote what can be bought of the cart, with the cart's destination and shipping choice.

    A choice that is not offered (any more) is left out: such a cart is shown, but cannot be placed.
    Without `bound` the quote has no hash: enough to show the cart.
    `buyer` is what `read_buyers` found for the cart, where the live promotions ask for something;
    `tax_buyer` what of the customer decides about taxes. A tax id of the cart's own goes first.
    `payment_method` is the gateway by which it is going to be paid, for fees; None: not known yet.
    `locale` is the language that it is shown in; "": the cart's own.
    """
    lines, held = _wanted(cart), _held(cart)
    refused: tuple[tuple[WantedLine, str], ...] = ()
    while True:
        ships = needs_shipping(sellables, lines)
        place = destination_of(cart, needs_shipping=ships)
        priced = _priced(rules, sellables, lines, place, at, held)
        out = [(line, why) for line in lines if isinstance(why := priced[line.key], str)]
        if not out:
            break
        # Without these the others may go elsewhere, or be too few for their price.
        refused += tuple(out)
        bad = {line.key for line, _ in out}
        lines = tuple(line for line in lines if line.key not in bad)
    method = cart.shipping_method if ships else None
    live, taxed = rules.promotions, buyer_with(tax_buyer, cart.tax_id)
    facts = None
    if live is not None:
        facts = facts_of(live, cart, buyer, channel=channel.code, at=at)
        if live.gifts:
            gifts = gifts_of(rules, channel, sellables, place, facts)
            facts = msgspec.structs.replace(facts, gifts=gifts)
    request = partial(
        quote_request, rules, channel, sellables, lines, place,
        at=at, facts=facts, bound=bound, tax_buyer=taxed, priced=priced,
    )  # fmt: skip
    try:
        asked = request(method)
    except shipping.ShippingNotOffered:
        asked = request(None)
    asked, quote = with_fees(
        rules, cart, sellables, asked, place, at, tax_buyer=taxed, payment_method=payment_method
    )
    return Basket(
        quote,
        sellables,
        lines,
        refused,
        ships,
        asked,
        coupon_standings(live, cart, buyer, asked, quote),
        claims_of(live, cart, buyer, quote),
        _unrated(rules, sellables, asked, method, place, at, honoured=bound),
        rules.prices.was_price == "free",
        {key: one.until for key, one in held.items() if at < one.until},
        frozenset(_told(rules, asked)),
        chain_of(channel, locale or cart.locale),
    )


def _priced(  # noqa: PLR0917 - lines, where they go, and the prices that they hold
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    place: Address | None,
    at: datetime,
    held: Mapping[str, HeldPrice],
) -> dict[str, PricedLine]:
    priced = priced_lines(rules, sellables, lines, place, at)
    if not held:
        return priced
    quantities = {line.key: line.quantity for line in lines}
    market = place.country if place else rules.channel.default_country
    return with_held(priced, held, quantities, market, at)


def _told(rules: ShopRules, asked: QuoteRequest) -> Iterator[str]:
    for line in asked.lines:
        if line.source is not None and is_told(rules, line.source.level):
            yield line.key


def _held(cart: Cart) -> dict[str, HeldPrice]:
    return {encode("cart_line", line.id): line.held for line in cart.lines if line.held is not None}


def holding_prices(
    cart: Cart,
    was: Cart | None,
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    *,
    at: datetime,
) -> Cart:
    """The cart whose lines that `was` has not hold their prices, in channels that hold prices."""
    if rules.prices.hold_minutes is None:
        return cart
    lines = _wanted(cart)
    place = destination_of(cart, needs_shipping=needs_shipping(sellables, lines))
    return hold_prices(cart, was, rules, sellables, lines, place, at=at)


def _wanted(cart: Cart) -> tuple[WantedLine, ...]:
    return tuple(
        WantedLine(
            key=encode("cart_line", line.id),
            variant_id=line.variant_id,
            quantity=line.quantity,
            configuration=line.configuration,
            files=line.files,
        )
        for line in cart.lines
    )


def _unrated(  # noqa: PLR0917 - what was asked, by what rules, where to and how
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    asked: QuoteRequest,
    method: str | None,
    place: Address | None,
    at: datetime,
    *,
    honoured: bool,
) -> dict[str, RateQuestion]:
    """What carriers are to be asked before the chosen way to ship has their price."""
    if method is None or not rules.asks_carriers:
        return {}
    goods = consignment_of(sellables, asked.lines)
    return unrated(rules, to_ask_for(rules, method), goods, place, at, honoured=honoured)


def gifts_of(
    rules: ShopRules,
    channel: Channel,
    sellables: Mapping[UUID, Sellable],
    place: Address | None,
    facts: Facts,
) -> dict[str, GiftOffer]:
    """What promotions may give: at its price, for its worth is on record (B15), as stock lasts."""
    live = rules.promotions
    assert live is not None
    wanted = [
        WantedLine(key=f"gift-{n}", variant_id=one, quantity=1)
        for n, one in enumerate(live.gifts)
        if one in sellables and sellables[one].bill is None
    ]
    bad = {line.key for line, _ in unpurchasable(rules, sellables, wanted, place, at=facts.at)}
    good = [line for line in wanted if line.key not in bad]
    request = quote_request(
        rules, channel, sellables, good, place, None, at=facts.at, facts=facts, bound=False
    )
    return {
        encode("variant", line.variant_id): GiftOffer(
            line=line, available=gifts_left(live, sellables[line.variant_id])
        )
        for line in request.lines
    }


def destination_of(cart: Cart, *, needs_shipping: bool) -> Address | None:
    """What decides the taxes: where the goods go; for digital goods, where the buyer is (G7)."""
    if needs_shipping:
        return cart.shipping_address
    return cart.billing_address or cart.shipping_address


def check_lines(basket: Basket, *, only: WantedItem | None = None) -> None:
    """Raise NotPurchasable naming the lines that cannot be bought; `only`: what was just put in,
    and AnswerRefused naming the input if that is for what was said of it.
    """
    found = [
        (line, reason)
        for line, reason in basket.refused
        if only is None
        or (line.variant_id == only.variant_id and line.configuration == only.configuration)
    ]
    refused = [
        {
            "key": line.key,
            "variant_id": encode("variant", line.variant_id),
            "reason": reason,
            **({} if (wrong := said_wrong(basket, line)) is None else {"input": wrong.code}),
        }
        for line, reason in found
    ]
    if only is not None and found and (wrong := said_wrong(basket, found[0][0])) is not None:
        raise _answer_refused(wrong, "configuration")
    if refused:
        raise NotPurchasable(
            "Something cannot be bought here now.",
            field="variant_id" if only else "lines",
            cure="Choose another variant." if only else "Remove these lines.",
            lines=refused,
        )


def check_said(basket: Basket, items: Sequence[WantedItem]) -> None:
    """Raise AnswerRefused for the first of these whose answers are not taken, naming the input."""
    for n, item in enumerate(items):
        for line, _ in basket.refused:
            same = (line.variant_id, line.configuration) == (item.variant_id, item.configuration)
            if same and (wrong := said_wrong(basket, line)) is not None:
                raise _answer_refused(wrong, f"lines[{n}].configuration")


def _answer_refused(wrong: Unanswered, field: str) -> AnswerRefused:
    return AnswerRefused(
        wrong.message,
        field=f"{field}.{wrong.code}",
        cure="Say something else, as the product's `inputs` allow it.",
        reason=wrong.problem,
    )


def said_wrong(basket: Basket, line: WantedLine) -> Unanswered | None:
    """What is wrong with what was said of a line, if that is why it cannot be bought."""
    goods = basket.goods.get(line.variant_id)
    if goods is None or goods.asked is None:
        return None
    return refused_at(goods, line, basket.quote.currency)


def check_served(channel: Channel, address: Address, *, field: str) -> None:
    """Raise CountryNotServed unless the channel sells to the address's country."""
    if address.country not in channel.countries:
        raise CountryNotServed(
            f"This shop does not sell to {address.country}.",
            field=f"{field}.country" if field else "country",
            cure=f"It sells to: {', '.join(channel.countries)}.",
        )


def check_ready(channel: Channel, cart: Cart, basket: Basket) -> None:
    """Raise what keeps the cart from being placed: CartEmpty, NotPurchasable, EmailMissing,
    AddressMissing, CountryNotServed, ShippingMethodMissing.
    """
    if not cart.lines:
        raise CartEmpty("The cart is empty.", field="lines", cure="Add a line first.")
    check_lines(basket)
    if not cart.email:
        raise EmailMissing("An e-mail address is missing.", field="email", cure="Set it first.")
    field = "shipping_address" if basket.needs_shipping else "billing_address"
    place = destination_of(cart, needs_shipping=basket.needs_shipping)
    if place is None:
        raise AddressMissing("An address is missing.", field=field, cure=f"Set the {field} first.")
    check_served(channel, place, field=field)
    if basket.needs_shipping and basket.quote.shipping is None:
        raise ShippingMethodMissing(
            "No way of shipping is chosen, or the chosen one is not offered.",
            field="shipping_method",
            cure="Choose one of the cart's shipping options.",
        )


def check_coupons(basket: Basket, *, only: str | None = None) -> None:
    """Raise CouponRefused for a code that is not applied, with what is missing; `only`: this one,
    as it compares.
    """
    for one in basket.coupons:
        if one.reason is None or only not in (None, normal_code(one.code)):
            continue
        raise CouponRefused(
            f"The code {one.code[:64]!r} cannot be used here: {one.reason.replace('_', ' ')}.",
            field="code",
            reason=one.reason,
            missing=list(one.missing),
        )


def check_total(basket: Basket, expected: Money) -> None:
    """Raise TotalChanged with the present quote unless the shopper agreed to this total (C4)."""
    if basket.quote.total != expected:
        raise TotalChanged(
            f"The total is {basket.quote.total}, not {expected}.",
            field="expected_total",
            cure="Show the shopper the new total, and place again with it.",
            total=basket.quote.total,
            quote=basket.quote,
        )
