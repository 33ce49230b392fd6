"""What a kilogram or litre costs in a cart: of the price that is paid, discounts taken off (C7)."""

from __future__ import annotations

from typing import NamedTuple

from argosy.kernel.money import Money
from argosy.modules import pricing
from argosy.modules.pricing import Measure
from argosy.modules.quote import Quote, QuoteLine
from argosy.reads.sellable import Sellable


class BasePrice(NamedTuple):
    """The price of a base quantity, `per` "1 kg" or "100 ml", in the quote's tax mode."""

    price: Money
    per: str


def base_price_of(quote: Quote, line: QuoteLine, goods: Sellable | None) -> BasePrice | None:
    """Return what the line's goods cost per base quantity; None where they have no measure.

    The drained weight counts where there is one. Rounded once, as the quote is.
    """
    if goods is None or goods.measure is None:
        return None
    measure = Measure(variant_id=line.variant_id, **goods.measure._asdict())
    paid = line.subtotal.minor - line.discount.minor
    amount = pricing.unit_price(paid, measure, units=line.quantity, mode=quote.rounding)
    per = f"{measure.base_quantity.normalize():f} {measure.base_unit}"
    return BasePrice(Money(amount, quote.currency), per)
