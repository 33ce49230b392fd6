"""Reading use cases of media."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from argosy.modules.media import store
from argosy.modules.media.errors import AssetNotFound
from argosy.modules.media.types import Asset, Progress
from argosy.runtime.db import Tx


async def asset(tx: Tx, key: str) -> Asset:
    """One stored file. Raises AssetNotFound."""
    found = await store.assets_of(tx, [key])
    if not found:
        raise AssetNotFound("There is no such file.")
    return found[0]


async def assets_of(tx: Tx, keys: Sequence[str]) -> dict[str, Asset]:
    """Those of the files that are known, by key. One statement."""
    return {a.key: a for a in await store.assets_of(tx, keys)} if keys else {}


async def progress(tx: Tx) -> Progress:
    """How far the making of renditions has come."""
    return await store.progress(tx)


async def failed_after(tx: Tx, after: str, limit: int) -> list[Asset]:
    """Pictures of which no renditions could be made, in order of their keys, after `after`."""
    return await store.failed_after(tx, after, limit)


async def discarded_before(tx: Tx, before: datetime, limit: int) -> list[str]:
    """Renditions that were replaced before then, the oldest first."""
    return await store.discarded_before(tx, before, limit)


async def unknown_keys(tx: Tx, keys: Sequence[str]) -> list[str]:
    """Those of the keys in storage that nothing is known of."""
    return await store.unknown_keys(tx, keys)
