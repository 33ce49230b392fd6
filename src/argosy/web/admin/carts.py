"""The page of a cart, for support: whose it is, what is in it, what it costs now, its fields."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import cart as carts
from argosy.modules import channels
from argosy.modules.cart import Cart
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import faults_of
from argosy.web.admin.field_forms import held_fields
from argosy.web.admin.orders import order_path
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.promotions import PATH as PROMOTIONS
from argosy.web.admin.showing import Crumb, admin_page, lead_to, say
from argosy.web.admin.things import money_shown
from argosy.web.api.admin import promotion_trials as api
from argosy.web.auth import shop

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/carts"
_LONGEST_ID = 60
STATES = {
    "open": (N_("Being filled"), "good"),
    "placing": (N_("Being bought"), "warn"),
    "awaiting_action": (N_("Waits for the bank"), "warn"),
    "placed": (N_("Bought"), "quiet"),
    "expired": (N_("Given up"), "quiet"),
}


@get(PATH, include_in_schema=False, guards=[may("orders:read")])
async def find_cart(request: AnyRequest) -> Response[bytes]:
    """Ask for a cart, and lead to its page."""
    asked = request.query_params.get("cart", "").strip()[:_LONGEST_ID]
    refusal: ArgosyError | None = None
    if asked:
        try:
            found = await _read(request, decode("cart", asked, field="cart"))
            return lead_to(request, cart_path(found.id))
        except ArgosyError as error:
            refusal = error
    names = {"cart_id": "cart"}
    values = {"path": PATH, "asked": asked, "faults": faults_of(refusal, ["cart"], names)}
    title = say(request, N_("Carts"))
    return admin_page(request, "admin/carts.html", values, title=title, refusal=refusal)


@get(f"{PATH}/{{cart_id:str}}", include_in_schema=False, guards=[may("orders:read")])
async def show_cart(request: AnyRequest, cart_id: str) -> Response[bytes]:
    """A cart, with the prices of this moment while it can still be bought."""
    found = await _read(request, decode("cart", cart_id, field="cart_id"))
    async with shop(request).db.reading() as tx:
        channel = await channels.channel_by_id(tx, found.channel_id)
        own_fields = await held_fields(request, tx, "cart", found.id)
    quote, why = None, ""
    if found.state != "placed":
        try:
            quote = await ask(request, api.explain_cart, cart_id=cart_id)
        except ArgosyError as refusal:  # what is in it may not be sold any more
            why = refusal.message
    label, tone = STATES[found.state]
    values = {
        "path": cart_path(found.id),
        "cart": found,
        "name": cart_id,
        "state_said": (say(request, label), tone),
        "channel": channel.name,
        "customer": None if found.customer_id is None else encode("customer", found.customer_id),
        "order": order_path(found.id) if found.state != "open" and found.attempt else "",
        "quote": quote,
        "why": why,
        "explain": f"{PROMOTIONS}/explain?cart={cart_id}",
        "money_of": money_shown(request),
        "own_fields": own_fields,
    }
    crumbs = [Crumb(say(request, N_("Carts")), PATH)]
    title = say(request, N_("Cart"))
    return admin_page(request, "admin/cart.html", values, title=title, crumbs=crumbs)


def cart_path(cart_id: UUID) -> str:
    """The page of a cart."""
    return f"{PATH}/{encode('cart', cart_id)}"


async def _read(request: AnyRequest, cart_id: UUID) -> Cart:
    async with shop(request).db.reading() as tx:
        found = await carts.find_cart(tx, cart_id)
    if found is None:
        raise carts.CartNotFound("There is no such cart.", field="cart_id")
    return found


ENTRIES = (
    Entry(
        N_("Carts"), PATH, N_("Sales"), "orders:read", icon="orders",
        words="baskets checkout support", position=20,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [find_cart, show_cart]
