"""Home, lists of products, the search.

A list is narrowed by its query: any facet's code, `price_min` and `price_max` in the currency's
unit as people write it, `in_stock`. What is none of these (`utm_source`, ...) is passed over: links
come from everywhere.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, get_args
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.money import InexactAmount, Money
from argosy.modules import projections
from argosy.modules.projections import (
    Answer,
    CategoryNotFound,
    Directory,
    ListProducts,
    ListRanked,
    ProductCard,
    ProductList,
    SearchSort,
    Sort,
)
from argosy.web.auth import shop
from argosy.web.listing import category_of, directory_of, places_of
from argosy.web.storefront.leading import category_led_on
from argosy.web.storefront.looking import Look, look_of
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

PAGE = 24
_SHOWN_AT_HOME = 12
_LONGEST_QUERY = 200
_OWN = ("cursor", "in_stock", "price_max", "price_min", "q", "sort")

_products = msgspec.json.Decoder(ProductList)
_suggested = msgspec.json.Decoder(dict[str, list[ProductCard]])


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to, and in which order it stands."""

    facets: dict[str, tuple[str, ...]]
    price_min: Money | None
    price_max: Money | None
    in_stock: bool
    sort: str
    cursor: str | None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order was chosen."""
        return bool(self.facets or self.price_min or self.price_max or self.in_stock)

    def query(self, **more: str) -> str:
        """The query of this choice, without its place in the list, and with `more`."""
        pairs = [(code, value) for code, values in self.facets.items() for value in values]
        for name, bound in (("price_min", self.price_min), ("price_max", self.price_max)):
            if bound is not None:
                pairs.append((name, str(bound.to_decimal())))
        if self.in_stock:
            pairs.append(("in_stock", "1"))
        pairs.append(("sort", self.sort))
        return urlencode([*pairs, *more.items()])


@get("/", include_in_schema=False)
async def show_home(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The categories and the newest products."""
    look = await look_of(request)
    site = look.site

    async def make() -> Made:
        directory = await directory_of(request, site.channel, window_id=site.shown_id)
        answer = await _listed(
            request,
            look,
            ListProducts(
                channel_id=site.shown_id,
                category=directory.all_products or 0,
                sort="newest",
                limit=_SHOWN_AT_HOME,
            ),
        )
        values = {
            "products": _products.decode(answer.body),
            "tops": [row for row in await categories_of(request, site) if row.parent_id is None],
        }
        html = await rendered(request, site, "storefront/home.html", values)
        return Made(html, answer.topics | frame_topics(site), answer.expires_at)

    return await kept_page(request, site, make, private=look.private)


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
    chosen = _chosen(request, site, directory, get_args(Sort), "position")

    async def make() -> Made:
        ask = ListProducts(channel_id=site.shown_id, category=term, limit=PAGE, **_asked(chosen))
        places = await places_of(request, site.channel, directory, ask)
        answer = places.ending(await _listed(request, look, places.of(ask)))
        steps = now.split("/")
        above = ["/".join(steps[: at + 1]) for at in range(len(steps))]
        trail = [by_path[one] for one in above if one in by_path]
        values = {
            "trail": trail,
            "category": trail[-1] if trail else None,
            "below": [row for row in rows if trail and row.parent_id == trail[-1].id],
            "products": _products.decode(answer.body),
            "chosen": chosen,
            "sorts": get_args(Sort),
            "path": site.path(f"/c/{quote(now)}"),
            "words": "",
            "corrections": [],
        }
        html = await _list_html(request, site, chosen, values)
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
    chosen = _chosen(request, site, directory, get_args(SearchSort), "relevance")
    corrections: tuple[tuple[str, str], ...] = ()
    if words:
        ask = ListRanked(
            channel_id=site.shown_id,
            product_ids=(),
            fingerprint=words,
            limit=PAGE,
            **_asked(chosen),
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
        "below": [],
        "products": products,
        "chosen": chosen,
        "sorts": get_args(SearchSort),
        "path": site.path("/search"),
        "words": words,
        "corrections": corrections,
    }
    if is_partial(request):
        return page(await _list_html(request, site, chosen, values))
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


async def _listed(request: Request[Any, Any, Any], look: Look, ask: ListProducts) -> Answer:
    async with shop(request).db.reading() as tx:
        answer = await projections.list_products(tx, ask)
    body = await look.priced(request, answer.body, own_prices.list_page)
    return msgspec.structs.replace(answer, body=body)


async def _list_html(
    request: Request[Any, Any, Any], site: Site, chosen: Chosen, values: Mapping[str, Any]
) -> str:
    """The whole page, its changing half, or just the next products for who asked for more."""
    if not is_partial(request):
        return await rendered(request, site, "storefront/listing.html", values)
    template = "storefront/_more.html" if chosen.cursor else "storefront/_results.html"
    return part(request, site, template, values)


def _chosen(
    request: Request[Any, Any, Any],
    site: Site,
    directory: Directory,
    sorts: tuple[str, ...],
    usual: str,
) -> Chosen:
    asked: dict[str, set[str]] = {}
    for name, value in request.query_params.multi_items():
        if name in directory.facets and name not in _OWN and value:
            asked.setdefault(name, set()).add(projections.facet_value(str(value)))
    sort = request.query_params.get("sort", usual)
    currency = site.channel.currency
    return Chosen(
        facets={name: tuple(sorted(values)) for name, values in sorted(asked.items())},
        price_min=_bound(request.query_params.get("price_min", ""), currency),
        price_max=_bound(request.query_params.get("price_max", ""), currency),
        in_stock=bool(request.query_params.get("in_stock")),
        sort=sort if sort in sorts else usual,
        cursor=request.query_params.get("cursor") or None,
    )


def _bound(text: str, currency: str) -> Money | None:
    """A price as people type it, with comma or point; None for what is no price."""
    try:
        amount = Money.from_decimal(Decimal(text.strip().replace(",", ".")), currency)
    except (InvalidOperation, InexactAmount, ValueError):
        return None
    return amount if 0 <= amount.minor <= 10**12 else None


def _asked(chosen: Chosen) -> dict[str, Any]:
    return {
        "sort": chosen.sort,
        "facets": chosen.facets,
        "price_min": None if chosen.price_min is None else chosen.price_min.minor,
        "price_max": None if chosen.price_max is None else chosen.price_max.minor,
        "in_stock": chosen.in_stock,
        "cursor": chosen.cursor,
    }


ROUTES: list[HTTPRouteHandler] = [show_home, show_category, show_search, suggest]
