"""Removing variants and products for good, and what forbids it: goods, promises, their history,
and kits. Everybody who deletes goes through here; archiving is what is meant otherwise.

    products held --> levels held (a buyer waits) --> what keeps them? --> gone, their levels too

A buyer who waited then finds no level, so nothing can be promised of what is gone. What was sold
without being counted cannot be told here: orders keep copies of it (E1).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from argosy.kernel.errors import Conflict
from argosy.kernel.ids import encode
from argosy.modules import catalog, inventory, kits
from argosy.runtime.db import Tx

Reason = Literal["promised", "stocked", "remembered", "component"]
GOODS: frozenset[Reason] = frozenset({"promised", "stocked"})
EVERYTHING: frozenset[Reason] = GOODS | {"remembered", "component"}
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


class Kept(NamedTuple):
    """A variant that must stay, and why."""

    variant_id: UUID
    reasons: tuple[Reason, ...]


async def what_keeps(tx: Tx, variant_ids: Collection[UUID]) -> list[Kept]:
    """Those of the variants that must stay if all of them were to go. Three statements."""
    found: dict[UUID, list[Reason]] = {one: [] for one in sorted(variant_ids)}
    for level in await inventory.levels_of(tx, list(found)):
        if level.reserved or level.allocated:
            found[level.variant_id].append("promised")
        if level.on_hand or level.quarantine or level.incoming:
            found[level.variant_id].append("stocked")
    for one in await inventory.moved_ever(tx, list(found)):
        if not found[one]:
            found[one].append("remembered")
    for part in await _parts(tx, set(found)):
        found[part].append("component")
    return [Kept(one, tuple(dict.fromkeys(why))) for one, why in found.items() if why]


async def _parts(tx: Tx, variant_ids: set[UUID]) -> list[UUID]:
    """Those that are in kits which stay. A kit that was just deleted counts no more."""
    outside = set(await kits.kits_with(tx, variant_ids)) - variant_ids
    if not outside:
        return []
    there = {v.id for v in await catalog.variants_by_ids(tx, sorted(outside))}
    bills = (await kits.kits_of(tx, sorted(there))).values()
    inside = {part for kit in bills for part in kit.bill.variants()}
    return sorted(inside & variant_ids)


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
    await _refuse(tx, [variant_id], unless)
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
    await _refuse(tx, variants, unless)
    await catalog.delete_product(tx, product_id, expected_version=expected_version)
    await inventory.forget_levels(tx, variants)


async def _refuse(tx: Tx, variant_ids: Sequence[UUID], unless: frozenset[Reason]) -> None:
    """Hold the shelves of the variants until the transaction ends. Raises VariantKept."""
    await inventory.hold_levels(tx, variant_ids)
    kept = [
        Kept(one, tuple(why for why in reasons if why in unless))
        for one, reasons in await what_keeps(tx, variant_ids)
    ]
    kept = [one for one in kept if one.reasons]
    if not kept:
        return
    named = kept[:_NAMED]
    skus = {v.id: v.sku for v in await catalog.variants_by_ids(tx, [k.variant_id for k in named])}
    sku, why = skus[kept[0].variant_id], "; ".join(_SAYS[why] for why in kept[0].reasons)
    raise VariantKept(
        f"{sku} cannot be deleted: {why}.",
        variants=[
            {
                "variant_id": encode("variant", one.variant_id),
                "sku": skus[one.variant_id],
                "reasons": list(one.reasons),
            }
            for one in named
        ],
    )
