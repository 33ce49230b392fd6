"""Invoices and credit notes of orders."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.errors import Invalid
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.paging import Page
from argosy.modules import invoices, orders, staff
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.invoice_page import printed
from argosy.web.invoice_views import InvoicePreview, InvoiceView
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, filters_of, page_of
from argosy.workflows import invoicing

OrderFilter = Annotated[
    str | None, Parameter(max_length=100, description="Only documents of this order.")
]
KindFilter = Literal["invoice", "credit_note"] | None


class CreditAmbiguous(Invalid):
    """A credit is of units, or of an amount, or (neither named) of all that is left: not of both.

    The amount is in the invoice's currency.
    """

    code = "invoices.credit_ambiguous"
    usual_cure = "Send either `lines` or `amount`, the amount in the invoice's currency."


class InvoicedUnits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of a line of the order."""

    line_id: Annotated[str, msgspec.Meta(max_length=60)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=9999)]


Units = Annotated[list[InvoicedUnits], msgspec.Meta(min_length=1, max_length=200)]


class InvoiceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which units are invoiced; all that is left, if left out."""

    lines: Units | None = None


class CreditBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and what is credited: units, or an amount with tax, or (neither) all that is left."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["return"])]
    lines: Units | None = None
    amount: Money | None = None


_MADE = {201: ResponseSpec(InvoiceView, description="The issued document.")}


@get(
    "/admin/v1/invoices",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
)
async def list_invoices(
    request: Request[Any, Any, Any],
    limit: Limit = 24,
    cursor: CursorText = None,
    order_id: OrderFilter = None,
    kind: KindFilter = None,
) -> Page[InvoiceView]:
    """Invoices and credit notes, the newest first."""
    filters = filters_of("invoices", order_id=order_id, kind=kind)
    before = newest_after(cursor, filters)
    order = None if order_id is None else _order(order_id)
    async with shop(request).db.reading() as tx:
        rows = await invoices.list_documents(
            tx, order_id=order, kind=kind, before=before, limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda d: newest_keys(d.issued_at, d.id),
        show=InvoiceView.of_document,
    )


@post(
    "/admin/v1/orders/{order_id:str}/invoices",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("orders:write")],
    problems=[
        orders.OrderNotFound,
        invoices.EntityMissing,
        invoices.NothingToInvoice,
        invoices.UnitsNotLeft,
    ],
    responses=_MADE,
    example={},
)
async def issue_invoice(
    request: Request[Any, Any, Any],
    order_id: str,
    data: InvoiceBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Issue an invoice of units of an order, or of all that is left, with the next number.

    Shipping and fees come in shares; the last invoice has the rest, so that all invoices add up to
    the order by VAT category and rate.
    """
    found, wanted = _order(order_id), _wanted(data.lines)

    async def work(tx: Tx) -> invoices.Document:
        made = await invoicing.issue_invoice(tx, found, wanted)
        await note_issued(tx, request, "invoice.issued", made)
        return made

    return await once(request, work, show=InvoiceView.of_document)


@post(
    "/admin/v1/orders/{order_id:str}/invoice-preview",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    status_code=200,
    problems=[
        orders.OrderNotFound,
        invoices.EntityMissing,
        invoices.NothingToInvoice,
        invoices.UnitsNotLeft,
    ],
    example={},
)
async def preview_invoice(
    request: Request[Any, Any, Any], order_id: str, data: InvoiceBody
) -> InvoicePreview:
    """What would be invoiced now. Nothing is issued, and no number is drawn."""
    async with shop(request).db.reading() as tx:
        draft = await invoicing.preview_invoice(tx, _order(order_id), _wanted(data.lines))
    return InvoicePreview.of(draft)


@get(
    "/admin/v1/invoices/{invoice_id:str}",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    problems=[invoices.DocumentNotFound],
)
async def get_invoice(request: Request[Any, Any, Any], invoice_id: str) -> InvoiceView:
    """An invoice or a credit note."""
    async with shop(request).db.reading() as tx:
        return InvoiceView.of_document(await invoices.document_by_id(tx, _invoice(invoice_id)))


