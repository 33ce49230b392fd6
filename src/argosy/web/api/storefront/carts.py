"""Carts of shoppers. A cart's id is random and opens it; a customer's cart opens for them alone."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.address import Address
from argosy.kernel.email import EmailInvalid
from argosy.kernel.ids import decode
from argosy.modules import cart as carts
from argosy.modules import customers, promotions, tax
from argosy.runtime.attempts import TooManyTries
from argosy.runtime.outbox_rows import Answered
from argosy.web.addresses import AddressBody
from argosy.web.auth import PUBLISHABLE, SIGNED_IN, channel_context, shop, shopper, signed_in
from argosy.web.cart_views import (
    CartView,
    ClaimedCartView,
    MergeNoteView,
    ShippingOptions,
    ShippingOptionView,
    rendered,
)
from argosy.web.idempotent import KeyHeader, key_of
from argosy.web.languages import LocaleNotOffered, language_of_cart, offered_as
from argosy.web.ready import Ready
from argosy.workflows import carting
from argosy.workflows.cart_desk import Seller
from argosy.workflows.carting import CartDetails, CartReply, CartUpdate
from argosy.workflows.placement import (
    CountryNotServed,
    ShippingMethodMissing,
    TypedTaxId,
    WantedItem,
)
from argosy.workflows.quoting import NotPurchasable

Quantity = Annotated[
    int, msgspec.Meta(ge=1, le=carts.MAX_QUANTITY, description="Pieces, 1 to 9999.")
]
Configuration = Annotated[
    dict[str, Annotated[str, msgspec.Meta(max_length=500)]],
    msgspec.Meta(
        max_length=20, description="What makes this line its own, like an engraving.", examples=[{}]
    ),
]
VariantId = Annotated[str, msgspec.Meta(max_length=100)]
Locale = Annotated[
    str,
    msgspec.Meta(
        min_length=2,
        max_length=35,
        description="The language that the shopper reads, one of the channel's `locales`.",
        examples=[None],
    ),
]
"""Carts and orders call their lines as it does."""


class LineBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many pieces of a variant. The same variant and configuration add up in one line."""

    variant_id: VariantId
    quantity: Quantity = 1
    configuration: Configuration = {}

    def item(self, field: str = "variant_id") -> WantedItem:
        """As the workflow's word. Raises MalformedId naming `field`."""
        return WantedItem(
            variant_id=decode("variant", self.variant_id, field=field),
            quantity=self.quantity,
            configuration=self.configuration,
        )


class TaxIdBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tax id of the business that buys. A VAT id of the EU begins with its country's letters;
    for others name the `country` (ISO 3166-1).
    """

    tax_id: Annotated[str, msgspec.Meta(min_length=4, max_length=60, examples=["FR40303265045"])]
    country: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2})?$", examples=[""])] = ""

    def typed(self) -> TypedTaxId:
        """As the workflow's word."""
        return TypedTaxId(text=self.tax_id, country=self.country)


class NewCartBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the cart holds from the start; everything may follow later. Without a `locale` it is the
    best by `Accept-Language`.
    """

    lines: Annotated[list[LineBody], msgspec.Meta(max_length=carts.MAX_LINES)] = []
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    shipping_address: AddressBody | None = None
    billing_address: AddressBody | None = None
    shipping_method: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    tax_id: TaxIdBody | None = None
    locale: Locale | None = None


class QuantityBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The quantity that the line shall have; 0 removes it."""

    quantity: Annotated[int, msgspec.Meta(ge=0, le=carts.MAX_QUANTITY)]


class CartUpdateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to set; what is not named stays. Without a `billing_address`, the order is billed to
    where it is shipped. Another country drops the way of shipping, unless one is set with it.
    """

    email: Annotated[str, msgspec.Meta(max_length=254, examples=["ada@example.com"])] | None = None
    shipping_address: AddressBody | None = None
    billing_address: AddressBody | None = None
    shipping_method: (
        Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["standard"])] | None
    ) = None
    locale: Locale | None = None


class GiftBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a gift is wanted."""

    wanted: bool


class CouponBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code as the shopper typed it: case, width and spaces around it do not matter."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=64, examples=["AUTUMN10"])]


class CartEmailBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the confirmation goes."""

    email: Annotated[str, msgspec.Meta(max_length=254, examples=["ada@example.com"])]


class ShippingMethodBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `code` or `id` of one of the cart's shipping options."""

    shipping_method: Annotated[
        str, msgspec.Meta(min_length=1, max_length=100, examples=["standard"])
    ]


CART_SHOWN = {200: ResponseSpec(CartView, description="The cart as it is now.")}
_MADE = {201: ResponseSpec(CartView, description="The cart as it is now.")}
CART_PROBLEMS = [carts.CartNotFound, carts.CartNotOpen, carts.CartExpired, carts.CartBusy]


@post(
    "/v1/carts",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=_MADE,
    problems=[
        NotPurchasable,
        EmailInvalid,
        customers.AddressInvalid,
        CountryNotServed,
        carts.QuantityOutOfRange,
        carts.CartTooLong,
        tax.TaxIdInvalid,
        LocaleNotOffered,
    ],
)
async def create_cart(
    request: Request[Any, Any, Any], data: NewCartBody, key: KeyHeader = None
) -> Response[bytes]:
    """Make a cart, empty or filled. Keep its `id`: it is the way back to it for a guest."""
    who = await seller(request)
    details = CartDetails(
        items=tuple(line.item(f"lines[{at}].variant_id") for at, line in enumerate(data.lines)),
        email=data.email,
        shipping_address=address_of(data.shipping_address),
        billing_address=address_of(data.billing_address),
        shipping_method=data.shipping_method,
        tax_id=None if data.tax_id is None else data.tax_id.typed(),
        locale=language_of_cart(request, who.channel, data.locale),
    )
    reply = CartReply(await key_of(request), rendered(201))
    return given(await carting.create_cart(shop(request), who, details, reply))


@get(
    "/v1/carts/{cart_id:str}",
    tags=["Carts"],
    security=PUBLISHABLE,
    problems=[carts.CartNotFound],
)
async def get_cart(request: Request[Any, Any, Any], cart_id: str) -> CartView:
    """The cart with today's prices."""
    found = decode("cart", cart_id, field="cart_id")
    cart, basket = await carting.read_cart(shop(request), await seller(request), found)
    return CartView.of(cart, basket)


@post(
    "/v1/carts/{cart_id:str}/lines",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=_MADE,
    problems=[
        *CART_PROBLEMS,
        NotPurchasable,
        carts.QuantityOutOfRange,
        carts.CartTooLong,
        carts.ConfigurationInvalid,
    ],
)
async def add_cart_line(
    request: Request[Any, Any, Any], cart_id: str, data: LineBody, key: KeyHeader = None
) -> Response[bytes]:
    """Put pieces of a variant into the cart. It reserves nothing: stock is held at placing."""
    found, reply = await _change(request, cart_id, 201)
    return given(
        await carting.add_line(shop(request), await seller(request), found, data.item(), reply)
    )


@patch(
    "/v1/carts/{cart_id:str}/lines/{line_id:str}",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=[*CART_PROBLEMS, carts.CartLineNotFound, carts.QuantityOutOfRange],
)
async def change_cart_line(
    request: Request[Any, Any, Any], cart_id: str, line_id: str, data: QuantityBody
) -> Response[bytes]:
    """Set the quantity of a line; 0 removes it."""
    found, reply = await _change(request, cart_id, 200)
    line = decode("cart_line", line_id, field="line_id")
    return given(
        await carting.change_quantity(
            shop(request), await seller(request), found, line, data.quantity, reply
        )
    )


