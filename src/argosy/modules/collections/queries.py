"""Read collections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.collections import store
from argosy.modules.collections.errors import CollectionNotFound
from argosy.modules.collections.types import Collection, Live, Pass
from argosy.runtime.db import Tx

_FIRST = (-(2**31), UUID(int=0))


async def collection_by_id(tx: Tx, collection_id: UUID) -> Collection:
    """One collection. Raises CollectionNotFound."""
    found = await store.collection_by_id(tx, collection_id)
    if found is None:
        raise CollectionNotFound("There is no such collection.")
    return found


async def collection_by_slug(tx: Tx, slug: str, channel_id: UUID) -> Collection:
    """The collection with this slug. Raises CollectionNotFound if the channel shows none now."""
    found = None if "\x00" in slug else await store.collection_by_slug(tx, slug, channel_id)
    if found is None:
        raise CollectionNotFound(f"No collection {slug[:80]!r} is shown in this channel.")
    return found


async def list_collections(tx: Tx, *, after: str | None = None, limit: int) -> list[Collection]:
    """Collections by slug."""
    return await store.collection_page(tx, after or "", limit)


async def shown_collections(tx: Tx, channel_id: UUID) -> list[Collection]:
    """What a channel shows now, in display order; never more than a thousand."""
    return await store.shown_collections(tx, channel_id)


async def next_change(tx: Tx, channel_id: UUID) -> datetime | None:
    """When the channel begins or ceases to show a collection next; what tells of its collections
    holds until then.
    """
    return await store.next_change(tx, channel_id)


async def live_collections(tx: Tx) -> list[Live]:
    """What deciding about products needs: every collection that some channel shows."""
    return await store.live(tx)


async def memberships_of(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, int]]:
    """By product: its places in the collections that people put it into. One statement."""
    return await store.memberships(tx, product_ids)


async def list_members(
    tx: Tx, collection_id: UUID, *, after: tuple[int, UUID] | None = None, limit: int
) -> list[tuple[UUID, int]]:
    """Products that people put into a collection with their places, in order."""
    return await store.members(tx, collection_id, after or _FIRST, limit)


async def pass_of(tx: Tx, collection_id: UUID) -> Pass | None:
    """How far products were looked through since the collection last changed."""
    return await store.pass_of(tx, collection_id)


async def pass_under_way(tx: Tx) -> Pass | None:
    """The oldest pass that is not at its end, for this transaction alone."""
    return await store.pass_under_way(tx)


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these does a collection name: ids of media entries as text, and storage keys."""
    return await store.named_media(tx, refs)
