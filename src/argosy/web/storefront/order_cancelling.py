"""A shopper cancels their order while nothing of it has left: asked first, with what it does."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import payments
from argosy.modules.orders import Because, OrderActor
from argosy.reads.order_view import OrderView
from argosy.web.auth import request_id, shop
from argosy.web.pages.forms import read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.storefront.order_pages import may_cancel, opened, order_path
from argosy.web.storefront.people import person_of
from argosy.web.storefront.showing import lead_to, personal_page
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.visitors import visitor_of
from argosy.workflows import order_actions

_REASON = "customer_request"
_PATH = "/orders/{order_id:str}/cancel"


@get(_PATH, include_in_schema=False)
async def ask_cancel(request: Request[Any, Any, Any], order_id: str) -> Response[bytes]:
    """What cancelling would do, before it is done. Raises OrderNotFound."""
    site = await site_of(request)
    order, _ = await opened(request, site, order_id)
    return await _ask(request, site, order)


@post(_PATH, include_in_schema=False, guards=[own_pages_only])
async def cancel(request: Request[Any, Any, Any], order_id: str) -> Response[bytes]:
    """Cancel the order as it was shown, as staff do (`order_actions`), but only once: a repeat
    leads to the order. If it is another by now, what it would do is shown anew. Raises
    OrderNotFound.
    """
    site = await site_of(request)
    order, _ = await opened(request, site, order_id)
    form = await read_form(request)
    version = whole_number(form["version"], least=0, most=10**9)
    if order.cancelled_at is None:
        if version is None or not may_cancel(order):
            return await _ask(request, site, order, changed=True)
        try:
            await order_actions.cancel_order(
                shop(request),
                order_actions.CancelOrder(
                    order_id=order.id,
                    reason=_REASON,
                    because=await _because(request),
                    expected_version=version,
                ),
            )
        except ArgosyError as refusal:
            now, _ = await opened(request, site, order_id)
            return await _ask(request, site, now, changed=True, status=refusal.http_status)
    return lead_to(order_path(request, site, order))


async def _because(request: Request[Any, Any, Any]) -> Because:
    person = await person_of(request)
    customer = None if person is None else encode("customer", person.customer_id)
    return Because(
        actor=OrderActor(kind="shopper", id=customer),
        cause="cancel",
        correlation=request_id(request) or None,
    )


async def _ask(
    request: Request[Any, Any, Any],
    site: Site,
    order: OrderView,
    *,
    changed: bool = False,
    status: int | None = None,
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        paid = (await payments.payments_of_orders(tx, [order.id])).get(order.id, [])
    values = {
        "order": order,
        "possible": may_cancel(order),
        "changed": changed,
        "released": [one.capturable for one in paid if one.capturable.minor],
        "returned": [one.refundable for one in paid if one.refundable.minor],
        "back": order_path(request, site, order),
        "action": order_path(request, site, order, "/cancel"),
    }
    answer = await personal_page(
        request,
        site,
        "storefront/order_cancel.html",
        values,
        visitor=visitor_of(request, site),
        status=status or (409 if changed else 200),
    )
    # The address is a secret, but our own form must be known as ours.
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


ROUTES: list[HTTPRouteHandler] = [ask_cancel, cancel]
