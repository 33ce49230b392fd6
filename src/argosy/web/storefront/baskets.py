"""The cart: its page, its drawer, and the forms that change it.

Every form works without scripts: it changes the cart and leads back to the cart's page. With htmx
the same forms answer with the part of the page that has changed.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError, NotFound, Unavailable
from argosy.kernel.ids import decode, encode
from argosy.modules import cart as carts
from argosy.modules import orders
from argosy.modules.cart import Cart
from argosy.modules.personalisation import MAX_INPUTS
from argosy.web.auth import shop
from argosy.web.cart_views import CartView
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only, own_path
from argosy.web.sent_files import LIMIT_BYTES, address_of, fields_sent, on_disk
from argosy.web.storefront.people import seller_of
from argosy.web.storefront.showing import is_partial, lead_to, page, part, personal_page
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.visitors import (
    Visitor,
    cart_cookies,
    no_cart_cookies,
    visitor_of,
)
from argosy.workflows import attaching, carting
from argosy.workflows.baskets import Basket
from argosy.workflows.carting import CartDetails, CartReply
from argosy.workflows.placement import WantedItem
from argosy.workflows.quoting import ShippingOption

_CHOICE = "choice."
_ANSWER = "answer."


class Seen(NamedTuple):
    """A cart as it is now: as stored, as answers show it, and as it was quoted."""

    cart: Cart
    view: CartView
    basket: Basket

    @property
    def pieces(self) -> int:
        """How many pieces are in it."""
        return sum(line.quantity for line in self.cart.lines)


class Glance:
    """A reply that keeps the cart itself; no answer is stored, for pages are made anew."""

    def __init__(self) -> None:
        self.seen: Seen | None = None
        self.reply = CartReply(None, self._look)

    def _look(self, cart: Cart, basket: Basket) -> tuple[int, bytes]:
        self.seen = Seen(cart, CartView.of(cart, basket), basket)
        return 200, b""

    def cart(self) -> Seen:
        """What was seen."""
        assert self.seen is not None, "every change shows the cart"
        return self.seen


async def read_seen(request: Request[Any, Any, Any], site: Site) -> Seen | None:
    """The visitor's cart; None if there is none, or not any more."""
    visitor = visitor_of(request, site)
    if visitor.cart_id is None:
        return None
    try:
        cart, basket = await carting.read_cart(
            shop(request), await seller_of(request, site), visitor.cart_id
        )
    except NotFound:
        return None
    return Seen(cart, CartView.of(cart, basket), basket)


def order_path(request: Request[Any, Any, Any], site: Site, order_id: UUID) -> str:
    """The address of an order's page, with the token that opens it."""
    secret = shop(request).settings.secret_key.get_secret_value()
    token = urlencode({"token": orders.order_token(secret, order_id)})
    return site.path(f"/orders/{encode('order', order_id)}?{token}")


