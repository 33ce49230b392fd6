"""The gateway to the sandbox payment provider (`argosy sandbox-psp`): for tests, demos and drills.

Speaks HTTP to it like to any other provider. The adapter keeps nothing: the operation's id is the
idempotency key of its call, so that a call can be repeated, and looked up, by whoever knows the id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from argosy.adapters.psp.sandbox import mapping, webhook, wire
from argosy.kernel.denomination import NotRepresentable
from argosy.modules.payments import (
    KEEP_FOR,
    KEPT,
    KEPT_FOR,
    Failed,
    GatewayBalance,
    GatewayFacts,
    Instrument,
    InstrumentInvalid,
    KeptMethod,
    Operation,
    Outcome,
    Pending,
    RequiresAction,
    Unknown,
    WebhookHint,
)
from argosy.runtime import providers
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Answered, CallOutcome, Limits, NotSent, Provider
from argosy.runtime.settings import Settings

T = TypeVar("T")

_PATHS = {"capture": "captures", "void": "voids", "refund": "refunds"}
MAX_TOKEN = 100


class SandboxInProduction(RuntimeError):
    """ARGOSY_SANDBOX_PSP_URL is set while ARGOSY_ENV is `production`: it moves no money."""


class SandboxGateway:
    """Payments at the sandbox provider."""

    immediate = False
    page_token = "tok_hosted_page"  # noqa: S105 - it stands for no card at all

    def __init__(
        self,
        provider: Provider,
        *,
        webhook_secrets: Sequence[str],
        name: str = "sandbox",
        public_url: str = "",
    ) -> None:
        self.name = name
        self.provider = provider
        self._secrets = tuple(webhook_secrets)
        self._public_url = public_url.rstrip("/")

    def fields_url(self, origin: str) -> str:
        """Its fields for a card, in a frame of the page at `origin`."""
        return f"{self._public_url}/fields?{urlencode({'origin': origin})}"

    def check_instrument(self, instrument: Instrument) -> None:
        """A token is needed, or what is kept. Raises InstrumentInvalid."""
        if KEPT in instrument:
            return
        token = instrument.get("token", "")
        if not 1 <= len(token) <= MAX_TOKEN:
            raise InstrumentInvalid(
                "This way to pay needs a token of the payment provider.",
                field="payment.instrument.token",
                cure="Send payment.instrument.token, for example `tok_approved`.",
            )

    def at_once(self, operation: Operation) -> Outcome:
        """Never asked: this gateway has to be called."""
        raise AssertionError("the sandbox is not immediate")

    async def authorise(self, operation: Operation) -> Outcome:
        """Try the token for the amount."""
        try:
            amount = mapping.DENOMINATION.to_wire(operation.amount)
        except NotRepresentable:
            return Failed(code="amount_not_representable")
        body = {
            "amount": amount,
            "currency": operation.amount.currency,
            "reference": str(operation.payment_id),
            "capture": operation.capture,
            "return_url": operation.return_url,
            "metadata": {"order": str(operation.order_id)},
            **_paid_with(operation.instrument),
        }
        return await self._act(operation, "/v1/payments", body)

    async def capture(self, operation: Operation) -> Outcome:
        """Take held money; a final capture releases the rest there, too."""
        amount = mapping.DENOMINATION.to_wire(operation.amount)
        body = {"amount": amount, "final": bool(operation.released)}
        return await self._move(operation, body)

    async def void(self, operation: Operation) -> Outcome:
        """Release held money."""
        return await self._move(operation, {})

    async def refund(self, operation: Operation) -> Outcome:
        """Give taken money back."""
        return await self._move(
            operation, {"amount": mapping.DENOMINATION.to_wire(operation.amount)}
        )

    async def lookup(self, operation: Operation) -> Outcome:
        """What was done under the operation's id."""
        called = await self.provider.call("lookup", "GET", f"/v1/operations/{operation.id}")
        if isinstance(called, Answered) and called.status == 404:
            return Failed(code="absent")
        answer = _read(called, wire.Answer)
        return answer if isinstance(answer, Unknown) else mapping.outcome_of(operation.kind, answer)

    async def abandon(self, operation: Operation) -> Outcome:
        """Cancel an attempt that waits for the shopper or the bank."""
        outcome = await self.lookup(operation)
        if not isinstance(outcome, RequiresAction | Pending):
            return outcome
        called = await self.provider.call(
            "cancel",
            "POST",
            f"/v1/payments/{outcome.reference}/cancel",
            body={},
            idempotency_key=f"cancel-{operation.id}",
        )
        if isinstance(called, Answered) and called.status == 409:
            return await self.lookup(operation)  # decided while we asked
        if isinstance(called, Answered) and called.ok:
            return Failed(code="abandoned", reference=outcome.reference)
        return Unknown(reason="cancel_not_answered")

    async def facts(self, payment_reference: str) -> GatewayFacts | Unknown:
        """The sums of one payment."""
        called = await self.provider.call("retrieve", "GET", f"/v1/payments/{payment_reference}")
        payment = _read(called, wire.Payment)
        return payment if isinstance(payment, Unknown) else mapping.facts_of(payment)

    async def kept(self, payment_reference: str) -> KeptMethod | Unknown | None:
        """The card that it keeps from a payment."""
        called = await self.provider.call("retrieve", "GET", f"/v1/payments/{payment_reference}")
        payment = _read(called, wire.Payment)
        if isinstance(payment, Unknown):
            return payment
        if payment.method is None or payment.method.removed:
            return None
        return mapping.kept_of(payment.method)

    async def forget(self, method_reference: str) -> Unknown | None:
        """Have a card forgotten there; one that it does not know is forgotten."""
        called = await self.provider.call(
            "detach",
            "POST",
            f"/v1/methods/{method_reference}/detach",
            body={},
            idempotency_key=f"detach-{method_reference}",
        )
        if isinstance(called, Answered) and (called.ok or called.status == 404):
            return None
        return Unknown(reason="detach_not_answered")

    async def balance(self) -> Mapping[str, GatewayBalance] | Unknown:
        """What it holds for us."""
        called = await self.provider.call("balance", "GET", "/v1/balance")
        balance = _read(called, wire.Balance)
        return balance if isinstance(balance, Unknown) else mapping.balance_of(balance)

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> WebhookHint:
        """The signed event. Raises WebhookRejected."""
        return webhook.verify(self._secrets, headers, raw)

    async def close(self) -> None:
        """Close the connections."""
        await self.provider.close()

    async def _move(self, operation: Operation, body: dict[str, Any]) -> Outcome:
        assert operation.payment_reference is not None, "only authorised money moves"
        path = f"/v1/payments/{operation.payment_reference}/{_PATHS[operation.kind]}"
        return await self._act(operation, path, body)

    async def _act(self, operation: Operation, path: str, body: dict[str, Any]) -> Outcome:
        called = await self.provider.call(
            operation.kind, "POST", path, body=body, idempotency_key=str(operation.id)
        )
        match called:
            case NotSent():
                return Failed(code="gateway_unreachable", retryable=True)
            case providers.Unknown(reason=reason):
                return Unknown(reason=reason)
            case Answered() if not called.ok:
                return mapping.refusal_of(operation.kind, called.status, _error_code(called.body))
            case Answered():
                answer = _read(called, wire.Answer)
                if isinstance(answer, Unknown):
                    return answer
                return mapping.outcome_of(operation.kind, answer)


