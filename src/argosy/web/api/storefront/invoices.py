"""Invoices and credit notes of a shopper's order: by its token, or by its customer."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.params import Parameter

from argosy.kernel.ids import decode
from argosy.modules import invoices, orders
from argosy.reads.order_view import read_order_view
from argosy.web.api.storefront.orders import TokenHeader, may_see
from argosy.web.auth import PUBLISHABLE, channel_context, shop, shopper
from argosy.web.invoice_page import printed
from argosy.web.invoice_views import InvoiceView

OrderId = Annotated[str, Parameter(max_length=100, description="The order.")]


class OrderInvoices(msgspec.Struct, frozen=True, kw_only=True):
    """All documents of an order, the oldest first; none while nothing was invoiced."""

    items: list[InvoiceView]
    next_cursor: str | None = None


@get(
    "/v1/orders/{order_id:str}/invoices",
    tags=["Orders"],
    security=PUBLISHABLE,
    problems=[orders.OrderNotFound],
)
async def list_order_invoices(
    request: Request[Any, Any, Any], order_id: OrderId, token: TokenHeader = None
) -> Response[OrderInvoices]:
    """The invoices and credit notes of an order, for its customer or for whoever has its token."""
    found = await _of_order(request, order_id, token)
    items = [InvoiceView.of_document(one) for one in found]
    return Response(OrderInvoices(items=items), headers=_PRIVATE)


@get(
    "/v1/orders/{order_id:str}/invoices/{invoice_id:str}",
    tags=["Orders"],
    security=PUBLISHABLE,
    problems=[orders.OrderNotFound, invoices.DocumentNotFound],
)
async def get_order_invoice(
    request: Request[Any, Any, Any], order_id: OrderId, invoice_id: str, token: TokenHeader = None
) -> Response[InvoiceView]:
    """An invoice or a credit note of an order."""
    document = _named(await _of_order(request, order_id, token), invoice_id)
    return Response(InvoiceView.of_document(document), headers=_PRIVATE)


@get(
    "/v1/orders/{order_id:str}/invoices/{invoice_id:str}/page",
    tags=["Orders"],
    security=PUBLISHABLE,
    media_type="text/html",
    problems=[orders.OrderNotFound, invoices.DocumentNotFound],
)
async def get_order_invoice_page(
    request: Request[Any, Any, Any], order_id: OrderId, invoice_id: str, token: TokenHeader = None
) -> Response[str]:
    """An invoice or a credit note of an order as a page to read, print and keep."""
    return printed(_named(await _of_order(request, order_id, token), invoice_id))


_PRIVATE = {"Cache-Control": "private, no-store"}


async def _of_order(
    request: Request[Any, Any, Any], order_id: str, token: str | None
) -> list[invoices.Document]:
    found: UUID = decode("order", order_id, field="order_id")
    channel, who = await channel_context(request), await shopper(request)
    async with shop(request).db.reading() as tx:
        order = await read_order_view(tx, found)
        documents = await invoices.documents_of_order(tx, found) if order else []
    visible = order is not None and order.channel_id == channel.id
    if order is None or not visible or not may_see(request, order, who.customer_id, token):
        raise orders.OrderNotFound("There is no such order, or it is not yours to see.")
    return documents


def _named(documents: list[invoices.Document], invoice_id: str) -> invoices.Document:
    wanted = decode("invoice", invoice_id, field="invoice_id")
    return invoices.document_among(documents, wanted)


ROUTES = [list_order_invoices, get_order_invoice, get_order_invoice_page]
