"""Read fields and values; find things by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from argosy.kernel import paging
from argosy.modules.fields import rules, store
from argosy.modules.fields.errors import FilterInvalid
from argosy.modules.fields.types import FieldDefinition, FieldFilter, FieldValue, Subject
from argosy.runtime.db import Tx

MAX_FILTERS = 5
Place = tuple[UUID, str]
"""A thing in a list by fields, and its sort key there."""


async def list_fields(tx: Tx, subject: Subject | None = None) -> list[FieldDefinition]:
    """The fields of a subject, or all, by code."""
    return await store.definitions_of(tx, subject)


async def values_of(
    tx: Tx, subject: Subject, entity_ids: Collection[UUID]
) -> dict[UUID, dict[str, FieldValue]]:
    """By thing: the values that it has, by code. One statement."""
    return await store.values_of(tx, subject, entity_ids)


async def values_of_each(
    tx: Tx, wanted: Mapping[Subject, Collection[UUID]]
) -> dict[tuple[Subject, UUID], dict[str, FieldValue]]:
    """By thing of several subjects: the values that it has, by code. One statement."""
    return await store.values_of_each(
        tx, [(subject, one) for subject, ids in wanted.items() for one in sorted(ids)]
    )


def shown(
    definitions: Sequence[FieldDefinition],
    values: Mapping[str, FieldValue],
    *,
    to_shopper: bool = False,
) -> dict[str, FieldValue]:
    """The values with the defaults of fields that have none, by code."""
    found: dict[str, FieldValue] = {}
    for definition in definitions:
        value = values.get(definition.code, definition.default)
        if value is not None and (definition.visible == "storefront" or not to_shopper):
            found[definition.code] = value
    return found


async def filters_of(tx: Tx, subject: Subject, wanted: Mapping[str, str]) -> list[FieldFilter]:
    """What `field.<code>`, `field.<code>.min` and `.max` of a list mean; keys without `field.`.

    Raises FilterInvalid for a field that is not there or a text that is no value of it.
    """
    known = {d.code: d for d in await store.definitions_of(tx, subject)}
    found: dict[str, dict[str, str]] = {}
    for name, text in wanted.items():
        code, _, bound = name.partition(".")
        definition = known.get(code)
        if definition is None or bound not in {"", "min", "max"}:
            raise FilterInvalid(f"There is no field {name!r} to narrow by.", field=f"field.{name}")
        if bound:
            number = rules.number_of(definition.kind, text)
            key = None if number is None else str(number)
        else:
            key = rules.key_text(definition, text)
        if key is None or "\x00" in text:
            message = f"{text!r} is no {definition.kind}."
            raise FilterInvalid(message, field=f"field.{name}")
        found.setdefault(code, {})[{"": "equals", "min": "low", "max": "high"}[bound]] = key
    if len(found) > MAX_FILTERS:
        extra = list(found)[MAX_FILTERS]
        message = f"A list is narrowed by {MAX_FILTERS} fields at most."
        raise FilterInvalid(message, field=f"field.{extra}")
    return [FieldFilter(definition_id=known[code].id, **parts) for code, parts in found.items()]


async def rarest_first(
    tx: Tx, subject: Subject, filters: Sequence[FieldFilter]
) -> list[FieldFilter]:
    """The filters so that the one for equality that fits fewest things leads: what is looked
    through is then as short as it can be. One statement, if there are several to choose from.
    """
    equal = [one for one in filters if one.equals is not None]
    if len(equal) < 2:
        return list(filters)
    counts = await store.how_many(tx, subject, equal, paging.LOOK)
    rarest = equal[counts.index(min(counts))]
    return [rarest, *(one for one in filters if one is not rarest)]


async def find_by_fields(
    tx: Tx, subject: Subject, filters: Sequence[FieldFilter], *, after: Place | None, limit: int
) -> list[Place]:
    """Things that pass all filters, each with the sort key for the next page. One statement.

    With a filter for equality: the newest first. With ranges only: by the value of the first. The
    first (of the equalities, if there are any) is read from an index, the others are put on `LOOK`
    things of it at most (kernel/paging.py): where fewer than `limit` come back, `fields_look_end`
    says whether the list goes on.
    """
    first, others = _led(filters)
    look = paging.LOOK if others else limit
    if first.equals is not None:
        ids = await store.equal_to(tx, subject, first, others, _before(after), limit, look)
        return [(entity_id, "") for entity_id in ids]
    rows = await store.between(tx, subject, first, others, _last(after), limit, look)
    return [(entity_id, str(number)) for entity_id, number in rows]


async def fields_look_end(
    tx: Tx, subject: Subject, filters: Sequence[FieldFilter], *, after: Place | None
) -> Place | None:
    """The last thing that `find_by_fields` looked at when it found too few; None if it saw the end
    of the list. One statement at most.
    """
    first, others = _led(filters)
    if not others:
        return None
    if first.equals is not None:
        end = await store.equal_to_end(tx, subject, first, _before(after), paging.LOOK)
        return None if end is None else (end, "")
    last = await store.between_end(tx, subject, first, _last(after), paging.LOOK)
    return None if last is None else (last[0], str(last[1]))


def _led(filters: Sequence[FieldFilter]) -> tuple[FieldFilter, list[FieldFilter]]:
    """What the list is read by, and what is asked of each thing besides."""
    equal = next((f for f in filters if f.equals is not None), None)
    first = equal or filters[0]
    others = [f for f in filters if f is not first]
    if equal is not None and (first.low is not None or first.high is not None):
        others.append(first)
    return first, others


def _before(after: Place | None) -> UUID:
    return UUID(int=2**128 - 1) if after is None else after[0]


def _last(after: Place | None) -> tuple[Decimal, UUID]:
    nothing = (Decimal("-Infinity"), UUID(int=0))
    return nothing if after is None else (Decimal(after[1]), after[0])


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these storage keys does a custom field of anything hold."""
    keys = [ref for ref in refs if "." in ref]  # ids of entries have none
    if not keys:
        return set()
    return await store.named_media(tx, keys)
