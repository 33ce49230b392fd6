"""What custom fields allow: definitions that make sense, values that fit, keys to find them by.

Pure. Patterns are a subset of regular expressions that is matched in bounded time: a row of
characters and classes with counts, without groups, alternatives and back-references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from argosy.modules.fields.types import (
    MAX_TEXT,
    DefineField,
    FieldDefinition,
    FieldFault,
    FieldValue,
    Subject,
)

_RANGED: Final = {"integer", "number", "date"}
_TOKEN: Final = re.compile(
    r"(?P<atom>\\[dwsDWS]|\\[^\w\s]|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[\](){}|*+?^$])"
    r"(?P<count>\?|\*|\+|\{\d{1,3}(?:,\d{0,3})?\})?"
)
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Step(NamedTuple):
    """One character or class of a pattern, so many times."""

    atom: re.Pattern[str]
    least: int
    most: int


class Key(NamedTuple):
    """What a value is found by: text for equality, a number for ranges."""

    text: str
    number: Decimal | None


# --- patterns ------------------------------------------------------------------------------------


@lru_cache(maxsize=1000)
def parse_pattern(text: str) -> tuple[Step, ...]:
    """The steps of a pattern such as `[A-Z]{2}-\\d+`. Raises ValueError for what is none."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"{text[at:]!r} is not understood")
        try:
            atom = re.compile(token["atom"], re.DOTALL)
        except re.error as error:
            raise ValueError(f"{token['atom']!r}: {error}") from error
        least, most = _counts(token["count"])
        if most < least:
            raise ValueError(f"{token['count']!r} counts down")
        steps.append(Step(atom, least, most))
        at = token.end()
    return tuple(steps)


