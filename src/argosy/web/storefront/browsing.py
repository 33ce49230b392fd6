"""Home, the lists of categories, the search."""

from datetime import timedelta
from typing import Any, get_args
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.modules import projections
from argosy.modules.projections import (
    CategoryNotFound,
    Directory,
    ListProducts,
    ListRanked,
    MediaDocument,
    ProductCard,
    ProductList,
    SearchSort,
    Sort,
)
from argosy.reads.product_document import CategoryRow
from argosy.runtime.cache import Fill
from argosy.web.auth import shop
from argosy.web.listing import category_of, directory_of, places_of
from argosy.web.storefront.collected import tiles_of
from argosy.web.storefront.leading import category_led_on
from argosy.web.storefront.looking import look_of
from argosy.web.storefront.narrowing import PAGE, asked_of, chosen_of, list_html, listed
from argosy.web.storefront.showing import (
    Made,
    categories_of,
    frame_topics,
    is_partial,
    kept_page,
    lead_to,
    page,
    part,
    personal_page,
    rendered,
)
from argosy.web.storefront.sites import Site
from argosy.web.storefront.visitors import visitor_of
from argosy.workflows import own_prices, search_log, searching

_SHOWN_AT_HOME = 12
_COLLECTIONS_AT_HOME = 8
_LONGEST_QUERY = 200
_PICTURED, _PICTURES_KEPT = 12, timedelta(minutes=10)

_products = msgspec.json.Decoder(ProductList)
_suggested = msgspec.json.Decoder(dict[str, list[ProductCard]])


