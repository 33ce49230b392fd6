"""Payments in the administration: list, read with every operation, capture, void, refund."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.paging import Page
from argosy.modules import payments
from argosy.modules.orders import Because, OrderActor
from argosy.modules.payments import KEPT, Declined, Failed, Operation, Payment, PaymentState
from argosy.runtime.idempotency import KeyInProgress, KeyReused
from argosy.runtime.outbox_rows import Answered
from argosy.web.auth import ADMINISTRATION, actor, request_id, requires, shop
from argosy.web.idempotent import RequiredKeyHeader, answered, key_of
from argosy.web.long_lists import payment_page
from argosy.web.paging import CursorText, Limit, filters_of
from argosy.workflows import money_moves
from argosy.workflows.money_moves import Moved, MoveMoney, Reply

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["goodwill"])] | None


class CaptureBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to take (all that is authorised, if left out). `final` releases what stays."""

    amount: Money | None = None
    final: bool = False
    reason: Reason = None


class RefundBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to give back (all that was taken, if left out), and why."""

    amount: Money | None = None
    reason: Reason = None


class VoidBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the hold is released."""

    reason: Reason = None


class PaymentOperationView(msgspec.Struct, frozen=True, kw_only=True):
    """One call to the gateway. `state` pending and unknown are being found out; `settled` is what
    it moved in fact; `origin` gateway means that it was done there without us. `code` tells why it
    was declined or failed; `hard` that the same instrument must not be tried again.
    """

    id: str
    kind: Literal["authorise", "capture", "void", "refund"]
    state: Literal["pending", "requires_action", "unknown", "succeeded", "declined", "failed"]
    amount: Money
    settled: Money | None
    released: Money
    origin: Literal["shop", "gateway"]
    gateway_reference: str | None
    code: str | None
    hard: bool
    reason: str | None
    attempts: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, operation: Operation) -> "PaymentOperationView":
        """As answers show it."""
        outcome = operation.outcome
        return cls(
            id=encode("payment_operation", operation.id),
            kind=operation.kind,
            state=operation.state,
            amount=operation.amount,
            settled=operation.settled,
            released=operation.released,
            origin=operation.origin,
            gateway_reference=operation.reference,
            code=outcome.code if isinstance(outcome, Declined | Failed) else None,
            hard=isinstance(outcome, Declined) and outcome.hard,
            reason=operation.reason,
            attempts=operation.attempts,
            created_at=operation.created_at,
            updated_at=operation.updated_at,
        )


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment and its sums. `capturable` and `refundable` are what the next capture or refund may
    move at most; `orphaned` payments succeeded after their attempt was given up and are released.
    `brand` and `last4` tell the card where it was one that is kept for the customer.
    """

    id: str
    order_id: str
    gateway: str
    state: PaymentState
    amount: Money
    authorised: Money
    captured: Money
    voided: Money
    refunded: Money
    capturable: Money
    refundable: Money
    capture: Literal["manual", "automatic"]
    gateway_reference: str | None
    capture_before: datetime | None
    orphaned: bool
    brand: str | None
    last4: str | None
    created_at: datetime

    @classmethod
    def of(cls, payment: Payment) -> "PaymentView":
        """As answers show it."""
        return cls(
            id=encode("payment", payment.id),
            order_id=encode("order", payment.order_id),
            gateway=payment.gateway,
            state=payment.state,
            amount=payment.amount,
            authorised=payment.authorised,
            captured=payment.captured,
            voided=payment.voided,
            refunded=payment.refunded,
            capturable=payment.capturable,
            refundable=payment.refundable,
            capture=payment.capture,
            gateway_reference=payment.reference,
            capture_before=payment.capture_before,
            orphaned=payment.orphaned,
            brand=payment.instrument.get("brand") if KEPT in payment.instrument else None,
            last4=payment.instrument.get("last4") if KEPT in payment.instrument else None,
            created_at=payment.created_at,
        )


class PaymentDetailView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment with everything that was done to it, oldest first."""

    payment: PaymentView
    operations: list[PaymentOperationView]


