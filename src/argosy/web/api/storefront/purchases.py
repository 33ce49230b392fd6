"""Placing a cart, coming back from 3DS, and the purchase in one call."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.address import Address
from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.ids import decode
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import customers, inventory, payments, promotions, tax, wallets
from argosy.modules.orders import SHOPPER, Because
from argosy.runtime.idempotency import Key, KeyInProgress, KeyReused
from argosy.runtime.outbox_rows import Answered
from argosy.web.addresses import AddressBody
from argosy.web.api.storefront.carts import LineBody, Locale, TaxIdBody, seller
from argosy.web.auth import PUBLISHABLE, request_id, shop
from argosy.web.client_country import client_country
from argosy.web.idempotent import RequiredKeyHeader, key_of
from argosy.web.languages import LocaleNotOffered, language_of_cart
from argosy.web.order_views import PlacementView, placement_answer
from argosy.web.problems import MEDIA_TYPE
from argosy.web.ready import Ready
from argosy.workflows import checkout, placement, saved_ways
from argosy.workflows.cart_desk import Seller
from argosy.workflows.placement import PaymentChoice, PlaceCart, Placement, Purchase, Reply
from argosy.workflows.quoting import NotPurchasable


class PaymentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to pay: the gateway and what it needs. Never a card number: the provider's token.

    `return_url` is where the provider sends the shopper after 3DS or a redirect. `save`: the
    shopper, who is signed in, agrees that this way to pay is kept for later purchases; their bank
    asks them once. `saved_method`: pay with one that is kept, in place of an instrument.
    """

    gateway: Annotated[str, msgspec.Meta(min_length=1, max_length=60, examples=["invoice"])]
    instrument: Annotated[
        dict[str, Annotated[str, msgspec.Meta(max_length=500)]],
        msgspec.Meta(max_length=10, examples=[{}]),
    ] = {}
    return_url: Annotated[str, msgspec.Meta(max_length=2000, pattern="^https?://")] | None = None
    save: bool = False
    saved_method: Annotated[str, msgspec.Meta(max_length=100, examples=[None])] | None = None

    def choice(self) -> PaymentChoice:
        """As the workflow's word. Raises MalformedId."""
        saved = self.saved_method
        return PaymentChoice(
            gateway=self.gateway,
            instrument=self.instrument,
            return_url=self.return_url,
            save=self.save,
            saved=None
            if saved is None
            else decode("saved_method", saved, field="payment.saved_method"),
        )


class PlaceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The total that the shopper agreed to, and the payment (nothing to pay: leave it out)."""

    expected_total: Money
    payment: PaymentBody | None = None


class PurchaseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole purchase. `expected_total` guards the price; a till that has just shown it may leave
    it out. Goods that are shipped need `shipping_address` and `shipping_method`; for digital goods
    `billing_address` decides the tax.
    """

    lines: Annotated[list[LineBody], msgspec.Meta(min_length=1, max_length=carts.MAX_LINES)]
    email: Annotated[str, msgspec.Meta(max_length=254)]
    shipping_address: AddressBody | None = None
    billing_address: AddressBody | None = None
    shipping_method: Annotated[str, msgspec.Meta(max_length=100, examples=["standard"])] | None = (
        None
    )
    expected_total: Annotated[Money, msgspec.Meta(examples=[None])] | None = None
    payment: PaymentBody | None = None
    coupons: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=64)]],
        msgspec.Meta(max_length=carts.MAX_COUPONS, description="Each must apply.", examples=[[]]),
    ] = []
    tax_id: TaxIdBody | None = None
    locale: Locale | None = None


_ANSWERS = {
    201: ResponseSpec(PlacementView, description="The order is confirmed."),
    202: ResponseSpec(PlacementView, description="The payment is not decided yet; see `result`."),
}
_PROBLEMS = [
    payments.PaymentNotApproved,
    payments.GatewayNotOffered,
    payments.GatewayUnavailable,
    payments.InstrumentInvalid,
    saved_ways.SavingNotOffered,
    wallets.SavedMethodNotFound,
    wallets.WalletFull,
    inventory.OutOfStock,
    NotPurchasable,
    placement.TotalChanged,
    placement.PaymentMissing,
    placement.EmailMissing,
    placement.AddressMissing,
    placement.CountryNotServed,
    placement.ShippingMethodMissing,
    promotions.CouponRefused,
    promotions.UsedUp,
    KeyReused,
    KeyInProgress,
]


