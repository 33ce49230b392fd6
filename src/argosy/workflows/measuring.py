"""Which committed facts count as which business metric; the one page that says so.

Counting what was committed, and nothing else, keeps the figures equal to the books: a purchase that
was rolled back or repeated is not counted.
"""

from __future__ import annotations

from argosy.modules.orders import OrderPaymentFailed, OrderPending, OrderPlaced
from argosy.modules.payments import (
    MoneyMoveFailed,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from argosy.runtime import metrics


def _placed(event: OrderPlaced) -> None:
    metrics.PLACEMENTS.labels("placed").inc()
    metrics.ORDERS.labels(event.total.currency).inc()
    metrics.REVENUE.labels(event.total.currency).inc(event.total.minor)


def _pending(_: OrderPending) -> None:
    metrics.PLACEMENTS.labels("pending").inc()


def _payment_failed(_: OrderPaymentFailed) -> None:
    metrics.PLACEMENTS.labels("payment_failed").inc()


def _authorised(event: PaymentAuthorised) -> None:
    metrics.PAYMENTS.labels(event.gateway, "authorise", "succeeded").inc()
    if event.late:
        metrics.LATE_AUTHORISATIONS.labels(event.gateway).inc()


def _declined(event: PaymentDeclined) -> None:
    metrics.PAYMENTS.labels(event.gateway, "authorise", "declined").inc()


def _failed(event: PaymentFailed) -> None:
    metrics.PAYMENTS.labels(event.gateway, "authorise", "failed").inc()


def _captured(event: PaymentCaptured) -> None:
    metrics.PAYMENTS.labels(event.gateway, "capture", "succeeded").inc()
    metrics.MONEY.labels("captured", event.amount.currency).inc(event.amount.minor)


def _voided(event: PaymentVoided) -> None:
    metrics.PAYMENTS.labels(event.gateway, "void", "succeeded").inc()


def _refunded(event: PaymentRefunded) -> None:
    metrics.PAYMENTS.labels(event.gateway, "refund", "succeeded").inc()
    metrics.MONEY.labels("refunded", event.amount.currency).inc(event.amount.minor)


def _move_failed(event: MoneyMoveFailed) -> None:
    metrics.PAYMENTS.labels(event.gateway, event.kind, "failed").inc()


COUNTED: metrics.Counted = {
    OrderPlaced: _placed,
    OrderPending: _pending,
    OrderPaymentFailed: _payment_failed,
    PaymentAuthorised: _authorised,
    PaymentDeclined: _declined,
    PaymentFailed: _failed,
    PaymentCaptured: _captured,
    PaymentVoided: _voided,
    PaymentRefunded: _refunded,
    MoneyMoveFailed: _move_failed,
}
