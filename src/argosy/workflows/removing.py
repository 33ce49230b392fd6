"""Removing variants and products for good, and what forbids it: goods, promises, their history,
and kits. Everybody who deletes goes through here; archiving is what is meant otherwise.

    products held --> levels held (a buyer waits) --> what keeps them? --> gone, their levels too

A buyer who waited then finds no level, so nothing can be promised of what is gone. What was sold
without being counted cannot be told here: orders keep copies of it (E1).
"""

from __future__ import annotations

from uuid import UUID

from argosy.kernel.errors import Conflict
from argosy.kernel.ids import encode
from argosy.modules import catalog, inventory
from argosy.reads.kept_variants import EVERYTHING, Reason, kept_variants
from argosy.runtime.db import Tx

_NAMED = 20
_SAYS: dict[Reason, str] = {
    "promised": "orders wait for it that are not shipped or paid yet",
    "stocked": "there is stock of it, or stock on its way",
    "remembered": "it was in stock or sold, and explains what became of those goods",
    "component": "kits have it as a part",
}


class VariantKept(Conflict):
    """A variant cannot be deleted, alone or with its product, because something hangs on it.

    `variants` names up to 20 of them, each with its `reasons`: `promised`, orders wait for it that
    are not shipped or paid yet; `stocked`, there is stock of it, or stock on its way; `remembered`,
    it was in stock or sold, and explains what became of those goods; `component`, kits have it as a
    part. Nothing was deleted. Archive the variant or the product instead: nobody can buy it any
    more, and its history stays. Or take it out of the kits that contain it.
    """

    code = "catalog.variant_kept"
    usual_cure = "Archive it instead (`status`: `archived`); its history stays."


async def delete_variant(
    tx: Tx,
    variant_id: UUID,
    *,
    expected_version: int | None = None,
    unless: frozenset[Reason] = EVERYTHING,
) -> None:
    """`catalog.delete_variant`, unless one of the reasons keeps it.

    Raises VariantKept, VariantNotFound, CatalogVersionConflict.
    """
    variant = await catalog.variant_by_id(tx, variant_id)
    await catalog.hold_products(tx, [variant.product_id])
    await inventory.hold_levels(tx, [variant_id])
    await _refuse(tx, variant.product_id, variant_id, unless)
    await catalog.delete_variant(tx, variant_id, expected_version=expected_version)
    await inventory.forget_levels(tx, [variant_id])


async def delete_product(
    tx: Tx,
    product_id: UUID,
    *,
    expected_version: int | None = None,
    unless: frozenset[Reason] = EVERYTHING,
) -> None:
    """`catalog.delete_product`, unless one of the reasons keeps one of its variants.

    Raises VariantKept, ProductNotFound, CatalogVersionConflict.
    """
    await catalog.hold_products(tx, [product_id])
    variants = [v.id for v in await catalog.variants_of_products(tx, [product_id])]
    await inventory.hold_levels(tx, variants)
    await _refuse(tx, product_id, None, unless)
    await catalog.delete_product(tx, product_id, expected_version=expected_version)
    await inventory.forget_levels(tx, variants)


async def _refuse(
    tx: Tx, product_id: UUID, variant_id: UUID | None, unless: frozenset[Reason]
) -> None:
    kept = await kept_variants(tx, product_id, variant_id, unless=unless, limit=_NAMED)
    if not kept:
        return
    why = "; ".join(_SAYS[reason] for reason in kept[0].reasons)
    raise VariantKept(
        f"{kept[0].sku} cannot be deleted: {why}.",
        variants=[
            {
                "variant_id": encode("variant", one.variant_id),
                "sku": one.sku,
                "reasons": list(one.reasons),
            }
            for one in kept
        ],
    )
