"""All products of a shop for shopping engines: Google's product data as RSS 2.0."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.modules import projections
from argosy.modules.projections import (
    ProductDocument,
    ProductNotFound,
    VariantDocument,
    VariantPage,
)
from argosy.reads import shop_map as reads
from argosy.web.auth import shop
from argosy.web.storefront.feed_items import items, text
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.written import written
from argosy.workflows.app import App
from argosy.workflows.classing import class_products

_BATCH = 50
_VARIANTS = 100

_document = msgspec.json.Decoder(ProductDocument)
_variants = msgspec.json.Decoder(VariantPage)


@get("/feeds/google.xml", include_in_schema=False)
async def show_feed(request: Request[Any, Any, Any]) -> Stream | Response[bytes]:
    """Every variant that the shop shows everybody, with a price."""
    site = await site_of(request)
    name = f"feed-{site.shown_id.hex}-{site.locale}"
    return await written(request, name, lambda: _feed(shop(request), site))


async def _feed(app: App, site: Site) -> AsyncIterator[str]:
    public = app.settings.public_url
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n'
        f"<title>{text(site.channel.name)}</title><link>{text(public + site.path('/'))}</link>"
        f"<description>{text(site.channel.name)}</description>\n"
    )
    last = UUID(int=0)
    while True:
        async with app.db.reading() as tx:
            found = await reads.documents_after(tx, site.shown_id, last, _BATCH)
            classed = await class_products(tx, [one for one, _ in found], "google")
        for product_id, body in found:
            product = _document.decode(body)
            known = classed.get(product_id)
            async for variants in _variants_of(app, site, product):
                yield "".join(
                    items(
                        product,
                        variants,
                        address=public + site.path(f"/p/{quote(product.slug, safe='')}"),
                        public_url=public,
                        google_category=known.node.code if known else None,
                    )
                )
        if len(found) < _BATCH:
            break
        last = found[-1][0]
    yield "</channel></rss>\n"


async def _variants_of(
    app: App, site: Site, product: ProductDocument
) -> AsyncIterator[list[VariantDocument]]:
    """The variants, a page at a time: those in the document, then the others if there are more."""
    yield product.variants.items
    cursor = product.variants.next_cursor
    while cursor is not None:
        try:
            async with app.db.reading() as tx:
                answer = await projections.variants_page(
                    tx, site.shown_id, product.slug, cursor=cursor, limit=_VARIANTS
                )
        except ProductNotFound:
            return  # it was taken out of the window meanwhile
        page = _variants.decode(answer.body)
        yield page.items
        cursor = page.next_cursor


ROUTES: list[HTTPRouteHandler] = [show_feed]
