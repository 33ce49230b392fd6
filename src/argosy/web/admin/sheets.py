"""Pages of what a thing has exactly one of: the policy of a channel, the pool of a variant.

The API shows and replaces it under the id of the thing; the page is a form with nothing to list,
make or remove, and leads back to the page of the thing.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import NotFound
from argosy.kernel.ids import decode
from argosy.modules import catalog
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.lists import Column
from argosy.web.admin.things import Row, Things, form_page, held_of, row_of, save_one
from argosy.web.auth import shop
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

Kind = Callable[[AnyRequest, str], Things]


def sheet(
    request: AnyRequest,
    thing_id: str,
    *,
    one: HTTPRouteHandler,
    change: HTTPRouteHandler,
    called: str,
    **rest: Any,
) -> Things:
    """The sheet of the thing with that id. `called`: its title in the reader's language; `title`
    and `home` name the page of the thing.
    """
    return Things(
        rows=one,
        one=one,
        change=change,
        ident=lambda _row: thing_id,
        called=lambda _row: called,
        columns=_no_columns,
        new="",
        empty=("", ""),
        **rest,
    )


def of_variant(
    one: HTTPRouteHandler, missing: type[NotFound], absent: Row
) -> Callable[[AnyRequest, str], Awaitable[Row]]:
    """How the sheet of a variant is found that `one` shows, with the variant's SKU. It is `absent`
    where `one` raises `missing`: a sheet that nobody made yet.
    """

    async def find(request: AnyRequest, name: str) -> Row:
        async with shop(request).db.reading() as tx:
            variant = await catalog.variant_by_id(tx, decode("variant", name))
        try:
            held: Row = await ask(request, one, variant_id=name)
        except missing:
            held = absent
        return held | {"sku": variant.sku, "variant_id": name}

    return find


def pages_of_sheet(path: str, area: str, kind: Kind) -> list[HTTPRouteHandler]:
    """The form at `path`/<id of the thing>, and saving it."""
    one = f"{path}/{{thing_id:str}}"

    @get(one, include_in_schema=False, guards=[may(f"{area}:read")])
    async def show_sheet(request: AnyRequest, thing_id: str) -> Response[bytes]:
        found = kind(request, thing_id)
        row = await row_of(request, found, thing_id)
        return await form_page(request, found, row, held_of(found, row))

    @post(one, include_in_schema=False, guards=[own_pages_only, may(f"{area}:write")])
    async def save_sheet(request: AnyRequest, thing_id: str) -> Response[bytes]:
        return await save_one(request, kind(request, thing_id), thing_id)

    return [show_sheet, save_sheet]


def _no_columns(_request: AnyRequest) -> list[Column]:
    return []
