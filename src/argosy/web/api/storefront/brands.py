"""Brands of which a channel shows products. Their products: `GET /v1/products?brand=`."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.ids import encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import brands, projections
from argosy.modules.brands import Brand, BrandNotFound
from argosy.modules.paths import Gone, Moved, PathGone, PathInvalid, Scope
from argosy.modules.projections import Answer, MediaDocument
from argosy.reads.shown_brands import shown_brands, shown_of_brand
from argosy.runtime.db import Tx
from argosy.web.auth import PUBLISHABLE, shop
from argosy.web.languages import LocaleParameter
from argosy.web.listing import directory_of
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.web.prepared import answers, kept, prepared
from argosy.web.windows import ShownWindow, window_of
from argosy.workflows.addressing import locate
from argosy.workflows.picturing import looked_at_again, shown_pictures
from argosy.workflows.voicing import spoken_brands

_encode = msgspec.json.Encoder().encode


class BrandView(msgspec.Struct, frozen=True, kw_only=True):
    """A brand. `products` is where this API lists its products, `path` where a page of it belongs;
    `product_count` counts those that can be bought.
    """

    id: str
    slug: str
    path: str
    name: str
    description: str
    image: MediaDocument | None
    seo_title: str
    seo_description: str
    product_count: int
    products: str


def _view(brand: Brand, count: int, found: dict[UUID, MediaDocument]) -> BrandView:
    return BrandView(
        id=encode("brand", brand.id),
        slug=brand.slug,
        path=f"/brands/{brand.slug}",
        name=brand.name,
        description=brand.description,
        image=found.get(brand.media_id) if brand.media_id else None,
        seo_title=brand.seo_title,
        seo_description=brand.seo_description,
        product_count=count,
        products=f"/v1/products?brand={quote(brand.key, safe='')}",
    )


@get(
    "/v1/brands",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(Page[BrandView]),
    problems=[CursorInvalid],
)
async def list_brands(
    request: Request[Any, Any, Any],
    cursor: CursorText = None,
    limit: Limit = 50,
    locale: LocaleParameter = None,
) -> Response[bytes]:
    """Brands of which the channel shows products that can be bought, by name."""
    window = await window_of(request)
    channel = window.shown
    topics = await _topics(request, window)
    filters = filters_of("brands", channel=channel.id)
    keys = after(cursor, filters, length=1)

    async def read(tx: Tx) -> Answer:
        counts = await shown_brands(tx, channel.id, str(keys[0]) if keys else "", limit + 1)
        named = await brands.brands_by_key(tx, [key for key, _ in counts])
        spoken = await spoken_brands(tx, named, window.channel, channel.locale)
        found = {b.key: b for b in spoken}
        images = await shown_pictures(tx, (b.media_id for b in spoken), channel.locale)
        page = page_of(counts, limit=limit, filters=filters, keys=lambda r: (r[0],), show=_same)
        items = [_view(found[k], n, images) for k, n in page.items if k in found]
        body = _encode(Page(items=items, next_cursor=page.next_cursor))
        return Answer(body=body, topics=topics, expires_at=looked_at_again(tx, images))

    return await prepared(request, window, read)


def _same(row: tuple[str, int]) -> tuple[str, int]:
    return row


async def _topics(request: Request[Any, Any, Any], window: ShownWindow) -> frozenset[str]:
    # Counts change with the list of all products, texts are forgotten with the directory.
    shown = window.shown.id
    directory = await directory_of(request, window.channel, window_id=shown)
    everything = projections.list_topic(directory.all_products or 0)
    channels = {projections.directory_topic(each) for each in (shown, window.channel.id)}
    return frozenset({everything, *channels})


@get(
    "/v1/brands/{slug:str}",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(BrandView, moved="The brand's slug has changed."),
    problems=[BrandNotFound, PathGone],
)
async def get_brand(
    request: Request[Any, Any, Any], slug: str, locale: LocaleParameter = None
) -> Response[bytes]:
    """A brand. A former slug answers 301 with the present one."""
    window = await window_of(request)
    channel = window.shown
    topics = await _topics(request, window)

    async def read(tx: Tx) -> Answer:
        named = await brands.brand_by_slug(tx, slug)
        [brand] = await spoken_brands(tx, [named], window.channel, channel.locale)
        count = await shown_of_brand(tx, channel.id, brand.key)
        images = await shown_pictures(tx, [brand.media_id], channel.locale)
        body = _encode(_view(brand, count, images))
        return Answer(body=body, topics=topics, expires_at=looked_at_again(tx, images))

    try:
        return await prepared(request, window, read)
    except BrandNotFound as missing:
        try:
            async with shop(request).db.reading() as tx:
                match await locate(tx, f"/brands/{slug}", Scope(channel_id=window.channel.id)):
                    case Moved(target=target, shown=True) if target.startswith("/brands/"):
                        headers = {"Location": f"/v1{target}", "Cache-Control": "no-cache"}
                        return Response(b"", status_code=301, headers=headers)
                    case Gone(replacement=instead):
                        raise PathGone("It is gone.", field="slug", replacement=instead)
                    case _:
                        raise missing
        except PathInvalid:
            raise missing from None


ROUTES: list[HTTPRouteHandler] = [list_brands, get_brand]
