"""Tax of lines, shipping and charges at the level the policy names (DOMAIN.md rules 8-9, B1-B11).

A tax that is waived while the net price is kept (B8) is computed like any other, and then given to
the buyer as relief: so discounts and shipping prices mean the same to all buyers (B2).
"""

from collections.abc import Sequence
from math import lcm
from typing import Final

import msgspec

from argosy.kernel.allocation import allocate, spread
from argosy.kernel.rounding import ROUNDERS
from argosy.modules.quote.rules.rates import rate_set, split_tax, tax_of, tax_ratio
from argosy.modules.quote.rules.working import Run, WorkingLine
from argosy.modules.quote.types import (
    GivenTax,
    GivenTaxes,
    Policy,
    RateSet,
    Step,
    TaxRate,
    UnitShare,
)

LINE: Final = 0
SHIPPING: Final = 1
CHARGE: Final = 2
"""What an item's key begins with."""
GIFT_KEY: Final = "gift:"


class TaxItem:
    """A base that one rate set taxes: a line, a charge, or the part of shipping that goes with a
    rate set. `computed` are the rates that the tax is computed by: those in the price, if they are
    taken out of it. `net` is the base without its taxes, charged and waived.
    """

    __slots__ = ("base", "computed", "key", "net", "parts", "rates", "relief", "tax", "work")

    def __init__(
        self, key: tuple[int, str], rates: RateSet, base: int, work: WorkingLine | None = None
    ) -> None:
        self.key = key
        self.rates = rates
        self.computed = rates
        self.base = base
        self.tax = 0
        self.relief = 0
        self.net = 0
        self.parts: list[int] = []
        self.work = work


def shipping_parts(
    policy: Policy, left_minor: int, own: RateSet, working: Sequence[WorkingLine]
) -> list[TaxItem]:
    """Say which rate sets tax the shipping, and how much of it each (B9, B10)."""
    goods = () if policy.shipping_tax == "own" else [work for work in working if work.line.goods]
    if not goods:
        return [TaxItem((SHIPPING, own.key), own, left_minor)]
    if policy.shipping_tax == "highest":
        rates = _highest(goods)
        return [TaxItem((SHIPPING, rates.key), rates, left_minor)]
    by_key = {work.line.rates.key: work.line.rates for work in goods}
    if len(by_key) == 1:
        rates = goods[0].line.rates
        return [TaxItem((SHIPPING, rates.key), rates, left_minor)]
    weights = _goods_value(goods)
    parts = allocate(left_minor, weights)
    return [
        TaxItem((SHIPPING, key), by_key[key], parts[key]) for key in sorted(parts) if weights[key]
    ]


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
    values = [work.base for work in goods]
    if not any(values):
        values = [work.subtotal for work in goods]
    if not any(values):
        values = [work.line.quantity for work in goods]
    weights: dict[str, int] = {}
    for work, value in zip(goods, values, strict=True):
        key = work.line.rates.key
        weights[key] = weights.get(key, 0) + value
    return weights


def charge(  # noqa: PLR0912 - each kind of item by itself
    policy: Policy, items: Sequence[TaxItem], steps: list[Step]
) -> None:
    """Fill in the tax of every item, rate and unit, rounded at the policy's level."""
    inclusive = policy.tax_inclusive
    if inclusive:
        for item in items:
            inside = item.rates.inside
            if inside is not None:
                item.computed = inside
    level = policy.tax_rounding
    if level == "rate":
        _per_rate(policy, items, steps)
    elif level == "order":
        _per_order(policy, items, steps)
    else:
        _each(policy, items, steps)
    by_units = level == "unit"
    for item in items:
        whole = item.tax
        if len(item.computed.numerators) == 1:
            item.parts = [whole]
        else:
            item.parts = split_tax(whole, item.base, item.computed, inclusive=inclusive)
        if item.computed is not item.rates:
            _relieve(item, steps)
        item.net = item.base - whole if inclusive else item.base
        work = item.work
        if work is None:
            continue
        if len(work.runs) == 1 and not by_units and whole == item.tax:
            work.units = _equal_units(work.runs[0], whole, inclusive=inclusive)
        else:
            work.units = _unit_shares(policy, item, whole, by_units=by_units)


def _each(policy: Policy, items: Sequence[TaxItem], steps: list[Step]) -> None:
    inclusive, level = policy.tax_inclusive, policy.tax_rounding
    rounder, code = ROUNDERS[policy.rounding], f"tax.{policy.tax_rounding}"
    for item in items:
        rates, base = item.computed, item.base
        numerator, denominator = rates.numerator, rates.denominator
        if inclusive:
            denominator += numerator
        if level == "unit" and item.work is not None:
            item.tax = _by_units(policy, item)
        else:
            item.tax = rounder(base * numerator, denominator)
        steps.append(
            Step(
                code=code,
                subject=item.key[1],
                numbers={
                    "rate_set": rates.key,
                    "base_minor": base,
                    "numerator": numerator,
                    "denominator": denominator,
                    "tax_minor": item.tax,
                },
            )
        )


