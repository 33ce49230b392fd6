"""Products of types: what is written fits the schema in force, and what a new schema would break.

    write: catalog writes --> the types of what was written are held --> PostgreSQL judges it by
           them, in the same transaction --> faults take the write back
    new schema: draft --> dry run (every product it breaks, page by page) --> publish

One judgement serves both: reads.type_breaks. A shop without types pays no statement for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from argosy.modules import catalog, channels, producttypes
from argosy.modules.catalog import (
    AttributeDefinition,
    Fault,
    Outcome,
    Product,
    ProductInput,
    PublicationInput,
    Upserted,
    Variant,
    VariantInput,
)
from argosy.modules.producttypes import (
    AttributeFacts,
    ProductType,
    Schema,
    SchemaBreaksProducts,
    TypeAttribute,
    TypeVersion,
)
from argosy.reads.type_breaks import (
    NOTHING,
    Broken,
    Problem,
    Wanted,
    breaking,
    next_of_label,
    next_of_type,
)
from argosy.runtime.db import Database, Tx
from argosy.workflows.complying import refuse_unfit

CHUNK = 5000
_CHANNELS = 1000
ADOPT_BATCH = 200


class ProductsUnfit(Exception):
    """Written products do not fit their types, or their prices move too far: faults by place in the
    batch. Nothing may stay.
    """

    def __init__(self, faults: Mapping[int, Sequence[Fault]]) -> None:
        super().__init__(f"{len(faults)} products do not fit")
        self.faults = faults


class Judge(msgspec.Struct, frozen=True, kw_only=True):
    """A schema with all that it takes to judge products by it."""

    type_code: str
    schema: Schema
    wanted: tuple[Wanted, ...]
    levels: Mapping[str, str]


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """What a schema would break: products of the type, those that break it, and how many for each
    attribute and problem.
    """

    products: int
    broken: int
    problems: dict[tuple[str, str], int]


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of products that were given a type. `last` is where the next batch goes on."""

    adopted: int
    refused: tuple[tuple[UUID, tuple[Fault, ...]], ...]
    last: UUID | None


# --- writing -------------------------------------------------------------------------------------


async def upsert_products(tx: Tx, changes: Sequence[ProductInput]) -> list[Outcome]:
    """`catalog.upsert_products`, by the types of the products. Raises ProductsUnfit besides."""
    outcomes = await catalog.upsert_products(tx, changes)
    faults = await _unfit(tx, list(zip(changes, outcomes, strict=True)))
    if faults:
        raise ProductsUnfit(faults)
    return outcomes


async def create_product(tx: Tx, given: ProductInput) -> Product:
    """`catalog.create_product`, by the product's type."""
    product = await catalog.create_product(tx, given)
    await _check(tx, given, product.row.id, product.row.type_code)
    await _may_publish(tx, given, product.row.id)
    return product


async def update_product(
    tx: Tx, product_id: UUID, change: ProductInput, *, expected_version: int | None = None
) -> Product:
    """`catalog.update_product`, by the product's type."""
    product = await catalog.update_product(
        tx, product_id, change, expected_version=expected_version
    )
    await _check(tx, change, product_id, product.row.type_code)
    await _may_publish(tx, change, product_id)
    return product


async def publish_product(
    tx: Tx, product_id: UUID, publications: Sequence[PublicationInput]
) -> Product:
    """`catalog.publish_product`, by the product's type."""
    return await update_product(tx, product_id, ProductInput(publications=tuple(publications)))


async def _may_publish(tx: Tx, change: ProductInput, product_id: UUID) -> None:
    if change.publications is not UNSET or change.status is not UNSET:
        await refuse_unfit(tx, product_id)


async def add_variant(tx: Tx, product_id: UUID, given: VariantInput) -> Variant:
    """`catalog.add_variant`, by the product's type."""
    variant = await catalog.add_variant(tx, product_id, given)
    await _check_variant(tx, given, variant)
    return variant


async def update_variant(
    tx: Tx, variant_id: UUID, change: VariantInput, *, expected_version: int | None = None
) -> Variant:
    """`catalog.update_variant`, by the product's type."""
    variant = await catalog.update_variant(
        tx, variant_id, change, expected_version=expected_version
    )
    await _check_variant(tx, change, variant)
    return variant


async def _check_variant(tx: Tx, given: VariantInput, variant: Variant) -> None:
    product = await catalog.product_by_id(tx, variant.product_id)
    change = ProductInput(variants=(given,))
    await _check(tx, change, variant.product_id, product.row.type_code)


