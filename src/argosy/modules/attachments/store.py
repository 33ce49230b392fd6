"""The only file of attachments that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.attachments.types import Attachment, Held, NewAttachment
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def lock_senders(tx: Tx, cart_id: UUID, sender: bytes) -> None:
    """Have the files of the cart, and of the address, to ourselves."""
    await tx.one(SQL.lock_senders, cart_id, sender)


async def held(tx: Tx, cart_id: UUID, sender: bytes, since: datetime) -> Held:
    """What is kept of the cart, and of what the address sent since then."""
    return Held(**dict(await tx.one(SQL.held, cart_id, sender, since)))


async def add_file(tx: Tx, file_id: UUID, new: NewAttachment) -> None:
    """Name a file."""
    await tx.run(
        SQL.add_file,
        file_id,
        new.cart_id,
        new.storage_key,
        new.picture_key,
        new.file_name,
        new.format,
        new.byte_size,
        new.width,
        new.height,
        new.sha256,
        new.sender,
        tx.now,
    )


async def touch(tx: Tx, cart_id: UUID, file_ids: Collection[UUID]) -> list[Attachment]:
    """Those of the files that are the cart's, which are young from now on."""
    return [_file(r) for r in await tx.many(SQL.touch, cart_id, sorted(file_ids), tx.now)]


async def files_of(tx: Tx, cart_ids: Collection[UUID]) -> list[Attachment]:
    """The files of these carts or orders, the oldest of each first."""
    return [_file(row) for row in await tx.many(SQL.files_of, sorted(cart_ids))]


async def file_by_id(tx: Tx, file_id: UUID) -> Attachment | None:
    """A file."""
    row = await tx.maybe(SQL.file_by_id, file_id)
    return None if row is None else _file(row)


async def move_files(tx: Tx, cart_id: UUID, to: UUID, file_ids: Collection[UUID]) -> None:
    """Let these files of a cart be another's."""
    await tx.run(SQL.move_files, cart_id, to, sorted(file_ids), tx.now)


async def old_files(tx: Tx, before: datetime, limit: int, after: UUID) -> list[tuple[UUID, UUID]]:
    """Files with their carts that nobody ordered, and nobody touched since then."""
    rows = await tx.many(SQL.old_files, before, limit, after)
    return [(row["id"], row["cart_id"]) for row in rows]


async def mark_ordered(tx: Tx, file_ids: Collection[UUID]) -> None:
    """These are of orders."""
    await tx.run(SQL.mark_ordered, sorted(file_ids))


async def forget_senders(tx: Tx, before: datetime) -> None:
    """Forget whence files came that were sent before then."""
    await tx.run(SQL.forget_senders, before)


async def drop_old(tx: Tx, file_ids: Collection[UUID], before: datetime) -> list[str]:
    """Forget those of the files that are still untouched since then; their keys."""
    return _keys(await tx.many(SQL.drop_old, sorted(file_ids), before))


async def drop_files(tx: Tx, file_ids: Collection[UUID]) -> list[str]:
    """Forget files; their keys."""
    return _keys(await tx.many(SQL.drop_files, sorted(file_ids)))


async def keys_named(tx: Tx, keys: Collection[str]) -> set[str]:
    """Which of these keys of the storage are named."""
    return {row["key"] for row in await tx.many(SQL.keys_named, sorted(keys))}


def _file(row: Record) -> Attachment:
    return Attachment(**dict(row))


def _keys(rows: Sequence[Record]) -> list[str]:
    return [key for row in rows for key in (row["storage_key"], row["picture_key"]) if key]
