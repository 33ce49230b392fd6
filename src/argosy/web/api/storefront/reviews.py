"""Reviews of a product: what is shown to everybody, and what a signed-in customer says.

A list is two or three reads by index and is not kept in the process; its `ETag` spares the way.
"""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import reviews
from argosy.modules.projections import ProductNotFound
from argosy.modules.reviews import Review, ReviewPlace, ReviewSort, ReviewState, WriteReview
from argosy.reads import product_document, product_reviews
from argosy.runtime.db import Tx
from argosy.web.auth import (
    PUBLISHABLE,
    SIGNED_IN,
    requires_channel,
    shop,
    signed_in,
)
from argosy.web.etag import content_tag, is_fresh
from argosy.web.idempotent import KeyHeader, once
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.web.windows import window_of
from argosy.workflows import reviewing

AnyRequest = Request[Any, Any, Any]
Stars = Annotated[int, msgspec.Meta(ge=1, le=5, description="1 (worst) to 5 (best).")]


class ReviewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What you say of the product, in plain text. `author` is the name that is shown with it."""

    rating: Stars
    author: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=5000)]
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    locale: Annotated[
        str, msgspec.Meta(max_length=35, description="The language it is written in, like en-US.")
    ] = ""


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A review. `author` is empty when its author is no longer known; `verified` when they had
    bought the product.
    """

    id: str
    rating: int
    author: str
    title: str
    body: str
    locale: str
    verified: bool
    written_at: datetime

    @classmethod
    def of(cls, review: Review) -> "ReviewView":
        """As answers show it."""
        return cls(
            id=encode("review", review.id),
            rating=review.rating,
            author=review.author,
            title=review.title,
            body=review.body,
            locale=review.locale,
            verified=review.verified,
            written_at=review.written_at,
        )


class OwnReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A review of yours: `pending` until somebody looked at it, shown when `approved`."""

    id: str
    product_id: str
    state: ReviewState
    rating: int
    author: str
    title: str
    body: str
    locale: str
    verified: bool
    written_at: datetime

    @classmethod
    def of(cls, review: Review) -> "OwnReviewView":
        """As answers show it."""
        return cls(
            product_id=encode("product", review.product_id),
            state=review.state,
            **msgspec.structs.asdict(ReviewView.of(review)),
        )


class RatedTimes(msgspec.Struct, frozen=True, kw_only=True):
    """How many reviews give this rating."""

    rating: int
    count: int


class RatingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """All shown reviews of the product: average (decimal text, null without any), how many, and how
    many of 5, 4, 3, 2 and 1.
    """

    average: str | None
    count: int
    histogram: list[RatedTimes]

    @classmethod
    def of(cls, rating: reviews.Rating) -> "RatingSummary":
        """As answers show it."""
        counted = zip(range(5, 0, -1), reversed(rating.by_rating), strict=True)
        return cls(
            average=rating.average,
            count=rating.count,
            histogram=[RatedTimes(rating=stars, count=count) for stars, count in counted],
        )


class ReviewList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of reviews, and the summary of all of them whatever the filter."""

    items: list[ReviewView]
    next_cursor: str | None
    rating: RatingSummary


Sorting = Annotated[
    ReviewSort, Parameter(description="Among reviews of the same rating, the newest come first.")
]
OnlyRating = Annotated[
    int | None, Parameter(ge=1, le=5, description="Only reviews that give this rating.")
]


@get(
    "/v1/products/{slug:str}/reviews",
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses={
        200: ResponseSpec(ReviewList, generate_examples=False),
        301: ResponseSpec(None, description="The product's slug has changed."),
        304: ResponseSpec(None, description="Not changed since `If-None-Match`."),
    },
    problems=[ProductNotFound, CursorInvalid],
)
async def list_product_reviews(
    request: AnyRequest,
    slug: str,
    *,
    sort: Sorting = "newest",
    rating: OnlyRating = None,
    cursor: CursorText = None,
    limit: Limit = 24,
) -> Response[bytes]:
    """Reviews of a product, with the average and the histogram of all of them."""
    window = await window_of(request)
    async with shop(request).db.reading() as tx:
        product_id = await _shown(tx, window.shown.id, slug)
        if isinstance(product_id, str):
            location = f"/v1/products/{quote(product_id, safe='')}/reviews"
            return Response(b"", status_code=301, headers={"Location": location})
        filters = filters_of("reviews", product=product_id, sort=sort, rating=rating)
        rows = await reviews.shown_reviews(
            tx, product_id, sort=sort, rating=rating, after=_place(cursor, filters), limit=limit + 1
        )
        summary = await reviews.rating_of(tx, product_id)
    page = page_of(rows, limit=limit, filters=filters, keys=_keys, show=ReviewView.of)
    body = msgspec.json.encode(
        ReviewList(
            items=list(page.items), next_cursor=page.next_cursor, rating=RatingSummary.of(summary)
        )
    )
    if window.private:
        return await window.answer(shop(request), body, None)
    tag = content_tag(body)
    kept = {"ETag": tag, "Cache-Control": "public, no-cache", "Vary": "X-Publishable-Key"}
    if is_fresh(request, tag):
        return Response(b"", status_code=304, headers=kept)
    return Response(body, media_type="application/json", headers=kept)


