"""Custom fields of a shopper's cart and order, those that the shop shows."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, patch

from argosy.kernel.ids import decode
from argosy.modules import cart as carts
from argosy.modules import fields, orders
from argosy.modules.fields import FieldValue
from argosy.reads.order_view import read_order_view
from argosy.web.api.storefront.orders import TokenHeader, may_see
from argosy.web.auth import PUBLISHABLE, channel_context, shop, shopper
from argosy.workflows import fielding


class CartFieldsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values by code: what is left out stays, null removes."""

    values: Annotated[dict[str, FieldValue | None], msgspec.Meta(max_length=200)]


class ShownFields(msgspec.Struct, frozen=True, kw_only=True):
    """The values that the shop shows, by code; fields without one show their default."""

    values: dict[str, FieldValue]


@get(
    "/v1/carts/{cart_id:str}/fields",
    tags=["Carts"],
    security=PUBLISHABLE,
    problems=[carts.CartNotFound],
)
async def get_cart_fields(request: Request[Any, Any, Any], cart_id: str) -> ShownFields:
    """The custom fields of the cart."""
    found = decode("cart", cart_id, field="cart_id")
    channel, who = await channel_context(request), await shopper(request)
    async with shop(request).db.reading() as tx:
        await carts.cart_by_id(tx, found, channel_id=channel.id, customer_id=who.customer_id)
        return ShownFields(values=await fielding.shown_fields(tx, "cart", found, to_shopper=True))


@patch(
    "/v1/carts/{cart_id:str}/fields",
    tags=["Carts"],
    security=PUBLISHABLE,
    problems=[carts.CartNotFound, fields.FieldsClosed, fields.ValuesInvalid],
    example={"values": {"engraving": "For Ann"}},
)
async def change_cart_fields(
    request: Request[Any, Any, Any], cart_id: str, data: CartFieldsBody
) -> ShownFields:
    """Change custom fields of the cart, those that shoppers write. They go onto the order."""
    found = decode("cart", cart_id, field="cart_id")
    channel, who = await channel_context(request), await shopper(request)
    async with shop(request).db.transaction() as tx:
        values = await fielding.set_cart_fields(
            tx, found, data.values, channel_id=channel.id, customer_id=who.customer_id
        )
    return ShownFields(values=values)


@get(
    "/v1/orders/{order_id:str}/fields",
    tags=["Orders"],
    security=PUBLISHABLE,
    problems=[orders.OrderNotFound],
)
async def get_order_fields(
    request: Request[Any, Any, Any], order_id: str, token: TokenHeader = None
) -> ShownFields:
    """The custom fields of an order, for its customer or for whoever has its token."""
    found = decode("order", order_id, field="order_id")
    channel, who = await channel_context(request), await shopper(request)
    async with shop(request).db.reading() as tx:
        order = await read_order_view(tx, found)
        values = await fielding.shown_fields(tx, "order", found, to_shopper=True)
    visible = order is not None and order.channel_id == channel.id
    if order is None or not visible or not may_see(request, order, who.customer_id, token):
        raise orders.OrderNotFound("There is no such order, or it is not yours to see.")
    return ShownFields(values=values)


ROUTES = [get_cart_fields, change_cart_fields, get_order_fields]
