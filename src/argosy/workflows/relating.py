"""What is shown beside products, changed by people and by files.

The answers that show it are kept by the pages of all products in them; a change forgets those.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import islice
from typing import Final
from uuid import UUID

import msgspec

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import catalog, projections, relations
from argosy.modules.relations import RelationKind
from argosy.modules.relations.ports import RelationFault, RelationRow, RelationSource
from argosy.reads import related_products as reads
from argosy.reads.product_document import which_exist
from argosy.runtime.db import Database, Tx
from argosy.runtime.subscriptions import Delivered

SHOWN: Final = 12
"""Of each kind, at most so many are shown beside a product."""
BATCH: Final = 500
MAX_FAULTS: Final = 10_000


class RelationImport(msgspec.Struct, kw_only=True):
    """What an import did. Each product and kind of the file is in one of the last three counts."""

    rows: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    faults: list[RelationFault] = []


async def relate(
    tx: Tx,
    product_id: UUID,
    kind: RelationKind,
    related: Sequence[UUID],
    *,
    both_ways: bool = False,
) -> set[UUID]:
    """Exactly these products beside this one, in this order; the products that changed.

    Raises ProductNotFound, RelationsInvalid.
    """
    wanted = {product_id, *related}
    missing = wanted - await which_exist(tx, wanted)
    if missing:
        named = encode("product", min(missing))
        raise catalog.ProductNotFound(f"There is no product {named}.", field="product_ids")
    changed = await relations.set_relations(tx, product_id, kind, related, both_ways=both_ways)
    for one in sorted(changed):
        projections.forget_product(tx, one)
    return changed


async def forget_relations(tx: Tx, events: Sequence[Delivered]) -> None:
    """Nothing is beside deleted products, nor they beside anything."""
    gone = sorted({UUID(event.data["product_id"]) for event in events})
    await relations.forget_products(tx, gone)


async def import_relations(db: Database, source: RelationSource) -> RelationImport:
    """Have beside each product of a file exactly what the file says, by kind.

    Products and kinds that are not in the file are left alone. One with a faulty row is left as it
    was. The same file again changes nothing.
    """
    done = RelationImport()
    groups: dict[tuple[str, RelationKind], list[RelationRow]] = {}
    for row in source.rows():
        done.rows += 1
        if isinstance(row, RelationFault):
            done.failed += 1
            _keep(done, row)
        else:
            groups.setdefault((row.product, row.kind), []).append(row)
    waiting = iter(sorted(groups.items()))
    while batch := list(islice(waiting, BATCH)):
        async with db.transaction() as tx:
            names = {row.product for _, rows in batch for row in rows}
            names |= {row.related for _, rows in batch for row in rows}
            ids = await reads.ids_by_slug(tx, names)
            for (slug, kind), rows in batch:
                await _take(tx, slug, kind, rows, ids, done)
    return done


async def _take(  # noqa: PLR0917 - one group of a file with all that it needs
    tx: Tx,
    slug: str,
    kind: RelationKind,
    rows: Sequence[RelationRow],
    ids: dict[str, UUID],
    done: RelationImport,
) -> None:
    faults = [
        RelationFault(row=row.row, column=column, reason=f"There is no product {name!r}.")
        for row in rows
        for column, name in (("product", row.product), ("related", row.related))
        if name not in ids
    ]
    if not faults:
        related = [ids[row.related] for row in sorted(rows, key=lambda r: (r.position, r.row))]
        both = any(row.both_ways for row in rows)
        try:
            async with tx.savepoint():
                changed = await relate(tx, ids[slug], kind, related, both_ways=both)
        except ArgosyError as error:
            faults = [RelationFault(row=rows[0].row, column="related", reason=error.message)]
        else:
            done.changed += bool(changed)
            done.unchanged += not changed
            return
    done.failed += 1
    for fault in faults:
        _keep(done, fault)


def _keep(done: RelationImport, fault: RelationFault) -> None:
    if len(done.faults) < MAX_FAULTS:
        done.faults.append(fault)


async def export_relations(db: Database) -> AsyncIterator[RelationRow]:
    """Every relation as the row that it is made from."""
    last: relations.Relation | None = None
    number = 1
    while True:
        async with db.reading() as tx:
            found = await relations.all_after(tx, last, BATCH)
            ids = {one.product_id for one in found} | {one.related_id for one in found}
            slugs = await reads.slugs_by_id(tx, ids)
        for one in found:
            if one.product_id in slugs and one.related_id in slugs:
                number += 1
                yield RelationRow(
                    row=number,
                    product=slugs[one.product_id],
                    kind=one.kind,
                    related=slugs[one.related_id],
                    position=one.position,
                )
        if len(found) < BATCH:
            return
        last = found[-1]