@delete(
    "/v1/carts/{cart_id:str}/lines/{line_id:str}",
    status_code=200,
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=[*CART_PROBLEMS, carts.CartLineNotFound],
)
async def remove_cart_line(
    request: Request[Any, Any, Any], cart_id: str, line_id: str
) -> Response[bytes]:
    """Take a line out of the cart."""
    found, reply = await _change(request, cart_id, 200)
    line = decode("cart_line", line_id, field="line_id")
    return given(
        await carting.change_quantity(shop(request), await seller(request), found, line, 0, reply)
    )


@patch(
    "/v1/carts/{cart_id:str}",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=[
        *CART_PROBLEMS,
        EmailInvalid,
        customers.AddressInvalid,
        CountryNotServed,
        ShippingMethodMissing,
        LocaleNotOffered,
    ],
)
async def update_cart(
    request: Request[Any, Any, Any], cart_id: str, data: CartUpdateBody
) -> Response[bytes]:
    """Say in one call who buys, where the goods go, who pays and how they are shipped."""
    update = CartUpdate(
        email=data.email,
        shipping_address=address_of(data.shipping_address),
        billing_address=address_of(data.billing_address),
        shipping_method=data.shipping_method,
        locale=None
        if data.locale is None
        else offered_as(await channel_context(request), data.locale),
    )
    return await _set(request, cart_id, update, nested=True)


@put(
    "/v1/carts/{cart_id:str}/email",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=[*CART_PROBLEMS, EmailInvalid],
)
async def set_cart_email(
    request: Request[Any, Any, Any], cart_id: str, data: CartEmailBody
) -> Response[bytes]:
    """Say where the confirmation goes."""
    return await _set(request, cart_id, CartUpdate(email=data.email))


@put(
    "/v1/carts/{cart_id:str}/shipping-address",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=[*CART_PROBLEMS, customers.AddressInvalid, CountryNotServed],
)
async def set_cart_shipping_address(
    request: Request[Any, Any, Any], cart_id: str, data: AddressBody
) -> Response[bytes]:
    """Say where the goods go. Another country drops the chosen way of shipping."""
    return await _set(request, cart_id, CartUpdate(shipping_address=data.address()))


@put(
    "/v1/carts/{cart_id:str}/billing-address",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=[*CART_PROBLEMS, customers.AddressInvalid],
)
async def set_cart_billing_address(
    request: Request[Any, Any, Any], cart_id: str, data: AddressBody
) -> Response[bytes]:
    """Say who pays. For digital goods this address decides the tax."""
    return await _set(request, cart_id, CartUpdate(billing_address=data.address()))


@put(
    "/v1/carts/{cart_id:str}/shipping-method",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=[*CART_PROBLEMS, ShippingMethodMissing],
)
async def set_cart_shipping_method(
    request: Request[Any, Any, Any], cart_id: str, data: ShippingMethodBody
) -> Response[bytes]:
    """Choose one of the cart's shipping options."""
    return await _set(request, cart_id, CartUpdate(shipping_method=data.shipping_method))


@get(
    "/v1/carts/{cart_id:str}/shipping-options",
    tags=["Carts"],
    security=PUBLISHABLE,
    problems=[carts.CartNotFound],
)
async def list_cart_shipping_options(
    request: Request[Any, Any, Any], cart_id: str
) -> ShippingOptions:
    """The ways to ship the cart to its address; without one, to the channel's default country."""
    found = decode("cart", cart_id, field="cart_id")
    options = await carting.list_shipping_options(shop(request), await seller(request), found)
    return ShippingOptions(items=[ShippingOptionView.of(option) for option in options])


@post(
    "/v1/carts/{cart_id:str}/claim",
    status_code=200,
    tags=["Carts"],
    security=SIGNED_IN,
    problems=[carts.CartNotFound, carts.CartNotOpen, carts.CartExpired],
)
async def claim_cart(request: Request[Any, Any, Any], cart_id: str) -> ClaimedCartView:
    """After sign-in: the guest's cart becomes the customer's, or goes into the one they have."""
    await signed_in(request)
    found = decode("cart", cart_id, field="cart_id")
    cart, basket, notes = await carting.claim_cart(shop(request), await seller(request), found)
    return ClaimedCartView(
        cart=CartView.of(cart, basket), notes=[MergeNoteView.of(note) for note in notes]
    )


