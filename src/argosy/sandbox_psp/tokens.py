"""The test tokens: what each one makes the sandbox do. This table is also its documentation."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Answer = Literal["authorised", "declined", "requires_action", "pending"]

SOFT = "soft"
"""The shopper may try again later or in another way."""
HARD = "hard"
"""The same card must not be tried again (networks forbid it)."""


class TestToken(msgspec.Struct, frozen=True, kw_only=True):
    """One token: the answer to creating a payment with it, and the faults that follow."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    token: str
    says: str
    answer: Answer = "authorised"
    decline: str | None = None
    decline_kind: str | None = None
    faults: frozenset[str] = frozenset()


def _t(token: str, says: str, *faults: str, answer: Answer = "authorised") -> TestToken:
    return TestToken(token=f"tok_{token}", says=says, answer=answer, faults=frozenset(faults))


def _declined(code: str, kind: str, says: str) -> TestToken:
    return TestToken(
        token=f"tok_declined_{code}",
        says=f"Declined ({kind}): {says}",
        answer="declined",
        decline=code,
        decline_kind=kind,
    )


_ALL = (
    _t("approved", "Approved at once."),
    _declined("insufficient_funds", SOFT, "not enough money on the account."),
    _declined("do_not_honour", SOFT, "the bank gives no reason."),
    _declined("processing_error", SOFT, "an error between the banks; may work later."),
    _declined("limit_exceeded", SOFT, "above the card's limit."),
    _declined("expired_card", HARD, "the card has expired."),
    _declined("stolen_card", HARD, "the card was reported stolen."),
    _declined("lost_card", HARD, "the card was reported lost."),
    _declined("fraud", HARD, "refused by the fraud check."),
    _t(
        "3ds_challenge",
        "`requires_action`: the page at next_action.url asks the shopper; its buttons approve or "
        "fail, and lead back to return_url.",
        answer="requires_action",
    ),
    _t(
        "hosted_page",
        "`requires_action`: at next_action.url the shopper types a card; it leads back to "
        "return_url.",
        answer="requires_action",
    ),
    _t(
        "3ds_then_declined",
        "As 3ds_challenge, but the bank declines (insufficient_funds) after the approval.",
        "declined_after_challenge",
        answer="requires_action",
    ),
    _t("3ds_frictionless", "Approved with 3DS evidence, without a challenge.", "frictionless"),
    _t("slow", "Approved; the answer takes `slow_s` seconds (5; see /_test/behaviour).", "slow"),
    _t(
        "lost_answer",
        "Approved, but the connection closes before the first answer. The same key again answers.",
        "lost_answer",
    ),
    _t(
        "lost_answer_always",
        "Approved, but every answer to the creation is lost: only a look-up finds the payment.",
        "lost_answer_always",
    ),
    _t(
        "error_before_effect",
        "The first request fails with 500 and nothing happened; the same key again is approved.",
        "error_before_effect",
    ),
    _t(
        "error_before_effect_always",
        "Every creation fails with 500 and nothing happened.",
        "error_before_effect_always",
    ),
    _t("rate_limited", "The first request answers 429 with Retry-After: 1.", "rate_limited"),
    _t("webhooks_duplicate", "Approved; every webhook is delivered three times.", "duplicate"),
    _t(
        "webhooks_out_of_order",
        "Approved; webhooks arrive in reverse order (captured before authorised).",
        "out_of_order",
    ),
    _t("webhooks_lost", "Approved; no webhook is ever delivered.", "lost_webhooks"),
    _t(
        "webhook_before_answer",
        "Approved; the webhook arrives a second before the answer.",
        "webhook_first",
    ),
    _t(
        "delayed_paid",
        "`pending` (as a bank transfer); paid, that is captured, after 3 days of sandbox time.",
        "paid_later",
        answer="pending",
    ),
    _t(
        "delayed_failed",
        "`pending`; declined (not_paid_in_time) after 3 days of sandbox time.",
        "failed_later",
        answer="pending",
    ),
    _t("expires_soon", "Approved; the authorisation lapses after one hour.", "expires_soon"),
    _t("capture_declined", "Approved; every capture is declined.", "capture_declined"),
    _t("capture_lost_answer", "Approved; each capture's first answer is lost.", "capture_lost"),
    _t("void_lost_answer", "Approved; each void's first answer is lost.", "void_lost"),
    _t(
        "void_races_capture",
        "Approved; at the first void the provider has just captured everything by itself, so the "
        "void answers already_captured.",
        "void_race",
    ),
    _t("refund_declined", "Approved; every refund is declined.", "refund_declined"),
    _t("refund_lost_answer", "Approved; each refund's first answer is lost.", "refund_lost"),
    _t(
        "refund_pending",
        "Approved; refunds are `pending` and succeed after one day of sandbox time.",
        "refund_pending",
    ),
    _t(
        "refund_fails_later",
        "Approved; refunds succeed, and fail two days of sandbox time later (closed card).",
        "refund_fails_later",
    ),
)

HOSTED_PAGE = "tok_hosted_page"
"""The card is typed at the page of the provider."""

TOKENS: dict[str, TestToken] = {entry.token: entry for entry in _ALL}

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z])")


def holds_card_number(text: str) -> bool:
    """`text` contains 13 to 19 digits, plain or grouped, that pass the Luhn check.

    A UUID is no card number, though some consist of digits only for long enough.
    """
    if _UUID.fullmatch(text):
        return False
    for match in _RUN.finditer(text):
        digits = [ord(char) - 48 for char in match.group() if char not in " -"]
        doubled = (d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2])
        if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0:
            return True
    return False
