"""The price per kilogram, litre, metre or piece (C7; directive 98/6/EC)."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from argosy.kernel.rounding import DEFAULT_ROUNDING, Rounding, rounded
from argosy.modules.pricing.errors import MeasureInvalid
from argosy.modules.pricing.types import Measure

UNITS: Final[dict[str, tuple[str, Fraction]]] = {
    "mg": ("mass", Fraction(1)),
    "g": ("mass", Fraction(1000)),
    "kg": ("mass", Fraction(1_000_000)),
    "oz": ("mass", Fraction(Decimal("28349.523125"))),
    "lb": ("mass", Fraction(Decimal("453592.37"))),
    "ml": ("volume", Fraction(1)),
    "cl": ("volume", Fraction(10)),
    "l": ("volume", Fraction(1000)),
    "m3": ("volume", Fraction(1_000_000)),
    "fl_oz": ("volume", Fraction(Decimal("29.5735295625"))),
    "mm": ("length", Fraction(1)),
    "cm": ("length", Fraction(10)),
    "m": ("length", Fraction(1000)),
    "cm2": ("area", Fraction(1)),
    "m2": ("area", Fraction(10_000)),
    "piece": ("count", Fraction(1)),
}
"""Units of content with what they measure and how much of its smallest unit they are."""
_BASES: Final = {"mass": "kg", "volume": "l", "length": "m", "area": "m2", "count": "piece"}
_LARGEST: Final = 10**9


def default_base(unit: str) -> str:
    """Return the unit that prices are told per: kg, l, m, m2 or piece. Raises MeasureInvalid."""
    return _BASES[_known(unit, "unit")[0]]


def check_measure(measure: Measure, *, index: int = 0) -> None:
    """Raise MeasureInvalid naming the field of the measure at that place of the request."""
    path = f"measures.{index}"
    what, _ = _known(measure.unit, f"{path}.unit")
    if _known(measure.base_unit, f"{path}.base_unit")[0] != what:
        raise MeasureInvalid(
            f"A price of goods in {measure.unit} cannot be told per {measure.base_unit}.",
            field=f"{path}.base_unit",
            cure=f"Use a unit of {what}, for example {_BASES[what]}.",
        )
    for field in ("content", "drained", "base_quantity"):
        amount: Decimal | None = getattr(measure, field)
        if amount is not None and not (amount.is_finite() and 0 < amount < _LARGEST):
            raise MeasureInvalid(
                f"The measure's {field} is not possible.",
                field=f"{path}.{field}",
                cure="More than 0 and less than 10^9.",
            )


def _known(unit: str, field: str) -> tuple[str, Fraction]:
    found = UNITS.get(unit)
    if found is None:
        raise MeasureInvalid(
            f"There is no unit {unit!r}.", field=field, cure=f"Use one of {', '.join(UNITS)}."
        )
    return found


def unit_price(
    amount_minor: int, measure: Measure, *, units: int = 1, mode: Rounding = DEFAULT_ROUNDING
) -> int:
    """Return the price per `base_quantity` `base_unit` in minor units, rounded once (C7).

    `amount_minor` is what `units` units really cost, discounts taken off. The drained weight counts
    where there is one.
    """
    held = Fraction(measure.drained or measure.content) * UNITS[measure.unit][1] * units
    base = Fraction(measure.base_quantity) * UNITS[measure.base_unit][1]
    return rounded(amount_minor * base / held, mode)
