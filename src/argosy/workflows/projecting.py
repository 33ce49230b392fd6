"""Keeping the shop windows true: facts change -> products are marked -> they are projected.

    event of catalog, pricing, inventory, channels, reviews
      -- note_changes (a subscription): which products does this concern? --> pending
      -- project_changed (a sweep of the worker): read together, project, save --> caches told

Marking is cheap and coalesces: a thousand changes of a product cost one projection. Inventory
speaks up only when a shopper would be told something else, so a flash sale costs a handful.
Schedules need nobody to be on time: each product is stored as it is and as it will be from its
next boundary on; the sweep only prepares the boundary after that (DOMAIN.md C8, E10).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from typing import Any
from uuid import UUID

import msgspec
import structlog

from argosy.kernel.errors import Unavailable
from argosy.modules import audiences, channels, projections, search
from argosy.modules.audiences import AudiencesChanged, Restriction, RestrictionsChanged
from argosy.modules.catalog import (
    AttributeDefined,
    CategoryChanged,
    CategoryDeleted,
    ProductChanged,
    ProductDeleted,
    ProductPublished,
    ProductUnpublished,
    VariantDeleted,
)
from argosy.modules.channels import Channel, ChannelReconfigured
from argosy.modules.compliance import SheetChanged
from argosy.modules.fields import FieldDefined, ProductFieldsChanged
from argosy.modules.inventory import AvailabilityChanged
from argosy.modules.kits import KitChanged
from argosy.modules.passports import PassportPublished, PassportWithdrawn
from argosy.modules.personalisation import PersonalisationChanged
from argosy.modules.pricing import (
    MeasuresChanged,
    PriceListAssigned,
    PricePolicyChanged,
    PricesChanged,
)
from argosy.modules.projections import (
    Collect,
    Lag,
    Projection,
    Saved,
    SourceProduct,
)
from argosy.modules.reviews import RatingChanged
from argosy.reads import product_document as reads
from argosy.reads.kit_facts import products_of_kits
from argosy.runtime import metrics
from argosy.runtime.db import Database, Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows import projecting_large as large
from argosy.workflows.app import App
from argosy.workflows.collecting import gather
from argosy.workflows.kit_windows import Seen, read_components
from argosy.workflows.regulating import gather_sheets
from argosy.workflows.voicing import gather_voices
from argosy.workflows.window_facts import (
    concerned_by,
    read_facts,
    read_restrictions,
    read_sources,
    source_channel,
)
from argosy.workflows.windows import Window

BATCH = 200
REBUILD_BATCH = 500
_REBUILD_AT_ONCE = 2
_MARK_BATCH = 10_000
_CHANNELS = 200

_OF_PRODUCT = frozenset(
    event.TYPE
    for event in (
        ProductChanged,
        ProductDeleted,
        ProductFieldsChanged,
        ProductPublished,
        ProductUnpublished,
        PersonalisationChanged,
        RatingChanged,
        PassportPublished,
        PassportWithdrawn,
        SheetChanged,
        VariantDeleted,
    )
)
_OF_CATEGORY = frozenset({CategoryChanged.TYPE, CategoryDeleted.TYPE})
_SHOWN_SETTINGS = frozenset(
    {"active", "currency", "fallbacks", "locale", "locales", "locations"}
    | {"price_list_id", "tax_inclusive"}
)

PROJECTION_EVENTS = (
    _OF_PRODUCT
    | _OF_CATEGORY
    | {
        AttributeDefined.TYPE,
        AudiencesChanged.TYPE,
        AvailabilityChanged.TYPE,
        FieldDefined.TYPE,
        KitChanged.TYPE,
        MeasuresChanged.TYPE,
        PriceListAssigned.TYPE,
        PricePolicyChanged.TYPE,
        PricesChanged.TYPE,
        RestrictionsChanged.TYPE,
        ChannelReconfigured.TYPE,
    }
)
"""What `note_changes` wants to hear."""

_decode = msgspec.json.Decoder(SourceProduct).decode

log = structlog.get_logger(__name__)


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebuild did; `corrected` counts of facets were wrong before it."""

    products: int
    seconds: float
    corrected: int


