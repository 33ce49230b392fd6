"""Searches: what shoppers look for and do not find, why something stands where, synonyms."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.kernel.paging import Page
from argosy.modules import search
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels, channel_options, product_by_word
from argosy.web.admin.editing import faults_of
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
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, locale_tag, say
from argosy.web.admin.things import Row, column
from argosy.web.admin.told_codes import HOW, PLACES, REWARDS, said_by
from argosy.web.api.admin import search as synonyms
from argosy.web.api.admin import search_queries, search_why
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.pages.wording import locale_of

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/search"
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "fi", "nb")
NOT_SHOWN = {
    "channel_inactive": N_("the channel is closed"),
    "not_active": N_("the product is no active one"),
    "not_published": N_("it is not published in the channel"),
    "published_later": N_("it is published later"),
    "publication_ended": N_("its publication has ended"),
    "hidden_from_audience": N_("it is hidden from this audience"),
    "no_variants": N_("it has no variant that can be bought"),
    "not_priced": N_("it has no price there"),
}


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_queries(request: AnyRequest) -> Response[bytes]:
    """What was searched for in the last 30 days, the most frequent first."""
    filters = await _filters(request)
    asked = asked_of(request, filters)
    page = await _page(request, asked, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: str(row["words"]),
        filters=filters,
        asked=asked,
        views=(
            SavedView(say(request, N_("All searches")), {}),
            SavedView(say(request, N_("Found nothing")), {"nothing": "yes"}),
        ),
        empty=Empty(
            say(request, N_("No searches")),
            say(request, N_("What shoppers search for is counted here for 90 days.")),
        ),
    )
    title = say(request, N_("Searches"))
    return admin_page(request, "admin/searches.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_queries(request: AnyRequest) -> Stream:
    """The list as a file."""
    asked = asked_of(request, await _filters(request))

    async def read(cursor: str | None) -> Page[Row]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("searches", _columns(request), read)


async def _filters(request: AnyRequest) -> list[Filter]:
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
    found = (("yes", say(request, N_("found nothing"))),)
    return [
        Filter("channel_id", say(request, N_("Channel")), tuple(known)),
        Filter("nothing", say(request, N_("Result")), found),
        Filter("from_day", say(request, N_("From")), kind="day"),
        Filter("until_day", say(request, N_("Until")), kind="day"),
    ]


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Row]:
    channel = asked.get("channel_id") or await _first_channel(request)
    if not channel:
        return Page(items=[], next_cursor=None)
    days: dict[str, Any] = {
        name: date.fromisoformat(asked[name]) if name in asked else None
        for name in ("from_day", "until_day")
    }
    found = await ask(
        request,
        search_queries.list_search_queries,
        channel_id=channel,
        nothing="nothing" in asked,
        limit=limit,
        cursor=cursor,
        **days,
    )
    return Page(items=found["items"], next_cursor=found["next_cursor"])


async def _first_channel(request: AnyRequest) -> str:
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
    return encode("channel", known[0].id) if known else ""


def _columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "words", N_("Words")),
        column(request, "searches", N_("Searches"), "number"),
        column(request, "found_nothing", N_("Found nothing"), "number"),
        Column(
            "clicks", say(request, N_("Clicks")), lambda row: row["clicks"], "number", narrow=False
        ),
        Column(
            "results", say(request, N_("Results")), lambda row: f"{row['results']:g}", narrow=False
        ),
        Column(
            "alike",
            say(request, N_("Words that look like it")),
            lambda row: ", ".join(row["alike"]),
            "muted",
            narrow=False,
        ),
    ]


@get(f"{PATH}/why", include_in_schema=False, guards=[may("catalog:read")])
async def show_why(request: AnyRequest) -> Response[bytes]:
    """Why a product is, or is not, where it is in a search."""
    names = ("channel_id", "product", "q")
    form = {name: request.query_params.get(name, "")[:200].strip() for name in names}
    refusal: ArgosyError | None = None
    found = None
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
    if form["product"] and form["q"]:
        try:
            async with shop(request).db.reading() as tx:
                product = encode("product", await product_by_word(tx, form["product"]))
            channel = form["channel_id"] or (known[0][0] if known else "")
            found = await ask(
                request,
                search_why.explain_search,
                channel_id=channel,
                product_id=product,
                q=form["q"],
            )
        except ArgosyError as error:
            refusal = error
    said = {one: say(request, text) for one, text in NOT_SHOWN.items()}
    places = {"products": "product", "product_id": "product"}
    values: dict[str, Any] = {"form": form, "channels": known, "found": found, "path": PATH}
    values["not_shown"] = said
    values["reward"], values["how"] = said_by(request, REWARDS), said_by(request, HOW)
    values["place"] = said_by(request, PLACES)
    values["faults"] = faults_of(refusal, names, places)
    title = say(request, N_("Why is it there?"))
    return admin_page(
        request, "admin/search_why.html", values, title=title, crumbs=_crumbs(request),
        refusal=refusal,
    )  # fmt: skip


@get(f"{PATH}/synonyms", include_in_schema=False, guards=[may("catalog:read")])
async def show_synonyms(request: AnyRequest) -> Response[bytes]:
    """The synonyms of a language, a group a line."""
    language = request.query_params.get("language", LANGUAGES[0])
    language = language if language in LANGUAGES else LANGUAGES[0]
    found = await ask(request, synonyms.get_synonyms, language=language)
    lines = "\n".join(", ".join(group) for group in found["groups"])
    return _synonyms(request, language, lines, None)


@post(f"{PATH}/synonyms", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def save_synonyms(request: AnyRequest) -> Response[bytes]:
    """Replace the synonyms of a language; searches use them within a second."""
    form = await read_form(request)
    language = form["language"] if form["language"] in LANGUAGES else LANGUAGES[0]
    groups = [
        [word.strip() for word in line.split(",") if word.strip()]
        for line in form["groups"].splitlines()
        if line.strip()
    ]
    try:
        await ask(request, synonyms.set_synonyms, language=language, data={"groups": groups})
    except ArgosyError as refusal:
        return _synonyms(request, language, form["groups"], refusal)
    path = f"{PATH}/synonyms?language={language}"
    return lead_to(request, path, Notice(say(request, N_("Saved."))))


def _synonyms(
    request: AnyRequest, language: str, lines: str, refusal: ArgosyError | None
) -> Response[bytes]:
    values: dict[str, Any] = {"language": language, "known": LANGUAGES, "lines": lines}
    named: Mapping[str, str] = locale_of(locale_tag(request)).languages
    values["names"] = {one: named.get(one, one) for one in LANGUAGES}
    values |= {"path": f"{PATH}/synonyms"}
    own = [tuple(line.split(", ")) for line in lines.splitlines()]
    values["usual"] = [", ".join(group) for group in search.usual_synonyms(language, own)]
    values["faults"] = faults_of(refusal, ["groups"])
    title = say(request, N_("Synonyms"))
    return admin_page(
        request, "admin/synonyms.html", values, title=title, crumbs=_crumbs(request),
        refusal=refusal,
    )  # fmt: skip


def _crumbs(request: AnyRequest) -> Sequence[Crumb]:
    return [Crumb(say(request, N_("Searches")), PATH)]


ENTRIES = (
    Entry(
        N_("Searches"), PATH, N_("Shop window"), "catalog:read", icon="search",
        words="search synonyms pins boosts rules merchandising nothing found", position=50,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    show_queries,
    export_queries,
    show_why,
    show_synonyms,
    save_synonyms,
]
