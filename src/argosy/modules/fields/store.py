"""The only file of fields that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from argosy.modules.fields.errors import FieldCodeTaken
from argosy.modules.fields.types import FieldDefinition, FieldFilter, FieldValue, Subject
from argosy.runtime.db import IntegrityError, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


class ValueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a value; the value itself comes with the first (n = 0)."""

    entity_id: UUID
    definition_id: UUID
    n: int
    value: FieldValue | None
    text_key: str
    number_key: Decimal | None


async def definitions_of(tx: Tx, subject: Subject | None) -> list[FieldDefinition]:
    """The fields of a subject, or all, by code."""
    rows = await tx.many(SQL.definitions_of, subject)
    return [msgspec.convert(dict(row), FieldDefinition) for row in rows]


async def lock_definition(tx: Tx, definition_id: UUID) -> FieldDefinition | None:
    """One field, locked."""
    row = await tx.maybe(SQL.lock_definition, definition_id)
    return None if row is None else msgspec.convert(dict(row), FieldDefinition)


async def write_definition(tx: Tx, definition: FieldDefinition) -> None:
    """Insert or update; subject and kind stay. Raises FieldCodeTaken."""
    try:
        await tx.run(SQL.write_definition, msgspec.to_builtins(definition))
    except IntegrityError as error:
        if constraint(error) != "definition_code_unique":
            raise
        raise FieldCodeTaken("Another field has this code.", field="code") from error


async def delete_definition(tx: Tx, definition_id: UUID, at: datetime) -> None:
    """Hide a field; its values are dropped apart from that."""
    await tx.run(SQL.delete_definition, definition_id, at)


async def drop_values(tx: Tx, definition_id: UUID, limit: int) -> int:
    """Drop a batch of the values of a field; how many."""
    return await tx.run(SQL.drop_values, definition_id, limit)


async def lock_values(tx: Tx, subject: Subject, entity_id: UUID) -> None:
    """Be the only one to change the values of a thing, until the end of the transaction."""
    await tx.one(SQL.lock_values, subject, entity_id)


async def values_of(
    tx: Tx, subject: Subject, entity_ids: Collection[UUID]
) -> dict[UUID, dict[str, FieldValue]]:
    """By thing: its values by code."""
    found: dict[UUID, dict[str, FieldValue]] = {}
    for row in await tx.many(SQL.values_of, subject, list(entity_ids)):
        value = msgspec.convert(row["value"], FieldValue)
        found.setdefault(row["entity_id"], {})[row["code"]] = value
    return found


async def values_of_each(
    tx: Tx, wanted: Sequence[tuple[Subject, UUID]]
) -> dict[tuple[Subject, UUID], dict[str, FieldValue]]:
    """By thing, of several subjects: its values by code."""
    found: dict[tuple[Subject, UUID], dict[str, FieldValue]] = {}
    rows = await tx.many(SQL.values_of_each, [s for s, _ in wanted], [one for _, one in wanted])
    for row in rows:
        value = msgspec.convert(row["value"], FieldValue)
        found.setdefault((row["subject"], row["entity_id"]), {})[row["code"]] = value
    return found


async def replace_values(
    tx: Tx, subject: Subject, changed: Sequence[tuple[UUID, UUID]], rows: Sequence[ValueRow]
) -> None:
    """The values of these (thing, field) are now exactly these rows. Two statements."""
    await tx.run(SQL.clear_values, subject, [e for e, _ in changed], [d for _, d in changed])
    if rows:
        await tx.run(SQL.write_values, subject, msgspec.to_builtins(rows))


async def copy_to_orders(tx: Tx, order_ids: Collection[UUID]) -> None:
    """Copy what goes onto orders from the carts of the same ids; what is there stays."""
    await tx.run(SQL.copy_to_orders, list(order_ids))


async def forget_entities(tx: Tx, subject: Subject, entity_ids: Collection[UUID]) -> None:
    """Drop all values of these things."""
    await tx.run(SQL.forget_entities, subject, list(entity_ids))


async def how_many(tx: Tx, subject: Subject, wanted: Sequence[FieldFilter], most: int) -> list[int]:
    """How many things each filter for equality fits, counted up to `most`."""
    rows = await tx.many(
        SQL.how_many,
        subject,
        [one.definition_id for one in wanted],
        [one.equals for one in wanted],
        most,
    )
    return [row["found"] for row in rows]


async def equal_to(  # noqa: PLR0917 - the filters of a list
    tx: Tx,
    subject: Subject,
    first: FieldFilter,
    others: Sequence[FieldFilter],
    before: UUID,
    limit: int,
    look: int,
) -> list[UUID]:
    """Things whose field equals, and that pass the other filters; ids below `before`, falling. Of
    those whose field equals, `look` are looked through.
    """
    rows = await tx.many(
        SQL.equal_to,
        first.definition_id,
        subject,
        first.equals,
        before,
        msgspec.to_builtins(others),
        limit,
        look,
    )
    return [row["entity_id"] for row in rows]


async def equal_to_end(
    tx: Tx, subject: Subject, first: FieldFilter, before: UUID, look: int
) -> UUID | None:
    """The last thing that `equal_to` looked at; None if it saw the end."""
    row = await tx.maybe(SQL.equal_to_end, first.definition_id, subject, first.equals, before, look)
    return None if row is None else row["entity_id"]


async def between(  # noqa: PLR0917 - the filters of a list
    tx: Tx,
    subject: Subject,
    first: FieldFilter,
    others: Sequence[FieldFilter],
    after: tuple[Decimal, UUID],
    limit: int,
    look: int,
) -> list[tuple[UUID, Decimal]]:
    """Things whose field is within bounds, and that pass the other filters; by value, then id. Of
    those within the bounds, `look` are looked through.
    """
    rows = await tx.many(
        SQL.between,
        first.definition_id,
        subject,
        *_bounds(first),
        *after,
        msgspec.to_builtins(others),
        limit,
        look,
    )
    return [(row["entity_id"], row["number_key"]) for row in rows]


async def between_end(
    tx: Tx, subject: Subject, first: FieldFilter, after: tuple[Decimal, UUID], look: int
) -> tuple[UUID, Decimal] | None:
    """The last thing that `between` looked at; None if it saw the end."""
    row = await tx.maybe(
        SQL.between_end, first.definition_id, subject, *_bounds(first), *after, look
    )
    return None if row is None else (row["entity_id"], row["number_key"])


def _bounds(one: FieldFilter) -> tuple[Decimal, Decimal]:
    return Decimal(one.low or "-Infinity"), Decimal(one.high or "Infinity")


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Those of these storage keys that values of custom fields hold."""
    return {row["ref"] for row in await tx.many(SQL.named_media, list(refs))}
