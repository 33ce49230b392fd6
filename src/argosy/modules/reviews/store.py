"""The only file of reviews that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.reviews.errors import AlreadyReviewed, ReviewNotFound
from argosy.modules.reviews.types import (
    NO_RATING,
    Rating,
    Review,
    ReviewPlace,
    ReviewSort,
    ReviewState,
    WriteReview,
)
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)

_SHOWN = {
    "newest": SQL.shown_newest,
    "highest": SQL.shown_highest,
    "lowest": SQL.shown_lowest,
}


async def insert_review(tx: Tx, review_id: UUID, wish: WriteReview) -> None:
    """A new pending review. Raises AlreadyReviewed."""
    try:
        await tx.run(
            SQL.insert_review,
            review_id,
            wish.product_id,
            wish.customer_id,
            wish.author,
            wish.title,
            wish.body,
            wish.rating,
            wish.locale,
            wish.verified,
            tx.now,
        )
    except IntegrityError as error:
        if constraint(error) == "review_one_per_customer":
            raise AlreadyReviewed(
                "There is a review of yours for this product.",
                cure="Withdraw it first, then write another.",
            ) from error
        raise


async def review(tx: Tx, review_id: UUID) -> Review:
    """Raises ReviewNotFound."""
    return _found(await tx.maybe(SQL.review, review_id))


async def lock_review(tx: Tx, review_id: UUID) -> Review:
    """Raises ReviewNotFound."""
    return _found(await tx.maybe(SQL.lock_review, review_id))


async def decide(
    tx: Tx, review_id: UUID, state: ReviewState, *, by: str, reason: str
) -> Review | None:
    """The review in its new state; None when it was in it."""
    row = await tx.maybe(SQL.decide, review_id, state, tx.now, by, reason)
    return None if row is None else Review(**row)


async def reopen(tx: Tx, review_id: UUID) -> Review | None:
    """The review without a decision; None when there was none."""
    row = await tx.maybe(SQL.reopen, review_id, tx.now)
    return None if row is None else Review(**row)


async def withdraw(tx: Tx, review_id: UUID, customer_id: UUID) -> UUID:
    """Delete a customer's own review; its product. Raises ReviewNotFound."""
    row = await tx.maybe(SQL.withdraw, review_id, customer_id)
    if row is None:
        raise ReviewNotFound("You have no such review.")
    product_id: UUID = row["product_id"]
    return product_id


async def anonymise(tx: Tx, customer_ids: Sequence[UUID]) -> set[UUID]:
    """Take the person out of their reviews; the products that these are about."""
    rows = await tx.many(SQL.anonymise, list(customer_ids), tx.now)
    return {row["product_id"] for row in rows}


async def forget_products(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """Delete the reviews of products that are gone."""
    await tx.run(SQL.forget_products, list(product_ids))


async def shown(
    tx: Tx,
    product_id: UUID,
    *,
    sort: ReviewSort,
    rating: int | None,
    after: ReviewPlace | None,
    limit: int,
) -> list[Review]:
    """Approved reviews of a product, those after the place."""
    at, last = (after.written_at, after.id) if after else (None, None)
    asked = (product_id, rating, at, last, limit)
    if sort != "newest":
        asked = (*asked, after.rating if after else None)  # type: ignore[assignment]
    return [Review(**row) for row in await tx.many(_SHOWN[sort], *asked)]


async def in_state(
    tx: Tx,
    state: ReviewState,
    *,
    product_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Review]:
    """Reviews in this state, of one product or of all, newest first."""
    asked = (state, *(after or (None, None)), limit)
    if product_id is None:
        rows = await tx.many(SQL.reviews_in_state, *asked)
    else:
        rows = await tx.many(SQL.reviews_of_product, *asked, product_id)
    return [Review(**row) for row in rows]


async def of_customer(
    tx: Tx, customer_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Review]:
    """What a customer wrote, newest first."""
    asked = (*(after or (None, None)), limit, customer_id)
    return [Review(**row) for row in await tx.many(SQL.reviews_of_customer, *asked)]


async def reviews_after(tx: Tx, after: UUID, limit: int) -> list[Review]:
    """All reviews in the order of their ids."""
    return [Review(**row) for row in await tx.many(SQL.reviews_after, after, limit)]


async def lock_given(tx: Tx, external_ids: Sequence[str], ids: Sequence[UUID]) -> list[Review]:
    """Those that are known by one of the names."""
    return [Review(**r) for r in await tx.many(SQL.lock_given, list(external_ids), list(ids))]


async def write_given(tx: Tx, wanted: Sequence[Review]) -> None:
    """Insert or replace, by id."""
    columns = ("id", "product_id", "external_id", "author", "title", "body", "rating", "locale",
               "state", "verified", "written_at")  # fmt: skip
    values = [[getattr(review, column) for review in wanted] for column in columns]
    await tx.run(SQL.write_given, *values, tx.now)


async def fold(tx: Tx, product_ids: Sequence[UUID]) -> list[tuple[UUID, int, str | None]]:
    """Count the approved reviews of these products anew: product, count and average of those whose
    summary was another.
    """
    ids = sorted(product_ids)
    await tx.run(SQL.make_summaries, ids)
    await tx.many(SQL.lock_summaries, ids)
    rows = await tx.many(SQL.fold, ids)
    return [(row["product_id"], row["approved"], row["average"]) for row in rows]


async def rating(tx: Tx, product_id: UUID) -> Rating:
    """The summary of a product, empty without reviews."""
    row = await tx.maybe(SQL.rating, product_id)
    if row is None:
        return NO_RATING
    one, two, three, four, five = (row[f"rated_{n}"] for n in range(1, 6))
    return Rating(
        average=row["average"], count=row["approved"], by_rating=(one, two, three, four, five)
    )


def _found(row: Record | None) -> Review:
    if row is None:
        raise ReviewNotFound("There is no such review.")
    return Review(**row)
