"""What an order's facts mean, and what may be done next. Pure.

pending_payment --confirm--> confirmed --cancel--> cancelled
  |    |  '--cancel--------------------------------^
  |    '--wait (for the shopper's action, for slow money)--> pending_payment
  '--fail--> payment_failed --begin (the cart is placed again)--> pending_payment
                       '--cancel (and the cart is closed)--> cancelled
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from argosy.modules.orders.errors import NoteInvalid, OrderActionIllegal, OrderChanged
from argosy.modules.orders.types import (
    FulfilmentStatus,
    HoldStatus,
    MoneyFacts,
    Order,
    PaymentStatus,
    ReturnStatus,
    Stage,
    WaitingFor,
)

Action = Literal[
    "begin", "wait", "confirm", "fail", "cancel", "hold", "release_hold", "fulfil", "return", "note"
]

LEGAL: Mapping[Stage, frozenset[Action]] = {
    "pending_payment": frozenset({"wait", "confirm", "fail", "cancel", "note"}),
    "payment_failed": frozenset({"begin", "cancel", "note"}),
    "confirmed": frozenset({"cancel", "hold", "release_hold", "fulfil", "return", "note"}),
    "cancelled": frozenset({"note"}),
}

LONGEST_NOTE = 4000


def stage_of(*, confirmed: bool, failed: bool, cancelled: bool) -> Stage:
    """How far the order has come."""
    if cancelled:
        return "cancelled"
    if confirmed:
        return "confirmed"
    return "payment_failed" if failed else "pending_payment"


def payment_status_of(
    facts: MoneyFacts, total_minor: int, *, failed: bool, waiting_for: WaitingFor | None
) -> PaymentStatus:
    """What the payments add up to. The order of the questions is the rule."""
    answers: tuple[tuple[bool, PaymentStatus], ...] = (
        (total_minor == 0, "not_required"),
        (0 < facts.captured_minor <= facts.refunded_minor, "refunded"),
        (facts.refunded_minor > 0, "partially_refunded"),
        (facts.captured_minor >= total_minor, "paid"),
        (facts.captured_minor > 0, "partially_paid"),
        (0 < facts.voided_minor >= facts.authorised_minor, "voided"),
        (facts.authorised_minor > 0, "authorised"),
        (failed, "failed"),
        (waiting_for == "action", "action_required"),
    )
    return next((status for holds, status in answers if holds), "pending")


def fulfilment_status_of(units_to_ship: int, units_fulfilled: int) -> FulfilmentStatus:
    """How much of what needs shipping has left."""
    if units_to_ship == 0:
        return "not_required"
    if units_fulfilled >= units_to_ship:
        return "fulfilled"
    return "partially_fulfilled" if units_fulfilled else "unfulfilled"


def return_status_of(units: int, units_returned: int) -> ReturnStatus:
    """How much of what was bought has come back."""
    if units_returned == 0:
        return "none"
    return "returned" if units_returned >= units else "partially_returned"


def hold_status_of(holds: int) -> HoldStatus:
    """Whether anything forbids shipping."""
    return "held" if holds else "clear"


def legal_actions(order: Order) -> tuple[Action, ...]:
    """What may be done with the order as it is, sorted."""
    legal = set(LEGAL[order.stage])
    if order.units_fulfilled:
        legal.discard("cancel")  # What has left comes back as a return (DOMAIN.md J4).
    else:
        legal.discard("return")
    if not order.holds:
        legal.discard("release_hold")
    return tuple(sorted(legal))


def check_legal(order: Order, action: Action) -> None:
    """Raise OrderActionIllegal, naming what would be legal."""
    legal = legal_actions(order)
    if action not in legal:
        raise OrderActionIllegal(
            f"An order that is {order.stage.replace('_', ' ')} does not allow: {action}.",
            cure=f"Legal now: {', '.join(legal)}." if legal else None,
            stage=order.stage,
            legal_actions=list(legal),
        )


def check_version(order: Order, expected: int | None) -> None:
    """Raise OrderChanged if the caller decided on another version (DOMAIN.md J8)."""
    if expected is not None and expected != order.version:
        raise OrderChanged(
            f"The order is at version {order.version}, not {expected}.",
            cure="Read the order again and decide anew.",
            current_version=order.version,
        )


def checked_note(text: str) -> str:
    """The note without outer spaces. Raises NoteInvalid."""
    note = text.strip()
    if not 1 <= len(note) <= LONGEST_NOTE or "\0" in note:
        raise NoteInvalid(
            "A note must say something, and not too much.",
            field="text",
            cure=f"Send 1 to {LONGEST_NOTE} characters.",
        )
    return note


def order_token(secret: str, order_id: UUID) -> str:
    """The guest's key to an order: an HMAC, so that a replayed answer holds the same token."""
    digest = hmac.digest(secret.encode(), b"argosy order token v1" + order_id.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:24]).decode("ascii")


def is_order_token(secret: str, order_id: UUID, token: str) -> bool:
    """Whether `token` opens that order; takes equally long for every wrong one."""
    return hmac.compare_digest(order_token(secret, order_id).encode(), token.encode())
