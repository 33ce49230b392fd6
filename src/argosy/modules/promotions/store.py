"""The only file of promotions that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from argosy.modules.promotions.errors import (
    BatchNotFound,
    CouponNotFound,
    PromotionNotFound,
    SimulationNotFound,
)
from argosy.modules.promotions.types import (
    Batch,
    Coupon,
    Limits,
    LivePromotion,
    NewBatch,
    Promotion,
    PromotionVersion,
    SetCoupon,
    SetPromotion,
    Simulation,
    SimulationState,
    Standing,
    State,
    Usage,
    Wanted,
)
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


CounterKey = tuple[UUID, str, str]
"""Subject, person, currency."""


async def insert_promotion(tx: Tx, promotion_id: UUID, wish: SetPromotion) -> None:
    """A new draft."""
    await tx.run(SQL.insert_promotion, promotion_id, *_columns(wish), tx.now)


async def update_promotion(
    tx: Tx, promotion_id: UUID, version: int, wish: SetPromotion
) -> int | None:
    """Compare-and-set on the version; the new one, or None."""
    row = await tx.maybe(SQL.update_promotion, promotion_id, version, *_columns(wish), tx.now)
    return None if row is None else int(row["version"])


async def move_promotion(tx: Tx, promotion_id: UUID, origin: State, state: State) -> int | None:
    """Compare-and-set between states; the new version, or None."""
    row = await tx.maybe(SQL.move_promotion, promotion_id, origin, state, tx.now)
    return None if row is None else int(row["version"])


async def keep_version(tx: Tx, promotion_id: UUID, by: str) -> None:
    """Write down the promotion as it is now, for ever."""
    await tx.run(SQL.keep_version, promotion_id, tx.now, by)


async def promotion(tx: Tx, promotion_id: UUID) -> Promotion:
    """Raises PromotionNotFound."""
    return _found(await tx.maybe(SQL.promotion, promotion_id))


async def lock_promotion(tx: Tx, promotion_id: UUID) -> Promotion:
    """The promotion, locked until the transaction ends. Raises PromotionNotFound."""
    return _found(await tx.maybe(SQL.lock_promotion, promotion_id))


async def promotions(
    tx: Tx, state: State | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[Promotion]:
    """The last changed first."""
    when, than = after or (None, None)
    return [_promotion(row) for row in await tx.many(SQL.promotions, state, when, than, limit)]


async def versions(
    tx: Tx, promotion_id: UUID, before: int | None, limit: int
) -> list[PromotionVersion]:
    """The newest first."""
    rows = await tx.many(SQL.versions, promotion_id, before, limit)
    return [
        PromotionVersion(
            promotion_id=row["promotion_id"],
            version=row["version"],
            saved_at=row["saved_at"],
            saved_by=row["saved_by"],
            **_shared(row),
        )
        for row in rows
    ]


async def live_promotions(tx: Tx, channel_id: UUID) -> list[LivePromotion]:
    """Those that hold in the channel, by id."""
    found = []
    for row in await tx.many(SQL.live_promotions, channel_id):
        one = _promotion(row)
        uses, spent = one.limits.uses, row["spent"]
        found.append(
            LivePromotion(
                one,
                None if uses is None else max(0, uses - row["uses_taken"]),
                {
                    currency: max(0, most - spent.get(currency, 0))
                    for currency, most in one.limits.budget.items()
                },
            )
        )
    return found


async def insert_coupons(  # noqa: PLR0917 - what a coupon consists of
    tx: Tx,
    promotion_id: UUID,
    batch_id: UUID | None,
    codes: Sequence[str],
    shown: Sequence[str],
    terms: SetCoupon | NewBatch,
) -> set[str]:
    """Make codes in one statement; those that were free."""
    rows = await tx.many(
        SQL.insert_coupons,
        list(codes),
        list(shown),
        promotion_id,
        batch_id,
        terms.uses,
        terms.uses_per_customer,
        terms.customer_id if isinstance(terms, SetCoupon) else None,
        terms.valid_from,
        terms.valid_until,
        tx.now,
    )
    return {row["code"] for row in rows}


async def insert_batch(tx: Tx, batch_id: UUID, promotion_id: UUID, name: str, codes: int) -> None:
    """A batch, before its codes."""
    await tx.run(SQL.insert_batch, batch_id, promotion_id, name, codes, tx.now)


async def batches(tx: Tx, promotion_id: UUID, before: UUID | None, limit: int) -> list[Batch]:
    """The newest first."""
    rows = await tx.many(SQL.batches, promotion_id, before, limit)
    return [Batch(**dict(row)) for row in rows]


async def disable_batch(tx: Tx, promotion_id: UUID, batch_id: UUID) -> Batch:
    """End all its codes. Raises BatchNotFound."""
    row = await tx.maybe(SQL.disable_batch, promotion_id, batch_id, tx.now)
    if row is None:
        raise BatchNotFound("The promotion has no such batch.", field="batch_id")
    return Batch(**dict(row))


async def disable_coupon(tx: Tx, promotion_id: UUID, code: str) -> None:
    """End a code. Raises CouponNotFound."""
    if await tx.maybe(SQL.disable_coupon, promotion_id, code, tx.now) is None:
        raise CouponNotFound("The promotion has no such code.", field="code")


async def coupons(
    tx: Tx, promotion_id: UUID, batch_id: UUID | None, after: str | None, limit: int
) -> list[Coupon]:
    """Codes in their order, each with how many orders took it."""
    rows = await tx.many(SQL.coupons, promotion_id, batch_id, after, limit)
    return [Coupon(**dict(row)) for row in rows]


async def standing(
    tx: Tx, codes: Collection[str], persons: Collection[str], promotions: Collection[UUID]
) -> Standing:
    """What is known of the codes, and what the persons took of them and of the promotions."""
    found: dict[str, Coupon] = {}
    taken: dict[tuple[UUID, str], int] = {}
    for row in await tx.many(SQL.standing, list(codes), list(persons), list(promotions)):
        if row["coupon"] is not None:
            one = msgspec.convert(row["coupon"], Coupon)
            found[one.code] = one
        else:
            taken[row["subject"], row["person"]] = row["taken"]
    return Standing(found, taken)


async def lock_allowances(tx: Tx, wanted: Sequence[Wanted]) -> dict[CounterKey, int]:
    """The counters, locked until the transaction ends, with what is taken of them."""
    rows = await tx.many(SQL.lock_allowances, list(wanted))
    return {(row["subject"], row["person"], row["currency"]): row["taken"] for row in rows}


async def write_claims(
    tx: Tx, taken: Mapping[CounterKey, int], claims: Sequence[tuple[UUID, Wanted]], state: str
) -> None:
    """Write locked counters, and what orders hold of them (or have used)."""
    await tx.run(
        SQL.write_claims,
        [
            {"subject": subject, "person": person, "currency": currency, "taken": count}
            for (subject, person, currency), count in taken.items()
        ],
        [msgspec.structs.asdict(one) | {"order_id": order_id} for order_id, one in claims],
        tx.now,
        state,
    )


async def use_claims(tx: Tx, order_id: UUID) -> set[UUID]:
    """What the order held is used for good; of which promotions."""
    return {row["promotion_id"] for row in await tx.many(SQL.use_claims, order_id, tx.now)}


async def release_claims(tx: Tx, order_id: UUID, states: Sequence[str]) -> set[UUID]:
    """Give back what the order has taken; of which promotions."""
    rows = await tx.many(SQL.release_claims, order_id, tx.now, list(states))
    return {row["promotion_id"] for row in rows}


async def held_since(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    """Orders with holds that are older."""
    return [row["order_id"] for row in await tx.many(SQL.held_since, before, limit)]


async def usage(tx: Tx, promotion_id: UUID) -> Usage:
    """What orders have taken."""
    return Usage(**dict(await tx.one(SQL.usage, promotion_id)))


async def insert_simulation(
    tx: Tx, simulation_id: UUID, promotion_id: UUID, version: int, days: int
) -> None:
    """A simulation that was asked for."""
    await tx.run(SQL.insert_simulation, simulation_id, promotion_id, version, days, tx.now)


async def finish_simulation(
    tx: Tx, simulation_id: UUID, state: SimulationState, result: dict[str, Any] | None
) -> None:
    """Its result; a second one changes nothing."""
    await tx.run(SQL.finish_simulation, simulation_id, state, result, tx.now)


async def simulation(tx: Tx, simulation_id: UUID) -> Simulation:
    """Raises SimulationNotFound."""
    row = await tx.maybe(SQL.simulation, simulation_id)
    if row is None:
        raise SimulationNotFound("There is no such simulation.", field="simulation_id")
    return Simulation(**dict(row))


def _columns(wish: SetPromotion) -> tuple[Any, ...]:
    limits = wish.limits
    return (
        wish.name,
        wish.document,
        list(wish.channels),
        wish.needs_coupon,
        limits.uses,
        limits.uses_per_customer,
        limits.budget,
    )


def _found(row: Record | None) -> Promotion:
    if row is None:
        raise PromotionNotFound("There is no such promotion.", field="promotion_id")
    return _promotion(row)


def _promotion(row: Record) -> Promotion:
    return Promotion(
        id=row["id"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        **_shared(row),
    )


def _shared(row: Record) -> dict[str, Any]:
    return {
        "state": row["state"],
        "name": row["name"],
        "document": row["document"],
        "channels": tuple(row["channels"]),
        "needs_coupon": row["needs_coupon"],
        "limits": Limits(
            uses=row["uses"], uses_per_customer=row["uses_per_customer"], budget=row["budget"]
        ),
    }
