"""Payments: the list, the page of one, and moving its money with a look at what that does first."""

from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode, new_id
from argosy.kernel.money import Money, exponent
from argosy.kernel.paging import Page
from argosy.modules import payments
from argosy.modules.payments import Declined, Failed, Payment
from argosy.reads.order_view import OrderView, read_order_view
from argosy.runtime.idempotency import key_for
from argosy.runtime.outbox_rows import Answered
from argosy.web.admin.access import may
from argosy.web.admin.editing import faults_of
from argosy.web.admin.kept_views import with_own
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    SavedView,
    asked_of,
    csv_of,
    listing_of,
)
from argosy.web.admin.numbered import Numbered, numbered, order_column
from argosy.web.admin.order_page import because, order_path
from argosy.web.admin.orders import states
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.refunding import amount_of, wanted_units
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.auth import actor, shop
from argosy.web.long_lists import payment_page
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.pages.wording import decimal_text
from argosy.web.paging import filters_of
from argosy.workflows import money_moves
from argosy.workflows.money_moves import Moved, MoveMoney, Reply

AnyRequest = Request[Any, Any, Any]
Kind = Literal["capture", "void", "refund"]

PATH = "/admin/payments"
_PAYMENT = f"{PATH}/{{payment_id:str}}"
_STATES = (
    "pending",
    "requires_action",
    "authorised",
    "partially_captured",
    "captured",
    "partially_refunded",
    "refunded",
    "voided",
    "declined",
    "failed",
)
_TITLES = {
    "capture": N_("Capture money"),
    "void": N_("Release the hold"),
    "refund": N_("Refund money"),
}
_DONE = {
    "capture": N_("The money is captured."),
    "void": N_("The hold is released."),
    "refund": N_("The money is refunded."),
}


class AmountUnreadable(payments.AmountInvalid):
    """What stands in the field is no amount of the payment's currency. Write it as `12.50`."""

    code = "payments.amount_unreadable"
    usual_cure = "Write the amount as `12.50`, with no more places than the currency has."