@get(
    "/admin/v1/invoices/{invoice_id:str}/page",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    media_type="text/html",
    problems=[invoices.DocumentNotFound],
)
async def get_invoice_page(request: Request[Any, Any, Any], invoice_id: str) -> Response[str]:
    """An invoice or a credit note as a page to read and print."""
    async with shop(request).db.reading() as tx:
        document = await invoices.document_by_id(tx, _invoice(invoice_id))
    return printed(document)


@post(
    "/admin/v1/invoices/{invoice_id:str}/credit-notes",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("orders:write")],
    problems=[
        CreditAmbiguous,
        invoices.DocumentNotFound,
        invoices.NothingToInvoice,
        invoices.UnitsNotLeft,
        invoices.TooMuchCredited,
    ],
    responses=_MADE,
    example={"reason": "return"},
)
async def issue_credit_note(
    request: Request[Any, Any, Any],
    invoice_id: str,
    data: CreditBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Correct an invoice by a credit note that refers to it. No money is moved by this."""
    found = _invoice(invoice_id)

    async def work(tx: Tx) -> invoices.Document:
        made = await invoicing.issue_credit_note(tx, found, **await _credit_of(tx, found, data))
        await note_issued(tx, request, "credit_note.issued", made)
        return made

    return await once(request, work, show=InvoiceView.of_document)


@post(
    "/admin/v1/invoices/{invoice_id:str}/credit-note-preview",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    status_code=200,
    problems=[
        CreditAmbiguous,
        invoices.DocumentNotFound,
        invoices.NothingToInvoice,
        invoices.UnitsNotLeft,
        invoices.TooMuchCredited,
    ],
    example={"reason": "return"},
)
async def preview_credit_note(
    request: Request[Any, Any, Any], invoice_id: str, data: CreditBody
) -> InvoicePreview:
    """What a credit note would say now. Nothing is issued, and no number is drawn."""
    found = _invoice(invoice_id)
    async with shop(request).db.reading() as tx:
        credit = await _credit_of(tx, found, data)
        draft = await invoicing.preview_credit_note(tx, found, **credit)
    return InvoicePreview.of(draft)


async def _credit_of(tx: Tx, invoice_id: UUID, data: CreditBody) -> dict[str, Any]:
    """What the body asks for, as the workflow takes it. Raises CreditAmbiguous."""
    wanted, amount = _wanted(data.lines), data.amount
    if amount is not None:
        invoice = await invoices.document_by_id(tx, invoice_id)
        if wanted is not None or amount.currency != invoice.content.currency:
            raise CreditAmbiguous("What is to be credited is not clear.", field="amount")
    minor = None if amount is None else amount.minor
    return {"reason": data.reason, "wanted": wanted, "amount_minor": minor}


def _wanted(lines: list[InvoicedUnits] | None) -> dict[UUID, int] | None:
    if lines is None:
        return None
    wanted: dict[UUID, int] = {}
    for index, line in enumerate(lines):
        line_id = decode("order_line", line.line_id, field=f"lines.{index}.line_id")
        wanted[line_id] = wanted.get(line_id, 0) + line.quantity
    return wanted


def _order(text: str) -> UUID:
    return decode("order", text, field="order_id")


def _invoice(text: str) -> UUID:
    return decode("invoice", text, field="invoice_id")


async def note_issued(
    tx: Tx, request: Request[Any, Any, Any], action: str, made: invoices.Document
) -> None:
    """Write into the audit trail that a document was issued (`action`)."""
    what = {
        "number": made.number,
        "order": encode("order", made.content.order_id),
        "total": {"minor": made.content.total_minor, "currency": made.content.currency},
    }
    await staff.audit(tx, actor(request), action, encode("invoice", made.id), None, what)


ROUTES = [
    list_invoices,
    issue_invoice,
    preview_invoice,
    get_invoice,
    get_invoice_page,
    issue_credit_note,
    preview_credit_note,
]
