"""What holds for every quote, whatever is asked."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.modules.quote import Policy, Quote, QuoteRequest, compute
from tests.examples import examples
from tests.unit.quote.making import free, line, rates, requests, ship

EXPLAINED = {
    "price.taken",
    "discount.line",
    "discount.order",
    "discount.shipping",
    "shipping.price",
    "charge.price",
    "shipping.rates",
    "tax.unit",
    "tax.line",
    "tax.rate",
    "tax.order",
    "tax.relief",
    "total",
}


@given(requests())
@settings(max_examples=examples(60))
def test_totals_equal_the_sums_of_their_parts(request: QuoteRequest) -> None:
    quote = compute(request)
    shipping = [] if quote.shipping is None else [quote.shipping]
    parts = [*quote.lines, *shipping, *quote.charges]
    assert quote.subtotal.minor == sum(x.subtotal.minor for x in quote.lines)
    assert quote.discount_total.minor == sum(x.discount.minor for x in quote.lines)
    assert quote.tax_total.minor == sum(x.tax.minor for x in parts)
    assert quote.net_total.minor == sum(x.net.minor for x in parts)
    assert quote.total.minor == sum(x.total.minor for x in parts)
    assert quote.total == quote.net_total + quote.tax_total
    assert quote.tax_total.minor == sum(x.tax.minor for x in quote.taxes)
    assert quote.tax_total.minor == sum(x.tax.minor for x in quote.tax_groups)
    assert quote.net_total.minor == sum(x.net.minor for x in quote.tax_groups)
    none = quote.total - quote.total
    asked = quote.subtotal - quote.discount_total + quote.shipping_total
    asked += quote.charges_total or none
    relief = quote.tax_relief or none
    assert quote.total == (asked - relief if quote.tax_inclusive else asked + quote.tax_total)
    assert relief.minor == sum(x.relief.minor for x in parts if x.relief)
    for part in parts:
        assert part.tax.minor == sum(x.tax.minor for x in part.taxes)
        assert min(part.net.minor, part.tax.minor) >= 0
        assert all(x.tax.minor >= 0 for x in part.taxes)
    for each in [*quote.lines, *shipping]:
        assert each.discount.minor == sum(x.amount.minor for x in each.discounts)
        assert each.discount.minor >= 0
    assert {step.code for step in quote.explanation} <= EXPLAINED


@given(requests())
@settings(max_examples=examples(60))
def test_A9_units_add_up_to_their_line(request: QuoteRequest) -> None:
    for each in compute(request).lines:
        units = each.units
        assert sum(unit.count for unit in units) == each.quantity
        for name in ("subtotal", "discount", "net", "tax"):
            whole = getattr(each, name).minor
            assert sum(unit.count * getattr(unit, f"{name}_minor") for unit in units) == whole
        assert all(
            min(unit.net_minor, unit.tax_minor, unit.discount_minor) >= 0
            and unit.discount_minor <= unit.subtotal_minor
            for unit in units
        )
        for taken in each.discounts:
            assert sum(count for count, _ in taken.units) == each.quantity
            assert sum(count * amount for count, amount in taken.units) == taken.amount.minor


def by_key(quote: Quote) -> dict[str, object]:
    return {each.key: each for each in quote.lines}


def test_B8_a_set_that_keeps_the_net_is_not_the_one_that_keeps_the_gross() -> None:
    taxed = rates("0.19")
    assert free(taxed, keep_net=True).key != free(taxed, keep_net=False).key
    lines = (
        line("a", 1, 0, free(taxed, keep_net=True)),
        line("b", 1, 0, free(taxed, keep_net=False)),
    )
    policy = Policy(currency="EUR", tax_inclusive=True, shipping_tax="highest")
    one = QuoteRequest(policy=policy, lines=lines, shipping=ship(4, taxed))
    other = msgspec.structs.replace(one, lines=lines[::-1])
    assert compute(one).total == compute(other).total


@given(requests(), st.randoms(use_true_random=False))
@settings(max_examples=examples(60))
def test_A7_the_order_of_lines_changes_no_amount(request: QuoteRequest, rng: random.Random) -> None:
    lines = list(request.lines)
    rng.shuffle(lines)
    one = compute(request)
    other = compute(msgspec.structs.replace(request, lines=tuple(lines)))
    assert by_key(one) == by_key(other)
    assert (one.total, one.taxes, one.tax_groups, one.hash) == (
        other.total,
        other.taxes,
        other.tax_groups,
        other.hash,
    )
    assert (one.shipping is None) == (other.shipping is None)
    if one.shipping and other.shipping:
        assert (one.shipping.total, one.shipping.tax) == (other.shipping.total, other.shipping.tax)


@given(requests())
@settings(max_examples=examples(60))
def test_equal_requests_give_equal_quotes_and_survive_storage(request: QuoteRequest) -> None:
    quote = compute(request)
    assert compute(request) == quote
    assert msgspec.json.decode(msgspec.json.encode(quote), type=Quote) == quote


@given(
    st.integers(0, 10**7),
    st.integers(1, 50),
    st.sampled_from(["0.19", "0.07", "0.2", "0.055", "0"]),
)
def test_B1_gross_of_a_net_price_gives_back_the_tax(unit: int, quantity: int, rate: str) -> None:
    exclusive = Policy(currency="EUR", tax_inclusive=False)
    inclusive = Policy(currency="EUR", tax_inclusive=True)
    net = compute(QuoteRequest(policy=exclusive, lines=(line("a", quantity, unit, rates(rate)),)))
    gross = compute(
        QuoteRequest(
            policy=inclusive,
            lines=(line("a", 1, net.total.minor, rates(rate)),),
        )
    )
    assert gross.tax_total == net.tax_total
    assert gross.net_total == net.net_total


@given(requests())
@settings(max_examples=examples(40))
def test_B3_levels_differ_by_less_than_a_cent_for_each_unit(request: QuoteRequest) -> None:
    taxes = [
        compute(
            msgspec.structs.replace(
                request, policy=msgspec.structs.replace(request.policy, tax_rounding=level)
            )
        ).tax_total.minor
        for level in ("unit", "line", "rate", "order")
    ]
    pieces = sum(each.quantity for each in request.lines) + len(request.lines) + 1
    assert max(taxes) - min(taxes) <= pieces
