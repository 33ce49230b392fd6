"""The totals rules of EN 16931 over quotes: DOMAIN.md B4, B5."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings

from argosy.modules.quote import (
    BuyerTax,
    Destination,
    Policy,
    QuoteRequest,
    RequestLine,
    TaxDocument,
    check_tax_document,
    compute,
    tax_document,
)
from tests.examples import examples
from tests.unit.quote.making import fee, free, line, rates, requests, ship

NET = Policy(currency="EUR", tax_inclusive=False)
GROSS = Policy(currency="EUR", tax_inclusive=True)
R19, R07 = rates("0.19"), rates("0.07")
BUYER = BuyerTax(tax_id="FR40303265045", country="FR", status="valid")


def document(policy: Policy, *lines: RequestLine, **more: object) -> TaxDocument:
    return tax_document(compute(QuoteRequest(policy=policy, lines=lines, **more)))  # type: ignore[arg-type]


def broken(document: TaxDocument) -> list[str]:
    return [found.rule for found in check_tax_document(document) if not found.tolerated]


GOOD = document(
    GROSS,
    line("book", 2, 1999, R07),
    line("pen", 1, 4999, R19),
    shipping=ship(495, R19),
    charges=(fee("d", 25, R19),),
)


def test_B4_an_ordinary_order_breaks_no_rule() -> None:
    assert check_tax_document(GOOD) == ()
    assert {charge.key for charge in GOOD.charges} >= {"charge:d"}
    assert GOOD.tax_exclusive_minor + GOOD.tax_total_minor == GOOD.payable_minor


def test_B4_tax_rounded_by_line_differs_from_the_group_within_what_is_tolerated() -> None:
    found = check_tax_document(document(NET, *(line(f"l{n}", 1, 102, R19) for n in range(7))))
    assert [(one.rule, one.expected_minor, one.found_minor, one.tolerated) for one in found] == [
        ("BR-CO-17", 136, 133, True)
    ]


def test_B4_tax_rounded_by_rate_is_exact() -> None:
    by_rate = msgspec.structs.replace(NET, tax_rounding="rate")
    lines = [line(f"l{n}", 1, 102, R19) for n in range(7)]
    assert check_tax_document(document(by_rate, *lines)) == ()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"line_total_minor": 1}, "BR-CO-10"),
        ({"charge_total_minor": 1}, "BR-CO-12"),
        ({"tax_exclusive_minor": 1}, "BR-CO-13"),
        ({"tax_total_minor": 1}, "BR-CO-14"),
        ({"tax_inclusive_minor": 1}, "BR-CO-15"),
        ({"payable_minor": 1}, "BR-CO-16"),
        ({"breakdown": ()}, "BR-CO-18"),
        ({"lines": GOOD.lines[:1]}, "BR-S-08"),
        ({"breakdown": GOOD.breakdown[:1]}, "BR-S-01"),
    ],
)
def test_B4_each_rule_on_totals_is_broken_by_its_own_fault(
    change: dict[str, object], rule: str
) -> None:
    assert rule in broken(msgspec.structs.replace(GOOD, **change))


def test_B4_a_group_that_is_off_by_more_than_a_unit_is_not_tolerated() -> None:
    entry = msgspec.structs.replace(GOOD.breakdown[0], tax_minor=GOOD.breakdown[0].tax_minor + 100)
    assert "BR-CO-17" in broken(
        msgspec.structs.replace(GOOD, breakdown=(entry, *GOOD.breakdown[1:]))
    )


def test_B5_reverse_charge_wants_the_buyers_number_and_a_reason() -> None:
    taxed = free(R19, keep_net=True)
    assert broken(document(GROSS, line("a", 1, 11900, taxed), buyer=BUYER)) == []
    assert broken(document(GROSS, line("a", 1, 11900, taxed))) == ["BR-AE-02"]
    plain = document(GROSS, line("a", 1, 11900, taxed), buyer=BUYER)
    silent = [msgspec.structs.replace(entry, reason="") for entry in plain.breakdown]
    assert broken(msgspec.structs.replace(plain, breakdown=tuple(silent))) == ["BR-AE-10"]


def test_B5_an_intra_community_supply_names_the_country_of_delivery() -> None:
    taxed = free(R19, keep_net=True)
    kinds = [
        msgspec.structs.replace(rate, treatment="intra_community", note="Art. 138")
        for rate in taxed.rates
    ]
    supply = msgspec.structs.replace(taxed, rates=tuple(kinds))
    assert broken(document(GROSS, line("a", 1, 11900, supply), buyer=BUYER)) == ["BR-IC-12"]
    assert (
        broken(
            document(
                GROSS,
                line("a", 1, 11900, supply),
                buyer=BUYER,
                destination=Destination(country="FR"),
            )
        )
        == []
    )


def test_B5_a_category_without_tax_has_none() -> None:
    entry = msgspec.structs.replace(
        GOOD.breakdown[0], category="E", rate=Decimal(0), reason="Exempt"
    )
    assert "BR-E-09" in broken(
        msgspec.structs.replace(GOOD, breakdown=(entry, *GOOD.breakdown[1:]))
    )


def test_B4_several_taxes_on_a_line_are_no_vat() -> None:
    us = document(NET, line("a", 3, 999, rates("0.0725", "0.01")), shipping=ship(500, R19))
    assert not us.is_vat
    assert broken(us) == []


def test_B9_shipping_that_goes_with_untaxed_goods_is_untaxed_in_the_document() -> None:
    # One cent of shipping goes with the dearer goods, which no tax zone knows; 19 % on nothing.
    found = document(NET, line("a", 1, 1, R19), line("b", 1, 2, rates()), shipping=ship(1, R19))
    assert [(one.key, one.net_minor, one.category) for one in found.charges] == [
        ("shipping:0.19#0", 0, "S"),
        ("shipping:", 1, "O"),
    ]
    assert not set(broken(found)) - {"BR-O-11"}


@given(requests())
@settings(max_examples=examples(60))
def test_B4_no_quote_breaks_a_rule_on_totals(request: QuoteRequest) -> None:
    found = check_tax_document(tax_document(compute(msgspec.structs.replace(request, buyer=BUYER))))
    # Deposits and cards outside VAT beside taxed goods want a document of their own (BR-O-11).
    rules = {one.rule for one in found if not one.tolerated} - {"BR-O-11"}
    lots = sum(asked.quantity for asked in request.lines) >= 50
    assert not rules - ({"BR-CO-17"} if lots or request.policy.currency == "JPY" else set())
