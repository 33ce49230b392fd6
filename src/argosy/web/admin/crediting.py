"""Correcting an invoice by a credit note: what of it, how that comes out, and then its issue."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError, Invalid
from argosy.kernel.ids import decode, encode, new_id
from argosy.kernel.money import Money
from argosy.modules import invoices
from argosy.modules.invoices import Document, NothingToInvoice
from argosy.modules.orders import OrderLine
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import faults_of
from argosy.web.admin.orders import PATH, order_path
from argosy.web.admin.payments import money_of
from argosy.web.admin.places import N_
from argosy.web.admin.refusals import InTheirWords
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, money_shown, say
from argosy.web.api.admin import invoices as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import invoicing

AnyRequest = Request[Any, Any, Any]

_CREDIT = "/admin/invoices/{invoice_id:str}/credit"
_MOST_FIELDS = 500
_LONGEST_KEY = 100
_MOST_DIGITS = 4
WAYS = (
    ("all", N_("everything that is left of it")),
    ("units", N_("so many units")),
    ("amount", N_("an amount")),
)


@get(_CREDIT, include_in_schema=False, guards=[may("orders:write")])
async def ask_credit(request: AnyRequest, invoice_id: str) -> Response[bytes]:
    """What there is to credit."""
    return await _page(request, invoice_id, Form(), None)


@post(_CREDIT, include_in_schema=False, guards=[own_pages_only, may("orders:write")])
async def credit(request: AnyRequest, invoice_id: str) -> Response[bytes]:
    """Show what the credit note would say; issue it where that was seen (`sure`), once however
    often the form is sent.
    """
    form = await read_form(request, most=_MOST_FIELDS)
    async with shop(request).db.reading() as tx:
        invoice = await invoices.document_by_id(tx, _id(invoice_id))
    try:
        body = _body(request, form, invoice.content.currency)
        draft = await ask(request, api.preview_credit_note, invoice_id=invoice_id, data=body)
        if form["sure"] != "yes" or form["seen"] != str(draft["total"]["minor"]):
            return await _page(request, invoice_id, form, None, draft)
        key = form["once@"][:_LONGEST_KEY] or new_id().hex
        made = await ask(request, api.issue_credit_note, invoice_id=invoice_id, data=body, key=key)
    except ArgosyError as refusal:
        return await _page(request, invoice_id, form, refusal)
    said = say(request, N_("Credit note %(number)s is issued."), number=made["number"])
    return lead_to(request, order_path(invoice.content.order_id), Notice(said))


def _body(request: AnyRequest, form: Form, currency: str) -> dict[str, Any]:
    """What the form asks for, as the API takes it. Raises AmountUnreadable, Invalid."""
    body: dict[str, Any] = {"reason": form["reason"]}
    if form["way"] == "amount":
        amount = money_of(form["amount"], currency)
        body["amount"] = {"minor": amount.minor, "currency": currency}
    elif form["way"] != "all":
        body["lines"] = [
            {"line_id": name.removeprefix("units."), "quantity": _count(request, text)}
            for name, text in form.items()
            if name.startswith("units.") and text.strip("0")
        ]
    return body


def _count(request: AnyRequest, text: str) -> int:
    """A number of units. Raises Invalid at the lines."""
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        raise Invalid(InTheirWords(say(request, N_("Write a whole number."))), field="lines")
    return int(text)


async def _page(
    request: AnyRequest,
    invoice_id: str,
    form: Form,
    refusal: ArgosyError | None,
    draft: Mapping[str, Any] | None = None,
) -> Response[bytes]:
    found = _id(invoice_id)
    async with shop(request).db.reading() as tx:
        invoice = await invoices.document_by_id(tx, found)
        lines = await invoicing.lines_to_credit(tx, found)
        left = await _left(tx, found)
    if not form["way"]:
        form = Form({"way": "units" if lines else "all"})
    values = {
        "path": f"/admin/invoices/{invoice_id}/credit",
        "invoice": invoice,
        "back": order_path(invoice.content.order_id),
        "lines": [(encode("order_line", line.id), _called(line), units) for line, units in lines],
        "left": Money(left, invoice.content.currency),
        "ways": [(way, say(request, said)) for way, said in WAYS],
        "draft": draft,
        "money_of": money_shown(request),
        "typed": [(name, text) for name, text in form.items() if name not in _OWN],
        "form": form,
        "once": form["once@"] or new_id().hex,
        "faults": faults_of(refusal, ["reason", "amount", "lines"]),
    }
    return admin_page(
        request,
        "admin/credit_note.html",
        values,
        title=say(request, N_("Credit invoice %(number)s"), number=invoice.number),
        crumbs=_crumbs(request, invoice),
        refusal=refusal,
    )


_OWN = frozenset({"sure", "seen", "once@"})


async def _left(tx: Tx, invoice_id: UUID) -> int:
    try:
        return (await invoicing.preview_credit_note(tx, invoice_id, reason="")).total_minor
    except NothingToInvoice:
        return 0


def _called(line: OrderLine) -> str:
    words = line.shown
    return f"{words.title}, {words.variant_title}" if words.variant_title else words.title


def _crumbs(request: AnyRequest, invoice: Document) -> list[Crumb]:
    content = invoice.content
    return [
        Crumb(say(request, N_("Orders")), PATH),
        Crumb(content.order_number, order_path(content.order_id)),
        Crumb(invoice.number, f"/admin/invoices/{encode('invoice', invoice.id)}"),
    ]


def _id(text: str) -> UUID:
    return decode("invoice", text, field="invoice_id")


ROUTES: list[HTTPRouteHandler] = [ask_credit, credit]
