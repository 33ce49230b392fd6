"""The page of an order: what was bought, what became of its money, and what can be done with it."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import invoices, orders, payments
from argosy.modules.orders import Because, OrderActor
from argosy.modules.staff import covers
from argosy.reads.order_view import (
    HistoryEntry,
    OrderView,
    read_order_history,
    read_order_money,
    read_order_view,
)
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.editing import faults_of
from argosy.web.admin.field_forms import held_fields
from argosy.web.admin.mail_words import MAIL_NAMES
from argosy.web.admin.orders import PATH
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.answer_views import said_of
from argosy.web.api.admin.invoices import note_issued
from argosy.web.auth import actor, request_id, shop
from argosy.web.charge_views import order_charges_total
from argosy.web.file_links import FileLinks
from argosy.web.invoice_page import POLICY, invoice_page
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import downloading, invoicing, order_actions

AnyRequest = Request[Any, Any, Any]

_ORDER = f"{PATH}/{{order_id:str}}"
_LONGEST_NOTE = 4000
_LONGEST_REASON = 200
_NEWEST = 2**62

KINDS = {
    "opened": (N_("Opened"), ""),
    "waiting": (N_("Waits for payment"), "warn"),
    "confirmed": (N_("Confirmed"), "good"),
    "payment_failed": (N_("Payment failed"), "bad"),
    "authorised": (N_("Authorised"), ""),
    "captured": (N_("Money captured"), "good"),
    "refunded": (N_("Money refunded"), "warn"),
    "voided": (N_("Hold on the money released"), ""),
    "cancelled": (N_("Cancelled"), "bad"),
    "shipped": (N_("Shipped"), "good"),
    "held": (N_("Put on hold"), "bad"),
    "hold_released": (N_("Hold released"), "good"),
    "note": (N_("Note"), ""),
    "noted": (N_("Note"), ""),
    "mail_sent": (N_("Mail sent"), ""),
    "mail_failed": (N_("Mail not delivered"), "bad"),
}
"""What entries of the timeline are called, and their tone."""


@get(_ORDER, include_in_schema=False, guards=[may("orders:read")])
async def show_order(request: AnyRequest, order_id: str) -> Response[bytes]:
    """An order. Eight statements, three more for who may see payments and documents."""
    return await _page(request, _id(order_id), Form(), None)


@post(f"{_ORDER}/notes", include_in_schema=False, guards=[own_pages_only, may("orders:write")])
async def add_note(request: AnyRequest, order_id: str) -> Response[bytes]:
    """Write a note into the timeline, for good."""
    found, form = _id(order_id), await read_form(request)
    try:
        async with shop(request).db.transaction() as tx:
            await order_actions.add_note(
                tx,
                found,
                form["text"][:_LONGEST_NOTE],
                because(request, "note"),
                actor(request),
            )
    except ArgosyError as refusal:
        return await _page(request, found, form, refusal)
    return _back(request, found, say(request, N_("The note is in the timeline.")))


@post(
    f"{_ORDER}/holds/{{hold_id:str}}/release",
    include_in_schema=False,
    guards=[own_pages_only, may("orders:write")],
)
async def release_hold(request: AnyRequest, order_id: str, hold_id: str) -> Response[bytes]:
    """Let an order go on that was stopped."""
    found, form = _id(order_id), await read_form(request)
    hold, version = decode("hold", hold_id), _version(form)
    try:
        async with shop(request).db.transaction() as tx:
            await order_actions.release_hold(
                tx, found, hold, because(request, "release_hold"), actor(request), version
            )
    except ArgosyError as refusal:
        return await _page(request, found, form, refusal)
    return _back(request, found, say(request, N_("The hold is released.")))


@get(f"{_ORDER}/cancel", include_in_schema=False, guards=[may("orders:write")])
async def ask_cancel(request: AnyRequest, order_id: str) -> Response[bytes]:
    """What cancelling would do, before it is done."""
    return await _cancel_page(request, _id(order_id), Form({"refund": "yes"}), None)


@post(f"{_ORDER}/cancel", include_in_schema=False, guards=[own_pages_only, may("orders:write")])
async def cancel(request: AnyRequest, order_id: str) -> Response[bytes]:
    """Cancel the order as it was shown; if it is another by now, show what has changed."""
    found, form = _id(order_id), await read_form(request)
    command = order_actions.CancelOrder(
        order_id=found,
        reason=form["reason"][:_LONGEST_REASON] or "customer_request",
        because=because(request, "cancel"),
        actor=actor(request),
        expected_version=_version(form),
        refund=form["refund"] == "yes",
    )
    try:
        await order_actions.cancel_order(shop(request), command)
    except ArgosyError as refusal:
        return await _cancel_page(request, found, form, refusal)
    return _back(request, found, say(request, N_("The order is cancelled.")))


@get(f"{_ORDER}/invoice", include_in_schema=False, guards=[may("orders:write")])
async def ask_invoice(request: AnyRequest, order_id: str) -> Response[bytes]:
    """What would be invoiced now."""
    found = _id(order_id)
    async with shop(request).db.reading() as tx:
        order = await _read(tx, found)
        draft = await invoicing.preview_invoice(tx, found)
    values = {"draft": draft, "order": order, "path": order_path(found)}
    title = say(request, N_("Issue an invoice"))
    return admin_page(
        request, "admin/order_invoice.html", values, title=title, crumbs=_crumbs(request, order)
    )


@post(f"{_ORDER}/invoice", include_in_schema=False, guards=[own_pages_only, may("orders:write")])
async def issue_invoice(request: AnyRequest, order_id: str) -> Response[bytes]:
    """Issue an invoice of all that is left; a repeat finds nothing left and says so."""
    found = _id(order_id)
    async with shop(request).db.transaction() as tx:
        made = await invoicing.issue_invoice(tx, found)
        await note_issued(tx, request, "invoice.issued", made)
    said = say(request, N_("Invoice %(number)s is issued."), number=made.number)
    return _back(request, found, said)


@get("/admin/invoices/{invoice_id:str}", include_in_schema=False, guards=[may("orders:read")])
async def show_invoice(request: AnyRequest, invoice_id: str) -> Response[bytes]:
    """An invoice or credit note to read and print."""
    async with shop(request).db.reading() as tx:
        found = await invoices.document_by_id(tx, decode("invoice", invoice_id))
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(invoice_page(found).encode(), media_type="text/html", headers=headers)


def because(request: AnyRequest, cause: str) -> Because:
    """Who did it and why, for the timeline."""
    who = actor(request)
    return Because(
        actor=OrderActor(
            kind=who.kind, id=encode(who.kind, who.id) if who.id else None, name=who.name
        ),
        cause=cause,
        correlation=request_id(request) or None,
    )


def order_path(order_id: UUID) -> str:
    """The page of an order."""
    return f"{PATH}/{encode('order', order_id)}"


async def _page(
    request: AnyRequest, order_id: UUID, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    scopes = actor(request).scopes
    async with shop(request).db.reading() as tx:
        order = await _read(tx, order_id)
        history = await read_order_history(tx, order_id)
        money = await read_order_money(tx, order_id)
        documents = await invoices.documents_of_order(tx, order_id)
        files = await downloading.downloads_of(tx, order_id)
        own_fields = await held_fields(request, tx, "order", order_id)
        paid = []
        if covers(scopes, "payments:read"):
            paid = (await payments.payments_of_orders(tx, [order_id])).get(order_id, [])
    values = {
        "order": order,
        "path": order_path(order_id),
        "amount": lambda minor: Money(minor, order.currency),
        "charges": order_charges_total(order.quote, order.currency),
        "history": [_entry(request, entry, order.currency) for entry in history],
        "payments": [(encode("payment", one.id), one) for one in paid],
        "bookings": money.bookings,
        "documents": [(encode("invoice", one.id), one) for one in documents],
        "holds": [(encode("hold", hold.id), hold) for hold in order.holds],
        "customer": None if order.customer_id is None else encode("customer", order.customer_id),
        "said": said_of(order),
        "file_links": FileLinks.of(shop(request)),
        "product_ref": lambda line: encode("product", line.product_id),
        "own_fields": own_fields,
        "files": _files(request, order, files),
        "form": form,
        "faults": faults_of(refusal, ["text"]),
    }
    return admin_page(
        request,
        "admin/order.html",
        values,
        title=_name(request, order),
        crumbs=[Crumb(say(request, N_("Orders")), PATH)],
        refusal=refusal,
    )


def _files(
    request: AnyRequest, order: OrderView, held: list[downloading.OrderDownload]
) -> list[tuple[str, str]]:
    """Each line that is delivered as files, with what is left of its downloads."""
    titles = {line.id: line.title for line in order.lines}
    told = []
    for one in held:
        if one.ended:
            text = say(request, N_("Ended"))
        elif one.left is None:
            text = say(request, N_("%(used)s made"), used=one.used)
        else:
            text = say(request, N_("%(used)s made, %(left)s left"), used=one.used, left=one.left)
        told.append((titles.get(one.line_id, ""), text))
    return told


async def _cancel_page(
    request: AnyRequest, order_id: UUID, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        order = await _read(tx, order_id)
        paid = (await payments.payments_of_orders(tx, [order_id])).get(order_id, [])
    values = {
        "order": order,
        "path": order_path(order_id),
        "voided": [one.capturable for one in paid if one.capturable.minor],
        "refunded": [one.refundable for one in paid if one.refundable.minor],
        "form": form,
        "changed": isinstance(refusal, orders.OrderChanged),
    }
    return admin_page(
        request,
        "admin/order_cancel.html",
        values,
        title=say(request, N_("Cancel the order")),
        crumbs=_crumbs(request, order),
        refusal=refusal,
    )


def _entry(request: AnyRequest, entry: HistoryEntry, currency: str) -> dict[str, Any]:
    label, tone = KINDS.get(entry.kind, (entry.kind.replace("_", " ").capitalize(), ""))
    data = entry.data
    text = str(data.get("text") or data.get("reason") or "")
    if "mail" in data:
        text = say(request, MAIL_NAMES.get(data["mail"], data["mail"]))
    if text == "customer_request":  # the shop's own pages and the API say it so
        text = say(request, N_("The customer asked for it"))
    minor = data.get("amount_minor")
    return {
        "at": entry.at,
        "title": say(request, label),
        "text": text,
        "amount": Money(minor, currency) if isinstance(minor, int) else None,
        "who": entry.actor.get("name") or entry.actor.get("kind", ""),
        "tone": tone,
    }


async def _read(tx: Tx, order_id: UUID) -> OrderView:
    found = await read_order_view(tx, order_id)
    if found is None:
        raise orders.OrderNotFound("There is no such order.")
    return found


def _name(request: AnyRequest, order: OrderView) -> str:
    return order.number or say(request, N_("Order without a number"))


def _crumbs(request: AnyRequest, order: OrderView) -> list[Crumb]:
    return [
        Crumb(say(request, N_("Orders")), PATH),
        Crumb(_name(request, order), order_path(order.id)),
    ]


def _back(request: AnyRequest, order_id: UUID, said: str) -> Response[bytes]:
    return lead_to(request, order_path(order_id), Notice(said))


def _version(form: Form) -> int | None:
    return whole_number(form["version"], least=0, most=_NEWEST)


def _id(text: str) -> UUID:
    return decode("order", text, field="order_id")


ROUTES: list[HTTPRouteHandler] = [
    show_order,
    add_note,
    release_hold,
    ask_cancel,
    cancel,
    ask_invoice,
    issue_invoice,
    show_invoice,
]
