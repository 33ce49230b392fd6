"""Stock facts from people and other systems, about variants that exist."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules import catalog, inventory
from argosy.modules.catalog import VariantNotFound
from argosy.modules.inventory import Fact, FactPosted, Level, Selling
from argosy.runtime.db import Tx


async def post_known(tx: Tx, fact: Fact) -> FactPosted:
    """`inventory.post_fact`, for variants of the catalog only. Raises VariantNotFound besides."""
    await check_variants(tx, [item.variant_id for item in fact.items], field="items")
    return await inventory.post_fact(tx, fact)


async def sell_known(
    tx: Tx, variant_id: UUID, location_id: UUID, selling: Selling
) -> tuple[Level | None, Level]:
    """`inventory.set_selling`, for a variant of the catalog. Raises VariantNotFound besides."""
    await check_variants(tx, [variant_id], field="variant_id")
    return await inventory.set_selling(tx, variant_id, location_id, selling)


async def check_variants(tx: Tx, variant_ids: Sequence[UUID], *, field: str) -> None:
    """Raise VariantNotFound unless all of them exist: a level of nothing would never be found."""
    known = {variant.id for variant in await catalog.variants_by_ids(tx, variant_ids)}
    if not known.issuperset(variant_ids):
        raise VariantNotFound("There is no such variant.", field=field)
