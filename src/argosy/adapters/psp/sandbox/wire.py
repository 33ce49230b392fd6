"""The sandbox provider's JSON, as far as we read it. Amounts are in its own denomination.

Unknown fields are ignored and unknown words reach `mapping.py`: a provider adds to its API at will.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class Decline(msgspec.Struct, frozen=True):
    """Why the bank said no; `kind` is `soft` or `hard`."""

    code: str
    kind: str = "soft"


class NextAction(msgspec.Struct, frozen=True):
    """Where the shopper must go."""

    url: str


class ThreeDS(msgspec.Struct, frozen=True):
    """Evidence of the shopper's authentication."""

    version: str
    flow: str
    eci: str
    liability_shift: bool


class StoredCredential(msgspec.Struct, frozen=True):
    """What was said of a kept card: `first` or `later` use, and who began the payment."""

    initiator: str
    use: str


class Method(msgspec.Struct, frozen=True):
    """A card that is kept there."""

    id: str
    customer: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    removed: bool = False


class Payment(msgspec.Struct, frozen=True):
    """A payment at the provider."""

    id: str
    reference: str
    status: str
    amount: int
    currency: str
    capture: str
    amount_authorised: int
    amount_captured: int
    amount_voided: int
    amount_refunded: int
    decline: Decline | None = None
    next_action: NextAction | None = None
    three_ds: ThreeDS | None = None
    network_transaction_id: str | None = None
    capture_before: datetime | None = None
    stored_credential: StoredCredential | None = None
    method: Method | None = None


class Operation(msgspec.Struct, frozen=True):
    """One thing that was done to a payment there."""

    id: str
    kind: str
    amount: int
    status: str
    code: str | None = None
    code_kind: str | None = None
    idempotency_key: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """The answer to a request with an effect, and to a look-up."""

    payment: Payment
    operation: Operation


class Error(msgspec.Struct, frozen=True):
    """Why a request was refused."""

    code: str = "unspecified"


class Refusal(msgspec.Struct, frozen=True):
    """The answer of a refused request."""

    error: Error = Error()


class CurrencyBalance(msgspec.Struct, frozen=True):
    """What is held in one currency."""

    authorised: int
    captured: int
    refunded: int


class Balance(msgspec.Struct, frozen=True):
    """What the provider holds for us."""

    currencies: dict[str, CurrencyBalance]


class Event(msgspec.Struct, frozen=True):
    """A webhook's body."""

    id: str
    type: str
    data: Answer
