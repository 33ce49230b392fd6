"""What attributes mean: their kinds, the values that fit, and what a stored value looks like.

Pure. `check_*` functions give the faults that they find, with column paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Final, Literal, TypeVar

import nh3

from argosy.modules.catalog.rules.units import (
    CANONICAL,
    dimension_of,
    in_canonical,
    normalised,
)
from argosy.modules.catalog.types import (
    AttributeDefinition,
    AttributeKind,
    AttributeLevel,
    AttributeValue,
    Fault,
    NumberValue,
)

MAX_TEXT: Final = 5000
_Ordered = TypeVar("_Ordered", str, Fraction)
Shape = Literal["text", "number", "integer", "boolean", "list"]

SHAPES: Final[Mapping[AttributeKind, Shape]] = {
    "text": "text", "rich_text": "text", "date": "text", "file": "text",
    "number": "number", "integer": "integer", "boolean": "boolean",
    "choice": "list", "swatch": "list", "product_reference": "list", "category_reference": "list",
}  # fmt: skip
"""The JSON form of each kind's values."""

_NAMES: Final[Mapping[Shape, str]] = {
    "text": "text", "number": "number", "integer": "integer", "boolean": "boolean",
    "list": "choice",
}  # fmt: skip
_INFERRED: Final[Mapping[Shape, AttributeKind]] = {
    "text": "text", "number": "number", "integer": "integer", "boolean": "boolean",
    "list": "choice",
}  # fmt: skip
# Every value of the first kind is one of the second.
_WIDENS: Final = {("text", "rich_text"), ("date", "text"), ("choice", "swatch"),
                  ("swatch", "choice")}  # fmt: skip
_WITH_CHOICES: Final = {"choice", "swatch"}
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_RANGED: Final = {"number", "integer", "date"}


def shape_of(value: AttributeValue) -> Shape:
    """The JSON form that a value has."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case str():
            return "text"
        case NumberValue():
            return "number"
        case _:
            return "list"


def is_code(text: str) -> bool:
    """Whether an attribute can have this code."""
    return _CODE.fullmatch(text) is not None


def may_become(old: AttributeKind, new: AttributeKind) -> bool:
    """Whether values of the kind `old` are values of the kind `new` without being changed."""
    return old == new or (old, new) in _WIDENS


def inferred_definition(
    code: str, value: AttributeValue, level: AttributeLevel = "product"
) -> AttributeDefinition:
    """The definition of an attribute that is met for the first time: open choices, no facet."""
    unit = value.unit if isinstance(value, NumberValue) else None
    label = code.replace("_", " ").capitalize()
    kind = _INFERRED[shape_of(value)]
    return AttributeDefinition(code=code, label=label, kind=kind, unit=unit, level=level)


def stored_values(
    values: Mapping[str, AttributeValue | None], known: Mapping[str, AttributeDefinition]
) -> dict[str, AttributeValue | None]:
    """The values as they are kept: HTML sanitised, numbers with their canonical form (E6)."""
    kept: dict[str, AttributeValue | None] = {}
    for code, value in values.items():
        definition = known.get(code)
        if isinstance(value, NumberValue):
            kept[code] = normalised(value, definition.unit if definition else None)
        elif isinstance(value, str) and definition and definition.kind == "rich_text":
            kept[code] = nh3.clean(value)
        else:
            kept[code] = value
    return kept


def check_attributes(
    values: Mapping[str, AttributeValue | None],
    known: Mapping[str, AttributeDefinition],
    *,
    level: AttributeLevel = "product",
    path: str = "attributes",
) -> Iterator[Fault]:
    """Each value is of its definition's kind and level, in its range, and one of its choices."""
    for code, value in values.items():
        column = f"{path}.{code}"
        definition = known.get(code)
        if value is None:
            continue
        if definition is None:
            if not is_code(code):
                yield Fault(column=column, code="attribute_code", message=f"{code!r} is no code.")
        elif definition.level != level:
            message = f"{code} is an attribute of {definition.level}s."
            yield Fault(column=column, code="attribute_level", message=message)
        elif SHAPES[definition.kind] != shape_of(value):
            given = _NAMES[shape_of(value)]
            message = f"{code} is a {definition.kind}, and a {given} was given."
            yield Fault(column=column, code="attribute_kind", message=message)
        else:
            yield from _check_value(definition, value, column)


def _check_value(
    definition: AttributeDefinition, value: AttributeValue, column: str
) -> Iterator[Fault]:
    code = definition.code
    match value:
        case NumberValue():
            yield from _check_unit(definition, value, column)
        case tuple():
            for wrong in [v for v in value if definition.choices and v not in definition.choices]:
                message = f"{wrong!r} is not one of the choices of {code}."
                yield Fault(column=column, code="attribute_choice", message=message)
            if definition.max_values is not None and len(value) > definition.max_values:
                message = f"{code} may have {definition.max_values} of its values, not more."
                yield Fault(column=column, code="attribute_count", message=message)
        case str() if definition.kind == "date" and date_of(value) is None:
            message = f"{code} is a date as in 2026-11-30."
            yield Fault(column=column, code="attribute_date", message=message)
        case str() if definition.kind == "text" and len(value) > MAX_TEXT:
            message = f"{code} may have {MAX_TEXT} characters."
            yield Fault(column=column, code="attribute_length", message=message)
    if not in_range(definition, value):
        message = f"{code} is to be {_range_text(definition)}."
        yield Fault(column=column, code="attribute_range", message=message)


