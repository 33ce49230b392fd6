"""The page of an order: what was bought, and how far it is. Its address holds the token."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.ids import decode
from argosy.modules import orders
from argosy.reads.order_view import read_order_history, read_order_view
from argosy.web.auth import shop
from argosy.web.order_views import ShopperOrderView
from argosy.web.storefront.people import person_of
from argosy.web.storefront.showing import personal_page
from argosy.web.storefront.sites import site_of
from argosy.web.storefront.visitors import visitor_of

_LONGEST_TOKEN = 200


@get("/orders/{order_id:str}", include_in_schema=False)
async def show_order(request: Request[Any, Any, Any], order_id: str) -> Response[bytes]:
    """An order for its customer and for whoever has its token. Raises OrderNotFound, also for a
    wrong token.
    """
    site = await site_of(request)
    found = decode("order", order_id, field="order_id")
    token = request.query_params.get("token", "")[:_LONGEST_TOKEN]
    async with shop(request).db.reading() as tx:
        order = await read_order_view(tx, found)
        history = await read_order_history(tx, found) if order else []
    secret = shop(request).settings.secret_key.get_secret_value()
    person = await person_of(request)
    theirs = (
        order is not None
        and order.customer_id is not None
        and person is not None
        and order.customer_id == person.customer_id
    )
    if (
        order is None
        or order.channel_id != site.channel.id
        or not (theirs or orders.is_order_token(secret, order.id, token))
    ):
        raise orders.OrderNotFound("There is no such order, or it is not yours to see.")
    action = (order.next_action or {}).get("url", "") if order.waiting_for else ""
    values = {
        "order": ShopperOrderView.of(order, history),
        "zone": site.channel.time_zone,
        "action_url": action if str(action).startswith(("https://", "http://")) else "",
    }
    answer = await personal_page(
        request, site, "storefront/order.html", values, visitor=visitor_of(request, site)
    )
    # The address is a secret: it must not be told to where a link leads.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


ROUTES: list[HTTPRouteHandler] = [show_order]
