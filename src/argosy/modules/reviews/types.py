"""What goes into and comes out of reviews. Instants are UTC; a rating is 1 (worst) to 5 (best)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

ReviewState = Literal["pending", "approved", "rejected"]
ReviewSort = Literal["newest", "highest", "lowest"]


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of a product. Only `approved` ones are shown and counted.

    `verified`: the customer had a confirmed order with the product when they wrote. `author` is
    the name to show, empty after the customer was erased.
    """

    id: UUID
    product_id: UUID
    customer_id: UUID | None
    external_id: str | None
    author: str
    title: str
    body: str
    rating: int
    locale: str
    state: ReviewState
    verified: bool
    written_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str
    version: int


class WriteReview(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer says. Plain text; `locale` is the language it is written in."""

    customer_id: UUID
    product_id: UUID
    author: str
    title: str
    body: str
    rating: int
    locale: str = ""
    verified: bool = False


class GivenReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review from elsewhere, known by `external_id` (or, of our own, by `id`).

    UNSET keeps what is stored; of a new one it is: approved, not verified, written now.
    """

    product_id: UUID
    external_id: str
    id: UUID | None
    author: str
    body: str
    rating: int
    title: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    state: ReviewState | UnsetType = UNSET
    verified: bool | UnsetType = UNSET
    written_at: datetime | UnsetType = UNSET


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a given review."""

    id: UUID
    created: bool
    changed: bool


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """The fold of a product's approved reviews: decimal text with one digit (None without any),
    how many, and how many of 1, 2, 3, 4 and 5.
    """

    average: str | None
    count: int
    by_rating: tuple[int, int, int, int, int]


NO_RATING = Rating(average=None, count=0, by_rating=(0, 0, 0, 0, 0))


class ReviewPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page of shown reviews goes on: the sort keys of the last one."""

    rating: int
    written_at: datetime
    id: UUID
