"""Prices: reading, bulk writing, history, and why a price applies."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.kernel.wall_clock import ZoneUnknown, in_utc
from argosy.modules import pricing, staff
from argosy.runtime.db import Tx
from argosy.web.api.admin.wall_times import Time, TimeNotice, Times
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

MAX_PRICES_IN_BODY = 1000
"""An API call is small; `argosy import prices` takes files of any length."""

Code = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, examples=["retail-eur"])
]
Minor = Annotated[int, msgspec.Meta(ge=0, le=10**12, examples=[1999])]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Priority = Annotated[int, msgspec.Meta(ge=-1000, le=1000)]
Id = Annotated[str, msgspec.Meta(max_length=60)]
VariantFilter = Annotated[str | None, Parameter(max_length=60, description="Only this variant.")]
Variant = Annotated[str, Parameter(max_length=60, description="The variant.")]
Units = Annotated[int, Parameter(ge=1, le=10**9, description="Units on the line.")]
At = Annotated[datetime | None, Parameter(description="As of this time (UTC); now without it.")]


class PriceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a variant costs from `min_quantity` units of a line on, in [valid_from, valid_until).

    Amounts are minor units of the list's currency. Of the prices in force the highest `priority`
    applies; prices of one quantity and priority do not overlap in time. Prices with one `mix_group`
    count their units together, in lists whose tiers are by `mix`.
    """

    variant_id: Id
    amount_minor: Minor
    min_quantity: Quantity = 1
    priority: Priority = 0
    compare_at_minor: Minor | None = None
    valid_from: Time = None
    valid_until: Time = None
    mix_group: Code | None = None

    def command(self, index: int, times: Times) -> pricing.SetPrice:
        """The price to set. Raises MalformedId, ZoneUnknown, TimeOutOfRange."""
        field = f"prices.{index}"
        return pricing.SetPrice(
            variant_id=decode("variant", self.variant_id, field=f"{field}.variant_id"),
            amount_minor=self.amount_minor,
            min_quantity=self.min_quantity,
            priority=self.priority,
            compare_at_minor=self.compare_at_minor,
            valid_from=times.read(self.valid_from, f"{field}.valid_from"),
            valid_until=times.read(self.valid_until, f"{field}.valid_until"),
            mix_group=self.mix_group,
        )


class PricesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 prices, set together or not at all."""

    prices: Annotated[list[PriceBody], msgspec.Meta(min_length=1, max_length=MAX_PRICES_IN_BODY)]


class PricesSet(msgspec.Struct, frozen=True, kw_only=True):
    """How many prices are new, were changed, or were so already. `notices` tell of local times that
    a clock change skips or repeats.
    """

    created: int
    updated: int
    unchanged: int
    notices: list[TimeNotice] = []


class PriceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A price, whether it is in force or not (yet, any more)."""

    id: str
    variant_id: str
    min_quantity: int
    priority: int
    amount_minor: int
    compare_at_minor: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    mix_group: str | None

    @classmethod
    def of(cls, price: pricing.Price) -> "PriceRow":
        """As answers show it."""
        fields = {field: getattr(price, field) for field in cls.__struct_fields__}
        ids = {"id": encode("price", price.id), "variant_id": encode("variant", price.variant_id)}
        return cls(**fields | ids)


class PriceChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the history. `amount_minor` null: the price was removed."""

    recorded_at: datetime
    price_id: str
    min_quantity: int
    priority: int
    amount_minor: int | None
    compare_at_minor: int | None
    valid_from: datetime | None
    valid_until: datetime | None

    @classmethod
    def of(cls, change: pricing.PriceChange) -> "PriceChangeRow":
        """As answers show it."""
        return cls(
            recorded_at=change.recorded_at,
            price_id=encode("price", change.price_id),
            min_quantity=change.min_quantity,
            priority=change.priority,
            amount_minor=change.amount_minor,
            compare_at_minor=change.compare_at_minor,
            valid_from=change.valid_from,
            valid_until=change.valid_until,
        )


class LostPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price that did not apply, and why."""

    price: PriceRow
    reason: str


class PriceExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """Which price applies to so many units at that time, and why each other one does not.

    `applies` null: the variant cannot be bought by this list. `prior_minor` is the lowest price of
    the 30 days before the present reduction (EU price indication), null if there is none.
    """

    at: datetime
    applies: PriceRow | None
    others: list[LostPrice]
    prior_minor: int | None


@get(
    "/admin/v1/price-lists/{list_id:str}/prices",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[pricing.PriceListNotFound],
)
async def list_prices(
    request: Request[Any, Any, Any],
    list_id: str,
    limit: Limit = 24,
    cursor: CursorText = None,
    variant_id: VariantFilter = None,
) -> Page[PriceRow]:
    """Prices of a list, past and future ones too, by variant."""
    wanted = None if variant_id is None else [of_variant(variant_id)]
    filters = filters_of("prices", list_id=list_id, variant_id=variant_id)
    keys = _two_ids(after(cursor, filters, length=2))
    async with shop(request).db.reading() as tx:
        prices = await pricing.price_list_by_id(tx, of_list(list_id))
        rows = await pricing.list_prices(
            tx, prices.id, variant_ids=wanted, after=keys, limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda p: [p.variant_id.hex, p.id.hex],
        show=PriceRow.of,
    )


