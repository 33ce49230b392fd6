"""Where an address of the shop leads that no page has: former ones, redirects, what is gone.

It is decided as `GET /v1/resolve` decides, in the visitor's window: a product or category that is
shown elsewhere now is led to (301), what is gone for good says so (410), all else is not found.
Addresses of shops before (`/products/...`) lead to the pages of this one.
"""

from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.modules import brands, collections
from argosy.modules.brands import BrandNotFound
from argosy.modules.collections import CollectionNotFound
from argosy.modules.paths import (
    Gone,
    Here,
    Moved,
    PathGone,
    PathInvalid,
    Thing,
    Unknown,
    path_of,
    thing_of,
)
from argosy.reads import product_document as reads
from argosy.runtime.db import Tx
from argosy.web.auth import shop
from argosy.web.listing import directory_of
from argosy.web.pages.failing import wants_page
from argosy.web.problems import RouteUnknown
from argosy.web.storefront.looking import look_of
from argosy.web.storefront.showing import categories_of, lead_to
from argosy.web.storefront.sites import Site
from argosy.workflows.addressing import Found, locate

_URL: Final = ":/?#[]@!$&'()*+,;=%-._~"


@get("/{path:path}", include_in_schema=False)
async def show_elsewhere(request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    """Any path that is no page of ours, for browsers and crawlers: programs that err are told so
    without a statement. Raises RouteUnknown, PathGone.
    """
    if not wants_page(request):
        raise RouteUnknown("There is nothing at this path.")
    look = await look_of(request)
    found = await led_on(request, look.site, (path,))
    if found is None:
        raise RouteUnknown("There is nothing at this path.")
    return found


async def product_led_on(
    request: Request[Any, Any, Any], site: Site, slug: str
) -> Response[bytes] | None:
    """Where the page of a product leads that is not shown; None: it is not found."""
    return await led_on(request, site, (f"/p/{slug}", path_of("product", slug)))


async def category_led_on(
    request: Request[Any, Any, Any], site: Site, name: str
) -> Response[bytes] | None:
    """Where the page of a category leads that is not shown; None: it is not found."""
    return await led_on(request, site, (f"/c/{name}", path_of("category", name)))


async def collection_led_on(
    request: Request[Any, Any, Any], site: Site, slug: str
) -> Response[bytes] | None:
    """Where the page of a collection leads that is not shown; None: it is not found."""
    return await led_on(request, site, (path_of("collection", slug),))


async def brand_led_on(
    request: Request[Any, Any, Any], site: Site, slug: str
) -> Response[bytes] | None:
    """Where the page of a brand leads that is not there; None: it is not found."""
    return await led_on(request, site, (path_of("brand", slug),))


async def led_on(
    request: Request[Any, Any, Any], site: Site, names: tuple[str, ...]
) -> Response[bytes] | None:
    """A redirect to what one of these paths, the first known one, leads to; None: none is known.

    The query goes along within the shop. Raises PathGone.
    """
    async with shop(request).db.reading() as tx:
        found = await _located(tx, site, names)
        if isinstance(found, Gone):
            replacement = found.replacement and await _page_at(request, tx, site, found.replacement)
            raise PathGone("What was here is gone.", field="path", replacement=replacement)
        target = await _target(request, tx, site, found)
    if target is None or target == site.path(request.scope["path"]):
        return None
    query = request.scope["query_string"].decode("latin-1")
    if query and target.startswith("/") and "?" not in target:
        target = f"{target}?{query}"
    return lead_to(quote(target, safe=_URL), status=301)


async def _located(tx: Tx, site: Site, names: tuple[str, ...]) -> Found:
    for name in names:
        try:
            found = await locate(tx, name, site.scope)
        except PathInvalid:
            continue
        if not isinstance(found, Unknown):
            return found
    return Unknown()


async def _target(request: Request[Any, Any, Any], tx: Tx, site: Site, found: Found) -> str | None:
    match found:
        case Here(thing=thing) | Moved(thing=Thing() as thing):
            return await _page_of(request, tx, site, thing)
        case Moved(target=target):
            return await _page_at(request, tx, site, target)
        case _:
            return None


async def _page_at(request: Request[Any, Any, Any], tx: Tx, site: Site, target: str) -> str | None:
    """The page for a path as the staff and the API write it, or an address elsewhere as it is."""
    if not target.startswith("/"):
        return target
    if thing_of(target) is None:
        return site.path(target)
    found = await locate(tx, target, site.scope)
    return await _page_of(request, tx, site, found.thing) if isinstance(found, Here) else None


async def _page_of(request: Request[Any, Any, Any], tx: Tx, site: Site, thing: Thing) -> str | None:
    """The page of a thing in this window, if it is shown there."""
    if thing.kind == "product":
        slug = (await reads.slugs_in(tx, thing.id, [site.shown_id])).get(site.shown_id)
        return None if slug is None else site.path(f"/p/{slug}")
    if thing.kind == "category":
        path = await _category_path(request, site, thing.id)
        return None if path is None else site.path(f"/c/{path}")
    if thing.kind == "collection":
        return await _collection_path(request, tx, site, thing.id)
    return await _brand_path(tx, site, thing.id)


async def _brand_path(tx: Tx, site: Site, brand_id: UUID) -> str | None:
    try:
        return site.path(f"/brands/{(await brands.brand_by_id(tx, brand_id)).slug}")
    except BrandNotFound:
        return None


async def _collection_path(
    request: Request[Any, Any, Any], tx: Tx, site: Site, collection_id: UUID
) -> str | None:
    directory = await directory_of(request, site.channel, window_id=site.shown_id)
    try:
        slug = (await collections.collection_by_id(tx, collection_id)).slug
    except CollectionNotFound:
        return None
    return site.path(f"/collections/{slug}") if slug in directory.collections else None


async def _category_path(
    request: Request[Any, Any, Any], site: Site, category_id: UUID
) -> str | None:
    rows = await categories_of(request, site)
    return next((row.path for row in rows if row.id == category_id), None)


ROUTES: list[HTTPRouteHandler] = [show_elsewhere]
