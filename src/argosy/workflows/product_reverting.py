"""Take an applied import back: every product is again what it was, from the last row to the first.

What the import made is deleted, what it changed is put back and compared with what it was; if it
is not the same to the letter, or somebody has changed or sold it since, it is left as it is and
reported. Stock is moved back by what the import moved it, so that sales in between stay sold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from argosy.kernel.errors import ArgosyError
from argosy.kernel.events import Job
from argosy.modules import catalog, imports, inventory
from argosy.modules.catalog import Fault, Rejected, Variant
from argosy.modules.catalog.ports import SourceRecord, StoredFile
from argosy.modules.imports import Definition, Done, Image, Issue, Plan, Work
from argosy.modules.inventory import Fact, Movement
from argosy.reads.kept_variants import GOODS
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.import_pace import OnWindows, Pace
from argosy.workflows.normalising_values import forget_plan
from argosy.workflows.product_applying import OnDone, retried
from argosy.workflows.product_export import product_images
from argosy.workflows.product_input import Prepared, prepared
from argosy.workflows.product_intake import define, described
from argosy.workflows.product_offers import References, references, remove_prices
from argosy.workflows.product_record import (
    AttributeRecord,
    CategoryRecord,
    ProductRecord,
    decoded,
)
from argosy.workflows.product_writing import definitions, write_items
from argosy.workflows.removing import VariantKept, delete_product, delete_variant

BATCH_ROWS = 200
_WHOLE = {
    f"{name}_mode": "replace"
    for name in ("attributes", "categories", "media", "publications", "variants")
}


class RevertImportPlan(Job, frozen=True, kw_only=True):
    """Take back an applied plan."""

    NAME: ClassVar[str] = "revert_import_plan"

    plan_id: UUID


class Reverting(msgspec.Struct, frozen=True, kw_only=True):
    """What is known while a plan is taken back."""

    plan: Plan
    known: References
    files: dict[str, StoredFile | Fault | None]
    pace: Pace


async def revert_import_plan(app: App, job: RevertImportPlan) -> None:
    """Go on taking back a plan; a no-op when that is done. A retry resumes it."""
    async with app.db.reading() as tx:
        plan = await imports.plan_by_id(tx, job.plan_id)
    if plan.state == "reverting":
        await revert_plan(app, plan.id)


async def revert_plan(
    app: App,
    plan_id: UUID,
    *,
    overwrite: bool = False,
    on_progress: OnDone | None = None,
    on_windows: OnWindows | None = None,
) -> Plan:
    """Put back what the plan changed; the plan with the counts of what became of it.

    Also for a plan that was interrupted while it was applied. Can be called again after an
    interruption. Raises PlanNotFound, PlanStateWrong; an Unavailable when the database stays away.
    """
    async with app.db.transaction() as tx:
        plan = await imports.begin_revert(tx, plan_id, overwrite=overwrite)
        known = await references(tx)
    run = Reverting(
        plan=plan, known=known, files={}, pace=Pace(app, plan_id, plan.windows, on_windows)
    )
    done = plan.reverted + plan.kept
    while True:
        count = await retried(lambda: _batch(app, run))
        done += count
        if count and on_progress:
            on_progress(done, plan.applied)
        if not count:
            async with app.db.transaction() as tx:
                if await imports.is_taken_back(tx, plan_id):
                    await _definitions(tx, plan_id)
                    await forget_plan(tx, plan_id)
                    return await imports.finish_revert(tx, plan_id)


async def _batch(app: App, run: Reverting) -> int:
    async with app.db.reading() as tx:
        ahead = await imports.applied_work(tx, run.plan.id, BATCH_ROWS)
    if not ahead:
        return 0
    await run.pace.keep()
    run.files.clear()
    for key in {e["key"] for w in ahead for e in (w.before or {}).get("media", ())}:
        run.files[f"key:{key}"] = await described(app, key)
    async with app.db.transaction(fresh_plans=True) as tx:
        claimed = await imports.claim_applied(tx, run.plan.id, ahead)
        if claimed:
            await imports.note_done(tx, run.plan.id, await _revert(tx, run, claimed))
    return len(ahead)


async def _revert(tx: Tx, run: Reverting, rows: Sequence[Work]) -> list[Done]:
    done = [Done(seq=w.seq, state="reverted") for w in rows if w.kind != "product"]
    products = [w for w in rows if w.kind == "product" and w.product_id]
    ids = [w.product_id for w in products if w.product_id]
    await catalog.hold_products(tx, ids)
    present = await product_images(tx, ids, run.known)
    levels = await _levels(tx, products)
    free: list[Work] = []
    for work in products:
        reason = _obstacle(work, present, levels, overwrite=run.plan.overwrite)
        if reason:
            done.append(_kept(work, reason))
        else:
            free.append(work)
    done += [await _unmade(tx, run, work, present) for work in free if work.before is None]
    return done + await _restore(tx, run, [w for w in free if w.before is not None], present)


Levels = Mapping[tuple[UUID, UUID], inventory.Level]


async def _levels(tx: Tx, products: Sequence[Work]) -> Levels:
    variants = sorted({variant_id for w in products for variant_id, *_ in w.stock})
    found = await inventory.levels_of(tx, variants) if variants else []
    return {(level.variant_id, level.location_id): level for level in found}


def _obstacle(
    work: Work, present: Mapping[UUID, Image], levels: Levels, *, overwrite: bool
) -> str | None:
    """Why the product must stay as it is."""
    assert work.product_id is not None
    image = present.get(work.product_id)
    if image is None:
        return "The product was deleted since."
    if imports.image_hash(image) != work.after_hash and not overwrite:
        return "Somebody has changed the product since."
    if work.before is None:
        for variant_id, location_id, _, after in work.stock:
            level = levels.get((variant_id, location_id))
            if level and (level.on_hand != after or level.reserved or level.allocated):
                return "The product has been sold or moved since; archive it instead."
    return None


async def _unmade(tx: Tx, run: Reverting, work: Work, present: Mapping[UUID, Image]) -> Done:
    try:
        async with tx.savepoint():
            await _unmake(tx, run, work, present)
    except VariantKept as refusal:
        return _kept(work, refusal.message)
    return Done(seq=work.seq, state="reverted")


async def _unmake(tx: Tx, run: Reverting, work: Work, present: Mapping[UUID, Image]) -> None:
    """Delete a product that the import made, with its prices and what lies on its shelves."""
    assert work.product_id is not None
    variants = await catalog.variants_of_products(tx, [work.product_id])
    await _move_stock(tx, run, work)
    await _drop_prices(tx, run, [v.id for v in variants], present[work.product_id])
    await delete_product(tx, work.product_id, unless=GOODS)


async def _drop_prices(tx: Tx, run: Reverting, variants: Sequence[UUID], image: Image) -> None:
    codes = {code for v in image["variants"] for code in v.get("prices", {})}
    for code in sorted(codes):
        await remove_prices(tx, run.known.lists[code].id, variants)


async def _move_stock(tx: Tx, run: Reverting, work: Work) -> None:
    items = tuple(
        Movement(variant_id=variant_id, location_id=location_id, on_hand=(before or 0) - after)
        for variant_id, location_id, before, after in sorted(work.stock)
        if (before or 0) != after
    )
    for start in range(0, len(items), inventory.MAX_ITEMS):
        await inventory.post_fact(
            tx,
            Fact(
                key=f"revert {run.plan.id}:{work.seq}:{start}",
                kind="import",
                reason="import taken back",
                actor=f"import {run.plan.id}",
                items=items[start : start + inventory.MAX_ITEMS],
            ),
        )
    fresh = [(v, place) for v, place, before, _ in work.stock if before is None]
    if fresh:
        await inventory.drop_empty_levels(tx, fresh)


async def _restore(
    tx: Tx, run: Reverting, rows: Sequence[Work], present: Mapping[UUID, Image]
) -> list[Done]:
    """Put products back: together, or else one by one, again and again while that frees what
    others need (slugs, SKUs).
    """
    if not rows or await _restored(tx, run, rows, present) is None:
        return [Done(seq=work.seq, state="reverted") for work in rows]
    done: list[Done] = []
    left = list(rows)
    while left:
        stuck: list[tuple[Work, str]] = []
        for work in left:
            reason = await _restored(tx, run, [work], present)
            if reason:
                stuck.append((work, reason))
            else:
                done.append(Done(seq=work.seq, state="reverted"))
        if len(stuck) == len(left):
            return done + [_kept(work, reason) for work, reason in stuck]
        left = [work for work, _ in stuck]
    return done


class _NotTheSame(Exception):
    """Takes back products that could not be put back as they were."""


async def _restored(
    tx: Tx, run: Reverting, rows: Sequence[Work], present: Mapping[UUID, Image]
) -> str | None:
    """Put products back, all or none; why not, if they could not be."""
    items = []
    for work in rows:
        item = _as_it_was(run, work, present[_product(work)])
        wrong = item if isinstance(item, Fault) else next(iter(item.faults + item.unknown), None)
        if isinstance(item, Fault) or wrong:
            return wrong.message if wrong else ""
        items.append(item)
    ids = [_product(work) for work in rows]
    try:
        async with tx.savepoint():
            variants = await catalog.variants_of_products(tx, ids)
            for work in rows:
                await _move_stock(tx, run, work)  # what the import itself brought keeps no variant
                own = [v for v in variants if v.product_id == work.product_id]
                await _remove_new_variants(tx, run, work, present[_product(work)], own)
            for written in await write_items(tx, items, actor=f"revert {run.plan.id}"):
                if isinstance(written.outcome, Rejected):
                    raise _NotTheSame(written.outcome.faults[0].message)
            found = await product_images(tx, ids, run.known)
            for work in rows:
                _check_same(work.before or {}, found[_product(work)])
    except _NotTheSame as error:
        return str(error)
    except ArgosyError as error:
        return error.message
    return None


def _product(work: Work) -> UUID:
    assert work.product_id is not None
    return work.product_id


def _check_same(before: Image, found: Image) -> None:
    different = imports.differences(imports.settled(before), imports.settled(found))
    if different:
        raise _NotTheSame(f"{different[0].path} cannot be put back as it was.")


async def _remove_new_variants(
    tx: Tx, run: Reverting, work: Work, image: Image, variants: Sequence[Variant]
) -> None:
    kept = {catalog.sku_key(v["sku"]) for v in (work.before or {})["variants"]}
    new = [v.id for v in variants if catalog.sku_key(v.sku) not in kept]
    if new:
        await _drop_prices(tx, run, new, image)
        for variant_id in new:
            await delete_variant(tx, variant_id, unless=GOODS)


def _as_it_was(run: Reverting, work: Work, image: Image) -> Prepared | Fault:
    """The product before the import as an input that replaces everything."""
    before: dict[str, Any] = {**imports.settled(work.before or {}), **_WHOLE}
    if "rating" in (work.record or {}):
        before["rating"] = (work.before or {}).get("rating")
    old = {v["sku"]: v for v in image["variants"]}
    texts = {m["key"]: m.get("alts") or {} for m in image["media"]}
    before["media"] = [
        {**m, "alts": {**dict.fromkeys(texts.get(m["key"], {})), **(m.get("alts") or {})} or None}
        for m in before["media"]
    ]
    before |= _fields(before, image)
    if "inputs" in image:
        before.setdefault("inputs", None)
    if "compliance" in image:
        before.setdefault("compliance", None)
    before["variants"] = [_variant(v, old.get(v["sku"], {})) for v in before["variants"]]
    record = decoded(before)
    if isinstance(record, Fault):
        return record
    assert isinstance(record, ProductRecord)
    source = SourceRecord(row=work.line, data=before)
    item = prepared(source, record, run.known, run.files)
    item.offers.unpriced += [(sku, list_id) for sku, list_id, _ in item.offers.prices]
    item.offers.free_steps = True  # where they came from is no step too far
    item.input = msgspec.structs.replace(item.input, id=work.product_id, reapply=True)
    return item


def _variant(before: dict[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    attributes = before.get("attributes") or {}
    new = dict.fromkeys(code for code in now.get("attributes") or {} if code not in attributes)
    fields = {key: value for key, value in before.items() if key != "prices"}
    return {
        **fields,
        # Of a variant's attributes, none at all clears them, and others are merged.
        "attributes": {**new, **attributes} if attributes else {},
        **_prices(before.get("prices", {}), now.get("prices", {})),
        **_fields(before, now),
    }


def _fields(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The custom fields as they were; those that are new are removed."""
    old, new = before.get("fields") or {}, now.get("fields") or {}
    return {"fields": {**dict.fromkeys(new), **old}} if old != new else {}


