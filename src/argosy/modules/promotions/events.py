"""Facts that promotions announces: ids, states and numbers, never a code or a person."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class _OfPromotion(Event, frozen=True, kw_only=True):
    SUBJECT_KIND: ClassVar[str] = "promotion"
    SUBJECT_FIELD: ClassVar[str] = "promotion_id"

    promotion_id: UUID


class PromotionSaved(_OfPromotion, frozen=True, kw_only=True):
    """A promotion was made or changed; `version` is the one that holds now."""

    TYPE: ClassVar[str] = "argosy.promotions.promotion_saved.v1"

    version: int
    state: str


class PromotionMoved(_OfPromotion, frozen=True, kw_only=True):
    """A promotion went live, was paused or archived."""

    TYPE: ClassVar[str] = "argosy.promotions.promotion_moved.v1"

    version: int
    origin: str
    state: str


class CouponsGenerated(_OfPromotion, frozen=True, kw_only=True):
    """A batch of codes was made."""

    TYPE: ClassVar[str] = "argosy.promotions.coupons_generated.v1"

    batch_id: UUID
    codes: int


class PromotionUsed(_OfPromotion, frozen=True, kw_only=True):
    """A placed order used up some of a promotion's limits or a coupon."""

    TYPE: ClassVar[str] = "argosy.promotions.promotion_used.v1"

    order_id: UUID


class PromotionExhausted(_OfPromotion, frozen=True, kw_only=True):
    """The last of a promotion's uses or budget is taken; `limit` says which of them (D13)."""

    TYPE: ClassVar[str] = "argosy.promotions.promotion_exhausted.v1"

    limit: str
