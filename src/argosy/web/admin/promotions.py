"""Promotions: which there are, what one gives, and its life from draft to archive."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.kernel.paging import Page
from argosy.modules import channels, promotions
from argosy.modules.promotions import Promotion, State
from argosy.web.admin.access import may
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    SavedView,
    asked_of,
    csv_of,
    listing_of,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.rule_builder import money_text, nodes_of
from argosy.web.admin.rule_words import PARTS
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.states import STATES
from argosy.web.api.admin.promotions import note_promotion, of_promotion
from argosy.web.auth import actor, shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import filters_of, page_of
from argosy.workflows import promoting
from argosy.workflows import promotion_trials as trials

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/promotions"
ONE = f"{PATH}/{{promotion_id:str}}"
_STATES: tuple[State, ...] = ("live", "draft", "paused", "archived")
_SHOWN_CARTS = 20
_SHOWN_VERSIONS = 10


def promotion_path(promotion_id: UUID) -> str:
    """The page of a promotion."""
    return f"{PATH}/{encode('promotion', promotion_id)}"


@get(PATH, include_in_schema=False, guards=[may("promotions:read")])
async def show_promotions(request: AnyRequest) -> Response[bytes]:
    """Promotions, the last changed first. One statement."""
    filters = _filters(request)
    asked = asked_of(request, filters)
    found = listing_of(
        request,
        await _page(request, asked, request.query_params.get("cursor"), PAGE),
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("promotion", row.id),
        row_path=lambda row: promotion_path(row.id),
        filters=filters,
        asked=asked,
        views=[
            SavedView(say(request, N_("All")), {}),
            *(SavedView(say(request, STATES[one].label), {"state": one}) for one in _STATES),
        ],
        empty=Empty(
            say(request, N_("No promotions here")),
            say(
                request,
                N_(
                    "A promotion begins as a draft that no shopper notices: build it, try it on"
                    " past orders, and put it live when it does what you want."
                ),
            ),
        ),
    )
    title = say(request, N_("Promotions"))
    return admin_page(request, "admin/promotion_list.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("promotions:read")])
async def export_promotions(request: AnyRequest) -> Stream:
    """The filtered list as a file."""
    asked = asked_of(request, _filters(request))

    async def read(cursor: str | None) -> Page[Promotion]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("promotions", _columns(request), read)


@get(ONE, include_in_schema=False, guards=[may("promotions:read")])
async def show_promotion(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """What it gives, where and how often; what became of it; what to know of it."""
    return await _one(request, of_promotion(promotion_id), None)


@get(f"{ONE}/pause", include_in_schema=False, guards=[may("promotions:write")])
async def ask_pause(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """The kill switch, and what it changes in carts that are being filled now."""
    found = of_promotion(promotion_id)
    async with shop(request).db.reading() as tx:
        one = await promotions.promotion_by_id(tx, found)
    looked_at, affected = await trials.affected_carts(shop(request), found)
    values = {
        "path": promotion_path(found),
        "looked_at": looked_at,
        "affected": [
            (
                encode("cart", cart.cart_id),
                Money(cart.total_minor, cart.currency),
                Money(cart.without_minor, cart.currency),
            )
            for cart in affected[:_SHOWN_CARTS]
        ],
        "count": len(affected),
    }
    return admin_page(
        request,
        "admin/promotion_pause.html",
        values,
        title=say(request, N_("Stop the promotion")),
        crumbs=crumbs(request, one),
    )


@post(
    f"{ONE}/move/{{to:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("promotions:write")],
)
async def move(request: AnyRequest, promotion_id: str, to: str) -> Response[bytes]:
    """Put it live, pause or archive it. Sent twice, it moves once."""
    found = of_promotion(promotion_id)
    wanted: dict[str, tuple[State, str]] = {
        "live": ("live", N_("It is live: shoppers get it from now on.")),
        "pause": ("paused", N_("It is stopped: no cart gets it any more.")),
        "archive": ("archived", N_("It is archived.")),
    }
    if to not in wanted:
        return lead_to(request, promotion_path(found))
    try:
        async with shop(request).db.transaction() as tx:
            before, made = await promoting.move(tx, found, wanted[to][0], by=actor(request).name)
            if made.version != before.version:
                await note_promotion(tx, request, f"promotion.{to}", before, made)
    except ArgosyError as refusal:
        return await _one(request, found, refusal)
    return lead_to(request, promotion_path(found), Notice(say(request, wanted[to][1])))


def crumbs(request: AnyRequest, one: Promotion) -> list[Crumb]:
    """The way to a page below a promotion."""
    return [
        Crumb(say(request, N_("Promotions")), PATH),
        Crumb(one.name, promotion_path(one.id)),
    ]


def gives(request: AnyRequest, document: Mapping[str, Any]) -> str:
    """What a document gives, in short."""
    action = document.get("action")
    if not isinstance(action, dict):
        return ""
    kind = str(action.get("type", ""))
    title = say(request, PARTS.get(f"action.{kind}", (kind, ""))[0])
    if isinstance(action.get("percent"), str):
        return f"{title}: {action['percent']} %"
    amount = action.get("amount") or action.get("price")
    return f"{title}: {money_text(amount)}" if amount else title


async def _one(
    request: AnyRequest, promotion_id: UUID, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        one = await promotions.promotion_by_id(tx, promotion_id)
        usage = await promotions.usage_of(tx, promotion_id)
        versions = await promotions.list_versions(tx, promotion_id, limit=_SHOWN_VERSIONS)
        places = await channels.list_channels(tx)
        checked = None
        if one.state != "archived":
            own = encode("promotion", promotion_id)
            checked = await promoting.judged(tx, promoting.wish_of(one), own_id=own)
    values = {
        "one": one,
        "path": promotion_path(promotion_id),
        "nodes": [node for node in nodes_of(one.document) if node.path[2:] in one.document],
        "channels": [place.name for place in places if place.id in one.channels],
        "places": [(encode("channel", place.id), place.name) for place in places],
        "usage": usage,
        "given": [Money(minor, currency) for currency, minor in usage.given.items()],
        "budget": money_text(one.limits.budget),
        "versions": versions,
        "problems": [] if checked is None else checked.problems,
    }
    return admin_page(
        request,
        "admin/promotion.html",
        values,
        title=one.name,
        crumbs=[Crumb(say(request, N_("Promotions")), PATH)],
        refusal=refusal,
    )


async def _page(
    request: AnyRequest, asked: Mapping[str, str], cursor: str | None, limit: int
) -> Page[Promotion]:
    filters = filters_of("admin promotions", **asked)
    state: State | None = asked.get("state")  # type: ignore[assignment]  # one of the choices
    async with shop(request).db.reading() as tx:
        rows = await promotions.list_promotions(
            tx, state=state, after=newest_after(cursor, filters), limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: newest_keys(row.updated_at, row.id),
        show=lambda row: row,
    )


def _filters(request: AnyRequest) -> list[Filter]:
    choices = tuple((one, say(request, STATES[one].label)) for one in _STATES)
    return [Filter("state", say(request, N_("State")), choices)]


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("name", say(request, N_("Name")), lambda row: row.name),
        Column("state", say(request, N_("State")), lambda row: row.state, "badge"),
        Column(
            "gives", say(request, N_("What it gives")), lambda row: gives(request, row.document)
        ),
        Column(
            "phase",
            say(request, N_("Phase")),
            lambda row: row.document.get("phase"),
            narrow=False,
        ),
        Column(
            "coupon",
            say(request, N_("Coupon")),
            lambda row: say(request, N_("needed")) if row.needs_coupon else "",
            narrow=False,
        ),
        Column(
            "updated_at",
            say(request, N_("Changed")),
            lambda row: row.updated_at,
            "instant",
            narrow=False,
        ),
    ]


ENTRIES = (
    Entry(
        N_("Promotions"),
        PATH,
        N_("Prices and taxes"),
        "promotions:read",
        "m",
        "promotions",
        "discounts coupons vouchers campaigns",
        position=20,
    ),
)
ROUTES: list[HTTPRouteHandler] = [
    show_promotions,
    export_promotions,
    show_promotion,
    ask_pause,
    move,
]
