"""Whether a schema makes sense, and how complete a product is. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from argosy.modules.producttypes.types import (
    AttributeFacts,
    Lack,
    Schema,
    SchemaFault,
    Score,
    TypeAttribute,
)

BUILT_IN: Final = ("photograph", "price", "description")
_WITH_CHOICES: Final = {"choice", "swatch"}
_RANGED: Final = {"number", "integer", "date"}


def check_schema(
    schema: Schema, known: Mapping[str, AttributeFacts], channels: Collection[str]
) -> Iterator[SchemaFault]:
    """What a schema must fulfil: everything it names is there, once, and its ranges are ranges."""
    groups = [g.code for g in schema.groups]
    for number, code in enumerate(groups):
        if code in groups[:number]:
            yield SchemaFault(column=f"groups[{number}].code", message=f"{code} is there twice.")
    seen: set[str] = set()
    for number, entry in enumerate(schema.attributes):
        path = f"attributes[{number}]"
        if entry.code in seen:
            yield SchemaFault(column=f"{path}.code", message=f"{entry.code} is there twice.")
        seen.add(entry.code)
        if entry.group is not None and entry.group not in groups:
            message = f"There is no group {entry.group!r}."
            yield SchemaFault(column=f"{path}.group", message=message)
        for code in entry.required if isinstance(entry.required, tuple) else ():
            if code not in channels:
                message = f"There is no channel {code!r}."
                yield SchemaFault(column=f"{path}.required", message=message)
        facts = known.get(entry.code)
        if facts is None:
            message = f"The attribute {entry.code!r} is not defined."
            yield SchemaFault(column=f"{path}.code", message=message)
        else:
            yield from _check_narrowing(entry, facts, path)


def _check_narrowing(
    entry: TypeAttribute, facts: AttributeFacts, path: str
) -> Iterator[SchemaFault]:
    if entry.choices and facts.kind not in _WITH_CHOICES:
        yield SchemaFault(column=f"{path}.choices", message="Only choices have choices.")
    for choice in entry.choices:
        if facts.choices and choice not in facts.choices:
            message = f"{choice!r} is not one of the choices of {entry.code}."
            yield SchemaFault(column=f"{path}.choices", message=message)
    bounds = (("minimum", entry.minimum), ("maximum", entry.maximum))
    read = []
    for name, bound in bounds:
        if bound is None:
            continue
        value = read_bound(facts.kind, bound)
        if value is None:
            message = f"{bound!r} is no bound of a {facts.kind}."
            yield SchemaFault(column=f"{path}.{name}", message=message)
        read.append(value)
    if len(read) == 2 and None not in read and read[1] < read[0]:  # type: ignore[operator]
        message = "The maximum is below the minimum."
        yield SchemaFault(column=f"{path}.maximum", message=message)


def read_bound(kind: str, bound: str) -> Decimal | date | None:
    """The bound of a range of values of this kind; None for what is none."""
    if kind == "date":
        try:
            return date.fromisoformat(bound) if re.fullmatch(r"\d{4}-\d\d-\d\d", bound) else None
        except ValueError:
            return None
    pattern = r"-?[0-9]{1,15}" if kind == "integer" else r"-?[0-9]{1,15}(\.[0-9]{1,9})?"
    if kind not in _RANGED or not re.fullmatch(pattern, bound, re.ASCII):
        return None
    return Decimal(bound)


def is_required(entry: TypeAttribute, channel: str) -> bool:
    """Whether the attribute is required in the channel of this code."""
    return entry.required is True or (
        isinstance(entry.required, tuple) and channel in entry.required
    )


def score(
    schema: Schema, channel: str, *, held: Collection[str], built_in: Collection[str]
) -> Score:
    """How complete a product is for a channel: the weights that it has, as a share of all.

    `held` are the attributes with a value (one of variants: on every active variant), `built_in`
    those of BUILT_IN that it has. Rounded down: only a product that lacks nothing has 100.
    """
    weights: dict[Lack, int] = {
        Lack(what=entry.code): entry.weight
        for entry in schema.attributes
        if is_required(entry, channel)
    }
    weights |= {
        Lack(what=name, built_in=True): weight
        for name in BUILT_IN
        if (weight := getattr(schema.weights, name))
    }
    lacks = tuple(
        lack for lack in weights if lack.what not in (built_in if lack.built_in else held)
    )
    total = sum(weights.values())
    missing = sum(weights[lack] for lack in lacks)
    return Score(score=(total - missing) * 100 // total if total else 100, lacks=lacks)
