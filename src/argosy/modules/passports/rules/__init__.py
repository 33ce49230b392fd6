"""What a passport may say, what it lacks, and who sees what of it (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from argosy.modules.passports.errors import PassportIncomplete, PassportInvalid
from argosy.modules.passports.rules.batteries import BATTERIES
from argosy.modules.passports.rules.digital_link import gtin_14, key_of, link_path, read_path
from argosy.modules.passports.types import (
    ORDER,
    Access,
    Contents,
    DataPoint,
    Draft,
    Level,
    Said,
    Schema,
    SchemaFields,
    Value,
)

__all__ = [
    "SHIPPED",
    "check_draft",
    "check_schema",
    "gtin_14",
    "key_of",
    "link_path",
    "read_path",
    "require",
    "said_by",
    "seen_by",
]

SHIPPED: Final[Mapping[str, Schema]] = {BATTERIES.code: BATTERIES}

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
_LINK: Final = re.compile(r"https://[!-~]+", re.ASCII)


def check_schema(schema: SchemaFields) -> None:
    """Raise PassportInvalid for one that contradicts itself."""
    groups = [one.code for one in schema.groups]
    points = [one.code for one in schema.points]
    for field, codes in (("groups", groups), ("points", points)):
        if twice := next((code for code in codes if codes.count(code) > 1), None):
            raise PassportInvalid(f"The code {twice!r} is given twice.", field=field)
    for at, one in enumerate(schema.points):
        if one.group not in groups:
            message = f"There is no group {one.group!r}."
            raise PassportInvalid(message, field=f"points[{at}].group")
        if one.unit and one.kind != "number":
            raise PassportInvalid("Only a number has a unit.", field=f"points[{at}].unit")


def check_draft(draft: Draft, schema: Schema | None) -> None:
    """Raise PassportInvalid for values that are not of the schema."""
    if schema is None:
        if draft.values:
            raise PassportInvalid("Values need a schema.", field="schema")
        return
    points = {one.code: one for one in schema.points}
    seen: set[tuple[str, str | None]] = set()
    for at, value in enumerate(draft.values):
        point = points.get(value.code)
        if point is None:
            message = f"The schema has no data point {value.code!r}."
            raise PassportInvalid(message, field=f"values[{at}].code")
        if (value.code, value.locale) in seen:
            raise PassportInvalid("This is said twice.", field=f"values[{at}].code")
        seen.add((value.code, value.locale))
        if value.locale is not None and point.kind != "text":
            raise PassportInvalid("Only a text has a language.", field=f"values[{at}].locale")
        if fault := _fault(value.value, point):
            raise PassportInvalid(fault, field=f"values[{at}].value")


def _fault(text: str, point: DataPoint) -> str | None:
    match point.kind:
        case "number":
            good, want = _NUMBER.fullmatch(text) is not None, "a number, as in 12.5"
        case "boolean":
            good, want = text in {"true", "false"}, "true or false"
        case "date":
            good, want = _is_day(text), "a day, as in 2027-02-18"
        case "link":
            good, want = _LINK.fullmatch(text) is not None, "an address that begins with https://"
        case "text":
            return None
    return None if good else f"This is to be {want}."


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def require(draft: Draft, schema: Schema | None, level: Level) -> None:
    """Raise PassportIncomplete for a passport of this level without what its schema requires."""
    if schema is None:
        return
    said = {one.code for one in draft.values}
    missing = [one for one in schema.points if level in one.required and one.code not in said]
    if missing:
        names = ", ".join(one.labels.get("en", one.code) for one in missing)
        raise PassportIncomplete(
            f"The passport lacks: {names}.",
            field="values",
            missing=[{"code": one.code, "source": one.source} for one in missing],
        )


def said_by(draft: Draft, schema: Schema | None) -> tuple[Said, ...]:
    """The data points that have values, in the order of the schema."""
    if schema is None:
        return ()
    held: dict[str, list[Value]] = {}
    for value in draft.values:
        held.setdefault(value.code, []).append(value)
    return tuple(
        Said(point=point, values=tuple(held[point.code]))
        for point in schema.points
        if point.code in held
    )


def seen_by(contents: Contents, reader: Access) -> Contents:
    """What a reader may see. A group of which nothing is seen is not even named."""
    said = tuple(one for one in contents.said if ORDER[one.point.access] <= ORDER[reader])
    named: Sequence[str] = [one.point.group for one in said]
    groups = tuple(one for one in contents.groups if one.code in named)
    return msgspec.structs.replace(contents, said=said, groups=groups)
