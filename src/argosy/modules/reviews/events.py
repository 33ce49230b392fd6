"""Facts that reviews announces: ids, states and numbers, never a name or a text."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class _OfReview(Event, frozen=True, kw_only=True):
    SUBJECT_KIND: ClassVar[str] = "review"
    SUBJECT_FIELD: ClassVar[str] = "review_id"

    review_id: UUID
    product_id: UUID


class ReviewWritten(_OfReview, frozen=True, kw_only=True):
    """A customer wrote a review; it waits for a decision."""

    TYPE: ClassVar[str] = "argosy.reviews.review_written.v1"

    rating: int
    verified: bool


class ReviewApproved(_OfReview, frozen=True, kw_only=True):
    """A review is shown from now on."""

    TYPE: ClassVar[str] = "argosy.reviews.review_approved.v1"


class ReviewRejected(_OfReview, frozen=True, kw_only=True):
    """A review is not (or no longer) shown."""

    TYPE: ClassVar[str] = "argosy.reviews.review_rejected.v1"


class ReviewReopened(_OfReview, frozen=True, kw_only=True):
    """A decision about a review was taken back: it waits again, and is not shown."""

    TYPE: ClassVar[str] = "argosy.reviews.review_reopened.v1"


class ReviewWithdrawn(_OfReview, frozen=True, kw_only=True):
    """Its author took a review back; it is deleted."""

    TYPE: ClassVar[str] = "argosy.reviews.review_withdrawn.v1"


class RatingChanged(Event, frozen=True, kw_only=True):
    """The fold of a product's approved reviews is another. `average` is decimal text, 1.0 to 5.0,
    left out without reviews.
    """

    TYPE: ClassVar[str] = "argosy.reviews.rating_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID
    count: int
    average: str | None = None
