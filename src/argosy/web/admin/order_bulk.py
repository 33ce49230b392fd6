"""Acts on several orders: what they would do is said first, and each order is done by itself.

One that cannot be done (somebody was faster, the gateway refuses) stops none of the others, and is
named. There is no way back from money or a cancellation, so these acts ask and offer no undo.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode, new_id
from argosy.kernel.money import Money
from argosy.modules import payments
from argosy.modules.payments import Payment
from argosy.reads.order_list import OrderRow, orders_by_ids
from argosy.runtime.db import Tx
from argosy.runtime.idempotency import key_for
from argosy.runtime.outbox_rows import Answered
from argosy.web.admin.access import may
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.lists import PAGE
from argosy.web.admin.order_page import because
from argosy.web.admin.orders import BULK_CANCEL, BULK_CAPTURE, PATH
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, lead_to, locale_tag, refusal_text, say
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.pages.wording import money_text
from argosy.workflows import money_moves, order_actions
from argosy.workflows.money_moves import MoveMoney, Reply

AnyRequest = Request[Any, Any, Any]
Named = tuple[str, Callable[[], Awaitable[object]]]


@post(BULK_CAPTURE, include_in_schema=False, guards=[own_pages_only, may("payments:write")])
async def capture_orders(request: AnyRequest) -> Response[bytes]:
    """Take what is authorised for the chosen orders; asked first with the sums."""
    form = await read_form(request)
    rows, paid = await _chosen(request, form)
    held = [one for group in paid.values() for one in group if one.capturable.minor]
    if form["sure"] != "yes" or not held:
        return _ask_capture(request, form, rows, held)
    return await _each(
        request,
        [
            (rows[one.order_id].number or rows[one.order_id].email, _capture(request, one, form))
            for one in held
        ],
    )


@post(BULK_CANCEL, include_in_schema=False, guards=[own_pages_only, may("orders:write")])
async def cancel_orders(request: AnyRequest) -> Response[bytes]:
    """Cancel the chosen orders and give back what was taken; asked first with the sums."""
    form = await read_form(request)
    rows, paid = await _chosen(request, form)
    if form["sure"] != "yes" or not rows:
        return _ask_cancel(request, form, rows, paid)
    return await _each(
        request, [(row.number or row.email, _cancel(request, row)) for row in rows.values()]
    )


async def _chosen(
    request: AnyRequest, form: Form
) -> tuple[dict[UUID, OrderRow], dict[UUID, list[Payment]]]:
    """The chosen orders and their payments, in one order. Two statements."""
    ids = sorted({decode("order", text) for text in form.every("chosen")[:PAGE]})
    async with shop(request).db.reading() as tx:
        return await _read(tx, ids)


async def _read(tx: Tx, ids: list[UUID]) -> tuple[dict[UUID, OrderRow], dict[UUID, list[Payment]]]:
    rows = await orders_by_ids(tx, ids)
    paid = await payments.payments_of_orders(tx, ids) if ids else {}
    return (
        {one: rows[one] for one in ids if one in rows},
        {one: list(found) for one, found in paid.items()},
    )


def _ask_capture(
    request: AnyRequest, form: Form, rows: dict[UUID, OrderRow], held: Sequence[Payment]
) -> Response[bytes]:
    if not held:
        said = N_("Nothing of them can be captured.") if rows else N_("Choose some orders first.")
        return lead_to(request, PATH, Notice(say(request, said), "info"))
    says = say(
        request,
        N_("Everything that can be captured of them is taken now: %(amounts)s."),
        amounts=_sums(request, [one.capturable for one in held]),
    )
    return _ask(
        request,
        form,
        rows,
        title=say(request, N_("Capture the payments of the chosen orders")),
        says=[says],
        path=BULK_CAPTURE,
        button=say(request, N_("Capture them")),
        danger=False,
    )


def _ask_cancel(
    request: AnyRequest,
    form: Form,
    rows: dict[UUID, OrderRow],
    paid: dict[UUID, list[Payment]],
) -> Response[bytes]:
    if not rows:
        said = say(request, N_("Choose some orders first."))
        return lead_to(request, PATH, Notice(said, "info"))
    back = [one.refundable for group in paid.values() for one in group]
    says = say(
        request,
        N_(
            "Their goods go back on sale, holds on money are released, and what was captured is"
            " refunded: %(amounts)s."
        ),
        amounts=_sums(request, back),
    )
    return _ask(
        request,
        form,
        rows,
        title=say(request, N_("Cancel the chosen orders")),
        says=[says, say(request, N_("Cancelled orders do not come back."))],
        path=BULK_CANCEL,
        button=say(request, N_("Cancel them")),
        danger=True,
    )


def _ask(
    request: AnyRequest,
    form: Form,
    rows: dict[UUID, OrderRow],
    *,
    title: str,
    says: list[str],
    path: str,
    button: str,
    danger: bool,
) -> Response[bytes]:
    count = say(request, N_("%(count)s orders are chosen."), count=len(rows))
    fields = [("chosen", encode("order", one)) for one in rows]
    return confirm_page(
        request,
        title=title,
        says=[count, *says],
        path=path,
        back=PATH,
        button=button,
        fields=[*fields, ("key", form["key"] or str(new_id()))],
        danger=danger,
        crumbs=[Crumb(say(request, N_("Orders")), PATH)],
    )


async def _each(request: AnyRequest, acts: Sequence[Named]) -> Response[bytes]:
    failures = []
    for name, act in acts:
        try:
            await act()
        except ArgosyError as refusal:
            failures.append(f"{name} ({refusal_text(request, refusal)})")
    done, everything = len(acts) - len(failures), len(acts)
    if not failures:
        said = say(request, N_("Done for %(done)s of %(all)s."), done=done, all=everything)
        return lead_to(request, PATH, Notice(said))
    said = say(
        request,
        N_("Done for %(done)s of %(all)s. Not done: %(failures)s"),
        done=done,
        all=everything,
        failures="; ".join(failures),
    )
    return lead_to(request, PATH, Notice(said, "bad"))


def _capture(request: AnyRequest, payment: Payment, form: Form) -> Callable[[], Awaitable[object]]:
    command = MoveMoney(payment.id, "capture", because(request, "capture"), actor=actor(request))
    # One form captures each payment once, however often it is sent (DOMAIN.md G2).
    key = key_for(
        f"admin page {actor(request).id} {BULK_CAPTURE}", f"{form['key'][:60]} {payment.id}"
    )

    async def act() -> None:
        reply = Reply(key, lambda moved: (200, moved.operation.state.encode()))
        done = await money_moves.move(shop(request), command, reply)
        state = done.body.decode() if isinstance(done, Answered) else done.operation.state
        if state in ("declined", "failed"):
            raise payments.NotCapturable(say(request, N_("The gateway refused.")))

    return act


def _cancel(request: AnyRequest, row: OrderRow) -> Callable[[], Awaitable[object]]:
    command = order_actions.CancelOrder(
        order_id=row.id,
        reason="staff_decision",
        because=because(request, "cancel"),
        actor=actor(request),
        expected_version=row.version,
    )
    return lambda: order_actions.cancel_order(shop(request), command)


def _sums(request: AnyRequest, amounts: Sequence[Money]) -> str:
    """The amounts by currency, as the reader writes them; "nothing" for none."""
    totals: dict[str, Money] = {}
    for one in amounts:
        if one.minor:
            totals[one.currency] = totals.get(one.currency, Money.zero(one.currency)) + one
    said = [money_text(totals[currency], locale_tag(request)) for currency in sorted(totals)]
    return ", ".join(said) or say(request, N_("nothing"))


ROUTES: list[HTTPRouteHandler] = [capture_orders, cancel_orders]
