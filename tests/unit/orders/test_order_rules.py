"""What an order's facts mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from argosy.kernel.ids import new_id
from argosy.modules import orders
from argosy.modules.orders import rules
from argosy.modules.orders.types import Hold, MoneyFacts, Order

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_order(**changes: Any) -> Order:
    fields: dict[str, Any] = dict.fromkeys(Order.__struct_fields__)
    fields |= {
        "id": new_id(),
        "channel_id": new_id(),
        "email": "ann@example.com",
        "currency": "EUR",
        "stage": "confirmed",
        "units": 2,
        "units_to_ship": 2,
        "units_fulfilled": 0,
        "units_returned": 0,
        "holds": (),
        "version": 3,
    }
    return Order(**(fields | changes))


@pytest.mark.parametrize(
    ("facts", "total", "failed", "waiting", "status"),
    [
        ((0, 0, 0, 0), 0, False, None, "not_required"),
        ((0, 0, 0, 0), 100, False, "gateway", "pending"),
        ((0, 0, 0, 0), 100, False, "action", "action_required"),
        ((0, 0, 0, 0), 100, True, None, "failed"),
        ((100, 0, 0, 0), 100, False, None, "authorised"),
        ((100, 40, 0, 0), 100, False, None, "partially_paid"),
        ((100, 100, 0, 0), 100, False, None, "paid"),
        ((100, 100, 1, 0), 100, False, None, "partially_refunded"),
        ((100, 40, 40, 60), 100, False, None, "refunded"),
        ((100, 0, 0, 100), 100, False, None, "voided"),
    ],
)
def test_J1_the_payment_status_follows_from_the_sums(
    facts: tuple[int, int, int, int], total: int, failed: bool, waiting: Any, status: str
) -> None:
    sums = MoneyFacts(
        authorised_minor=facts[0],
        captured_minor=facts[1],
        refunded_minor=facts[2],
        voided_minor=facts[3],
    )
    assert rules.payment_status_of(sums, total, failed=failed, waiting_for=waiting) == status


def test_J1_an_illegal_action_names_the_legal_ones() -> None:
    with pytest.raises(orders.OrderActionIllegal) as caught:
        rules.check_legal(an_order(stage="pending_payment"), "fulfil")
    assert caught.value.details["legal_actions"] == ["cancel", "confirm", "fail", "note", "wait"]
    assert "cancel, confirm" in str(caught.value.cure)


def test_J4_what_was_shipped_cannot_be_cancelled_but_returned() -> None:
    shipped = an_order(units_fulfilled=1)
    assert "return" in rules.legal_actions(shipped)
    with pytest.raises(orders.OrderActionIllegal):
        rules.check_legal(shipped, "cancel")
    rules.check_legal(an_order(), "cancel")


def test_J6_a_hold_can_only_be_released_when_one_stands() -> None:
    assert "release_hold" not in rules.legal_actions(an_order())
    hold = Hold(id=new_id(), kind="manual", reason="check", placed_at=NOW)
    assert "release_hold" in rules.legal_actions(an_order(holds=(hold,)))


def test_J8_a_decision_on_another_version_is_refused_with_the_current_one() -> None:
    rules.check_version(an_order(), None)
    rules.check_version(an_order(), 3)
    with pytest.raises(orders.OrderChanged) as caught:
        rules.check_version(an_order(), 2)
    assert caught.value.details["current_version"] == 3


def test_the_guest_token_opens_its_order_only() -> None:
    one, two = new_id(), new_id()
    token = orders.order_token("secret", one)
    assert token == orders.order_token("secret", one), "a replay must answer with the same token"
    assert orders.is_order_token("secret", one, token)
    assert not orders.is_order_token("secret", two, token)
    assert not orders.is_order_token("other", one, token)
    assert not orders.is_order_token("secret", one, token[:-1])
    assert not orders.is_order_token("secret", one, "ü")
    assert len(token) == 32


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "a\0b"])
def test_a_note_says_something_and_not_too_much(text: str) -> None:
    with pytest.raises(orders.NoteInvalid):
        rules.checked_note(text)
