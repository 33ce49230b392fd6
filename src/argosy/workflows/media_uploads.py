"""Uploads past us: an address to send a file to, and the look at it before anything refers to it.

    planned, begin   size, SHA-256 and name, as said --> an address for this one file, for a while
    (the file goes to the storage, or through us where that takes none)
    complete         size and hash compared, type read, decoded as every upload --> an entry
    forget_uploads   what was never completed is deleted

Nothing that the sender says of the type is believed, and nothing shows a file before `complete`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog

from argosy.kernel.errors import Invalid
from argosy.kernel.ids import new_id
from argosy.modules import catalog, media
from argosy.modules.catalog import Media
from argosy.modules.catalog.ports import Address, StoredFile
from argosy.modules.media import Upload, UploadExpired, UploadNotReceived, UploadRefused
from argosy.runtime.credentials import sealed, unsealed
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.media_keeping import new_file, take_in_file
from argosy.workflows.renditions import note_entry

FORGOTTEN_AFTER = timedelta(days=7)
_LATE = timedelta(hours=1)
"""A file that was sent in time may be completed for so long after it."""
_PURPOSE = "media upload"
_FORGOTTEN_AT_ONCE = 200

log = structlog.get_logger(__name__)


def planned(
    app: App,
    *,
    file_name: str,
    byte_size: int,
    sha256: bytes,
    alt: str = "",
    product_id: UUID | None = None,
    actor: str = "",
) -> Upload:
    """A file that will be sent. Raises UploadRefused when it is too large."""
    most = app.settings.upload_limit_bytes
    if byte_size > most:
        raise UploadRefused(
            f"The file has {byte_size} bytes; at most {most} are taken.",
            field="byte_size",
            cure="Send a smaller file, or raise ARGOSY_UPLOAD_LIMIT_BYTES.",
        )
    now = app.db.clock()
    return Upload(
        id=new_id(),
        storage_key=app.storage.new_upload(suffix=".bin"),
        file_name=file_name,
        byte_size=byte_size,
        sha256=sha256,
        alt=alt,
        product_id=product_id,
        actor=actor,
        state="open",
        fault=None,
        media_id=None,
        created_at=now,
        expires_at=now + timedelta(minutes=app.settings.media_upload_minutes),
        ended_at=None,
    )


async def begin(tx: Tx, upload: Upload) -> None:
    """Write down a planned upload. Raises ProductNotFound."""
    if upload.product_id is not None:
        await catalog.product_by_id(tx, upload.product_id)
    await media.begin_upload(tx, upload)


async def address_of(app: App, upload: Upload) -> Address | None:
    """Where the file may be sent to; None when the upload has ended or its time is over."""
    left = upload.expires_at - app.db.clock()
    if upload.state != "open" or left <= timedelta(0):
        return None
    found = await app.storage.upload_address(upload.storage_key, expires_in=left)
    if found is not None:
        return found
    token = sealed(app.settings.secret_key.get_secret_value(), _PURPOSE, upload.id)
    return Address(url=f"{app.settings.public_url}/media-uploads/{token}")


async def expected(app: App, token: str) -> Upload:
    """The upload that a file comes for through us. Raises UploadNotFound, UploadExpired."""
    upload_id = unsealed(app.settings.secret_key.get_secret_value(), _PURPOSE, token)
    if upload_id is None:
        raise media.UploadNotFound("There is no such upload.")
    async with app.db.reading() as tx:
        upload = await media.upload_by_id(tx, upload_id)
    if upload.state != "open" or upload.expires_at <= app.db.clock():
        raise UploadExpired("The time of this upload is over.")
    return upload


async def receive(app: App, upload: Upload, path: Path) -> None:
    """Put aside what came through us. Raises UploadRefused when it has another size; then it may
    be sent again.
    """
    size = await asyncio.to_thread(lambda: path.stat().st_size)
    if size != upload.byte_size:
        raise UploadRefused(_another_size(size, upload), field="byte_size")
    await app.storage.put_upload(path, suffix=".bin", key=upload.storage_key)


async def complete(
    app: App, upload_id: UUID, note: Callable[[Tx, Media], Awaitable[None]]
) -> Media:
    """Look at the file that came, store it and make an entry of it. A repeat gives the same entry.

    `note(tx, entry)` runs in the transaction that makes the entry. Raises UploadNotFound,
    UploadExpired, UploadNotReceived; UploadRefused, MediaRefused and PictureRefused for good (the
    file is deleted); Unavailable, after which it may be completed again.
    """
    async with app.db.reading() as tx:
        upload = await media.upload_by_id(tx, upload_id)
        if upload.state == "done" and upload.media_id is not None:
            return await catalog.media_by_id(tx, upload.media_id)
    if upload.state == "refused":
        raise UploadRefused(upload.fault or "The file was refused.", field="file")
    size = await app.storage.upload_size(upload.storage_key)
    late = upload.expires_at + _LATE <= app.db.clock()
    if late or (size is None and upload.expires_at <= app.db.clock()):
        raise UploadExpired("The time of this upload is over.")
    if size is None:
        raise UploadNotReceived("The file has not come yet.")
    try:
        stored = await _looked_at(app, upload, size)
    except Invalid as error:
        async with app.db.transaction() as tx:
            await media.refuse_upload(tx, upload.id, error.message)
        await app.storage.drop_upload(upload.storage_key)
        raise
    found = await _entered(app, upload, stored, note)
    await app.storage.drop_upload(upload.storage_key)
    return found


async def _looked_at(app: App, upload: Upload, size: int) -> StoredFile:
    """Compare, clean, decode and store. Raises Invalid for what is never taken."""
    if size != upload.byte_size:
        raise UploadRefused(_another_size(size, upload), field="byte_size")
    path = await asyncio.to_thread(new_file)
    try:
        if not await app.storage.take_upload(upload.storage_key, path):
            raise UploadNotReceived("The file has not come yet.")
        if await asyncio.to_thread(_digest, path) != upload.sha256:
            raise UploadRefused("The file that came has another SHA-256.", field="sha256")
        return await take_in_file(app, path)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _entered(
    app: App,
    upload: Upload,
    stored: StoredFile,
    note: Callable[[Tx, Media], Awaitable[None]],
) -> Media:
    """The entry of the file: ours, or of whoever completed the same upload meanwhile."""
    entry = catalog.media_input(stored, source=upload.file_name or None, alt=upload.alt)
    async with app.db.transaction() as tx:
        found = await catalog.register_media(tx, entry)
        if await media.end_upload(tx, upload.id, found.id):
            if upload.product_id is not None:
                found = await catalog.update_media(tx, found.id, product_id=upload.product_id)
            await note_entry(tx, found)
            await note(tx, found)
            return found
        await catalog.delete_media(tx, found.id)
        now = await media.upload_by_id(tx, upload.id)
        if now.media_id is None:
            raise UploadRefused(now.fault or "The file was refused.", field="file")
        return await catalog.media_by_id(tx, now.media_id)


async def forget_uploads(app: App) -> None:
    """Delete files that came and were never completed, uploads of long ago, and files that were
    uploaded for an import that nobody began.
    """
    while True:
        async with app.db.reading() as tx:
            over = await media.uploads_before(tx, tx.now - FORGOTTEN_AFTER, _FORGOTTEN_AT_ONCE)
        for _, key in over:
            await app.storage.drop_upload(key)
        if over:
            async with app.db.transaction() as tx:
                await media.forget_uploads(tx, [upload_id for upload_id, _ in over])
        if len(over) < _FORGOTTEN_AT_ONCE:
            break
    dropped = await app.storage.drop_forgotten(app.db.clock() - FORGOTTEN_AFTER)
    if dropped:
        log.info("media.uploads_forgotten", files=dropped)


def _another_size(size: int, upload: Upload) -> str:
    return f"The file that came has {size} bytes, not {upload.byte_size}."


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
