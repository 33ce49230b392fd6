"""Operations for gateways under test, as payments would write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules.payments import Operation, Outcome
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Limits

QUICK = Limits(
    deadline_s=3,
    read_s=1,
    first_pause_s=0.01,
    breaker=BreakerRules(minimum_calls=1000),
)


def operation(kind: str = "authorise", minor: int = 1000, **more: Any) -> Operation:
    """A fresh operation of its own payment; ten euros with an approving token unless told."""
    currency = more.pop("currency", "EUR")
    token = more.pop("token", "tok_approved")
    released = more.pop("released", 0)
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "id": new_id(),
        "payment_id": new_id(),
        "order_id": new_id(),
        "gateway": "sandbox",
        "kind": kind,
        "amount": Money(minor, currency),
        "state": "pending",
        "instrument": {"token": token},
        "capture": "manual",
        "released": Money(released, currency),
        "created_at": now,
        "updated_at": now,
    }
    return Operation(**fields | more)


def after(first: Operation, said: Outcome, kind: str, minor: int | None = None) -> Operation:
    """A following operation on the payment that `first` authorised."""
    return msgspec.structs.replace(
        first,
        id=new_id(),
        kind=kind,
        amount=first.amount if minor is None else Money(minor, first.amount.currency),
        state="pending",
        outcome=None,
        payment_reference=getattr(said, "reference", None),
    )
