"""Price lists: making and changing them."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import encode
from argosy.kernel.paging import Page
from argosy.modules import pricing
from argosy.runtime.db import Tx
from argosy.web.api.admin.prices import Code, note, of_list
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

Name = Annotated[
    str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=200, examples=["Retail"])
]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", max_length=3, examples=["EUR"])]
StepBp = Annotated[int, msgspec.Meta(ge=1, le=1_000_000, examples=[1000])]


class NewPriceListBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new, empty price list. Its code and currency are fixed.

    `max_step_per_day`: no price may move by more basis points (100 are 1 %) within 24 hours.
    """

    code: Code
    name: Name
    currency: Currency
    tier_kind: pricing.TierKind = "volume"
    tier_basis: pricing.TierBasis = "line"
    max_step_per_day: StepBp | None = None


class PriceListChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of the list; what is not named stays.

    `volume`: the tier that is reached prices all units; `graduated`: each tier its own units.
    The basis says whose units count: of the line, of the variant in all lines (`sku`), of the
    product, or of all prices with the same `mix_group` (`mix`). `max_step_per_day`: no price may
    move by more basis points (100 are 1 %) within 24 hours; null lifts the limit.
    """

    name: Name | None = None
    tier_kind: pricing.TierKind | None = None
    tier_basis: pricing.TierBasis | None = None
    max_step_per_day: StepBp | msgspec.UnsetType | None = msgspec.UNSET


class PriceListRow(msgspec.Struct, frozen=True, kw_only=True):
    """A price list."""

    id: str
    code: str
    name: str
    currency: str
    version: int
    tier_kind: pricing.TierKind
    tier_basis: pricing.TierBasis
    max_step_per_day: int | None

    @classmethod
    def of(cls, prices: pricing.PriceList) -> "PriceListRow":
        """As answers show it."""
        shown = {"id": encode("price_list", prices.id)}
        return cls(**msgspec.structs.asdict(prices) | shown)


@get(
    "/admin/v1/price-lists",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
)
async def list_price_lists(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[PriceListRow]:
    """Price lists by code."""
    filters = filters_of("price-lists")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await pricing.list_price_lists(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda p: [p.code], show=PriceListRow.of
    )


@post(
    "/admin/v1/price-lists",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[pricing.PriceListInvalid, pricing.PriceListCodeTaken],
    responses={201: ResponseSpec(PriceListRow, description="The new, empty list.")},
)
async def create_price_list(
    request: Request[Any, Any, Any], data: NewPriceListBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Create an empty price list."""

    async def work(tx: Tx) -> pricing.PriceList:
        made = await pricing.create_price_list(
            tx, pricing.CreatePriceList(**msgspec.structs.asdict(data))
        )
        await note(tx, request, "price_list.created", made.id, msgspec.structs.asdict(data))
        return made

    return await once(request, work, show=PriceListRow.of)


@get(
    "/admin/v1/price-lists/{list_id:str}",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[pricing.PriceListNotFound],
)
async def get_price_list(request: Request[Any, Any, Any], list_id: str) -> Response[PriceListRow]:
    """A price list."""
    async with shop(request).db.reading() as tx:
        return tagged(await pricing.price_list_by_id(tx, of_list(list_id)))


@patch(
    "/admin/v1/price-lists/{list_id:str}",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[pricing.PriceListNotFound, pricing.PriceListInvalid, pricing.PriceListChanged],
)
async def change_price_list(
    request: Request[Any, Any, Any],
    list_id: str,
    data: PriceListChangeBody,
    if_match: RequiredIfMatch,
) -> Response[PriceListRow]:
    """Rename a price list, or let its tiers count otherwise."""
    found = of_list(list_id)
    async with shop(request).db.transaction() as tx:
        before = await pricing.price_list_by_id(tx, found)
        version = expected_version(request) or before.version
        wanted = pricing.ChangePriceList(**msgspec.structs.asdict(data))
        renamed = await pricing.change_price_list(tx, found, wanted, expected_version=version)
        named = [k for k, v in msgspec.structs.asdict(wanted).items() if v is not None]
        if wanted.max_step_per_day is msgspec.UNSET:
            named.remove("max_step_per_day")
        elif wanted.max_step_per_day is None:
            named.append("max_step_per_day")
        was, now = ({k: getattr(each, k) for k in named} for each in (before, renamed))
        await note(tx, request, "price_list.changed", found, now, before=was)
    return tagged(renamed)


def tagged(prices: pricing.PriceList) -> Response[PriceListRow]:
    """An answer with the list's version as its ETag."""
    return Response(PriceListRow.of(prices), headers={"ETag": version_tag(prices.version)})


ROUTES = [list_price_lists, create_price_list, get_price_list, change_price_list]
