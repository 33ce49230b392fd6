"""Custom fields in promotions: which a document compares, whether they fit, and what they are.

definitions --misuses_of--> problems at save; a stored promotion that has some is disabled
ShopPromotions, ids --read_field_facts--> what the quote compares     (one statement, if asked for)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from argosy.modules import fields, quote
from argosy.modules.fields import FieldDefinition, FieldValue, Subject
from argosy.modules.quote import FieldFact, Problem
from argosy.runtime.db import Tx

_ORDERED: Final = frozenset({"gt", "gte", "lt", "lte"})
_PLAIN: Final = frozenset({"eq", "ne", "in", "exists"})
_OPERATORS: Final[Mapping[str, frozenset[str]]] = {
    "text": _PLAIN | {"contains"},
    "integer": _PLAIN | _ORDERED,
    "number": _PLAIN | _ORDERED,
    "date": _PLAIN | _ORDERED,
    "boolean": frozenset({"eq", "ne", "exists"}),
    "choice": _PLAIN,
    "choices": _PLAIN | {"contains"},
}
_MANNER: Final[Mapping[str, str]] = {
    "text": "a text",
    "integer": "an integer",
    "number": 'a number as plain decimal text, such as "1.5"',
    "date": 'a date, such as "2026-12-24"',
    "boolean": "true or false",
    "choice": "one of its choices",
    "choices": "one of its choices",
}


class AskedFields(NamedTuple):
    """The custom fields that live promotions compare, by what they are of.

    An order's field is the one that the cart's field of the same code goes to.
    """

    by_subject: Mapping[Subject, tuple[FieldDefinition, ...]]

    @property
    def of_goods(self) -> bool:
        """Whether fields of products or variants are compared."""
        return "product" in self.by_subject or "variant" in self.by_subject

    @property
    def of_buyers(self) -> bool:
        """Whether fields of carts, customers or orders to be are compared."""
        return not self.by_subject.keys().isdisjoint({"cart", "customer", "order"})

    def facts(self, subject: Subject, values: Mapping[str, FieldValue]) -> dict[str, FieldFact]:
        """What the quote compares, of a thing's values by code; defaults included."""
        shown = fields.shown(self.by_subject.get(subject, ()), values)
        return {quote.field_key(subject, code): value for code, value in shown.items()}


NO_FIELDS: Final = AskedFields({})


def mention_fields(documents: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether a document compares a custom field."""
    return any(_mentions(document) for document in documents)


def _mentions(part: Any) -> bool:
    if isinstance(part, Mapping):
        return part.get("type") == "field" or any(_mentions(each) for each in part.values())
    return isinstance(part, list | tuple) and any(_mentions(each) for each in part)


async def fields_for(tx: Tx, documents: Iterable[Mapping[str, Any]]) -> list[FieldDefinition]:
    """The fields that there are, if a document compares any; else no statement."""
    return await fields.list_fields(tx) if mention_fields(documents) else []


def asked_fields(
    rules: Iterable[quote.Promotion], definitions: Sequence[FieldDefinition]
) -> AskedFields:
    """Return the fields that promotions compare, all of which are there."""
    wanted = {(use.part.subject, use.part.name) for rule in rules for use in quote.field_uses(rule)}
    found: dict[Subject, tuple[FieldDefinition, ...]] = {}
    for definition in definitions:
        if (definition.subject, definition.code) in wanted:
            found[definition.subject] = (*found.get(definition.subject, ()), definition)
    return AskedFields(found)


def misuses_of(rule: quote.Promotion, definitions: Sequence[FieldDefinition]) -> list[Problem]:
    """Return each comparison of a field that is not there, or that its kind does not know."""
    known = {(one.subject, one.code): one for one in definitions}
    found = []
    for path, part in quote.field_uses(rule):
        definition = known.get((part.subject, part.name))
        if definition is None:
            reason = f"there is no field {part.name!r} of {part.subject}s"
            found.append(Problem(path=f"{path}.name", code="unknown_field", reason=reason))
            continue
        if part.subject == "order" and not _comes_from_cart(definition, known):
            reason = f"no field of carts goes onto orders as {part.name!r}"
            found.append(Problem(path=f"{path}.name", code="unknown_field", reason=reason))
        found += _misuse(definition, part.op, part.value, path)
    return found


def _comes_from_cart(
    definition: FieldDefinition, known: Mapping[tuple[Subject, str], FieldDefinition]
) -> bool:
    origin = known.get(("cart", definition.code))
    return origin is not None and origin.on_order and origin.kind == definition.kind


def _misuse(definition: FieldDefinition, op: str, value: Any, path: str) -> list[Problem]:
    allowed = _OPERATORS[definition.kind]
    if op not in allowed:
        reason = f"a {definition.kind} compares by: {', '.join(sorted(allowed))}"
        return [Problem(path=f"{path}.op", code="not_comparable", reason=reason)]
    if op == "exists":
        fits = value is None or isinstance(value, bool)
        reason = "is true, false or left out"
    elif op == "in":
        fits = isinstance(value, tuple) and bool(value)
        fits = fits and all(_fits(definition, each) for each in value)
        reason = f"is a list of which each is {_MANNER[definition.kind]}"
    else:
        fits = _fits(definition, value, part=op == "contains")
        reason = f"is {_MANNER[definition.kind]}"
    if fits:
        return []
    return [Problem(path=f"{path}.value", code="not_comparable", reason=reason)]


def _fits(definition: FieldDefinition, value: Any, *, part: bool = False) -> bool:
    match definition.kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "text":
            return isinstance(value, str) and (bool(value) or not part)
        case "choice" | "choices":
            return value in definition.choices
        case "date":
            return isinstance(value, str) and _is_date(value)
        case _:
            return isinstance(value, str) and fields.plain_number(value) == value


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


async def read_field_facts(
    tx: Tx, asked: AskedFields, wanted: Mapping[Subject, Collection[UUID]]
) -> dict[UUID, dict[str, FieldFact]]:
    """What the quote compares of things, by the thing. One statement.

    Of orders to be, the id is the cart's; of `wanted` only what is asked for is read.
    """
    reads: dict[Subject, set[UUID]] = {}
    for subject, ids in wanted.items():
        if ids and subject in asked.by_subject:
            reads.setdefault("cart" if subject == "order" else subject, set()).update(ids)
    values = await fields.values_of_each(tx, reads) if reads else {}
    found: dict[UUID, dict[str, FieldFact]] = {}
    for subject, ids in wanted.items():
        source: Subject = "cart" if subject == "order" else subject
        for one in ids:
            has = values.get((source, one), {})
            found.setdefault(one, {}).update(asked.facts(subject, _plain(asked, subject, has)))
    return found


def _plain(
    asked: AskedFields, subject: Subject, values: Mapping[str, FieldValue]
) -> dict[str, FieldValue]:
    """Numbers as they compare: 1.50 is 1.5."""
    found = dict(values)
    for definition in asked.by_subject.get(subject, ()):
        value = found.get(definition.code)
        if definition.kind == "number" and isinstance(value, str):
            found[definition.code] = fields.plain_number(value) or value
    return found
