"""Write prepared products and say what became of each, keeping the good ones of a batch.

What an import plan rehearses and what it applies later goes through here, so that both do the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from argosy.kernel.errors import ArgosyError, Unavailable
from argosy.modules import catalog
from argosy.modules.catalog import Outcome, Rejected, Unchanged, Upserted
from argosy.modules.imports import Definition, DefinitionKind, Image
from argosy.runtime.db import IntegrityError, Tx
from argosy.workflows.product_compliance import write_sheets
from argosy.workflows.product_export import attribute_record, category_record
from argosy.workflows.product_fields import write_fields
from argosy.workflows.product_input import Prepared
from argosy.workflows.product_inputs import write_inputs
from argosy.workflows.product_intake import fault_of
from argosy.workflows.product_offers import steps_refused, write_offers
from argosy.workflows.product_record import AttributeRecord, CategoryRecord
from argosy.workflows.typed_products import ProductsUnfit, upsert_products


class Written(msgspec.Struct, kw_only=True):
    """What became of one product. `touched`: something is otherwise than before."""

    item: Prepared
    outcome: Outcome
    touched: bool

    @property
    def product_id(self) -> UUID | None:
        """The product, if there is one."""
        return None if isinstance(self.outcome, Rejected) else self.outcome.product_id


async def write_items(tx: Tx, items: Sequence[Prepared], *, actor: str) -> list[Written]:
    """Write what can be written, halving what cannot down to the product at fault (E4).

    Raises an Unavailable when the database gave way: nothing can be said then.
    """
    if not items:
        return []
    try:
        async with tx.savepoint():
            return await _write_once(tx, items, actor)
    except Unavailable:
        raise
    except ProductsUnfit as unfit:
        return await _without(tx, items, unfit, actor)
    except (ArgosyError, IntegrityError) as error:
        if len(items) == 1:
            refused = Rejected(faults=(fault_of(error),))
            return [Written(item=items[0], outcome=refused, touched=False)]
    middle = len(items) // 2
    return [
        *await write_items(tx, items[:middle], actor=actor),
        *await write_items(tx, items[middle:], actor=actor),
    ]


async def _without(
    tx: Tx, items: Sequence[Prepared], unfit: ProductsUnfit, actor: str
) -> list[Written]:
    """The others, and those that do not fit their types as refused; in the order of `items`."""
    fit = [item for place, item in enumerate(items) if place not in unfit.faults]
    others = iter(await write_items(tx, fit, actor=actor))
    return [
        Written(item=item, outcome=Rejected(faults=tuple(unfit.faults[place])), touched=False)
        if place in unfit.faults
        else next(others)
        for place, item in enumerate(items)
    ]


async def _write_once(tx: Tx, items: Sequence[Prepared], actor: str) -> list[Written]:
    outcomes = await upsert_products(tx, [item.input for item in items])
    places = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Upserted)]
    offers = [
        (item.offers, outcome.variants)
        for item, outcome in zip(items, outcomes, strict=True)
        if isinstance(outcome, Upserted)
    ]
    if refused := await steps_refused(tx, offers):
        raise ProductsUnfit({places[n]: faults for n, faults in refused.items()})
    changed = await write_offers(tx, offers, actor=actor)
    upserted = [
        (item.record, outcome)
        for item, outcome in zip(items, outcomes, strict=True)
        if isinstance(outcome, Upserted)
    ]
    changed |= await write_fields(tx, upserted)
    changed |= await write_inputs(tx, upserted)
    changed |= await write_sheets(tx, upserted, places)
    return [
        Written(item=item, outcome=outcome, touched=_touched(outcome, changed))
        for item, outcome in zip(items, outcomes, strict=True)
    ]


def _touched(outcome: Outcome, changed: set[UUID]) -> bool:
    match outcome:
        case Upserted():
            return (
                outcome.changed
                or outcome.product_id in changed
                or not changed.isdisjoint(outcome.variants.values())
            )
        case Unchanged() | Rejected():
            return False


Definitions = Mapping[tuple[DefinitionKind, str], Image]


async def definitions(tx: Tx, named: Collection[tuple[DefinitionKind, str]]) -> Definitions:
    """Those of these attributes (by code) and categories (by path) that there are, as the records
    of the product format.
    """
    codes = {code for kind, code in named if kind == "attribute"}
    paths = {path for kind, path in named if kind == "category"}
    found: dict[tuple[DefinitionKind, str], Image] = {
        ("attribute", a.code): attribute_record(a)
        for a in await catalog.attributes_named(tx, codes)
    }
    for category in await catalog.categories_at(tx, paths):
        found["category", category.path] = category_record(category)
    return found


def named_by(
    records: Iterable[AttributeRecord | CategoryRecord], items: Iterable[Prepared]
) -> set[tuple[DefinitionKind, str]]:
    """What writing these records and products can define."""
    named: set[tuple[DefinitionKind, str]] = {name_of(record) for record in records}
    for item in items:
        named |= {("attribute", code) for code in catalog.codes_given(item.input)}
    return named


def name_of(record: AttributeRecord | CategoryRecord) -> tuple[DefinitionKind, str]:
    """What a definition is known by."""
    if isinstance(record, AttributeRecord):
        return "attribute", record.code
    return "category", record.path


def changed_definitions(before: Definitions, after: Definitions) -> list[Definition]:
    """What was made or changed in between."""
    return [
        Definition(kind=key[0], code=key[1], before=before.get(key), after=image)
        for key, image in after.items()
        if before.get(key) != image
    ]
