"""Physical facts: adjustments, counts, feeds, returns, transfers. Never refused for being low."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.inventory import rules, store
from argosy.modules.inventory.errors import FactReused, TransferInvalid
from argosy.modules.inventory.events import (
    AvailabilityChanged,
    StockAdjusted,
    StockCounted,
    StockFeedReceived,
    StockOversold,
)
from argosy.modules.inventory.types import (
    MAX_QUANTITY,
    Count,
    Demand,
    Fact,
    FactItem,
    FactPosted,
    Level,
    Movement,
    Selling,
)
from argosy.runtime.db import Tx

# Thousands of items a message: one event for it, not one for each.
_ANNOUNCED_AS_ONE = frozenset({"feed", "import"})


async def post_fact(tx: Tx, fact: Fact) -> FactPosted:
    """Apply a batch of movements and counts, each item by itself, in one statement.

    Idempotent by `fact.key`: a repeat answers as the first time and moves nothing. A count sets
    on_hand as of an instant and keeps what moved after it; older counts, and movements that a
    newer count contains, are `stale`; a wrong `expected` is a `mismatch`; both leave the level as
    it is and are recorded (DOMAIN.md F7, rule 19). on_hand may fall below zero: it is accepted,
    shown as oversold, announced by StockOversold, and stops online sale (F8).
    Raises FactReused, LocationNotFound, BucketBelowZero (nothing is applied), TooManyItems,
    QuantityInvalid, InstantInFuture. The answer's items are in the order of the fact's.
    """
    rules.check_fact(fact)
    rules.check_instants(fact, tx.now)
    order = sorted(
        range(len(fact.items)),
        key=lambda n: (fact.items[n].variant_id, fact.items[n].location_id),
    )
    items = [fact.items[n] for n in order]
    document_id = new_id()
    done = await store.post_fact(
        tx, fact, items, document_id=document_id, body_hash=rules.fact_hash(fact)
    )
    if isinstance(done, store.Repeated):
        if done.items is None:
            raise FactReused("This message was received before with other content.", field="key")
        return FactPosted(key=fact.key, items=_as_sent(order, done.items), repeated=True)
    for posted in done:
        _announce(tx, fact, items[posted.ordinal - 1], posted)
    if fact.kind in _ANNOUNCED_AS_ONE:
        outcomes = Counter(posted.item.outcome for posted in done)
        tx.emit(
            StockFeedReceived(
                document_id=document_id,
                kind=fact.kind,
                feed=fact.feed,
                applied=outcomes["applied"],
                unchanged=outcomes["unchanged"],
                stale=outcomes["stale"],
                mismatch=outcomes["mismatch"],
            )
        )
    return FactPosted(
        key=fact.key, items=_as_sent(order, [posted.item for posted in done]), repeated=False
    )


async def dispatch_transfer(
    tx: Tx,
    transfer_id: UUID,
    lines: Sequence[Demand],
    *,
    source: UUID,
    target: UUID,
    actor: str,
    reason: str = "transfer",
    correlation: str | None = None,
) -> FactPosted:
    """First leg of a transfer (F11): off the shelf at `source`, incoming at `target`.

    Applied once by `transfer_id`. Raises TransferInvalid when both are the same place.
    """
    if source == target:
        raise TransferInvalid("A transfer goes to another location.", field="to_location_id")
    variants, quantities = rules.fold_demand(lines)
    items: list[Movement | Count] = []
    for variant, quantity in zip(variants, quantities, strict=True):
        items += rules.dispatched(variant, source, target, quantity)
    return await post_fact(
        tx,
        Fact(
            key=f"transfer:{transfer_id}:out",
            kind="transfer_out",
            reason=reason,
            actor=actor,
            items=tuple(items),
            correlation=correlation,
        ),
    )


async def receive_transfer(
    tx: Tx,
    transfer_id: UUID,
    receipt: str,
    lines: Sequence[Demand],
    *,
    target: UUID,
    actor: str,
    lost: Mapping[UUID, int] | None = None,
    loss_reason: str = "lost_in_transit",
) -> tuple[FactPosted, ...]:
    """Second leg (F11): what arrived is on the shelf, what was lost is incoming no more.

    Several receipts may follow one dispatch; each is applied once by `receipt`. A loss is a fact of
    its own with `loss_reason`. Raises BucketBelowZero when more arrives than is on its way.
    """
    variants, quantities = rules.fold_demand(lines)
    came = tuple(
        rules.arrived(variant, target, received=quantity, lost=0)
        for variant, quantity in zip(variants, quantities, strict=True)
    )
    gone = tuple(
        rules.arrived(variant, target, received=0, lost=quantity)
        for variant, quantity in sorted((lost or {}).items())
    )
    return tuple(
        [
            await post_fact(
                tx,
                Fact(
                    key=f"transfer:{transfer_id}:in:{receipt}:{reason}",
                    kind="transfer_in",
                    reason=reason,
                    actor=actor,
                    items=items,
                ),
            )
            for reason, items in (("transfer", came), (loss_reason, gone))
            if items
        ]
    )


async def set_selling(
    tx: Tx, variant_id: UUID, location_id: UUID, selling: Selling
) -> tuple[Level | None, Level]:
    """Change how a level sells: safety stock, backorder limit, low threshold. (before, after).

    Makes the level if there is none. A stricter rule than what is already promised is accepted and
    shows as oversold. Raises LocationNotFound, QuantityInvalid.
    """
    rules.check_quantity(selling.safety_stock, least=-MAX_QUANTITY, field="safety_stock")
    rules.check_quantity(selling.backorder_limit, least=0, field="backorder_limit")
    rules.check_quantity(selling.low_threshold, least=0, field="low_threshold")
    before = await store.lock_level(tx, variant_id, location_id)
    after = await store.set_selling(tx, variant_id, location_id, selling)
    was = "out" if before is None else _status(before)
    if was != _status(after):
        tx.emit(
            AvailabilityChanged(
                variant_id=variant_id,
                location_id=location_id,
                sellable=after.sellable,
                previous=was,
                status=_status(after),
            )
        )
    _announce_oversold(tx, after, 0 if before is None else before.oversold, after.oversold)
    return before, after


def _status(level: Level) -> str:
    return rules.availability_status(
        level.sellable, level.sellable + level.backorder_limit, level.low_threshold
    )


def _as_sent(order: Sequence[int], items: Sequence[FactItem]) -> tuple[FactItem, ...]:
    placed = dict(zip(order, items, strict=True))
    return tuple(placed[n] for n in range(len(order)))


def _announce(tx: Tx, fact: Fact, sent: Movement | Count, posted: store.PostedItem) -> None:
    item = posted.item
    if posted.status_from != posted.status_to:
        tx.emit(
            AvailabilityChanged(
                variant_id=item.variant_id,
                location_id=item.location_id,
                sellable=item.sellable,
                previous=posted.status_from,
                status=posted.status_to,
            )
        )
    _announce_oversold(tx, item, posted.oversold_from, posted.oversold_to)
    if fact.kind in _ANNOUNCED_AS_ONE or item.outcome in {"stale", "mismatch"}:
        return
    if isinstance(sent, Count):
        tx.emit(
            StockCounted(
                variant_id=item.variant_id,
                location_id=item.location_id,
                moved=item.moved,
                on_hand=item.on_hand,
                as_of=sent.as_of or tx.now,
            )
        )
    elif item.outcome == "applied":
        tx.emit(
            StockAdjusted(
                variant_id=item.variant_id,
                location_id=item.location_id,
                moved=item.moved,
                on_hand=item.on_hand,
                kind=fact.kind,
                reason=fact.reason,
            )
        )


def _announce_oversold(tx: Tx, key: FactItem | Level, before: int, after: int) -> None:
    if after > before:
        tx.emit(
            StockOversold(variant_id=key.variant_id, location_id=key.location_id, oversold=after)
        )