class MovedView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a capture, void or refund, and the payment after it."""

    operation: PaymentOperationView
    payment: PaymentView


_MOVED = {
    200: ResponseSpec(MovedView, description="Decided: see the operation's state."),
    202: ResponseSpec(MovedView, description="The gateway has not decided yet; read it again."),
}
_PROBLEMS = [
    payments.PaymentNotFound,
    payments.PaymentBusy,
    payments.GatewayNotOffered,
    KeyReused,
    KeyInProgress,
]


@get(
    "/admin/v1/payments",
    tags=["Payments"],
    security=ADMINISTRATION,
    guards=[requires("payments:read")],
)
async def list_payments(
    request: Request[Any, Any, Any],
    *,
    limit: Limit = 24,
    cursor: CursorText = None,
    payment_state: Annotated[
        PaymentState | None, Parameter(query="state", description="Only payments in this state.")
    ] = None,
    gateway: Annotated[str | None, Parameter(max_length=60)] = None,
    lapsing: Annotated[
        bool,
        Parameter(
            description="Only payments whose authorised money is not taken and lapses within a day"
            " (`capture_before`), or has lapsed."
        ),
    ] = False,
) -> Page[PaymentView]:
    """Payments, the newest first."""
    filters = filters_of("payments", state=payment_state, gateway=gateway, lapsing=lapsing)
    async with shop(request).db.reading() as tx:
        page = await payment_page(
            tx, cursor, filters, limit, state=payment_state, gateway=gateway, lapsing=lapsing
        )
    items = [PaymentView.of(payment) for payment in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@get(
    "/admin/v1/payments/{payment_id:str}",
    tags=["Payments"],
    security=ADMINISTRATION,
    guards=[requires("payments:read")],
    problems=[payments.PaymentNotFound],
)
async def get_payment(request: Request[Any, Any, Any], payment_id: str) -> PaymentDetailView:
    """A payment with its operations."""
    found = decode("payment", payment_id, field="payment_id")
    async with shop(request).db.reading() as tx:
        payment = await payments.payment_by_id(tx, found)
    return payment_detail(payment)


@post(
    "/admin/v1/payments/{payment_id:str}/capture",
    status_code=200,
    tags=["Payments"],
    security=ADMINISTRATION,
    guards=[requires("payments:write")],
    responses=_MOVED,
    problems=[*_PROBLEMS, payments.AmountInvalid, payments.NotCapturable],
    example={"amount": {"minor": 1999, "currency": "USD"}},
)
async def capture_payment(
    request: Request[Any, Any, Any],
    payment_id: str,
    data: CaptureBody,
    idempotency_key: RequiredKeyHeader,
) -> Response[bytes]:
    """Take authorised money, in one go or in parts. A gateway's no is an operation that is
    `declined` or `failed`; while it does not answer, the capture stands and is retried.
    """
    command = MoveMoney(
        decode("payment", payment_id, field="payment_id"),
        "capture",
        _because(request, "capture"),
        amount=data.amount,
        final=data.final,
        reason=data.reason,
        actor=actor(request),
    )
    return await _move(request, command)


@post(
    "/admin/v1/payments/{payment_id:str}/void",
    status_code=200,
    tags=["Payments"],
    security=ADMINISTRATION,
    guards=[requires("payments:write")],
    responses=_MOVED,
    problems=[*_PROBLEMS, payments.NotVoidable],
)
async def void_payment(
    request: Request[Any, Any, Any],
    payment_id: str,
    data: VoidBody,
    idempotency_key: RequiredKeyHeader,
) -> Response[bytes]:
    """Release what is authorised and not captured. If a capture was faster, the operation is
    `failed` with `already_captured` and the payment shows the money: refund it.
    """
    command = MoveMoney(
        decode("payment", payment_id, field="payment_id"),
        "void",
        _because(request, "void"),
        reason=data.reason,
        actor=actor(request),
    )
    return await _move(request, command)


@post(
    "/admin/v1/payments/{payment_id:str}/refund",
    status_code=200,
    tags=["Payments"],
    security=ADMINISTRATION,
    guards=[requires("payments:write")],
    responses=_MOVED,
    problems=[*_PROBLEMS, payments.AmountInvalid, payments.NotRefundable],
    example={"amount": {"minor": 500, "currency": "USD"}, "reason": "goodwill"},
)
async def refund_payment(
    request: Request[Any, Any, Any],
    payment_id: str,
    data: RefundBody,
    idempotency_key: RequiredKeyHeader,
) -> Response[bytes]:
    """Give captured money back, whole or in part. Some refunds take days (202), and one that has
    succeeded may come back later: the money is then owed again and can be refunded anew.
    """
    command = MoveMoney(
        decode("payment", payment_id, field="payment_id"),
        "refund",
        _because(request, "refund"),
        amount=data.amount,
        reason=data.reason,
        actor=actor(request),
    )
    return await _move(request, command)


@post(
    "/admin/v1/payments/{payment_id:str}/sync",
    status_code=200,
    tags=["Payments"],
    security=ADMINISTRATION,
    guards=[requires("payments:write")],
    problems=[
        payments.PaymentNotFound,
        payments.GatewayNotOffered,
        payments.GatewayUnavailable,
    ],
)
async def sync_payment(request: Request[Any, Any, Any], payment_id: str) -> PaymentDetailView:
    """Read the gateway's records and take over what was captured, released or refunded there
    without us (in its back office, or by itself). A repeat finds nothing new.
    """
    found, app = decode("payment", payment_id, field="payment_id"), shop(request)
    await money_moves.sync_payment(app, found, _because(request, "sync"), actor(request))
    async with app.db.reading() as tx:
        payment = await payments.payment_by_id(tx, found)
    return payment_detail(payment)


async def _move(request: Request[Any, Any, Any], command: MoveMoney) -> Response[bytes]:
    key = await key_of(request, required=True)
    assert key is not None
    done = await money_moves.move(shop(request), command, Reply(key, _shown))
    if isinstance(done, Answered):
        return answered(done)
    status, body = _shown(done)
    return Response(body, status_code=status, media_type="application/json")


def _shown(moved: Moved) -> tuple[int, bytes]:
    view = MovedView(
        operation=PaymentOperationView.of(moved.operation), payment=PaymentView.of(moved.payment)
    )
    return 202 if moved.operation.open else 200, msgspec.json.encode(view)


def payment_detail(payment: Payment) -> PaymentDetailView:
    """The payment, which was read with its operations, as answers show it."""
    return PaymentDetailView(
        payment=PaymentView.of(payment),
        operations=[PaymentOperationView.of(operation) for operation in payment.operations],
    )


def _because(request: Request[Any, Any, Any], cause: str) -> Because:
    who = actor(request)
    return Because(
        actor=OrderActor(
            kind=who.kind, id=encode(who.kind, who.id) if who.id else None, name=who.name
        ),
        cause=cause,
        correlation=request_id(request) or None,
    )


ROUTES = [
    list_payments,
    get_payment,
    capture_payment,
    void_payment,
    refund_payment,
    sync_payment,
]
