"""Describe stored photographs and files. The bytes are kept by the storage port."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from argosy.kernel.ids import new_id
from argosy.modules.catalog import store
from argosy.modules.catalog.commands.products import touch_products
from argosy.modules.catalog.errors import MediaNotFound
from argosy.modules.catalog.ports import StoredFile
from argosy.modules.catalog.rules.fields import merged_alts
from argosy.modules.catalog.store import naming
from argosy.modules.catalog.types import Media, MediaInput
from argosy.runtime.db import Tx


def external_video(key: str) -> StoredFile:
    """A video that others keep, by its key (kernel/external_video.py), as if it were a file."""
    return StoredFile(
        key=key,
        sha256=hashlib.sha256(key.encode()).hexdigest(),
        content_type="text/html",
        byte_size=0,
        width=None,
        height=None,
        kind="external_video",
    )


def media_input(stored: StoredFile, **more: Any) -> MediaInput:
    """A stored file as an entry of a product; `more` are the other fields of MediaInput."""
    return MediaInput(
        storage_key=stored.key,
        sha256=stored.sha256,
        content_type=stored.content_type,
        byte_size=stored.byte_size,
        width=stored.width,
        height=stored.height,
        kind=stored.kind,
        **more,
    )


async def register_media(tx: Tx, given: MediaInput) -> Media:
    """Note a stored file that is not attached to a product yet."""
    assert given.storage_key is not None
    media = Media(
        id=new_id(), product_id=None, storage_key=given.storage_key, sha256=given.sha256,
        content_type=given.content_type, byte_size=given.byte_size, width=given.width,
        height=given.height, alt=given.alt if isinstance(given.alt, str) else "", position=0,
        kind=given.kind, source=given.source, alts=merged_alts({}, given.alts),
    )  # fmt: skip
    await store.write_media(tx, [media])
    return media


async def update_media(
    tx: Tx,
    media_id: UUID,
    *,
    alt: str | UnsetType | None = UNSET,
    alts: Mapping[str, str | None] | UnsetType | None = UNSET,
    position: int | UnsetType = UNSET,
    product_id: UUID | UnsetType | None = UNSET,
) -> Media:
    """Change the text, the place among the product's media, or the product (None: none).

    `alts` are texts by locale: those given are set, null takes one away.

    Shown with another product, it comes after what is there. Raises MediaNotFound,
    ProductNotFound, and MediaRepeated when the product shows this file already.
    """
    found = await store.media_by_ids(tx, [media_id])
    if not found:
        raise MediaNotFound("There is no such media.")
    new: dict[str, object] = {}
    if not isinstance(alt, UnsetType):
        new["alt"] = alt or ""
    if not isinstance(alts, UnsetType):
        new["alts"] = merged_alts(found[0].alts, alts)
    if product_id is not UNSET and product_id != found[0].product_id:
        new["product_id"] = product_id
        new["position"] = 0
        if isinstance(product_id, UUID):
            shown = await store.media_of_products(tx, [product_id])
            new["position"] = max((m.position for m in shown), default=-1) + 1
    if position is not UNSET:
        new["position"] = position
    changed = msgspec.structs.replace(found[0], **new)
    if changed == found[0]:
        return changed
    await store.write_media(tx, [changed])
    if "product_id" in new:
        await store.clear_variant_media(tx, media_id)
    touched = {changed.product_id, found[0].product_id} - {None}
    await touch_products(tx, sorted(t for t in touched if t))
    return changed


async def delete_media(tx: Tx, media_id: UUID) -> None:
    """Take a photograph off its product and its variants. Raises MediaNotFound."""
    found = await store.media_by_ids(tx, [media_id])
    if not found:
        raise MediaNotFound("There is no such media.")
    await store.delete_media(tx, [media_id])
    if found[0].product_id:
        await touch_products(tx, [found[0].product_id])


async def hold_entry(tx: Tx, media_id: UUID) -> None:
    """Have an entry stay until the transaction ends, which shows it. Raises MediaNotFound."""
    if not await naming.hold_entry(tx, media_id):
        raise MediaNotFound("There is no such media.")


async def lock_unshown(tx: Tx, media_ids: Sequence[UUID]) -> list[UUID]:
    """Those entries that have no product and that nobody is about to show, for this transaction:
    whoever comes to show one now waits for it.
    """
    return await naming.lock_entries(tx, media_ids)


async def delete_entries(tx: Tx, media_ids: Sequence[UUID]) -> None:
    """Delete entries that `lock_unshown` gave and that nothing names."""
    await store.delete_media(tx, media_ids)
