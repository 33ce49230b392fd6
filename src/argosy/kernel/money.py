"""Money: an integer of the currency's minor unit, and its currency (DOMAIN.md rules 1-4, A1-A17).

There is no float and no division here: a division of money is an allocation
(`kernel/allocation.py`) or a rate applied and rounded once (`kernel/rounding.py`). Parsing and
formatting for people belong to the edge, where a locale is known.
"""

from decimal import Decimal
from typing import Final

import msgspec

from argosy.kernel.iso4217 import EXPONENTS
from argosy.kernel.rounding import DEFAULT_ROUNDING, ROUNDERS, Rounding

_LIMIT: Final = 2**63

CASH_STEPS: Final[dict[str, int]] = {"AUD": 5, "CAD": 5, "CHF": 5, "DKK": 50, "NZD": 10, "SEK": 100}
"""Smallest coin in minor units, where it is larger than the minor unit (A11)."""


class UnknownCurrency(ValueError):
    """The code is not a currency in use with a minor unit, or is not in capitals."""


class CurrencyMismatch(TypeError):
    """Amounts of two currencies met in one operation: a conversion must be explicit (A13)."""


class InexactAmount(ValueError):
    """The decimal has more places than the currency: rounding it silently would change it."""


def exponent(currency: str) -> int:
    """Return how many decimal places the currency has. Raises UnknownCurrency."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(f"{currency!r} is not a currency of ISO 4217") from None


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in minor units: Money(1999, "USD") is 19.99 US dollars; Money(80, "JPY") is 80 yen.

    Compares, adds and subtracts within one currency only (CurrencyMismatch); 0 EUR is not equal
    to 0 USD. Multiplies by an int. On the wire: {"minor": 1999, "currency": "USD"}, where `minor`
    is a 64-bit integer, never a float (A12).
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what the type checker cannot: floats and bools, unknown codes, beyond 64 bits."""
        minor = self.minor
        if type(minor) is int and -_LIMIT <= minor < _LIMIT and self.currency in EXPONENTS:
            return
        if type(minor) is not int:
            raise TypeError(f"minor units are an int, not {type(minor).__name__}")
        if self.currency not in EXPONENTS:
            raise UnknownCurrency(f"{self.currency!r} is not a currency of ISO 4217")
        raise ValueError("amount does not fit 64 bits")

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing, in that currency."""
        return cls(0, currency)

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> "Money":
        """Read an exact amount in major units: 1.234 KWD is 1234.

        Raises InexactAmount when the currency has fewer places, UnknownCurrency.
        """
        scaled = amount.scaleb(exponent(currency))
        if not amount.is_finite() or scaled != scaled.to_integral_value():
            raise InexactAmount(f"{amount} has more decimal places than {currency}")
        return cls(int(scaled), currency)

    def to_decimal(self) -> Decimal:
        """Return the exact amount in major units with the currency's places: 1234 KWD is 1.234."""
        return Decimal(self.minor).scaleb(-EXPONENTS[self.currency])

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor + other._in(self.currency), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor - other._in(self.currency), self.currency)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            return NotImplemented
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor < other._in(self.currency)

    def __le__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor <= other._in(self.currency)

    def __gt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor > other._in(self.currency)

    def __ge__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor >= other._in(self.currency)

    def __str__(self) -> str:
        return f"{self.to_decimal():f} {self.currency}"

    def _in(self, currency: str) -> int:
        if self.currency != currency:
            raise CurrencyMismatch(f"{self.currency} met {currency}")
        return self.minor


class Coins(dict[int, Money]):
    """Amounts of one currency by their minor units, each made once: see `coins`."""

    __slots__ = ("currency",)

    def __init__(self, currency: str) -> None:
        super().__init__()
        self.currency = currency

    def __missing__(self, minor: int) -> Money:
        if len(self) >= _KEPT:
            self.clear()
        made = self[minor] = Money(minor, self.currency)
        return made


_KEPT: Final = 20_000
_COINS: Final[dict[str, Coins]] = {}


def coins(currency: str) -> Coins:
    """Return what gives an amount of the currency for its minor units: `coins("EUR")[1999]`.

    For hot paths: the amounts of a shop repeat, and looking one up takes a tenth of making it. No
    more than some thousands are kept. Raises UnknownCurrency, and what Money raises.
    """
    found = _COINS.get(currency)
    if found is None:
        exponent(currency)
        found = _COINS.setdefault(currency, Coins(currency))
    return found


def cash_rounding(
    total: Money, step_minor: int | None = None, mode: Rounding = DEFAULT_ROUNDING
) -> Money:
    """Return the line that rounds a total paid in cash: 10.02 CHF gives -0.02 (A11).

    For cash tender only, and always shown as a line of its own. `step_minor` defaults to the
    currency's smallest coin.
    """
    step = CASH_STEPS.get(total.currency, 1) if step_minor is None else step_minor
    return Money(ROUNDERS[mode](total.minor, step) * step - total.minor, total.currency)
