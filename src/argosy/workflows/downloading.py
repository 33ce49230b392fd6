"""Downloads from the file that staff send to the buyer who saves it.

    an order is paid  --owe_downloads-->  its lines may be downloaded (when the buyer agreed, or the
                                          time to withdraw is over)
    a link is asked for  --begin-->  one download is counted, a signed link is good for a while
    it is cancelled, or refunded in full  --end_downloads-->  nothing more, with links that are out

The consent is that of the order, the same as for licence keys: Directive 2011/83/EU, Article 16
(m). Files lie in the private part of the storage, which no public route reads.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from argosy.kernel.errors import ArgosyError, Unavailable
from argosy.modules import catalog, downloads, licences
from argosy.modules.downloads import File, NewVersion, OwedLine, Policy, Version
from argosy.reads.paid_downloads import lines_of_customer, paid_downloads
from argosy.reads.paid_licences import ended_orders
from argosy.runtime.credentials import sealed, unsealed
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App

_PURPOSE: Final = "download"

Note = Callable[[Tx, File], Awaitable[None]]


class OrderDownload(msgspec.Struct, frozen=True, kw_only=True):
    """What a line may download. `left` and `until` are None where nothing limits them;
    `awaits_consent`: not before the buyer agrees, or `available_at`.
    """

    line_id: UUID
    variant_id: UUID
    files: tuple[File, ...]
    used: int
    left: int | None
    available_at: datetime
    until: datetime | None
    awaits_consent: bool
    ended: bool


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file is for a while: a path below the shop's address. `left` downloads remain."""

    path: str
    expires_at: datetime
    left: int | None


async def set_policy(tx: Tx, policy: Policy, *, expected: int | None = None) -> Policy:
    """Have the variant delivered as files. Raises VariantNotFound, PolicyChangedMeanwhile."""
    await catalog.variant_by_id(tx, policy.variant_id)
    return await downloads.set_policy(tx, policy, expected=expected)


async def add_file(
    app: App, variant_id: UUID, path: Path, *, title: str, file_name: str, note: Note
) -> File:
    """Give buyers of the variant this file, too; `note` runs in the transaction that says so.
    Raises PolicyNotFound, DownloadsInvalid; Unavailable, after which nothing is kept.
    """
    async with app.db.reading() as tx:
        await downloads.policy_of(tx, variant_id)
    downloads.check_title(title)

    async def work(tx: Tx, new: NewVersion) -> File:
        return await downloads.add_file(tx, variant_id, title, new)

    return await _taken_in(app, path, file_name, work, note)


async def add_version(app: App, file_id: UUID, path: Path, *, file_name: str, note: Note) -> File:
    """Give buyers this instead. Raises DownloadFileNotFound, DownloadsInvalid; Unavailable."""
    async with app.db.reading() as tx:
        await downloads.file_by_id(tx, file_id)

    async def work(tx: Tx, new: NewVersion) -> File:
        return await downloads.add_version(tx, file_id, new)

    return await _taken_in(app, path, file_name, work, note)


async def _taken_in(
    app: App,
    path: Path,
    file_name: str,
    work: Callable[[Tx, NewVersion], Awaitable[File]],
    note: Note,
) -> File:
    """Store first, then name: a crash in between leaves bytes that the clean-up finds. They are
    removed at once only where it is certain that nothing names them.
    """
    name = downloads.check_file_name(file_name)
    size, digest = await asyncio.to_thread(_measured, path)
    key = app.storage.new_private(name)
    await app.storage.private.put(key, path)
    try:
        async with app.db.transaction() as tx:
            file = await work(tx, NewVersion(key, name, size, digest))
            await note(tx, file)
    except Unavailable:
        raise  # The commit may have been done: what it does not name, the clean-up finds.
    except ArgosyError:
        await app.storage.private.remove([key])
        raise
    return file


async def withdraw(app: App, file_id: UUID, n: int, note: Note) -> File:
    """Give a version to nobody, and delete its bytes. Raises DownloadFileNotFound; Unavailable,
    after which it is given to nobody and the clean-up deletes it.
    """
    async with app.db.transaction() as tx:
        gone = await downloads.withdraw_version(tx, file_id, n)
        file = await downloads.file_by_id(tx, file_id)
        await note(tx, file)
    await app.storage.private.remove([gone.storage_key])
    return file


async def downloads_of(tx: Tx, order_id: UUID) -> list[OrderDownload]:
    """What the lines of the order may download. One statement where there is nothing, else four."""
    held = await downloads.held_by_order(tx, order_id)
    if not held:
        return []
    consented = await licences.consent_of(tx, order_id)
    found = []
    for owed, files in held:
        available = downloads.available_at(owed, consented)
        found.append(
            OrderDownload(
                line_id=owed.line_id,
                variant_id=owed.variant_id,
                files=files,
                used=owed.used,
                left=owed.left,
                available_at=available,
                until=downloads.expires_at(owed, consented),
                awaits_consent=tx.now < available,
                ended=owed.ended_at is not None,
            )
        )
    return found


async def begin(app: App, tx: Tx, order_id: UUID, line_id: UUID, file_id: UUID) -> Link:
    """Count a download and make its link; a link that is young is given again.

    Raises DownloadNotFound, DownloadFileNotFound, DownloadAwaitsConsent, DownloadsOver,
    DownloadsUsedUp.
    """
    life = timedelta(minutes=app.settings.download_link_minutes)
    consented = await licences.consent_of(tx, order_id)
    made, owed = await downloads.begin_download(
        tx, order_id, line_id, file_id, consented_at=consented, link_life=life
    )
    token = sealed(app.settings.secret_key.get_secret_value(), _PURPOSE, made.id)
    return Link(path=f"/downloads/{token}", expires_at=made.expires_at, left=owed.left)


async def file_of_link(app: App, token: str) -> Version:
    """What a link gives. Raises DownloadNotFound, DownloadFileNotFound, DownloadsOver."""
    found = unsealed(app.settings.secret_key.get_secret_value(), _PURPOSE, token)
    if found is None:
        raise downloads.DownloadNotFound("There is no such download.")
    async with app.db.reading() as tx:
        return await downloads.download_by_id(tx, found)


async def asks_consent(tx: Tx, variant_ids: Sequence[UUID]) -> bool:
    """Whether any of these has files that its buyer is to ask for."""
    if not variant_ids:
        return False
    policies = await downloads.policies_of(tx, list(variant_ids))
    return any(policy.asks_consent for policy in policies.values())


async def owe_downloads(tx: Tx, events: Sequence[Delivered]) -> None:
    """Let orders that are paid have their files. One statement where none is delivered so."""
    orders = {UUID(str(event.data["order_id"])) for event in events}
    lines = [OwedLine(*row.values()) for row in await paid_downloads(tx, orders)]
    await downloads.owe(tx, lines)


async def end_downloads(tx: Tx, events: Sequence[Delivered]) -> None:
    """End the downloads of orders that were cancelled, refunded in full, or whose authorisation was
    voided. What was refunded in part keeps them: which files came back is not told by an amount.
    """
    orders = {UUID(str(event.data["order_id"])) for event in events}
    await downloads.end(tx, await ended_orders(tx, orders))


async def forget_downloads(tx: Tx, events: Sequence[Delivered]) -> None:
    """Of customers that were erased: what they downloaded is forgotten, and nobody downloads it any
    more.
    """
    for event in events:
        customer_id = UUID(str(event.data["customer_id"]))
        await downloads.forget_lines(tx, await lines_of_customer(tx, customer_id))


def _measured(path: Path) -> tuple[int, bytes]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return path.stat().st_size, digest
