"""From the sandbox's words to ours. The only place that knows its denomination (DOMAIN.md A2)."""

from __future__ import annotations

from typing import Final

from argosy.adapters.psp.sandbox import wire
from argosy.kernel.denomination import Denomination
from argosy.modules.payments import (
    DECLINE_CODES,
    Authorised,
    Captured,
    Declined,
    Failed,
    GatewayBalance,
    GatewayFacts,
    KeptMethod,
    OperationKind,
    Outcome,
    Pending,
    Refunded,
    RequiresAction,
    Unknown,
    Voided,
)

DENOMINATION: Final = Denomination(exponents={"ISK": 2, "UGX": 2}, steps={"ISK": 100, "UGX": 100})

_OUR_DECLINES: Final = {"token_unknown": "instrument_invalid"}


def outcome_of(kind: OperationKind, answer: wire.Answer) -> Outcome:  # noqa: PLR0911 - a table
    """What the provider's operation says; an unknown word is Unknown, never a guess."""
    payment, operation = answer.payment, answer.operation
    reference, own = payment.id, operation.id
    match operation.status:
        case "succeeded":
            return _success(kind, payment, operation)
        case "declined" if operation.code == "cancelled":
            return Failed(code="abandoned", reference=reference)
        case "declined":
            return Declined(
                code=decline_code(operation.code),
                hard=operation.code_kind == "hard",
                reference=reference,
                operation_reference=own,
            )
        case "failed":
            return Failed(
                code=operation.code or "failed", reference=reference, operation_reference=own
            )
        case "requires_action" if payment.next_action is not None:
            return RequiresAction(url=payment.next_action.url, reference=reference)
        case "pending":
            return Pending(reference=reference, operation_reference=own)
        case _:
            return Unknown(reason="unknown_status")


def _success(kind: OperationKind, payment: wire.Payment, operation: wire.Operation) -> Outcome:
    match kind:
        case "authorise" if payment.capture == "automatic":
            return Captured(reference=payment.id, evidence=_evidence(payment))
        case "authorise":
            return Authorised(
                reference=payment.id,
                capture_before=payment.capture_before,
                evidence=_evidence(payment),
            )
        case "capture":
            return Captured(operation_reference=operation.id)
        case "void":
            released = DENOMINATION.from_wire(operation.amount, payment.currency)
            return Voided(operation_reference=operation.id, amount=released)
        case "refund":
            return Refunded(operation_reference=operation.id)


def refusal_of(kind: OperationKind, status: int, code: str) -> Outcome:
    """What a 4xx means: certainly nothing happened under this key, except where it is unclear."""
    if code == "idempotency_key_reused":
        # Our key, another request: the first one may have happened. A person must look.
        return Unknown(reason="idempotency_key_reused")
    if status in {401, 403}:
        return Failed(code="gateway_refused_our_key", retryable=True)
    if kind == "authorise" and code in _OUR_DECLINES:
        return Declined(code=_OUR_DECLINES[code], hard=True)
    return Failed(code=code)


def decline_code(theirs: str | None) -> str:
    """Our word for a decline reason."""
    return theirs if theirs in DECLINE_CODES else "declined"


def facts_of(payment: wire.Payment) -> GatewayFacts:
    """The provider's sums for one payment."""
    return GatewayFacts(
        reference=payment.id,
        authorised=DENOMINATION.from_wire(payment.amount_authorised, payment.currency),
        captured=DENOMINATION.from_wire(payment.amount_captured, payment.currency),
        voided=DENOMINATION.from_wire(payment.amount_voided, payment.currency),
        refunded=DENOMINATION.from_wire(payment.amount_refunded, payment.currency),
    )


def kept_of(method: wire.Method) -> KeptMethod:
    """A kept card, in our words."""
    return KeptMethod(
        reference=method.id,
        holder_reference=method.customer,
        brand=method.brand,
        last4=method.last4[-4:],
        exp_month=method.exp_month,
        exp_year=method.exp_year,
    )


def balance_of(balance: wire.Balance) -> dict[str, GatewayBalance]:
    """The provider's holdings by currency."""
    return {
        currency: GatewayBalance(
            authorised=DENOMINATION.from_wire(held.authorised, currency),
            captured=DENOMINATION.from_wire(held.captured, currency),
            refunded=DENOMINATION.from_wire(held.refunded, currency),
        )
        for currency, held in balance.currencies.items()
    }


def _evidence(payment: wire.Payment) -> dict[str, str]:
    """What proves the shopper's consent, to be kept with the attempt (DOMAIN.md H15)."""
    evidence: dict[str, str] = {}
    if payment.network_transaction_id:
        evidence["network_transaction_id"] = payment.network_transaction_id
    if payment.three_ds is not None:
        evidence["three_ds_version"] = payment.three_ds.version
        evidence["three_ds_flow"] = payment.three_ds.flow
        evidence["eci"] = payment.three_ds.eci
        evidence["liability_shift"] = "yes" if payment.three_ds.liability_shift else "no"
    if payment.stored_credential is not None:
        evidence["stored_credential"] = payment.stored_credential.use
        evidence["initiator"] = payment.stored_credential.initiator
    return evidence
