"""The JSON of the sandbox's API: requests in, objects out. Amounts are in its own denomination.

Like some real providers the sandbox counts ISK and UGX with two decimals although ISO 4217 gives
them none: 100 ISK travel as 10000, and an amount that is not a whole krona is refused.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

TWO_DECIMALS_INSTEAD_OF_NONE = frozenset({"ISK", "UGX"})
MAX_AMOUNT = 99_999_999_999


class StoredCredential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the card schemes are told of a card that is kept: its `first` use, which the shopper's
    bank always asks about (3DS), or a `later` one. `initiator`: the customer is there.
    """

    initiator: Literal["customer"]
    use: Literal["first", "later"]


class CreatePayment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payments. `reference` is the merchant's own name for the payment.

    A `token`, or a `method` that is kept for `customer`. `save_for`: keep the card for this
    customer (the merchant's own name for them) once the payment is approved.
    """

    amount: int
    currency: str
    token: str = ""
    method: str | None = None
    customer: str | None = None
    save_for: str | None = None
    stored_credential: StoredCredential | None = None
    reference: str
    capture: Literal["manual", "automatic"] = "manual"
    return_url: str | None = None
    metadata: dict[str, str] = {}


class Capture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payments/{id}/captures. `final` releases what stays uncaptured."""

    amount: int | None = None
    final: bool = False


class Void(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payments/{id}/voids: release whatever is authorised and not captured."""


class Refund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payments/{id}/refunds."""

    amount: int
    reason: str | None = None


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the whole sandbox behaves, until changed.

    `down` answers 503 without effect; `drop` closes the connection without effect; `flapping` does
    either well or 503, changing every `flap_s` seconds; `slow` delays every answer by `slow_s`
    after the effect. `lose_next` and `fail_next` are counters for the next calls with an effect:
    the answer is lost after it, or a 500 comes before it.
    """

    mode: Literal["normal", "down", "drop", "slow", "flapping"] = "normal"
    slow_s: float = 5.0
    flap_s: float = 2.0
    lose_next: int = 0
    fail_next: int = 0


class MoveClock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Move the sandbox's clock forward, or set it back to real time."""

    advance_s: float = 0
    advance_days: float = 0
    reset: bool = False


class ResolveChallenge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the shopper did on the challenge page."""

    approve: bool


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where webhooks go; `paused` holds them until /_test/webhooks/flush or until resumed."""

    url: str | msgspec.UnsetType | None = msgspec.UNSET
    paused: bool | msgspec.UnsetType = msgspec.UNSET


class Replay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Deliver stored events again: of one payment, one event, or all."""

    payment: str | None = None
    event: str | None = None
    order: Literal["forward", "reverse"] = "forward"
    copies: int = 1


class ExternalAction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something done to a payment in the provider's own dashboard, without the shop's knowledge."""

    action: Literal["capture", "refund", "void"]
    amount: int | None = None


class Stop(Exception):
    """A request ends here with an HTTP status and an error object."""

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message, **extra}}


def check_amount(amount: int, currency: str) -> None:
    """Raise Stop 422 unless `amount` is positive, of a sane size and valid for the currency."""
    if amount < 1 or amount > MAX_AMOUNT:
        raise Stop(422, "amount_invalid", f"amount must be between 1 and {MAX_AMOUNT}")
    if currency in TWO_DECIMALS_INSTEAD_OF_NONE and amount % 100:
        raise Stop(422, "amount_invalid", f"{currency} amounts must be a multiple of 100 here")
