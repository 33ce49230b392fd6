"""The only file of downloads that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules.downloads.types import (
    Download,
    Entitlement,
    File,
    NewVersion,
    OwedLine,
    Policy,
    Version,
)
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def policies_of(tx: Tx, variant_ids: Collection[UUID]) -> list[Policy]:
    """The policies of those of the variants that have one."""
    rows = await tx.many(SQL.policies_of, list(variant_ids))
    return [msgspec.convert(dict(row), Policy) for row in rows]


async def save_policy(tx: Tx, policy: Policy, expected: int) -> int | None:
    """Write over the version that was read (0: none); None: it was another."""
    row = await tx.maybe(
        SQL.change_policy if expected else SQL.save_policy,
        policy.variant_id,
        policy.deliver_when,
        policy.asks_consent,
        policy.most_downloads,
        policy.days,
        expected,
        tx.now,
    )
    return None if row is None else row["version"]


async def lock_policy(tx: Tx, variant_id: UUID) -> bool:
    """Have the variant's files to ourselves; False: it has no policy."""
    return await tx.maybe(SQL.lock_policy, variant_id) is not None


async def files_of(tx: Tx, variant_ids: Collection[UUID]) -> list[File]:
    """The files of these variants with their versions. Two statements."""
    return await _with_versions(tx, await tx.many(SQL.files_of_variants, sorted(variant_ids)))


async def file_by_id(tx: Tx, file_id: UUID) -> File | None:
    """A file with its versions."""
    row = await tx.maybe(SQL.file_by_id, file_id)
    return None if row is None else (await _with_versions(tx, [row]))[0]


async def _with_versions(tx: Tx, rows: Sequence[Record]) -> list[File]:
    if not rows:
        return []
    versions: dict[UUID, list[Version]] = {row["id"]: [] for row in rows}
    for row in await tx.many(SQL.versions_of, list(versions)):
        versions[row["file_id"]].append(Version(**dict(row)))
    return [File(**dict(row), versions=tuple(versions[row["id"]])) for row in rows]


async def add_file(tx: Tx, variant_id: UUID, title: str) -> UUID:
    """A file without versions; its id."""
    file_id = new_id()
    await tx.run(SQL.add_file, file_id, variant_id, title, tx.now)
    return file_id


async def add_version(tx: Tx, file_id: UUID, n: int, new: NewVersion) -> None:
    """What the file is from now on."""
    await tx.run(SQL.add_version, file_id, n, *new, tx.now)


async def retire_file(tx: Tx, file_id: UUID) -> None:
    """Give it to nobody who buys from now on."""
    await tx.run(SQL.retire_file, file_id, tx.now)


async def withdraw_version(tx: Tx, file_id: UUID, n: int) -> None:
    """Give this version to nobody."""
    await tx.run(SQL.withdraw_version, file_id, n, tx.now)


async def owe(tx: Tx, lines: Sequence[OwedLine]) -> set[UUID]:
    """Note what paid lines may download; which of them were new."""
    columns = [list(column) for column in zip(*lines, strict=True)]
    return {row["line_id"] for row in await tx.many(SQL.owe, *columns, tx.now)}


async def entitlements_of_order(tx: Tx, order_id: UUID) -> list[Entitlement]:
    """What the lines of an order may download, or might."""
    rows = await tx.many(SQL.entitlements_of_order, order_id)
    return [Entitlement(**dict(row)) for row in rows]


async def lock_entitlement(tx: Tx, order_id: UUID, line_id: UUID) -> Entitlement | None:
    """What a line may download, locked."""
    row = await tx.maybe(SQL.lock_entitlement, order_id, line_id)
    return None if row is None else Entitlement(**dict(row))


async def running_download(
    tx: Tx, line_id: UUID, file_id: UUID, n: int, after: datetime
) -> Download | None:
    """A download of this version whose link is good beyond then."""
    row = await tx.maybe(SQL.running_download, line_id, file_id, n, after)
    return None if row is None else Download(**dict(row))


async def count_download(tx: Tx, line_id: UUID) -> bool:
    """Count one more; False: none is left."""
    return await tx.maybe(SQL.count_download, line_id) is not None


async def note_download(tx: Tx, made: Download) -> None:
    """Keep what was counted."""
    await tx.run(SQL.note_download, *msgspec.structs.astuple(made))


async def download_by_id(tx: Tx, download_id: UUID) -> Download | None:
    """A download, while its line and its version may be had."""
    row = await tx.maybe(SQL.download_by_id, download_id)
    return None if row is None else Download(**dict(row))


async def downloads_of_order(tx: Tx, order_id: UUID, limit: int) -> list[Download]:
    """What was downloaded, the latest first."""
    return [Download(**dict(row)) for row in await tx.many(SQL.downloads_of_order, order_id, limit)]


async def extend(tx: Tx, order_id: UUID, line_id: UUID, more: int, until: datetime | None) -> bool:
    """Allow more; False: there is no such line, or it has ended."""
    return await tx.maybe(SQL.extend, order_id, line_id, more, until) is not None


async def end_order(tx: Tx, order_id: UUID) -> int:
    """Give its lines nothing more; how many were given something."""
    return len(await tx.many(SQL.end_order, order_id, tx.now))


async def forget_lines(tx: Tx, line_ids: Collection[UUID]) -> None:
    """End these lines, and forget what was downloaded."""
    ids = sorted(line_ids)
    await tx.run(SQL.end_lines, ids, tx.now)
    await tx.run(SQL.forget_downloads, ids)


async def keys_named(tx: Tx, keys: Collection[str]) -> set[str]:
    """Which of these keys of the storage somebody may get."""
    return {row["storage_key"] for row in await tx.many(SQL.keys_named, sorted(keys))}
