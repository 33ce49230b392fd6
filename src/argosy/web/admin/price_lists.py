"""Price lists: making one, and how its tiers count."""

from decimal import Decimal, InvalidOperation
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.web.admin.access import may
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_
from argosy.web.admin.prices import PATH
from argosy.web.admin.struct_forms import Codec, Document, Shaping
from argosy.web.admin.things import (
    Things,
    form_page,
    held_of,
    pages_of,
    row_of,
    save_one,
    shaped,
)
from argosy.web.api.admin import price_lists as api
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

_EDIT = f"{PATH}/{{list_id:str}}/edit"
WORDS = {
    "code": (N_("Code"), N_("Small letters, digits, hyphens. It never changes.")),
    "name": (N_("Name"), ""),
    "currency": (N_("Currency"), N_("As in EUR. It never changes.")),
    "tier_kind": (N_("Prices from a number of units on"), ""),
    "tier_kind:volume": (N_("hold for all units"), ""),
    "tier_kind:graduated": (N_("hold for the units from there on"), ""),
    "tier_basis": (N_("Units are counted"), ""),
    "tier_basis:line": (N_("of the line"), ""),
    "tier_basis:sku": (N_("of the variant, in all lines"), ""),
    "tier_basis:product": (N_("of the product"), ""),
    "max_step_per_day": (
        N_("A price moves within a day by at most (percent)"),
        N_("Empty: there is no limit."),
    ),
    "tier_basis:mix": (N_("of all goods of a mix group"), ""),
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request, words=WORDS, codecs={"max_step_per_day": STEP})


def _step_shown(points: int | str) -> str:
    return f"{(Decimal(points) / 100).normalize():f}" if isinstance(points, int) else points


def _step_read(text: str) -> int | str:
    """Percent as basis points; what is none of whole points stays as it was typed."""
    try:
        points = Decimal(text.replace(",", ".").removesuffix("%").strip()) * 100
        whole = abs(points) < 10**9 and points == points.to_integral_value()
        return int(points) if whole else text
    except (InvalidOperation, OverflowError):
        return text


STEP = Codec(_step_shown, _step_read, "text")


def _no_columns(_request: AnyRequest) -> list[Column]:
    return []


LISTS = Things(
    path=PATH,
    title=N_("Prices"),
    new=N_("New price list"),
    area="prices",
    rows=api.list_price_lists,
    one=api.get_price_list,
    make=api.create_price_list,
    change=api.change_price_list,
    param="list_id",
    columns=_no_columns,
    shaping=_shaping,
    empty=("", ""),
    home=PATH,
    made_says=N_("The price list is made. Give variants their prices in it."),
)
_EDITED = LISTS._replace(make=None)


@get(_EDIT, include_in_schema=False, guards=[may("prices:read")])
async def show_edit(request: AnyRequest, list_id: str) -> Response[bytes]:
    """The settings of a list as a form."""
    row = await row_of(request, _EDITED, list_id)
    return await form_page(request, _EDITED, row, held_of(_EDITED, row))


@post(
    f"{PATH}/{{list_id:str}}", include_in_schema=False, guards=[own_pages_only, may("prices:write")]
)
async def save(request: AnyRequest, list_id: str) -> Response[bytes]:
    """Write them."""
    return await save_one(request, _EDITED, list_id)


ROUTES: list[HTTPRouteHandler] = [
    *(page for page in pages_of(LISTS) if f"{PATH}/new" in page.paths),
    show_edit,
    save,
]
