"""Custom fields of products and variants in product files: read with a page, written with a batch.

Records without `fields` cost no statement, nor does an export of a shop that defined none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import UnsetType

from argosy.modules import catalog, fields
from argosy.modules.catalog import Upserted
from argosy.modules.fields import FieldValue, ProductFieldsChanged, Subject
from argosy.runtime.db import Tx
from argosy.workflows.product_record import ProductRecord

Values = Mapping[UUID, Mapping[str, FieldValue]]
Given = dict[UUID, Mapping[str, FieldValue | None] | None]


async def subjects_with_fields(tx: Tx) -> frozenset[Subject]:
    """Which of products and variants have custom fields at all. One statement."""
    return frozenset(
        d.subject for d in await fields.list_fields(tx) if d.subject in {"product", "variant"}
    )


async def read_fields(
    tx: Tx, subject: Subject, ids: Sequence[UUID], defined: frozenset[Subject]
) -> Values:
    """The values of these things; none asked for where no field is defined."""
    return await fields.values_of(tx, subject, ids) if ids and subject in defined else {}


async def write_fields(tx: Tx, written: Sequence[tuple[ProductRecord, Upserted]]) -> set[UUID]:
    """Write what records say of custom fields; the products of which something changed.

    Absent is kept, null or empty removes all (DOMAIN.md E3). Raises ValuesInvalid.
    """
    products: Given = {}
    variants: Given = {}
    owners: dict[UUID, UUID] = {}
    for record, outcome in written:
        if not isinstance(record.fields, UnsetType):
            products[outcome.product_id] = record.fields
        for variant in () if isinstance(record.variants, UnsetType) else record.variants or ():
            if not isinstance(variant.fields, UnsetType) and isinstance(variant.sku, str):
                variant_id = outcome.variants[catalog.sku_key(variant.sku)]
                variants[variant_id] = variant.fields
                owners[variant_id] = outcome.product_id
    changed = await _write(tx, "product", products)
    changed |= {owners[variant_id] for variant_id in await _write(tx, "variant", variants)}
    for product_id in sorted(changed):
        tx.emit(ProductFieldsChanged(product_id=product_id))
    return changed


async def _write(tx: Tx, subject: Subject, given: Given) -> set[UUID]:
    if not given:
        return set()
    cleared = [thing for thing, values in given.items() if not values]
    stored = await fields.values_of(tx, subject, cleared) if cleared else {}
    wanted = {
        thing: values or dict.fromkeys(stored.get(thing, {})) for thing, values in given.items()
    }
    _, changed = await fields.set_values(tx, subject, wanted)
    return changed
