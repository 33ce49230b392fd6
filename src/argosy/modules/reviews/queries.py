"""Reading use cases of reviews."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from argosy.modules.reviews import store
from argosy.modules.reviews.types import Rating, Review, ReviewPlace, ReviewSort, ReviewState
from argosy.runtime.db import Tx


async def review_by_id(tx: Tx, review_id: UUID) -> Review:
    """Raises ReviewNotFound."""
    return await store.review(tx, review_id)


async def lock_review(tx: Tx, review_id: UUID) -> Review:
    """The review, which nobody else decides about until this transaction ends. Raises
    ReviewNotFound.
    """
    return await store.lock_review(tx, review_id)


async def shown_reviews(
    tx: Tx,
    product_id: UUID,
    *,
    sort: ReviewSort = "newest",
    rating: int | None = None,
    after: ReviewPlace | None = None,
    limit: int,
) -> list[Review]:
    """Approved reviews of a product, or those with one rating. Ties are broken by the newest."""
    return await store.shown(tx, product_id, sort=sort, rating=rating, after=after, limit=limit)


async def rating_of(tx: Tx, product_id: UUID) -> Rating:
    """The fold of the product's approved reviews."""
    return await store.rating(tx, product_id)


async def list_reviews(
    tx: Tx,
    state: ReviewState,
    *,
    product_id: UUID | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[Review]:
    """Reviews in a state, of one product or of all, newest first: for moderation."""
    return await store.in_state(tx, state, product_id=product_id, after=after, limit=limit)


async def reviews_of_customer(
    tx: Tx, customer_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int
) -> list[Review]:
    """What a customer wrote, in any state, newest first."""
    return await store.of_customer(tx, customer_id, after=after, limit=limit)


async def reviews_after(tx: Tx, after: UUID | None, limit: int) -> list[Review]:
    """All reviews in a stable order, for an export; None begins."""
    return await store.reviews_after(tx, after or UUID(int=0), limit)