@post(
    "/v1/products/{slug:str}/reviews",
    tags=["Catalogue"],
    security=SIGNED_IN,
    problems=[ProductNotFound, reviews.AlreadyReviewed, reviews.ReviewInvalid],
    responses={201: ResponseSpec(OwnReviewView, description="The review; it is not shown yet.")},
    example={
        "rating": 5,
        "author": "Ada",
        "title": "Fits as it should",
        "body": "Warm, light, and the colour is that of the photograph.",
        "locale": "en-US",
    },
)
async def write_product_review(
    request: AnyRequest, slug: str, data: ReviewBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Review a product, once. It is shown when somebody of the shop has approved it."""
    identity, window = await signed_in(request), await window_of(request)

    async def run(tx: Tx) -> Review:
        product_id = await _shown(tx, window.shown.id, slug)
        if isinstance(product_id, str):
            raise ProductNotFound(f"The product is now {product_id!r}.", field="slug")
        said = msgspec.structs.asdict(data)
        wish = WriteReview(customer_id=identity.customer_id, product_id=product_id, **said)
        return await reviewing.write_review(tx, wish)

    return await once(request, run, show=OwnReviewView.of)


@get("/v1/customers/me/reviews", tags=["Accounts"], security=SIGNED_IN, guards=[requires_channel])
async def list_my_reviews(
    request: AnyRequest, limit: Limit = 24, cursor: CursorText = None
) -> Page[OwnReviewView]:
    """What you wrote of products, in any state, the newest first."""
    identity = await signed_in(request)
    filters = filters_of("my-reviews", customer=identity.customer_id)
    async with shop(request).db.reading() as tx:
        rows = await reviews.reviews_of_customer(
            tx, identity.customer_id, after=newest_after(cursor, filters), limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda r: newest_keys(r.written_at, r.id),
        show=OwnReviewView.of,
    )


@delete(
    "/v1/customers/me/reviews/{review_id:str}",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[reviews.ReviewNotFound],
)
async def withdraw_my_review(request: AnyRequest, review_id: str) -> None:
    """Delete a review of yours. You can write another one afterwards."""
    identity = await signed_in(request)
    found = decode("review", review_id, field="review_id")
    async with shop(request).db.transaction() as tx:
        await reviews.withdraw_review(tx, identity.customer_id, found)


async def _shown(tx: Tx, channel_id: UUID, slug: str) -> UUID | str:
    """The product with this slug; its present slug when it was renamed. Raises ProductNotFound."""
    if "\0" not in slug:
        found = await product_reviews.shown_product(tx, channel_id, slug)
        found_or_moved = found or await product_document.slug_now(tx, channel_id, slug, tx.now)
        if found_or_moved is not None:
            return found_or_moved
    raise ProductNotFound("This channel shows no such product.", field="slug")


def _keys(review: Review) -> list[str | int | None]:
    return [review.rating, review.written_at.isoformat(), review.id.hex]


def _place(cursor: str | None, filters: str) -> ReviewPlace | None:
    keys = after(cursor, filters, length=3)
    if keys is None:
        return None
    try:
        stars, at, last = keys
        return ReviewPlace(
            rating=min(max(int(stars or 0), 0), 5),
            written_at=datetime.fromisoformat(str(at)).astimezone(UTC),
            id=UUID(hex=str(last)),
        )
    except (ValueError, OverflowError) as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


ROUTES: list[HTTPRouteHandler] = [
    list_product_reviews,
    write_product_review,
    list_my_reviews,
    withdraw_my_review,
]
