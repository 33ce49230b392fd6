"""Orders of shoppers: one by its token or its customer, all of a customer, guests' ones claimed."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import Parameter

from argosy.kernel.email import checked_email
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import customers, orders
from argosy.modules.orders import Because, OrderActor
from argosy.reads.order_list import OrderFilters, OrderRow, list_orders
from argosy.reads.order_view import OrderView, read_order_history, read_order_money, read_order_view
from argosy.web.auth import (
    PUBLISHABLE,
    SIGNED_IN,
    channel_context,
    request_id,
    shop,
    shopper,
    signed_in,
)
from argosy.web.newest import newest_after, newest_keys
from argosy.web.order_views import OrderRowView, ShopperOrderView
from argosy.web.paging import CursorText, Limit, filters_of, page_of
from argosy.web.sparse import ExpandUnknown, expand_parameter, expansions

TokenHeader = Annotated[
    str | None,
    Parameter(
        header="X-Order-Token",
        max_length=200,
        description="The order's token, for a guest; it came with the answer to the purchase.",
    ),
]


Expand = Annotated[
    str | None, expand_parameter(payments="what was paid, taken and given back, and how")
]


class ClaimedOrders(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of the orders that now belong to the account."""

    order_ids: list[str]


@get(
    "/v1/orders/{order_id:str}",
    tags=["Orders"],
    security=PUBLISHABLE,
    problems=[orders.OrderNotFound, ExpandUnknown],
)
async def get_order(
    request: Request[Any, Any, Any],
    order_id: str,
    token: TokenHeader = None,
    expand: Expand = None,
) -> ShopperOrderView:
    """An order, for its customer or for whoever has its token."""
    parts = expansions(expand, allowed=frozenset({"payments"}))
    found = decode("order", order_id, field="order_id")
    channel, who = await channel_context(request), await shopper(request)
    async with shop(request).db.reading() as tx:
        order = await read_order_view(tx, found)
        history = await read_order_history(tx, found) if order else []
        money = await read_order_money(tx, found) if order and parts else None
    visible = order is not None and order.channel_id == channel.id
    if order is None or not visible or not may_see(request, order, who.customer_id, token):
        raise orders.OrderNotFound("There is no such order, or it is not yours to see.")
    return ShopperOrderView.of(order, history, money)


@get("/v1/orders", tags=["Orders"], security=SIGNED_IN)
async def list_my_orders(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[OrderRowView]:
    """The orders of the signed-in customer in this channel, the newest first."""
    identity, channel = await signed_in(request), await channel_context(request)
    mine = OrderFilters(customer_id=identity.customer_id, channel_id=channel.id)
    filters = filters_of("my orders", customer=identity.customer_id, channel=channel.id)
    before = newest_after(cursor, filters)
    async with shop(request).db.reading() as tx:
        rows = await list_orders(tx, mine, before=before, limit=limit + 1)
    return page_of(rows, limit=limit, filters=filters, keys=keys_of, show=OrderRowView.of)


@post(
    "/v1/orders/claim",
    status_code=200,
    tags=["Orders"],
    security=SIGNED_IN,
    problems=[orders.EmailNotVerified],
)
async def claim_orders(request: Request[Any, Any, Any]) -> ClaimedOrders:
    """Take over the orders made as a guest with the account's verified e-mail address."""
    identity = await signed_in(request)
    customer = encode("customer", identity.customer_id)
    who = OrderActor(kind="shopper", id=customer)
    because = Because(actor=who, cause="claim", correlation=request_id(request) or None)
    async with shop(request).db.transaction() as tx:
        # Not the cached session: the address may have been verified a moment ago.
        person = await customers.customer_by_id(tx, identity.customer_id)
        if person.email_verified_at is None:
            raise orders.EmailNotVerified("The account's e-mail address is not verified yet.")
        normalised = checked_email(person.email).normalised
        claimed = await orders.claim_orders(tx, identity.customer_id, normalised, because)
    return ClaimedOrders(order_ids=[encode("order", order_id) for order_id in claimed])


def keys_of(row: OrderRow) -> list[str]:
    """The sort keys of an order in a list."""
    return newest_keys(row.opened_at, row.id)


def may_see(
    request: Request[Any, Any, Any], order: OrderView, customer_id: UUID | None, token: str | None
) -> bool:
    """Whether the shopper is its customer, or has its token."""
    if customer_id is not None and order.customer_id == customer_id:
        return True
    secret = shop(request).settings.secret_key.get_secret_value()
    return token is not None and orders.is_order_token(secret, order.id, token)


ROUTES = [get_order, list_my_orders, claim_orders]
