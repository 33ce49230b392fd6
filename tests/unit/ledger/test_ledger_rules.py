"""The chart of accounts, and what makes a posting fit to be booked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.money import Money
from argosy.modules.ledger import (
    ACCOUNTS,
    AccountUnknown,
    Booked,
    Entry,
    Posting,
    PostingUnbalanced,
    check_account,
    psp_clearing,
    rules,
    tax_payable,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def posting(*entries: tuple[str, int] | tuple[str, int, str]) -> Posting:
    legs = tuple(
        Entry(entry[0], Money(entry[1], entry[2] if len(entry) == 3 else "EUR"))
        for entry in entries
    )
    return Posting(source="test:1", kind="test", entries=legs, effective_at=NOW)


def test_I5_the_chart_has_the_accounts_the_domain_asks_for() -> None:
    assert {
        "customer_receivable", "psp_clearing", "bank", "revenue", "tax_payable", "sales_discounts",
        "refunds_payable", "stored_value", "seller_payable", "commission", "psp_fees", "fx",
        "write_off",
    } <= set(ACCOUNTS)  # fmt: skip


@pytest.mark.parametrize("account", [psp_clearing("sandbox"), tax_payable("US-CA"), "fx"])
def test_known_accounts_pass(account: str) -> None:
    check_account(account)


@pytest.mark.parametrize(
    "account", ["", "cash", "psp_clearing", "psp_clearing:", "fx:EUR", "revenue:a b", "Revenue:x"]
)
def test_unknown_or_malformed_accounts_are_refused(account: str) -> None:
    with pytest.raises(AccountUnknown):
        check_account(account)


@given(st.text(max_size=100))
def test_any_regime_makes_a_valid_tax_account(regime: str) -> None:
    check_account(tax_payable(regime))


def test_I1_each_currency_balances_by_itself() -> None:
    with pytest.raises(PostingUnbalanced) as refused:
        rules.settled_entries(posting(("fx", 100, "EUR"), ("write_off", -100, "USD")))
    assert refused.value.details["off_by"] == {"EUR": 100, "USD": -100}


def test_entries_on_one_account_are_added_up_and_zeros_dropped() -> None:
    assert rules.settled_entries(
        posting(("fx", 70), ("write_off", -100), ("fx", 30), ("rounding", 0))
    ) == (Entry("fx", Money(100, "EUR")), Entry("write_off", Money(-100, "EUR")))


@pytest.mark.parametrize(
    "entries", [(), (("fx", 0),), (("fx", 5), ("fx", -5)), (("fx", 5), ("write_off", -4))]
)
def test_nothing_or_something_unbalanced_cannot_be_booked(entries: tuple) -> None:
    with pytest.raises(PostingUnbalanced):
        rules.settled_entries(posting(*entries))


def test_I2_a_reversal_mirrors_and_names_what_it_takes_back() -> None:
    original = posting(("fx", 5), ("write_off", -5))
    booked = Booked(
        id=None,  # type: ignore[arg-type]
        source="test:1",
        kind="test",
        order_id=None,
        effective_at=NOW,
        posted_at=NOW,
        reverses=None,
        memo=None,
        entries=original.entries,
    )
    back = rules.reversal_of(booked, "test:1:undone", "undone", original)
    assert [entry.amount.minor for entry in back.entries] == [-5, 5]
    assert (back.source, back.reverses) == ("test:1:undone", "test:1")
