"""Pages of collections: all that the shop shows, and the products of one."""

from datetime import datetime
from typing import Any, NamedTuple, get_args
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.modules import collections, projections
from argosy.modules.collections import Collection, CollectionNotFound
from argosy.modules.projections import ListProducts, MediaDocument, ProductList, Sort
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.web.auth import shop
from argosy.web.listing import collection_of, directory_of
from argosy.web.storefront.leading import collection_led_on
from argosy.web.storefront.looking import look_of
from argosy.web.storefront.narrowing import PAGE, asked_of, chosen_of, list_html, listed
from argosy.web.storefront.showing import Made, frame_topics, kept_page, rendered
from argosy.web.storefront.sites import Site, site_of
from argosy.workflows.picturing import looked_at_again, shown_pictures
from argosy.workflows.voicing import spoken_collections

_products = msgspec.json.Decoder(ProductList)


class Tile(NamedTuple):
    """A collection as it is shown among others."""

    title: str
    path: str
    image: MediaDocument | None


class Tiles(NamedTuple):
    """The collections of a shop, and until when they are these."""

    shown: list[Tile]
    ends: datetime | None

    def until(self, other: datetime | None) -> datetime | None:
        """When what is made of these, and holds until then, has to be made anew."""
        return min((at for at in (self.ends, other) if at is not None), default=None)


async def tiles_of(request: Request[Any, Any, Any], site: Site) -> Tiles:
    """The collections that the shop shows, in display order. Kept until they change."""
    app = shop(request)

    async def load() -> Fill[Tiles]:
        async with app.db.reading() as tx:
            shown = await collections.shown_collections(tx, site.channel.id)
            told = await spoken_collections(tx, shown, site.channel, site.locale)
            found = await shown_pictures(tx, (one.media_id for one in told), site.locale)
            ends = await collections.next_change(tx, site.channel.id)
            ends = looked_at_again(tx, found, ends)
        tiles = [_tile(one, found.get(one.media_id) if one.media_id else None) for one in told]
        size = 3000 * len(tiles)
        return Fill(Tiles(tiles, ends), topics=frame_topics(site), size=size, expires_at=ends)

    return await app.cache.get(("collection tiles", site.prefix), load)


def _tile(one: Collection, image: MediaDocument | None) -> Tile:
    return Tile(one.title, f"/collections/{quote(one.slug, safe='')}", image)


@get("/collections", include_in_schema=False)
async def show_collections(request: Request[Any, Any, Any]) -> Response[bytes]:
    """All collections of the shop."""
    site = await site_of(request)

    async def make() -> Made:
        tiles = await tiles_of(request, site)
        values = {"tiles": tiles.shown}
        html = await rendered(request, site, "storefront/collections.html", values)
        return Made(html, frame_topics(site), tiles.ends)

    return await kept_page(request, site, make)


@get("/collections/{slug:str}", include_in_schema=False)
async def show_collection(request: Request[Any, Any, Any], slug: str) -> Response[bytes]:
    """A collection's products, in its own order unless another is asked for. A former slug leads to
    the present one.
    """
    look = await look_of(request)
    site = look.site
    directory = await directory_of(request, site.channel, window_id=site.shown_id)
    try:
        term, usual = collection_of(directory, slug)
    except CollectionNotFound:
        led = await collection_led_on(request, site, slug)
        if led is None:
            raise
        return led
    chosen = chosen_of(request, site, directory, get_args(Sort), usual)

    async def make() -> Made:
        ask = ListProducts(channel_id=site.shown_id, category=term, limit=PAGE, **asked_of(chosen))
        answer = await listed(request, look, ask)
        async with shop(request).db.reading() as tx:
            one = await _said(tx, site, slug)
            ends = await collections.next_change(tx, site.channel.id)
        values: dict[str, Any] = {
            "trail": [],
            "category": None,
            "collection": one,
            "below": [],
            "products": _products.decode(answer.body),
            "chosen": chosen,
            "sorts": get_args(Sort),
            "path": site.path(f"/collections/{quote(slug, safe='')}"),
            "words": "",
            "corrections": [],
        }
        html = await list_html(request, site, chosen, values)
        directories = {projections.directory_topic(id_) for id_ in (site.shown_id, site.channel.id)}
        topics = answer.topics | frame_topics(site) | directories
        return Made(html, topics, Tiles([], ends).until(answer.expires_at))

    asked = chosen.query(cursor=chosen.cursor or "")
    return await kept_page(request, site, make, asked=asked, private=look.private)


async def _said(tx: Tx, site: Site, slug: str) -> Collection:
    named = await collections.collection_by_slug(tx, slug, site.channel.id)
    [one] = await spoken_collections(tx, [named], site.channel, site.locale)
    return one


ROUTES: list[HTTPRouteHandler] = [show_collections, show_collection]
