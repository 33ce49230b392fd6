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


class GatewayNotOffered(Invalid):
    """This way to pay does not exist in this shop. Choose one of `gateways` in the problem."""

    code = "payments.gateway_not_offered"


class InstrumentInvalid(Invalid):
    """The payment data does not fit the chosen way to pay, for example because the token of the
    payment provider is missing. Card numbers are never accepted: send the provider's token.
    """

    code = "payments.instrument_invalid"


class RequestKeyReused(Invalid):
    """This key was used before for another capture, void or refund of the same payment. Use a new
    key for a new movement of money, and the old key only to repeat the old one.
    """

    code = "payments.request_key_reused"


class PaymentBusy(Conflict):
    """Another attempt to pay this order, or another operation on this payment, is not decided yet.
    Wait for its outcome (it is being looked up) and read the payment again.
    """

    code = "payments.busy"
    retryable = True


class AmountInvalid(Invalid):
    """An amount to capture or refund is zero, negative, or in another currency than the payment.
    Send a positive amount in the payment's currency, or leave it out for all that there is.
    """

    code = "payments.amount_invalid"


class NotCapturable(Conflict):
    """More was asked than can be captured: `capturable` in the problem says how much is authorised
    and neither captured, released nor part of an undecided operation.
    """

    code = "payments.not_capturable"


class NotRefundable(Conflict):
    """More was asked than can be refunded: `refundable` in the problem says how much was captured
    and is neither refunded nor part of an undecided refund.
    """

    code = "payments.not_refundable"


class NotVoidable(Conflict):
    """Nothing of this payment is left to release: it was captured (refund it instead), released
    before, or never authorised.
    """

    code = "payments.not_voidable"


class PaymentNotApproved(PaymentRequired):
    """The payment was declined and nothing was charged. `reason` says what the shopper can do:
    `try_again_later`, `use_another_method`, `check_details`, or `authentication_failed`. The cart
    is open again: offer another way to pay.
    """

    code = "payments.declined"


class WebhookRejected(Refused):
    """The webhook is not signed with our secret, too old, or not of the form the provider sends. It
    was not stored. Check the webhook secret on both sides and the clocks.
    """

    code = "payments.webhook_rejected"


class GatewayUnavailable(Unavailable):
    """The payment provider could not be reached, so nothing was charged. Send the same request
    again after `Retry-After`, or choose another way to pay.
    """

    code = "payments.gateway_unavailable"