@post(
    "/admin/v1/price-lists/{list_id:str}/prices",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    status_code=200,
    problems=[
        pricing.PriceListNotFound,
        pricing.PriceInvalid,
        pricing.PricesOverlap,
        pricing.StepTooLarge,
        ZoneUnknown,
    ],
    responses={200: ResponseSpec(PricesSet, description="What changed.")},
    example={
        "prices": [
            {"variant_id": encode("variant", UUID(int=1)), "amount_minor": 1999},
            {
                "variant_id": encode("variant", UUID(int=1)),
                "amount_minor": 1799,
                "min_quantity": 10,
            },
        ]
    },
)
async def set_prices(
    request: Request[Any, Any, Any],
    list_id: str,
    data: PricesBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Set prices, all or none: one of the same variant, quantity, priority and period is replaced.
    Each change is kept in the history.
    """
    times = Times()
    prices = [price.command(index, times) for index, price in enumerate(data.prices)]
    found = of_list(list_id)

    async def work(tx: Tx) -> pricing.SetPrices:
        done = await pricing.set_prices(tx, found, prices)
        await note(tx, request, "prices.set", found, msgspec.structs.asdict(done))
        return done

    return await once(request, work, status=200, show=lambda done: shown_set(done, times.notices))


@delete(
    "/admin/v1/price-lists/{list_id:str}/prices/{price_id:str}",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[pricing.PriceNotFound],
)
async def remove_price(request: Request[Any, Any, Any], list_id: str, price_id: str) -> None:
    """Remove a price; its history stays. A variant without a price cannot be bought."""
    found, price = of_list(list_id), decode("price", price_id, field="price_id")
    async with shop(request).db.transaction() as tx:
        await pricing.remove_prices(tx, found, [price])
        await note(tx, request, "price.removed", found, {"price_id": price_id})


@get(
    "/admin/v1/price-lists/{list_id:str}/history",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[pricing.PriceListNotFound],
)
async def list_price_history(
    request: Request[Any, Any, Any],
    list_id: str,
    variant_id: Variant,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[PriceChangeRow]:
    """What was recorded of a variant's prices, in the order of recording."""
    variant = of_variant(variant_id)
    filters = filters_of("history", list_id=list_id, variant_id=variant_id)
    last = _number(after(cursor, filters, length=1))
    async with shop(request).db.reading() as tx:
        prices = await pricing.price_list_by_id(tx, of_list(list_id))
        rows = await pricing.price_history(tx, prices.id, variant, after=last, limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda c: [c.id], show=PriceChangeRow.of
    )


@get(
    "/admin/v1/price-lists/{list_id:str}/explanation",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[pricing.PriceListNotFound],
)
async def explain_price(
    request: Request[Any, Any, Any],
    list_id: str,
    variant_id: Variant,
    quantity: Units = 1,
    at: At = None,
) -> PriceExplanation:
    """Say which price of a variant applies, and why each other one does not."""
    variant = of_variant(variant_id)
    moment = in_utc(at, "at") or shop(request).db.clock().astimezone(UTC)
    async with shop(request).db.reading() as tx:
        prices = await pricing.price_list_by_id(tx, of_list(list_id))
        found = await pricing.explain_price(tx, prices.id, variant, quantity=quantity, at=moment)
        prior = await pricing.prior_price(tx, prices.id, variant, moment)
    return PriceExplanation(
        at=moment,
        applies=None if found.taken is None else PriceRow.of(found.taken),
        others=[LostPrice(price=PriceRow.of(loser), reason=why) for loser, why in found.lost],
        prior_minor=prior,
    )


def of_list(text: str) -> UUID:
    """The id of a price list in a path. Raises MalformedId."""
    return decode("price_list", text, field="list_id")


def of_variant(text: str) -> UUID:
    """The id of a variant in a query. Raises MalformedId."""
    return decode("variant", text, field="variant_id")


def shown_set(done: pricing.SetPrices, notices: list[TimeNotice]) -> PricesSet:
    """What a bulk write did, as answers show it."""
    return PricesSet(
        created=done.created, updated=done.updated, unchanged=done.unchanged, notices=notices
    )


async def note(  # noqa: PLR0917 - it reads as a sentence
    tx: Tx,
    request: Request[Any, Any, Any],
    action: str,
    list_id: UUID,
    what: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:
    """Tell the audit trail. Amounts are in the price history, which cannot be changed either."""
    await staff.audit(tx, actor(request), action, encode("price_list", list_id), before, what)


def _two_ids(keys: list[str | int | None] | None) -> tuple[UUID, UUID] | None:
    if keys is None:
        return None
    try:
        return UUID(hex=str(keys[0])), UUID(hex=str(keys[1]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


def _number(keys: list[str | int | None] | None) -> int:
    if keys is None:
        return 0
    if not isinstance(keys[0], int) or not 0 <= keys[0] < 2**63:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor")
    return keys[0]


ROUTES = [
    list_prices,
    set_prices,
    remove_price,
    list_price_history,
    explain_price,
]
