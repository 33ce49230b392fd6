"""Limits on a real database: holds at Begin, used at Complete, given back otherwise (D11-D13)."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

import pytest

from argosy.kernel.ids import encode, new_id
from argosy.modules import promotions
from argosy.modules.promotions import Limits, SetPromotion, UsedUp, Wanted
from argosy.runtime.db import Database


async def promotion(db: Database, **limits: object) -> promotions.Promotion:
    wish = SetPromotion(name="Ten", document={"phase": "order"}, limits=Limits(**limits))  # type: ignore[arg-type]
    async with db.transaction() as tx:
        made = await promotions.create_promotion(tx, wish, by="olga")
        return await promotions.move_promotion(tx, made.id, "live", by="olga")


def one_of(made: promotions.Promotion, **more: object) -> Wanted:
    values = {"subject": made.id, "promotion_id": made.id, "amount": 1, "most": made.limits.uses}
    return Wanted(**(values | more))  # type: ignore[arg-type]


async def claim(db: Database, order_id: UUID, *wanted: Wanted) -> bool:
    try:
        async with db.transaction() as tx:
            await promotions.claim_uses(tx, order_id, wanted)
    except UsedUp:
        return False
    return True


async def usage(db: Database, made: promotions.Promotion) -> promotions.Usage:
    async with db.reading() as tx:
        return await promotions.usage_of(tx, made.id)


async def taken(db: Database, subject: UUID, person: str = "") -> int:
    return await db.pool.fetchval(  # type: ignore[no-any-return]
        "select coalesce(sum(taken), 0) from promotions.allowance"
        " where subject = $1 and person = $2",
        subject,
        person,
    )


async def test_D11_a_thousand_buyers_for_a_hundred_uses_get_exactly_a_hundred(
    db: Database,
) -> None:
    """Where uses are counted and then written they are exceeded: saleor/saleor#544,
    django-oscar/django-oscar#2101, shopware/shopware#11245, Solidus' usage_count, Medusa's
    registerUsage, which besides skips without a word (FIELD.md II.b).
    """
    made = await promotion(db, uses=100)
    got = await asyncio.gather(*(claim(db, new_id(), one_of(made)) for _ in range(1000)))
    assert sum(got) == 100
    assert await taken(db, made.id) == 100
    assert (await usage(db, made)).held == 100


async def test_D11_what_is_given_back_can_be_had_again_and_what_is_used_cannot(
    db: Database,
) -> None:
    made = await promotion(db, uses=1)
    first, second = new_id(), new_id()
    assert await claim(db, first, one_of(made))
    assert not await claim(db, second, one_of(made))
    async with db.transaction() as tx:
        await promotions.release_claims(tx, first)
        await promotions.release_claims(tx, first)
    assert await claim(db, second, one_of(made))
    async with db.transaction() as tx:
        await promotions.use_claims(tx, second)
        await promotions.use_claims(tx, second)
        await promotions.release_claims(tx, second)
    assert not await claim(db, first, one_of(made))
    found = await usage(db, made)
    assert (found.held, found.used, found.released) == (0, 1, 1)
    # A cancelled order gives back what it had used.
    async with db.transaction() as tx:
        await promotions.release_claims(tx, second, also_used=True)
    assert await claim(db, first, one_of(made))


async def test_D11_of_a_batch_the_first_get_what_there_is(db: Database) -> None:
    made, other = await promotion(db, uses=2), await promotion(db, uses=9)
    orders = [new_id() for _ in range(5)]
    async with db.transaction() as tx:
        short = await promotions.claim_each(
            tx, [(order, [one_of(made), one_of(other)]) for order in orders]
        )
    assert set(short) == set(orders[2:])
    assert (await taken(db, made.id), await taken(db, other.id)) == (2, 2)


async def test_a_claim_is_all_or_nothing(db: Database) -> None:
    plenty, none = await promotion(db, uses=5), await promotion(db, uses=1)
    assert await claim(db, new_id(), one_of(none))
    with pytest.raises(UsedUp) as refused:
        async with db.transaction() as tx:
            await promotions.claim_uses(tx, new_id(), [one_of(plenty), one_of(none)])
    assert refused.value.details["promotions"] == [encode("promotion", none.id)]
    assert await taken(db, plenty.id) == 0


async def test_D13_a_money_budget_is_never_exceeded(db: Database) -> None:
    made = await promotion(db, budget={"EUR": 1000})
    eur = {"most": 1000, "currency": "EUR"}
    amounts = [random.Random(n).randint(1, 90) for n in range(60)]
    got = await asyncio.gather(
        *(claim(db, new_id(), one_of(made, amount=amount, **eur)) for amount in amounts)
    )
    spent = sum(amount for amount, ok in zip(amounts, got, strict=True) if ok)
    assert spent == await taken(db, made.id)
    assert 1000 - 90 < spent <= 1000
    assert (await usage(db, made)).given == {"EUR": spent}
    # A single one that is larger than all of it.
    assert not await claim(db, new_id(), one_of(made, amount=1001, **eur))


async def test_D12_once_for_each_person_however_they_sign_in(db: Database) -> None:
    made, customer = await promotion(db, uses_per_customer=1), new_id()
    guest = promotions.persons_of(None, "ann.lee+shop@GMail.com")
    later = promotions.persons_of(customer, "annlee@googlemail.com")
    other = promotions.persons_of(new_id(), "ann.lee@example.com")

    def wanted(persons: tuple[str, ...]) -> list[Wanted]:
        return [one_of(made, most=1, person=person) for person in persons]

    assert await claim(db, new_id(), *wanted(guest))
    assert not await claim(db, new_id(), *wanted(later))
    assert await taken(db, made.id, f"cus:{customer}") == 0
    assert await claim(db, new_id(), *wanted(other))
    async with db.reading() as tx:
        standing = await promotions.standing_of(tx, [], persons=later, promotions=[made.id])
    assert standing.taken == {(made.id, later[1]): 1}
    assert "ann" not in str(guest)


async def test_claims_and_releases_at_once_lose_nothing(db: Database) -> None:
    made, twin = await promotion(db, uses=3), await promotion(db, uses=3)

    async def buy(n: int) -> None:
        order = new_id()
        wanted = [one_of(made), one_of(twin)]
        if n % 2:
            wanted.reverse()
        if await claim(db, order, *wanted):
            async with db.transaction() as tx:
                await promotions.release_claims(tx, order)

    await asyncio.gather(*(buy(n) for n in range(80)))
    assert [await taken(db, made.id), await taken(db, twin.id)] == [0, 0]


async def test_D13_the_last_use_is_announced_once(db: Database) -> None:
    made = await promotion(db, uses=2)
    for _ in range(3):
        await claim(db, new_id(), one_of(made))
    rows = await db.pool.fetch(
        "select data from runtime.outbox where type = 'argosy.promotions.promotion_exhausted.v1'"
    )
    assert [row["data"]["limit"] for row in rows] == ["uses"]
    async with db.reading() as tx:
        (live,) = await promotions.live_promotions(tx, new_id())
    assert live.uses_left == 0
