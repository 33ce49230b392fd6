"""A product passport at the address of its data carrier: a page for people, JSON for programs."""

from typing import Any, NamedTuple
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.modules import compliance, passports
from argosy.modules.channels import language_chain
from argosy.modules.passports import Passport
from argosy.web.auth import shop
from argosy.web.languages import negotiated, offered
from argosy.web.passport_views import (
    PassportContentsView,
    PassportPointView,
    ShownPassportView,
    as_json,
    passport_headers,
)
from argosy.web.storefront.showing import lead_to, personal_page
from argosy.web.storefront.sites import Site, site_of, sites
from argosy.web.storefront.visitors import visitor_of

AnyRequest = Request[Any, Any, Any]

_LONGEST_PATH = 300
_LONGEST_TOKEN = 100


class Line(NamedTuple):
    """A data point in the reader's language: what, its value, and in which language that is."""

    label: str
    values: list[tuple[str, str | None]]
    unit: str
    kind: str
    sources: list[str]


class Part(NamedTuple):
    """A heading with its lines."""

    label: str
    lines: list[Line]


@get("/01/{rest:path}", include_in_schema=False)
async def show_passport(request: AnyRequest, rest: str) -> Response[bytes]:
    """The passport of a GS1 Digital Link, `/01/{gtin}/10/{lot}/21/{serial}`, for whoever scans it.
    Other forms of the same link lead to the one that we give out.

    Raises DigitalLinkInvalid, PassportNotFound, PassportAccessOver.
    """
    path = _asked(request)
    key = passports.read_path(path)
    site = await _read_in(request)
    if passports.link_path(key) != path:
        query = request.scope["query_string"].decode("latin-1")
        target = (await site_of(request)).path(passports.link_path(key))
        return lead_to(f"{target}?{query}" if query else target, status=301)
    token = request.query_params.get("access")
    async with shop(request).db.reading() as tx:
        found, edition = await passports.shown_passport(tx, key)
        asked = None if token is None else token[: _LONGEST_TOKEN + 1]
        reader = await passports.reader_of(tx, found, asked)
    base = shop(request).settings.public_url
    view = ShownPassportView.of(base, found, edition, reader)
    vary = {"Vary": "Accept, Accept-Language"}
    if _wants_json(request):
        headers = passport_headers(reader) | vary
        return Response(as_json(view), media_type="application/json", headers=headers)
    answer = await personal_page(
        request,
        site,
        "storefront/passport.html",
        {"passport": view, "exact": found.key == key, **_told(site, view, found)},
        visitor=visitor_of(request, site),
    )
    # The address may hold an access token: it must not be told to where a link leads.
    answer.headers.update(vary | {"Referrer-Policy": "no-referrer"})
    return answer


def _asked(request: AnyRequest) -> str:
    """The path as it was sent, escapes and all: a lot may contain a slash."""
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    path = raw.decode("latin-1").partition("?")[0]
    return path[path.index("/01/") :][:_LONGEST_PATH]


async def _read_in(request: AnyRequest) -> Site:
    """The site in the language that its path names, else in the best one for this reader."""
    site = await site_of(request)
    if site.spoken is not None:
        return site
    known = offered(site.channel)
    best = negotiated(request.headers.get("accept-language", ""), known)
    others = await sites(shop(request))
    mine = [one for one in others if one.channel.id == site.channel.id and one.locale == best]
    return mine[0] if mine else site


def _wants_json(request: AnyRequest) -> bool:
    """Whether JSON is liked better than a page (RFC 9110, 12.5.1); what says neither gets a
    page.
    """
    accepts = request.accept
    best = accepts.best_match(["text/html", "application/json", "application/ld+json"])
    return best in {"application/json", "application/ld+json"}


def _told(site: Site, view: ShownPassportView, found: Passport) -> dict[str, Any]:
    chain = language_chain(site.channel, site.locale)
    contents = view.contents
    title = compliance.told(contents.titles, chain)
    warning = compliance.told(contents.warnings, chain)
    return {
        "title": title[1] if title else found.sku,
        "title_locale": (title and title[0]) or None,
        "warning": warning,
        "parts": _parts(contents, chain),
        "zone": site.channel.time_zone,
    }


def _parts(contents: PassportContentsView, chain: Any) -> list[Part]:
    made = []
    for group in contents.groups:
        lines = [_line(one, chain) for one in contents.points if one.group == group.code]
        made.append(Part(_label(group.labels, chain), lines))
    return made


def _label(labels: dict[str, str], chain: Any) -> str:
    found = compliance.told(labels, chain)
    return found[1] if found else ""


def _line(point: PassportPointView, chain: Any) -> Line:
    """Texts in the best language; what is in no language besides."""
    spoken = {one.locale: one for one in point.values if one.locale is not None}
    best = compliance.told({locale: one.value for locale, one in spoken.items()}, chain)
    values: list[tuple[str, str | None]]
    values = [(one.value, None) for one in point.values if one.locale is None]
    if best is not None:
        values.append((best[1], best[0]))
    sources = [one.source for one in point.values if one.source]
    return Line(_label(point.labels, chain), values, point.unit, point.kind, sources)


ROUTES: list[HTTPRouteHandler] = [show_passport]
