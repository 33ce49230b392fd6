"""Why reviews stops.

ArgosyError
├── NotFound ── ReviewNotFound
├── Conflict ── AlreadyReviewed      the customer has a review of this product
└── Invalid ─── ReviewInvalid        a text is empty, too long, not readable or not plain
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class ReviewNotFound(NotFound):
    """There is no review with this id, or it is not yours."""

    code = "reviews.not_found"
    usual_cure = "Use the id of a review of yours, from `GET /v1/customers/me/reviews`."


class AlreadyReviewed(Conflict):
    """A customer has one review of each product, and there is one already. Withdraw it with
    `DELETE /v1/customers/me/reviews/{review_id}` to write another.
    """

    code = "reviews.already_reviewed"
    usual_cure = "Withdraw your review with `DELETE /v1/customers/me/reviews/{id}`, then write."


class ReviewInvalid(Invalid):
    """The named text of the review cannot be taken: it is empty, too long, has characters that
    cannot be shown, or is not plain text (HTML is refused). Correct it and send it again.
    """

    code = "reviews.invalid"
    usual_cure = "Correct the text that `field` names; leave out HTML."