Restrictions = Mapping[UUID, Mapping[UUID, Restriction]]
"""By channel and subject."""
Progress = Callable[[int, int], None]
"""Products done and in all."""


# --- from events to marks ----------------------------------------------------------------------


async def note_changes(tx: Tx, events: Sequence[Delivered]) -> None:
    """Mark the products that these events concern. A repeat costs one more projection."""
    named = [(_id(e, "product_id"), one) for e in events for one in _only_variants(e)]
    product_ids: set[UUID] = {
        _id(e, "product_id") for e in events if e.type in _OF_PRODUCT and not _only_variants(e)
    }
    product_ids |= {
        UUID(text)
        for e in events
        if e.type == RestrictionsChanged.TYPE
        for text in e.data["product_ids"]
    }
    variant_ids = {UUID(text) for e in events for text in _variants(e)}
    parts: list[tuple[UUID, UUID | None]] = []
    aside = await _large_of(tx, named)
    parts += [(product_id, one) for product_id, one in named if product_id in aside]
    product_ids |= {product_id for product_id, _ in named} - aside
    if variant_ids:
        for found in await reads.variants_by_product(tx, variant_ids, large=large.LARGE):
            if found.large:
                parts += [(found.product_id, one) for one in found.variant_ids]
            else:
                product_ids.add(found.product_id)
    # A kit is what its components are, also one that lost the variants of a deleted product.
    variant_ids |= {_id(e, "variant_id") for e in events if e.type == VariantDeleted.TYPE}
    if variant_ids or product_ids:
        product_ids |= await products_of_kits(tx, variant_ids, product_ids | aside)
    categories = {_id(e, "category_id") for e in events if e.type in _OF_CATEGORY}
    if categories:
        product_ids |= await reads.products_of_categories(tx, categories)
        # Paths and names are in the directory of every channel and on every page below.
        projections.forget_all(tx)
    since = min((e.occurred_at for e in events), default=tx.now)
    await projections.mark_changed(tx, product_ids, since)
    await projections.mark_parts(tx, parts, since)
    # A new attribute comes with the products that have it; they tell of themselves.
    codes = {e.data["code"] for e in events if _redefines(e)}
    if codes:
        projections.forget_all(tx)
        await _mark_having(tx, codes, since)
    for event in events:
        # Prices of some people only are in no shop window (DOMAIN.md C10).
        if event.type == PriceListAssigned.TYPE and event.data["public"]:
            await _mark_priced_in(tx, _id(event, "price_list_id"), since)
    if any(e.type == AudiencesChanged.TYPE for e in events):
        await audiences.begin_windows(tx)
    if any(e.type == ChannelReconfigured.TYPE and "locales" in e.data["fields"] for e in events):
        await channels.begin_languages(tx)
    if any(_concerns_all(e) for e in events):
        projections.forget_all(tx)
        await _mark_all(tx, since)


async def _large_of(tx: Tx, named: Collection[tuple[UUID, UUID]]) -> set[UUID]:
    if not named:
        return set()
    return await reads.large_products(tx, {product_id for product_id, _ in named}, large.LARGE)


def _only_variants(event: Delivered) -> list[UUID]:
    """The variants that an event of a product is about, where nothing else of it differs."""
    match event.type:
        case ProductChanged.TYPE:
            return [UUID(text) for text in event.data.get("variant_ids") or ()]
        case VariantDeleted.TYPE:
            return [_id(event, "variant_id")]
        case _:
            return []


def _id(event: Delivered, field: str) -> UUID:
    return UUID(event.data[field])


def _variants(event: Delivered) -> Iterable[str]:
    match event.type:
        case AvailabilityChanged.TYPE | KitChanged.TYPE:
            return (event.data["variant_id"],)
        case PricesChanged.TYPE | MeasuresChanged.TYPE | RestrictionsChanged.TYPE:
            variant_ids: list[str] = event.data["variant_ids"]
            return variant_ids
        case _:
            return ()


def _redefines(event: Delivered) -> bool:
    return event.type == AttributeDefined.TYPE and not event.data["created"]


