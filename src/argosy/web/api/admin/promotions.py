"""Promotions: documents with a life, what they may be made of, what is wrong with them."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import channels, promotions, quote, staff
from argosy.modules.promotions import State
from argosy.runtime.db import Tx
from argosy.web.api.admin.promotion_forms import (
    PromotionBody,
    PromotionPart,
    PromotionParts,
    PromotionRow,
    PromotionUsage,
    PromotionVersionRow,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import promoting
from argosy.workflows import promotion_checks as checks
from argosy.workflows.promoting import Checked

AnyRequest = Request[Any, Any, Any]
StateFilter = Annotated[
    State | None, Parameter(query="state", description="Only promotions in this state.")
]
Move = Literal["live", "pause", "archive"]
_STATES: dict[Move, State] = {"live": "live", "pause": "paused", "archive": "archived"}
_EXAMPLE = {
    "name": "Ten percent from 50.00",
    "document": {
        "phase": "order",
        "reason": "10 % off",
        "when": {"type": "cart_amount", "gte": {"USD": 5000, "EUR": 5000}},
        "action": {"type": "percent", "percent": "10"},
    },
}


@get(
    "/admin/v1/promotions",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:read")],
)
async def list_promotions(
    request: AnyRequest,
    wanted: StateFilter = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[PromotionRow]:
    """Promotions, the last changed first."""
    filters = filters_of("promotions", state=wanted)
    async with shop(request).db.reading() as tx:
        rows = await promotions.list_promotions(
            tx, state=wanted, after=newest_after(cursor, filters), limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda one: newest_keys(one.updated_at, one.id),
        show=PromotionRow.of,
    )


@post(
    "/admin/v1/promotions",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:write")],
    problems=[promotions.PromotionInvalid, channels.ChannelNotFound],
    responses={201: ResponseSpec(PromotionRow, description="The draft.")},
    example=_EXAMPLE,
)
async def create_promotion(
    request: AnyRequest, data: PromotionBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make a promotion as a draft: shoppers notice nothing until it is put live."""
    wish, who = data.wish(), actor(request).name

    async def work(tx: Tx) -> tuple[promotions.Promotion, Checked]:
        await check_channels(tx, wish)
        made, checked = await promoting.create(tx, wish, by=who)
        checked = await checks.with_costs(tx, wish, checked)
        await note_promotion(tx, request, "promotion.created", None, made)
        return made, checked

    return await once(
        request, work, show=lambda result: PromotionRow.of(result[0], result[1].problems)
    )


@get(
    "/admin/v1/promotions/{promotion_id:str}",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:read")],
    problems=[promotions.PromotionNotFound],
)
async def get_promotion(request: AnyRequest, promotion_id: str) -> Response[PromotionRow]:
    """A promotion as it is now."""
    async with shop(request).db.reading() as tx:
        return tagged(await promotions.promotion_by_id(tx, of_promotion(promotion_id)))


@put(
    "/admin/v1/promotions/{promotion_id:str}",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:write")],
    problems=[
        promotions.PromotionNotFound,
        promotions.PromotionInvalid,
        promotions.PromotionChanged,
        promotions.PromotionNotMovable,
        channels.ChannelNotFound,
    ],
    example=_EXAMPLE,
)
async def replace_promotion(
    request: AnyRequest, promotion_id: str, data: PromotionBody, if_match: RequiredIfMatch
) -> Response[PromotionRow]:
    """Make a promotion so. A live one holds so at once; orders keep what they were given."""
    found, wish, version = of_promotion(promotion_id), data.wish(), expected_version(request)
    async with shop(request).db.transaction() as tx:
        await check_channels(tx, wish)
        before = await promotions.promotion_by_id(tx, found)
        made, checked = await promoting.update(
            tx, found, wish, expected_version=version or before.version, by=actor(request).name
        )
        checked = await checks.with_costs(tx, wish, checked)
        await note_promotion(tx, request, "promotion.changed", before, made)
    return tagged(made, checked)


