"""Quotes without a purchase: of a cart, with the explanation of every cent, and of a mere idea."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import Parameter

from argosy.kernel.email import EmailInvalid
from argosy.kernel.ids import decode
from argosy.modules import cart as carts
from argosy.modules import customers
from argosy.web.addresses import AddressBody
from argosy.web.api.storefront.carts import LineBody, address_of, seller
from argosy.web.auth import PUBLISHABLE, shop
from argosy.web.quote_views import QuoteView
from argosy.workflows import explaining
from argosy.workflows.explaining import Explained, WhatIf
from argosy.workflows.placement import CountryNotServed
from argosy.workflows.quoting import NotPurchasable

Explain = Annotated[
    bool,
    Parameter(description="Add every step of the computation, and what became of each promotion."),
]
Payment = Annotated[
    str | None,
    Parameter(
        max_length=60, description="The gateway to pay by, for promotions that depend on it."
    ),
]


class QuoteBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A purchase that might be. Everything but the lines may be left out."""

    lines: Annotated[list[LineBody], msgspec.Meta(min_length=1, max_length=carts.MAX_LINES)]
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    shipping_address: AddressBody | None = None
    billing_address: AddressBody | None = None
    shipping_method: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    coupons: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=64)]],
        msgspec.Meta(max_length=carts.MAX_COUPONS),
    ] = []
    payment: Annotated[str, msgspec.Meta(max_length=60)] | None = None


@get(
    "/v1/carts/{cart_id:str}/quote",
    tags=["Carts"],
    security=PUBLISHABLE,
    problems=[carts.CartNotFound],
)
async def get_cart_quote(
    request: Request[Any, Any, Any],
    cart_id: str,
    explain: Explain = False,
    payment: Payment = None,
) -> QuoteView:
    """What the cart costs now, line by line; with `explain` also how, and what would be missing
    for promotions that nearly apply. Promotions for other people or codes are not named.
    """
    found = await explaining.quote_of_cart(
        shop(request),
        await seller(request),
        decode("cart", cart_id, field="cart_id"),
        payment_method=payment,
        explain=explain,
    )
    return _shown(found)


@post(
    "/v1/quotes",
    status_code=200,
    tags=["Carts"],
    security=PUBLISHABLE,
    problems=[
        NotPurchasable,
        EmailInvalid,
        customers.AddressInvalid,
        CountryNotServed,
        carts.QuantityOutOfRange,
        carts.CartTooLong,
        carts.TooManyCoupons,
    ],
)
async def make_quote(
    request: Request[Any, Any, Any], data: QuoteBody, explain: Explain = False
) -> QuoteView:
    """What a purchase would cost, without a cart. Nothing is kept or held; codes that cannot be
    used are told in `coupons`.
    """
    wish = WhatIf(
        items=tuple(line.item(f"lines[{at}].variant_id") for at, line in enumerate(data.lines)),
        email=data.email,
        shipping_address=address_of(data.shipping_address),
        billing_address=address_of(data.billing_address),
        shipping_method=data.shipping_method,
        coupons=tuple(data.coupons),
        payment_method=data.payment,
    )
    return _shown(
        await explaining.quote_of_wish(shop(request), await seller(request), wish, explain=explain)
    )


def _shown(found: Explained) -> QuoteView:
    told = None if found.explanation is None else explaining.for_shoppers(found.explanation)
    return QuoteView.of(found, told)


ROUTES = [get_cart_quote, make_quote]
