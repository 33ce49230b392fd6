"""Writing use cases of promotions. Whatever changes what holds tells the caches of compiled rules.

Limits are counters that orders take from when they begin and give back when they fail: a counter is
never above its limit, because it only moves by conditional update (DOMAIN.md D11, D13).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from argosy.kernel.ids import encode, new_id
from argosy.modules.promotions import rules, store
from argosy.modules.promotions.errors import CouponTaken, PromotionChanged, UsedUp
from argosy.modules.promotions.events import (
    CouponsGenerated,
    PromotionExhausted,
    PromotionMoved,
    PromotionSaved,
    PromotionUsed,
)
from argosy.modules.promotions.types import (
    NOBODY,
    Batch,
    Coupon,
    NewBatch,
    Promotion,
    SetCoupon,
    SetPromotion,
    SimulationState,
    State,
    Wanted,
)
from argosy.runtime.db import Tx

RULES_TOPIC: Final = "rules"
EVERY_CHANNEL: Final = "*"
CODES_AT_ONCE: Final = 5_000
"""So many codes are one statement, which stays far below the statement timeout."""


async def create_promotion(tx: Tx, wish: SetPromotion, *, by: str) -> Promotion:
    """Make a draft: nothing changes for shoppers. The caller has checked the document.

    Raises PromotionInvalid. Emits PromotionSaved.
    """
    rules.checked(wish)
    promotion_id = new_id()
    await store.insert_promotion(tx, promotion_id, wish)
    return await _saved(tx, promotion_id, by)


async def update_promotion(
    tx: Tx, promotion_id: UUID, wish: SetPromotion, *, expected_version: int, by: str
) -> Promotion:
    """Make it so. Of a live promotion this holds at once; orders keep the version they were given.

    Raises PromotionNotFound, PromotionInvalid, PromotionNotMovable (archived), PromotionChanged.
    Emits PromotionSaved.
    """
    rules.checked(wish)
    if await store.update_promotion(tx, promotion_id, expected_version, wish) is None:
        rules.check_editable(await store.promotion(tx, promotion_id))
        raise PromotionChanged("The promotion was changed meanwhile.")
    return await _saved(tx, promotion_id, by)


async def move_promotion(tx: Tx, promotion_id: UUID, state: State, *, by: str) -> Promotion:
    """Put it live, pause it or archive it; in effect in every process within a second.

    A no-op when it is there already. Raises PromotionNotFound, PromotionNotMovable. Emits
    PromotionMoved.
    """
    before = await store.lock_promotion(tx, promotion_id)
    if before.state == state:
        return before
    rules.check_move(before.state, state)
    moved = await store.move_promotion(tx, promotion_id, before.state, state)
    assert moved is not None, "its row is locked"
    await store.keep_version(tx, promotion_id, by)
    tx.emit(
        PromotionMoved(promotion_id=promotion_id, version=moved, origin=before.state, state=state)
    )
    _announce(tx)
    return await store.promotion(tx, promotion_id)


async def add_coupon(tx: Tx, promotion_id: UUID, wish: SetCoupon) -> Coupon:
    """Make one code. Raises PromotionNotFound, CouponInvalid, CouponTaken."""
    rules.check_coupon(wish)
    rules.check_editable(await store.promotion(tx, promotion_id))
    code = rules.normal_code(wish.code)
    if not await store.insert_coupons(tx, promotion_id, None, [code], [wish.code.strip()], wish):
        raise CouponTaken("There is such a code already.", field="code")
    return (await store.standing(tx, [code], [], [])).coupons[code]


async def generate_coupons(tx: Tx, promotion_id: UUID, wish: NewBatch) -> Batch:
    """Make many codes from the system's randomness: 100,000 in seconds, 5,000 a statement.

    Raises PromotionNotFound, CouponInvalid. Emits CouponsGenerated. A repeat makes a new batch.
    """
    rules.check_batch(wish)
    rules.check_editable(await store.promotion(tx, promotion_id))
    batch_id = new_id()
    await store.insert_batch(tx, batch_id, promotion_id, wish.name.strip(), wish.codes)
    missing = wish.codes
    # Two of 50 bits are seldom equal, and then the rest is drawn again.
    while missing:
        drawn = rules.codes_of(
            secrets.token_bytes(min(missing, CODES_AT_ONCE) * wish.length),
            length=wish.length,
            prefix=wish.prefix,
        )
        shown = {rules.normal_code(code): code for code in sorted(drawn)}
        made = await store.insert_coupons(
            tx, promotion_id, batch_id, list(shown), list(shown.values()), wish
        )
        missing -= len(made)
    tx.emit(CouponsGenerated(promotion_id=promotion_id, batch_id=batch_id, codes=wish.codes))
    return Batch(
        id=batch_id,
        promotion_id=promotion_id,
        name=wish.name.strip(),
        codes=wish.codes,
        disabled_at=None,
        created_at=tx.now,
    )


async def disable_coupon(tx: Tx, promotion_id: UUID, code: str) -> None:
    """End a code; orders that have it keep it. A repeat does nothing. Raises CouponNotFound."""
    await store.disable_coupon(tx, promotion_id, rules.normal_code(code))


async def disable_batch(tx: Tx, promotion_id: UUID, batch_id: UUID) -> Batch:
    """End all codes of a batch. A repeat does nothing. Raises BatchNotFound."""
    return await store.disable_batch(tx, promotion_id, batch_id)


async def claim_uses(tx: Tx, order_id: UUID, wanted: Sequence[Wanted]) -> None:
    """Hold what one order needs of limits; see `claim_each`. Raises UsedUp: nothing is held."""
    short = await claim_each(tx, [(order_id, wanted)])
    if short:
        raise short[order_id]


async def claim_each(
    tx: Tx, wishes: Sequence[tuple[UUID, Sequence[Wanted]]], *, used: bool = False
) -> dict[UUID, UsedUp]:
    """Hold what each order needs of limits, all or nothing for each, the first come first served.

    Two statements for any number of orders. The counters stay locked until the transaction ends.
    Returns why of those for which there was no room; they hold nothing. An order holds nothing yet
    when it is asked for. `used`: the orders are placed in this very transaction. Emits
    PromotionExhausted for limits of which the last was taken, and PromotionUsed.
    """
    taken = await store.lock_allowances(tx, [one for _, wanted in wishes for one in wanted])
    short: dict[UUID, UsedUp] = {}
    claims: list[tuple[UUID, Wanted]] = []
    ended: dict[store.CounterKey, Wanted] = {}
    for order_id, wanted in wishes:
        lacking = [one for one in wanted if not rules.has_room(one, taken[_counter(one)])]
        if lacking:
            short[order_id] = _used_up(lacking)
            continue
        for one in wanted:
            taken[_counter(one)] += one.amount
            claims.append((order_id, one))
            if one.most is not None and taken[_counter(one)] == one.most:
                ended[_counter(one)] = one
    if claims:
        touched = {_counter(one): taken[_counter(one)] for _, one in claims}
        await store.write_claims(tx, touched, claims, "used" if used else "held")
    if used:
        for order_id, promotion_id in sorted({(order, one.promotion_id) for order, one in claims}):
            tx.emit(PromotionUsed(promotion_id=promotion_id, order_id=order_id))
    for one in ended.values():
        if one.subject == one.promotion_id and one.person == NOBODY:
            limit = "budget" if one.currency else "uses"
            tx.emit(PromotionExhausted(promotion_id=one.promotion_id, limit=limit))
            tx.notify(RULES_TOPIC, EVERY_CHANNEL)
    return short


def _counter(one: Wanted) -> store.CounterKey:
    return one.subject, one.person, one.currency


def _used_up(lacking: Sequence[Wanted]) -> UsedUp:
    return UsedUp(
        "Something of this purchase's discounts was used up meanwhile.",
        promotions=sorted({encode("promotion", one.promotion_id) for one in lacking}),
    )


async def use_claims(tx: Tx, order_id: UUID) -> None:
    """The order is placed: what it held is used. A repeat does nothing. Emits PromotionUsed."""
    for promotion_id in sorted(await store.use_claims(tx, order_id)):
        tx.emit(PromotionUsed(promotion_id=promotion_id, order_id=order_id))


async def release_claims(tx: Tx, order_id: UUID, *, also_used: bool = False) -> None:
    """The purchase did not happen, or (`also_used`) its order was cancelled: give all back.

    A return of goods gives nothing back (D11). A repeat does nothing.
    """
    states = ["held", "used"] if also_used else ["held"]
    if await store.release_claims(tx, order_id, states):
        # What was used up may be had again.
        tx.notify(RULES_TOPIC, EVERY_CHANNEL)


async def ask_for_simulation(tx: Tx, promotion: Promotion, days: int) -> UUID:
    """Write down that a simulation was asked for; the caller enqueues the job."""
    simulation_id = new_id()
    await store.insert_simulation(tx, simulation_id, promotion.id, promotion.version, days)
    return simulation_id


async def finish_simulation(
    tx: Tx, simulation_id: UUID, state: SimulationState, result: dict[str, Any] | None
) -> None:
    """Write down what a simulation found. A repeat changes nothing."""
    await store.finish_simulation(tx, simulation_id, state, result)


async def _saved(tx: Tx, promotion_id: UUID, by: str) -> Promotion:
    await store.keep_version(tx, promotion_id, by)
    saved = await store.promotion(tx, promotion_id)
    tx.emit(PromotionSaved(promotion_id=promotion_id, version=saved.version, state=saved.state))
    if saved.state == "live":
        _announce(tx)
    return saved


def _announce(tx: Tx) -> None:
    # Where it held before and where it holds now may differ: every channel reads anew.
    tx.notify(RULES_TOPIC, EVERY_CHANNEL)
