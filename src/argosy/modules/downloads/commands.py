"""Keep files of variants, owe them to paid lines, count downloads, end them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.downloads import rules, store
from argosy.modules.downloads.errors import (
    DownloadFileNotFound,
    DownloadNotFound,
    DownloadsInvalid,
    PolicyChangedMeanwhile,
    PolicyNotFound,
)
from argosy.modules.downloads.events import DownloadsEnded, DownloadsGranted, FileDownloaded
from argosy.modules.downloads.types import (
    MAX_FILES,
    MAX_VERSIONS,
    Download,
    Entitlement,
    File,
    NewVersion,
    OwedLine,
    Policy,
    Version,
)
from argosy.runtime.db import Tx


async def set_policy(tx: Tx, policy: Policy, *, expected: int | None = None) -> Policy:
    """Have a variant delivered so; `expected`: the version that was read (0: no policy). Lines that
    are owed files already keep their terms. Raises PolicyChangedMeanwhile.
    """
    found = await store.policies_of(tx, [policy.variant_id])
    version = found[0].version if found else 0
    if found and rules.same_terms(found[0], policy) and expected in (None, version):
        return found[0]
    saved = await store.save_policy(tx, policy, version if expected is None else expected)
    if saved is None:
        raise PolicyChangedMeanwhile("This was changed meanwhile.", version=version)
    return (await store.policies_of(tx, [policy.variant_id]))[0]


async def add_file(tx: Tx, variant_id: UUID, title: str, new: NewVersion) -> File:
    """Give buyers of the variant this file, too. Raises PolicyNotFound, DownloadsInvalid."""
    if not await store.lock_policy(tx, variant_id):
        raise PolicyNotFound("This variant is not delivered as files.", field="variant_id")
    there = [one for one in await store.files_of(tx, [variant_id]) if one.retired_at is None]
    if len(there) >= MAX_FILES:
        raise DownloadsInvalid(f"A variant has at most {MAX_FILES} files.", field="variant_id")
    file_id = await store.add_file(tx, variant_id, rules.check_title(title))
    return await _added(tx, file_id, 1, new)


async def add_version(tx: Tx, file_id: UUID, new: NewVersion) -> File:
    """Give buyers this instead from now on, those of before as well. Raises DownloadFileNotFound,
    DownloadsInvalid.
    """
    file = await _file(tx, file_id)
    await store.lock_policy(tx, file.variant_id)
    n = len((await _file(tx, file_id)).versions) + 1
    if n > MAX_VERSIONS:
        raise DownloadsInvalid(f"A file has at most {MAX_VERSIONS} versions.", field="file_id")
    return await _added(tx, file_id, n, new)


async def _added(tx: Tx, file_id: UUID, n: int, new: NewVersion) -> File:
    checked = new._replace(file_name=rules.check_file_name(new.file_name))
    await store.add_version(tx, file_id, n, checked)
    return await _file(tx, file_id)


async def retire_file(tx: Tx, file_id: UUID) -> File:
    """Give it to nobody who buys from now on; who bought it keeps it. A repeat changes nothing.
    Raises DownloadFileNotFound.
    """
    await _file(tx, file_id)
    await store.retire_file(tx, file_id)
    return await _file(tx, file_id)


async def withdraw_version(tx: Tx, file_id: UUID, n: int) -> Version:
    """Give this version to nobody, and let the one before it be the newest; what it was, for its
    bytes may go. A repeat changes nothing. Raises DownloadFileNotFound.
    """
    file = await _file(tx, file_id)
    if not 1 <= n <= len(file.versions):
        raise DownloadFileNotFound("There is no such version.", field="n")
    await store.withdraw_version(tx, file_id, n)
    return file.versions[n - 1]


async def owe(tx: Tx, lines: Sequence[OwedLine]) -> None:
    """Let paid lines have their files. A repeat changes nothing."""
    if not lines:
        return
    new = await store.owe(tx, lines)
    for one in lines:
        if one.line_id in new:
            tx.emit(
                DownloadsGranted(
                    order_id=one.order_id, line_id=one.line_id, variant_id=one.variant_id
                )
            )


async def begin_download(
    tx: Tx,
    order_id: UUID,
    line_id: UUID,
    file_id: UUID,
    *,
    consented_at: datetime | None,
    link_life: timedelta,
) -> tuple[Download, Entitlement]:
    """Count a download of the file's newest version, whose link is good for `link_life`. While an
    earlier link to the same version is good for half of that, it is the same download.

    Raises DownloadNotFound, DownloadFileNotFound, DownloadAwaitsConsent, DownloadsOver,
    DownloadsUsedUp.
    """
    owed = await store.lock_entitlement(tx, order_id, line_id)
    if owed is None:
        raise DownloadNotFound("There is no such download.", field="line_id")
    rules.check_may_download(owed, consented_at, tx.now)
    file = next(iter(rules.files_for(owed, [await _file(tx, file_id)])), None)
    if file is None or file.newest is None:
        raise DownloadFileNotFound("There is no such file.", field="file_id")
    n = file.newest.n
    running = await store.running_download(tx, line_id, file_id, n, tx.now + link_life / 2)
    if running is not None:
        return running, owed
    if not await store.count_download(tx, line_id):
        rules.check_left(owed)
    made = Download(
        id=new_id(),
        line_id=line_id,
        order_id=order_id,
        file_id=file_id,
        n=n,
        begun_at=tx.now,
        expires_at=tx.now + link_life,
    )
    await store.note_download(tx, made)
    tx.emit(FileDownloaded(order_id=order_id, line_id=line_id, file_id=file_id, n=n))
    counted = await store.lock_entitlement(tx, order_id, line_id)
    return made, counted or owed


async def extend(
    tx: Tx, order_id: UUID, line_id: UUID, *, more: int, until: datetime | None
) -> None:
    """Allow `more` downloads, and until then at least. Raises DownloadNotFound."""
    if not await store.extend(tx, order_id, line_id, more, until):
        raise DownloadNotFound("There is no such download.", field="line_id")


async def end(tx: Tx, order_ids: Collection[UUID]) -> None:
    """Let these orders download nothing more, with links they have. A repeat does nothing."""
    for order_id in sorted(order_ids):
        lines = await store.end_order(tx, order_id)
        if lines:
            tx.emit(DownloadsEnded(order_id=order_id, lines=lines))


async def forget_lines(tx: Tx, line_ids: Collection[UUID]) -> None:
    """End these lines, and forget what was downloaded when. A repeat does nothing."""
    if line_ids:
        await store.forget_lines(tx, line_ids)


async def _file(tx: Tx, file_id: UUID) -> File:
    found = await store.file_by_id(tx, file_id)
    if found is None:
        raise DownloadFileNotFound("There is no such file.", field="file_id")
    return found
