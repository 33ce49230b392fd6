"""Read files that shoppers sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from argosy.modules.attachments import store
from argosy.modules.attachments.errors import AttachmentNotFound
from argosy.modules.attachments.types import Attachment
from argosy.runtime.db import Tx


async def file_by_id(tx: Tx, file_id: UUID) -> Attachment:
    """A file, whosever it is: the caller has a link to it. Raises AttachmentNotFound."""
    found = await store.file_by_id(tx, file_id)
    if found is None:
        raise AttachmentNotFound("There is no such file.", field="file_id")
    return found


async def file_of(tx: Tx, cart_id: UUID, file_id: UUID) -> Attachment:
    """A file of that cart or order. Raises AttachmentNotFound, also for another's."""
    found = await store.file_by_id(tx, file_id)
    if found is None or found.cart_id != cart_id:
        raise AttachmentNotFound("There is no such file here.", field="file_id")
    return found


async def files_of(tx: Tx, cart_ids: Collection[UUID]) -> list[Attachment]:
    """The files of these carts or orders. One statement."""
    return await store.files_of(tx, cart_ids)


async def old_files(tx: Tx, before: datetime, limit: int, after: UUID) -> list[tuple[UUID, UUID]]:
    """Files with their carts that nobody ordered or touched since then, by id after that one."""
    return await store.old_files(tx, before, limit, after)


async def keys_named(tx: Tx, keys: Collection[str]) -> set[str]:
    """Which of these keys of the storage are a file's. One statement."""
    return await store.keys_named(tx, keys)
