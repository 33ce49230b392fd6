"""Goods that come into the EU for a sale: DOMAIN.md B18, with an oracle of its own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.quote import (
    Destination,
    Discount,
    ImportRule,
    Policy,
    Quote,
    QuoteRequest,
    check_tax_document,
    compute,
    tax_document,
)
from tests.unit.quote.making import fee, line, rates, ship

FILE = Path(__file__).parents[2] / "vectors" / "imports.json"
VECTORS: dict[str, Any] = msgspec.json.decode(FILE.read_bytes())
STANDARD, REDUCED = rates("0.19"), rates("0.07")


def asked(case: dict[str, Any], **more: Any) -> QuoteRequest:
    lines = tuple(
        line(f"l{n}", one["quantity"], one["price"], rates(one["rate"]))
        for n, one in enumerate(case["lines"])
    )
    goods = frozenset(f"l{n}" for n, one in enumerate(case["lines"]) if one["goods"])
    discounts = tuple(
        Discount(rule="d", reason="d", target="line", line=f"l{n}", amount_minor=one["discount"])
        for n, one in enumerate(case["lines"])
        if one["discount"]
    )
    policy = Policy(
        currency="EUR", tax_inclusive=case["tax_inclusive"], tax_rounding="line", shipping_tax="own"
    )
    rule = ImportRule(
        number="IM2760000001",
        dispatched_from="CH",
        limit_minor=case["limit"],
        goods=goods,
        excise=goods if case["excise"] else frozenset(),
        business=case["business"],
        keep_net=case["keep_net"],
        note="Import VAT and duties are not included",
    )
    return QuoteRequest(
        policy=policy,
        lines=lines,
        discounts=discounts,
        shipping=ship(case["shipping"], STANDARD) if case["shipping"] else None,
        destination=Destination(country="DE"),
        imports=rule,
        **more,
    )


def told(quote: Quote) -> dict[str, Any] | None:
    if quote.imported is None:
        return None
    found = quote.imported
    amounts = {"value": found.value_minor, "tax": quote.tax_total.minor, "total": quote.total.minor}
    return {"scheme": found.scheme, "reason": found.reason} | amounts


@pytest.mark.parametrize("case", VECTORS["cases"])
def test_B18_imports_as_published(case: dict[str, Any]) -> None:
    assert told(compute(asked(case))) == case["expected"]


def one(price: int, **more: Any) -> dict[str, Any]:
    usual = {"limit": 15000, "tax_inclusive": True, "keep_net": True, "shipping": 0}
    goods = {"price": price, "quantity": 1, "discount": 0, "rate": "0.19", "goods": True}
    return usual | {"excise": False, "business": False, "lines": [goods]} | more


def test_B18_the_decision_and_what_it_came_from_are_kept() -> None:
    request = asked(one(17850))
    assert request.imports is not None
    rule = msgspec.structs.replace(
        request.imports,
        euro_rate=Decimal("0.9312"),
        rate_as_of=date(2026, 11, 20),
        rate_source="ECB",
    )
    quote = compute(msgspec.structs.replace(request, imports=rule))
    found = quote.imported
    assert found is not None
    assert (found.number, found.note, found.destination) == ("IM2760000001", "", "DE")
    assert (found.dispatched_from, found.lines) == ("CH", ("l0",))
    assert (found.euro_rate, found.rate_as_of) == (Decimal("0.9312"), date(2026, 11, 20))
    (step,) = [step for step in quote.explanation if step.code == "tax.import"]
    assert step.numbers["value_minor"] == 15000
    assert step.numbers["euro_rate"] == "0.9312"
    assert msgspec.json.decode(msgspec.json.encode(quote), type=Quote) == quote


def test_B18_what_is_not_taxed_at_the_sale_says_why_in_every_tax_line() -> None:
    request = asked(one(20000, shipping=1000), charges=(fee("f", 238, STANDARD),))
    quote = compute(request)
    assert quote.imported is not None
    assert (quote.imported.number, quote.tax_total.minor) == ("", 0)
    assert {(part.treatment, part.note) for part in quote.taxes} == {
        ("export", "Import VAT and duties are not included")
    }
    assert quote.total.minor == 16807 + 840 + 200
    assert check_tax_document(tax_document(quote)) == ()


def test_B18_digital_goods_beside_are_taxed_as_ever_and_order_fees_too() -> None:
    case = one(20000)
    case["lines"].append(dict(case["lines"][0], price=1190, goods=False))
    quote = compute(asked(case, charges=(fee("f", 119, STANDARD),)))
    assert [one.tax.minor for one in quote.lines] == [0, 190]
    assert quote.charges[0].tax.minor == 19


def test_B18_an_engine_that_taxes_has_the_word() -> None:
    plain = msgspec.structs.replace(asked(one(20000)), imports=None)
    assert compute(plain).imported is None


def test_B18_a_purchase_without_such_goods_is_what_it_was() -> None:
    request = asked(one(20000))
    assert request.imports is not None
    empty = msgspec.structs.replace(request.imports, goods=frozenset())
    without = msgspec.structs.replace(request, imports=None)
    assert compute(msgspec.structs.replace(request, imports=empty)) == compute(without)


cases = st.builds(
    one,
    st.just(0),
    limit=st.integers(0, 30_000),
    tax_inclusive=st.booleans(),
    keep_net=st.booleans(),
    excise=st.booleans(),
    business=st.booleans(),
    lines=st.lists(
        st.builds(
            lambda price, quantity, rate, goods: {
                "price": price,
                "quantity": quantity,
                "discount": price // 3,
                "rate": rate,
                "goods": goods,
            },
            st.integers(1, 12_000),
            st.integers(1, 3),
            st.sampled_from(["0.19", "0.07", "0.255"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
)


@given(cases)
def test_B18_the_oracle_agrees(case: dict[str, Any]) -> None:
    """Each line by itself in exact rationals, rounded half up once."""
    quote = compute(asked(case))
    value = tax = total = 0
    goods = [entry for entry in case["lines"] if entry["goods"]]
    for entry in goods:
        value += oracle(entry, case, charged=True)[0]
    charged = not goods or (value <= case["limit"] and not case["excise"] and not case["business"])
    for entry in case["lines"]:
        net, due = oracle(entry, case, charged=charged or not entry["goods"])
        tax, total = tax + due, total + net + due
    assert (quote.tax_total.minor, quote.total.minor) == (tax, total)
    if goods:
        assert quote.imported is not None
        assert quote.imported.value_minor == value
        assert (quote.imported.scheme == "ioss") is charged
    else:
        assert quote.imported is None


def oracle(entry: dict[str, Any], case: dict[str, Any], *, charged: bool) -> tuple[int, int]:
    """Net and tax of a line."""
    base, rate = entry["price"] * entry["quantity"] - entry["discount"], Fraction(entry["rate"])
    if not case["tax_inclusive"]:
        return base, half_up(base * rate) if charged else 0
    tax = half_up(base * rate / (1 + rate))
    if charged:
        return base - tax, tax
    return (base - tax if case["keep_net"] else base), 0


def half_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))
