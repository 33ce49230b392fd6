"""Brands kept in step with the brand texts of products."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules import brands, catalog, paths, projections
from argosy.modules.brands import Brand, BrandFields
from argosy.modules.channels import list_channels
from argosy.modules.paths import Ending, Thing
from argosy.reads import shown_brands as reads
from argosy.runtime.db import Database, Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.addressing import end_thing

BATCH = 2000


async def note_brands(tx: Tx, events: Sequence[Delivered]) -> None:
    """Have a brand for each brand text of these products. A repeat makes nothing."""
    ids = sorted({UUID(event.data["product_id"]) for event in events})
    await _keep(tx, await reads.brands_of_products(tx, ids))


async def find_brands(db: Database) -> int:
    """Have a brand for every brand text of the catalogue; how many are new. May be repeated."""
    after, made = UUID(int=0), 0
    while True:
        async with db.transaction() as tx:
            batch = await reads.brands_after(tx, after, BATCH)
            if batch is None:
                return made
            after, names = batch
            made += await _keep(tx, names)


async def _keep(tx: Tx, names: Sequence[str]) -> int:
    made = await brands.keep_brands(tx, names, catalog.slugify)
    if made:
        await paths.remember_names(tx, "brand", [], [slug for _, slug in made])
        await _forget(tx)
    return len(made)


async def make_brand(tx: Tx, name: str, change: BrandFields) -> Brand:
    """A brand before any product has it. Raises BrandExists, BrandSlugTaken, MediaNotFound."""
    if isinstance(change.media_id, UUID):
        await catalog.hold_entry(tx, change.media_id)
    brand = await brands.create_brand(tx, name, change, catalog.slugify)
    await paths.remember_names(tx, "brand", [], [brand.slug])
    await _forget(tx)
    return brand


async def change_brand(
    tx: Tx, brand_id: UUID, change: BrandFields, *, expected_version: int | None = None
) -> tuple[Brand, Brand]:
    """The brand before and after. Raises what `brands.update_brand` raises, and MediaNotFound."""
    if isinstance(change.media_id, UUID):
        await catalog.hold_entry(tx, change.media_id)
    before, after = await brands.update_brand(
        tx, brand_id, change, expected_version=expected_version
    )
    if before.slug != after.slug:
        await paths.remember_names(tx, "brand", [(before.slug, brand_id)], [after.slug])
    if before != after:
        await _forget(tx)
    return before, after


async def delete_brand(
    tx: Tx, brand_id: UUID, ending: Ending, *, expected_version: int | None = None
) -> Brand:
    """Remove a brand and decide what answers for its path.

    Raises BrandNotFound, BrandVersionConflict and what `end_thing` raises.
    """
    before = await brands.delete_brand(tx, brand_id, expected_version=expected_version)
    await paths.remember_names(tx, "brand", [(before.slug, brand_id)], [])
    await end_thing(tx, Thing(kind="brand", id=brand_id), ending)
    await _forget(tx)
    return before


async def _forget(tx: Tx) -> None:
    for channel in await list_channels(tx):
        projections.forget_directory(tx, channel.id)