async def _check(tx: Tx, change: ProductInput, product_id: UUID, type_code: str | None) -> None:
    made = Upserted(
        product_id=product_id, created=False, changed=True, variants={}, type_code=type_code
    )
    faults = await _unfit(tx, [(change, made)])
    if faults:
        found = faults[0]
        listed = [msgspec.to_builtins(fault) for fault in found]
        raise catalog.CatalogInputInvalid(found[0].message, field=found[0].column, faults=listed)


async def _unfit(tx: Tx, written: Sequence[tuple[ProductInput, Outcome]]) -> dict[int, list[Fault]]:
    """The faults of what was written, by place. Four statements and one for each type, or none."""
    typed: dict[str, dict[UUID, int]] = {}
    for place, (_, outcome) in enumerate(written):
        if isinstance(outcome, Upserted) and outcome.type_code is not None:
            typed.setdefault(outcome.type_code, {})[outcome.product_id] = place
    if not typed:
        return {}
    schemas = await producttypes.schemas_in_force(tx, typed)
    found: dict[int, list[Fault]] = {}
    for code in sorted(typed.keys() - schemas.keys()):
        message = f"There is no product type {code!r}."
        unknown = Fault(column="type_code", code="type_unknown", message=message)
        found |= {place: [unknown] for place in typed[code].values()}
    for code, schema in schemas.items():
        if schema is None:
            continue
        judge = await judge_of(tx, code, schema)
        places = typed[code]
        for broken in await _breaking(tx, judge, limit=len(places), among=places):
            change, _ = written[places[broken.id]]
            faults = list(_faults(judge, broken, _given(change)))
            if faults:
                found[places[broken.id]] = faults
    return found


def _given(change: ProductInput) -> set[str]:
    """The attributes that an input gives a value."""
    codes = set() if isinstance(change.attributes, UnsetType) else set(change.attributes or ())
    variants = () if isinstance(change.variants, UnsetType) else change.variants or ()
    for variant in variants:
        if not isinstance(variant.attributes, UnsetType):
            codes |= set(variant.attributes or ())
    return codes


def _faults(judge: Judge, broken: Broken, given: Collection[str]) -> list[Fault]:
    """What of a judgement takes the write back: with `missing: flag` only what it brought."""
    strict = judge.schema.missing == "block"
    messages = {
        "missing": "is required where the product is shown",
        "value": f"has a value that the type {judge.type_code} does not allow",
        "unknown": f"is no attribute of the type {judge.type_code}",
    }
    return [
        Fault(
            column=f"{_path(judge, problem)}.{problem.code}",
            code=f"type_{problem.problem}",
            message=f"{problem.code} {messages[problem.problem]}.",
        )
        for problem in broken.problems
        if strict or (problem.problem != "missing" and problem.code in given)
    ]


def _path(judge: Judge, problem: Problem) -> str:
    variant = judge.levels.get(problem.code) == "variant"
    return "variants.attributes" if variant else "attributes"


# --- schemas -------------------------------------------------------------------------------------


async def save_draft(
    tx: Tx, code: str, schema: Schema, *, expected_version: int | None = None
) -> tuple[ProductType, TypeVersion]:
    """Save the draft of a type. Raises TypeNotFound, TypeChanged, SchemaInvalid."""
    definitions = await catalog.list_attributes(tx)
    facts = {
        d.code: AttributeFacts(code=d.code, kind=d.kind, level=d.level, choices=d.choices)
        for d in definitions
    }
    known = {channel.code for channel in await _channels(tx)}
    return await producttypes.save_draft(
        tx, code, schema, attributes=facts, channels=known, expected_version=expected_version
    )


async def publish_draft(
    tx: Tx, code: str, *, by: str, expected_version: int | None = None
) -> tuple[ProductType, TypeVersion]:
    """Put the draft of a type in force; products of it are written before or after, not meanwhile.

    Raises TypeNotFound, TypeChanged, NothingToPublish, and SchemaBreaksProducts when the draft
    blocks what is missing and a product would break.
    """
    await producttypes.lock_type(tx, code, expected_version)
    draft = await producttypes.draft_of(tx, code)
    if draft.schema.missing == "block":
        judge = await judge_of(tx, code, draft.schema)
        first = [broken async for broken in _all_broken(tx, judge, NOTHING, 1)]
        if first:
            message = "Products would break the schema, the first of them is listed."
            raise SchemaBreaksProducts(message, product=first[0].slug, number=draft.number)
    return await producttypes.publish_draft(tx, code, by=by)


async def broken_by_draft(tx: Tx, code: str, *, after: UUID | None, limit: int) -> list[Broken]:
    """The dry run: up to `limit` products that the draft would break, by id, and what of them.

    Raises TypeNotFound, NothingToPublish.
    """
    draft = await producttypes.draft_of(tx, code)
    judge = await judge_of(tx, code, draft.schema)
    return [broken async for broken in _all_broken(tx, judge, after or NOTHING, limit)]


