"""What payments needs from outside. Adapters implement it; entry/wiring.py plugs it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from argosy.modules.payments.types import (
    GatewayBalance,
    GatewayFacts,
    Instrument,
    KeptMethod,
    Operation,
    Outcome,
    Unknown,
    WebhookHint,
)


class Gateway(Protocol):
    """A way to be paid. Stateless about payments; safe to share between tasks.

    Calls never raise for what the other side does: every answer, and every missing answer, is an
    Outcome. All calls of one operation carry its id as idempotency key, so repeating one is safe.
    """

    @property
    def name(self) -> str:
        """Its name in payments, URLs and ledger accounts: lower-case letters, digits, hyphens."""
        ...

    @property
    def immediate(self) -> bool:
        """Outcomes are known without a call: `at_once` may be asked inside a transaction."""
        ...

    def check_instrument(self, instrument: Instrument) -> None:
        """Raise InstrumentInvalid unless this gateway can be tried with `instrument`."""
        ...

    def at_once(self, operation: Operation) -> Outcome:
        """The outcome of an operation of an immediate gateway; pure. Others never are asked."""
        ...

    async def authorise(self, operation: Operation) -> Outcome:
        """Hold the amount (or take it, when `operation.capture` is automatic)."""
        ...

    async def capture(self, operation: Operation) -> Outcome:
        """Take held money."""
        ...

    async def void(self, operation: Operation) -> Outcome:
        """Release held money. `Failed("already_captured")` when a capture was faster (H9)."""
        ...

    async def refund(self, operation: Operation) -> Outcome:
        """Give taken money back."""
        ...

    async def abandon(self, operation: Operation) -> Outcome:
        """See to it that an undecided authorisation cannot succeed any more.

        `Failed` when that is certain; otherwise the outcome that was faster, or Unknown.
        """
        ...

    async def lookup(self, operation: Operation) -> Outcome:
        """What became of an operation: by our id, without any effect.

        `Failed("absent")` when the gateway never did anything under that id.
        """
        ...

    async def facts(self, payment_reference: str) -> GatewayFacts | Unknown:
        """The sums that the gateway has on record for one payment."""
        ...

    async def balance(self) -> Mapping[str, GatewayBalance] | Unknown:
        """What the gateway holds for us, by currency."""
        ...

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> WebhookHint:
        """Check the signature over the raw bytes in constant time, and the age (H4).

        Header names are lower-case. Raises WebhookRejected.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class CardFields(Protocol):
    """A gateway that takes card data at pages of its own, so that no server of ours ever sees a
    card number (PCI DSS SAQ A). A Gateway may be one as well; who is not, shows no fields.

    Inside the checkout page its fields stand in a frame. They tell our page, by `postMessage` to
    `origin` and nobody else, `{"type": "card", "token": ...}`: a token for one payment, to be sent
    as `instrument.token`. Where no script runs, `page_token` is sent instead: `authorise` then
    answers RequiresAction with the address of the provider's page, and the shopper comes back from
    there as from 3DS.
    """

    @property
    def page_token(self) -> str:
        """What stands for "the card is typed at your page"."""
        ...

    def fields_url(self, origin: str) -> str:
        """The address of the fields for a page at `origin` (`https://shop.example`)."""
        ...


@runtime_checkable
class Vault(Protocol):
    """A gateway that keeps ways to pay for later purchases. A Gateway may be one as well.

    An authorisation whose instrument has `keep_for` is to be kept once it succeeds: the first use
    of a stored credential, with the shopper there and asked by their bank (3DS). One whose
    instrument has `kept` and `kept_for` pays with what is kept: a later use, with the shopper
    there. Calls never raise for what the other side does.
    """

    async def kept(self, payment_reference: str) -> KeptMethod | Unknown | None:
        """What the gateway keeps from a payment; None when it keeps nothing (any more)."""
        ...

    async def forget(self, method_reference: str) -> Unknown | None:
        """Have it forgotten: None when that is certain. Repeating it is safe."""
        ...
