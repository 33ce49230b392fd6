"""Bodies and answers of the promotion operations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.kernel.wall_clock import in_utc
from argosy.modules import promotions, quote
from argosy.modules.promotions import State

Name = Annotated[str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=200)]
Id = Annotated[str, msgspec.Meta(max_length=60)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Minor = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Document = Annotated[
    dict[str, Any],
    msgspec.Meta(
        description="The promotion as `GET /admin/v1/promotion-schema` describes it, without `id`, "
        "`version`, `name`, `budget`, and without coupon conditions: these are kept beside it.",
        examples=[{"phase": "order", "action": {"type": "percent", "percent": "10"}}],
    ),
]


class LimitsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much it may be used: by so many orders, of one customer, for so much money."""

    uses: Count | None = None
    uses_per_customer: Count | None = None
    budget: Annotated[
        dict[Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")], Minor],
        msgspec.Meta(description="Minor units by currency.", max_length=20),
    ] = {}

    def limits(self) -> promotions.Limits:
        """As the island's word."""
        return promotions.Limits(**msgspec.structs.asdict(self))


class PromotionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A promotion: what it gives and when (`document`), where, to whom, and how often."""

    name: Annotated[Name, msgspec.Meta(examples=["Ten percent off"])]
    document: Document
    channel_ids: Annotated[
        list[Id], msgspec.Meta(max_length=1000, description="Where it holds; empty: everywhere.")
    ] = []
    needs_coupon: bool = False
    limits: LimitsBody | None = None

    def wish(self) -> promotions.SetPromotion:
        """As the island's word. Raises MalformedId."""
        return promotions.SetPromotion(
            name=self.name.strip(),
            document=self.document,
            channels=tuple(
                decode("channel", one, field=f"channel_ids[{n}]")
                for n, one in enumerate(self.channel_ids)
            ),
            needs_coupon=self.needs_coupon,
            limits=promotions.Limits() if self.limits is None else self.limits.limits(),
        )


class PromotionProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a document, and where. An error keeps it from being saved."""

    path: str
    code: str
    reason: str
    severity: Literal["error", "warning"]

    @classmethod
    def all_of(cls, found: Sequence[quote.Problem]) -> "list[PromotionProblem]":
        """As answers show them."""
        return [cls(**msgspec.structs.asdict(one)) for one in found]


class LimitsView(msgspec.Struct, frozen=True, kw_only=True):
    """How much a promotion may be used."""

    uses: int | None
    uses_per_customer: int | None
    budget: dict[str, int]


class PromotionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion as it is now. `warnings` are about what was just saved."""

    id: str
    version: int
    state: State
    name: str
    document: dict[str, Any]
    channel_ids: list[str]
    needs_coupon: bool
    limits: LimitsView
    created_at: datetime
    updated_at: datetime
    warnings: list[PromotionProblem] = []

    @classmethod
    def of(
        cls, one: promotions.Promotion, problems: Sequence[quote.Problem] = ()
    ) -> "PromotionRow":
        """As answers show it."""
        return cls(
            id=encode("promotion", one.id),
            version=one.version,
            state=one.state,
            name=one.name,
            document=one.document,
            channel_ids=[encode("channel", channel) for channel in one.channels],
            needs_coupon=one.needs_coupon,
            limits=_limits(one.limits),
            created_at=one.created_at,
            updated_at=one.updated_at,
            warnings=PromotionProblem.all_of(problems),
        )


class PromotionUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that hold a use (being paid), have used one, or gave it back; money of the budget.

    What has neither a limit nor a coupon is not counted here.
    """

    held: int
    used: int
    released: int
    given: dict[str, int]


class PromotionVersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion as it was. Orders name the version that they were given."""

    version: int
    state: State
    name: str
    document: dict[str, Any]
    channel_ids: list[str]
    needs_coupon: bool
    limits: LimitsView
    saved_at: datetime
    saved_by: str

    @classmethod
    def of(cls, one: promotions.PromotionVersion) -> "PromotionVersionRow":
        """As answers show it."""
        return cls(
            version=one.version,
            state=one.state,
            name=one.name,
            document=one.document,
            channel_ids=[encode("channel", channel) for channel in one.channels],
            needs_coupon=one.needs_coupon,
            limits=_limits(one.limits),
            saved_at=one.saved_at,
            saved_by=one.saved_by,
        )


class PromotionPart(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of condition, selector, action or reward, for an editor to offer."""

    kind: Literal["action", "condition", "reward", "selector"]
    type: str
    title: str
    description: str
    schema: dict[str, Any]


class PromotionParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a promotion can be made of."""

    items: list[PromotionPart]


class CouponTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code to make. Codes are compared without case, width and spaces around them."""

    code: Annotated[str, msgspec.Meta(min_length=3, max_length=64, examples=["AUTUMN10"])]
    uses: Count | None = None
    uses_per_customer: Count | None = None
    customer_id: Id | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def wish(self) -> promotions.SetCoupon:
        """As the island's word. Raises MalformedId."""
        return promotions.SetCoupon(
            code=self.code,
            uses=self.uses,
            uses_per_customer=self.uses_per_customer,
            customer_id=None
            if self.customer_id is None
            else decode("customer", self.customer_id, field="customer_id"),
            valid_from=in_utc(self.valid_from, "valid_from"),
            valid_until=in_utc(self.valid_until, "valid_until"),
        )


class CouponRow(msgspec.Struct, frozen=True, kw_only=True):
    """A code, its terms, and how many orders have taken it."""

    code: str
    batch_id: str | None
    uses: int | None
    uses_per_customer: int | None
    customer_id: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    disabled_at: datetime | None
    created_at: datetime
    taken: int

    @classmethod
    def of(cls, one: promotions.Coupon) -> "CouponRow":
        """As answers show it."""
        return cls(
            code=one.shown,
            batch_id=_public("coupon_batch", one.batch_id),
            uses=one.uses,
            uses_per_customer=one.uses_per_customer,
            customer_id=_public("customer", one.customer_id),
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            disabled_at=one.disabled_at,
            created_at=one.created_at,
            taken=one.taken,
        )


class CouponBatchBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Codes to generate: `prefix` and `length` random letters without 0, O, 1 and I."""

    name: Annotated[Name, msgspec.Meta(examples=["Autumn mailing"])]
    codes: Annotated[int, msgspec.Meta(ge=1, le=100_000, examples=[500])]
    prefix: Annotated[str, msgspec.Meta(max_length=24)] = ""
    length: Annotated[int, msgspec.Meta(ge=8, le=32)] = 10
    uses: Count | None = 1
    uses_per_customer: Count | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def wish(self) -> promotions.NewBatch:
        """As the island's word."""
        period = {
            "valid_from": in_utc(self.valid_from, "valid_from"),
            "valid_until": in_utc(self.valid_until, "valid_until"),
        }
        return promotions.NewBatch(**msgspec.structs.asdict(self) | period)


class CouponBatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """Codes that were generated together."""

    id: str
    name: str
    codes: int
    disabled_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, one: promotions.Batch) -> "CouponBatchRow":
        """As answers show it."""
        return cls(
            id=encode("coupon_batch", one.id),
            name=one.name,
            codes=one.codes,
            disabled_at=one.disabled_at,
            created_at=one.created_at,
        )


def _limits(limits: promotions.Limits) -> LimitsView:
    return LimitsView(
        uses=limits.uses, uses_per_customer=limits.uses_per_customer, budget=limits.budget
    )


def _public(kind: str, value: UUID | None) -> str | None:
    return None if value is None else encode(kind, value)
