"""How a payment provider writes amounts, where it deviates from ISO 4217 (DOMAIN.md A2).

Only a provider's adapter uses a `Denomination`; everybody else speaks ISO minor units. A wrong
factor here charges a hundredfold, so what does not convert exactly is refused, never rounded.
"""

from collections.abc import Mapping

import msgspec

from argosy.kernel.money import Money, exponent


class NotRepresentable(ValueError):
    """The amount cannot be written in the provider's unit without losing some of it."""


class Denomination(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's table: currency -> exponent where it is not ISO's, and multiples it insists on.

    `exponents` holds only the deviations. `steps` holds, in the provider's unit, what every
    amount of that currency must be a multiple of.
    """

    exponents: Mapping[str, int] = {}
    steps: Mapping[str, int] = {}

    def to_wire(self, amount: Money) -> int:
        """Return the integer that the provider reads as `amount`. Raises NotRepresentable."""
        shift = self._shift(amount.currency)
        if shift >= 0:
            wire = amount.minor * _power(shift)
        else:
            wire, rest = divmod(amount.minor, _power(-shift))
            if rest:
                raise NotRepresentable(f"{amount} is finer than the provider's unit")
        step = self.steps.get(amount.currency, 1)
        if wire % step:
            raise NotRepresentable(f"{amount} is not a multiple of {step} in the provider's unit")
        return wire

    def from_wire(self, wire: int, currency: str) -> Money:
        """Return the amount that the provider wrote. Raises NotRepresentable, UnknownCurrency."""
        shift = self._shift(currency)
        if shift <= 0:
            return Money(wire * _power(-shift), currency)
        minor, rest = divmod(wire, _power(shift))
        if rest:
            raise NotRepresentable(f"{wire} of the provider is finer than a minor {currency}")
        return Money(minor, currency)

    def _shift(self, currency: str) -> int:
        iso = exponent(currency)
        return self.exponents.get(currency, iso) - iso


def _power(places: int) -> int:
    return int(10**places)
