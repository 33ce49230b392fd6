"""The only file of brands that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.brands.errors import BrandSlugTaken
from argosy.modules.brands.types import Brand
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def known_keys(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Which of the keys brands have."""
    return {row["key"] for row in await tx.many(SQL.known_keys, keys)}


async def taken_slugs(tx: Tx, slugs: Sequence[str]) -> set[str]:
    """Which of the slugs brands have."""
    return {row["slug"] for row in await tx.many(SQL.taken_slugs, slugs)}


async def insert_brands(
    tx: Tx, rows: Sequence[tuple[UUID, str, str, str]]
) -> list[tuple[UUID, str]]:
    """New brands as (id, key, slug, name), but for those that came meanwhile: (id, slug)."""
    ids, keys, slugs, names = zip(*rows, strict=True)
    made = await tx.many(SQL.insert_brands, ids, keys, slugs, names, tx.now)
    return [(row["id"], row["slug"]) for row in made]


async def brand_by_id(tx: Tx, brand_id: UUID, *, lock: bool = False) -> Brand | None:
    """One brand."""
    return _maybe(await tx.maybe(SQL.lock_brand if lock else SQL.brand_by_id, brand_id))


async def brand_by_slug(tx: Tx, slug: str) -> Brand | None:
    """The brand with this slug."""
    return _maybe(await tx.maybe(SQL.brand_by_slug, slug))


async def brands_by_key(tx: Tx, keys: Sequence[str]) -> list[Brand]:
    """Those of the brands that exist."""
    return [Brand(**dict(row)) for row in await tx.many(SQL.brands_by_key, keys)]


async def brand_page(tx: Tx, after: str, limit: int) -> list[Brand]:
    """Brands by key."""
    return [Brand(**dict(row)) for row in await tx.many(SQL.brand_page, after, limit)]


async def update_brand(tx: Tx, brand: Brand) -> int:
    """The new version. Raises BrandSlugTaken."""
    texts = (brand.slug, brand.name, brand.description, brand.media_id)
    seo = (brand.seo_title, brand.seo_description)
    try:
        row = await tx.one(SQL.update_brand, brand.id, *texts, *seo, tx.now)
    except IntegrityError as error:
        if constraint(error) == "brand_slug_unique":
            raise BrandSlugTaken("Another brand has this slug.", field="slug") from error
        raise
    version: int = row["version"]
    return version


async def delete_brand(tx: Tx, brand_id: UUID) -> None:
    """Remove a brand."""
    await tx.run(SQL.delete_brand, brand_id)


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Those of these entries (ids as text) and storage keys that brands name."""
    return {row["ref"] for row in await tx.many(SQL.named_media, list(refs))}


def _maybe(row: Record | None) -> Brand | None:
    return Brand(**dict(row)) if row else None
