"""Collections that a channel shows. Their products: `GET /v1/products?collection=`."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.ids import encode
from argosy.modules import collections, projections
from argosy.modules.collections import Collection, CollectionNotFound, CollectionSort
from argosy.modules.paths import Gone, Moved, PathGone, PathInvalid, Scope
from argosy.modules.projections import Answer, MediaDocument
from argosy.runtime.db import Tx
from argosy.web.auth import PUBLISHABLE, shop
from argosy.web.languages import LocaleParameter
from argosy.web.prepared import answers, kept, prepared
from argosy.web.windows import window_of
from argosy.workflows.addressing import locate
from argosy.workflows.picturing import looked_at_again, shown_pictures
from argosy.workflows.voicing import spoken_collections

_encode = msgspec.json.Encoder().encode


class CollectionView(msgspec.Struct, frozen=True, kw_only=True):
    """A collection. `sort` is the order of `GET /v1/products?collection=` unless you ask for
    another; `path` is where a page of it belongs.
    """

    id: str
    slug: str
    path: str
    title: str
    description: str
    sort: CollectionSort
    image: MediaDocument | None
    seo_title: str
    seo_description: str


class CollectionList(msgspec.Struct, frozen=True, kw_only=True):
    """The collections of the channel in display order; never more than one page."""

    items: list[CollectionView]
    next_cursor: str | None = None


def _view(collection: Collection, found: dict[UUID, MediaDocument]) -> CollectionView:
    return CollectionView(
        id=encode("collection", collection.id),
        slug=collection.slug,
        path=f"/collections/{collection.slug}",
        title=collection.title,
        description=collection.description,
        sort=collection.sort,
        image=found.get(collection.media_id) if collection.media_id else None,
        seo_title=collection.seo_title,
        seo_description=collection.seo_description,
    )


async def _answer(
    tx: Tx, body: bytes, channel_id: UUID, found: dict[UUID, MediaDocument]
) -> Answer:
    """What tells of a channel's collections: it ends when one begins or ceases to be shown, and
    while pictures wait for renditions.
    """
    topics = frozenset({projections.directory_topic(channel_id)})
    ends = await collections.next_change(tx, channel_id)
    return Answer(body=body, topics=topics, expires_at=looked_at_again(tx, found, ends))


@get(
    "/v1/collections",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(CollectionList),
)
async def list_collections(
    request: Request[Any, Any, Any], locale: LocaleParameter = None
) -> Response[bytes]:
    """The collections that the channel shows."""
    window = await window_of(request)
    channel = window.channel

    async def read(tx: Tx) -> Answer:
        shown = await spoken_collections(
            tx, await collections.shown_collections(tx, channel.id), channel, window.shown.locale
        )
        found = await shown_pictures(tx, (c.media_id for c in shown), window.shown.locale)
        body = _encode(CollectionList(items=[_view(c, found) for c in shown]))
        return await _answer(tx, body, channel.id, found)

    return await prepared(request, window, read)


@get(
    "/v1/collections/{slug:str}",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(CollectionView, moved="The collection's slug has changed."),
    problems=[CollectionNotFound, PathGone],
)
async def get_collection(
    request: Request[Any, Any, Any], slug: str, locale: LocaleParameter = None
) -> Response[bytes]:
    """A collection. A former slug answers 301 with the present one."""
    window = await window_of(request)
    channel = window.channel

    async def read(tx: Tx) -> Answer:
        named = await collections.collection_by_slug(tx, slug, channel.id)
        [one] = await spoken_collections(tx, [named], channel, window.shown.locale)
        found = await shown_pictures(tx, [one.media_id], window.shown.locale)
        body = _encode(_view(one, found))
        return await _answer(tx, body, channel.id, found)

    try:
        return await prepared(request, window, read)
    except CollectionNotFound as missing:
        try:
            async with shop(request).db.reading() as tx:
                scope = Scope(channel_id=channel.id)
                match await locate(tx, f"/collections/{slug}", scope):
                    case Moved(target=target, shown=True) if target.startswith("/collections/"):
                        headers = {"Location": f"/v1{target}", "Cache-Control": "no-cache"}
                        return Response(b"", status_code=301, headers=headers)
                    case Gone(replacement=instead):
                        raise PathGone("It is gone.", field="slug", replacement=instead)
                    case _:
                        raise missing
        except PathInvalid:
            raise missing from None


ROUTES: list[HTTPRouteHandler] = [list_collections, get_collection]
