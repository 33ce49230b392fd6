"""Writing use cases of reviews. Whatever changes what is shown folds the rating of its products in
the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.reviews import rules, store
from argosy.modules.reviews.events import (
    RatingChanged,
    ReviewApproved,
    ReviewRejected,
    ReviewReopened,
    ReviewWithdrawn,
    ReviewWritten,
)
from argosy.modules.reviews.types import GivenReview, Review, ReviewState, Taken, WriteReview
from argosy.runtime.db import Tx

MAX_BATCH = 1000


async def write_review(tx: Tx, wish: WriteReview) -> Review:
    """Keep what a customer says, pending until somebody decides. Emits ReviewWritten.

    Raises ReviewInvalid, and AlreadyReviewed when the customer has a review of the product.
    """
    wish, review_id = rules.checked_wish(wish), new_id()
    await store.insert_review(tx, review_id, wish)
    tx.emit(
        ReviewWritten(
            review_id=review_id,
            product_id=wish.product_id,
            rating=wish.rating,
            verified=wish.verified,
        )
    )
    return await store.review(tx, review_id)


async def approve_review(tx: Tx, review_id: UUID, *, by: str) -> Review:
    """Show a review. A no-op when it is shown. Raises ReviewNotFound. Emits ReviewApproved."""
    return await _decide(tx, review_id, "approved", by=by, reason="")


async def reject_review(tx: Tx, review_id: UUID, *, by: str, reason: str) -> Review:
    """Do not show a review (any more). A no-op when it was rejected; `reason` is for staff.

    Raises ReviewNotFound. Emits ReviewRejected.
    """
    return await _decide(tx, review_id, "rejected", by=by, reason=reason)


async def reopen_review(tx: Tx, review_id: UUID) -> Review:
    """Take a decision back: the review waits again. A no-op when it waits. Raises ReviewNotFound.
    Emits ReviewReopened.
    """
    reopened = await store.reopen(tx, review_id)
    if reopened is None:
        return await store.review(tx, review_id)
    tx.emit(ReviewReopened(review_id=review_id, product_id=reopened.product_id))
    await _fold(tx, {reopened.product_id})
    return reopened


async def _decide(tx: Tx, review_id: UUID, state: ReviewState, *, by: str, reason: str) -> Review:
    decided = await store.decide(tx, review_id, state, by=by, reason=reason)
    if decided is None:
        return await store.review(tx, review_id)
    kind = ReviewApproved if state == "approved" else ReviewRejected
    tx.emit(kind(review_id=review_id, product_id=decided.product_id))
    await _fold(tx, {decided.product_id})
    return decided


async def withdraw_review(tx: Tx, customer_id: UUID, review_id: UUID) -> None:
    """Delete a customer's own review. Raises ReviewNotFound. Emits ReviewWithdrawn."""
    product_id = await store.withdraw(tx, review_id, customer_id)
    tx.emit(ReviewWithdrawn(review_id=review_id, product_id=product_id))
    await _fold(tx, {product_id})


async def anonymise_reviews(tx: Tx, customer_ids: Sequence[UUID]) -> None:
    """Take erased customers out of what they wrote: no name, no link to the person (DOMAIN.md Q5).

    Texts and ratings stay, as what is said of the product. A repeat does nothing.
    """
    await store.anonymise(tx, customer_ids)


async def forget_products(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """Delete the reviews of products that were deleted. A repeat does nothing."""
    await store.forget_products(tx, product_ids)


async def take_reviews(tx: Tx, given: Sequence[GivenReview]) -> list[Taken]:
    """Create or change reviews from elsewhere, at most MAX_BATCH with different names; what became
    of each, in order. Repeating the call changes nothing (DOMAIN.md E4).

    Raises ReviewInvalid: check each with `check_given` before.
    """
    assert len(given) <= MAX_BATCH
    given = [rules.checked_given(one) for one in given]
    stored = await store.lock_given(
        tx, [g.external_id for g in given], [g.id for g in given if g.id is not None]
    )
    by_name = {r.external_id: r for r in stored if r.external_id} | {r.id: r for r in stored}
    writes: list[Review] = []
    taken: list[Taken] = []
    touched: set[UUID] = set()
    for one in given:
        before = by_name.get(one.external_id) or (by_name.get(one.id) if one.id else None)
        wanted = _new(tx, one) if before is None else rules.merged(before, one)
        if wanted != before:
            writes.append(wanted)
            touched |= {wanted.product_id, before.product_id if before else wanted.product_id}
        taken.append(Taken(id=wanted.id, created=before is None, changed=wanted != before))
    if writes:
        await store.write_given(tx, writes)
        await _fold(tx, touched)
    return taken


def check_given(given: GivenReview) -> None:
    """Raises ReviewInvalid naming what cannot be taken."""
    rules.checked_given(given)


def _new(tx: Tx, given: GivenReview) -> Review:
    blank = Review(
        id=new_id(), product_id=given.product_id, customer_id=None, external_id=given.external_id,
        author="", title="", body="", rating=given.rating, locale="", state="approved",
        verified=False, written_at=tx.now, decided_at=None, decided_by="", reason="", version=1,
    )  # fmt: skip
    return rules.merged(blank, given)


async def _fold(tx: Tx, product_ids: Collection[UUID]) -> None:
    for product_id, count, average in await store.fold(tx, list(product_ids)):
        tx.emit(RatingChanged(product_id=product_id, count=count, average=average))