@get(PATH, include_in_schema=False, guards=[may("payments:read")])
async def show_payments(request: AnyRequest) -> Response[bytes]:
    """Payments, the newest first. Two statements."""
    filters = _filters(request)
    asked = asked_of(request, filters)
    page = await _page(request, asked, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda one: encode("payment", one.row.id),
        row_path=lambda one: payment_path(one.row.id),
        filters=filters,
        asked=asked,
        views=await with_own(request, PATH, _views(request)),
        keeps=True,
        empty=Empty(
            say(request, N_("No payments here")),
            say(request, N_("A payment stands here as soon as a shopper tries to pay.")),
        ),
    )
    title = say(request, N_("Payments"))
    return admin_page(request, "admin/list.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("payments:read")])
async def export_payments(request: AnyRequest) -> Stream:
    """The filtered list as a file."""
    asked = asked_of(request, _filters(request))

    async def read(cursor: str | None) -> Page[Numbered[Payment]]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("payments", _columns(request), read)


@get(_PAYMENT, include_in_schema=False, guards=[may("payments:read")])
async def show_payment(request: AnyRequest, payment_id: str) -> Response[bytes]:
    """A payment with every operation. Two statements."""
    async with shop(request).db.reading() as tx:
        payment = await payments.payment_by_id(tx, _id(payment_id))
        order = await read_order_view(tx, payment.order_id)
    values = {
        "payment": payment,
        "path": payment_path(payment.id),
        "order": order,
        "order_path": order_path(payment.order_id),
        "card": _card(payment),
        "why": _why,
    }
    title = f"{payment.gateway} {encode('payment', payment.id)[-6:]}"
    return admin_page(request, "admin/payment.html", values, title=title, crumbs=_crumbs(request))


def _card(payment: Payment) -> str | None:
    """The kept card that was paid with, as far as staff may know it."""
    paid = payment.instrument
    return f"{paid['brand'].capitalize()} ···· {paid['last4']}" if payments.KEPT in paid else None


@post(f"{_PAYMENT}/sync", include_in_schema=False, guards=[own_pages_only, may("payments:write")])
async def sync(request: AnyRequest, payment_id: str) -> Response[bytes]:
    """Take over what was done at the gateway without us."""
    found = _id(payment_id)
    count = await money_moves.sync_payment(
        shop(request), found, because(request, "sync"), actor(request)
    )
    said = N_("The gateway's records differed; they are taken over.") if count else N_("It agrees.")
    return lead_to(request, payment_path(found), Notice(say(request, said)))


@get(f"{_PAYMENT}/{{kind:str}}", include_in_schema=False, guards=[may("payments:write")])
async def ask_move(request: AnyRequest, payment_id: str, kind: str) -> Response[bytes]:
    """What would be moved, and what is left then."""
    return await _ask(request, _id(payment_id), _kind(kind), Form(), None)


@post(
    f"{_PAYMENT}/{{kind:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("payments:write")],
)
async def move(request: AnyRequest, payment_id: str, kind: str) -> Response[bytes]:
    """Move the money, at most once for each form that was opened; or reckon what units come to."""
    found, wanted, form = _id(payment_id), _kind(kind), await read_form(request)
    try:
        if form["act"] == "reckon":
            return await _ask(request, found, wanted, form, None)
        command = MoveMoney(
            found,
            wanted,
            because(request, wanted),
            amount=None if wanted == "void" else await _amount(request, found, form),
            final=form["final"] == "yes",
            reason=form["reason"][:200] or None,
            actor=actor(request),
        )
        done = await money_moves.move(shop(request), command, _reply(request, form))
    except ArgosyError as refusal:
        return await _ask(request, found, wanted, form, refusal)
    async with shop(request).db.reading() as tx:
        payment = await payments.payment_by_id(tx, found)
    return lead_to(request, order_path(payment.order_id), _outcome(request, wanted, done))


def payment_path(payment_id: UUID) -> str:
    """The page of a payment."""
    return f"{PATH}/{encode('payment', payment_id)}"


def _views(request: AnyRequest) -> list[SavedView]:
    return [
        SavedView(say(request, N_("All")), {}),
        SavedView(say(request, N_("To capture")), {"state": "authorised"}),
        SavedView(say(request, N_("Lapsing")), {"lapsing": "yes"}),
    ]


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Numbered[Payment]]:
    filters = filters_of("admin payments", **asked)
    async with shop(request).db.reading() as tx:
        page = await payment_page(
            tx,
            cursor,
            filters,
            limit,
            state=asked.get("state"),
            gateway=asked.get("gateway"),
            lapsing=asked.get("lapsing") == "yes",
        )
        return await numbered(tx, page, lambda row: row.order_id)


def _filters(request: AnyRequest) -> list[Filter]:
    gateways = sorted(shop(request).gateways)
    return [
        Filter("state", say(request, N_("State")), states(request, _STATES)),
        Filter("gateway", say(request, N_("Gateway")), tuple((name, name) for name in gateways)),
        Filter(
            "lapsing", say(request, N_("Lapsing")), (("yes", say(request, N_("within a day"))),)
        ),
    ]


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column(
            "id", say(request, N_("Payment")), lambda one: encode("payment", one.row.id), "code"
        ),
        Column("created_at", say(request, N_("Made")), lambda one: one.row.created_at, "instant"),
        order_column(request, lambda one: order_path(one.row.order_id)),
        Column("gateway", say(request, N_("Gateway")), lambda one: one.row.gateway, narrow=False),
        Column("state", say(request, N_("State")), lambda one: one.row.state, "badge"),
        Column("amount", say(request, N_("Amount")), lambda one: one.row.amount, "money"),
        Column(
            "captured",
            say(request, N_("Captured")),
            lambda one: one.row.captured,
            "money",
            narrow=False,
        ),
        Column(
            "refunded",
            say(request, N_("Refunded")),
            lambda one: one.row.refunded,
            "money",
            narrow=False,
        ),
    ]


