"""Fees and deposits of a purchase, as answers show them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from argosy.kernel.money import Money
from argosy.modules.quote import Quote, QuoteCharge


class ChargeView(msgspec.Struct, frozen=True, kw_only=True):
    """A fee or a deposit beside the goods: `price` is what is asked, in the channel's tax mode.

    `line_id` is the line that it comes with, null if it is of the whole purchase. `returned`: who
    returns units of that line gets their share of it back.
    """

    code: str
    kind: str
    name: str
    quantity: int
    price: Money
    tax: Money
    total: Money
    line_id: str | None
    returned: bool

    @classmethod
    def of(cls, charge: QuoteCharge, line_id: str | None) -> "ChargeView":
        """As answers show it."""
        return cls(
            code=charge.code,
            kind=charge.kind,
            name=charge.name,
            quantity=charge.quantity,
            price=charge.price,
            tax=charge.tax,
            total=charge.total,
            line_id=line_id,
            returned=charge.returned,
        )


def charges_of(charges: Sequence[QuoteCharge]) -> list[ChargeView]:
    """The charges of a quote; lines are called as the quote calls them."""
    return [ChargeView.of(charge, charge.line) for charge in charges]


def charges_total_of(quote: Quote) -> Money:
    """What all of them come to, nothing if there are none."""
    return quote.charges_total or Money.zero(quote.currency)


def order_charges(frozen: dict[str, Any]) -> list[ChargeView]:
    """The charges of an order, from its frozen quote; lines are called as the order calls them."""
    found = msgspec.convert(frozen.get("charges", []), tuple[QuoteCharge, ...])
    return [
        ChargeView.of(charge, None if charge.line is None else _order_line(charge.line))
        for charge in found
    ]


def order_charges_total(frozen: dict[str, Any], currency: str) -> Money:
    """What the charges of an order come to."""
    found = frozen.get("charges_total")
    return Money.zero(currency) if found is None else msgspec.convert(found, Money)


def _order_line(key: str) -> str | None:
    # Gifts have lines in the order with ids of their own, which the quote did not know.
    return None if key.startswith("gift:") else key.replace("cln_", "oln_", 1)
