"""How complete products are for a channel, as the administration sees it."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import catalog, channels, producttypes
from argosy.modules.producttypes import Lack
from argosy.reads.completeness import Scored, less_complete
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

ChannelFilter = Annotated[
    str, Parameter(max_length=60, description="The channel of the score: its id or code.")
]
Below = Annotated[int, Parameter(ge=1, le=101, description="Only products with a lower score.")]
TypeFilter = Annotated[
    str | None, Parameter(query="type", max_length=63, description="Only products of this type.")
]


class IncompleteView(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its score (0 to 100) in a channel, and what it lacks there."""

    id: str
    slug: str
    title: str
    status: str
    type_code: str | None
    score: int
    lacks: list[Lack]


@get(
    "/admin/v1/incomplete-products",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[channels.ChannelNotFound],
)
async def list_incomplete(  # noqa: PLR0917 - the filters of a list
    request: Request[Any, Any, Any],
    channel: ChannelFilter,
    completeness_lt: Below = 100,
    type_code: TypeFilter = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[IncompleteView]:
    """Products by how complete they are for a channel, the least complete first, with what they
    lack. A change shows within seconds.
    """
    async with shop(request).db.reading() as tx:
        rows, following = await least_complete(
            tx, channel, below=completeness_lt, type_code=type_code, limit=limit, cursor=cursor
        )
        ids = [row.product_id for row in rows]
        products = {p.row.id: p.row for p in await catalog.products_by_ids(tx, ids)}
        scores = await producttypes.scores_of(tx, ids)
    lacks = {(s.product_id, s.channel_id): s.lacks for s in scores}
    return Page(
        items=[
            _incomplete(products[row.product_id], row.score, lacks[row.product_id, row.channel_id])
            for row in rows
            if row.product_id in products and (row.product_id, row.channel_id) in lacks
        ],
        next_cursor=following,
    )


async def least_complete(
    tx: Tx, channel: str, *, below: int, type_code: str | None, limit: int, cursor: str | None
) -> tuple[Sequence[Scored], str | None]:
    """A page of products by their score, the lowest first, and the cursor of the next.

    `channel` is an id or a code. Raises ChannelNotFound, CursorInvalid.
    """
    filters = filters_of("incomplete", channel=channel, below=below, type=type_code)
    keys = after(cursor, filters, length=2)
    if channel.startswith("chn_"):
        place = await channels.channel_by_id(tx, decode("channel", channel, field="channel"))
    else:
        place = await channels.channel_by_code(tx, channel)
    last = None if keys is None else _position(keys)
    rows = await less_complete(
        tx, place.id, below=below, type_code=type_code, after=last, limit=limit + 1
    )
    page = page_of(
        rows, limit=limit, filters=filters, keys=lambda s: [s.score, s.product_id.hex], show=_same
    )
    return page.items, page.next_cursor


def _same(row: Scored) -> Scored:
    return row


def _position(keys: Sequence[object]) -> tuple[int, UUID]:
    score, product_id = keys
    try:
        if isinstance(score, int) and 0 <= score <= 100:
            return score, UUID(hex=str(product_id))
    except ValueError:
        pass
    raise CursorInvalid("This cursor does not belong to this list.", field="cursor")


def _incomplete(row: catalog.ProductRow, score: int, lacks: tuple[Lack, ...]) -> IncompleteView:
    return IncompleteView(
        id=encode("product", row.id),
        slug=row.slug,
        title=row.title,
        status=row.status,
        type_code=row.type_code,
        score=score,
        lacks=list(lacks),
    )


ROUTES: list[HTTPRouteHandler] = [list_incomplete]
