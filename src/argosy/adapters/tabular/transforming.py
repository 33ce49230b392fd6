"""What the transforms of a mapping do to the text of a cell. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from argosy.adapters.tabular.numbers import NotANumber, Separator, parsed_decimal
from argosy.modules import catalog, mappings
from argosy.modules.mappings import Lookup, Transform


class Trail(NamedTuple):
    """Names of categories from the root, or from the category at the path `under`."""

    under: str
    names: tuple[str, ...]


Trails = tuple[Trail, ...]


class Quantity(NamedTuple):
    """An exact number, with its unit if it has one."""

    number: Decimal
    unit: str | None = None


Value = str | list[str] | Quantity | bool | Trails | None
"""What a cell is on its way through the transforms; None is empty."""

_WITH_UNIT = re.compile(
    r"\s*([-+]?[0-9][0-9.,\s\u00a0\u202f'’]*?)\s*([^\W\d_][^\d]*|[%°\"][^\d]*)?\s*", re.DOTALL
)


class CellRefused(ValueError):
    """A value that a transform cannot take; the message says why."""


def transformed(
    cell: Value, transforms: Sequence[Transform], row: Mapping[str, str], separator: Separator
) -> Value:
    """The value after all transforms, in their order; an empty one goes past those that make none.

    Raises CellRefused.
    """
    value: Value = cell or None
    for transform in transforms:
        if value is None and not mappings.is_filling(transform):
            continue
        try:
            value = _done(value, transform, row, separator)
        except NotANumber as error:
            raise CellRefused(str(error)) from error
        if value in ("", []):
            value = None
    return value


def _done(  # noqa: PLR0911, PLR0912 - one return a transform
    value: Value, transform: Transform, row: Mapping[str, str], separator: Separator
) -> Value:
    match transform:
        case mappings.Trim(inner=inner):
            return _each(value, lambda t: " ".join(t.split()) if inner else t.strip())
        case mappings.Split(separator=at, part=part):
            return _split(value, at, part)
        case mappings.Join(separator=between):
            return value if isinstance(value, str) else between.join(_listed(value))
        case mappings.Number(decimal=decimal, factor=factor, whole=whole):
            number = parsed_decimal(_text(value), decimal or separator) * Decimal(factor)
            if whole and number != number.to_integral_value():
                raise CellRefused(f"{_text(value)[:80]!r} is not a whole number.")
            return Quantity(number)
        case mappings.InUnit(given=given, to=to, decimal=decimal):
            return measured(_text(value), given, to, decimal or separator)
        case mappings.DateFormat(format=pattern):
            return _day(_text(value), pattern)
        case mappings.Lookup():
            return _looked_up(value, transform)
        case mappings.Truth(yes=yes, no=no):
            return _truth(_text(value), yes, no)
        case mappings.Constant(value=constant):
            return constant
        case mappings.Default(value=default):
            return default if value is None else value
        case mappings.Template(text=text):
            return mappings.filled(text, "" if value is None else _text(value), row)
        case mappings.CategoryPath(separator=at, under=under):
            trails = [Trail(under, _names(part, at)) for part in _listed(value)]
            return tuple(dict.fromkeys(trail for trail in trails if trail.names))


def _each(value: Value, change: Callable[[str], str]) -> Value:
    if isinstance(value, str):
        return change(value)
    return [change(part) for part in _listed(value)]


def _split(value: Value, at: str, part: int | None) -> Value:
    parts = [p.strip() for text in _listed(value) for p in text.split(at)]
    parts = [p for p in parts if p]
    if part is None:
        return parts
    return parts[part] if -len(parts) <= part < len(parts) else None


def _names(text: str, at: str) -> tuple[str, ...]:
    return tuple(name[:200] for part in text.split(at) if (name := part.strip()))


def measured(text: str, given: str | None, to: str | None, separator: Separator) -> Quantity:
    """A number with its unit, converted exactly where `to` says so. Raises CellRefused."""
    found = _WITH_UNIT.fullmatch(text)
    if found is None:
        raise CellRefused(f"{text[:80]!r} is not a number with a unit.")
    number = parsed_decimal(found.group(1).lstrip("+"), separator)
    unit = (found.group(2) or "").strip().rstrip(".") or given
    if to is None:
        return Quantity(number, unit)
    if unit is None:
        raise CellRefused(f"{text[:80]!r} has no unit, and the mapping gives none.")
    converted = catalog.converted(number, unit, to)
    if converted is None:
        raise CellRefused(f"{unit[:40]!r} cannot be converted to {to!r}.")
    return Quantity(converted, to)


def _day(text: str, pattern: str) -> str:
    plain = text.strip()
    try:
        return datetime.strptime(plain, pattern).date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        pass
    try:
        # A workbook's own days come so, whatever the mapping expects of text.
        return date.fromisoformat(plain[:10]).isoformat()
    except ValueError as error:
        raise CellRefused(f"{plain[:80]!r} is no day written as {pattern!r}.") from error


def _looked_up(value: Value, lookup: Lookup) -> Value:
    def found(text: str) -> str:
        known = _folded(tuple(lookup.table.items())).get(text.strip().casefold())
        if known is not None:
            return known
        if lookup.otherwise == "refuse":
            raise CellRefused(f"{text[:80]!r} is not in the table of the mapping.")
        return text if lookup.otherwise == "keep" else ""

    if isinstance(value, str):
        return found(value)
    return [part for part in map(found, _listed(value)) if part]


@lru_cache(maxsize=256)
def _folded(table: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {key.strip().casefold(): value for key, value in table}


def _truth(text: str, yes: Sequence[str], no: Sequence[str]) -> bool:
    plain = text.strip().casefold()
    if plain in {one.casefold() for one in yes}:
        return True
    if plain in {one.casefold() for one in no}:
        return False
    raise CellRefused(f"{text[:80]!r} says neither yes nor no.")


def _listed(value: Value) -> list[str]:
    if isinstance(value, list):
        return value
    return [] if value is None else [_text(value)]


def _text(value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case list():
            return " ".join(value)
        case Quantity(number=number, unit=unit):
            return plain_number(number) + (f" {unit}" if unit else "")
        case _:
            return "|".join(">".join(trail.names) for trail in value)


def plain_number(number: Decimal) -> str:
    """Decimal text without an exponent and without final zeros."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text
