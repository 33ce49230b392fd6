"""From business facts to postings: pure functions, no database.

    placed     Dr receivable, Dr discounts       Cr revenue goods, shipping, fees, tax payable
    captured   Dr clearing of the gateway        Cr receivable
    refunded   Dr what is owed back              Cr clearing of the gateway
    came back  Dr clearing of the gateway        Cr refunds payable        (DOMAIN.md H12)
    cancelled  the mirror image of placed, or of what refunds have left of it

An authorisation is no posting: the payments island keeps it (DOMAIN.md I3). What a refund gives
back is found in the books themselves: first refunds that came back and are still owed, then what
the customer has paid too much (a cancelled order), then the sale and its taxes pro rata of what is
left of them, so that the last refund closes every account to the cent (A17).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from uuid import UUID

import msgspec

from argosy.kernel.allocation import allocate
from argosy.kernel.money import Money
from argosy.modules.ledger import (
    CUSTOMER_RECEIVABLE,
    REFUNDS_PAYABLE,
    REVENUE_GOODS,
    REVENUE_SHIPPING,
    SALES_DISCOUNTS,
    SALES_RETURNS,
    Booked,
    Entry,
    Posting,
    psp_clearing,
    tax_payable,
)
from argosy.modules.quote import Quote, QuoteLine, QuoteShipping

_REVENUE = "revenue:"
_TAX = "tax_payable:"


class OrderParts(msgspec.Struct, frozen=True, kw_only=True):
    """What an order's total consists of, in minor units, all net of tax and none negative.

    `goods` and `shipping` are before discounts; goods + shipping + charges - discounts + taxes =
    total. `charges` (fees, deposits) are by kind, `taxes` by regime.
    """

    currency: str
    goods: int
    shipping: int
    discounts: int
    taxes: tuple[tuple[str, int], ...]
    charges: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> Money:
        """What the customer owes."""
        tax = sum(minor for _, minor in self.taxes)
        charged = sum(minor for _, minor in self.charges)
        return Money(self.goods + self.shipping + charged - self.discounts + tax, self.currency)


def parts_of(quote: Quote) -> OrderParts:
    """The parts of a quote's total; they add up to it exactly.

    In a tax-inclusive quote a discount is split into its net and its tax share by the line's own
    ratio; what is not net lowers the tax, which the quote has computed after the discount.
    """
    pieces: list[QuoteLine | QuoteShipping] = [*quote.lines]
    shipping_discount = shipping_net = 0
    if quote.shipping is not None:
        shipping_discount = _net_discount(quote.shipping, inclusive=quote.tax_inclusive)
        shipping_net = quote.shipping.net.minor
    goods_discount = sum(_net_discount(line, inclusive=quote.tax_inclusive) for line in pieces)
    goods_net = sum(line.net.minor for line in pieces)
    taxes: dict[str, int] = {}
    for part in quote.taxes:
        regime = part.jurisdiction or part.code
        taxes[regime] = taxes.get(regime, 0) + part.tax.minor
    charges: dict[str, int] = {}
    for charge in quote.charges:
        charges[charge.kind] = charges.get(charge.kind, 0) + charge.net.minor
    parts = OrderParts(
        currency=quote.currency,
        goods=goods_net + goods_discount,
        shipping=shipping_net + shipping_discount,
        discounts=goods_discount + shipping_discount,
        taxes=tuple(sorted(taxes.items())),
        charges=tuple(sorted(charges.items())),
    )
    assert parts.total == quote.total, "a quote equals the sum of its parts"
    return parts


def _net_discount(piece: QuoteLine | QuoteShipping, *, inclusive: bool) -> int:
    discount = piece.discount.minor
    if not inclusive or discount == 0:
        return discount
    asked = piece.total.minor + (piece.relief.minor if piece.relief is not None else 0)
    if asked:
        share = Fraction(piece.net.minor, asked)
    else:
        gross = sum((Fraction(part.rate) for part in piece.taxes), Fraction(1))
        share = 1 / gross
    return int(discount * share + Fraction(1, 2))


def placed(order_id: UUID, parts: OrderParts, at: datetime) -> Posting:
    """An order was confirmed: the customer owes its total."""
    entries = [
        Entry(CUSTOMER_RECEIVABLE, parts.total),
        Entry(SALES_DISCOUNTS, Money(parts.discounts, parts.currency)),
        Entry(REVENUE_GOODS, Money(-parts.goods, parts.currency)),
        Entry(REVENUE_SHIPPING, Money(-parts.shipping, parts.currency)),
    ]
    entries += [
        Entry(f"{_REVENUE}{kind}", Money(-minor, parts.currency)) for kind, minor in parts.charges
    ]
    entries += [
        Entry(tax_payable(regime), Money(-minor, parts.currency)) for regime, minor in parts.taxes
    ]
    return _posting(order_id, "placed", at, entries)


def is_bookable(parts: OrderParts) -> bool:
    """Whether placing it moves anything: an order of free things without discounts does not."""
    return bool(parts.goods or parts.shipping or any(minor for _, minor in parts.charges))


def captured(
    order_id: UUID, operation_id: UUID, *, gateway: str, amount: Money, at: datetime
) -> Posting:
    """A gateway took the customer's money for us."""
    entries = [Entry(psp_clearing(gateway), amount), Entry(CUSTOMER_RECEIVABLE, -amount)]
    return _posting(order_id, f"captured:{operation_id}", at, entries)


