"""What products and categories are in the terms of Google and Shopify.

A product is what it is mapped to itself, else what its main category is, or the nearest one above
that is mapped; then its other categories in their order. A category inherits from those above.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from itertools import islice
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.ids import encode
from argosy.modules import catalog, taxonomy
from argosy.modules.taxonomy import Mapping, Node, System
from argosy.modules.taxonomy.ports import NodeSource
from argosy.reads import classed_products as reads
from argosy.runtime.db import Database, Tx
from argosy.runtime.subscriptions import Delivered

BATCH = 1000
SUGGESTED = 10

_NAMED_BY = {
    catalog.ProductDeleted.TYPE: "product_id",
    catalog.CategoryDeleted.TYPE: "category_id",
}


class Classed(msgspec.Struct, frozen=True, kw_only=True):
    """What something is in a system; `from_id` is where that is said: itself, or a category."""

    node: Node
    from_kind: Literal["product", "category"]
    from_id: UUID


class TaxonomyLoad(msgspec.Struct, kw_only=True):
    """What a load did: nodes in the file, how many are new or renamed, and removed."""

    nodes: int = 0
    changed: int = 0
    removed: int = 0


async def load_taxonomy(
    db: Database, source: NodeSource, *, keep_others: bool = False
) -> TaxonomyLoad:
    """Have the categories of a published list, all or none. The same file again changes nothing.

    Categories that it lacks are removed unless `keep_others`. Raises NodeInUse when something is
    mapped to one of those, and what the source raises.
    """
    done = TaxonomyLoad()
    codes: list[str] = []
    stream = source.nodes()
    async with db.transaction() as tx:
        while batch := list(islice(stream, BATCH)):
            codes += [code for code, _ in batch]
            done.changed += await taxonomy.load_nodes(tx, source.system, batch)
        done.nodes = len(codes)
        if not keep_others:
            done.removed = await taxonomy.drop_unlisted(tx, source.system, codes)
    return done


async def class_products(
    tx: Tx, product_ids: Collection[UUID], system: System
) -> dict[UUID, Classed]:
    """What each product is, where that is known. Two statements for any number of products."""
    above = await reads.lineage(tx, product_ids)
    asked = set(product_ids) | {one for line in above.values() for one in line}
    said = _by_thing(await taxonomy.mappings_of(tx, asked), system)
    found = {}
    for product_id in product_ids:
        line = [product_id, *above.get(product_id, ())]
        nearest = next((said[one] for one in line if one in said), None)
        if nearest is not None:
            found[product_id] = nearest
    return found


async def class_category(tx: Tx, category_id: UUID, system: System) -> Classed | None:
    """What a category is, by itself or by the nearest above."""
    line = await reads.lineage_of_category(tx, category_id)
    said = _by_thing(await taxonomy.mappings_of(tx, line), system)
    return next((said[one] for one in line if one in said), None)


def _by_thing(mappings: Sequence[Mapping], system: System) -> dict[UUID, Classed]:
    return {
        m.entity_id: Classed(node=m.node, from_kind=m.kind, from_id=m.entity_id)
        for m in mappings
        if m.node.system == system
    }


async def name_of(tx: Tx, kind: Literal["product", "category"], entity_id: UUID) -> str:
    """What to look for when something is to be mapped. Raises ProductNotFound, CategoryNotFound."""
    if kind == "category":
        category = await catalog.category_by_id(tx, entity_id)
        return f"{category.name} {category.path.replace('/', ' ').replace('-', ' ')}"
    product = await catalog.product_by_id(tx, entity_id)
    return f"{product.row.product_type} {product.row.title}"


async def suggest(
    tx: Tx, kind: Literal["product", "category"], entity_id: UUID, system: System
) -> list[Node]:
    """The likeliest nodes by name, at most ten. Raises ProductNotFound, CategoryNotFound."""
    return await taxonomy.find_nodes(tx, system, await name_of(tx, kind, entity_id), SUGGESTED)


async def forget_classes(tx: Tx, events: Sequence[Delivered]) -> None:
    """Deleted products and categories are nothing any more."""
    ids = {UUID(event.data[_NAMED_BY[event.type]]) for event in events}
    await taxonomy.forget_things(tx, sorted(ids))


class ClassedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product in an export. `inherited`: its category says so."""

    id: str
    slug: str
    external_id: str | None
    code: str
    path: str
    inherited: bool


async def export_classes(db: Database, system: System) -> AsyncIterator[ClassedProduct]:
    """Every product that is something in a system, by its own word or its category's."""
    after = UUID(int=0)
    while True:
        async with db.reading() as tx:
            rows = await reads.products_after(tx, after, BATCH)
            found = await class_products(tx, [row["id"] for row in rows], system)
        for row in rows:
            classed = found.get(row["id"])
            if classed is not None:
                yield ClassedProduct(
                    id=encode("product", row["id"]),
                    slug=row["slug"],
                    external_id=row["external_id"],
                    code=classed.node.code,
                    path=classed.node.path,
                    inherited=classed.from_id != row["id"],
                )
        if len(rows) < BATCH:
            return
        after = rows[-1]["id"]
