"""Checkout: one page, from the e-mail address to the order.

The page is one form. "Update" (and htmx by itself, when the country changes) saves what is there
and shows what follows from it; "Buy now" saves it and places the cart. What was typed is never
lost: a refusal shows the form again as it was sent, with what is wrong beside each field.
The form carries a key of its own, so that sending it twice is one purchase (DOMAIN.md G2).
"""

import contextlib
from collections.abc import Mapping, Sequence
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.address import Address
from argosy.kernel.errors import ArgosyError, NotFound
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import customers
from argosy.modules.cart import Cart
from argosy.modules.channels import offered_gateways
from argosy.modules.orders import SHOPPER, Because
from argosy.modules.payments.ports import CardFields
from argosy.runtime.idempotency import key_for
from argosy.web.auth import request_id, shop
from argosy.web.client_country import client_country
from argosy.web.order_views import PlacementView, placement_answer
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.pages.templating import POLICY
from argosy.web.storefront.baskets import Glance, Seen, order_path, read_seen
from argosy.web.storefront.checkout_form import (
    Fault,
    address_layout,
    countries,
    declined,
    faults_of,
    filled_from,
    instrument_of,
    method_of,
    whole_update,
)
from argosy.web.storefront.order_keys import asked_at_checkout, note_choice
from argosy.web.storefront.people import person_of, seller_of
from argosy.web.storefront.saved_ways import SAVE, choice_of, offer_of
from argosy.web.storefront.showing import (
    is_partial,
    lead_to,
    page,
    part,
    personal_page,
)
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.visitors import (
    cart_cookies,
    no_cart_cookies,
    visitor_of,
)
from argosy.workflows import carting, checkout
from argosy.workflows.carting import CartUpdate
from argosy.workflows.placement import (
    NothingToResume,
    PaymentChoice,
    PlaceCart,
    Placement,
    Reply,
    TotalChanged,
)

_KEY_LENGTH = 24
_CARDS = "sandbox"
# These count as paid at once: whoever could choose them here would buy without paying.
_AT_THE_TILL = frozenset({"cash", "terminal"})