@post(
    "/admin/v1/promotions/{promotion_id:str}/{move:str}",
    status_code=200,
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:write")],
    problems=[
        promotions.PromotionNotFound,
        promotions.PromotionInvalid,
        promotions.PromotionNotMovable,
    ],
)
async def move_promotion(
    request: AnyRequest, promotion_id: str, move: Move
) -> Response[PromotionRow]:
    """Put it `live`, `pause` it (the kill switch) or `archive` it, everywhere within a second.

    Repeating it changes nothing. What goes live is checked again.
    """
    found = of_promotion(promotion_id)
    async with shop(request).db.transaction() as tx:
        before, made = await promoting.move(tx, found, _STATES[move], by=actor(request).name)
        if made.version != before.version:
            await note_promotion(tx, request, f"promotion.{move}", before, made)
    return tagged(made)


@get(
    "/admin/v1/promotions/{promotion_id:str}/versions",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:read")],
)
async def list_promotion_versions(
    request: AnyRequest, promotion_id: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[PromotionVersionRow]:
    """Every version of a promotion, the newest first: what an order was given is found here."""
    found = of_promotion(promotion_id)
    filters = filters_of("promotion-versions", promotion=found)
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await promotions.list_versions(
            tx, found, before=None if keys is None else int(str(keys[0])), limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda one: [one.version],
        show=PromotionVersionRow.of,
    )


@get(
    "/admin/v1/promotions/{promotion_id:str}/usage",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:read")],
    problems=[promotions.PromotionNotFound],
)
async def get_promotion_usage(request: AnyRequest, promotion_id: str) -> PromotionUsage:
    """How much of a promotion's limits and coupons orders have taken."""
    found = of_promotion(promotion_id)
    async with shop(request).db.reading() as tx:
        await promotions.promotion_by_id(tx, found)
        usage = await promotions.usage_of(tx, found)
    return PromotionUsage(**msgspec.structs.asdict(usage))


@get(
    "/admin/v1/promotion-schema",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:read")],
)
async def get_promotion_schema(request: AnyRequest) -> dict[str, Any]:
    """The JSON Schema (2020-12) of what the quote reads of a promotion."""
    return quote.promotion_schema()


@get(
    "/admin/v1/promotion-parts",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:read")],
)
async def list_promotion_parts(request: AnyRequest) -> PromotionParts:
    """Every condition, selector, action and reward, with its schema, for an editor to offer."""
    return PromotionParts(
        items=[PromotionPart(**msgspec.structs.asdict(part)) for part in quote.catalogue()]
    )


def of_promotion(text: str) -> UUID:
    """The id of a promotion in a path. Raises MalformedId."""
    return decode("promotion", text, field="promotion_id")


def tagged(one: promotions.Promotion, checked: Checked | None = None) -> Response[PromotionRow]:
    """An answer with the promotion's version as its ETag."""
    shown = PromotionRow.of(one, checked.problems if checked else ())
    return Response(shown, headers={"ETag": version_tag(one.version)})


async def check_channels(tx: Tx, wish: promotions.SetPromotion) -> None:
    """Raises ChannelNotFound for a channel that there is not."""
    for channel_id in wish.channels:
        await channels.channel_by_id(tx, channel_id)


async def note_promotion(
    tx: Tx,
    request: AnyRequest,
    action: str,
    before: promotions.Promotion | None,
    made: promotions.Promotion,
) -> None:
    """Put into the audit trail what became of a promotion."""
    await staff.audit(
        tx,
        actor(request),
        action,
        encode("promotion", made.id),
        None if before is None else msgspec.to_builtins(PromotionRow.of(before)),
        msgspec.to_builtins(PromotionRow.of(made)),
    )


ROUTES = [
    list_promotions,
    create_promotion,
    get_promotion,
    replace_promotion,
    move_promotion,
    list_promotion_versions,
    get_promotion_usage,
    get_promotion_schema,
    list_promotion_parts,
]