def refunded(
    order_id: UUID,
    operation_id: UUID,
    *,
    gateway: str,
    amount: Money,
    booked: Sequence[Booked],
    at: datetime,
) -> Posting:
    """A gateway gave money back. `booked`: everything in the books about this order so far."""
    entries: list[Entry] = []
    left = amount
    for account in (REFUNDS_PAYABLE, CUSTOMER_RECEIVABLE):
        owed = -balance_of(booked, account, amount.currency)
        part = Money(max(0, min(owed, left.minor)), amount.currency)
        entries.append(Entry(account, part))
        left = left - part
    entries += _given_back(booked, left)
    entries.append(Entry(psp_clearing(gateway), -amount))
    return _posting(order_id, f"refunded:{operation_id}", at, entries)


def refund_came_back(
    order_id: UUID, operation_id: UUID, *, gateway: str, amount: Money, at: datetime
) -> Posting:
    """A refund that had succeeded failed later: the gateway has the money, we owe it again."""
    entries = [Entry(psp_clearing(gateway), amount), Entry(REFUNDS_PAYABLE, -amount)]
    return _posting(order_id, f"refund-returned:{operation_id}", at, entries)


def cancelled(order_id: UUID, booked: Sequence[Booked], at: datetime) -> Posting | None:
    """An order was cancelled: nothing is owed for it any more. None when nothing is left to undo.

    Without refunds it is the mirror image of `placed`, linked to it (I2); after refunds it takes
    back what they have left. Money that was captured thereby becomes owed to the customer, and its
    refund is booked against that.
    """
    first = next((one for one in booked if one.source == _source(order_id, "placed")), None)
    if first is None:
        return None
    if all(one.kind in {"placed", "captured"} for one in booked):
        mirrored = [Entry(entry.account, -entry.amount) for entry in first.entries]
        posting = _posting(order_id, "cancelled", at, mirrored)
        return msgspec.structs.replace(posting, reverses=first.source)
    currency = first.entries[0].amount.currency
    rest = sum(_left_of_sale(booked, currency).values())
    if rest <= 0:
        return None
    entries = _given_back(booked, Money(rest, currency))
    entries.append(Entry(CUSTOMER_RECEIVABLE, Money(-rest, currency)))
    return _posting(order_id, "cancelled", at, entries)


def balance_of(booked: Iterable[Booked], account: str, currency: str) -> int:
    """The balance (debit positive) of an account in these transactions, in minor units."""
    return sum(
        entry.amount.minor
        for one in booked
        for entry in one.entries
        if entry.account == account and entry.amount.currency == currency
    )


def _left_of_sale(booked: Sequence[Booked], currency: str) -> dict[str, int]:
    """What is left of an order's sale by the account that a refund debits: net sales, each tax."""
    taxes = {
        entry.account for one in booked for entry in one.entries if entry.account.startswith(_TAX)
    }
    revenue = {
        entry.account
        for one in booked
        for entry in one.entries
        if entry.account.startswith(_REVENUE)
    }
    accounts = (*sorted(revenue), SALES_DISCOUNTS, SALES_RETURNS)
    sales = -sum(balance_of(booked, account, currency) for account in accounts)
    left = {account: -balance_of(booked, account, currency) for account in taxes}
    return {
        account: minor for account, minor in {SALES_RETURNS: sales, **left}.items() if minor > 0
    }


def _given_back(booked: Sequence[Booked], amount: Money) -> list[Entry]:
    """Debits that take `amount` back from the sale; what exceeds it is the customer's debt."""
    left = _left_of_sale(booked, amount.currency)
    from_sale = min(amount.minor, sum(left.values()))
    shares = allocate(from_sale, left, caps=left) if from_sale else {}
    entries = [Entry(account, Money(minor, amount.currency)) for account, minor in shares.items()]
    beyond = Money(amount.minor - from_sale, amount.currency)
    return [*entries, Entry(CUSTOMER_RECEIVABLE, beyond)]


def _source(order_id: UUID, fact: str) -> str:
    return f"order:{order_id}:{fact}"


def _posting(order_id: UUID, fact: str, at: datetime, entries: list[Entry]) -> Posting:
    return Posting(
        source=_source(order_id, fact),
        kind=fact.partition(":")[0].replace("-", "_"),
        entries=tuple(entries),
        effective_at=at,
        order_id=order_id,
    )
