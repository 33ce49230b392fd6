"""Reviews as the administration decides about them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import reviews, staff
from argosy.modules.reviews import Review, ReviewState
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, filters_of, page_of

AnyRequest = Request[Any, Any, Any]
ProductFilter = Annotated[
    str | None, Parameter(max_length=100, description="Only reviews of this product.")
]
# Named otherwise in the handlers: there, `state` is Litestar's own word.
StateFilter = Annotated[
    ReviewState, Parameter(query="state", description="Only reviews in this state.")
]


class RejectBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a review is not shown, for colleagues; its author does not see it."""

    reason: Annotated[
        str, msgspec.Meta(max_length=500, examples=["Is about the parcel service."])
    ] = ""


class ModeratedReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review with what was decided about it. `customer_id` is null for imported reviews and
    after the customer was erased.
    """

    id: str
    product_id: str
    customer_id: str | None
    external_id: str | None
    state: ReviewState
    rating: int
    author: str
    title: str
    body: str
    locale: str
    verified: bool
    written_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str
    version: int

    @classmethod
    def of(cls, review: Review) -> "ModeratedReview":
        """As answers show it."""
        customer_id = review.customer_id
        return cls(
            **msgspec.structs.asdict(review)
            | {
                "id": encode("review", review.id),
                "product_id": encode("product", review.product_id),
                "customer_id": None if customer_id is None else encode("customer", customer_id),
            }
        )


@get(
    "/admin/v1/reviews",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("reviews:read")],
)
async def list_reviews(
    request: AnyRequest,
    wanted: StateFilter = "pending",
    product_id: ProductFilter = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[ModeratedReview]:
    """Reviews in a state, the newest first; those that wait for a decision unless told."""
    product = None if product_id is None else decode("product", product_id, field="product_id")
    filters = filters_of("admin-reviews", state=wanted, product=product)
    async with shop(request).db.reading() as tx:
        rows = await reviews.list_reviews(
            tx, wanted, product_id=product, after=newest_after(cursor, filters), limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda r: newest_keys(r.written_at, r.id),
        show=ModeratedReview.of,
    )


@get(
    "/admin/v1/reviews/{review_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("reviews:read")],
    problems=[reviews.ReviewNotFound],
)
async def get_review(request: AnyRequest, review_id: str) -> ModeratedReview:
    """A review."""
    async with shop(request).db.reading() as tx:
        found = await reviews.review_by_id(tx, decode("review", review_id, field="review_id"))
    return ModeratedReview.of(found)


@post(
    "/admin/v1/reviews/{review_id:str}/approve",
    status_code=200,
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("reviews:write")],
    problems=[reviews.ReviewNotFound],
)
async def approve_review(request: AnyRequest, review_id: str) -> ModeratedReview:
    """Show a review and count its rating. Repeating it changes nothing."""
    return await _decide(request, review_id, "approved", "")


@post(
    "/admin/v1/reviews/{review_id:str}/reject",
    status_code=200,
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("reviews:write")],
    problems=[reviews.ReviewNotFound],
)
async def reject_review(request: AnyRequest, review_id: str, data: RejectBody) -> ModeratedReview:
    """Do not show a review (any more). Repeating it changes nothing."""
    return await _decide(request, review_id, "rejected", data.reason)


@post(
    "/admin/v1/reviews/{review_id:str}/reopen",
    status_code=200,
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("reviews:write")],
    problems=[reviews.ReviewNotFound],
)
async def reopen_review(request: AnyRequest, review_id: str) -> ModeratedReview:
    """Take a decision back: the review waits again. Repeating it changes nothing."""
    found = decode("review", review_id, field="review_id")
    async with shop(request).db.transaction() as tx:
        before = await reviews.lock_review(tx, found)
        after = await reviews.reopen_review(tx, found)
        if after.version != before.version:
            was, now = {"state": before.state, "reason": before.reason}, {"state": "pending"}
            await staff.audit(tx, actor(request), "review.reopened", review_id, was, now)
    return ModeratedReview.of(after)


async def _decide(
    request: AnyRequest, review_id: str, state: ReviewState, reason: str
) -> ModeratedReview:
    found, who = decode("review", review_id, field="review_id"), actor(request)
    async with shop(request).db.transaction() as tx:
        before = await reviews.lock_review(tx, found)
        if state == "approved":
            after = await reviews.approve_review(tx, found, by=who.name)
        else:
            after = await reviews.reject_review(tx, found, by=who.name, reason=reason)
        if after.version != before.version:
            was, now = {"state": before.state}, {"state": state, "reason": reason}
            await staff.audit(tx, who, f"review.{state}", review_id, was, now)
    return ModeratedReview.of(after)


ROUTES: list[HTTPRouteHandler] = [
    list_reviews,
    get_review,
    approve_review,
    reject_review,
    reopen_review,
]
