"""The fees of a basket: what is due of the channel's, as charges for the quote. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import encode
from argosy.modules import fees, quote, tax
from argosy.modules.cart import Cart
from argosy.modules.quote import Quote, QuoteRequest, RateSet, RequestCharge
from argosy.reads.product_facts import ProductFacts
from argosy.reads.sellable import Sellable
from argosy.workflows.quoting import computed
from argosy.workflows.shop_rules import ShopRules, rate_set_at
from argosy.workflows.tax_waiving import Taxation


def with_fees(  # noqa: PLR0917 - a quote, and all that decides about its fees
    rules: ShopRules,
    cart: Cart,
    sellables: Mapping[UUID, Sellable],
    asked: QuoteRequest,
    place: Address | None,
    at: datetime,
    tax_buyer: tax.Buyer = tax.NOBODY,
    payment_method: str | None = None,
) -> tuple[QuoteRequest, Quote]:
    """What is asked with the channel's fees, and the quote.

    Fees count values after discounts and reduce none, so that one more computation settles them.
    Raises AmountTooLarge.
    """
    found = computed(rules, asked)
    if not rules.charged or not found.lines:
        return asked, found
    there = place or Address(country=rules.channel.default_country)
    known = {} if rules.promotions is None else rules.promotions.goods
    facts = _facts(cart, sellables, found, there, payment_method, known)
    due = fees.fees_due(rules.charged, facts, rules.policy.rounding)
    if not due:
        return asked, found
    assert asked.tax_date is not None
    taxation = Taxation(
        rules.taxes, tax_buyer, place=there, day=asked.tax_date, locale=rules.channel.locale
    )
    charges = tuple(_charge(rules, one, there, at, taxation) for one in due)
    more = msgspec.structs.replace(asked, charges=charges)
    return more, computed(rules, more)


def _facts(  # noqa: PLR0917 - a cart, its goods and all that is known of them
    cart: Cart,
    sellables: Mapping[UUID, Sellable],
    found: Quote,
    place: Address,
    payment_method: str | None,
    known: Mapping[UUID, tuple[float, ProductFacts | None]],
) -> fees.FeeFacts:
    chosen = {encode("cart_line", line.id): line.configuration for line in cart.lines}
    for kit in found.kits:
        # What was chosen for a kit counts once: with a component that is in it once, if there is.
        parts = [line for line in found.lines if line.kit == kit.key]
        first = next((line for line in parts if line.quantity == kit.quantity), parts[0])
        chosen[first.key] = chosen.get(kit.key, {})
    lines = []
    for line in found.lines:
        goods = sellables[line.variant_id]
        more = known.get(goods.product_id, (0.0, None))[1]
        lines.append(
            fees.FeeLine(
                key=line.key,
                variant_id=line.variant_id,
                product_id=goods.product_id,
                tax_class=goods.tax_class,
                shipping_class=goods.shipping_class,
                quantity=line.quantity,
                value_minor=line.subtotal.minor - line.discount.minor,
                ships=goods.requires_shipping,
                configuration=chosen.get(line.key, {}),
                categories=frozenset() if more is None else frozenset(more.categories),
                product_type="" if more is None else more.product_type,
            )
        )
    ship = found.shipping
    return fees.FeeFacts(
        country=place.country,
        lines=tuple(lines),
        goods_minor=sum(line.subtotal.minor for line in found.lines if line.gift_of is None),
        shipping_minor=0 if ship is None else ship.price.minor - ship.discount.minor,
        shipping_method=None if ship is None else ship.code,
        payment_method=payment_method,
    )


def _charge(
    rules: ShopRules, due: fees.DueFee, place: Address, at: datetime, taxation: Taxation
) -> RequestCharge:
    rates: RateSet = quote.NO_RATES
    tax_class = due.fee.tax_class
    if tax_class is not None:
        rates = rate_set_at(rules, place, tax_class, at.astimezone(rules.time_zone))
        if taxation.matters:
            rates = taxation.rates(rates, tax_class, ships=due.ships)
    return RequestCharge(
        key=due.key,
        kind=due.fee.kind,
        code=due.fee.code,
        name=fees.label_of(due.fee, rules.channel.locale),
        unit_minor=due.unit_minor,
        quantity=due.quantity,
        rates=rates,
        line=due.line,
        returned=due.fee.returned,
    )