@post(
    "/v1/carts/{cart_id:str}/coupons",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=_MADE,
    problems=[
        *CART_PROBLEMS,
        promotions.CouponRefused,
        carts.TooManyCoupons,
        TooManyTries,
    ],
)
async def add_cart_coupon(
    request: Request[Any, Any, Any], cart_id: str, data: CouponBody, key: KeyHeader = None
) -> Response[bytes]:
    """Use a code. If it cannot be used here, `reason` says why and `missing` what would help.

    A code that was applied stays in the cart, and is applied whenever its conditions are met.
    """
    found, reply = await _change(request, cart_id, 201)
    who = await seller(request)
    guesser = str(who.customer_id or found)
    return given(
        await carting.add_coupon(shop(request), who, found, data.code, reply, guesser=guesser)
    )


@delete(
    "/v1/carts/{cart_id:str}/coupons/{code:str}",
    status_code=200,
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=[*CART_PROBLEMS, carts.CouponNotInCart],
)
async def remove_cart_coupon(
    request: Request[Any, Any, Any], cart_id: str, code: str
) -> Response[bytes]:
    """Take a code out of the cart."""
    found, reply = await _change(request, cart_id, 200)
    return given(
        await carting.remove_coupon(shop(request), await seller(request), found, code, reply)
    )


@put(
    "/v1/carts/{cart_id:str}/gifts/{variant_id:str}",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=CART_PROBLEMS,
)
async def set_cart_gift(
    request: Request[Any, Any, Any], cart_id: str, variant_id: str, data: GiftBody
) -> Response[bytes]:
    """Say whether a gift is wanted: one that is not is left out until it is wanted again."""
    found, reply = await _change(request, cart_id, 200)
    variant, who = decode("variant", variant_id, field="variant_id"), await seller(request)
    return given(await carting.wish_gift(shop(request), who, found, variant, data.wanted, reply))


def address_of(body: AddressBody | None) -> Address | None:
    """The address that a body brought, if it brought one."""
    return None if body is None else body.address()


async def seller(request: Request[Any, Any, Any]) -> Seller:
    """The channel and the customer (if signed in) of a request."""
    return Seller(await channel_context(request), (await shopper(request)).customer_id)


def given(answer: Answered) -> Response[bytes]:
    """The answer of a cart, new or replayed."""
    return Ready(
        answer.body,
        status_code=answer.status,
        headers=answer.headers,
    )


async def _change(
    request: Request[Any, Any, Any], cart_id: str, status: int
) -> tuple[UUID, CartReply]:
    found = decode("cart", cart_id, field="cart_id")
    return found, CartReply(await key_of(request, principal=cart_id), rendered(status))


async def _set(
    request: Request[Any, Any, Any], cart_id: str, update: CartUpdate, *, nested: bool = False
) -> Response[bytes]:
    # Setting the same thing twice sets it: no key needs to be remembered.
    found, reply = decode("cart", cart_id, field="cart_id"), CartReply(None, rendered(200))
    who = await seller(request)
    return given(await carting.update_cart(shop(request), who, found, update, reply, nested=nested))


ROUTES = [
    create_cart,
    get_cart,
    add_cart_line,
    change_cart_line,
    remove_cart_line,
    update_cart,
    set_cart_email,
    set_cart_shipping_address,
    set_cart_billing_address,
    set_cart_shipping_method,
    list_cart_shipping_options,
    add_cart_coupon,
    remove_cart_coupon,
    set_cart_gift,
    claim_cart,
]

HOT = [create_cart, add_cart_line, update_cart, set_cart_shipping_method]
"""What every purchase calls."""
