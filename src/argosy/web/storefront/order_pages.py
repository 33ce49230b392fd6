"""The page of an order: what was bought, and how far it is. Its address holds the token."""

from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.ids import decode, encode
from argosy.modules import invoices, licences, orders
from argosy.reads.order_view import OrderView, read_order_history, read_order_view
from argosy.web.auth import shop
from argosy.web.invoice_page import printed
from argosy.web.order_views import ShopperOrderView
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.storefront.order_keys import AT_ONCE, consent_words, keys_shown
from argosy.web.storefront.people import person_of
from argosy.web.storefront.showing import lead_to, personal_page
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.visitors import visitor_of

_LONGEST_TOKEN = 200


@get("/orders/{order_id:str}", include_in_schema=False)
async def show_order(request: Request[Any, Any, Any], order_id: str) -> Response[bytes]:
    """An order for its customer and for whoever has its token, with its invoices if there are any.
    Raises OrderNotFound, also for a wrong token.
    """
    site = await site_of(request)
    order, documents = await opened(request, site, order_id)
    async with shop(request).db.reading() as tx:
        history = await read_order_history(tx, order.id)
    action = (order.next_action or {}).get("url", "") if order.waiting_for else ""
    values: dict[str, Any] = {
        "order": ShopperOrderView.of(order, history),
        "zone": site.channel.time_zone,
        "action_url": action if str(action).startswith(("https://", "http://")) else "",
        "cancel_path": order_path(request, site, order, "/cancel") if may_cancel(order) else "",
        **await keys_shown(request, site, order.id),
        "keys_path": order_path(request, site, order, "/keys"),
        "downloads_path": order_path(request, site, order, "/downloads"),
        "documents": [_link(request, site, order, document) for document in documents],
    }
    answer = await personal_page(
        request, site, "storefront/order.html", values, visitor=visitor_of(request, site)
    )
    # The address is a secret: it must not be told to where a link leads. Only a form on this page
    # must be known as ours.
    asks = values["asks_consent"] or values["downloads"]
    answer.headers["Referrer-Policy"] = "same-origin" if asks else "no-referrer"
    return answer


@get("/orders/{order_id:str}/invoices/{invoice_id:str}", include_in_schema=False)
async def show_invoice(
    request: Request[Any, Any, Any], order_id: str, invoice_id: str
) -> Response[str]:
    """An invoice or credit note to read, print and keep, for who may see its order. Raises
    OrderNotFound, DocumentNotFound.
    """
    _, documents = await opened(request, await site_of(request), order_id)
    wanted = decode("invoice", invoice_id, field="invoice_id")
    return printed(invoices.document_among(documents, wanted))


@post("/orders/{order_id:str}/keys", include_in_schema=False, guards=[own_pages_only])
async def ask_for_keys(request: Request[Any, Any, Any], order_id: str) -> Response[bytes]:
    """Give the keys of an order at once. Raises OrderNotFound."""
    site, form = await site_of(request), await read_form(request)
    order, _ = await opened(request, site, order_id)
    if form[AT_ONCE] == "yes":
        async with shop(request).db.transaction() as tx:
            await licences.agree(tx, order.id, consent_words(site))
    return lead_to(order_path(request, site, order) + "#keys")


class DocumentLink(NamedTuple):
    """An invoice or credit note on the page of its order."""

    kind: invoices.DocumentKind
    number: str
    issued_at: datetime
    path: str


def may_cancel(order: OrderView) -> bool:
    """Whether the shopper is offered to cancel the order. What is in the hands of the provider at
    this moment is not; whether it can be done is decided where it is done.
    """
    waits = order.stage == "pending_payment" and order.waiting_for in {"action", "funds"}
    return (order.stage == "confirmed" or waits) and not order.units_fulfilled


async def opened(
    request: Request[Any, Any, Any], site: Site, order_id: str
) -> tuple[OrderView, list[invoices.Document]]:
    """The order and its documents, if they are the visitor's to see. Raises OrderNotFound."""
    found = decode("order", order_id, field="order_id")
    token = token_of(request)
    async with shop(request).db.reading() as tx:
        order = await read_order_view(tx, found)
        documents = await invoices.documents_of_order(tx, found) if order else []
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
    return order, documents


def _link(
    request: Request[Any, Any, Any], site: Site, order: OrderView, document: invoices.Document
) -> DocumentLink:
    more = f"/invoices/{encode('invoice', document.id)}"
    return DocumentLink(
        document.content.kind,
        document.number,
        document.issued_at,
        order_path(request, site, order, more),
    )


def order_path(
    request: Request[Any, Any, Any], site: Site, order: OrderView, more: str = ""
) -> str:
    """The page of the order, or one below it, with the token that opens this one."""
    token = token_of(request)
    asked = f"?{urlencode({'token': token})}" if token else ""
    return site.path(f"/orders/{encode('order', order.id)}{more}") + asked


def token_of(request: Request[Any, Any, Any]) -> str:
    """The order's token in the address of the page; empty if there is none."""
    return request.query_params.get("token", "")[:_LONGEST_TOKEN]


ROUTES: list[HTTPRouteHandler] = [show_order, show_invoice, ask_for_keys]
