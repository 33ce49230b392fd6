"""What a return of units gives back: a look-up in the frozen quote, never a re-computation.

DOMAIN.md rule 33, A9, B6, L2, and no. 12 of the complaints in the field: the amounts were given to
units when the order was placed. Returning everything, in whatever steps, gives exactly what was
paid.
"""

from collections.abc import Iterable, Mapping

import msgspec

from argosy.kernel.rounding import half_up
from argosy.modules.quote.types import Quote, QuoteCharge, QuoteLine


class UnitsRefund(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid for some units, in minor units: total = net + tax."""

    units: int
    net_minor: int
    tax_minor: int
    discount_minor: int
    charges_minor: int = 0
    """What of net + tax is deposits and fees that go back with the units (B14)."""

    @property
    def total_minor(self) -> int:
        """What goes back to the customer for these units."""
        return self.net_minor + self.tax_minor


def paid_for(line: QuoteLine, start: int, stop: int) -> UnitsRefund:
    """Return what was paid for the line's units [start, stop), counted from 0.

    ValueError if there are no such units.
    """
    if not 0 <= start <= stop <= line.quantity:
        raise ValueError(f"line {line.key} has no units {start} to {stop}")
    position = net = tax = discount = 0
    for share in line.units:
        count = min(stop, position + share.count) - max(start, position)
        if count > 0:
            net += count * share.net_minor
            tax += count * share.tax_minor
            discount += count * share.discount_minor
        position += share.count
    return UnitsRefund(units=stop - start, net_minor=net, tax_minor=tax, discount_minor=discount)


def refund_of(quote: Quote, returned: Mapping[str, Iterable[tuple[int, int]]]) -> UnitsRefund:
    """Return what was paid for units of several lines, given as ranges [start, stop) by line key.

    Their share of the charges that are returned with units of a line is among it (B14).
    The caller sees to it that no unit is returned twice. Raises KeyError for an unknown line.
    """
    lines = {line.key: line for line in quote.lines}
    units = net = tax = discount = charges = 0
    for key, ranges in returned.items():
        for start, stop in ranges:
            part = paid_for(lines[key], start, stop)
            units += part.units
            net += part.net_minor
            tax += part.tax_minor
            discount += part.discount_minor
            for charge in quote.charges:
                if charge.returned and charge.line == key:
                    of_net, of_tax = charge_for(charge, lines[key], start, stop)
                    net += of_net
                    tax += of_tax
                    charges += of_net + of_tax
    return UnitsRefund(
        units=units,
        net_minor=net,
        tax_minor=tax,
        discount_minor=discount,
        charges_minor=charges,
    )


def charge_for(charge: QuoteCharge, line: QuoteLine, start: int, stop: int) -> tuple[int, int]:
    """Return net and tax of a charge's share of the line's units [start, stop).

    Cumulative, so that all units together give back exactly what was charged (A17).
    """

    def until(total: int, unit: int) -> int:
        return half_up(total * unit, line.quantity)

    net, tax = charge.net.minor, charge.tax.minor
    return until(net, stop) - until(net, start), until(tax, stop) - until(tax, start)
