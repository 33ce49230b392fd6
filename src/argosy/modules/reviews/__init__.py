"""Reviews: what people say of products, whether it is shown, and the rating that follows from it.

Owns schema `reviews`. Emits ReviewWritten, ReviewApproved, ReviewRejected, ReviewReopened,
ReviewWithdrawn and RatingChanged; none carries a name or a text. A rating is the fold of approved
reviews, made in the transaction that changes one. Knows products, customers and orders by id only;
who bought what is told to it.
"""

from argosy.modules.reviews.commands import (
    MAX_BATCH,
    anonymise_reviews,
    approve_review,
    check_given,
    forget_products,
    reject_review,
    reopen_review,
    take_reviews,
    withdraw_review,
    write_review,
)
from argosy.modules.reviews.errors import AlreadyReviewed, ReviewInvalid, ReviewNotFound
from argosy.modules.reviews.events import (
    RatingChanged,
    ReviewApproved,
    ReviewRejected,
    ReviewReopened,
    ReviewWithdrawn,
    ReviewWritten,
)
from argosy.modules.reviews.queries import (
    list_reviews,
    lock_review,
    rating_of,
    review_by_id,
    reviews_after,
    reviews_of_customer,
    shown_reviews,
)
from argosy.modules.reviews.types import (
    NO_RATING,
    GivenReview,
    Rating,
    Review,
    ReviewPlace,
    ReviewSort,
    ReviewState,
    Taken,
    WriteReview,
)

__all__ = [
    "MAX_BATCH",
    "NO_RATING",
    "AlreadyReviewed",
    "GivenReview",
    "Rating",
    "RatingChanged",
    "Review",
    "ReviewApproved",
    "ReviewInvalid",
    "ReviewNotFound",
    "ReviewPlace",
    "ReviewRejected",
    "ReviewReopened",
    "ReviewSort",
    "ReviewState",
    "ReviewWithdrawn",
    "ReviewWritten",
    "Taken",
    "WriteReview",
    "anonymise_reviews",
    "approve_review",
    "check_given",
    "forget_products",
    "list_reviews",
    "lock_review",
    "rating_of",
    "reject_review",
    "reopen_review",
    "review_by_id",
    "reviews_after",
    "reviews_of_customer",
    "shown_reviews",
    "take_reviews",
    "withdraw_review",
    "write_review",
]
