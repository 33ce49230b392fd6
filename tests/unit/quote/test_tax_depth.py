"""Waived taxes, charges, taxes of an engine, tax evidence: DOMAIN.md B5-B9, B11-B16, B21-B23."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.money import Money
from argosy.modules.quote import (
    BuyerTax,
    Discount,
    GivenTax,
    GivenTaxes,
    Policy,
    Quote,
    QuoteRequest,
    RequestLine,
    TaxRate,
    compute,
    paid_for,
    rate_set,
    waived,
)
from tests.unit.quote.making import fee, free, line, rates, requests, ship

NET = Policy(currency="EUR", tax_inclusive=False)
GROSS = Policy(currency="EUR", tax_inclusive=True)
R19, R07 = rates("0.19"), rates("0.07")


def quote(policy: Policy, *lines: RequestLine, **more: object) -> Quote:
    return compute(QuoteRequest(policy=policy, lines=lines, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("keep_net", "total", "relief"), [(True, 10000, 1900), (False, 11900, 0)])
def test_B8_who_keeps_the_tax_of_an_inclusive_price_is_said(
    keep_net: bool, total: int, relief: int
) -> None:
    found = quote(GROSS, line("a", 1, 11900, free(R19, keep_net=keep_net)))
    assert (found.total.minor, found.tax_total.minor) == (total, 0)
    assert (found.tax_relief.minor if found.tax_relief else 0) == relief
    (part,) = found.lines[0].taxes
    assert (part.treatment, part.rate, part.note) == ("reverse_charge", 0, "By law")
    assert found.taxes[0].net.minor == total


def test_B8_a_net_price_has_nothing_to_take_out() -> None:
    found = quote(NET, line("a", 1, 10000, free(R19, keep_net=True)))
    assert (found.total.minor, found.tax_total.minor, found.tax_relief) == (10000, 0, None)


def test_B2_B8_a_discount_is_gross_before_the_tax_is_taken_out() -> None:
    off = Discount(rule="p", reason="promotion", target="order", amount_minor=1000)
    found = quote(GROSS, line("a", 1, 11900, free(R19, keep_net=True)), discounts=(off,))
    # 109.00 gross holds 17.40 of tax, as it would for anybody.
    assert (found.subtotal.minor, found.discount_total.minor) == (11900, 1000)
    assert (found.tax_relief, found.total) == (Money(1740, "EUR"), Money(9160, "EUR"))


def test_B8_shipping_is_relieved_like_the_goods() -> None:
    taxed = free(R19, keep_net=True)
    found = quote(GROSS, line("a", 1, 11900, taxed), shipping=ship(595, taxed))
    assert found.shipping is not None
    assert (found.shipping.net.minor, found.shipping.total.minor) == (500, 500)
    assert (found.total.minor, found.shipping_total.minor) == (10500, 595)


def test_B8_units_return_what_was_paid_without_the_tax() -> None:
    found = quote(GROSS, line("a", 3, 1000, free(R19, keep_net=True)))
    each = [paid_for(found.lines[0], n, n + 1) for n in range(3)]
    assert sum(one.total_minor for one in each) == found.total.minor == 2521
    assert {one.tax_minor for one in each} == {0}


@given(requests())
def test_B8_a_waived_tax_is_what_everybody_else_pays(request: QuoteRequest) -> None:
    def everybody(asked: RequestLine) -> RequestLine:
        return msgspec.structs.replace(asked, rates=asked.rates.inside or asked.rates)

    inclusive = msgspec.structs.replace(request.policy, tax_inclusive=True, tax_rounding="line")
    lines = tuple(everybody(asked) for asked in request.lines)
    mine = compute(msgspec.structs.replace(request, policy=inclusive, shipping=None))
    theirs = compute(msgspec.structs.replace(request, policy=inclusive, shipping=None, lines=lines))
    for one, other in zip(mine.lines, theirs.lines, strict=True):
        relief = one.relief.minor if one.relief else 0
        assert one.net == other.net
        assert one.tax.minor + relief == other.tax.minor


def test_B5_a_tax_that_is_zero_already_keeps_its_own_reason() -> None:
    zero = TaxRate(
        code="IE.zero", name="Zero", jurisdiction="IE", rate=Decimal(0), treatment="zero_rated"
    )
    books = rate_set("books", [zero])
    assert waived(books, "exempt", name="x", note="y", keep_net=True) is books


def test_B11_B22_a_certificate_may_free_from_one_of_several_taxes() -> None:
    bc = rate_set(
        "CA-BC:standard",
        [
            TaxRate(code="CA.gst", name="GST", jurisdiction="CA", rate=Decimal("0.05")),
            TaxRate(code="BC.pst", name="PST", jurisdiction="CA-BC", rate=Decimal("0.07")),
        ],
    )
    found = waived(bc, "exempt", name="PST exempt", note="", keep_net=True, only={"BC.pst"})
    net = quote(NET, line("a", 1, 10000, found))
    assert [(part.code, part.tax.minor) for part in net.taxes] == [
        ("BC.pst.exempt", 0),
        ("CA.gst", 500),
    ]
    gross = quote(GROSS, line("a", 1, 11200, found))
    assert (gross.total.minor, gross.tax_total.minor) == (10500, 500)
    assert gross.lines[0].net.minor == 10000


def test_B9_splitting_the_goods_does_not_change_the_total() -> None:
    policy = msgspec.structs.replace(GROSS, tax_rounding="rate")
    whole = quote(
        policy, line("book", 4, 1999, R07), line("pen", 2, 333, R19), shipping=ship(995, R19)
    )
    parts = quote(
        policy,
        line("book", 1, 1999, R07),
        line("book2", 3, 1999, R07),
        line("pen", 1, 333, R19),
        line("pen2", 1, 333, R19),
        shipping=ship(995, R19),
    )
    assert whole.total == parts.total
    assert whole.tax_total == parts.tax_total
    assert whole.shipping is not None
    assert parts.shipping is not None
    assert whole.shipping.total == parts.shipping.total
    assert [(one.code, one.net) for one in whole.taxes] == [
        (one.code, one.net) for one in parts.taxes
    ]


def test_B12_the_shops_own_discount_lowers_what_is_taxed() -> None:
    off = Discount(rule="p", reason="promotion", target="order", percent=(1, 4))
    found = quote(NET, line("a", 1, 10000, R19), discounts=(off,))
    assert (found.taxes[0].net.minor, found.tax_total.minor) == (7500, 1425)


def test_B13_selling_a_multi_purpose_voucher_is_out_of_scope_a_single_purpose_one_is_taxed() -> (
    None
):
    voucher = TaxRate(
        code="DE.gift_card",
        name="Multi-purpose voucher",
        jurisdiction="DE",
        rate=Decimal(0),
        treatment="out_of_scope",
    )
    multi = quote(GROSS, line("m", 1, 5000, rate_set("DE:gift_card", [voucher]), goods=False))
    single = quote(GROSS, line("s", 1, 5000, R19, goods=False))
    assert (multi.tax_total.minor, multi.taxes[0].treatment) == (0, "out_of_scope")
    assert single.tax_total.minor == 798


def test_B14_a_deposit_has_its_own_tax_and_no_discount() -> None:
    off = Discount(rule="p", reason="promotion", target="order", percent=(1, 1))
    found = quote(
        NET,
        line("water", 6, 100, R07),
        discounts=(off,),
        charges=(fee("water:bottle", 25, R19, 6),),
    )
    (deposit,) = found.charges
    assert (deposit.price.minor, deposit.tax.minor, deposit.total.minor) == (150, 29, 179)
    assert (found.discount_total.minor, found.total.minor) == (600, 179)
    assert found.charges_total == Money(150, "EUR")


def test_B14_charges_carry_no_shipping_tax() -> None:
    without = quote(NET, line("a", 1, 1000, R07), shipping=ship(500, R19))
    found = quote(
        NET, line("a", 1, 1000, R07), shipping=ship(500, R19), charges=(fee("d", 5000, R19),)
    )
    assert found.shipping == without.shipping


def test_B14_the_hash_binds_the_charges() -> None:
    plain = quote(NET, line("a", 1, 1000, R07))
    one = quote(NET, line("a", 1, 1000, R07), charges=(fee("d", 0, R19),))
    assert plain.hash != one.hash


GIVEN = GivenTaxes(
    lines={
        "a": (
            GivenTax(
                code="US-CA",
                name="CA",
                jurisdiction="US-CA",
                rate=Decimal("0.0725"),
                tax_minor=700,
            ),
            GivenTax(
                code="US-LA", name="LA", jurisdiction="US-LA", rate=Decimal("0.01"), tax_minor=99
            ),
        )
    },
    shipping=(),
)


def test_B16_an_engine_has_the_word_on_each_tax() -> None:
    found = quote(NET, line("a", 3, 3333, R19), shipping=ship(500, R19), given=GIVEN)
    assert found.tax_total.minor == 799
    assert found.shipping is not None
    assert found.shipping.tax.minor == 0
    assert [part.tax.minor for part in found.lines[0].taxes] == [700, 99]
    assert sum(unit.count * unit.tax_minor for unit in found.lines[0].units) == 799
    assert all(group.document_tax == group.tax for group in found.tax_groups)


def test_B15_an_engine_may_tax_a_sample_that_costs_nothing() -> None:
    # A deemed supply: the tax goes to the units by quantity, as no price is there to go by (A8).
    found = quote(NET, line("a", 3, 0, R19), given=GIVEN)
    assert (found.net_total.minor, found.total.minor) == (0, 799)
    assert [unit.tax_minor for unit in found.lines[0].units] == [267, 266]


def test_B16_an_engine_that_leaves_out_a_line_is_no_answer() -> None:
    with pytest.raises(KeyError):
        quote(NET, line("b", 1, 100, R19), given=GIVEN)


def test_B17_the_quote_says_whence_its_taxes_are() -> None:
    found = quote(NET, line("a", 1, 100, R19), tax_source="degraded")
    assert found.tax_source == "degraded"
    assert quote(NET, line("a", 1, 100, R19)).tax_source == "tables"


def test_B6_B7_the_quote_keeps_the_tax_point_and_the_evidence() -> None:
    buyer = BuyerTax(tax_id="FR40303265045", country="FR", status="valid", request_id="WAPI-1")
    found = quote(NET, line("a", 1, 100, R19), buyer=buyer, tax_date=date(2026, 3, 1))
    stored = msgspec.json.decode(msgspec.json.encode(found), type=Quote)
    assert (stored.buyer, stored.tax_date) == (buyer, date(2026, 3, 1))


@given(st.integers(1, 50), st.integers(1, 5000), st.integers(1, 50))
def test_B21_partial_invoices_add_up_to_the_order(
    quantity: int, unit_minor: int, first: int
) -> None:
    found = quote(GROSS, line("a", quantity, unit_minor, R19))
    cut = min(first, quantity)
    parts = [paid_for(found.lines[0], 0, cut), paid_for(found.lines[0], cut, quantity)]
    assert sum(part.tax_minor for part in parts) == found.tax_total.minor
    assert sum(part.total_minor for part in parts) == found.total.minor


def test_B23_how_prices_are_shown_changes_no_tax() -> None:
    shown_net = quote(NET, line("a", 1, 10000, R19))
    shown_gross = quote(GROSS, line("a", 1, 11900, R19))
    assert shown_net.total == shown_gross.total
    assert shown_net.tax_total == shown_gross.tax_total
