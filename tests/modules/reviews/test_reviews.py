"""Reviews on a real database: one per customer, moderation, and the fold that is the rating."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from argosy.kernel.ids import new_id
from argosy.modules import reviews
from argosy.modules.reviews import GivenReview, Review, ReviewPlace, WriteReview
from argosy.runtime.db import Database
from tests.conftest import MovableClock


async def write(db: Database, product_id: UUID, rating: int = 4, **given: Any) -> Review:
    values = {"customer_id": new_id(), "author": "Ann", "title": "", "body": "Good."} | given
    async with db.transaction() as tx:
        return await reviews.write_review(
            tx, WriteReview(product_id=product_id, rating=rating, **values)
        )


async def approve(db: Database, review: Review) -> Review:
    async with db.transaction() as tx:
        return await reviews.approve_review(tx, review.id, by="olga")


async def rating(db: Database, product_id: UUID) -> reviews.Rating:
    async with db.reading() as tx:
        return await reviews.rating_of(tx, product_id)


async def events(db: Database, kind: str) -> list[dict[str, Any]]:
    rows = await db.pool.fetch(
        "select data from runtime.outbox where type = $1 order by id", f"argosy.reviews.{kind}.v1"
    )
    return [row["data"] for row in rows]


async def test_a_customer_has_one_review_of_each_product(db: Database) -> None:
    product, customer = new_id(), new_id()
    first = await write(db, product, customer_id=customer)
    assert first.state == "pending"
    with pytest.raises(reviews.AlreadyReviewed):
        await write(db, product, customer_id=customer)
    await write(db, new_id(), customer_id=customer)
    async with db.transaction() as tx:
        await reviews.withdraw_review(tx, customer, first.id)
    await write(db, product, customer_id=customer)


async def test_only_approved_reviews_count_and_each_decision_is_folded_once(db: Database) -> None:
    product = new_id()
    made = [await write(db, product, stars) for stars in (5, 4, 4)]
    assert (await rating(db, product)).count == 0
    for review in (*made, made[0]):
        await approve(db, review)
    # 13 / 3 = 4.33
    now = await rating(db, product)
    assert (now.average, now.count, now.by_rating) == ("4.3", 3, (0, 0, 0, 2, 1))
    async with db.transaction() as tx:
        rejected = await reviews.reject_review(tx, made[0].id, by="olga", reason="spam")
        again = await reviews.reject_review(tx, made[0].id, by="olga", reason="other")
    assert (rejected.reason, again.version) == ("spam", rejected.version)
    assert (await rating(db, product)).average == "4.0"
    told = [(e.get("average"), e["count"]) for e in await events(db, "rating_changed")]
    assert told == [("5.0", 1), ("4.5", 2), ("4.3", 3), ("4.0", 2)]
    assert len(await events(db, "review_approved")) == 3
    assert "body" not in str(await events(db, "review_written"))


async def test_decisions_at_once_lose_none(db: Database) -> None:
    product = new_id()
    made = [await write(db, product, 1 + n % 5) for n in range(15)]
    await asyncio.gather(*(approve(db, review) for review in made))
    assert (await rating(db, product)).by_rating == (3, 3, 3, 3, 3)


async def test_an_own_review_is_withdrawn_and_a_foreign_one_is_not_found(db: Database) -> None:
    product, customer = new_id(), new_id()
    review = await approve(db, await write(db, product, 2, customer_id=customer))
    async with db.transaction() as tx:
        with pytest.raises(reviews.ReviewNotFound):
            await reviews.withdraw_review(tx, new_id(), review.id)
        await reviews.withdraw_review(tx, customer, review.id)
    assert (await rating(db, product)).average is None


async def test_Q5_an_erased_customer_is_taken_out_of_their_reviews(db: Database) -> None:
    product, customer = new_id(), new_id()
    review = await approve(db, await write(db, product, 5, customer_id=customer))
    async with db.transaction() as tx:
        await reviews.anonymise_reviews(tx, [customer])
        await reviews.anonymise_reviews(tx, [customer])
        left = await reviews.review_by_id(tx, review.id)
    assert (left.customer_id, left.author, left.body) == (None, "", "Good.")
    assert (await rating(db, product)).count == 1


@pytest.mark.parametrize("sort", ["newest", "highest", "lowest"])
async def test_P1_pages_neither_repeat_nor_skip(
    db: Database, clock: MovableClock, sort: reviews.ReviewSort
) -> None:
    product, expected = new_id(), []
    for stars in (3, 5, 1, 3, 4, 5, 2, 3):
        expected.append(await approve(db, await write(db, product, stars)))
        clock.advance(seconds=60)
    expected.reverse()
    if sort != "newest":
        expected.sort(key=lambda r: r.rating * (-1 if sort == "highest" else 1))
    seen: list[Review] = []
    place: ReviewPlace | None = None
    async with db.reading() as tx:
        while page := await reviews.shown_reviews(tx, product, sort=sort, after=place, limit=3):
            seen += page
            last = page[-1]
            place = ReviewPlace(rating=last.rating, written_at=last.written_at, id=last.id)
        threes = await reviews.shown_reviews(tx, product, sort=sort, rating=3, limit=10)
    assert [r.id for r in seen] == [r.id for r in expected]
    assert [r.rating for r in threes] == [3, 3, 3]


async def test_E4_given_reviews_are_taken_once_and_keep_what_is_left_out(db: Database) -> None:
    product = new_id()

    def given(**changes: Any) -> GivenReview:
        values = {"external_id": "x-1", "author": "Chi", "body": "Nice", "rating": 3} | changes
        return GivenReview(product_id=product, id=None, **values)

    async def take(*wanted: GivenReview) -> list[tuple[bool, bool]]:
        async with db.transaction() as tx:
            taken = await reviews.take_reviews(tx, wanted)
        return [(one.created, one.changed) for one in taken]

    assert await take(given(title="T"), given(external_id="x-2")) == [(True, True)] * 2
    assert await take(given(title="T"), given(external_id="x-2")) == [(False, False)] * 2
    assert await take(given()) == [(False, False)], "a title that is left out is kept"
    assert await take(given(rating=5)) == [(False, True)]
    assert (await rating(db, product)).average == "4.0"
    await write(db, product)
    assert (await rating(db, product)).count == 2, "what customers write waits"
