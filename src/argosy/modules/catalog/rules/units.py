"""Units of measure: exact conversion to one canonical unit of each dimension (DOMAIN.md E6).

Factors are exact by definition (international yard and pound, SI prefixes). What cannot be written
with twelve decimals in the canonical unit is rounded half even and flagged as lossy.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from argosy.modules.catalog.types import Measured, NumberValue

DECIMALS: Final = 12


class Unit(NamedTuple):
    """One unit: `canonical value = value * factor + offset`."""

    dimension: str
    factor: Fraction
    offset: Fraction = Fraction(0)


def _units(dimension: str, factors: Mapping[str, str]) -> dict[str, Unit]:
    return {symbol: Unit(dimension, Fraction(factor)) for symbol, factor in factors.items()}


CANONICAL: Final[Mapping[str, str]] = {
    "angle": "deg", "area": "m2", "charge": "mAh", "current": "A", "data": "B",
    "data_rate": "bit/s", "energy": "J", "flow": "l/min", "force": "N", "frequency": "Hz",
    "illuminance": "lx", "length": "mm", "luminous_flux": "lm", "mass": "g", "power": "W",
    "pressure": "Pa", "ratio": "%", "resistance": "ohm", "sound": "dB", "speed": "km/h",
    "temperature": "C", "time": "s", "torque": "Nm", "voltage": "V", "volume": "ml",
    "weight_per_area": "g/m2",
}  # fmt: skip
"""Each dimension with the unit that its values are compared in."""

UNITS: Final[Mapping[str, Unit]] = {
    **_units("mass", {"g": "1", "mg": "0.001", "kg": "1000", "t": "1000000", "lb": "453.59237",
                      "oz": "28.349523125", "st": "6350.29318"}),
    **_units("length", {"mm": "1", "um": "0.001", "cm": "10", "dm": "100", "m": "1000",
                        "km": "1000000", "in": "25.4", "ft": "304.8", "yd": "914.4",
                        "mi": "1609344"}),
    **_units("area", {"m2": "1", "mm2": "0.000001", "cm2": "0.0001", "ha": "10000",
                      "in2": "0.00064516", "ft2": "0.09290304", "yd2": "0.83612736"}),
    **_units("volume", {"ml": "1", "cl": "10", "dl": "100", "l": "1000", "m3": "1000000",
                        "cm3": "1", "mm3": "0.001", "in3": "16.387064", "ft3": "28316.846592",
                        "fl oz": "29.5735295625", "pt": "473.176473", "qt": "946.352946",
                        "gal": "3785.411784"}),
    **_units("time", {"s": "1", "ms": "0.001", "us": "0.000001", "ns": "0.000000001",
                      "min": "60", "h": "3600", "d": "86400", "wk": "604800"}),
    **_units("power", {"W": "1", "mW": "0.001", "kW": "1000", "MW": "1000000"}),
    **_units("energy", {"J": "1", "kJ": "1000", "MJ": "1000000", "Wh": "3600", "kWh": "3600000",
                        "cal": "4.184", "kcal": "4184"}),
    **_units("voltage", {"V": "1", "mV": "0.001", "kV": "1000"}),
    **_units("current", {"A": "1", "mA": "0.001", "kA": "1000"}),
    **_units("charge", {"mAh": "1", "Ah": "1000"}),
    **_units("resistance", {"ohm": "1", "kohm": "1000", "Mohm": "1000000"}),
    **_units("frequency", {"Hz": "1", "kHz": "1000", "MHz": "1000000", "GHz": "1000000000"}),
    **_units("data", {"B": "1", "kB": "1000", "MB": "1000000", "GB": "1000000000",
                      "TB": "1000000000000", "KiB": "1024", "MiB": "1048576",
                      "GiB": "1073741824", "TiB": "1099511627776"}),
    **_units("data_rate", {"bit/s": "1", "kbit/s": "1000", "Mbit/s": "1000000",
                           "Gbit/s": "1000000000"}),
    **_units("pressure", {"Pa": "1", "hPa": "100", "kPa": "1000", "MPa": "1000000",
                          "mbar": "100", "bar": "100000"}),
    **_units("force", {"N": "1", "kN": "1000"}),
    **_units("torque", {"Nm": "1"}),
    **_units("flow", {"l/min": "1", "m3/h": str(Fraction(50, 3))}),
    **_units("speed", {"km/h": "1", "m/s": "3.6", "mph": "1.609344"}),
    **_units("angle", {"deg": "1"}),
    **_units("luminous_flux", {"lm": "1"}),
    **_units("illuminance", {"lx": "1"}),
    **_units("sound", {"dB": "1"}),
    **_units("ratio", {"%": "1"}),
    **_units("weight_per_area", {"g/m2": "1", "kg/m2": "1000"}),
    "C": Unit("temperature", Fraction(1)),
    "K": Unit("temperature", Fraction(1), Fraction("-273.15")),
    "F": Unit("temperature", Fraction(5, 9), Fraction(-160, 9)),
}  # fmt: skip
"""Units by symbol. Symbols are case-sensitive: mW is no MW."""

_OTHER_NAMES: Final = {
    "°": "deg", "°c": "C", "°f": "F", "gram": "g", "grams": "g", "kilogram": "kg",
    "kilograms": "kg", "kgs": "kg", "pound": "lb", "pounds": "lb", "lbs": "lb", "ounce": "oz",
    "ounces": "oz", "millimetre": "mm", "millimeter": "mm", "centimetre": "cm",
    "centimeter": "cm", "metre": "m", "meter": "m", "inch": "in", "inches": "in", '"': "in",
    "foot": "ft", "feet": "ft", "µm": "um", "μm": "um", "µs": "us", "μs": "us", "m²": "m2",
    "cm²": "cm2", "mm²": "mm2", "ft²": "ft2", "m³": "m3", "cm³": "cm3", "g/m²": "g/m2",
    "litre": "l", "liter": "l", "litres": "l", "liters": "l", "second": "s", "seconds": "s",
    "minute": "min", "minutes": "min", "hour": "h", "hours": "h", "day": "d", "days": "d",
    "watt": "W", "watts": "W", "volt": "V", "volts": "V", "ampere": "A", "ω": "ohm", "kω": "kohm",
    "percent": "%",
}  # fmt: skip


def _folded() -> dict[str, str]:
    """Symbols by their lower case, where only one symbol has it."""
    found: dict[str, list[str]] = {}
    for symbol in UNITS:
        found.setdefault(symbol.lower(), []).append(symbol)
    return {folded: same[0] for folded, same in found.items() if len(same) == 1}


_BY_FOLDED: Final = _folded()


def known_unit(text: str) -> str | None:
    """The symbol that a unit is known by: `KG`, `kgs` and `kg` are kg; None for one that is not."""
    bare = text.strip()
    if bare in UNITS:
        return bare
    folded = bare.lower()
    return _OTHER_NAMES.get(folded) or _BY_FOLDED.get(folded)


def dimension_of(unit: str | None) -> str | None:
    """What a unit measures, or None for a unit that is not known."""
    symbol = known_unit(unit) if unit else None
    return UNITS[symbol].dimension if symbol else None


def units_like(unit: str | None) -> tuple[str, ...]:
    """The symbols of all units that measure what this one does; none for an unknown one."""
    dimension = dimension_of(unit)
    if dimension is None:
        return ()
    return tuple(symbol for symbol, one in UNITS.items() if one.dimension == dimension)


def in_canonical(number: str, unit: str | None) -> Fraction:
    """The exact number in the canonical unit of its dimension; as it is for an unknown unit."""
    symbol = known_unit(unit) if unit else None
    if symbol is None:
        return Fraction(number)
    known = UNITS[symbol]
    return Fraction(number) * known.factor + known.offset


def measured(number: str, unit: str | None) -> Measured | None:
    """A number in the canonical unit; None where it is in that unit already or has none known."""
    symbol = known_unit(unit) if unit else None
    if symbol is None:
        return None
    canonical = CANONICAL[UNITS[symbol].dimension]
    if symbol == canonical and unit == canonical:
        return None
    exact = in_canonical(number, symbol)
    scaled = round(exact * 10**DECIMALS)
    text = f"{Decimal(scaled).scaleb(-DECIMALS):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Measured(
        number=text if text not in {"-0", ""} else "0",
        unit=canonical,
        lossy=Fraction(scaled, 10**DECIMALS) != exact,
    )


def normalised(value: NumberValue, usual_unit: str | None = None) -> NumberValue:
    """The value as it was given, with its canonical form worked out anew (DOMAIN.md E6).

    A number without a unit is in the usual one of its attribute.
    """
    unit = value.unit or usual_unit
    return NumberValue(number=value.number, unit=value.unit, canonical=measured(value.number, unit))


def canonical_number(number: str, unit: str | None) -> str:
    """The number in the canonical unit, as far as its decimals reach."""
    found = measured(number, unit)
    return number if found is None else found.number


def converted(number: Decimal, unit: str, to: str) -> Decimal | None:
    """The number in another unit of the same dimension, by the exact factors (DOMAIN.md E6); what
    twelve decimals do not hold is rounded half even. None where one is not known, or they measure
    different things.
    """
    symbol, wanted = known_unit(unit), known_unit(to)
    if symbol is None or wanted is None or UNITS[symbol].dimension != UNITS[wanted].dimension:
        return None
    target = UNITS[wanted]
    exact = (in_canonical(str(number), symbol) - target.offset) / target.factor
    return Decimal(round(exact * 10**DECIMALS)).scaleb(-DECIMALS).normalize()
