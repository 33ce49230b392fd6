"""Name files that shoppers sent, move them with their lines, forget them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.attachments import rules, store
from argosy.modules.attachments.errors import AttachmentNotFound
from argosy.modules.attachments.types import Attachment, NewAttachment, Room
from argosy.runtime.db import Tx

_DAY: Final = timedelta(days=1)


async def check_room(tx: Tx, cart_id: UUID, sender: bytes, byte_size: int, room: Room) -> None:
    """Raise AttachmentsFull or TooManyAttachments unless so many bytes more may be sent. Before
    they are stored; `add` looks again.
    """
    rules.check_room(await store.held(tx, cart_id, sender, tx.now - _DAY), byte_size, room)


async def add(tx: Tx, new: NewAttachment, room: Room) -> Attachment:
    """Let the cart have a file that is stored. Raises AttachmentsFull, TooManyAttachments, however
    many are added at once.
    """
    await store.lock_senders(tx, new.cart_id, new.sender)
    await check_room(tx, new.cart_id, new.sender, new.byte_size, room)
    file_id = new_id()
    await store.add_file(tx, file_id, new)
    found = await store.file_by_id(tx, file_id)
    if found is None:
        raise AttachmentNotFound("The file is gone.")
    return found


async def touch(tx: Tx, cart_id: UUID, file_ids: Collection[UUID]) -> dict[UUID, Attachment]:
    """Those of the files that are the cart's, by id; no clean-up takes them for a day. One
    statement.
    """
    return {one.id: one for one in await store.touch(tx, cart_id, file_ids)}


async def move(tx: Tx, cart_id: UUID, to: UUID, file_ids: Collection[UUID]) -> None:
    """Let files of a cart be another's, as their lines are. A repeat changes nothing."""
    if file_ids and cart_id != to:
        await store.move_files(tx, cart_id, to, file_ids)


async def mark_ordered(tx: Tx, file_ids: Collection[UUID]) -> None:
    """Keep these for as long as their orders: the clean-up need not look at them again."""
    if file_ids:
        await store.mark_ordered(tx, file_ids)


async def drop_old(tx: Tx, file_ids: Collection[UUID], before: datetime) -> list[str]:
    """Forget files that nobody ordered or touched since then; the keys of what is to be deleted."""
    return await store.drop_old(tx, file_ids, before) if file_ids else []


async def drop(tx: Tx, file_ids: Collection[UUID]) -> list[str]:
    """Forget files; the keys of what is to be deleted. A repeat does nothing."""
    return await store.drop_files(tx, file_ids) if file_ids else []


async def forget_senders(tx: Tx) -> None:
    """Forget whence files came that were sent more than a day ago."""
    await store.forget_senders(tx, tx.now - _DAY)