def _counts(count: str | None) -> tuple[int, int]:
    match count:
        case None:
            return 1, 1
        case "?":
            return 0, 1
        case "*":
            return 0, MAX_TEXT
        case "+":
            return 1, MAX_TEXT
        case _:
            low, comma, high = count[1:-1].partition(",")
            return int(low), min(int(high) if high else MAX_TEXT if comma else int(low), MAX_TEXT)


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text, in time of its length times the text's.

    `reached` are the places that the steps so far can end at; no text makes it try again.
    """
    reached = {0}
    for step in parse_pattern(pattern):
        reached = _after(step, text, reached)
        if not reached:
            return False
    return len(text) in reached


def _after(step: Step, text: str, starts: set[int]) -> set[int]:
    """Where the text can be after a step that begins at one of `starts`."""
    ends: set[int] = set()
    # How far the run of fitting characters from each place goes, from the right.
    fits = [step.atom.fullmatch(character) is not None for character in text]
    run = [0] * (len(text) + 1)
    for at in range(len(text) - 1, -1, -1):
        run[at] = run[at + 1] + 1 if fits[at] else 0
    covered = -1
    for start in sorted(starts):
        low, high = start + step.least, start + min(step.most, run[start])
        for end in range(max(low, covered + 1), high + 1):
            ends.add(end)
        if high >= low:
            covered = max(covered, high)
    return ends


# --- definitions ---------------------------------------------------------------------------------


def check_definition(subject: Subject, given: DefineField) -> Iterator[FieldFault]:
    """What a definition must fulfil by itself."""
    if given.shopper_writes and subject != "cart":
        yield _fault("shopper_writes", "Shoppers write the fields of carts only.")
    if given.shopper_writes and given.visible != "storefront":
        yield _fault("visible", "What shoppers write they may see.")
    if given.on_order and subject != "cart":
        yield _fault("on_order", "Only the fields of carts go onto orders.")
    if given.choices and given.kind not in {"choice", "choices"}:
        yield _fault("choices", "Only choices have choices.")
    if given.kind in {"choice", "choices"} and not given.choices:
        yield _fault("choices", "A choice needs its choices.")
    if (given.pattern or given.max_length) and given.kind != "text":
        yield _fault("pattern", "Only texts have a pattern and a greatest length.")
    if given.pattern is not None:
        try:
            parse_pattern(given.pattern)
        except ValueError as error:
            message = f"The pattern is not of the kind that is taken: {error}."
            yield _fault("pattern", message)
            return
    yield from _check_bounds(given)
    if given.default is not None:
        yield from check_value(given, given.default, "default")


def _check_bounds(given: DefineField) -> Iterator[FieldFault]:
    bounds = [b for b in (given.minimum, given.maximum) if b is not None]
    if bounds and given.kind not in _RANGED:
        yield _fault("minimum", "Only integers, numbers and dates have a range.")
        return
    read = [number_of(given.kind, bound) for bound in bounds]
    if None in read:
        yield _fault("minimum", f"A bound is no {given.kind}.")
    elif len(read) == 2 and read[1] < read[0]:  # type: ignore[operator]
        yield _fault("maximum", "The maximum is below the minimum.")


def _fault(column: str, message: str) -> FieldFault:
    return FieldFault(column=column, code="definition", message=message)


# --- values --------------------------------------------------------------------------------------


def number_of(kind: str, text: str) -> Decimal | None:
    """The number that values of this kind are compared by; None for a text that is no value."""
    if kind == "date":
        if not _DATE.fullmatch(text):
            return None
        try:
            return Decimal(date.fromisoformat(text).toordinal())
        except ValueError:
            return None
    if kind == "boolean":
        return {"true": Decimal(1), "false": Decimal(0)}.get(text)
    if kind in {"integer", "number"} and _DECIMAL.fullmatch(text):
        number = Decimal(text)
        return number if kind == "number" or number == number.to_integral_value() else None
    return None


def check_value(definition: DefineField, value: FieldValue, column: str) -> Iterator[FieldFault]:
    """Why a value does not fit its definition."""
    keys = keys_of(definition, value)
    if keys is None:
        message = f"{definition.code} is a {definition.kind}."
        yield FieldFault(column=column, code="kind", message=message)
        return
    for key in keys:
        if definition.choices and key.text not in definition.choices:
            message = f"{key.text!r} is not one of the choices of {definition.code}."
            yield FieldFault(column=column, code="choice", message=message)
        if key.number is not None and not _in_range(definition, key.number):
            message = f"{definition.code} is out of its range."
            yield FieldFault(column=column, code="range", message=message)
    if definition.kind == "text" and isinstance(value, str):
        if "\x00" in value:
            yield FieldFault(column=column, code="text", message="The text holds a NUL character.")
        elif definition.max_length is not None and len(value) > definition.max_length:
            message = f"{definition.code} may have {definition.max_length} characters."
            yield FieldFault(column=column, code="length", message=message)
        elif definition.pattern is not None and not matches(definition.pattern, value):
            message = f"{definition.code} does not follow its pattern."
            yield FieldFault(column=column, code="pattern", message=message)


def _in_range(definition: DefineField, number: Decimal) -> bool:
    if definition.kind == "boolean":
        return True
    low = number_of(definition.kind, definition.minimum or "")
    high = number_of(definition.kind, definition.maximum or "")
    return (low is None or low <= number) and (high is None or number <= high)


def keys_of(definition: DefineField, value: FieldValue) -> list[Key] | None:
    """What the value is found by; None if it is of another kind."""
    keys: list[Key] | None = None
    match definition.kind, value:
        case ("boolean", bool()):
            keys = [Key("true" if value else "false", Decimal(int(value)))]
        case (_, bool()):
            pass
        case ("integer", int()):
            keys = [Key(str(value), Decimal(value))]
        case ("number" | "date", str()):
            number = number_of(definition.kind, value)
            keys = None if number is None else [Key(_plain(definition.kind, value), number)]
        case ("text" | "choice", str()):
            keys = [Key(value, None)]
        case ("choices", tuple()):
            keys = [Key(text, None) for text in dict.fromkeys(value)]
    return keys


def _plain(kind: str, text: str) -> str:
    """1.50 and 1.5 are one number."""
    if kind == "date":
        return text
    plain = f"{Decimal(text).normalize():f}"
    return "0" if plain == "-0" else plain


def plain_number(text: str) -> str | None:
    """The one way to write a decimal number: 1.50 is 1.5. None for a text that is none."""
    return None if number_of("number", text) is None else _plain("number", text)


def key_text(definition: DefineField, text: str) -> str | None:
    """What a filter's text is compared as; None if no value of the field could be that."""
    if definition.kind in {"text", "choice", "choices"}:
        return text
    if definition.kind == "boolean":
        return text if text in {"true", "false"} else None
    return None if number_of(definition.kind, text) is None else _plain(definition.kind, text)


def values_version(values: Mapping[str, FieldValue]) -> int:
    """A number that tells these values from others (32 bits of their BLAKE2b): values have no
    counter of their own, as fields come and go without their things.
    """
    held = msgspec.json.encode(sorted(values.items()))
    return int.from_bytes(blake2b(held, digest_size=4).digest())


def merged(
    definitions: Sequence[FieldDefinition],
    stored: Mapping[str, FieldValue],
    given: Mapping[str, FieldValue | None],
) -> tuple[dict[str, FieldValue], list[FieldFault]]:
    """The values by code after a change, and what speaks against it. None removes a value.

    A required field must be there after every change, unless it has a default.
    """
    known = {d.code: d for d in definitions}
    faults: list[FieldFault] = []
    for code, value in given.items():
        if code not in known:
            message = f"There is no field {code!r} here."
            faults.append(FieldFault(column=code, code="unknown", message=message))
        elif value is not None:
            faults += check_value(known[code], value, code)
    after = {**stored, **{c: v for c, v in given.items() if c in known}}
    values = {code: value for code, value in after.items() if value is not None}
    for code, definition in known.items():
        if definition.required and definition.default is None and code not in values:
            message = f"{code} is required."
            faults.append(FieldFault(column=code, code="required", message=message))
    return values, faults
