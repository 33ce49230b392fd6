"""Promotions and their codes on a real database."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from argosy.kernel.ids import new_id
from argosy.modules import promotions
from argosy.modules.promotions import (
    ALPHABET,
    CouponTaken,
    Limits,
    NewBatch,
    PromotionChanged,
    PromotionInvalid,
    PromotionNotMovable,
    SetCoupon,
    SetPromotion,
)
from argosy.runtime.db import Database
from tests.conftest import MovableClock

TEN = SetPromotion(name="Ten off", document={"phase": "order", "action": {"type": "percent"}})


async def made(db: Database, wish: SetPromotion = TEN) -> promotions.Promotion:
    async with db.transaction() as tx:
        return await promotions.create_promotion(tx, wish, by="olga")


async def move(db: Database, one: promotions.Promotion, state: str) -> promotions.Promotion:
    async with db.transaction() as tx:
        return await promotions.move_promotion(tx, one.id, state, by="olga")  # type: ignore[arg-type]


async def live_ids(db: Database, channel: object) -> list[object]:
    async with db.reading() as tx:
        return [one.promotion.id for one in await promotions.live_promotions(tx, channel)]  # type: ignore[arg-type]


async def test_D14_every_change_is_a_version_and_none_is_lost(db: Database) -> None:
    draft = await made(db)
    async with db.transaction() as tx:
        wish = SetPromotion(name="Eleven off", document={"phase": "line"})
        changed = await promotions.update_promotion(
            tx, draft.id, wish, expected_version=draft.version, by="max"
        )
    with pytest.raises(PromotionChanged):
        async with db.transaction() as tx:
            await promotions.update_promotion(
                tx, draft.id, wish, expected_version=draft.version, by="max"
            )
    live = await move(db, changed, "live")
    assert (await move(db, live, "live")).version == live.version == 3
    async with db.reading() as tx:
        kept = await promotions.list_versions(tx, draft.id, limit=10)
    assert [(v.version, v.state, v.name, v.saved_by) for v in kept] == [
        (3, "live", "Eleven off", "olga"),
        (2, "draft", "Eleven off", "max"),
        (1, "draft", "Ten off", "olga"),
    ]
    assert kept[2].document == TEN.document


async def test_states_follow_the_table(db: Database) -> None:
    one = await made(db)
    with pytest.raises(PromotionNotMovable) as refused:
        await move(db, one, "paused")
    assert refused.value.details["legal"] == ["live", "archived"]
    for state in ("live", "paused", "live", "archived"):
        one = await move(db, one, state)
    with pytest.raises(PromotionNotMovable):
        await move(db, one, "live")
    with pytest.raises(PromotionNotMovable):
        async with db.transaction() as tx:
            await promotions.update_promotion(tx, one.id, TEN, expected_version=one.version, by="o")


async def test_only_what_is_live_holds_and_only_in_its_channels(db: Database) -> None:
    here, there = new_id(), new_id()
    everywhere = await made(db)
    local = await made(db, SetPromotion(name="Local", document={}, channels=(here,)))
    assert await live_ids(db, here) == []
    for one in (everywhere, local):
        await move(db, one, "live")
    assert await live_ids(db, here) == [everywhere.id, local.id]
    assert await live_ids(db, there) == [everywhere.id]
    await move(db, everywhere, "paused")
    assert await live_ids(db, there) == []


async def test_limits_that_cannot_be_are_refused(db: Database) -> None:
    for limits in (Limits(uses=0), Limits(uses_per_customer=-1), Limits(budget={"eur": 1})):
        with pytest.raises(PromotionInvalid):
            await made(db, SetPromotion(name="x", document={}, limits=limits))


async def test_D10_codes_compare_folded_and_are_unique_in_the_shop(db: Database) -> None:
    one, other = await made(db), await made(db)
    async with db.transaction() as tx:
        coupon = await promotions.add_coupon(tx, one.id, SetCoupon(code=" SAVE１０ "))
    assert (coupon.code, coupon.shown) == ("save10", "SAVE１０")
    with pytest.raises(CouponTaken):
        async with db.transaction() as tx:
            await promotions.add_coupon(tx, other.id, SetCoupon(code="Save10"))
    async with db.reading() as tx:
        found = await promotions.standing_of(tx, [promotions.normal_code("sAVE10")])
    assert found.coupons["save10"].promotion_id == one.id


async def test_a_hundred_thousand_codes_in_seconds_none_alike_none_mistakable(
    db: Database,
) -> None:
    one = await made(db)
    start = time.process_time()
    async with db.transaction() as tx:
        batch = await promotions.generate_coupons(
            tx, one.id, NewBatch(name="Mailing", codes=100_000, prefix="AUT-", uses=1)
        )
    assert time.process_time() - start < 20
    rows = await db.pool.fetch("select shown from promotions.coupon where batch_id = $1", batch.id)
    codes = {row["shown"] for row in rows}
    assert len(codes) == 100_000
    letters = {letter for code in codes for letter in code.removeprefix("AUT-")}
    assert letters == set(ALPHABET)
    assert not letters & set("01IO")
    assert {len(code) for code in codes} == {14}
    async with db.transaction() as tx:
        ended = await promotions.disable_batch(tx, one.id, batch.id)
    assert ended.disabled_at is not None
    left = await db.pool.fetchval(
        "select count(*) from promotions.coupon where disabled_at is null"
    )
    assert left == 0


async def test_a_refusal_says_why(db: Database, clock: MovableClock) -> None:
    one, customer = await made(db), new_id()
    now = clock.now()
    wishes = {
        "early": SetCoupon(code="early", valid_from=now + timedelta(days=1)),
        "late": SetCoupon(code="late", valid_until=now),
        "mine": SetCoupon(code="mine", customer_id=customer),
        "fine": SetCoupon(code="fine", valid_from=now, valid_until=now + timedelta(seconds=1)),
        "gone": SetCoupon(code="gone"),
    }
    async with db.transaction() as tx:
        for wish in wishes.values():
            await promotions.add_coupon(tx, one.id, wish)
        await promotions.disable_coupon(tx, one.id, "GONE")
    async with db.reading() as tx:
        standing = await promotions.standing_of(tx, [*wishes, "nobody"])

    def why(code: str, buyer: object = None) -> str | None:
        return promotions.refusal_of(
            standing.coupons.get(code),
            customer_id=buyer,  # type: ignore[arg-type]
            persons=(),
            standing=standing,
            at=now,
        )

    assert {code: why(code) for code in [*wishes, "nobody"]} == {
        "early": "not_yet",
        "late": "expired",
        "mine": "not_yours",
        "fine": None,
        "gone": "stopped",
        "nobody": "unknown",
    }
    assert why("mine", customer) is None