async def _ask(
    request: AnyRequest, payment_id: UUID, kind: Kind, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        payment = await payments.payment_by_id(tx, payment_id)
        order = await read_order_view(tx, payment.order_id)
    assert order is not None
    most = payment.refundable if kind == "refund" else payment.capturable
    units = wanted_units(form, order.lines)
    amount = form["amount"]
    if form["act"] == "reckon":
        reckoned = amount_of(order, units, shipping=form["shipping"] == "yes")
        amount = decimal_text(min(reckoned, most))
    values = {
        "payment": payment,
        "kind": kind,
        "path": f"{payment_path(payment_id)}/{kind}",
        "order": order,
        "order_path": order_path(payment.order_id),
        "most": most,
        "amount": amount or decimal_text(most),
        "units": units,
        "line_ref": lambda line: encode("order_line", line.id),
        "line_total": lambda line: Money(line.total_minor, order.currency),
        "form": form,
        "key": form["key"] or str(new_id()),
        "faults": faults_of(refusal, ["amount", "reason"]),
    }
    return admin_page(
        request,
        "admin/payment_move.html",
        values,
        title=say(request, _TITLES[kind]),
        crumbs=_crumbs_of(request, order),
        refusal=refusal,
    )


async def _amount(request: AnyRequest, payment_id: UUID, form: Form) -> Money:
    async with shop(request).db.reading() as tx:
        payment = await payments.payment_by_id(tx, payment_id)
    return money_of(form["amount"], payment.amount.currency)


def money_of(text: str, currency: str) -> Money:
    """An amount as people type it (`12.50`, `12,50`). Raises AmountUnreadable."""
    neat = text.replace(" ", "").replace("\u00a0", "")
    if "," in neat and "." not in neat:
        neat = neat.replace(",", ".")
    try:
        minor = Decimal(neat).scaleb(exponent(currency))
    except InvalidOperation as error:
        raise AmountUnreadable("This is no amount.", field="amount") from error
    if not minor.is_finite() or minor != minor.to_integral_value() or not 0 < minor < 2**53:
        raise AmountUnreadable("This is no amount of this currency.", field="amount")
    return Money(int(minor), currency)


def _reply(request: AnyRequest, form: Form) -> Reply:
    """The form's own key: sent twice, it moves money once (DOMAIN.md G2)."""
    who = actor(request)
    key = key_for(
        f"admin page {who.id} {request.scope['path']}"[:200],
        form["key"][:60] or str(new_id()),
        request.scope["path"].encode(),
        form["amount"].encode(),
        form["final"].encode(),
    )
    return Reply(key, lambda moved: (200, moved.operation.state.encode()))


def _outcome(request: AnyRequest, kind: Kind, done: Moved | Answered) -> Notice:
    state = done.body.decode() if isinstance(done, Answered) else done.operation.state
    if state == "succeeded":
        return Notice(say(request, _DONE[kind]))
    if state in ("declined", "failed"):
        code = "" if isinstance(done, Answered) else _why(done.operation)
        said = say(request, N_("The gateway refused: %(code)s."), code=code or state)
        return Notice(said, "bad")
    return Notice(
        say(request, N_("The gateway has not decided yet; it is asked again by itself.")), "info"
    )


def _why(operation: Any) -> str:
    outcome = operation.outcome
    return outcome.code if isinstance(outcome, Declined | Failed) else ""


def _kind(text: str) -> Kind:
    if text not in _TITLES:
        raise payments.PaymentNotFound("There is no such act.")
    return "capture" if text == "capture" else "void" if text == "void" else "refund"


def _crumbs(request: AnyRequest) -> list[Crumb]:
    return [Crumb(say(request, N_("Payments")), PATH)]


def _crumbs_of(request: AnyRequest, order: OrderView) -> list[Crumb]:
    name = order.number or say(request, N_("Order without a number"))
    return [Crumb(say(request, N_("Orders")), "/admin/orders"), Crumb(name, order_path(order.id))]


def _id(text: str) -> UUID:
    return decode("payment", text, field="payment_id")


ENTRIES = (
    Entry(
        N_("Payments"),
        PATH,
        N_("Money"),
        "payments:read",
        "y",
        "payments",
        "captures refunds money",
        position=1,
    ),
)
ROUTES: list[HTTPRouteHandler] = [
    show_payments,
    export_payments,
    show_payment,
    sync,
    ask_move,
    move,
]
