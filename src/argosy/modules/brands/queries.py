"""Read brands."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.brands import store
from argosy.modules.brands.errors import BrandNotFound
from argosy.modules.brands.types import Brand
from argosy.runtime.db import Tx


async def brand_by_id(tx: Tx, brand_id: UUID) -> Brand:
    """One brand. Raises BrandNotFound."""
    found = await store.brand_by_id(tx, brand_id)
    if found is None:
        raise BrandNotFound("There is no such brand.")
    return found


async def brand_by_slug(tx: Tx, slug: str) -> Brand:
    """The brand with this slug. Raises BrandNotFound."""
    found = None if "\x00" in slug else await store.brand_by_slug(tx, slug)
    if found is None:
        raise BrandNotFound(f"There is no brand {slug[:80]!r}.", field="slug")
    return found


async def brands_by_key(tx: Tx, keys: Sequence[str]) -> list[Brand]:
    """Those of the brands that exist, in no particular order."""
    return await store.brands_by_key(tx, keys)


async def list_brands(tx: Tx, *, after: str | None = None, limit: int) -> list[Brand]:
    """Brands by key, which is nearly by name."""
    return await store.brand_page(tx, after or "", limit)


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these does a brand name: ids of media entries as text, and storage keys."""
    return await store.named_media(tx, refs)