@get("/checkout", include_in_schema=False)
async def show_checkout(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form, filled with what is known of this cart."""
    site = await site_of(request)
    seen = await read_seen(request, site)
    elsewhere = _elsewhere(request, site, seen)
    if elsewhere is not None or seen is None:
        return elsewhere or lead_to(site.path("/cart"))
    faults = []
    if request.query_params.get("declined"):
        faults.append(declined(request.query_params.get("declined", "")))
    form = filled_from(await _known(request, seen.cart), channel=site.channel)
    form["gateway"] = request.query_params.get("gateway", "")
    form[SAVE] = request.query_params.get("save", "")
    return await _form_page(request, site, seen, form, faults)


@post("/checkout", include_in_schema=False, guards=[own_pages_only])
async def send_checkout(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Save what was typed; with `action=place`, buy."""
    site, form = await site_of(request), await read_form(request)
    seen = await read_seen(request, site)
    elsewhere = _elsewhere(request, site, seen)
    if elsewhere is not None or seen is None:
        return elsewhere or lead_to(site.path("/cart"))
    if form["action"] == "update":
        seen = await _saved_so_far(request, site, seen, form)
        return await _form_page(request, site, seen, form, [])
    return await _go_on(request, site, seen, form, placing=form["action"] == "place")


async def _known(request: Request[Any, Any, Any], cart: Cart) -> Cart:
    """The cart with what a signed-in customer would type again: e-mail and default addresses."""
    person = await person_of(request)
    if person is None:
        return cart
    async with shop(request).db.reading() as tx:
        entries = await customers.list_addresses(tx, person.customer_id)
    ships = next((entry.address for entry in entries if entry.default_shipping), None)
    bills = next((entry.address for entry in entries if entry.default_billing), ships)
    return msgspec.structs.replace(
        cart,
        email=cart.email or person.email,
        shipping_address=cart.shipping_address or ships,
        billing_address=cart.billing_address or bills,
    )


async def _go_on(
    request: Request[Any, Any, Any], site: Site, seen: Seen, form: Form, *, placing: bool
) -> Response[bytes]:
    """Save everything; then buy, or show the total that would be bought for."""
    try:
        seen = await _saved(request, site, seen, whole_update(form))
    except carts.CartNotOpen:
        # The same form was sent a moment ago: the key finds what became of it.
        if not placing:
            return _lead(request, site.path("/checkout/return"))
    except ArgosyError as refusal:
        return await _form_page(request, site, seen, form, faults_of(refusal, form))
    if placing and not seen.view.missing:
        return await _buy(request, site, seen, form)
    if is_partial(request):
        return await _form_page(request, site, seen, form, [])
    # So that "back" leads to a page, not to a form that would be sent again.
    chosen = urlencode({"gateway": form["gateway"], "save": form[SAVE]})
    return lead_to(site.path(f"/checkout?{chosen}"))


@get("/checkout/return", include_in_schema=False)
async def come_back(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Back from the payment provider: what became of the payment is asked there, not believed of
    the address. It may be opened again at any time.
    """
    site = await site_of(request)
    cart_id = visitor_of(request, site).cart_id
    if cart_id is None:
        return lead_to(site.path("/cart"))
    who = await seller_of(request, site)
    try:
        became = await checkout.resume(
            shop(request), cart_id, site.channel, who.customer_id, _because(request, "resume")
        )
    except NotFound:
        return lead_to(site.path("/cart"), cookies=no_cart_cookies(request, site))
    except NothingToResume:
        return lead_to(site.path("/checkout"))
    return _after(
        request,
        site,
        cart_id,
        became.result,
        became.next_action,
        became.reason,
        became.gateway,
    )


async def _saved(
    request: Request[Any, Any, Any], site: Site, seen: Seen, update: CartUpdate
) -> Seen:
    glance = Glance()
    await carting.update_cart(
        shop(request), await seller_of(request, site), seen.cart.id, update, glance.reply
    )
    return glance.cart()


async def _saved_so_far(
    request: Request[Any, Any, Any], site: Site, seen: Seen, form: Form
) -> Seen:
    """What of a half-filled form can be kept already; what cannot is asked for later."""
    whole = whole_update(form)
    for update in (
        CartUpdate(email=whole.email),
        msgspec.structs.replace(whole, email=None),
    ):
        with contextlib.suppress(ArgosyError):
            seen = await _saved(request, site, seen, update)
    return seen


async def _buy(
    request: Request[Any, Any, Any], site: Site, seen: Seen, form: Form
) -> Response[bytes]:
    """Place the cart for the total that the form showed."""
    await note_choice(request, site, seen, form)
    agreed = whole_number(form["expected_minor"], least=0, most=10**15)
    view = seen.view
    if agreed is None or agreed != view.total.minor:
        changed = Fault(field="", code=TotalChanged.code)
        return await _form_page(request, site, seen, form, [changed])
    who = await seller_of(request, site)
    command = PlaceCart(
        cart_id=seen.cart.id,
        channel=site.channel,
        customer_id=who.customer_id,
        expected_total=Money(agreed, view.currency),
        payment=_payment(request, site, form, view.total),
        because=_because(request, "place"),
        ip_country=client_country(request),
        locale=site.locale,
    )
    key = key_for(
        f"{seen.cart.id} POST /checkout",
        form["key"][:64] or token_urlsafe(_KEY_LENGTH),
        msgspec.json.encode(
            [agreed, form["gateway"], form[SAVE], instrument_of(form, form["gateway"])]
        ),
    )
    base = request.app.state.problem_base

    def show(became: Placement) -> tuple[int, bytes]:
        return placement_answer(became, base=base, request_id=request_id(request))

    try:
        answer = await checkout.place(shop(request), command, Reply(key, show))
    except ArgosyError as refusal:
        now = await read_seen(request, site)
        return await _form_page(request, site, now or seen, form, faults_of(refusal, form))
    if answer.status >= 400:
        problem = msgspec.json.decode(answer.body)
        now = await read_seen(request, site)
        faults = [declined(problem.get("reason") or "")]
        return await _form_page(request, site, now or seen, form, faults)
    placed = msgspec.json.decode(answer.body, type=PlacementView)
    action = None if placed.payment is None else placed.payment.next_action
    return _after(request, site, seen.cart.id, placed.result, action, None)


def _after(  # noqa: PLR0917 - what became of it
    request: Request[Any, Any, Any],
    site: Site,
    cart_id: UUID,
    result: str,
    action: Mapping[str, Any] | None,
    reason: str | None,
    gateway: str | None = None,
) -> Response[bytes]:
    if result == "declined":
        told = {"declined": reason or "use_another_method", "gateway": gateway or ""}
        return _lead(request, site.path("/checkout?" + urlencode(told)))
    if result == "requires_action" and action is not None:
        return _lead(request, str(action["url"]))
    # While the provider has not answered, the cart may be needed again.
    settled = result in {"placed", "pending"}
    cookies = no_cart_cookies(request, site) if settled else []
    return _lead(request, order_path(request, site, cart_id), cookies=cookies)


def _lead(request: Request[Any, Any, Any], path: str, cookies: Any = ()) -> Response[bytes]:
    """Another page, also for htmx, which would put it into this one."""
    if not is_partial(request):
        return lead_to(path, cookies=cookies)
    answer = page("", cookies=cookies)
    answer.headers["HX-Redirect"] = path
    return answer


def _elsewhere(
    request: Request[Any, Any, Any], site: Site, seen: Seen | None
) -> Response[bytes] | None:
    """Where somebody belongs whose cart cannot be paid for now; None if it can."""
    if seen is None or not seen.cart.lines:
        return _lead(request, site.path("/cart"))
    if seen.cart.state == "placed":
        path = order_path(request, site, seen.cart.id)
        return _lead(request, path, cookies=no_cart_cookies(request, site))
    if seen.cart.state != "open":
        return _lead(request, site.path("/checkout/return"))
    return None


async def _form_page(
    request: Request[Any, Any, Any],
    site: Site,
    seen: Seen,
    form: Form,
    faults: list[Fault],
) -> Response[bytes]:
    app, channel = shop(request), site.channel
    country = form["shipping.country"] or channel.default_country
    place = seen.cart.shipping_address
    if place is None or place.country != country:
        place = Address(country=country)
    options = await carting.shipping_options_of(
        app, await seller_of(request, site), seen.cart, seen.basket, place=place
    )
    offered = offered_gateways(channel, app.gateways)
    gateways = [name for name in offered if name not in _AT_THE_TILL]
    offer = await offer_of(request, gateways)
    ways = [*(way.value for way in offer.ways), *gateways]
    chosen_way = form["gateway"] if form["gateway"] in ways else next(iter(ways), "")
    fields_url = _fields_url(request, gateways)
    values = {
        "fields_url": fields_url,
        **await asked_at_checkout(request, site, seen),
        "cart": seen.view,
        "pieces": seen.pieces,
        "form": form,
        "faults": {fault.field: fault for fault in reversed(faults)},
        "failures": [fault for fault in faults if not fault.field],
        "countries": countries(channel, site.locale),
        "layouts": {
            "shipping": address_layout(country),
            "billing": address_layout(form["billing.country"] or country),
        },
        "options": options,
        "method": method_of(form, seen.cart, [option.code for option in options]),
        "offer": offer,
        "gateways": gateways,
        "gateway": chosen_way,
        "ready": not seen.view.missing and place is seen.cart.shipping_address,
        "key": token_urlsafe(_KEY_LENGTH),
    }
    cookies = cart_cookies(request, site, seen.cart.id, seen.pieces)
    if is_partial(request):
        return page(part(request, site, "storefront/_checkout.html", values), cookies=cookies)
    answer = await personal_page(
        request,
        site,
        "storefront/checkout.html",
        values,
        visitor=visitor_of(request, site),
        cookies=cookies,
        status=422 if faults else 200,
    )
    if fields_url:
        # This page alone may frame the fields of the payment provider, and nobody else's.
        provider = urlsplit(fields_url)
        policy = f"{POLICY}; frame-src {provider.scheme}://{provider.netloc}"
        answer.headers["Content-Security-Policy"] = policy
    return answer


def _fields_url(request: Request[Any, Any, Any], gateways: Sequence[str]) -> str:
    """Where the fields for a card are that this page shows in a frame; empty if there are none."""
    app = shop(request)
    found: object = app.gateways.get(_CARDS) if _CARDS in gateways else None
    if not isinstance(found, CardFields):
        return ""
    scheme = urlsplit(app.settings.public_url).scheme
    return found.fields_url(f"{scheme}://{request.headers.get('host', '')}")


def _payment(
    request: Request[Any, Any, Any], site: Site, form: Form, total: Money
) -> PaymentChoice | None:
    if not total:
        return None
    public = shop(request).settings.public_url
    return choice_of(form, public + site.path("/checkout/return"))


def _because(request: Request[Any, Any, Any], cause: str) -> Because:
    return Because(actor=SHOPPER, cause=cause, correlation=request_id(request) or None)


ROUTES: list[HTTPRouteHandler] = [show_checkout, send_checkout, come_back]
