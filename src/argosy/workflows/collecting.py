"""Which products stand in which collections, as the shop window shows them.

Membership by rules is decided where a product is projected, from exactly what the channel shows of
it then: whatever changes a product (price, stock, text, a boundary in time) decides it anew, within
the moment that the shop window takes. A change of a collection has products projected again, batch
by batch and never so many that other changes wait behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, collections, paths, projections
from argosy.modules.collections import (
    CategoryCondition,
    Collection,
    CollectionFields,
    Facts,
    Live,
    NewCollection,
    RulesInvalid,
)
from argosy.modules.paths import Ending, Thing
from argosy.modules.projections import Collect, ProductDocument, SourceCollection, SourceProduct
from argosy.reads import product_document as reads
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.addressing import end_thing
from argosy.workflows.app import App

BATCH = 200


# --- deciding ------------------------------------------------------------------------------------


class Gathered(msgspec.Struct, frozen=True):
    """What deciding about a batch of products needs."""

    live: Sequence[Live]
    by_hand: Mapping[UUID, Mapping[UUID, int]]

    def collect(self, source: SourceProduct, channel_id: UUID) -> Collect:
        """Decides for one product in one channel."""
        live = [one for one in self.live if channel_id in one.channels]
        places = self.by_hand.get(source.id, {})

        def collected(document: ProductDocument, at: datetime) -> Iterable[SourceCollection]:
            if not live:
                return
            facts = facts_of(source, document)
            for placed in collections.placed_in(live, places, channel_id, facts, at):
                yield SourceCollection(**msgspec.structs.asdict(placed))

        return collected

    def ageing(self, source: SourceProduct) -> list[datetime]:
        """When the product's collections change by time alone."""
        places = self.by_hand.get(source.id, {})
        return list(collections.changes_of(self.live, source.created_at, places))


async def gather(tx: Tx, product_ids: Sequence[UUID]) -> Gathered:
    """One statement when there is no collection by hand, else two, for any number of products."""
    live = await collections.live_collections(tx)
    by_hand = any(one.rules is None for one in live)
    return Gathered(live, await collections.memberships_of(tx, product_ids) if by_hand else {})


def facts_of(source: SourceProduct, document: ProductDocument) -> Facts:
    """A product as the rules of collections look at it. An option counts as an attribute. A price
    that is told to others only puts it into no collection.
    """
    held: dict[str, set[str | Decimal]] = {}
    for attribute in document.attributes:
        held.setdefault(attribute.code, set()).update(_values(attribute.value, attribute.text))
    for option in document.options:
        held.setdefault(option.code, set()).update(map(collections.folded, option.values))
    return Facts(
        title=collections.folded(document.title),
        brand=collections.folded(document.brand),
        product_type=collections.folded(document.product_type),
        categories=frozenset(
            encode("category", step.id) for place in source.placements for step in place.trail
        ),
        attributes={code: frozenset(values) for code, values in held.items()},
        price=None if document.price is None else document.price.min,
        on_sale=document.price is not None and document.price.compare_at is not None,
        availability=document.availability,
        created_at=source.created_at,
    )


def _values(value: msgspec.Raw, text: str) -> Iterable[str | Decimal]:
    """The words of an attribute, and of a number its amount."""
    yield collections.folded(text)
    match msgspec.json.decode(value):
        case bool() as truth:
            yield "true" if truth else "false"
        case list() as words:
            yield from (collections.folded(word) for word in words if isinstance(word, str))
        case {"number": str(number)}:
            yield Decimal(number)
            yield number
        case _:
            pass


# --- changing collections ------------------------------------------------------------------------


async def create_collection(tx: Tx, given: NewCollection) -> Collection:
    """A new collection, shown as soon as its products are projected.

    Raises CollectionSlugTaken, RulesInvalid, TooManyCollections, MediaNotFound.
    """
    await _check(tx, given.media_id, given.rules)
    made = await collections.create_collection(tx, given)
    await paths.remember_names(tx, "collection", [], [made.slug])
    await _look_again(tx, None, made)
    return made


async def change_collection(
    tx: Tx, collection_id: UUID, change: CollectionFields, *, expected_version: int | None = None
) -> tuple[Collection, Collection]:
    """The collection before and after; products are looked through again where that may matter.

    Raises CollectionNotFound, CollectionVersionConflict, CollectionSlugTaken, RulesInvalid,
    MediaNotFound.
    """
    media_id = change.media_id if isinstance(change.media_id, UUID) else None
    rules = change.rules if isinstance(change.rules, collections.Rules) else None
    await _check(tx, media_id, rules)
    before, after = await collections.update_collection(
        tx, collection_id, change, expected_version=expected_version
    )
    if before.slug != after.slug:
        former = [(before.slug, collection_id)]
        await paths.remember_names(tx, "collection", former, [after.slug])
    if before != after:
        await _look_again(tx, before, after)
    return before, after


