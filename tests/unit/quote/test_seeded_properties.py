"""What holds for every quote, on thousands of carts of every kind: a failure names its seed."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from argosy.modules.quote import (
    CompiledPromotions,
    Discount,
    Promotion,
    Quote,
    QuoteRequest,
    check_tax_document,
    compile_promotions,
    compute,
    explain,
    refund_of,
    tax_document,
)
from tests.examples import examples
from tests.unit.quote.wide_carts import case_of_seed

AT_ONCE = 500
SEEDS = range(0, examples(4) * AT_ONCE, AT_ONCE)


@pytest.mark.parametrize("first", SEEDS)
def test_properties_of_every_quote(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        request, rules = case_of_seed(seed)
        promotions = compile_promotions(rules, currency="EUR")
        found = compute(request, promotions)
        try:
            sums_of_parts(found)
            nothing_is_negative(found)
            refunds_in_any_order(found, Random(seed))
            equal_requests_give_equal_quotes(request, rules, found)
            order_of_lines_does_not_matter(request, promotions, found, Random(seed))
            explanation_agrees(request, promotions, found)
            more_discount_is_not_dearer(request, promotions, found, seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error


def sums_of_parts(found: Quote) -> None:
    shipping = [] if found.shipping is None else [found.shipping]
    parts = [*found.lines, *shipping, *found.charges]
    assert found.subtotal.minor == sum(line.subtotal.minor for line in found.lines)
    assert found.discount_total.minor == sum(line.discount.minor for line in found.lines)
    assert found.net_total.minor == sum(part.net.minor for part in parts)
    assert found.tax_total.minor == sum(part.tax.minor for part in parts)
    assert found.total.minor == sum(part.total.minor for part in parts)
    assert found.total == found.net_total + found.tax_total
    assert found.tax_total.minor == sum(rate.tax.minor for rate in found.taxes)
    assert found.net_total.minor == sum(group.net.minor for group in found.tax_groups)
    for piece in [*found.lines, *shipping]:
        assert piece.discount.minor == sum(taken.amount.minor for taken in piece.discounts)
    for line in found.lines:
        assert line.quantity == sum(unit.count for unit in line.units)
        for name in ("subtotal", "discount", "net", "tax"):
            whole = sum(unit.count * getattr(unit, f"{name}_minor") for unit in line.units)
            assert whole == getattr(line, name).minor
        for taken in line.discounts:
            assert taken.amount.minor == sum(count * each for count, each in taken.units)
    broken = {violation.rule for violation in check_tax_document(tax_document(found))}
    assert not broken & {"BR-CO-10", "BR-CO-13", "BR-CO-15", "BR-S-08", "BR-O-08"}


def nothing_is_negative(found: Quote) -> None:
    shipping = [] if found.shipping is None else [found.shipping]
    for part in [*found.lines, *shipping]:
        assert part.discount.minor >= 0
        assert part.total.minor >= 0
        assert part.tax.minor >= 0
    for line in found.lines:
        assert all(
            unit.discount_minor <= unit.subtotal_minor and unit.tax_minor >= 0
            for unit in line.units
        )


def refunds_in_any_order(found: Quote, rng: Random) -> None:
    """Every unit goes back, in random order and grouping: together exactly what was paid."""
    units = [(line.key, n) for line in found.lines for n in range(line.quantity)]
    rng.shuffle(units)
    paid = discount = 0
    while units:
        ranges: dict[str, list[tuple[int, int]]] = {}
        for key, n in [units.pop() for _ in range(min(len(units), rng.randint(1, 4)))]:
            ranges.setdefault(key, []).append((n, n + 1))
        back = refund_of(found, ranges)
        paid += back.net_minor + back.tax_minor - back.charges_minor
        discount += back.discount_minor
    assert paid == sum(line.total.minor for line in found.lines)
    assert discount == found.discount_total.minor


def equal_requests_give_equal_quotes(
    request: QuoteRequest, rules: list[Promotion], found: Quote
) -> None:
    again = compute(request, compile_promotions(rules[::-1], currency="EUR"))
    assert msgspec.json.encode(again) == msgspec.json.encode(found)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Quote) == found


def order_of_lines_does_not_matter(
    request: QuoteRequest, promotions: CompiledPromotions, found: Quote, rng: Random
) -> None:
    lines = list(request.lines)
    rng.shuffle(lines)
    other = compute(msgspec.structs.replace(request, lines=tuple(lines)), promotions)
    assert {line.key: line for line in other.lines} == {line.key: line for line in found.lines}
    assert (other.total, other.taxes, other.promotions, other.hash) == (
        found.total,
        found.taxes,
        found.promotions,
        found.hash,
    )


def explanation_agrees(request: QuoteRequest, promotions: CompiledPromotions, found: Quote) -> None:
    told = explain(request, promotions)
    names = [verdict.promotion for verdict in told.verdicts]
    assert len(names) == len(set(names))
    assert len(names) == len(promotions.rules) + len(promotions.disabled)
    applied = [one for one in told.verdicts if one.outcome == "applied"]
    assert applied == [one for one in found.promotions if one.outcome == "applied"]


def more_discount_is_not_dearer(
    request: QuoteRequest, promotions: CompiledPromotions, found: Quote, seed: int
) -> None:
    """A grant on top lowers the tax base and what is paid, or leaves them (B2, D7)."""
    if request.given is not None or any(not one.stacks for one in request.discounts):
        return
    if request.shipping is not None and request.shipping.free_from is not None:
        return
    grant = Discount(rule="more", reason="more", target="order", amount_minor=seed % 997)
    more = compute(
        msgspec.structs.replace(request, discounts=(*request.discounts, grant)), promotions
    )
    assert more.net_total.minor <= found.net_total.minor
    assert more.total.minor <= found.total.minor
