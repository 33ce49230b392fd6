"""Shares of an order on its invoices, and of an invoice in its credits: A6, A17, B20, B21."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.ids import encode
from argosy.modules.invoices import (
    Item,
    NothingToInvoice,
    TooMuchCredited,
    UnitsNotLeft,
    credited,
    grouped,
    left_of,
    share_of,
)
from argosy.modules.orders import OrderLine
from argosy.modules.quote import (
    Discount,
    Policy,
    Quote,
    QuoteRequest,
    RequestCharge,
    RequestLine,
    RequestShipping,
    TaxRate,
    compute,
    rate_set,
    tax_document,
)
from argosy.workflows.invoice_items import items_to_invoice, units_to_credit

AT = datetime(2026, 3, 1, tzinfo=UTC)


def rates(percent: str) -> Any:
    rate = TaxRate(code=f"DE-{percent}", name="VAT", jurisdiction="DE", rate=Decimal(percent) / 100)
    return rate_set(f"DE:{percent}", [rate])


RATES = [rates("19"), rates("7")]


def an_order(
    wanted: list[tuple[int, int, int]], *, shipping: int, deposit: int, off: int, inclusive: bool
) -> tuple[Quote, list[OrderLine]]:
    """Lines as (quantity, unit price, which rate), shipped, with deposits on the first line."""
    lines = tuple(
        RequestLine(
            key=encode("cart_line", UUID(int=n + 1)),
            variant_id=UUID(int=n + 100),
            sku=f"S{n}",
            quantity=quantity,
            unit_minor=unit,
            rates=RATES[which],
        )
        for n, (quantity, unit, which) in enumerate(wanted)
    )
    charges = [
        RequestCharge(
            key="fee:bottle", kind="deposit", code="bottle", name="Deposit", unit_minor=deposit,
            quantity=lines[0].quantity, rates=RATES[0], line=lines[0].key, returned=True,
        ),
        RequestCharge(
            key="fee:small", kind="handling", code="small", name="Small", unit_minor=119,
            rates=RATES[1],
        ),
    ] if deposit else []  # fmt: skip
    quoted = compute(
        QuoteRequest(
            policy=Policy(currency="EUR", tax_inclusive=inclusive),
            lines=lines,
            shipping=RequestShipping(
                method_id=UUID(int=9), code="std", name="Std", price_minor=shipping, rates=RATES[0]
            ),
            discounts=(
                Discount(rule="o", reason="off", target="order", amount_minor=off),
            ) if off else (),
            charges=tuple(charges),
        )
    )  # fmt: skip
    return quoted, [order_line(n, piece.quantity) for n, piece in enumerate(quoted.lines)]


def order_line(n: int, quantity: int) -> OrderLine:
    nothing: dict[str, Any] = dict.fromkeys(
        ("unit_minor", "subtotal_minor", "discount_minor", "net_minor", "tax_minor", "total_minor"),
        0,
    )
    return OrderLine(
        id=UUID(int=n + 1), position=n + 1, variant_id=UUID(int=n + 100), product_id=UUID(int=n),
        sku=f"S{n}", title="Thing", variant_title="", options={}, configuration={},
        tax_class="standard", image_key=None, weight_g=None, requires_shipping=True,
        tracks_inventory=True, quantity=quantity, **nothing,
    )  # fmt: skip


def sums(items: Iterable[Item]) -> dict[tuple[str, Decimal], tuple[int, int]]:
    return {
        (group.category, group.rate): (group.net_minor, group.tax_minor)
        for group in grouped(items, {})
        if group.net_minor or group.tax_minor
    }


def whole(quoted: Quote) -> dict[tuple[str, Decimal], tuple[int, int]]:
    return {
        (part.category, part.rate): (part.taxable_minor, part.tax_minor)
        for part in tax_document(quoted).breakdown
        if part.taxable_minor or part.tax_minor
    }


ORDERS = st.builds(
    an_order,
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(0, 3000), st.integers(0, 1)),
        min_size=1,
        max_size=4,
    ),
    shipping=st.integers(0, 999),
    deposit=st.sampled_from([0, 25, 33]),
    off=st.sampled_from([0, 1, 333]),
    inclusive=st.booleans(),
)


@given(ORDERS, st.data())
def test_B21_the_invoices_of_an_order_add_up_to_it_by_rate(
    order: tuple[Quote, list[OrderLine]], data: st.DataObject
) -> None:
    quoted, lines = order
    before: list[Item] = []
    left = {line.id: line.quantity for line in lines}
    while any(left.values()) and data.draw(st.booleans()):
        wanted = {one: data.draw(st.integers(0, units)) for one, units in left.items()}
        items = items_to_invoice(quoted, lines, before, wanted)
        assert bool(items) <= any(wanted.values())
        before += items
        left = {one: units - wanted[one] for one, units in left.items()}
    before += items_to_invoice(quoted, lines, before, None)
    assert sums(before) == whole(quoted)
    assert sum(item.total_minor for item in before) == quoted.total.minor
    assert items_to_invoice(quoted, lines, before, None) == ()


def test_B21_three_shipments_share_the_shipping_and_the_last_has_the_rest() -> None:
    quoted, lines = an_order([(3, 1000, 0)], shipping=1000, deposit=0, off=0, inclusive=True)
    before: list[Item] = []
    shares = []
    for _ in range(3):
        items = items_to_invoice(quoted, lines, before, {lines[0].id: 1})
        shares.append([(item.kind, item.total_minor) for item in items])
        before += items
    # 8.40 net and 1.60 tax are shared each for itself: 3.33, 3.34 and 3.33.
    assert shares == [
        [("line", 1000), ("shipping", 333)],
        [("line", 1000), ("shipping", 334)],
        [("line", 1000), ("shipping", 333)],
    ]


def test_B21_more_units_than_there_are_are_not_invoiced() -> None:
    quoted, lines = an_order([(3, 1000, 0)], shipping=0, deposit=0, off=0, inclusive=True)
    first = items_to_invoice(quoted, lines, (), {lines[0].id: 2})
    with pytest.raises(UnitsNotLeft) as refused:
        items_to_invoice(quoted, lines, first, {lines[0].id: 2})
    assert refused.value.details["left"] == 1
    with pytest.raises(UnitsNotLeft):
        items_to_invoice(quoted, lines, (), {UUID(int=77): 1})


@given(ORDERS, st.data())
def test_B20_credits_by_amount_and_by_unit_never_exceed_the_invoice(
    order: tuple[Quote, list[OrderLine]], data: st.DataObject
) -> None:
    quoted, lines = order
    invoice = items_to_invoice(quoted, lines, (), None)
    gone: list[Item] = []
    for _ in range(3):
        left = left_of(invoice, gone)
        rest = sum(item.total_minor for item in left)
        if rest and data.draw(st.booleans()):
            gone += credited(left, data.draw(st.integers(1, rest)))
        else:
            units = _units_left(lines, left)
            gone += units_to_credit(
                quoted, lines, left, {one: data.draw(st.integers(0, n)) for one, n in units.items()}
            )
        left = left_of(invoice, gone)
        assert all(item.net_minor >= 0 <= item.tax_minor for item in left)
        assert all(item.quantity >= 0 for item in left)
    if sum(item.total_minor for item in left):
        gone += credited(left, None)
    assert sums(gone) == sums(invoice)


def _units_left(lines: list[OrderLine], left: Iterable[Item]) -> Mapping[UUID, int]:
    units = {item.key: item.quantity for item in left if item.kind == "line"}
    return {line.id: units[encode("cart_line", line.id)] for line in lines}


def test_B14_a_credited_unit_takes_its_deposit_along() -> None:
    quoted, lines = an_order([(3, 1000, 0)], shipping=500, deposit=25, off=0, inclusive=True)
    invoice = items_to_invoice(quoted, lines, (), None)
    found = units_to_credit(quoted, lines, invoice, {lines[0].id: 1})
    assert [(item.kind, item.quantity, item.total_minor) for item in found] == [
        ("line", 1, 1000),
        ("charge", 0, 25),
    ]


def test_credits_are_bounded_and_in_proportion() -> None:
    def item(key: str, net: int, tax: int) -> Item:
        return Item(
            key=key, kind="line", name=key, category="S", rate=Decimal("0.19"), net_minor=net,
            tax_minor=tax,
        )  # fmt: skip

    left = (item("a", 1000, 190), item("b", 100, 19), item("c", 0, 0))
    half = credited(left, 654)
    assert sum(one.total_minor for one in half) == 654
    assert [(one.key, one.total_minor, one.tax_minor, one.quantity) for one in half] == [
        ("a", 595, 95, 0),
        ("b", 59, 9, 0),
    ]
    for wrong in (0, -5, 1310):
        with pytest.raises(TooMuchCredited):
            credited(left, wrong)
    with pytest.raises(NothingToInvoice):
        credited((item("c", 0, 0),), None)
    assert credited(left, 1309) == credited(left, None) == left[:2]


@given(st.integers(0, 10**6), st.integers(1, 50))
def test_A17_shares_are_cumulative(whole_minor: int, of: int) -> None:
    taken = 0
    for part in range(1, of + 1):
        taken += share_of(whole_minor, part, of, taken)
    assert taken == whole_minor
