"""Read fields and values; find things by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from argosy.modules.fields import rules, store
from argosy.modules.fields.errors import FilterInvalid
from argosy.modules.fields.types import FieldDefinition, FieldFilter, FieldValue, Subject
from argosy.runtime.db import Tx

MAX_FILTERS = 4


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
        raise FilterInvalid(f"A list is narrowed by {MAX_FILTERS} fields at most.")
    return [FieldFilter(definition_id=known[code].id, **parts) for code, parts in found.items()]


async def find_by_fields(
    tx: Tx,
    subject: Subject,
    filters: Sequence[FieldFilter],
    *,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[tuple[UUID, str]]:
    """Things that pass all filters, each with the sort key for the next page. One statement.

    With a filter for equality: the newest first. With ranges only: by the value of the first.
    """
    equal = next((f for f in filters if f.equals is not None), None)
    first = equal or filters[0]
    others = [f for f in filters if f is not first]
    if equal is not None:
        if first.low is not None or first.high is not None:
            others.append(first)
        before = UUID(int=2**128 - 1) if after is None else after[1]
        ids = await store.equal_to(tx, subject, first, others, before, limit)
        return [(entity_id, "") for entity_id in ids]
    last = (Decimal("-Infinity"), UUID(int=0)) if after is None else (Decimal(after[0]), after[1])
    rows = await store.between(tx, subject, first, others, last, limit)
    return [(entity_id, str(number)) for entity_id, number in rows]


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these storage keys does a custom field of anything hold."""
    keys = [ref for ref in refs if "." in ref]  # ids of entries have none
    if not keys:
        return set()
    return await store.named_media(tx, keys)
