"""What fields of forms offer while a name is typed: products, variants, categories, customers.

A field says by `data-pick` what it takes (`variant/sku`); `admin-picker.js` asks here and puts the
chosen value into it. Without scripts the same field takes the value as it is typed. Things are
found by the beginning of a title, SKU or name, as lists of the API read them, where the person may.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.errors import NotFound
from argosy.kernel.ids import encode
from argosy.modules import catalog, collections, customers, staff
from argosy.modules.catalog import Variant
from argosy.runtime.db import Tx
from argosy.web.admin.access import staff_only
from argosy.web.admin.showing import piece
from argosy.web.auth import actor, shop
from argosy.web.sorting import customers_beginning

AnyRequest = Request[Any, Any, Any]

MOST = 8
_PRODUCTS, _OF_EACH = 4, 3
_LONGEST = 200
_MOST_COLLECTIONS = 1_000


class PickUnknown(NotFound):
    """Forms do not offer such things to choose from."""

    code = "admin.pick_unknown"
    usual_cure = "Open the form again from the back office."


class Choice(NamedTuple):
    """What can be chosen: its name, what tells it from others, and its value in each form that
    fields take.
    """

    name: str
    about: str
    values: dict[str, str]


Find = Callable[[Tx, str], Awaitable[list[Choice]]]


@get("/admin/pick/{kind:str}/{form:str}", include_in_schema=False, guards=[staff_only])
async def pick(request: AnyRequest, kind: str, form: str) -> Response[bytes]:
    """The choices for the words typed so far, as options of a list box. Raises PickUnknown."""
    known = PICKS.get(kind)
    if known is None or form not in known[1]:
        raise PickUnknown("There is nothing of this kind to choose from.")
    scope, _forms, find = known
    staff.check_allowed(actor(request), scope)
    words = request.query_params.get("q", "").replace("\0", "").strip()[:_LONGEST]
    found: list[Choice] = []
    if words:
        async with shop(request).db.reading() as tx:
            found = await find(tx, words)
    values = {"found": [(one.values[form], one) for one in found[:MOST]], "words": words}
    return piece(request, "admin/_picked.html", values)


async def _products(tx: Tx, words: str) -> list[Choice]:
    page = await catalog.list_products(tx, search=words, limit=MOST)
    return [
        Choice(
            one.row.title,
            one.row.slug,
            {
                "id": encode("product", one.row.id),
                "slug": one.row.slug,
                "path": f"/p/{one.row.slug}",
            },
        )
        for one in page.items
    ]


async def _variants(tx: Tx, words: str) -> list[Choice]:
    """By SKU first, then the first variants of the products whose titles begin so."""
    found = [
        _variant(one, title) for one, title in await catalog.variants_beginning(tx, words, MOST)
    ]
    if len(found) < MOST:
        known = {one.values["id"] for one in found}
        page = await catalog.list_products(tx, search=words, limit=_PRODUCTS)
        for product in page.items:
            some = await catalog.variants_of(tx, product.row.id, limit=_OF_EACH)
            more = [_variant(one, product.row.title) for one in some.items]
            found += [one for one in more if one.values["id"] not in known]
    return found


def _variant(one: Variant, title: str) -> Choice:
    own = f"{title} · {one.title}" if one.title not in {"", title} else title
    return Choice(own, one.sku, {"id": encode("variant", one.id), "sku": one.sku})


async def _categories(tx: Tx, words: str) -> list[Choice]:
    wanted = words.casefold().strip("/")
    fit = [
        one
        for one in await catalog.list_categories(tx)
        if wanted in one.name.casefold() or wanted in one.path
    ]
    # What begins so goes before what only holds it.
    fit.sort(key=lambda one: (not one.name.casefold().startswith(wanted), one.path))
    return [
        Choice(
            one.name,
            one.path,
            {"id": encode("category", one.id), "line": one.path, "path": f"/c/{one.path}"},
        )
        for one in fit[:MOST]
    ]


async def _collections(tx: Tx, words: str) -> list[Choice]:
    wanted = words.casefold()
    known = await collections.list_collections(tx, limit=_MOST_COLLECTIONS)
    fit = [one for one in known if wanted in one.title.casefold() or wanted in one.slug]
    return [
        Choice(one.title, one.slug, {"id": encode("collection", one.id), "slug": one.slug})
        for one in fit[:MOST]
    ]


async def _targets(tx: Tx, words: str) -> list[Choice]:
    """What an address of the shop can lead to."""
    half = MOST // 2
    return [*(await _categories(tx, words))[:half], *(await _products(tx, words))[:half]]


async def _customers(tx: Tx, words: str) -> list[Choice]:
    if "@" in words:
        try:
            one = await customers.customer_by_email(tx, checked_email(words).normalised)
        except EmailInvalid:
            one = None
        found = [] if one is None else [one]
    else:
        found = await customers_beginning(tx, words, limit=MOST)
    return [
        Choice(
            one.name or one.email,
            one.email,
            {"id": encode("customer", one.id), "email": one.email},
        )
        for one in found
    ]


PICKS: dict[str, tuple[str, frozenset[str], Find]] = {
    "product": ("catalog:read", frozenset({"id", "slug"}), _products),
    "variant": ("catalog:read", frozenset({"id", "sku"}), _variants),
    "category": ("catalog:read", frozenset({"id", "line"}), _categories),
    "collection": ("catalog:read", frozenset({"id", "slug"}), _collections),
    "target": ("catalog:read", frozenset({"path"}), _targets),
    "customer": ("customers:read", frozenset({"id", "email"}), _customers),
}
ROUTES: list[HTTPRouteHandler] = [pick]