def _check_unit(
    definition: AttributeDefinition, value: NumberValue, column: str
) -> Iterator[Fault]:
    wanted = definition.dimension
    if wanted is None and definition.minimum is None and definition.maximum is None:
        return
    unit = value.unit or definition.unit
    wanted = wanted or dimension_of(definition.unit)
    if dimension_of(unit) != wanted or (wanted is None and unit != definition.unit):
        measure = wanted or definition.unit or "a bare number"
        message = f"{definition.code} is measured as {measure}, not in {unit or 'no unit'}."
        yield Fault(column=column, code="attribute_unit", message=message)


def date_of(text: str) -> date | None:
    """The day of `2026-11-30`, or None for what is no such day."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def in_range(definition: AttributeDefinition, value: AttributeValue) -> bool:
    """Within the inclusive bounds of the definition; numbers are compared exactly, by quantity."""
    if definition.minimum is None and definition.maximum is None:
        return True
    if definition.kind == "date" and isinstance(value, str):
        return _between(value, definition.minimum, definition.maximum)
    low, high = (canonical_bound(definition, b) for b in (definition.minimum, definition.maximum))
    match value:
        case NumberValue():
            return _between(in_canonical(value.number, value.unit or definition.unit), low, high)
        case int() if not isinstance(value, bool):
            return _between(Fraction(value), low, high)
        case _:
            return True


def _between(value: _Ordered, low: _Ordered | None, high: _Ordered | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def canonical_bound(definition: AttributeDefinition, bound: str | None) -> Fraction | None:
    """A bound in the canonical unit; None where there is none."""
    if bound is None or definition.kind == "date":
        return None
    return in_canonical(bound, definition.unit if definition.kind == "number" else None)


def _range_text(definition: AttributeDefinition) -> str:
    unit = f" {definition.unit}" if definition.unit else ""
    low, high = definition.minimum, definition.maximum
    if low is not None and high is not None:
        return f"between {low} and {high}{unit}"
    return f"at least {low}{unit}" if low is not None else f"at most {high}{unit}"


def check_definition(given: AttributeDefinition) -> Iterator[Fault]:
    """What a definition must fulfil by itself."""
    kind = given.kind
    if given.unit and kind != "number":
        yield Fault(column="unit", code="attribute_unit", message="Only numbers have a unit.")
    if given.choices and kind not in _WITH_CHOICES:
        yield _definition_fault("choices", "Only choices and swatches have choices.")
    if given.max_values is not None and SHAPES[kind] != "list":
        yield _definition_fault("max_values", "Only choices and references have several values.")
    if given.swatches and (kind != "swatch" or given.swatches.keys() - set(given.choices)):
        yield _definition_fault("swatches", "Swatches belong to the choices of a swatch attribute.")
    if given.level == "product" and given.across_variants != "any":
        message = "Only an attribute of variants can differ or agree across variants."
        yield _definition_fault("across_variants", message)
    if given.level == "variant" and kind == "file":
        yield _definition_fault("level", "Files belong to products.")
    if given.facet and kind in {"rich_text", "file"}:
        yield _definition_fault("facet", "Nobody narrows a listing by rich text or by files.")
    yield from _check_dimension(given)
    yield from _check_bounds(given)


def _check_dimension(given: AttributeDefinition) -> Iterator[Fault]:
    if given.dimension is None:
        return
    if given.kind != "number" or given.dimension not in CANONICAL:
        known = ", ".join(sorted(CANONICAL))
        yield _definition_fault("dimension", f"Only numbers have a dimension, one of: {known}.")
    elif given.unit is None or dimension_of(given.unit) != given.dimension:
        yield _definition_fault("unit", f"{given.unit or 'No unit'} is no {given.dimension}.")


def _check_bounds(given: AttributeDefinition) -> Iterator[Fault]:
    if given.minimum is None and given.maximum is None:
        return
    if given.kind not in _RANGED:
        yield _definition_fault("minimum", "Only numbers, integers and dates have a range.")
        return
    parsed: list[Fraction | date | None] = []
    for column, bound in (("minimum", given.minimum), ("maximum", given.maximum)):
        read = _read_bound(given.kind, bound) if bound is not None else None
        if bound is not None and read is None:
            yield _definition_fault(column, f"{bound!r} is no {given.kind}.")
        parsed.append(read)
    low, high = parsed
    if low is not None and high is not None and high < low:  # type: ignore[operator]
        yield _definition_fault("maximum", "The maximum is below the minimum.")


def _read_bound(kind: AttributeKind, bound: str) -> Fraction | date | None:
    if kind == "date":
        return date_of(bound)
    pattern = r"-?[0-9]{1,15}" if kind == "integer" else r"-?[0-9]{1,15}(\.[0-9]{1,9})?"
    return Fraction(bound) if re.fullmatch(pattern, bound, re.ASCII) else None


def _definition_fault(column: str, message: str) -> Fault:
    return Fault(column=column, code="attribute_definition", message=message)
