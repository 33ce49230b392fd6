"""Read what products ask."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.modules.personalisation import store
from argosy.modules.personalisation.types import Personalisation
from argosy.runtime.db import Tx


async def inputs_of(tx: Tx, product_id: UUID) -> Personalisation:
    """What the product asks; of version 0 if it never asked anything. One statement."""
    found = await store.personalisations_of(tx, [product_id])
    return found[0] if found else Personalisation(product_id=product_id)


async def inputs_of_products(tx: Tx, product_ids: Collection[UUID]) -> dict[UUID, Personalisation]:
    """Those of the products that ever asked something. One statement."""
    return {one.product_id: one for one in await store.personalisations_of(tx, product_ids)}
