"""Create, change, publish and remove single products and variants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn
from uuid import UUID

import msgspec

from argosy.kernel.errors import ArgosyError
from argosy.modules.catalog import store
from argosy.modules.catalog.commands.upsert import upsert_products
from argosy.modules.catalog.errors import (
    CatalogInputInvalid,
    CatalogVersionConflict,
    ExternalIdTaken,
    ProductNotFound,
    SkuTaken,
    SlugTaken,
    VariantNotFound,
    VariantOptionsTaken,
)
from argosy.modules.catalog.events import ProductChanged, ProductDeleted, VariantDeleted
from argosy.modules.catalog.rules.planning import Mode
from argosy.modules.catalog.types import (
    Fault,
    MediaInput,
    Product,
    ProductInput,
    PublicationInput,
    Rejected,
    Upserted,
    Variant,
    VariantInput,
)
from argosy.runtime.db import Tx

_KINDS: dict[str, type[ArgosyError]] = {
    "product_not_found": ProductNotFound,
    "variant_not_found": VariantNotFound,
    "sku_taken": SkuTaken,
    "slug_taken": SlugTaken,
    "external_id_taken": ExternalIdTaken,
    "variant_options_taken": VariantOptionsTaken,
}


async def create_product(tx: Tx, given: ProductInput) -> Product:
    """A new product with everything on it.

    Raises CatalogInputInvalid with all faults, SlugTaken, SkuTaken, ExternalIdTaken.
    """
    return await _applied(tx, given, "create")


async def update_product(
    tx: Tx, product_id: UUID, change: ProductInput, *, expected_version: int | None = None
) -> Product:
    """Change what is given, keep the rest (E3).

    Raises ProductNotFound, CatalogVersionConflict when the product is no longer at
    `expected_version`, and what `create_product` raises.
    """
    await _expect(tx, product_id, expected_version)
    return await _applied(tx, msgspec.structs.replace(change, id=product_id), "update")


async def delete_product(tx: Tx, product_id: UUID, *, expected_version: int | None = None) -> None:
    """Remove a product and its variants for good. Orders keep their copies (E1).

    Raises ProductNotFound, CatalogVersionConflict.
    """
    await _expect(tx, product_id, expected_version)
    slug = await store.delete_product(tx, product_id)
    if slug is None:
        raise ProductNotFound("There is no such product.")
    # Former slugs lead to the id still: whoever decides what answers for it finds it by that.
    await store.keep_redirects(tx, "product", [slug], [product_id])
    tx.emit(ProductDeleted(product_id=product_id, slug=slug))


async def add_variant(tx: Tx, product_id: UUID, given: VariantInput) -> Variant:
    """A new variant; values that its options bring are added to the product's.

    Raises ProductNotFound, SkuTaken, VariantOptionsTaken, CatalogInputInvalid.
    """
    sku = given.sku if isinstance(given.sku, str) else ""
    if await store.variants_named(tx, [sku.strip()], [], []):
        raise SkuTaken("Another variant has this SKU.", field="sku")
    return await _apply_variant(tx, product_id, given)


async def update_variant(
    tx: Tx, variant_id: UUID, change: VariantInput, *, expected_version: int | None = None
) -> Variant:
    """Change what is given, keep the rest (E3).

    Raises VariantNotFound, CatalogVersionConflict and what `add_variant` raises.
    """
    current = await _variant(tx, variant_id)
    await _lock(tx, current.product_id)
    current = await _variant(tx, variant_id)
    _check_version(current.version, expected_version)
    with_id = msgspec.structs.replace(change, id=variant_id)
    return await _apply_variant(tx, current.product_id, with_id)


async def delete_variant(tx: Tx, variant_id: UUID, *, expected_version: int | None = None) -> None:
    """Remove a variant for good; archiving it (status) keeps its stock explainable.

    Raises VariantNotFound, CatalogVersionConflict.
    """
    current = await _variant(tx, variant_id)
    await _lock(tx, current.product_id)
    _check_version((await _variant(tx, variant_id)).version, expected_version)
    gone = await store.delete_variant(tx, variant_id)
    if gone is None:
        raise VariantNotFound("There is no such variant.")
    sku, product_id = gone
    tx.emit(VariantDeleted(product_id=product_id, variant_id=variant_id, sku=sku))
    await touch_products(tx, [product_id], variant_ids=(variant_id,))


async def publish_product(
    tx: Tx, product_id: UUID, publications: Sequence[PublicationInput]
) -> Product:
    """Show the product in channels, each in its window (E10). Other channels stay as they are.

    Raises ProductNotFound, CatalogInputInvalid for an empty window.
    """
    return await update_product(tx, product_id, ProductInput(publications=tuple(publications)))


async def unpublish_product(tx: Tx, product_id: UUID, channel_ids: Sequence[UUID]) -> Product:
    """Show the product in these channels no longer; a no-op where it is not shown.

    Raises ProductNotFound.
    """
    await _lock(tx, product_id)
    shown = (await store.publications_of(tx, [product_id])).get(product_id, [])
    keep = tuple(
        PublicationInput(channel_id=p.channel_id)
        for p in shown
        if p.channel_id not in set(channel_ids)
    )
    change = ProductInput(publications=keep, replace=frozenset({"publications"}))
    return await update_product(tx, product_id, change)


async def attach_media(tx: Tx, product_id: UUID, media: Sequence[MediaInput]) -> Product:
    """Show stored files with a product, after those it has. Repeating it changes nothing.

    Raises ProductNotFound.
    """
    return await update_product(tx, product_id, ProductInput(media=tuple(media)))


async def hold_products(tx: Tx, product_ids: Sequence[UUID]) -> set[UUID]:
    """Lock products until the transaction ends, in the order of their ids; those that exist."""
    return {product.id for product in await store.lock_products(tx, ids=product_ids)}


async def touch_products(
    tx: Tx, product_ids: Sequence[UUID], *, variant_ids: tuple[UUID, ...] | None = None
) -> None:
    """Count up the versions of products whose surroundings changed, and announce it; with
    `variant_ids`, that only these variants did.
    """
    for product_id, version in (await store.touch_products(tx, product_ids)).items():
        tx.emit(ProductChanged(product_id=product_id, version=version, variant_ids=variant_ids))


def raise_faults(faults: Sequence[Fault]) -> NoReturn:
    """Raise the error that the first fault stands for, with all faults in its details."""
    first = faults[0]
    kind = _KINDS.get(first.code, CatalogInputInvalid)
    listed = [msgspec.to_builtins(f) for f in faults]
    raise kind(first.message, field=first.column or None, faults=listed)


async def _applied(tx: Tx, change: ProductInput, mode: Mode) -> Product:
    [outcome] = await upsert_products(tx, [change], mode=mode)
    if isinstance(outcome, Rejected):
        raise_faults(outcome.faults)
    rows = await store.products_by_ids(tx, [outcome.product_id])
    [product] = await store.whole_products(tx, rows)
    return product


async def _apply_variant(tx: Tx, product_id: UUID, given: VariantInput) -> Variant:
    [outcome] = await upsert_products(
        tx, [ProductInput(id=product_id, variants=(given,))], mode="update"
    )
    if isinstance(outcome, Rejected):
        raise_faults(
            [
                msgspec.structs.replace(f, column=f.column.removeprefix("variants[0]."))
                for f in outcome.faults
            ]
        )
    assert isinstance(outcome, Upserted)
    [variant_id] = outcome.variants.values()
    return await _variant(tx, variant_id)


async def _variant(tx: Tx, variant_id: UUID) -> Variant:
    found = await store.variants_named(tx, [], [], [variant_id])
    if not found:
        raise VariantNotFound("There is no such variant.")
    return found[0][1]


async def _expect(tx: Tx, product_id: UUID, expected_version: int | None) -> None:
    version = await _lock(tx, product_id)
    _check_version(version, expected_version)


async def _lock(tx: Tx, product_id: UUID) -> int:
    found = await store.lock_products(tx, ids=[product_id])
    if not found:
        raise ProductNotFound("There is no such product.")
    return found[0].version


def _check_version(current: int, expected: int | None) -> None:
    if expected is not None and expected != current:
        raise CatalogVersionConflict(
            "It was changed since you read it.",
            cure="Read it again and repeat the change with its new ETag.",
            current_version=current,
        )
