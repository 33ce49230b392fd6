"""Pages of brands: all of which the shop shows products, and the products of one."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple, get_args
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.modules import brands, projections
from argosy.modules.brands import Brand, BrandNotFound
from argosy.modules.projections import ListProducts, ProductList, Sort
from argosy.reads.shown_brands import shown_brands
from argosy.runtime.db import Tx
from argosy.web.auth import shop
from argosy.web.listing import directory_of
from argosy.web.storefront.leading import brand_led_on
from argosy.web.storefront.looking import look_of
from argosy.web.storefront.narrowing import PAGE, asked_of, chosen_of, list_html, listed
from argosy.web.storefront.showing import Made, frame_topics, kept_page, rendered
from argosy.web.storefront.sites import Site, site_of
from argosy.workflows.voicing import spoken_brands

BRAND = "brand"
_BRANDS = 200
_BATCH = 1000
_LONGEST_KEY = 100

_products = msgspec.json.Decoder(ProductList)


class Entry(NamedTuple):
    """A brand in the list of all."""

    name: str
    path: str
    products: int


class Headed(NamedTuple):
    """What a brand's page says of itself, in the words of the list's template."""

    title: str
    seo_title: str
    seo_description: str
    description: str


@get("/brands", include_in_schema=False)
async def show_brands(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The brands of which there is something to buy, by name, 200 on a page."""
    site = await site_of(request)
    after = projections.facet_value(request.query_params.get("after", "")[:_LONGEST_KEY])
    directory = await directory_of(request, site.channel, window_id=site.shown_id)

    async def make() -> Made:
        async with shop(request).db.reading() as tx:
            counts = await shown_brands(tx, site.shown_id, after, _BRANDS + 1)
            found = await _spoken(tx, site, [key for key, _ in counts[:_BRANDS]])
        entries = [
            Entry(found[key].name, _path(site, found[key]), products)
            for key, products in counts[:_BRANDS]
            if key in found
        ]
        further = {"after": counts[_BRANDS - 1][0]} if len(counts) > _BRANDS else None
        path = site.path("/brands")
        values = {
            "brands": entries,
            "path": f"{path}?{urlencode({'after': after})}" if after else path,
            "further": further and f"{path}?{urlencode(further)}",
        }
        html = await rendered(request, site, "storefront/brands.html", values)
        everything = projections.list_topic(directory.all_products or 0)
        return Made(html, _topics(site) | {everything})

    return await kept_page(request, site, make, asked=after)


@get("/brands/{slug:str}", include_in_schema=False)
async def show_brand(request: Request[Any, Any, Any], slug: str) -> Response[bytes]:
    """A brand's products, narrowed and sorted as every list. A former slug leads to the present
    one.
    """
    look = await look_of(request)
    site = look.site
    directory = await directory_of(request, site.channel, window_id=site.shown_id)
    asked = chosen_of(request, site, directory, get_args(Sort), "position")
    others = {code: values for code, values in asked.facets.items() if code != BRAND}
    chosen = msgspec.structs.replace(asked, facets=others)

    async def make() -> Made:
        async with shop(request).db.reading() as tx:
            named = await brands.brand_by_slug(tx, slug)
            brand = (await _spoken(tx, site, [named.key]))[named.key]
        wanted = asked_of(chosen)
        wanted["facets"] = dict(sorted((others | {BRAND: (named.key,)}).items()))
        everything = directory.all_products or 0
        ask = ListProducts(channel_id=site.shown_id, category=everything, limit=PAGE, **wanted)
        answer = await listed(request, look, ask)
        products = _products.decode(answer.body)
        facets = [facet for facet in products.facets or [] if facet.code != BRAND]
        title = brand.name
        values: dict[str, Any] = {
            "trail": [],
            "category": None,
            "collection": Headed(title, brand.seo_title, brand.seo_description, brand.description),
            "below": [],
            "products": msgspec.structs.replace(products, facets=facets),
            "chosen": chosen,
            "sorts": get_args(Sort),
            "path": _path(site, brand),
            "words": "",
            "corrections": [],
        }
        html = await list_html(request, site, chosen, values)
        return Made(html, answer.topics | _topics(site), answer.expires_at)

    query = chosen.query(cursor=chosen.cursor or "")
    try:
        return await kept_page(request, site, make, asked=query, private=look.private)
    except BrandNotFound:
        led = await brand_led_on(request, site, slug)
        if led is None:
            raise
        return led


async def brand_paths(request: Request[Any, Any, Any], site: Site) -> AsyncIterator[str]:
    """The pages of all brands of which the shop shows something, as paths of the shop."""
    after, more = "", True
    while more:
        async with shop(request).db.reading() as tx:
            counts = await shown_brands(tx, site.shown_id, after, _BATCH)
            named = await brands.brands_by_key(tx, [key for key, _ in counts])
        for one in named:
            yield f"/brands/{quote(one.slug, safe='')}"
        more = len(counts) == _BATCH
        after = counts[-1][0] if counts else ""


async def brand_page(tx: Tx, site: Site, text: str) -> str | None:
    """The page of the brand that a product names; None when nobody has made one of it yet."""
    named = await brands.brands_by_key(tx, [brands.brand_key(text)]) if text.strip() else []
    return _path(site, named[0]) if named else None


async def _spoken(tx: Tx, site: Site, keys: list[str]) -> dict[str, Brand]:
    named = await brands.brands_by_key(tx, keys)
    spoken = await spoken_brands(tx, named, site.channel, site.locale)
    return {one.key: one for one in spoken}


def _path(site: Site, brand: Brand) -> str:
    return site.path(f"/brands/{quote(brand.slug, safe='')}")


def _topics(site: Site) -> frozenset[str]:
    """Names and texts of brands are forgotten with what lists can be asked for."""
    ids: set[UUID] = {site.shown_id, site.channel.id}
    return frame_topics(site) | {projections.directory_topic(each) for each in ids}


ROUTES: list[HTTPRouteHandler] = [show_brands, show_brand]
