"""Tax of lines and shipping at the level the policy names (DOMAIN.md rules 8-9, B1-B4, B9-B11)."""

from collections.abc import Sequence
from math import lcm

from argosy.kernel.allocation import allocate, spread
from argosy.kernel.rounding import ROUNDERS
from argosy.modules.quote.rules.rates import split_tax, tax_of, tax_ratio
from argosy.modules.quote.rules.working import WorkingLine
from argosy.modules.quote.types import Policy, RateSet, Step, UnitShare


class TaxItem:
    """A base that one rate set taxes: a line, or the part of shipping that goes with a rate set."""

    __slots__ = ("base", "key", "parts", "rates", "tax", "work")

    def __init__(
        self, key: tuple[int, str], rates: RateSet, base: int, work: WorkingLine | None = None
    ) -> None:
        self.key = key
        self.rates = rates
        self.base = base
        self.tax = 0
        self.parts: list[int] = []
        self.work = work


def shipping_parts(
    policy: Policy, left_minor: int, own: RateSet, working: Sequence[WorkingLine]
) -> list[TaxItem]:
    """Say which rate sets tax the shipping, and how much of it each (B9, B10)."""
    goods = [work for work in working if work.line.goods]
    if policy.shipping_tax == "own" or not goods:
        return [TaxItem((1, own.key), own, left_minor)]
    if policy.shipping_tax == "highest":
        rates = _highest(goods)
        return [TaxItem((1, rates.key), rates, left_minor)]
    by_key = {work.line.rates.key: work.line.rates for work in goods}
    if len(by_key) == 1:
        rates = goods[0].line.rates
        return [TaxItem((1, rates.key), rates, left_minor)]
    weights = _goods_value(goods)
    parts = allocate(left_minor, weights)
    return [TaxItem((1, key), by_key[key], parts[key]) for key in sorted(parts) if weights[key]]


def _highest(goods: Sequence[WorkingLine]) -> RateSet:
    best = goods[0].line.rates
    for work in goods:
        rates = work.line.rates
        mine = rates.numerator * best.denominator
        others = best.numerator * rates.denominator
        if mine > others or (mine == others and rates.key < best.key):
            best = rates
    return best


def _goods_value(goods: Sequence[WorkingLine]) -> dict[str, int]:
    # Goods that were given away still decide: by their price before discounts, or by quantity.
    if any(work.base for work in goods):
        values = [work.base for work in goods]
    elif any(work.subtotal for work in goods):
        values = [work.subtotal for work in goods]
    else:
        values = [work.line.quantity for work in goods]
    weights: dict[str, int] = {}
    for work, value in zip(goods, values, strict=True):
        key = work.line.rates.key
        weights[key] = weights.get(key, 0) + value
    return weights


def charge(policy: Policy, items: Sequence[TaxItem], steps: list[Step]) -> None:
    """Fill in the tax of every item, rate and unit, rounded at the policy's level."""
    level = policy.tax_rounding
    if level == "rate":
        _per_rate(policy, items, steps)
    elif level == "order":
        _per_order(policy, items, steps)
    else:
        for item in items:
            if level == "unit" and item.work is not None:
                item.tax = _by_units(policy, item.work)
            else:
                item.tax = tax_of(
                    item.base, item.rates, inclusive=policy.tax_inclusive, mode=policy.rounding
                )
            steps.append(_step(policy, item.key[1], item.base, item.rates, item.tax))
    for item in items:
        item.parts = split_tax(item.tax, item.base, item.rates, inclusive=policy.tax_inclusive)
        if item.work is not None:
            item.work.tax = item.tax
            item.work.units = _unit_shares(policy, item.work)


def _by_units(policy: Policy, work: WorkingLine) -> int:
    numerator, denominator = tax_ratio(work.line.rates, inclusive=policy.tax_inclusive)
    rounder = ROUNDERS[policy.rounding]
    return sum(count * rounder(left * numerator, denominator) for count, _, left in work.runs)


def _per_rate(policy: Policy, items: Sequence[TaxItem], steps: list[Step]) -> None:
    groups: dict[str, list[TaxItem]] = {}
    for item in items:
        groups.setdefault(item.rates.key, []).append(item)
    for key, group in groups.items():
        base, rates = sum(item.base for item in group), group[0].rates
        tax = tax_of(base, rates, inclusive=policy.tax_inclusive, mode=policy.rounding)
        steps.append(_step(policy, key, base, rates, tax))
        # Within one rate the exact taxes are in the proportion of the bases.
        if tax:
            shares = allocate(tax, {item.key: item.base for item in group})
            for item in group:
                item.tax = shares[item.key]


def _per_order(policy: Policy, items: Sequence[TaxItem], steps: list[Step]) -> None:
    ratios = [tax_ratio(item.rates, inclusive=policy.tax_inclusive) for item in items]
    scale = lcm(*(denominator for _, denominator in ratios)) if ratios else 1
    exact = {
        item.key: item.base * numerator * (scale // denominator)
        for item, (numerator, denominator) in zip(items, ratios, strict=True)
    }
    tax = ROUNDERS[policy.rounding](sum(exact.values()), scale)
    steps.append(
        Step(
            code="tax.order", numbers={"exact": f"{sum(exact.values())}/{scale}", "tax_minor": tax}
        )
    )
    if tax:
        shares = allocate(tax, exact)
        for item in items:
            item.tax = shares[item.key]


def _unit_shares(policy: Policy, work: WorkingLine) -> tuple[UnitShare, ...]:
    if policy.tax_rounding == "unit":
        numerator, denominator = tax_ratio(work.line.rates, inclusive=policy.tax_inclusive)
        rounder = ROUNDERS[policy.rounding]
        taxes = [[(count, rounder(left * numerator, denominator))] for count, _, left in work.runs]
    else:
        taxes = spread(work.tax, [(count, left) for count, _, left in work.runs])
    inclusive = policy.tax_inclusive
    return tuple(
        UnitShare(
            count=count,
            subtotal_minor=subtotal,
            discount_minor=subtotal - left,
            net_minor=left - tax if inclusive else left,
            tax_minor=tax,
        )
        for (_, subtotal, left), parts in zip(work.runs, taxes, strict=True)
        for count, tax in parts
    )


def _step(policy: Policy, subject: str, base: int, rates: RateSet, tax: int) -> Step:
    numerator, denominator = tax_ratio(rates, inclusive=policy.tax_inclusive)
    return Step(
        code=f"tax.{policy.tax_rounding}",
        subject=subject,
        numbers={
            "rate_set": rates.key,
            "base_minor": base,
            "numerator": numerator,
            "denominator": denominator,
            "tax_minor": tax,
        },
    )
