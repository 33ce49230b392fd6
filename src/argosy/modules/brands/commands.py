"""Keep brands in step with products, and give them texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec
from msgspec import UNSET

from argosy.kernel.ids import new_id
from argosy.modules.brands import rules, store
from argosy.modules.brands.errors import (
    BrandExists,
    BrandNameDiffers,
    BrandNotFound,
    BrandVersionConflict,
)
from argosy.modules.brands.events import BrandChanged, BrandDeleted
from argosy.modules.brands.types import Brand, BrandFields
from argosy.runtime.db import Tx


async def keep_brands(
    tx: Tx, names: Iterable[str], slugify: Callable[[str], str]
) -> list[tuple[UUID, str]]:
    """Have a brand for each of these brand texts: the new ones as (id, slug).

    The first spelling that is seen is the name. Two statements when there is nothing new, and a
    repeat makes nothing.
    """
    wanted: dict[str, str] = {}
    for name in names:
        if key := rules.brand_key(name):
            wanted.setdefault(key, " ".join(name.split()))
    known = await store.known_keys(tx, sorted(wanted)) if wanted else set()
    new = {key: name for key, name in sorted(wanted.items()) if key not in known}
    if not new:
        return []
    ids = {key: new_id() for key in new}
    tries = {key: list(rules.slugs_for(slugify(n), ids[key].hex[-12:])) for key, n in new.items()}
    taken = await store.taken_slugs(tx, sorted({slug for one in tries.values() for slug in one}))
    rows: list[tuple[UUID, str, str, str]] = []
    for key, name in new.items():
        slug = next(slug for slug in tries[key] if slug not in taken)
        taken.add(slug)
        rows.append((ids[key], key, slug, name))
    made = await store.insert_brands(tx, rows)
    for brand_id, slug in made:
        tx.emit(BrandChanged(brand_id=brand_id, slug=slug, created=True))
    return made


async def create_brand(
    tx: Tx, name: str, change: BrandFields, slugify: Callable[[str], str]
) -> Brand:
    """A brand before any product has it. Raises BrandExists, BrandSlugTaken."""
    made = await keep_brands(tx, [name], slugify)
    if not made:
        raise BrandExists("There is a brand of this name, however it is spelled.", field="name")
    _, brand = await update_brand(tx, made[0][0], change)
    return brand


async def update_brand(
    tx: Tx, brand_id: UUID, change: BrandFields, *, expected_version: int | None = None
) -> tuple[Brand, Brand]:
    """Change what is given: the brand before and after.

    Raises BrandNotFound, BrandVersionConflict, BrandSlugTaken, BrandNameDiffers.
    """
    before = await _locked(tx, brand_id, expected_version)
    fields = {k: v for k, v in msgspec.structs.asdict(change).items() if v is not UNSET}
    after = msgspec.structs.replace(before, **fields)
    if rules.brand_key(after.name) != before.key:
        raise BrandNameDiffers("This is the name of another brand.", field="name")
    if after == before:
        return before, before
    version = await store.update_brand(tx, after)
    tx.emit(BrandChanged(brand_id=brand_id, slug=after.slug))
    return before, msgspec.structs.replace(after, version=version, updated_at=tx.now)


async def delete_brand(tx: Tx, brand_id: UUID, *, expected_version: int | None = None) -> Brand:
    """Remove a brand and its texts; products keep their brand text, and the next change of one
    makes the brand anew. Raises BrandNotFound, BrandVersionConflict.
    """
    before = await _locked(tx, brand_id, expected_version)
    await store.delete_brand(tx, brand_id)
    tx.emit(BrandDeleted(brand_id=brand_id, slug=before.slug))
    return before


async def _locked(tx: Tx, brand_id: UUID, expected_version: int | None) -> Brand:
    found = await store.brand_by_id(tx, brand_id, lock=True)
    if found is None:
        raise BrandNotFound("There is no such brand.")
    if expected_version is not None and expected_version != found.version:
        raise BrandVersionConflict(
            "It was changed since you read it.", current_version=found.version
        )
    return found
