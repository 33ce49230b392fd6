"""Payments' pure decisions: transitions, amounts, pauses, words for shoppers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from argosy.kernel.money import Money
from argosy.modules.payments import (
    AmountInvalid,
    Authorised,
    Captured,
    Declined,
    Failed,
    InstrumentInvalid,
    NotCapturable,
    NotRefundable,
    Pending,
    Refunded,
    RequiresAction,
    Unknown,
    Voided,
    rules,
    shopper_reason,
    state_of,
)
from argosy.modules.payments.types import Payment

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STATES = tuple(rules.SOURCES)
KINDS = tuple(rules.TRANSITIONS)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


SUMS = (
    "authorised",
    "captured",
    "voided",
    "refunded",
    "capture_pending",
    "void_pending",
    "refund_pending",
)


def payment(**sums: int) -> Payment:
    return Payment(
        id=None,  # type: ignore[arg-type]
        order_id=None,  # type: ignore[arg-type]
        tender=1,
        gateway="sandbox",
        state="authorised",
        attempt_state="succeeded",
        amount=eur(1000),
        capture="manual",
        instrument={},
        return_url=None,
        reference=None,
        capture_before=None,
        orphaned=False,
        version=1,
        created_at=NOW,
        **{name: eur(sums.get(name, 0)) for name in SUMS},
    )


@pytest.mark.parametrize("kind", KINDS)
def test_H5_decided_is_decided_but_for_the_two_known_exceptions(kind: str) -> None:
    table = rules.TRANSITIONS[kind]
    assert table["declined"] == frozenset()
    assert table["failed"] == {"succeeded"}
    assert table["succeeded"] == (frozenset({"failed"}) if kind == "refund" else frozenset())


@pytest.mark.parametrize("kind", KINDS)
def test_H1_every_undecided_state_can_be_decided_either_way(kind: str) -> None:
    for state in rules.OPEN:
        assert {"succeeded", "declined", "failed"} <= rules.TRANSITIONS[kind][state]
    assert "unknown" not in rules.TRANSITIONS[kind]["requires_action"]


def test_the_store_compares_exactly_the_table() -> None:
    for kind, before, after in product(KINDS, STATES, STATES):
        listed = f"{kind}:{before}" in rules.SOURCES[after]
        assert listed == (after in rules.TRANSITIONS[kind][before])


def test_each_outcome_leads_to_one_state() -> None:
    said = [Authorised(), Captured(), Voided(), Refunded()]
    assert {state_of(outcome) for outcome in said} == {"succeeded"}
    others = [
        Declined(code="x"),
        Failed(code="x"),
        RequiresAction(url="u"),
        Pending(),
        Unknown(reason="x"),
    ]
    assert [state_of(outcome) for outcome in others] == [
        "declined",
        "failed",
        "requires_action",
        "pending",
        "unknown",
    ]


def test_a_gateway_cannot_answer_a_refund_with_a_capture() -> None:
    assert rules.fits("authorise", Captured())
    assert rules.fits("capture", Captured())
    assert not rules.fits("refund", Captured())
    assert not rules.fits("capture", RequiresAction(url="u"))
    assert rules.fits("void", Unknown(reason="x"))


def test_H7_a_capture_takes_at_most_what_is_left() -> None:
    left = payment(authorised=1000, captured=100, voided=50, capture_pending=50, void_pending=0)
    assert rules.capture_parts(left, None, final=False) == (eur(800), eur(0))
    assert rules.capture_parts(left, eur(300), final=True) == (eur(300), eur(500))
    with pytest.raises(NotCapturable):
        rules.capture_parts(left, eur(801), final=False)
    for bad in (eur(0), eur(-1), Money(10, "USD")):
        with pytest.raises(AmountInvalid):
            rules.capture_parts(left, bad, final=False)


def test_H10_a_refund_gives_at_most_what_was_taken_and_is_not_on_its_way_back() -> None:
    taken = payment(authorised=1000, captured=900, refunded=200, refund_pending=300)
    assert rules.refund_amount(taken, None) == eur(400)
    with pytest.raises(NotRefundable):
        rules.refund_amount(taken, eur(401))
    for bad in (eur(0), Money(10, "USD")):
        with pytest.raises(AmountInvalid):
            rules.refund_amount(taken, bad)


def test_pauses_grow_and_end_with_a_decision() -> None:
    pauses = [rules.next_check(Unknown(reason="x"), n, NOW) for n in range(20)]
    assert pauses == sorted(pauses)  # type: ignore[type-var]
    assert pauses[-1] == NOW + timedelta(hours=1)
    assert rules.next_check(Declined(code="x"), 0, NOW) is None
    assert rules.next_check(None, 0, NOW) == NOW + timedelta(seconds=60)


def test_a_call_believed_lost_is_asked_about_again_for_a_week() -> None:
    absent = Failed(code="absent")
    assert rules.next_check(absent, 0, NOW) == NOW + timedelta(minutes=1)
    assert not rules.certain(absent, timedelta(days=6))
    assert rules.certain(absent, timedelta(days=7))
    assert rules.certain(Failed(code="abandoned"), timedelta(0))
    assert rules.certain(Declined(code="x"), timedelta(0))
    for silent in (Unknown(reason="x"), Pending(), RequiresAction(url="x")):
        assert not rules.certain(silent, timedelta(days=30))


@pytest.mark.parametrize("code", sorted(rules.DECLINE_CODES))
def test_29_shoppers_are_not_told_what_banks_suspect(code: str) -> None:
    reason = shopper_reason(Declined(code=code))
    assert reason in {
        "authentication_failed",
        "check_details",
        "try_again_later",
        "use_another_method",
    }
    if code in {"stolen_card", "lost_card", "fraud", "insufficient_funds", "do_not_honour"}:
        assert reason == "use_another_method"


def test_instruments_are_a_few_short_texts() -> None:
    rules.check_instrument({"token": "t" * 500})
    for bad in ({str(n): "x" for n in range(11)}, {"token": "t" * 501}, {"n" * 501: "x"}):
        with pytest.raises(InstrumentInvalid):
            rules.check_instrument(bad)
