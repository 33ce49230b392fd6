"""Ways to pay without a provider: the outcome is known at once and no call is made.

`invoice` and `manual` promise money: the order is placed, and staff capture it when it has come.
`cash` and `terminal` are tenders of a shop's own till: the money is there when the order is. Offer
them only where staff operate the storefront (a POS): anybody who can choose them has paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from argosy.modules.payments import (
    Authorised,
    Captured,
    Failed,
    GatewayBalance,
    GatewayFacts,
    Instrument,
    Operation,
    Outcome,
    Refunded,
    Unknown,
    Voided,
    WebhookHint,
    WebhookRejected,
)

PROMISES: Final = ("invoice", "manual")
TENDERS: Final = ("cash", "terminal")


class OfflineGateway:
    """One way to pay without a provider. Whether the money has come is for staff to say."""

    immediate = True

    def __init__(self, name: str) -> None:
        assert name in PROMISES + TENDERS
        self.name = name

    def check_instrument(self, instrument: Instrument) -> None:
        """Anything short may be noted (a receipt's number, a purchase order)."""

    def at_once(self, operation: Operation) -> Outcome:
        """What an operation comes to: a promise is authorised, a tender is captured."""
        match operation.kind:
            case "authorise":
                return Captured() if self.name in TENDERS else Authorised()
            case "capture":
                return Captured()
            case "void":
                return Voided()
            case "refund":
                return Refunded()

    async def authorise(self, operation: Operation) -> Outcome:
        """As `at_once`."""
        return self.at_once(operation)

    async def capture(self, operation: Operation) -> Outcome:
        """The money has come, says whoever asks for it."""
        return self.at_once(operation)

    async def void(self, operation: Operation) -> Outcome:
        """The promise is given up."""
        return self.at_once(operation)

    async def refund(self, operation: Operation) -> Outcome:
        """The money was handed back, says whoever asks for it."""
        return self.at_once(operation)

    async def abandon(self, operation: Operation) -> Outcome:
        """An authorisation here is never undecided; one that was only written did not happen."""
        return operation.outcome or Failed(code="abandoned")

    async def lookup(self, operation: Operation) -> Outcome:
        """The outcome, whether or not it was written down before."""
        return operation.outcome or self.at_once(operation)

    async def facts(self, payment_reference: str) -> GatewayFacts | Unknown:
        """Nobody else keeps records of it."""
        return Unknown(reason="no_records_elsewhere")

    async def balance(self) -> Mapping[str, GatewayBalance] | Unknown:
        """Nobody else keeps records of it."""
        return Unknown(reason="no_records_elsewhere")

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> WebhookHint:
        """There is nobody who would send one. Raises WebhookRejected."""
        raise WebhookRejected(f"{self.name} has no webhooks.")

    async def close(self) -> None:
        """Nothing is open."""


def offline_gateways(names: Iterable[str]) -> list[OfflineGateway]:
    """The offline gateways of these names. Raises ValueError for an unknown name."""
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in PROMISES + TENDERS]
    if unknown:
        raise ValueError(f"unknown offline gateways: {', '.join(unknown)}")
    return [OfflineGateway(name) for name in wanted]