def _concerns_all(event: Delivered) -> bool:
    if event.type in {PricePolicyChanged.TYPE, AudiencesChanged.TYPE}:
        return True
    if event.type == FieldDefined.TYPE:
        return bool(event.data["shown"]) and event.data["of"] == "product"
    return event.type == ChannelReconfigured.TYPE and not _SHOWN_SETTINGS.isdisjoint(
        event.data["fields"]
    )


async def _mark_all(tx: Tx, since: Any) -> None:
    after = UUID(int=0)
    while ids := await reads.product_ids_after(tx, after, _MARK_BATCH):
        await projections.mark_changed(tx, ids, since)
        after = ids[-1]


async def _mark_priced_in(tx: Tx, list_id: UUID, since: Any) -> None:
    after = UUID(int=0)
    while ids := await reads.products_priced_in(tx, list_id, after, _MARK_BATCH):
        await projections.mark_changed(tx, ids, since)
        after = ids[-1]


async def _mark_having(tx: Tx, codes: Collection[str], since: Any) -> None:
    after = UUID(int=0)
    while ids := await reads.products_having(tx, codes, after, _MARK_BATCH):
        await projections.mark_changed(tx, ids, since)
        after = ids[-1]


# --- from marks to projections -------------------------------------------------------------------


async def project_changed(app: App) -> int:
    """Project the next batch of marked products and of those whose boundary has come.

    The number of products; 0 when nothing waits. A product that cannot be projected is put aside
    with its error and tried again later; it holds up no other. Raises Unavailable.
    """
    claimed: tuple[UUID, ...] = ()
    try:
        async with app.db.transaction() as tx:
            marked = await projections.claim_changed(tx, BATCH)
            claimed = marked.product_ids
            if claimed:
                aside = await reads.large_products(tx, claimed, large.LARGE)
                await projections.set_large_aside(tx, sorted(aside), marked.oldest or tx.now)
                small = [one for one in claimed if one not in aside]
                if small:
                    await _project(tx, small)
            elif not await projections.parts_wait(tx):
                await audiences.finish_windows(tx)
                await channels.finish_languages(tx)
    except Unavailable:
        raise
    except Exception:
        if not claimed:
            raise
        # The batch waits again, now without those that make it fail.
        if not await _park_failing(app.db, claimed):
            raise
    return len(claimed) or await large.project_next(app.db)


async def _project(
    tx: Tx, product_ids: Sequence[UUID], channel_ids: Collection[UUID] | None = None
) -> Saved:
    """Read and project these products where they are shown or were, or in those of the channels
    given. Channels that have nothing to do with them cost nothing, however many there are.

    The revision is drawn before anything is read: whatever changes after that is marked, and its
    projection will have a higher one (DOMAIN.md E12).
    """
    await projections.hold_products(tx, product_ids)
    revision = await projections.next_revision(tx)
    stored = await projections.shown_in(tx, product_ids)
    made = await projected(tx, product_ids, channel_ids, stored)
    await search.mark_shown(tx, product_ids)
    return await projections.save_projections(tx, made, revision)


async def projected(
    tx: Tx,
    product_ids: Sequence[UUID],
    channel_ids: Collection[UUID] | None,
    stored: Mapping[UUID, Collection[UUID]],
) -> list[Projection]:
    """These products as the windows of all channels, or of those given, show them at `tx.now`, in
    the channels where they are published or, by `stored`, in one of these windows until now.
    Nothing is written.
    """
    facts = await read_facts(tx, channel_ids)
    found = await read_sources(tx, facts, product_ids)
    concerned = concerned_by(facts, found, stored)
    gathered = await gather(tx, product_ids)
    parts = await read_components(tx, facts, found)
    restricted = await read_restrictions(tx, facts, [*found, *parts])
    voices = await gather_voices(tx, found, facts.windows, gathered.live)
    sheets = await gather_sheets(tx, ((one.id, one.brand) for one in found))
    made: list[Projection] = []
    collects: dict[tuple[UUID, UUID], Callable[[Window], Collect]] = {}
    for window in facts.windows:
        sources = concerned.get(window.channel.id)
        if sources is None:
            continue
        shop, channel = facts.prices[window.channel.id], source_channel(window)
        shown = Seen(window, shop, restricted, tx.now).with_parts(sources, parts)
        for source, seen in zip(sources, shown, strict=True):
            if window.language is None:
                collect = gathered.collect(source, window.channel.id)
                collects[window.base_id, source.id] = voices.collecting(collect)
            made.append(
                projections.project(
                    sheets.in_window(voices.in_window(seen, window), window),
                    channel,
                    tx.now,
                    collect=collects[window.base_id, source.id](window),
                    ageing=gathered.ageing(source),
                )
            )
    return made


