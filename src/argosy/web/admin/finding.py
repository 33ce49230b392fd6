"""The command palette: places by name; orders, products, customers by what one knows them by.

An order by its number, a product by an SKU or words of its title, a customer by an e-mail address;
each through the query that the API's list uses, and only what the person may see. At most four
statements.
"""

from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.ids import encode
from argosy.modules import catalog, customers
from argosy.modules.staff import Actor, covers
from argosy.reads.order_list import OrderFilters, list_orders
from argosy.runtime.db import Tx
from argosy.web.admin.access import staff_only
from argosy.web.admin.places import N_, visible
from argosy.web.admin.showing import admin_page, is_partial, is_place, piece, say
from argosy.web.auth import actor, shop

AnyRequest = Request[Any, Any, Any]

MOST = 6
_LONGEST = 200


class Hit(NamedTuple):
    """Something found: its name, where it is, and what tells it from others."""

    name: str
    path: str
    icon: str
    about: str = ""


@get("/admin/find", include_in_schema=False, guards=[staff_only])
async def find(request: AnyRequest) -> Response[bytes]:
    """What fits the words: a piece for the palette, a page for a browser without scripts."""
    words = request.query_params.get("q", "").strip()[:_LONGEST]
    found = [(say(request, N_("Places")), _places(request, words))]
    if len(words) > 1 and "\0" not in words:
        async with shop(request).db.reading() as tx:
            found += [
                (say(request, heading), hits)
                for heading, hits in await things(tx, actor(request), words)
                if not hits or is_place(request, "/".join(hits[0].path.split("/")[:3]))
            ]
    values = {"groups": [(heading, hits) for heading, hits in found if hits], "words": words}
    if is_partial(request):
        return piece(request, "admin/_found.html", values)
    return admin_page(request, "admin/found.html", values, title=say(request, N_("Search")))


async def things(tx: Tx, who: Actor, words: str) -> list[tuple[str, list[Hit]]]:
    """Orders, products and customers that `who` may see, under their headings."""
    found = []
    if covers(who.scopes, "orders:read"):
        found.append((N_("Orders"), await _orders(tx, words)))
    if covers(who.scopes, "catalog:read"):
        found.append((N_("Products"), await _products(tx, words)))
    if covers(who.scopes, "customers:read"):
        found.append((N_("Customers"), await _customers(tx, words)))
    return found


def _places(request: AnyRequest, words: str) -> list[Hit]:
    wanted = words.casefold()
    hits = []
    for entry in visible(request.app.state.admin_entries, actor(request)):
        name = say(request, entry.name)
        if wanted in f"{name} {entry.name} {entry.words}".casefold():
            hits.append(Hit(name, entry.path, entry.icon, f"g {entry.key}" if entry.key else ""))
    return hits[: MOST if wanted else 20]


async def _orders(tx: Tx, words: str) -> list[Hit]:
    wanted = OrderFilters(number=words.lstrip("#").upper())
    if "@" in words:
        email = _email(words)
        if email is None:
            return []
        wanted = OrderFilters(email=email)
    rows = await list_orders(tx, wanted, before=None, limit=MOST)
    return [
        Hit(
            row.number or row.email,
            f"/admin/orders/{encode('order', row.id)}",
            "orders",
            row.email,
        )
        for row in rows
    ]


async def _products(tx: Tx, words: str) -> list[Hit]:
    variant = await catalog.find_variant_by_sku(tx, words)
    if variant is not None:
        path = f"/admin/products/{encode('product', variant.product_id)}"
        return [Hit(variant.sku, path, "products", variant.title)]
    if len(words) < 3 or "@" in words:
        return []
    page = await catalog.list_products(tx, search=words, limit=MOST)
    return [
        Hit(
            one.row.title,
            f"/admin/products/{encode('product', one.row.id)}",
            "products",
            one.row.status,
        )
        for one in page.items
    ]


async def _customers(tx: Tx, words: str) -> list[Hit]:
    email = _email(words)
    if email is None:
        return []
    found = await customers.customer_by_email(tx, email)
    if found is None:
        return []
    path = f"/admin/customers/{encode('customer', found.id)}"
    return [Hit(found.name or found.email, path, "customers", found.email)]


def _email(words: str) -> str | None:
    if "@" not in words:
        return None
    try:
        return checked_email(words).normalised
    except EmailInvalid:
        return None


ROUTES: list[HTTPRouteHandler] = [find]
