"""Tax ids: of a cart, and of the signed-in customer's business."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, put

from argosy.kernel.ids import decode
from argosy.modules import tax
from argosy.web.api.storefront.carts import (
    CART_PROBLEMS,
    CART_SHOWN,
    TaxIdBody,
    given,
    seller,
)
from argosy.web.auth import (
    PUBLISHABLE,
    SIGNED_IN,
    channel_context,
    requires_channel,
    shop,
    signed_in,
)
from argosy.web.cart_views import TaxIdView, rendered
from argosy.workflows import carting
from argosy.workflows.carting import CartReply
from argosy.workflows.quoting import rules_for
from argosy.workflows.tax_ids import checked_tax_id


class BuyerTaxView(msgspec.Struct, frozen=True, kw_only=True):
    """The tax id that the customer buys with, unless a cart names another; None: as a consumer."""

    tax_id: TaxIdView | None


@put(
    "/v1/carts/{cart_id:str}/tax-id",
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=[*CART_PROBLEMS, tax.TaxIdInvalid],
)
async def set_cart_tax_id(
    request: Request[Any, Any, Any], cart_id: str, data: TaxIdBody
) -> Response[bytes]:
    """Buy as a business. The register is asked; `tax_id.status` says what it answered, and the
    taxes follow: an id that is not confirmed is taxed like a consumer, unless the shop accepts it.
    """
    found, who = decode("cart", cart_id, field="cart_id"), await seller(request)
    reply = CartReply(None, rendered(200))
    return given(await carting.set_tax_id(shop(request), who, found, data.typed(), reply))


@delete(
    "/v1/carts/{cart_id:str}/tax-id",
    status_code=200,
    tags=["Carts"],
    security=PUBLISHABLE,
    responses=CART_SHOWN,
    problems=CART_PROBLEMS,
)
async def remove_cart_tax_id(request: Request[Any, Any, Any], cart_id: str) -> Response[bytes]:
    """Buy as a consumer again. Repeatable."""
    found = decode("cart", cart_id, field="cart_id")
    who, reply = await seller(request), CartReply(None, rendered(200))
    return given(await carting.set_tax_id(shop(request), who, found, None, reply))


@get(
    "/v1/customers/me/tax-id",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
)
async def get_my_tax_id(request: Request[Any, Any, Any]) -> BuyerTaxView:
    """The tax id of the signed-in customer, with what its register said."""
    identity = await signed_in(request)
    async with shop(request).db.reading() as tx:
        buyer = await tax.buyer_of(tx, identity.customer_id)
    return BuyerTaxView(tax_id=TaxIdView.of(buyer.tax_id))


@put(
    "/v1/customers/me/tax-id",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[tax.TaxIdInvalid],
)
async def set_my_tax_id(request: Request[Any, Any, Any], data: TaxIdBody) -> BuyerTaxView:
    """Buy as a business from now on. The register is asked; its answer is kept as evidence."""
    app, identity = shop(request), await signed_in(request)
    channel = await channel_context(request)
    policy = (await rules_for(app, channel.id)).taxes.policy
    found = await checked_tax_id(app, policy, data.tax_id, data.country)
    async with app.db.transaction() as tx:
        await tax.set_buyer_tax_id(tx, identity.customer_id, found)
    return BuyerTaxView(tax_id=TaxIdView.of(found))


@delete(
    "/v1/customers/me/tax-id",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
)
async def remove_my_tax_id(request: Request[Any, Any, Any]) -> None:
    """Buy as a consumer from now on. Repeatable."""
    identity = await signed_in(request)
    async with shop(request).db.transaction() as tx:
        await tax.set_buyer_tax_id(tx, identity.customer_id, None)


ROUTES = [set_cart_tax_id, remove_cart_tax_id, get_my_tax_id, set_my_tax_id, remove_my_tax_id]