@get("/", include_in_schema=False)
async def show_home(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The categories and the newest products."""
    look = await look_of(request)
    site = look.site

    async def make() -> Made:
        directory = await directory_of(request, site.channel, window_id=site.shown_id)
        answer = await listed(
            request,
            look,
            ListProducts(
                channel_id=site.shown_id,
                category=directory.all_products or 0,
                sort="newest",
                limit=_SHOWN_AT_HOME,
            ),
        )
        tiles = await tiles_of(request, site)
        values = {
            "products": _products.decode(answer.body),
            "collections": tiles.shown[:_COLLECTIONS_AT_HOME],
            "tops": await _tops(request, site, directory),
        }
        html = await rendered(request, site, "storefront/home.html", values)
        ends = tiles.until(answer.expires_at)
        return Made(html, answer.topics | frame_topics(site), ends)

    return await kept_page(request, site, make, private=look.private)


async def _tops(
    request: Request[Any, Any, Any], site: Site, directory: Directory
) -> list[tuple[CategoryRow, MediaDocument | None]]:
    """The categories at the top, each with the photograph of the first product in it."""
    app = shop(request)
    rows = [row for row in await categories_of(request, site) if row.parent_id is None]

    async def load() -> Fill[dict[UUID, MediaDocument | None]]:
        found = {}
        async with app.db.reading() as tx:
            for row in rows[:_PICTURED]:
                term = directory.by_path.get(row.path, 0)
                ask = ListProducts(channel_id=site.shown_id, category=term, limit=1)
                first = _products.decode((await projections.list_products(tx, ask)).body).items
                found[row.id] = first[0].image if first else None
            ends = tx.now + _PICTURES_KEPT
        topics = frame_topics(site)
        return Fill(found, topics=topics, size=2000 * len(found), expires_at=ends)

    pictures = await app.cache.get(("category pictures", site.shown_id), load)
    return [(row, pictures.get(row.id)) for row in rows]


@get("/c/{path:path}", include_in_schema=False)
async def show_category(request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    """A category with all below it. A former path leads to the present one."""
    look = await look_of(request)
    site = look.site
    directory = await directory_of(request, site.channel, window_id=site.shown_id)
    wanted = path.strip("/")
    try:
        term = await category_of(request, directory, wanted)
    except CategoryNotFound:
        led = await category_led_on(request, site, wanted)
        if led is None:
            raise
        return led
    rows = await categories_of(request, site)
    by_path = {row.path: row for row in rows}
    now = wanted
    if directory.by_path.get(wanted) != term:  # asked for by a former path, or by its id
        now = next((name for name, at in directory.by_path.items() if at == term), wanted)
    if now != wanted and now in by_path:
        return lead_to(site.path(f"/c/{quote(now)}"), status=301)
    chosen = chosen_of(request, site, directory, get_args(Sort), "position")

    async def make() -> Made:
        ask = ListProducts(channel_id=site.shown_id, category=term, limit=PAGE, **asked_of(chosen))
        places = await places_of(request, site.channel, directory, ask)
        answer = places.ending(await listed(request, look, places.of(ask)))
        steps = now.split("/")
        above = ["/".join(steps[: at + 1]) for at in range(len(steps))]
        trail = [by_path[one] for one in above if one in by_path]
        values = {
            "trail": trail,
            "category": trail[-1] if trail else None,
            "collection": None,
            "below": [row for row in rows if trail and row.parent_id == trail[-1].id],
            "products": _products.decode(answer.body),
            "chosen": chosen,
            "sorts": get_args(Sort),
            "path": site.path(f"/c/{quote(now)}"),
            "words": "",
            "corrections": [],
        }
        html = await list_html(request, site, chosen, values)
        return Made(html, answer.topics | frame_topics(site), answer.expires_at)

    asked = chosen.query(cursor=chosen.cursor or "")
    return await kept_page(request, site, make, asked=asked, private=look.private)


@get("/search", include_in_schema=False)
async def show_search(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What was found for the words of `q`, best first."""
    look = await look_of(request)
    site = look.site
    directory = await directory_of(request, site.channel, window_id=site.shown_id)
    words = request.query_params.get("q", "").strip()[:_LONGEST_QUERY]
    chosen = chosen_of(request, site, directory, get_args(SearchSort), "relevance")
    corrections: tuple[tuple[str, str], ...] = ()
    if words:
        ask = ListRanked(
            channel_id=site.shown_id,
            product_ids=(),
            fingerprint=words,
            limit=PAGE,
            **asked_of(chosen),
        )
        made = await searching.search_page(shop(request), look.shown, ask, else_in=site.channel)
        if not chosen.cursor:
            found = len(made.found.product_ids)
            search_log.note_search(shop(request), site.channel.id, words, found)
        corrections = made.found.corrections
        body = made.answer.body
        products = _products.decode(await look.priced(request, body, own_prices.list_page))
    else:
        products = ProductList(items=[], next_cursor=None, total=0, facets=[])
    values: dict[str, Any] = {
        "trail": [],
        "category": None,
        "collection": None,
        "below": [],
        "products": products,
        "chosen": chosen,
        "sorts": get_args(SearchSort),
        "path": site.path("/search"),
        "words": words,
        "corrections": corrections,
    }
    if is_partial(request):
        return page(await list_html(request, site, chosen, values))
    visitor = visitor_of(request, site)
    return await personal_page(request, site, "storefront/listing.html", values, visitor=visitor)


@get("/search/suggestions", include_in_schema=False)
async def suggest(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The list under the search box, while somebody types."""
    look = await look_of(request)
    site = look.site
    words = request.query_params.get("q", "").strip()[:_LONGEST_QUERY]
    if len(words) < 2:
        return page("")
    suggested, cards = await searching.suggest(
        shop(request), look.shown, words, 5, else_in=site.channel
    )
    body = b'{"products":[%s]}' % b",".join(cards)
    body = await look.priced(request, body, own_prices.suggestions)
    values = {
        "completions": suggested.completions,
        "products": _suggested.decode(body)["products"],
        "words": words,
    }
    return page(part(request, site, "storefront/_suggestions.html", values))


ROUTES: list[HTTPRouteHandler] = [show_home, show_category, show_search, suggest]
