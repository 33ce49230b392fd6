"""Stock for tests, made through the face."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules import inventory
from argosy.modules.inventory import Count, Demand, Fact, Location, Movement, Reservation, Selling
from argosy.runtime.db import Database

HOLD = timedelta(minutes=15)


async def a_location(db: Database, code: str = "main") -> UUID:
    async with db.transaction() as tx:
        location: Location = await inventory.create_location(
            tx, code=code, name=code.title(), country="DE"
        )
    return location.id


async def stocked(db: Database, location: UUID, *quantities: int, selling: Selling | None = None):
    """New variants with so many units each on the shelf; one id, or a tuple of them."""
    variants = [new_id() for _ in quantities]
    async with db.transaction() as tx:
        for variant, quantity in zip(variants, quantities, strict=True):
            if selling is not None:
                await inventory.set_selling(tx, variant, location, selling)
            if quantity:
                await adjust(tx, variant, location, quantity)
            elif selling is None:
                await inventory.set_selling(tx, variant, location, Selling())
    return variants[0] if len(variants) == 1 else tuple(variants)


async def adjust(tx, variant: UUID, location: UUID, quantity: int, **fields):
    return await inventory.post_fact(
        tx,
        Fact(
            key=f"adjustment:{new_id()}",
            kind="adjustment",
            reason="correction",
            actor="tests",
            items=(Movement(variant_id=variant, location_id=location, on_hand=quantity, **fields),),
        ),
    )


async def count(tx, variant: UUID, location: UUID, on_hand: int, **fields):
    return await inventory.post_fact(
        tx,
        Fact(
            key=f"count:{new_id()}",
            kind="count",
            reason="stocktaking",
            actor="tests",
            items=(Count(variant_id=variant, location_id=location, on_hand=on_hand, **fields),),
        ),
    )


async def reserve(
    db: Database, lines: dict[UUID, int], *locations: UUID, order: UUID | None = None
) -> Reservation:
    async with db.transaction() as tx:
        return await inventory.reserve(
            tx,
            order or new_id(),
            wanted(lines),
            locations=locations,
            expires_at=tx.now + HOLD,
        )


async def take(
    db: Database, lines: dict[UUID, int], *locations: UUID, order: UUID | None = None
) -> Reservation:
    async with db.transaction() as tx:
        return await inventory.take(tx, order or new_id(), wanted(lines), locations=locations)


def wanted(lines: dict[UUID, int]) -> list[Demand]:
    return [Demand(variant_id=variant, quantity=quantity) for variant, quantity in lines.items()]


async def level(db: Database, variant: UUID, location: UUID) -> inventory.Level:
    async with db.reading() as tx:
        (found,) = [
            row for row in await inventory.levels_of(tx, [variant]) if row.location_id == location
        ]
    return found


async def events(db: Database, kind: str) -> list[dict]:
    """Payloads of this type in the outbox, oldest first."""
    rows = await db.pool.fetch(
        "select data from runtime.outbox where type = $1 order by id",
        f"argosy.inventory.{kind}.v1",
    )
    return [row["data"] for row in rows]


async def assert_explained(db: Database) -> None:
    """Every number is the fold of the journal and the sum of open reservations."""
    async with db.reading() as tx:
        assert await inventory.verify(tx) == []
