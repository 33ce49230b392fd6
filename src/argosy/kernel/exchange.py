"""Exchange rates as recorded facts (DOMAIN.md rule 4, A14, A15): never looked up at read time."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from argosy.kernel.money import CurrencyMismatch, Money, exponent
from argosy.kernel.rounding import DEFAULT_ROUNDING, ROUNDERS, Rounding, exact_ratio


class RateMissing(LookupError):
    """No rate is recorded on or before the day."""


class ExchangeRate(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of `base` is `rate` units of `quote`, as `source` published it on `as_of`.

    Stored whole beside every amount converted with it, so that a refund, a settlement or a book
    entry can be explained later.
    """

    base: str
    quote: str
    rate: Decimal
    source: str
    as_of: date

    def convert(self, amount: Money, mode: Rounding = DEFAULT_ROUNDING) -> Money:
        """Return the amount in `quote`, rounded once. Raises CurrencyMismatch."""
        if amount.currency != self.base:
            raise CurrencyMismatch(f"{amount.currency} met a rate of {self.base}")
        numerator, denominator = exact_ratio(self.rate)
        shift = exponent(self.quote) - exponent(self.base)
        if shift >= 0:
            numerator *= 10**shift
        else:
            denominator *= 10**-shift
        return Money(ROUNDERS[mode](amount.minor * numerator, denominator), self.quote)


def most_recent_on_or_before(rates: Iterable[ExchangeRate], day: date) -> ExchangeRate:
    """Return the rate in force on a day: publishers skip weekends and holidays (A15).

    Raises RateMissing when every rate is later: a later rate is never used for an earlier day.
    """
    known = [rate for rate in rates if rate.as_of <= day]
    if not known:
        raise RateMissing(f"no rate on or before {day.isoformat()}")
    return max(known, key=lambda rate: rate.as_of)


def exchange_difference(amount: Money, booked: ExchangeRate, settled: ExchangeRate) -> Money:
    """Return the gain (+) or loss (-) in book currency of receiving `amount` now instead of then.

    A refund is paid in the presentment amount (A14): its difference is this, negated.
    """
    return settled.convert(amount) - booked.convert(amount)
