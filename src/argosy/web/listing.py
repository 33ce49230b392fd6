"""What a list of products can be asked for: categories, facets, prices."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request
from litestar.params import Parameter

from argosy.kernel.ids import decode
from argosy.modules import collections, projections
from argosy.modules.channels import Channel
from argosy.modules.collections import CollectionNotFound
from argosy.modules.projections import (
    CategoryNotFound,
    Directory,
    FacetUnknown,
    ListProducts,
    Sort,
)
from argosy.reads import product_document as reads
from argosy.runtime.cache import Fill
from argosy.web.auth import shop
from argosy.workflows.app import App
from argosy.workflows.merchandising import UNMOVED, Places, places_in

_MAX_MINOR = 10**12

PriceBound = Annotated[
    int | None,
    Parameter(ge=0, le=_MAX_MINOR, description="Unit price in minor units, inclusive."),
]


async def directory_of(
    request: Request[Any, Any, Any], channel: Channel, *, window_id: UUID | None = None
) -> Directory:
    """What the lists of a channel, or of one of its windows, can be asked for; kept until that
    changes.
    """
    return await directory_in(shop(request), channel, window_id or channel.id)


async def directory_in(app: App, channel: Channel, shown: UUID) -> Directory:
    """As `directory_of`, of the window `shown`."""

    async def load() -> Fill[Directory]:
        async with app.db.reading() as tx:
            rows = await reads.listable(tx, channel.id, shown)
            ends = await collections.next_change(tx, channel.id)
        directory = _made_directory(rows)
        size = 300 * len(rows)
        topics = {projections.directory_topic(each) for each in (shown, channel.id)}
        return Fill(directory, topics=topics, size=size, expires_at=ends)

    return await app.cache.get(("directory", shown), load)


def _made_directory(rows: list[Any]) -> Directory:
    by_id = {row["category_id"]: row["term"] for row in rows if row["category_id"] is not None}
    return Directory(
        all_products=by_id.pop(projections.ALL_PRODUCTS, None),
        by_path={row["path"]: row["term"] for row in rows if row["path"] is not None},
        by_id=by_id,
        facets={row["code"]: row["label"] for row in rows if row["code"] is not None},
        collections={
            row["collection"]: (row["term"], row["sort"])
            for row in rows
            if row["collection"] is not None
        },
    )


def collection_of(directory: Directory, slug: str) -> tuple[int, Sort]:
    """The term of a collection and the order it is listed in. Raises CollectionNotFound."""
    found = directory.collections.get(slug)
    if found is None:
        raise CollectionNotFound(
            f"No collection {slug[:80]!r} is shown in this channel.", field="collection"
        )
    return found


async def category_of(
    request: Request[Any, Any, Any], directory: Directory, wanted: str | None
) -> int:
    """The term of a category by path, id or former path. Raises CategoryNotFound, MalformedId."""
    if wanted is None:
        # No term is 0: a channel that never showed anything lists nothing.
        return directory.all_products or 0
    path = wanted.strip("/")
    found = directory.by_path.get(path)
    if found is None and path.startswith("ctg_"):
        found = directory.by_id.get(decode("category", path, field="category"))
    elif found is None:
        async with shop(request).db.reading() as tx:
            category_id = await reads.category_now(tx, path)
        found = directory.by_id.get(category_id) if category_id else None
    if found is None:
        raise CategoryNotFound(
            f"There is no category {path[:80]!r} with products in this channel.",
            field="category",
            cure="Take the path or the id from GET /v1/categories.",
        )
    return found


async def places_of(
    request: Request[Any, Any, Any],
    channel: Channel,
    directory: Directory,
    ask: ListProducts,
    *,
    own_order: bool = False,
) -> Places:
    """Where the channel's merchandising rules put products of the list of a category, or of all.
    They leave other orders than the merchant's alone, and lists with an order of their own.
    """
    if own_order or ask.sort != "position" or not ask.category:
        return UNMOVED
    category_id = next((id_ for id_, term in directory.by_id.items() if term == ask.category), None)
    return await places_in(shop(request), channel, ask.channel_id, ask.category, category_id)


def facets_of(
    request: Request[Any, Any, Any], directory: Directory, parameters: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    """The facet filters among the query parameters, which are none of these.

    Raises FacetUnknown.
    """
    asked: dict[str, set[str]] = {}
    for name, text in request.query_params.multi_items():
        if name in parameters:
            continue
        if name not in directory.facets:
            raise FacetUnknown(
                f"{name[:80]!r} is neither a parameter nor a facet of this channel.",
                field=name[:80],
                cure="Leave it out, or take a facet's code from the list's `facets`.",
                facets=sorted(directory.facets)[:50],
            )
        asked.setdefault(name, set()).add(projections.facet_value(str(text)))
    return {name: tuple(sorted(values)) for name, values in sorted(asked.items())}