def _paid_with(instrument: Instrument) -> dict[str, Any]:
    """A card for this payment, which may be kept; or one that is, and then no token is sent."""
    if KEPT in instrument:
        return {
            "method": instrument[KEPT],
            "customer": instrument.get(KEPT_FOR, ""),
            "stored_credential": {"initiator": "customer", "use": "later"},
        }
    paid: dict[str, Any] = {"token": instrument.get("token", "")}
    if KEEP_FOR in instrument:
        paid["save_for"] = instrument[KEEP_FOR]
        paid["stored_credential"] = {"initiator": "customer", "use": "first"}
    return paid


def _read(called: CallOutcome, kind: type[T]) -> T | Unknown:
    """A 2xx answer as `kind`; everything else, a malformed answer included, is Unknown."""
    if not isinstance(called, Answered):
        return Unknown(reason=called.reason)
    if not called.ok:
        return Unknown(reason="refused")
    try:
        return msgspec.json.decode(called.body, type=kind)
    except msgspec.DecodeError:
        return Unknown(reason="malformed_answer")


def _error_code(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=wire.Refusal).error.code
    except msgspec.DecodeError:
        return "unspecified"


def open_sandbox(settings: Settings) -> SandboxGateway:
    """The gateway that the settings describe. Raises SandboxInProduction."""
    if settings.env == "production":
        raise SandboxInProduction(
            "ARGOSY_SANDBOX_PSP_URL is set in production; the sandbox provider moves no real money."
        )
    assert settings.sandbox_psp_url is not None
    provider = Provider(
        "sandbox",
        settings.sandbox_psp_url,
        headers={"authorization": f"Bearer {settings.sandbox_psp_api_key.get_secret_value()}"},
        limits=Limits(
            deadline_s=settings.provider_timeout_s,
            read_s=settings.provider_timeout_s * 0.8,
            breaker=BreakerRules(
                pause_s=settings.provider_pause_s,
                longest_pause_s=max(60.0, settings.provider_pause_s),
            ),
        ),
    )
    return SandboxGateway(
        provider,
        webhook_secrets=[settings.sandbox_psp_webhook_secret.get_secret_value()],
        public_url=settings.sandbox_psp_public_url or settings.sandbox_psp_url,
    )


__all__ = ["SandboxGateway", "SandboxInProduction", "open_sandbox"]
