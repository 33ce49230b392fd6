"""Write whole products, many at a time, in a dozen statements whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from uuid import UUID

from msgspec import UNSET, UnsetType

from argosy.kernel.ids import new_id
from argosy.modules.catalog import store
from argosy.modules.catalog.errors import CatalogInputInvalid
from argosy.modules.catalog.events import (
    AttributeDefined,
    ProductChanged,
    ProductPublished,
    ProductUnpublished,
    attribute_subject,
)
from argosy.modules.catalog.rules import fields
from argosy.modules.catalog.rules.attribute_planning import codes_given, references
from argosy.modules.catalog.rules.gtins import written_forms
from argosy.modules.catalog.rules.planning import (
    Known,
    Mode,
    Planned,
    narrowed,
    plan,
    replaces_variants,
    target_options,
)
from argosy.modules.catalog.store import attributes, gtins
from argosy.modules.catalog.store.attributes import Disagreement
from argosy.modules.catalog.types import (
    Media,
    Outcome,
    ProductInput,
    ProductRow,
    Upserted,
    VariantInput,
)
from argosy.runtime.db import Tx

MAX_BATCH = 1000
MAX_NAMED = 500


async def upsert_products(
    tx: Tx, changes: Sequence[ProductInput], *, mode: Mode = "any"
) -> list[Outcome]:
    """Create or change products with everything on them, at most MAX_BATCH; one outcome each.

    An input with a fault is Rejected, whole, and the others are written. Repeating the call changes
    nothing. Raises SkuTaken, SlugTaken, ExternalIdTaken or VariantOptionsTaken when another
    transaction was faster, or a variant that no input names is in the way: nothing is written then.
    """
    assert len(changes) <= MAX_BATCH
    known = await _known(tx, changes)
    plans = [plan(change, known, mode) for change in changes]
    written = await _write(tx, [p for p in plans if isinstance(p, Planned)])
    return [_outcome(p, written) if isinstance(p, Planned) else p for p in plans]


def _outcome(made: Planned, written: dict[UUID, int]) -> Outcome:
    return Upserted(
        product_id=made.product.id,
        created=made.before is None,
        changed=made.product.id in written,
        variants=made.variant_ids,
        type_code=made.product.type_code,
        warnings=tuple(made.warnings),
    )


def _variants(change: ProductInput) -> tuple[VariantInput, ...]:
    given = change.variants
    return () if isinstance(given, UnsetType) or given is None else given


async def _known(tx: Tx, changes: Sequence[ProductInput]) -> Known:
    variants = list(chain.from_iterable(map(_variants, changes)))
    skus = [v.sku.strip() for v in variants if isinstance(v.sku, str)]
    externals = [v.external_id for v in variants if v.external_id]
    variant_ids = [v.id for v in variants if v.id is not UNSET]
    products = await store.lock_products(
        tx,
        ids=[c.id for c in changes if c.id is not UNSET],
        external_ids=[c.external_id for c in changes if c.external_id],
        slugs=[c.slug for c in changes if c.slug],
        skus=skus,
        variant_external_ids=externals,
        variant_ids=variant_ids,
    )
    named = await store.variants_named(tx, skus, externals, variant_ids) if products else []
    by_id = {p.id: p for p in products}
    known = Known(
        products=by_id,
        by_external={p.external_id: p for p in products if p.external_id},
        by_slug={p.slug: p for p in products},
        variants={v.id: v for _, v in named},
        by_sku={fields.sku_key(given): v for given, v in named if given is not None},
        by_variant_external={v.external_id: v for _, v in named if v.external_id},
        others={},
        last_position={},
        media={},
        links={},
        publications={},
        categories={},
        attributes={},
        taken_slugs=await _taken_slugs(tx, changes),
        now=tx.now,
        new_id=new_id,
    )
    await _surroundings(tx, known, changes)
    claimed = [fields.bare_gtin(v.gtin) for v in variants if v.gtin]
    # One that was archived claims its GTIN again with its return.
    claimed += [v.gtin for v in known.variants.values() if v.gtin and v.status == "archived"]
    if claimed:
        known.gtins = await gtins.holders(tx, {f for one in claimed for f in written_forms(one)})
    return known


async def _taken_slugs(tx: Tx, changes: Sequence[ProductInput]) -> set[str]:
    """Which of the slugs that new products could be given exist."""
    titles = [c.title for c in changes if c.title and not c.slug]
    any_id = new_id()
    candidates = {s for t in titles for s in fields.slug_candidates(t, any_id)}
    return await store.taken_slugs(tx, sorted(candidates)) if candidates else set()


async def _surroundings(tx: Tx, known: Known, changes: Sequence[ProductInput]) -> None:
    """Fill in what hangs on the known products, as far as the changes touch it."""
    ids = sorted(known.products)
    if ids:
        if any(_variants(c) for c in changes):
            known.last_position = await store.last_positions(tx, ids)
        for media in await store.media_of_products(tx, ids):
            known.media.setdefault(_owner(media), []).append(media)
        if any(c.publications is not UNSET for c in changes):
            known.publications = await store.publications_of(tx, ids)
        if any(c.categories is not UNSET for c in changes):
            known.links = await store.category_links(tx, ids)
        await _load_others(tx, known, changes)
    if codes := {code for c in changes for code in codes_given(c)}:
        known.attributes = {a.code: a for a in await attributes.attributes_named(tx, codes)}
    referred = [r for c in changes for r in references(c, known.attributes)]
    paths = {p for c in changes if c.categories for p in c.categories}
    paths |= {target for _, what, target in referred if what == "category"}
    if paths:
        known.categories = {c.path: c.id for c in await store.categories_at(tx, sorted(paths))}
    slugs = {target for _, what, target in referred if what == "product"}
    if slugs:
        known.referable = await attributes.referable(tx, slugs)
        known.referable |= {c.slug for c in changes if c.slug}


def _owner(media: Media) -> UUID:
    assert media.product_id is not None
    return media.product_id


async def _load_others(tx: Tx, known: Known, changes: Sequence[ProductInput]) -> None:
    """All variants of products whose options lose something (they must still fit) or whose
    variants are replaced.
    """
    affected: list[UUID] = []
    for change in changes:
        product = _stored(change, known)
        if product and (
            replaces_variants(change)
            or narrowed(product.options, target_options(product.options, change))
        ):
            affected.append(product.id)
    if affected:
        for variant in await store.variants_of_products(tx, affected):
            known.others.setdefault(variant.product_id, []).append(variant)


def _stored(change: ProductInput, known: Known) -> ProductRow | None:
    if not isinstance(change.id, UnsetType):
        return known.products.get(change.id)
    found = known.by_external.get(change.external_id) if change.external_id else None
    found = found or (known.by_slug.get(change.slug) if change.slug else None)
    skus = (known.by_sku.get(fields.sku_key(v.sku)) for v in _variants(change) if v.sku)
    variant = next((v for v in skus if v), None)
    return found or (known.products.get(variant.product_id) if variant else None)


async def _write(tx: Tx, plans: Sequence[Planned]) -> dict[UUID, int]:
    """Write the plans that change something; the new version of each changed product."""
    await _define_new_attributes(tx, plans)
    changed = [p for p in plans if p.changed]
    only_marked = [
        p.product for p in plans
        if not p.changed and p.before and p.before.import_hash != p.product.import_hash
    ]  # fmt: skip
    if only_marked:
        await store.mark_imported(tx, only_marked)
    if not changed:
        return {}
    versions = await store.write_products(tx, [p.product for p in changed])
    await _write_redirects(tx, changed)
    await _write_media(tx, changed)
    await _write_variants(tx, changed)
    await _write_links(tx, changed)
    for made in changed:
        tx.emit(
            ProductChanged(
                product_id=made.product.id,
                version=versions[made.product.id],
                created=made.before is None,
                variant_ids=_named(made),
            )
        )
    await _write_publications(tx, changed)
    return versions


def _named(made: Planned) -> tuple[UUID, ...] | None:
    """The variants that differ, where nothing else does and they are not very many."""
    if not made.only_variants or len(made.variants) > MAX_NAMED:
        return None
    return tuple(variant.id for variant in made.variants)


async def _define_new_attributes(tx: Tx, plans: Sequence[Planned]) -> None:
    new = {a.code: a for p in plans for a in p.new_attributes}
    if new:
        await attributes.write_attributes(tx, list(new.values()))
        for code in sorted(new):
            attribute_id = attribute_subject(code)
            tx.emit(AttributeDefined(attribute_id=attribute_id, code=code, created=True))
        tx.notify("catalog", "attributes")


async def _write_redirects(tx: Tx, plans: Sequence[Planned]) -> None:
    moved = [p for p in plans if p.before and p.before.slug != p.product.slug]
    if moved:
        former = [p.before.slug for p in moved if p.before]
        await store.keep_redirects(tx, "product", former, [p.product.id for p in moved])
    fresh = [p.product.slug for p in plans if p.before is None or p in moved]
    if fresh:
        await store.drop_redirects(tx, "product", fresh)


async def _write_media(tx: Tx, plans: Sequence[Planned]) -> None:
    gone = [m for p in plans for m in p.media_gone]
    if gone:
        await store.delete_media(tx, gone)
    media = [m for p in plans for m in p.media]
    if media:
        await store.write_media(tx, media)


async def _write_variants(tx: Tx, plans: Sequence[Planned]) -> None:
    variants = [v for p in plans for v in p.variants]
    if not variants:
        return
    await store.write_variants(tx, variants)
    holding = {v.product_id for v in variants if v.attributes}
    if holding:
        _check_agreement(await attributes.disagreeing(tx, holding))


def _check_agreement(found: Sequence[Disagreement]) -> None:
    """Raise CatalogInputInvalid for values across variants that their attribute does not allow.

    After the writing, for only the database sees all variants of a product at once.
    """
    faults = [
        {
            "column": f"variants.attributes.{f.code}",
            "code": "attribute_across_variants",
            "message": f"Active variants of the product of {f.sku!r} have "
            + (
                f"different values of {f.code}."
                if f.rule == "same"
                else f"the same value of {f.code}."
            ),
        }
        for f in found
    ]
    if faults:
        raise CatalogInputInvalid(faults[0]["message"], field=faults[0]["column"], faults=faults)


async def _write_links(tx: Tx, plans: Sequence[Planned]) -> None:
    gone = [(p.product.id, c) for p in plans for c in p.links_gone]
    if gone:
        await store.delete_category_links(tx, gone)
    links = [(p.product.id, c, n) for p in plans for c, n in p.links]
    if links:
        await store.write_category_links(tx, links)


async def _write_publications(tx: Tx, plans: Sequence[Planned]) -> None:
    gone = [(p.product.id, c) for p in plans for c in p.unpublished]
    if gone:
        await store.delete_publications(tx, gone)
    for product_id, channel_id in gone:
        tx.emit(ProductUnpublished(product_id=product_id, channel_id=channel_id))
    entries = [(p.product.id, entry) for p in plans for entry in p.publications]
    if entries:
        await store.write_publications(tx, entries)
    for product_id, entry in entries:
        tx.emit(
            ProductPublished(
                product_id=product_id,
                channel_id=entry.channel_id,
                publish_from=entry.publish_from,
                publish_until=entry.publish_until,
            )
        )