@get("/cart", include_in_schema=False)
async def show_cart(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The cart, with what may be changed."""
    site = await site_of(request)
    return await _cart_page(request, site, await read_seen(request, site))


@post("/cart/lines", include_in_schema=False, guards=[own_pages_only], status_code=303)
async def add_line(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Put pieces of a variant into the cart; the first ones make it."""
    return await _put_in(request, await read_form(request), {})


@post(
    "/cart/uploads",
    include_in_schema=False,
    guards=[own_pages_only],
    status_code=303,
    request_max_body_size=LIMIT_BYTES,
)
async def add_line_with_files(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The same with files among the answers: they are sent to the cart, which is made for them if
    there is none, and the line answers with them. Of a line that is refused they are given up.
    """
    sent = await fields_sent(request)
    pairs = [(name, one.strip()) for name, one in sent.multi_items() if isinstance(one, str)]
    files = {
        name.removeprefix(_ANSWER): one
        for name, one in sent.multi_items()
        if isinstance(one, UploadFile) and one.filename and name.startswith(_ANSWER)
    }
    # A failure page can give back what was typed.
    request.state.form = form = Form(pairs=pairs)
    return await _put_in(request, form, dict(list(files.items())[:MAX_INPUTS]))


async def _put_in(
    request: Request[Any, Any, Any], form: Form, files: Mapping[str, UploadFile]
) -> Response[bytes]:
    site = await site_of(request)
    item = WantedItem(
        variant_id=decode("variant", form["variant_id"], field="variant_id"),
        quantity=whole_number(form["quantity"] or "1", least=1, most=carts.MAX_QUANTITY) or 1,
        configuration=_choices(form) | _answers(form),
    )
    try:
        if files:
            seen = await _added_with_files(request, site, item, files)
        else:
            seen = await _added(request, site, item)
    except ArgosyError as refusal:
        return await _refused(request, site, refusal, back=own_path(form["back"], "/cart"))
    cookies = cart_cookies(request, site, seen.cart.id, seen.pieces)
    if is_partial(request):
        values = {"cart": seen.view, "pieces": seen.pieces, "added": True, "error": None}
        return page(part(request, site, "storefront/_drawer.html", values), cookies=cookies)
    return lead_to(site.path("/cart"), cookies=cookies)


@post("/cart/lines/{line_id:str}", include_in_schema=False, guards=[own_pages_only])
async def change_line(request: Request[Any, Any, Any], line_id: str) -> Response[bytes]:
    """Set a line's quantity; 0 removes it."""
    site, form = await site_of(request), await read_form(request)
    line = decode("cart_line", line_id, field="line_id")
    wanted = "0" if form["remove"] else form["quantity"]
    quantity = whole_number(wanted, least=0, most=carts.MAX_QUANTITY)
    glance = Glance()
    cart_id = visitor_of(request, site).cart_id
    if cart_id is None or quantity is None:
        return await _changed(request, site, await read_seen(request, site))
    try:
        await carting.change_quantity(
            shop(request), await seller_of(request, site), cart_id, line, quantity, glance.reply
        )
    except ArgosyError as refusal:
        return await _changed(request, site, await read_seen(request, site), refusal)
    return await _changed(request, site, glance.cart())


@post("/cart/coupons", include_in_schema=False, guards=[own_pages_only])
async def change_coupons(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Use a code, or take one out of the cart."""
    site, form = await site_of(request), await read_form(request)
    glance, cart_id = Glance(), visitor_of(request, site).cart_id
    if cart_id is None or not (form["code"] or form["remove"]):
        return await _changed(request, site, await read_seen(request, site))
    try:
        app, who = shop(request), await seller_of(request, site)
        if form["remove"]:
            await carting.remove_coupon(app, who, cart_id, form["remove"], glance.reply)
        else:
            await carting.add_coupon(
                app, who, cart_id, form["code"][:64], glance.reply, guesser=str(cart_id)
            )
    except ArgosyError as refusal:
        return await _changed(request, site, await read_seen(request, site), refusal)
    return await _changed(request, site, glance.cart())


def _choices(form: Form) -> dict[str, str]:
    """What was chosen of a kit: fields `choice.<group>`, one for each option that was taken."""
    groups = sorted({name for name in form if name.startswith(_CHOICE)})
    return {
        name.removeprefix(_CHOICE): ",".join(code for code in form.every(name) if code)
        for name in groups
    }


def _answers(form: Form) -> dict[str, str]:
    """What was said of the product: fields `answer.<input>`. Who says nothing, leaves it empty."""
    return {
        name.removeprefix(_ANSWER): said
        for name in sorted(form)
        if name.startswith(_ANSWER) and (said := form[name].strip())
    }


async def _added(request: Request[Any, Any, Any], site: Site, item: WantedItem) -> Seen:
    """The cart with the item in it: the visitor's own, or a new one where theirs is gone."""
    app, who = shop(request), await seller_of(request, site)
    cart_id = visitor_of(request, site).cart_id
    glance = Glance()
    if cart_id is not None:
        try:
            await carting.add_line(app, who, cart_id, item, glance.reply)
        except (carts.CartNotFound, carts.CartNotOpen, carts.CartExpired):
            glance = Glance()
    if glance.seen is None:
        await carting.create_cart(
            app, who, CartDetails(items=(item,), locale=site.locale), glance.reply
        )
    return glance.cart()


async def _added_with_files(
    request: Request[Any, Any, Any], site: Site, item: WantedItem, files: Mapping[str, UploadFile]
) -> Seen:
    """The cart with the item in it, which answers with these files."""
    app, who, cart = shop(request), await seller_of(request, site), None
    cart_id = visitor_of(request, site).cart_id
    if cart_id is not None:
        try:
            cart, _ = await carting.read_cart(app, who, cart_id)
            carts.check_open(cart, app.db.clock())
        except (carts.CartNotFound, carts.CartNotOpen, carts.CartExpired):
            cart = None
    if cart is None:
        made = Glance()
        await carting.create_cart(app, who, CartDetails(locale=site.locale), made.reply)
        cart = made.cart().cart
    taken: dict[str, UUID] = {}
    glance = Glance()
    try:
        for code, file in files.items():
            taken[code] = await _taken(request, cart, file)
        said = {code: encode("attachment", one) for code, one in taken.items()}
        wanted = msgspec.structs.replace(item, configuration=item.configuration | said)
        await carting.add_line(app, who, cart.id, wanted, glance.reply)
    except Unavailable:
        raise  # The line may be in the cart: what is not, the clean-up gives up.
    except ArgosyError:
        await attaching.drop(app, taken.values())
        raise
    return glance.cart()


async def _taken(request: Request[Any, Any, Any], cart: Cart, file: UploadFile) -> UUID:
    async with on_disk(file) as path:
        made = await attaching.take_in(
            shop(request), cart, path, file_name=file.filename, address=address_of(request)
        )
    return made.id


async def _refused(
    request: Request[Any, Any, Any], site: Site, refusal: ArgosyError, *, back: str
) -> Response[bytes]:
    seen = await read_seen(request, site)
    if is_partial(request):
        values = {
            "cart": None if seen is None else seen.view,
            "pieces": 0 if seen is None else seen.pieces,
            "added": False,
            "error": refusal,
        }
        return page(part(request, site, "storefront/_drawer.html", values))
    return await _cart_page(request, site, seen, refusal, back=back)


async def _changed(
    request: Request[Any, Any, Any],
    site: Site,
    seen: Seen | None,
    refusal: ArgosyError | None = None,
) -> Response[bytes]:
    """The cart after a change: a part of the page for htmx, else the page itself."""
    if not is_partial(request) and refusal is None:
        cookies = [] if seen is None else cart_cookies(request, site, seen.cart.id, seen.pieces)
        return lead_to(site.path("/cart"), cookies=cookies)
    return await _cart_page(request, site, seen, refusal)


async def _cart_page(
    request: Request[Any, Any, Any],
    site: Site,
    seen: Seen | None,
    refusal: ArgosyError | None = None,
    *,
    back: str = "/",
) -> Response[bytes]:
    if seen is None:
        cookies, pieces, cart_id = no_cart_cookies(request, site), 0, None
    else:
        if seen.cart.state == "placed":
            path = order_path(request, site, seen.cart.id)
            return lead_to(path, cookies=no_cart_cookies(request, site))
        cookies = cart_cookies(request, site, seen.cart.id, seen.pieces)
        pieces, cart_id = seen.pieces, seen.cart.id
    values = {
        "cart": None if seen is None else seen.view,
        "pieces": pieces,
        "error": refusal,
        "back": site.path(back),
        "partial": is_partial(request),
        "nearest": await _nearest_free_shipping(request, site, seen),
    }
    status = 200 if refusal is None else refusal.http_status
    if is_partial(request):
        # htmx swaps what succeeds; what was refused says so in the part itself.
        return page(part(request, site, "storefront/_cart.html", values), cookies=cookies)
    return await personal_page(
        request,
        site,
        "storefront/cart.html",
        values,
        visitor=Visitor(cart_id=cart_id, pieces=pieces),
        cookies=cookies,
        status=status,
    )


async def _nearest_free_shipping(
    request: Request[Any, Any, Any], site: Site, seen: Seen | None
) -> ShippingOption | None:
    """The way of shipping that lacks the least to be free, for "4.10 to free shipping"."""
    if seen is None or not seen.cart.lines or seen.cart.state != "open":
        return None
    options = await carting.shipping_options_of(
        shop(request), await seller_of(request, site), seen.cart, seen.basket
    )
    lacking = [(one.free_missing.minor, one.code, one) for one in options if one.free_missing]
    return min(lacking, default=(0, "", None))[2]


ROUTES: list[HTTPRouteHandler] = [
    show_cart,
    add_line,
    add_line_with_files,
    change_line,
    change_coupons,
]
