"""Files as answers, from the shopper who sends one to the staff who print it.

    a file is sent to a cart  --take_in-->  looked at, cleaned, stored where nobody reads, named
    a line answers with its id  --files_said-->  the line knows what it is, if it is the cart's
    the cart goes into an account's  --follow-->  so do its files
    the cart becomes an order of the same id; the files are the order's
    nobody bought it, or the person is forgotten  --give_up, forgotten-->  name and bytes go

Pictures lose their metadata without being coded anew: no pixel, profile or resolution changes, so
that what is printed is what was sent; where and when it was taken goes (DOMAIN.md E13). What lies
behind the end of a picture goes, too. A PDF is kept as it is and never opened here.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Collection, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from argosy.kernel.errors import ArgosyError, Unavailable
from argosy.kernel.personal import FileFormat
from argosy.modules import attachments, media
from argosy.modules import cart as carts
from argosy.modules.attachments import Attachment, AttachmentInvalid, NewAttachment, Room
from argosy.modules.cart import Cart
from argosy.modules.catalog.ports import CleanFile
from argosy.modules.media import Cut
from argosy.reads.attached import files_of_forgotten, named_by
from argosy.runtime.credentials import keyed_hash
from argosy.runtime.db import Tx
from argosy.workflows.app import App

_SIDE: Final = 320
_AT_ONCE: Final = 500
_LOOKING_AT_ONCE: Final = 2
_GRACE: Final = timedelta(days=1)
_FIRST: Final = UUID(int=0)

log = structlog.get_logger(__name__)


class Turns:
    """So many files at once are held in memory to be looked at; others wait on the disk."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(_LOOKING_AT_ONCE)


async def take_in(app: App, cart: Cart, path: Path, *, file_name: str, address: str) -> Attachment:
    """Keep a file that lies at `path`, which is the caller's, for a cart that is the shopper's.
    `address` is where it came from, for the bound on what one address may send.

    Stored first, then named: a crash in between leaves bytes that the clean-up finds. Raises
    CartNotOpen, CartExpired, AttachmentInvalid, AttachmentsFull, TooManyAttachments,
    MediaRefused, PictureRefused, StudioFailed; Unavailable, after which nothing is named for sure.
    """
    carts.check_open(cart, app.db.clock())
    secret = app.settings.secret_key.get_secret_value()
    sender = keyed_hash(secret, "attachments sender", address)
    size = (await asyncio.to_thread(path.stat)).st_size
    if not size:
        raise AttachmentInvalid("The file is empty.", field="file")
    if size > app.settings.answer_file_limit_bytes:
        raise AttachmentInvalid(
            f"A file has at most {app.settings.answer_file_limit_bytes:,} bytes.", field="file"
        )
    room = _room(app)
    async with app.db.reading() as tx:
        await attachments.check_room(tx, cart.id, sender, size, room)
    async with app.part(Turns).free:
        clean = await app.storage.cleaned(await asyncio.to_thread(path.read_bytes))
        found = attachments.format_of(clean.file.content_type)
        if found is None:
            raise AttachmentInvalid("Only JPEG, PNG, WebP and PDF can be taken.", field="file")
        picture = await _picture(app, clean)
        new = await _stored(
            app, cart.id, clean, attachments.kept_name(file_name, found), found, picture, sender
        )
    try:
        async with app.db.transaction() as tx:
            return await attachments.add(tx, new, room)
    except Unavailable:
        raise  # The commit may have been done: what it does not name, the clean-up finds.
    except ArgosyError:
        await app.storage.private.remove(
            [key for key in (new.storage_key, new.picture_key) if key is not None]
        )
        raise


def _room(app: App) -> Room:
    settings = app.settings
    return Room(settings.answer_files_cart_bytes, settings.answer_files_sender_bytes)


async def _picture(app: App, clean: CleanFile) -> bytes | None:
    """A small picture of a picture, all of which was decoded for it; None: it is none."""
    width, height = clean.file.width, clean.file.height
    if not media.is_raster(clean.file.content_type) or width is None or height is None:
        return None
    scale = min(1.0, _SIDE / max(width, height))
    cut = Cut(
        box=(0, 0, width, height),
        width=max(1, round(width * scale)),
        height=max(1, round(height * scale)),
        format="webp",
        crop="none",
    )
    drawn = await app.studio.draw(clean.content, [cut])
    if not drawn.files:
        raise AttachmentInvalid("A picture that moves cannot be taken.", field="file")
    return drawn.files[0]


async def _stored(  # noqa: PLR0917 - a file and all that was found of it
    app: App,
    cart_id: UUID,
    clean: CleanFile,
    name: str,
    found: FileFormat,
    picture: bytes | None,
    sender: bytes,
) -> NewAttachment:
    key = app.storage.new_private(name)
    picture_key = None if picture is None else app.storage.new_private("picture.webp")
    await _put(app, key, clean.content)
    if picture is not None and picture_key is not None:
        await _put(app, picture_key, picture)
    return NewAttachment(
        cart_id=cart_id,
        storage_key=key,
        picture_key=picture_key,
        file_name=name,
        format=found,
        byte_size=len(clean.content),
        width=clean.file.width,
        height=clean.file.height,
        sha256=hashlib.sha256(clean.content).digest(),
        sender=sender,
    )


async def _put(app: App, key: str, content: bytes) -> None:
    path = await asyncio.to_thread(_written, content)
    try:
        await app.storage.private.put(key, path)
    finally:
        path.unlink(missing_ok=True)


def _written(content: bytes) -> Path:
    with tempfile.NamedTemporaryFile(prefix="argosy-answer-", delete=False) as file:
        file.write(content)
    return Path(file.name)


async def drop(app: App, file_ids: Collection[UUID]) -> None:
    """Give up files that were sent a moment ago for a line that was refused."""
    if not file_ids:
        return
    async with app.db.transaction() as tx:
        keys = await attachments.drop(tx, file_ids)
    await remove(app, keys)


async def forgotten(tx: Tx, customer_id: UUID, in_carts: Iterable[UUID]) -> list[str]:
    """Forget the files of a person's carts, and of those orders that name the person no more; the
    keys of what is to be deleted once that is committed.
    """
    return await attachments.drop(tx, {*in_carts, *await files_of_forgotten(tx, customer_id)})


async def remove(app: App, keys: Collection[str]) -> None:
    """Delete what nothing names any more. Where the storage does not answer, the clean-up does it
    the next day.
    """
    try:
        await app.storage.private.remove(sorted(keys))
    except Unavailable:
        log.warning("attachments.not_removed_yet", files=len(keys))


async def give_up(app: App) -> None:
    """Delete what was sent and is in no line a day later, or whose cart is over. Killed anywhere,
    the next run goes on. Raises Unavailable.
    """
    before, after = app.db.clock() - _GRACE, _FIRST
    async with app.db.transaction() as tx:
        await attachments.forget_senders(tx)
    while True:
        async with app.db.transaction() as tx:
            old = await attachments.old_files(tx, before, _AT_ONCE, after)
            named = await named_by(tx, {cart_id for _, cart_id in old})
            known = {file_id for file_id, _ in old}
            await attachments.mark_ordered(tx, known & named.ordered)
            keys = await attachments.drop_old(tx, known - named.files, before)
        await app.storage.private.remove(keys)
        if keys:
            log.info("attachments.given_up", files=len(keys))
        if len(old) < _AT_ONCE:
            return
        after = old[-1][0]
