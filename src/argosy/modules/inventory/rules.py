"""Pure decisions about stock. DOMAIN.md section F."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from argosy.modules.inventory.errors import InstantInFuture, QuantityInvalid, TooManyItems
from argosy.modules.inventory.types import (
    MAX_ITEMS,
    MAX_QUANTITY,
    Count,
    Demand,
    Fact,
    Movement,
    Status,
)

#: How far another system's clock may be ahead of ours.
CLOCKS_DIFFER = timedelta(minutes=5)


def fold_demand(demand: Iterable[Demand]) -> tuple[list[UUID], list[int]]:
    """Variants, each once and sorted, with the units wanted in total (F2).

    Sorted keys make all buyers lock the same rows in the same order. Raises QuantityInvalid.
    """
    wanted: dict[UUID, int] = {}
    for line in demand:
        check_quantity(line.quantity, least=1)
        wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
    variants = sorted(wanted)
    return variants, [wanted[variant] for variant in variants]


def check_quantity(quantity: int, *, least: int, field: str = "quantity") -> None:
    """Raise QuantityInvalid unless least <= quantity <= MAX_QUANTITY."""
    if not least <= quantity <= MAX_QUANTITY:
        raise QuantityInvalid(
            f"{quantity} is not a possible quantity here.",
            field=field,
            cure=f"Send a whole number from {least} to {MAX_QUANTITY}.",
        )


def check_fact(fact: Fact) -> None:
    """Raise TooManyItems or QuantityInvalid when the fact cannot be applied as written."""
    if not 1 <= len(fact.items) <= MAX_ITEMS:
        raise TooManyItems(
            f"A message has 1 to {MAX_ITEMS} items, not {len(fact.items)}.", field="items"
        )
    for item in fact.items:
        if isinstance(item, Count):
            # A shelf cannot hold less than nothing; what an ERP believes can (F8).
            least = 0 if fact.kind == "count" else -MAX_QUANTITY
            check_quantity(item.on_hand, least=least, field="on_hand")
        else:
            for name in ("on_hand", "quarantine", "incoming"):
                check_quantity(getattr(item, name), least=-MAX_QUANTITY, field=name)


def body_hash(content: object) -> str:
    """Two messages with equal hashes say the same; `actor` and correlation are left out."""
    return hashlib.blake2b(
        msgspec.json.encode(content, order="deterministic"), digest_size=16
    ).hexdigest()


def fact_hash(fact: Fact) -> str:
    """Hash of what a fact says, not of who sent it again."""
    return body_hash([fact.kind, fact.reason, fact.items, fact.feed, fact.sequence])


def check_instants(fact: Fact, now: datetime) -> None:
    """Raise InstantInFuture when an item is later than any clock may be ahead."""
    for item in fact.items:
        at = item.as_of if isinstance(item, Count) else item.occurred_at
        if at is not None and at > now + CLOCKS_DIFFER:
            raise InstantInFuture(f"{at.isoformat()} is in the future.", field="as_of")


def returned(variant_id: UUID, location_id: UUID, quantity: int) -> Movement:
    """Returned units stand on the shelf in quarantine: a refund is not a restock (F10)."""
    check_quantity(quantity, least=1)
    return Movement(
        variant_id=variant_id, location_id=location_id, on_hand=quantity, quarantine=quantity
    )


def disposed(variant_id: UUID, location_id: UUID, quantity: int, *, sellable: bool) -> Movement:
    """Units leave quarantine after inspection: for sale again, or off the shelf (part one, 37)."""
    check_quantity(quantity, least=1)
    return Movement(
        variant_id=variant_id,
        location_id=location_id,
        on_hand=0 if sellable else -quantity,
        quarantine=-quantity,
    )


def dispatched(
    variant_id: UUID, source: UUID, target: UUID, quantity: int
) -> tuple[Movement, Movement]:
    """First leg of a transfer: off one shelf, expected at the other (F11)."""
    check_quantity(quantity, least=1)
    return (
        Movement(variant_id=variant_id, location_id=source, on_hand=-quantity),
        Movement(variant_id=variant_id, location_id=target, incoming=quantity),
    )


def arrived(variant_id: UUID, target: UUID, *, received: int, lost: int) -> Movement:
    """Second leg of a transfer: what came is on the shelf; what was lost is expected no more."""
    check_quantity(received, least=0)
    check_quantity(lost, least=0)
    return Movement(
        variant_id=variant_id, location_id=target, on_hand=received, incoming=-(received + lost)
    )


def availability_status(sellable: int, promisable: int, low_threshold: int) -> Status:
    """The word for shoppers; the same as SQL inventory.availability_status."""
    if sellable > low_threshold:
        return "available"
    if sellable > 0:
        return "low"
    return "backorder" if promisable > 0 else "out"
