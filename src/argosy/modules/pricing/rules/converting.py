"""Prices of one currency proposed in another, by a rate that is on record (DOMAIN.md A14, A15)."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

from argosy.kernel.money import exponent
from argosy.kernel.rounding import rounded
from argosy.modules.pricing.errors import PriceInvalid, RatesStale, RateUnknown
from argosy.modules.pricing.types import ReferenceRates


def cross_rate(rates: ReferenceRates, source: str, target: str) -> Fraction:
    """How much of `target` one unit of `source` is worth. Raises RateUnknown."""
    found = []
    for currency in (source, target):
        rate = Decimal(1) if currency == rates.base else rates.rates.get(currency)
        if rate is None or not rate.is_finite() or rate <= 0:
            raise RateUnknown(f"{rates.source} has no rate of {currency}.", field="rates")
        found.append(Fraction(rate))
    return found[1] / found[0]


def check_fresh(rates: ReferenceRates, today: date, max_age_days: int) -> None:
    """Raise RatesStale for rates that are older than that, or of a day to come."""
    age = (today - rates.as_of).days
    if not 0 <= age <= max_age_days:
        raise RatesStale(
            f"The rates are of {rates.as_of}, {age} days ago.",
            field="rates",
            as_of=rates.as_of.isoformat(),
        )


def check_ending(ending: str | None) -> None:
    """Raise PriceInvalid unless it is some digits."""
    if ending is not None and not (ending.isascii() and ending.isdigit() and len(ending) <= 6):
        raise PriceInvalid("This is no ending of prices.", field="ending", cure="Digits, like 99.")


def converted(
    amount_minor: int, rate: Fraction, *, source: str, target: str, ending: str | None = None
) -> int:
    """An amount in minor units of `target`, rounded once: half up, or to the nearest amount that
    ends so ("99": 12.99), the higher of two that are as near. Never 0 with an ending.
    """
    worth = Fraction(amount_minor, 10 ** exponent(source)) * rate
    exact: Fraction = worth * 10 ** exponent(target)
    if ending is None:
        return rounded(exact)
    step, last = int("1" + "0" * len(ending)), int(ending)
    below = floor((exact - last) / step) * step + last
    nearest: int = below if exact - below < below + step - exact else below + step
    return nearest if nearest > 0 else nearest + step


def least_price(cost_minor: int, margin_percent: Decimal, tax_percent: Decimal) -> int:
    """The lowest price, with so much tax in it, that leaves the margin over the cost."""
    net = Fraction(cost_minor) / (1 - Fraction(margin_percent) / 100)
    return -floor(-net * (1 + Fraction(tax_percent) / 100))