async def delete_collection(
    tx: Tx, collection_id: UUID, ending: Ending, *, expected_version: int | None = None
) -> Collection:
    """Remove a collection and decide what answers for its path.

    Raises CollectionNotFound, CollectionVersionConflict and what `end_thing` raises.
    """
    total = await reads.count_collected(tx, collection_id)
    before = await collections.delete_collection(
        tx, collection_id, expected_version=expected_version
    )
    await paths.remember_names(tx, "collection", [(before.slug, collection_id)], [])
    await end_thing(tx, Thing(kind="collection", id=collection_id), ending)
    await collections.start_pass(tx, collection_id, "members", total)
    _forget_directories(tx, before.channels)
    return before


async def set_members(tx: Tx, collection_id: UUID, product_ids: Sequence[UUID]) -> set[UUID]:
    """Exactly these products by hand, in this order; those for which that was a change.

    Raises ProductNotFound, CollectionNotFound, CollectionIsNotManual, TooManyMembers.
    """
    await _products_exist(tx, product_ids)
    changed = await collections.set_members(tx, collection_id, product_ids)
    await projections.mark_changed(tx, sorted(changed), tx.now)
    return changed


async def place_member(tx: Tx, collection_id: UUID, product_id: UUID, position: int) -> bool:
    """Put a product in at a position; whether that was a change. Raises as `set_members` does."""
    await _products_exist(tx, [product_id])
    changed = await collections.place_members(tx, collection_id, [product_id], position)
    await projections.mark_changed(tx, sorted(changed), tx.now)
    return bool(changed)


async def remove_member(tx: Tx, collection_id: UUID, product_id: UUID) -> bool:
    """Take a product out; whether it was in. Raises CollectionNotFound, CollectionIsNotManual."""
    removed = await collections.remove_member(tx, collection_id, product_id)
    if removed:
        await projections.mark_changed(tx, [product_id], tx.now)
    return removed


async def forget_members(tx: Tx, events: Sequence[Delivered]) -> None:
    """Deleted products are in no collection."""
    await collections.forget_products(tx, sorted({UUID(e.data["product_id"]) for e in events}))


async def _products_exist(tx: Tx, product_ids: Sequence[UUID]) -> None:
    wanted = set(product_ids)
    missing = wanted - await reads.which_exist(tx, wanted)
    if missing:
        named = encode("product", min(missing))
        raise catalog.ProductNotFound(f"There is no product {named}.", field="product_ids")


async def _check(tx: Tx, media_id: UUID | None, rules: collections.Rules | None) -> None:
    if media_id is not None:
        await catalog.hold_entry(tx, media_id)
    await check_categories(tx, rules)


async def check_categories(tx: Tx, rules: collections.Rules | None) -> None:
    """Raises RulesInvalid for rules that name a category that there is not."""
    for place, condition in enumerate(rules.conditions if rules else ()):
        if isinstance(condition, CategoryCondition):
            field = f"rules.conditions[{place}].values"
            for text in condition.values:
                try:
                    await catalog.category_by_id(tx, decode("category", text, field=field))
                except catalog.CategoryNotFound as error:
                    raise RulesInvalid(f"There is no category {text}.", field=field) from error


async def _look_again(tx: Tx, before: Collection | None, after: Collection) -> None:
    channels = set(after.channels) | set(before.channels if before else ())
    _forget_directories(tx, channels)
    if not channels:
        return
    decided = before is None or _decided(before) != _decided(after)
    called = before is not None and (before.slug, before.title) != (after.slug, after.title)
    if decided and after.kind == "rules":
        total = await catalog.count_products(tx)
        await collections.start_pass(tx, after.id, "all", total)
    elif decided or called:
        total = await reads.count_collected(tx, after.id)
        await collections.start_pass(tx, after.id, "members", total)


def _decided(one: Collection) -> tuple[object, ...]:
    return one.rules, one.channels, one.windows


def _forget_directories(tx: Tx, channels: Iterable[UUID]) -> None:
    for channel_id in sorted(channels):
        projections.forget_directory(tx, channel_id)


# --- looking through products --------------------------------------------------------------------


async def look_through(app: App) -> int:
    """Have the next batch of products projected because a collection changed; how many.

    While more than a batch waits to be projected nothing is added: a price that changes now is
    shown within the moment of one batch. A sweep of the worker; several share the work.
    """
    async with app.db.transaction() as tx:
        under_way = await collections.pass_under_way(tx)
        if under_way is None:
            return 0
        waiting = (await projections.projection_lag(tx)).pending
        if waiting >= BATCH:
            return 0
        after = under_way.after_id
        if under_way.scope == "all":
            ids = await reads.product_ids_after(tx, after, BATCH)
        else:
            ids = await reads.collected_after(tx, under_way.collection_id, after, BATCH)
        if not ids and waiting:
            return 0
        await projections.mark_changed(tx, ids, tx.now)
        await collections.move_on(tx, under_way, ids, ended=not ids)
    return len(ids)