def charge_given(
    policy: Policy, items: Sequence[TaxItem], given: GivenTaxes, steps: list[Step]
) -> None:
    """Fill in the taxes that an engine has computed, and share them among the units.

    Gift lines that it was not asked about are taxed by their rates. KeyError for a line or charge
    that is neither.
    """
    asked: list[TaxItem] = []
    own: list[TaxItem] = []
    for item in items:
        is_gift = item.work is not None and item.key[1] not in given.lines
        (own if is_gift and item.key[1].startswith(GIFT_KEY) else asked).append(item)
    charge(policy, own, steps)
    for item in asked:
        answer = _given_for(item.key, given)
        rates = [
            TaxRate(
                code=each.code,
                name=each.name,
                jurisdiction=each.jurisdiction,
                rate=each.rate,
                treatment=each.treatment,
            )
            for each in answer
        ]
        key = "engine:" + "+".join(f"{each.code}={each.rate}" for each in answer)
        item.rates = item.computed = rate_set(key, rates)
        item.parts = [each.tax_minor for each in answer]
        item.tax = sum(item.parts)
        item.net = item.base - item.tax if policy.tax_inclusive else item.base
        steps.append(
            Step(
                code="tax.given",
                subject=item.key[1],
                numbers={"base_minor": item.base, "tax_minor": item.tax},
            )
        )
        if item.work is not None:
            item.work.units = _unit_shares(policy, item, item.tax, by_units=False)


def _given_for(key: tuple[int, str], given: GivenTaxes) -> tuple[GivenTax, ...]:
    kind, name = key
    if kind == SHIPPING:
        return given.shipping
    return (given.lines if kind == LINE else given.charges)[name]


def _relieve(item: TaxItem, steps: list[Step]) -> None:
    """Move what the waived rates took from the tax to the relief."""
    waived = [
        rate.treatment != before.treatment
        for rate, before in zip(item.rates.rates, item.computed.rates, strict=True)
    ]
    item.relief = sum(part for part, off in zip(item.parts, waived, strict=True) if off)
    item.parts = [0 if off else part for part, off in zip(item.parts, waived, strict=True)]
    item.tax -= item.relief
    steps.append(
        Step(
            code="tax.relief",
            subject=item.key[1],
            numbers={"rate_set": item.rates.key, "relief_minor": item.relief},
        )
    )


def _by_units(policy: Policy, item: TaxItem) -> int:
    assert item.work is not None
    numerator, denominator = tax_ratio(item.computed, inclusive=policy.tax_inclusive)
    rounder = ROUNDERS[policy.rounding]
    return sum(count * rounder(left * numerator, denominator) for count, _, left in item.work.runs)


def _per_rate(policy: Policy, items: Sequence[TaxItem], steps: list[Step]) -> None:
    groups: dict[str, list[TaxItem]] = {}
    for item in items:
        groups.setdefault(item.computed.key, []).append(item)
    for key, group in groups.items():
        base, rates = sum(item.base for item in group), group[0].computed
        tax = tax_of(base, rates, inclusive=policy.tax_inclusive, mode=policy.rounding)
        steps.append(_step(policy, key, base, rates, tax))
        # Within one rate the exact taxes are in the proportion of the bases.
        if tax:
            shares = allocate(tax, {item.key: item.base for item in group})
            for item in group:
                item.tax = shares[item.key]


def _per_order(policy: Policy, items: Sequence[TaxItem], steps: list[Step]) -> None:
    ratios = [tax_ratio(item.computed, inclusive=policy.tax_inclusive) for item in items]
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


def _unit_shares(
    policy: Policy, item: TaxItem, whole: int, *, by_units: bool
) -> tuple[UnitShare, ...]:
    """The units of a line; `whole` is its tax with what was waived of it."""
    work, inclusive = item.work, policy.tax_inclusive
    assert work is not None
    runs = work.runs
    if by_units:
        numerator, denominator = tax_ratio(item.computed, inclusive=inclusive)
        rounder = ROUNDERS[policy.rounding]
        taxes = [[(count, rounder(left * numerator, denominator))] for count, _, left in runs]
    elif len(runs) == 1:
        shares = _equal_units(runs[0], whole, inclusive=inclusive)
        return shares if whole == item.tax else _with_tax(shares, item.tax)
    else:
        # An engine may tax what costs nothing (a sample is a supply, B15): then by quantity (A8).
        free = whole > 0 and not item.base
        taxes = spread(whole, [(count, 1 if free else left) for count, _, left in runs])
    shares = tuple(
        [
            UnitShare(
                count=count,
                subtotal_minor=subtotal,
                discount_minor=subtotal - left,
                net_minor=left - tax if inclusive else left,
                tax_minor=tax,
            )
            for (_, subtotal, left), parts in zip(runs, taxes, strict=True)
            for count, tax in parts
        ]
    )
    return shares if whole == item.tax else _with_tax(shares, item.tax)


def _equal_units(run: Run, tax: int, *, inclusive: bool) -> tuple[UnitShare, ...]:
    """Units that cost the same share a tax evenly, the first ones more: as `spread` does it, also
    for those that cost nothing.
    """
    count, subtotal, left = run
    discount = subtotal - left
    each, more = divmod(tax, count)
    rest = UnitShare(
        count=count - more,
        subtotal_minor=subtotal,
        discount_minor=discount,
        net_minor=left - each if inclusive else left,
        tax_minor=each,
    )
    if not more:
        return (rest,)
    dearer = UnitShare(
        count=more,
        subtotal_minor=subtotal,
        discount_minor=discount,
        net_minor=left - each - 1 if inclusive else left,
        tax_minor=each + 1,
    )
    return (dearer, rest)


def _with_tax(shares: Sequence[UnitShare], tax: int) -> tuple[UnitShare, ...]:
    """The units with what is left of their taxes after the relief."""
    parts = spread(tax, [(share.count, share.tax_minor) for share in shares])
    return tuple(
        msgspec.structs.replace(share, count=count, tax_minor=each)
        for share, runs in zip(shares, parts, strict=True)
        for count, each in runs
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