async def _park_failing(db: Database, product_ids: Sequence[UUID]) -> int:
    """Project each alone and put those aside that fail; how many."""
    parked = 0
    for product_id in product_ids:
        try:
            async with db.transaction() as tx:
                await _project(tx, [product_id])
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a poison product must stop only itself
            log.error("projection.parked", product_id=str(product_id), error=type(error).__name__)
            async with db.transaction() as tx:
                await projections.park_product(tx, product_id, repr(error))
            parked += 1
    return parked


# --- all of it -----------------------------------------------------------------------------------


async def rebuild(
    app: App,
    channel: Channel | None = None,
    *,
    progress: Progress = lambda _done, _total: None,
) -> Rebuilt:
    """Project every product anew, in one channel or in all, and count the facets anew.

    The shop goes on meanwhile: each batch is a transaction of its own, and a change that is made
    while its product is being read is marked and projected after. May be broken off and repeated.
    """
    started = time.perf_counter()
    wanted = None if channel is None else {channel.id}
    async with app.db.reading() as tx:
        total = await reads.count_products(tx)
    done = 0
    running: set[asyncio.Task[int]] = set()
    async with asyncio.TaskGroup() as tasks:
        async for ids in _batches(app.db):
            running.add(tasks.create_task(_rebuild_batch(app.db, ids, wanted)))
            if len(running) >= _REBUILD_AT_ONCE:
                # Python prepares one batch while PostgreSQL writes the other.
                ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                done += sum(task.result() for task in ended)
                progress(done, max(total, done))
    done += sum(task.result() for task in running)
    progress(done, max(total, done))
    async with app.db.transaction() as tx:
        corrected = await projections.recount_facets(tx)
        projections.forget_all(tx)
    return Rebuilt(products=done, seconds=time.perf_counter() - started, corrected=corrected)


async def _batches(db: Database) -> AsyncIterator[list[UUID]]:
    reading: tuple[Callable[[Tx, UUID, int], Awaitable[list[UUID]]], ...] = (
        reads.product_ids_after,
        reads.orphans_after,
    )
    for read in reading:
        after = UUID(int=0)
        while True:
            async with db.reading() as tx:
                ids = await read(tx, after, REBUILD_BATCH)
            if not ids:
                break
            yield ids
            after = ids[-1]


async def _rebuild_batch(db: Database, ids: Sequence[UUID], wanted: set[UUID] | None) -> int:
    async with db.reading() as tx:
        aside = await reads.large_products(tx, ids, large.LARGE)
    small = [one for one in ids if one not in aside]
    try:
        async with db.transaction() as tx:
            await _project(tx, small, wanted)
    except Unavailable:
        raise
    except Exception:
        if not await _park_failing(db, small):
            raise
    for product_id in sorted(aside):
        await large.project_all(db, product_id, wanted)
    return len(ids)


# --- how far behind ------------------------------------------------------------------------------


async def projection_lag(app: App) -> Lag:
    """Seconds since the oldest change that no shop window shows yet, and how many wait."""
    async with app.db.reading() as tx:
        return await projections.projection_lag(tx)


async def measure_lag(app: App) -> int:
    """Set the metric `argosy_projection_lag_seconds`. A sweep: returns 0, nothing more to do."""
    lag = await projection_lag(app)
    metrics.PROJECTION_LAG.set(lag.seconds)
    metrics.PROJECTIONS_PARKED.set(lag.parked)
    return 0
