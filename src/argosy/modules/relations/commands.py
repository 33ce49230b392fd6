"""Say what is shown beside a product."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.kernel.ids import encode
from argosy.modules.relations import store
from argosy.modules.relations.errors import RelationsInvalid
from argosy.modules.relations.events import RelationsChanged
from argosy.modules.relations.types import MAX_RELATED, RelationKind
from argosy.runtime.db import Tx


async def set_relations(
    tx: Tx,
    product_id: UUID,
    kind: RelationKind,
    related_ids: Sequence[UUID],
    *,
    both_ways: bool = False,
) -> set[UUID]:
    """Exactly these products beside this one, in this order; the products that changed.

    With `both_ways` it stands beside each of them too (at the end), and beside those that are
    dropped no longer. The products exist: the caller sees to it. Raises RelationsInvalid.
    """
    related = list(dict.fromkeys(related_ids))
    if product_id in related:
        raise RelationsInvalid("A product is not shown beside itself.", field="product_ids")
    _check_count(product_id, len(related))
    await store.lock(tx, [product_id, *related] if both_ways else [product_id], kind)
    dropped = await store.keep(tx, product_id, kind, related)
    changed = {product_id} if dropped else set()
    if await store.save(tx, product_id, kind, related):
        changed.add(product_id)
    if both_ways:
        changed |= await store.drop_back(tx, sorted(dropped), kind, product_id)
        added = await store.add_back(tx, sorted(related), kind, product_id)
        changed |= added
        counts: dict[UUID, int] = {}
        for one in await store.lock(tx, sorted(added), kind):
            counts[one.product_id] = counts.get(one.product_id, 0) + 1
        for other, count in counts.items():
            _check_count(other, count)
    for one_id in sorted(changed):
        tx.emit(RelationsChanged(product_id=one_id, kind=kind))
    return changed


def _check_count(product_id: UUID, count: int) -> None:
    if count > MAX_RELATED:
        raise RelationsInvalid(
            f"More than {MAX_RELATED} products of a kind beside one.",
            field="product_ids",
            product=encode("product", product_id),
        )


async def forget_products(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """Nothing is beside deleted products, nor they beside anything. A repeat does nothing."""
    await store.forget_products(tx, product_ids)
