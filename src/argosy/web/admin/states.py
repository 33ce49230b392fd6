"""What states of things are called, and in which tone they are shown.

Tones: good (done), warn (somebody should look), bad (something is wrong), quiet (over, or not yet).
A state that is not listed is shown by its own name, quietly.
"""

from typing import NamedTuple

from argosy.web.admin.places import N_


class State(NamedTuple):
    """How a state is shown."""

    label: str
    tone: str = "quiet"


STATES = {
    "abandoned": State(N_("Given up")),
    "action_required": State(N_("Waits for the shopper"), "warn"),
    "active": State(N_("Active"), "good"),
    "archived": State(N_("Archived")),
    "authorised": State(N_("Authorised"), "warn"),
    "automatic": State(N_("Automatic")),
    "available": State(N_("In stock"), "good"),
    "awaiting_action": State(N_("Waits for the bank"), "warn"),
    "cancelled": State(N_("Cancelled")),
    "captured": State(N_("Captured"), "good"),
    "confirmed": State(N_("Confirmed"), "good"),
    "declined": State(N_("Declined"), "bad"),
    "disabled": State(N_("Disabled")),
    "done": State(N_("Done"), "good"),
    "draft": State(N_("Draft")),
    "expired": State(N_("Expired")),
    "failed": State(N_("Failed"), "bad"),
    "fulfilled": State(N_("Fulfilled"), "good"),
    "held": State(N_("On hold"), "bad"),
    "inactive": State(N_("Inactive")),
    "live": State(N_("Live"), "good"),
    "low": State(N_("Low"), "warn"),
    "merged": State(N_("Merged at sign-in")),
    "none": State(N_("None")),
    "not_required": State(N_("Not required")),
    "open": State(N_("Being filled"), "good"),
    "out": State(N_("Sold out"), "bad"),
    "oversold": State(N_("Oversold"), "bad"),
    "parked": State(N_("Parked"), "bad"),
    "partially_captured": State(N_("Partly captured"), "warn"),
    "partially_fulfilled": State(N_("Partly fulfilled"), "warn"),
    "partially_paid": State(N_("Partly paid"), "warn"),
    "partially_refunded": State(N_("Partly refunded"), "warn"),
    "paused": State(N_("Paused"), "warn"),
    "payment_failed": State(N_("Payment failed"), "bad"),
    "paid": State(N_("Paid"), "good"),
    "pending": State(N_("Pending"), "warn"),
    "pending_payment": State(N_("Waits for payment"), "warn"),
    "placed": State(N_("Bought")),
    "placing": State(N_("Being bought"), "warn"),
    "published": State(N_("Published"), "good"),
    "refunded": State(N_("Refunded")),
    "requires_action": State(N_("Waits for the shopper"), "warn"),
    "revoked": State(N_("Revoked")),
    "running": State(N_("Running"), "warn"),
    "scheduled": State(N_("Scheduled")),
    "succeeded": State(N_("Succeeded"), "good"),
    "unfulfilled": State(N_("To fulfil"), "warn"),
    "unknown": State(N_("Being found out"), "warn"),
    "voided": State(N_("Voided")),
}


def state_of(name: str) -> State:
    """How the state is shown."""
    return STATES.get(name) or State(name.replace("_", " ").capitalize())
