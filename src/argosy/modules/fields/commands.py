"""Define fields; write their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar
from uuid import UUID

import msgspec

from argosy.kernel.events import Job
from argosy.kernel.ids import new_id
from argosy.modules.fields import rules, store
from argosy.modules.fields.errors import (
    FieldChanged,
    FieldInvalid,
    FieldNotFound,
    ValuesInvalid,
)
from argosy.modules.fields.events import FieldDefined
from argosy.modules.fields.store import ValueRow
from argosy.modules.fields.types import (
    MAX_DEFINITIONS,
    DefineField,
    FieldDefinition,
    FieldFault,
    FieldValue,
    Subject,
)
from argosy.runtime.db import Tx

DROP_BATCH = 5000
RULES_TOPIC = "rules"
EVERY_CHANNEL = "*"


class DropField(Job, frozen=True, kw_only=True):
    """Drop the values of a deleted field."""

    NAME: ClassVar[str] = "drop_field"

    definition_id: UUID


async def define_field(tx: Tx, subject: Subject, given: DefineField) -> FieldDefinition:
    """A new field. Raises FieldInvalid, FieldCodeTaken."""
    _check(subject, given)
    if len(await store.definitions_of(tx, subject)) >= MAX_DEFINITIONS:
        raise FieldInvalid(f"A {subject} may have {MAX_DEFINITIONS} custom fields.")
    made = FieldDefinition(
        **msgspec.structs.asdict(given),
        id=new_id(),
        subject=subject,
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
    )
    await store.write_definition(tx, made)
    _tell(tx, made)
    return made


async def change_field(
    tx: Tx, definition_id: UUID, given: DefineField, *, expected_version: int | None = None
) -> tuple[FieldDefinition, FieldDefinition]:
    """Rename a field or define it anew: before and after. Its values stay, under the new code too;
    those that do not fit any more stay until they are written again. Its kind is for ever.

    Raises FieldNotFound, FieldChanged, FieldInvalid, FieldCodeTaken.
    """
    before = await _lock(tx, definition_id, expected_version)
    _check(before.subject, given)
    if given.kind != before.kind:
        raise FieldInvalid(f"The field is a {before.kind} for ever.", field="kind")
    after = msgspec.structs.replace(
        before, **msgspec.structs.asdict(given), version=before.version + 1, updated_at=tx.now
    )
    await store.write_definition(tx, after)
    _tell(tx, before, after)
    return before, after


async def delete_field(
    tx: Tx, definition_id: UUID, *, expected_version: int | None = None
) -> FieldDefinition:
    """Remove a field: at once it is seen nowhere and its code is free; its values go soon after.

    Raises FieldNotFound, FieldChanged.
    """
    before = await _lock(tx, definition_id, expected_version)
    await store.delete_definition(tx, definition_id, tx.now)
    tx.enqueue(DropField(definition_id=definition_id))
    _tell(tx, before)
    return before


async def drop_values(tx: Tx, definition_id: UUID) -> bool:
    """Drop a batch of the values of a deleted field; whether there may be more."""
    return await store.drop_values(tx, definition_id, DROP_BATCH) == DROP_BATCH


async def lock_values(tx: Tx, subject: Subject, entity_id: UUID) -> None:
    """Let nobody else change the values of a thing before this transaction ends."""
    await store.lock_values(tx, subject, entity_id)


async def set_values(
    tx: Tx,
    subject: Subject,
    given: Mapping[UUID, Mapping[str, FieldValue | None]],
    *,
    by_shopper: bool = False,
) -> tuple[dict[UUID, dict[str, FieldValue]], set[UUID]]:
    """Change values of things: all values of each by code, and the things that have others now.

    What is left out stays, None removes. Four statements whatever the number. Raises ValuesInvalid
    with all faults (`entity` is the place of the thing in `given`); nothing is written then.
    `by_shopper`: only fields that shoppers write may be named.
    """
    definitions = await store.definitions_of(tx, subject)
    stored = await store.values_of(tx, subject, given)
    ids = {d.code: d for d in definitions}
    faults: list[dict[str, object]] = []
    changed: list[tuple[UUID, UUID]] = []
    rows: list[ValueRow] = []
    after: dict[UUID, dict[str, FieldValue]] = {}
    for place, (entity_id, wanted) in enumerate(given.items()):
        before = stored.get(entity_id, {})
        values, found = rules.merged(definitions, before, wanted)
        if by_shopper:
            found = [f for f in found if f.code != "required" or ids[f.column].shopper_writes]
            found += _forbidden(ids, wanted)
        faults += [{"entity": place, **msgspec.to_builtins(fault)} for fault in found]
        after[entity_id] = values
        for code in wanted.keys() & ids.keys():
            if before.get(code) != values.get(code):
                changed.append((entity_id, ids[code].id))
                rows += _rows(entity_id, ids[code], values.get(code))
    if faults:
        raise ValuesInvalid(
            str(faults[0]["message"]), field=str(faults[0]["column"]), faults=faults
        )
    if changed:
        await store.replace_values(tx, subject, changed, rows)
    return after, {entity_id for entity_id, _ in changed}


def _forbidden(
    known: Mapping[str, FieldDefinition], wanted: Mapping[str, object]
) -> list[FieldFault]:
    return [
        FieldFault(column=code, code="unknown", message=f"There is no field {code!r} here.")
        for code in wanted
        if code in known and not known[code].shopper_writes
    ]


def _rows(entity_id: UUID, definition: FieldDefinition, value: FieldValue | None) -> list[ValueRow]:
    if value is None:
        return []
    keys = rules.keys_of(definition, value) or []
    # An empty list of choices is a value too: it is kept, and found by no choice.
    return [
        ValueRow(
            entity_id=entity_id,
            definition_id=definition.id,
            n=n,
            value=value if n == 0 else None,
            text_key=key.text,
            number_key=key.number,
        )
        for n, key in enumerate(keys or [rules.Key("", None)])
    ]


async def copy_to_orders(tx: Tx, order_ids: Collection[UUID]) -> None:
    """Put what shoppers said of their carts onto the orders of the same ids. A repeat does nothing.

    A cart's field goes to the order's field of the same code and kind, if it is `on_order`.
    """
    await store.copy_to_orders(tx, order_ids)


async def forget_values(tx: Tx, subject: Subject, entity_ids: Collection[UUID]) -> None:
    """Drop all values of things that are gone."""
    if entity_ids:
        await store.forget_entities(tx, subject, entity_ids)


def _tell(tx: Tx, *states: FieldDefinition) -> None:
    shown = any(state.visible == "storefront" for state in states)
    tx.notify(RULES_TOPIC, EVERY_CHANNEL)
    tx.emit(FieldDefined(field_id=states[0].id, of=states[0].subject, shown=shown))


def _check(subject: Subject, given: DefineField) -> None:
    for fault in rules.check_definition(subject, given):
        raise FieldInvalid(fault.message, field=fault.column)


async def _lock(tx: Tx, definition_id: UUID, expected: int | None) -> FieldDefinition:
    found = await store.lock_definition(tx, definition_id)
    if found is None:
        raise FieldNotFound("There is no such field.")
    if expected is not None and expected != found.version:
        raise FieldChanged("It was changed since you read it.", current_version=found.version)
    return found
