"""Read files of variants, and what orders may download."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from argosy.modules.downloads import rules, store
from argosy.modules.downloads.errors import (
    DownloadFileNotFound,
    DownloadNotFound,
    DownloadsOver,
    PolicyNotFound,
)
from argosy.modules.downloads.types import Download, Entitlement, File, Policy, Version
from argosy.runtime.db import Tx

_MOST_SHOWN = 200


class Held(NamedTuple):
    """What a line of an order may download, or might, and its files."""

    owed: Entitlement
    files: tuple[File, ...]


async def policy_of(tx: Tx, variant_id: UUID) -> Policy:
    """How the variant is delivered. Raises PolicyNotFound."""
    found = await store.policies_of(tx, [variant_id])
    if not found:
        raise PolicyNotFound("This variant is not delivered as files.", field="variant_id")
    return found[0]


async def policies_of(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, Policy]:
    """The policies of those of the variants that have one. One statement."""
    return {one.variant_id: one for one in await store.policies_of(tx, variant_ids)}


async def files_of_variant(tx: Tx, variant_id: UUID) -> list[File]:
    """The variant's files, retired ones too, the oldest first. Two statements."""
    return await store.files_of(tx, [variant_id])


async def file_version(tx: Tx, file_id: UUID, n: int) -> Version:
    """A version of a file that was not withdrawn. Raises DownloadFileNotFound."""
    file = await store.file_by_id(tx, file_id)
    found = next((one for one in file.versions if one.n == n), None) if file else None
    if found is None or found.withdrawn_at is not None:
        raise DownloadFileNotFound("There is no such file.", field="file_id")
    return found


async def file_by_id(tx: Tx, file_id: UUID) -> File:
    """A file with its versions. Raises DownloadFileNotFound."""
    found = await store.file_by_id(tx, file_id)
    if found is None:
        raise DownloadFileNotFound("There is no such file.", field="file_id")
    return found


async def held_by_order(tx: Tx, order_id: UUID) -> list[Held]:
    """What the lines of the order may download. One statement where there is nothing, else three.
    Lines that have ended have no files.
    """
    owed = await store.entitlements_of_order(tx, order_id)
    if not owed:
        return []
    files = await store.files_of(tx, {one.variant_id for one in owed})
    return [
        Held(one, tuple(rules.files_for(one, files)) if one.ended_at is None else ())
        for one in owed
    ]


async def downloads_of_order(tx: Tx, order_id: UUID) -> list[Download]:
    """What was downloaded of an order, the latest 200."""
    return await store.downloads_of_order(tx, order_id, _MOST_SHOWN)


async def download_by_id(tx: Tx, download_id: UUID) -> Version:
    """What the link of a download gives. Raises DownloadNotFound, DownloadsOver."""
    found = await store.download_by_id(tx, download_id)
    if found is None:
        raise DownloadNotFound("There is no such download.")
    if found.expires_at <= tx.now:
        raise DownloadsOver("The time of this link is over.", ended=found.expires_at.isoformat())
    return await file_version(tx, found.file_id, found.n)


async def keys_named(tx: Tx, keys: Collection[str]) -> set[str]:
    """Which of these keys of the storage somebody may get. One statement."""
    return await store.keys_named(tx, keys)
