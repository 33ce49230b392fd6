"""Lists of facts about variants: of all, page by page and as a file, or of the one with a SKU."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    asked_of,
    csv_of,
    listing_of,
)
from argosy.web.admin.places import N_
from argosy.web.admin.showing import admin_page, say
from argosy.web.auth import shop

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

MOST_VERSIONS = 2**53
CHANGED = N_("Nothing is removed: somebody changed it meanwhile. This is how it is now.")


class Facts(NamedTuple):
    """A kind of fact about variants. `area` names the scopes; `rows` is the API's list, `shown`
    makes what the list shows of its items and the SKUs by public id; `variant_of` names the variant
    of a row. `empty`: title and text where there are none.
    """

    path: str
    title: str
    area: str
    rows: HTTPRouteHandler
    shown: Callable[[AnyRequest, Iterable[Row], Mapping[str, str]], list[Any]]
    variant_of: Callable[[Any], str]
    columns: Callable[[AnyRequest], list[Column]]
    empty: tuple[str, str]


def pages_of_facts(kind: Facts) -> list[HTTPRouteHandler]:
    """The list, and the list as a file. Two statements, one more by SKU."""
    guards = [may(f"{kind.area}:read")]

    @get(kind.path, include_in_schema=False, guards=guards)
    async def show_facts(request: AnyRequest) -> Response[bytes]:
        filters = _filters(request)
        asked = asked_of(request, filters)
        title, text = (say(request, one) for one in kind.empty)
        found = listing_of(
            request,
            await _page(request, kind, asked, request.query_params.get("cursor"), PAGE),
            path=kind.path,
            columns=kind.columns(request),
            row_id=kind.variant_of,
            row_path=lambda row: f"{kind.path}/{kind.variant_of(row)}",
            filters=filters,
            asked=asked,
            empty=Empty(title, text),
        )
        values = {"list": found, "new": "", "area": kind.area, "links": ()}
        return admin_page(request, "admin/things.html", values, title=say(request, kind.title))

    @get(f"{kind.path}.csv", include_in_schema=False, guards=guards)
    async def export_facts(request: AnyRequest) -> Stream:
        asked = asked_of(request, _filters(request))

        def read(cursor: str | None) -> Awaitable[Page[Any]]:
            return _page(request, kind, asked, cursor, CSV_BATCH)

        return csv_of(kind.path.rpartition("/")[2], kind.columns(request), read)

    return [show_facts, export_facts]


def _filters(request: AnyRequest) -> list[Filter]:
    return [Filter("sku", say(request, N_("SKU")), kind="text", pick="variant/sku")]


async def _page(
    request: AnyRequest, kind: Facts, asked: Mapping[str, str], cursor: str | None, limit: int
) -> Page[Any]:
    wanted = None
    if "sku" in asked:
        async with shop(request).db.reading() as tx:
            variant = await catalog.find_variant_by_sku(tx, asked["sku"])
        if variant is None:
            return Page(items=[], next_cursor=None)
        wanted = [encode("variant", variant.id)]
    found = await ask(request, kind.rows, variants=wanted, limit=limit, cursor=cursor)
    async with shop(request).db.reading() as tx:
        skus = await _skus_of(tx, [one["variant_id"] for one in found["items"]])
    items = kind.shown(request, found["items"], skus)
    return Page(items=items, next_cursor=found["next_cursor"])


async def _skus_of(tx: Tx, ids: Iterable[str]) -> dict[str, str]:
    """SKUs by public id, of those variants that there are. One statement; none without ids."""
    wanted = [decode("variant", one) for one in dict.fromkeys(ids)]
    found = await catalog.variants_by_ids(tx, wanted) if wanted else ()
    return {encode("variant", one.id): one.sku for one in found}
