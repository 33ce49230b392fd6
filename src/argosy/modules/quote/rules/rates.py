"""Rates compiled to integers, and the tax of a base (DOMAIN.md rule 8, B1, B11)."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

import msgspec

from argosy.kernel.allocation import allocate
from argosy.kernel.rounding import ROUNDERS, Rounding
from argosy.modules.quote.types import RateSet, TaxRate, Treatment


def rate_set(key: str, rates: Sequence[TaxRate]) -> RateSet:
    """Compile rates, in their order, into exact shares of a net base.

    A compound rate applies to the base plus all taxes before it. Rates are between 0 and 10
    (1000 %); ValueError otherwise. `key` names the set in quotes and groups equal goods.
    """
    shares: list[Fraction] = []
    for rate in rates:
        if not rate.rate.is_finite() or not 0 <= rate.rate <= 10:
            raise ValueError(f"rate {rate.code} is {rate.rate}, not between 0 and 10")
        share = Fraction(rate.rate)
        shares.append(share * (1 + sum(shares)) if rate.compound else share)
    denominator = lcm(*(share.denominator for share in shares)) if shares else 1
    numerators = tuple(int(share * denominator) for share in shares)
    return RateSet(
        key=key,
        rates=tuple(rates),
        numerators=numerators,
        numerator=sum(numerators),
        denominator=denominator,
    )


def waived(
    rates: RateSet,
    treatment: Treatment,
    *,
    name: str,
    note: str,
    keep_net: bool,
    only: Collection[str] | None = None,
) -> RateSet:
    """Return the set with its taxes (or those of `only` these codes) not charged, and why (B5).

    `keep_net`: where a price contains tax, the buyer does not pay what is waived; otherwise the
    seller keeps the gross price (B8): two sets, and two keys. Taxes that are zero for a reason of
    their own stay as they are, and a set without any to waive is returned itself.
    """
    chosen = [
        rate.treatment == "standard" and (only is None or rate.code in only) for rate in rates.rates
    ]
    if not any(chosen):
        return rates
    left = [
        TaxRate(
            code=f"{rate.code}.{treatment}",
            name=name,
            jurisdiction=rate.jurisdiction,
            rate=Decimal(0),
            treatment=treatment,
            note=note,
        )
        if waive
        else rate
        for rate, waive in zip(rates.rates, chosen, strict=True)
    ]
    if not keep_net:
        return rate_set(f"{rates.key}:{treatment}", left)
    return msgspec.structs.replace(rate_set(f"{rates.key}:{treatment}:net", left), inside=rates)


NO_RATES = rate_set("none", ())
"""Outside every tax zone: no rate applies, none is shown."""


def tax_ratio(rates: RateSet, *, inclusive: bool) -> tuple[int, int]:
    """Return the exact share of tax in a base: net if exclusive, gross if inclusive (B1)."""
    if inclusive:
        return rates.numerator, rates.denominator + rates.numerator
    return rates.numerator, rates.denominator


def tax_of(base_minor: int, rates: RateSet, *, inclusive: bool, mode: Rounding) -> int:
    """Return the tax of a base, rounded once; an inclusive base contains it."""
    numerator, denominator = tax_ratio(rates, inclusive=inclusive)
    return ROUNDERS[mode](base_minor * numerator, denominator)


def regrossed(amount_minor: int, home: RateSet, there: RateSet, mode: Rounding) -> int:
    """Return the gross price that leaves there the net that it leaves at home (rule 11, B8).

    119.00 at 19 % is 120.00 at 20 % and 100.00 where no tax is due. Rounded once.
    """
    if home.key == there.key:
        return amount_minor
    numerator = amount_minor * (there.denominator + there.numerator) * home.denominator
    return ROUNDERS[mode](numerator, there.denominator * (home.denominator + home.numerator))


def split_tax(tax_minor: int, base_minor: int, rates: RateSet, *, inclusive: bool) -> list[int]:
    """Share a tax among the rates of the set by their exact amounts; the parts sum to it (B11)."""
    numerators = rates.numerators
    if len(numerators) <= 1:
        return [tax_minor] * len(numerators)
    _, denominator = tax_ratio(rates, inclusive=inclusive)
    exact = [divmod(base_minor * numerator, denominator) for numerator in numerators]
    parts = [floor for floor, _ in exact]
    left = tax_minor - sum(parts)
    if not 0 <= left <= len(parts):
        # The line's tax is its share of a group's: no longer its own exact tax, rounded.
        return list(allocate(tax_minor, dict(enumerate(numerators))).values())
    by_remainder = sorted(range(len(parts)), key=lambda index: (-exact[index][1], index))
    for index in by_remainder[:left]:
        parts[index] += 1
    return parts