def _prices(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The prices to write, of lists that differ only: those that are new are emptied."""
    changed = {code: entries for code, entries in before.items() if now.get(code) != entries}
    changed |= {code: None for code in now if code not in before}
    # An empty mapping would say: no prices at all.
    return {"prices": changed} if changed else {}


async def _definitions(tx: Tx, plan_id: UUID) -> None:
    """Attributes and categories: what the import made is deleted when nothing uses it."""
    found = await imports.definitions_of(tx, plan_id)
    now = await definitions(tx, {(d.kind, d.code) for d in found})
    same = [d for d in found if now.get((d.kind, d.code)) == d.after]
    states: list[tuple[Definition, str]] = [(d, "kept") for d in found if d not in same]
    made = [d.code for d in same if d.kind == "attribute" and d.before is None]
    gone = await catalog.forget_attributes(tx, made) if made else set()
    for one in same:
        if one.before is not None:
            back = await define(tx, [(SourceRecord(row=0, data={}), _record(one.before))])
            states.append((one, "kept" if back else "reverted"))
        elif one.kind == "attribute":
            states.append((one, "reverted" if one.code in gone else "kept"))
        else:
            states.append((one, await _without_category(tx, one.code)))
    await imports.settle_definitions(tx, plan_id, states)


def _record(image: Image) -> AttributeRecord | CategoryRecord:
    found = decoded(image)
    assert isinstance(found, AttributeRecord | CategoryRecord)
    return found


async def _without_category(tx: Tx, path: str) -> str:
    category = await catalog.category_by_path(tx, path)
    page = await catalog.list_products(tx, category_id=category.id, limit=1)
    if page.items:
        return "kept"
    try:
        async with tx.savepoint():
            await catalog.delete_category(tx, category.id)
    except catalog.CategoryNotEmpty:
        return "kept"
    return "reverted"


def _kept(work: Work, reason: str) -> Done:
    told = Issue(row=work.line, column="", severity="error", code="not_reverted", message=reason)
    return Done(seq=work.seq, state="kept", issues=[told])