@post(
    "/v1/carts/{cart_id:str}/place",
    tags=["Checkout"],
    security=PUBLISHABLE,
    responses=_ANSWERS,
    problems=[
        *_PROBLEMS,
        placement.CartEmpty,
        carts.CartNotFound,
        carts.CartNotOpen,
        carts.CartExpired,
    ],
)
async def place_cart(
    request: Request[Any, Any, Any], cart_id: str, data: PlaceBody, key: RequiredKeyHeader
) -> Response[bytes]:
    """Turn the cart into an order. Nothing is charged unless the total is the expected one and
    everything is in stock. Repeat with the same key after a lost answer: nothing happens twice.
    """
    who = await seller(request)
    command = PlaceCart(
        cart_id=decode("cart", cart_id, field="cart_id"),
        channel=who.channel,
        customer_id=who.customer_id,
        expected_total=data.expected_total,
        payment=None if data.payment is None else data.payment.choice(),
        because=_because(request, "place"),
        ip_country=client_country(request),
    )
    found = await key_of(request, required=True, principal=cart_id)
    return _given(await checkout.place(shop(request), command, _reply(request, found)))


@post(
    "/v1/carts/{cart_id:str}/resume",
    status_code=200,
    tags=["Checkout"],
    security=PUBLISHABLE,
    responses={
        200: ResponseSpec(PlacementView, description="What became of the purchase."),
        202: ResponseSpec(PlacementView, description="The payment is not decided yet."),
    },
    problems=[carts.CartNotFound, placement.NothingToResume, payments.PaymentNotApproved],
)
async def resume_cart(request: Request[Any, Any, Any], cart_id: str) -> Response[bytes]:
    """Go on after 3DS or a redirect: the provider is asked what became of the payment. It may be
    repeated at any time.
    """
    who = await seller(request)
    found = decode("cart", cart_id, field="cart_id")
    became = await checkout.resume(
        shop(request), found, who.channel, who.customer_id, _because(request, "resume")
    )
    status, body = _render(request, became)
    return _response(200 if status == 201 else status, body, {})


@post(
    "/v1/purchases",
    tags=["Checkout"],
    security=PUBLISHABLE,
    responses=_ANSWERS,
    problems=[
        *_PROBLEMS,
        EmailInvalid,
        customers.AddressInvalid,
        carts.QuantityOutOfRange,
        tax.TaxIdInvalid,
        LocaleNotOffered,
    ],
)
async def make_purchase(
    request: Request[Any, Any, Any], data: PurchaseBody, key: RequiredKeyHeader
) -> Response[bytes]:
    """Buy in one call: for tills, agents, partners. The same rules and answers as `place`."""
    who = await seller(request)
    who = who._replace(locale=language_of_cart(request, who.channel, data.locale))
    command = _purchase(data, who, _because(request, "purchase"), client_country(request))
    found = await key_of(request, required=True)
    return _given(await checkout.purchase(shop(request), command, _reply(request, found)))


def _purchase(data: PurchaseBody, who: Seller, because: Because, ip_country: str) -> Purchase:
    return Purchase(
        channel=who.channel,
        customer_id=who.customer_id,
        items=tuple(line.item(f"lines[{at}].variant_id") for at, line in enumerate(data.lines)),
        email=checked_email(data.email).shown,
        shipping_address=_checked(data.shipping_address, "shipping_address"),
        billing_address=_checked(data.billing_address, "billing_address"),
        shipping_method=data.shipping_method,
        expected_total=data.expected_total,
        payment=None if data.payment is None else data.payment.choice(),
        tax_id=None if data.tax_id is None else data.tax_id.typed(),
        because=because,
        coupons=tuple(data.coupons),
        ip_country=ip_country,
        locale=who.locale,
    )


def _checked(body: AddressBody | None, field: str) -> Address | None:
    return None if body is None else customers.check_address(body.address(), field=field)


def _because(request: Request[Any, Any, Any], cause: str) -> Because:
    return Because(actor=SHOPPER, cause=cause, correlation=request_id(request) or None)


def _reply(request: Request[Any, Any, Any], key: Key | None) -> Reply:
    assert key is not None, "required"
    return Reply(key, lambda became: _render(request, became))


def _render(request: Request[Any, Any, Any], became: Placement) -> tuple[int, bytes]:
    base = request.app.state.problem_base
    return placement_answer(became, base=base, request_id=request_id(request))


def _given(answer: Answered) -> Response[bytes]:
    return _response(answer.status, answer.body, answer.headers)


def _response(status: int, body: bytes, headers: dict[str, str]) -> Response[bytes]:
    return Ready(
        body,
        status_code=status,
        media_type="application/json" if status < 400 else MEDIA_TYPE,
        headers=headers,
    )


ROUTES = [place_cart, resume_cart, make_purchase]

HOT = [place_cart, make_purchase]
"""What every purchase calls."""