async def impact_of_draft(db: Database, code: str) -> Impact:
    """The dry run, counted. Reads in chunks of ids, so that no statement takes long.

    Raises TypeNotFound, NothingToPublish.
    """
    async with db.reading() as tx:
        draft = await producttypes.draft_of(tx, code)
        judge = await judge_of(tx, code, draft.schema)
    products, broken, problems = 0, 0, Counter[tuple[str, str]]()
    after = NOTHING
    while True:
        async with db.reading() as tx:
            ids = await next_of_type(tx, code, after, CHUNK)
            if not ids:
                return Impact(products=products, broken=broken, problems=dict(problems))
            found = await _breaking(tx, judge, after=after, until=ids[-1], limit=CHUNK)
        products, broken, after = products + len(ids), broken + len(found), ids[-1]
        problems.update((p.code, p.problem) for each in found for p in each.problems)


async def _all_broken(tx: Tx, judge: Judge, after: UUID, limit: int) -> AsyncIterator[Broken]:
    left = limit
    while left and (ids := await next_of_type(tx, judge.type_code, after, CHUNK)):
        found = await _breaking(tx, judge, after=after, until=ids[-1], limit=left)
        for broken in found:
            yield broken
        left, after = left - len(found), ids[-1]


async def _breaking(
    tx: Tx,
    judge: Judge,
    *,
    limit: int,
    after: UUID = NOTHING,
    until: UUID | None = None,
    among: Collection[UUID] | None = None,
) -> list[Broken]:
    bounds = {} if until is None else {"until": until}
    return await breaking(
        tx,
        judge.type_code,
        judge.wanted,
        refuses_others=judge.schema.others == "refuse",
        after=after,
        limit=limit,
        among=among,
        **bounds,
    )


async def judge_of(tx: Tx, type_code: str, schema: Schema) -> Judge:
    """A schema with its attributes and channels looked up. Two statements."""
    definitions = {d.code: d for d in await catalog.list_attributes(tx)}
    ids = {channel.code: channel.id for channel in await _channels(tx)}
    return Judge(
        type_code=type_code,
        schema=schema,
        wanted=tuple(
            _wanted(entry, definitions[entry.code], ids)
            for entry in schema.attributes
            if entry.code in definitions
        ),
        levels={d.code: d.level for d in definitions.values()},
    )


def _wanted(
    entry: TypeAttribute, definition: AttributeDefinition, channel_ids: Mapping[str, UUID]
) -> Wanted:
    low = entry.minimum if entry.minimum is not None else definition.minimum
    high = entry.maximum if entry.maximum is not None else definition.maximum
    dates = definition.kind == "date"
    return Wanted(
        code=entry.code,
        level=definition.level,
        kind=definition.kind,
        required=bool(entry.required),
        channels=tuple(channel_ids[c] for c in entry.required if c in channel_ids)
        if isinstance(entry.required, tuple)
        else None,
        low=None if dates else _bound(low, definition),
        high=None if dates else _bound(high, definition),
        first=date.fromisoformat(low) if dates and low else None,
        last=date.fromisoformat(high) if dates and high else None,
        choices=entry.choices or definition.choices,
    )


def _bound(bound: str | None, definition: AttributeDefinition) -> Decimal | None:
    if bound is None:
        return None
    unit = definition.unit if definition.kind == "number" else None
    return Decimal(catalog.canonical_number(bound, unit))


async def _channels(tx: Tx) -> list[channels.Channel]:
    found: list[channels.Channel] = []
    while True:
        last = found[-1].code if found else None
        page = await channels.list_channels(tx, after=last, limit=_CHANNELS)
        found += page
        if len(page) < _CHANNELS:
            return found


# --- from free texts to types --------------------------------------------------------------------


async def adopt_label(tx: Tx, code: str, label: str, *, after: UUID | None) -> Adopted:
    """Give the type to the next ADOPT_BATCH products without one whose `product_type` is `label`.

    Those that do not fit keep having none and are named. Raises TypeNotFound.
    """
    await producttypes.type_by_code(tx, code)
    ids = await next_of_label(tx, label, after or NOTHING, ADOPT_BATCH)
    changes = [ProductInput(id=product_id, type_code=code) for product_id in ids]
    refused: dict[UUID, tuple[Fault, ...]] = {}
    try:
        async with tx.savepoint():
            await upsert_products(tx, changes)
    except ProductsUnfit as unfit:
        refused = {ids[place]: tuple(faults) for place, faults in unfit.faults.items()}
        await upsert_products(tx, [c for c in changes if c.id not in refused])
    return Adopted(
        adopted=len(ids) - len(refused),
        refused=tuple(refused.items()),
        last=ids[-1] if len(ids) == ADOPT_BATCH else None,
    )
