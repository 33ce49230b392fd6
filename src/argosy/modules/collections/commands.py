"""Make and change collections, put products in by hand, and look through products in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET

from argosy.kernel.ids import new_id
from argosy.modules.collections import rules, store
from argosy.modules.collections.errors import (
    CollectionIsNotManual,
    CollectionNotFound,
    CollectionVersionConflict,
    RulesInvalid,
    TooManyCollections,
    TooManyMembers,
)
from argosy.modules.collections.events import CollectionChanged, CollectionDeleted
from argosy.modules.collections.types import Collection, CollectionFields, NewCollection, Pass
from argosy.runtime.db import Tx


async def create_collection(tx: Tx, given: NewCollection) -> Collection:
    """A new collection. Raises CollectionSlugTaken, RulesInvalid, WindowInvalid,
    TooManyCollections.
    """
    if given.rules is not None:
        rules.checked_rules(given.rules)
    rules.checked_windows(given.windows, given.channels)
    if await store.count_collections(tx) >= rules.MAX_COLLECTIONS:
        raise TooManyCollections(f"There are {rules.MAX_COLLECTIONS} collections already.")
    made = Collection(
        id=new_id(),
        kind="manual" if given.rules is None else "rules",
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
        **msgspec.structs.asdict(given) | {"channels": _sorted(given.channels)},
    )
    await store.insert_collection(tx, made)
    tx.emit(CollectionChanged(collection_id=made.id, slug=made.slug, created=True))
    return made


async def update_collection(
    tx: Tx, collection_id: UUID, change: CollectionFields, *, expected_version: int | None = None
) -> tuple[Collection, Collection]:
    """Change what is given: the collection before and after. A manual one stays manual.

    A window ends with its channel. Raises CollectionNotFound, CollectionVersionConflict,
    CollectionSlugTaken, RulesInvalid, WindowInvalid.
    """
    before = await _locked(tx, collection_id)
    if expected_version is not None and expected_version != before.version:
        raise CollectionVersionConflict(
            "It was changed since you read it.", current_version=before.version
        )
    fields = {k: v for k, v in msgspec.structs.asdict(change).items() if v is not UNSET}
    if "rules" in fields:
        if before.kind == "manual":
            message = "What is in this collection is decided by hand."
            raise RulesInvalid(message, field="rules", cure="Make a new collection by rules.")
        rules.checked_rules(fields["rules"])
    if "channels" in fields:
        fields["channels"] = _sorted(fields["channels"])
        kept = (one for one in before.windows if one.channel_id in fields["channels"])
        fields.setdefault("windows", tuple(kept))
    if "windows" in fields:
        rules.checked_windows(fields["windows"], fields.get("channels", before.channels))
    after = msgspec.structs.replace(before, **fields)
    if after == before:
        return before, before
    version = await store.update_collection(tx, after, before.version)
    assert version is not None, "the row is locked"
    tx.emit(CollectionChanged(collection_id=collection_id, slug=after.slug))
    return before, msgspec.structs.replace(after, version=version, updated_at=tx.now)


async def delete_collection(
    tx: Tx, collection_id: UUID, *, expected_version: int | None = None
) -> Collection:
    """Remove a collection; its products stay. Raises CollectionNotFound, CollectionVersionConflict.

    A pass over its members must be started before, so that they are known.
    """
    before = await _locked(tx, collection_id)
    if expected_version is not None and expected_version != before.version:
        raise CollectionVersionConflict(
            "It was changed since you read it.", current_version=before.version
        )
    await store.delete_collection(tx, collection_id)
    tx.emit(CollectionDeleted(collection_id=collection_id, slug=before.slug))
    return before


async def set_members(tx: Tx, collection_id: UUID, product_ids: Sequence[UUID]) -> set[UUID]:
    """Exactly these products, in this order; the products for which that was a change.

    Raises CollectionNotFound, CollectionIsNotManual, TooManyMembers.
    """
    await _manual(tx, collection_id)
    ordered = list(dict.fromkeys(product_ids))
    if len(ordered) > rules.MAX_MEMBERS:
        raise TooManyMembers(f"More than {rules.MAX_MEMBERS} products.", field="product_ids")
    changed = await store.keep_members(tx, collection_id, ordered)
    changed |= await store.place_members(tx, collection_id, ordered, list(range(len(ordered))))
    await _told(tx, collection_id, changed)
    return changed


async def place_members(
    tx: Tx, collection_id: UUID, product_ids: Sequence[UUID], position: int
) -> set[UUID]:
    """Put products in at a position, or there; the products for which that was a change.

    Raises CollectionNotFound, CollectionIsNotManual, TooManyMembers.
    """
    await _manual(tx, collection_id)
    places = [position] * len(product_ids)
    changed = await store.place_members(tx, collection_id, sorted(set(product_ids)), places)
    if changed and await store.count_members(tx, collection_id) > rules.MAX_MEMBERS:
        raise TooManyMembers(f"More than {rules.MAX_MEMBERS} products.", field="product_id")
    await _told(tx, collection_id, changed)
    return changed


async def remove_member(tx: Tx, collection_id: UUID, product_id: UUID) -> bool:
    """Take a product out; whether it was in. Raises CollectionNotFound, CollectionIsNotManual."""
    await _manual(tx, collection_id)
    removed = await store.remove_member(tx, collection_id, product_id)
    await _told(tx, collection_id, {product_id} if removed else set())
    return removed


async def forget_products(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """Deleted products are in no collection. A repeat does nothing."""
    await store.forget_products(tx, product_ids)


async def start_pass(
    tx: Tx, collection_id: UUID, scope: Literal["all", "members"], total: int
) -> None:
    """Have products looked through anew; one that is under way starts again, no narrower."""
    await store.start_pass(tx, collection_id, scope, total)


async def move_on(tx: Tx, under_way: Pass, looked_at: Sequence[UUID], *, ended: bool) -> None:
    """Note that a pass has looked at these products too."""
    after = looked_at[-1] if looked_at else under_way.after_id
    finished = tx.now if ended else None
    await store.move_on(tx, under_way.collection_id, after, len(looked_at), finished)


def _sorted(channels: Sequence[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(set(channels)))


async def _locked(tx: Tx, collection_id: UUID) -> Collection:
    found = await store.lock_collection(tx, collection_id)
    if found is None:
        raise CollectionNotFound("There is no such collection.")
    return found


async def _manual(tx: Tx, collection_id: UUID) -> Collection:
    found = await _locked(tx, collection_id)
    if found.kind != "manual":
        raise CollectionIsNotManual("Rules decide what is in this collection.")
    return found


async def _told(tx: Tx, collection_id: UUID, changed: set[UUID]) -> None:
    if changed:
        now = await store.touch_collection(tx, collection_id)
        assert now is not None, "the row is locked"
        tx.emit(CollectionChanged(collection_id=collection_id, slug=now.slug))
