"""What search engines read first: `robots.txt`, and for each shop the map of its pages.

A map is an index of parts, of at most 50,000 addresses each (sitemaps.org). A product's `lastmod`
is when what is said of it was changed: not its stock, which changes all the time.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.reads import shop_map as reads
from argosy.runtime.cache import Fill
from argosy.web.auth import shop
from argosy.web.listing import directory_of
from argosy.web.pages.forms import whole_number
from argosy.web.problems import RouteUnknown
from argosy.web.storefront.branded import brand_paths
from argosy.web.storefront.feed_items import text
from argosy.web.storefront.showing import categories_of
from argosy.web.storefront.sites import Site, site_of, sites
from argosy.web.storefront.written import KEPT_S, written

MOST_ADDRESSES = 50_000
_BATCH = 1000
_PRIVATE = ("/account", "/cart", "/checkout", "/orders/", "/search")
_PROGRAMS = ("/admin", "/v1/", "/webhooks/")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


@get("/robots.txt", include_in_schema=False, media_type="text/plain; charset=utf-8")
async def show_robots(request: Request[Any, Any, Any]) -> Response[str]:
    """What crawlers may visit, and where the maps of all shops are."""
    public, found = shop(request).settings.public_url, await sites(shop(request))
    closed = [*_PROGRAMS, *(site.path(path) for site in found for path in _PRIVATE)]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]
    lines += [f"Sitemap: {public}{site.path('/sitemap.xml')}" for site in found]
    headers = {"Cache-Control": f"public, max-age={KEPT_S}"}
    return Response("\n".join(lines) + "\n", headers=headers)


@get("/sitemap.xml", include_in_schema=False)
async def show_map(request: Request[Any, Any, Any]) -> Stream | Response[bytes]:
    """The index of the shop's maps."""
    site = await site_of(request)
    starts = await _starts(request, site)
    parts = (f"/sitemap-products.xml?part={number}" for number in range(1, len(starts) + 1))
    base = shop(request).settings.public_url

    async def lines() -> AsyncIterator[str]:
        yield f"{_HEAD}<sitemapindex {_SPACE}>\n"
        for path in ("/sitemap-pages.xml", *parts):
            yield f"<sitemap><loc>{text(base + site.path(path))}</loc></sitemap>\n"
        yield "</sitemapindex>\n"

    return await written(request, _name(site, "index"), lines)


@get("/sitemap-pages.xml", include_in_schema=False)
async def show_page_map(request: Request[Any, Any, Any]) -> Stream | Response[bytes]:
    """The home page, and the categories, collections and brands of which something is shown."""
    site = await site_of(request)
    rows = await categories_of(request, site)
    directory = await directory_of(request, site.channel, window_id=site.shown_id)
    collections = (f"/collections/{quote(slug, safe='')}" for slug in sorted(directory.collections))
    paths = ["/", *(f"/c/{quote(row.path)}" for row in rows), *collections]
    paths += [path async for path in brand_paths(request, site)]
    paths = paths[:MOST_ADDRESSES]
    base = shop(request).settings.public_url

    async def lines() -> AsyncIterator[str]:
        yield f"{_HEAD}<urlset {_SPACE}>\n"
        for path in paths:
            yield f"<url><loc>{text(base + site.path(path))}</loc></url>\n"
        yield "</urlset>\n"

    return await written(request, _name(site, "pages"), lines)


@get("/sitemap-products.xml", include_in_schema=False)
async def show_product_map(request: Request[Any, Any, Any]) -> Stream | Response[bytes]:
    """A part of the products. Raises RouteUnknown for a part that the index does not name."""
    site = await site_of(request)
    starts = await _starts(request, site)
    part = request.query_params.get("part", "")
    number = whole_number(part, least=1, most=len(starts))
    if number is None:
        raise RouteUnknown("The map of this shop has no such part.")
    name = _name(site, f"products-{number}")
    return await written(request, name, lambda: _products(request, site, starts, number - 1))


async def _products(
    request: Request[Any, Any, Any], site: Site, starts: Sequence[UUID], at: int
) -> AsyncIterator[str]:
    """The products from the start of a part to before the start of the next one."""
    base = shop(request).settings.public_url
    until = starts[at + 1] if at + 1 < len(starts) else None
    following: UUID | None = starts[at]
    left = MOST_ADDRESSES
    yield f"{_HEAD}<urlset {_SPACE}>\n"
    while following is not None and left:
        asked = min(_BATCH, left)
        async with shop(request).db.reading() as tx:
            # One more than are told: where the next batch begins.
            found = await reads.addresses_from(tx, site.shown_id, following, asked + 1)
        told = [one for one in found[:asked] if until is None or one.product_id < until]
        following = found[asked].product_id if len(told) == asked < len(found) else None
        left -= len(told)
        yield "".join(
            f"<url><loc>{text(base + site.path('/p/' + quote(one.slug, safe='')))}</loc>"
            f"<lastmod>{one.changed_at:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>\n"
            for one in told
        )
    yield "</urlset>\n"


async def _starts(request: Request[Any, Any, Any], site: Site) -> list[UUID]:
    """Where the parts begin; looked up once an hour, so that index and parts agree."""
    app = shop(request)

    async def load() -> Fill[list[UUID]]:
        async with app.db.reading() as tx:
            found = await reads.page_starts(tx, site.shown_id, MOST_ADDRESSES)
        ends = datetime.fromtimestamp((hour + 1) * KEPT_S, UTC)
        return Fill(found, topics=frozenset(), size=100 * len(found), expires_at=ends)

    hour = int(app.db.clock().timestamp()) // KEPT_S
    return await app.cache.get(("map starts", site.shown_id), load)


def _name(site: Site, part: str) -> str:
    return f"map-{site.shown_id.hex}-{site.locale}-{part}"


ROUTES: list[HTTPRouteHandler] = [show_robots, show_map, show_page_map, show_product_map]
