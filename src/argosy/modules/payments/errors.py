"""Why a payment use case stops.

ArgosyError
├── NotFound ── PaymentNotFound
├── Invalid ─┬─ GatewayNotOffered     no such way to pay here
│            ├─ InstrumentInvalid     the token is missing or malformed
│            └─ RequestKeyReused      same key, another amount
├── Conflict ┬─ PaymentBusy           another attempt or operation is undecided
│            ├─ NotCapturable         nothing, or not so much, is authorised
│            ├─ NotRefundable         nothing, or not so much, was captured
│            └─ NotVoidable           nothing is left to release
├── PaymentRequired ── PaymentNotApproved
├── Refused ── WebhookRejected
└── Unavailable ── GatewayUnavailable
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound, PaymentRequired, Refused, Unavailable


class PaymentNotFound(NotFound):
    """There is no payment or payment operation with this id."""

    code = "payments.not_found"
    usual_cure = "Use the id of a payment that `GET /admin/v1/payments` lists."


class GatewayNotOffered(Invalid):
    """This way to pay does not exist in this shop. Choose one of `gateways` in the problem."""

    code = "payments.gateway_not_offered"
    usual_cure = "Choose one of `gateways`."


class InstrumentInvalid(Invalid):
    """The payment data does not fit the chosen way to pay, for example because the token of the
    payment provider is missing. Card numbers are never accepted: send the provider's token.
    """

    code = "payments.instrument_invalid"
    usual_cure = (
        "Send the token that the payment provider gave, as the gateway's documentation says."
    )


class RequestKeyReused(Invalid):
    """This key was used before for another capture, void or refund of the same payment. Use a new
    key for a new movement of money, and the old key only to repeat the old one.
    """

    code = "payments.request_key_reused"
    usual_cure = (
        "Use a new key for a new movement of money, and the old key only to repeat the old one."
    )


class PaymentBusy(Conflict):
    """Another attempt to pay this order, or another operation on this payment, is not decided yet.
    Wait for its outcome (it is being looked up) and read the payment again.
    """

    code = "payments.busy"
    usual_cure = "Wait for the outcome of the other operation and read the payment again."
    retryable = True


class AmountInvalid(Invalid):
    """An amount to capture or refund is zero, negative, or in another currency than the payment.
    Send a positive amount in the payment's currency, or leave it out for all that there is.
    """

    code = "payments.amount_invalid"
    usual_cure = (
        "Send a positive amount in the payment's currency, or leave it out for all that there is."
    )


class NotCapturable(Conflict):
    """More was asked than can be captured: `capturable` in the problem says how much is authorised
    and neither captured, released nor part of an undecided operation.
    """

    code = "payments.not_capturable"
    usual_cure = "Capture at most `capturable`."


class NotRefundable(Conflict):
    """More was asked than can be refunded: `refundable` in the problem says how much was captured
    and is neither refunded nor part of an undecided refund.
    """

    code = "payments.not_refundable"
    usual_cure = "Refund at most `refundable`."


class NotVoidable(Conflict):
    """Nothing of this payment is left to release: it was captured (refund it instead), released
    before, or never authorised.
    """

    code = "payments.not_voidable"
    usual_cure = "Read the payment: refund what was captured; what was released needs nothing."


class PaymentNotApproved(PaymentRequired):
    """The payment was declined and nothing was charged. `reason` says what the shopper can do:
    `try_again_later`, `use_another_method`, `check_details`, or `authentication_failed`. The cart
    is open again: offer another way to pay.
    """

    code = "payments.declined"
    usual_cure = "Offer another way to pay; nothing was charged."


class WebhookRejected(Refused):
    """The webhook is not signed with our secret, too old, or not of the form the provider sends. It
    was not stored. Check the webhook secret on both sides and the clocks.
    """

    code = "payments.webhook_rejected"
    usual_cure = "Check the webhook secret and the clock on both sides."


class GatewayUnavailable(Unavailable):
    """The payment provider could not be reached, so nothing was charged. Send the same request
    again after `Retry-After`, or choose another way to pay.
    """

    code = "payments.gateway_unavailable"
    usual_cure = "Send the same request again after `Retry-After`, or choose another way to pay."
