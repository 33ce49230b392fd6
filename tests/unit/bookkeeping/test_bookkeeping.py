"""Postings of business facts: they balance, follow the quote to the cent, and close to zero."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules.ledger import Booked, Posting, rules
from argosy.modules.quote import QuoteRequest, compute
from argosy.workflows import bookkeeping
from argosy.workflows.bookkeeping import OrderParts, balance_of, parts_of
from tests.unit.quote.making import requests

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ORDER = UUID(int=7)
CLEARING = "psp_clearing:sandbox"
PARTS = OrderParts(
    currency="EUR", goods=1000, shipping=100, discounts=50, taxes=(("DE", 200), ("DE.EAR", 7))
)


def book(posting: Posting) -> Booked:
    """The posting as the ledger would keep it (which also checks that it balances)."""
    return Booked(
        id=new_id(),
        source=posting.source,
        kind=posting.kind,
        order_id=posting.order_id,
        effective_at=posting.effective_at,
        posted_at=NOW,
        reverses=posting.reverses,
        memo=None,
        entries=rules.settled_entries(posting),
    )


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def capture(amount: int) -> Booked:
    return book(
        bookkeeping.captured(ORDER, new_id(), gateway="sandbox", amount=eur(amount), at=NOW)
    )


def refund(booked: Sequence[Booked], amount: int, operation: UUID | None = None) -> Booked:
    return book(
        bookkeeping.refunded(
            *(ORDER, operation or new_id()),
            gateway="sandbox",
            amount=eur(amount),
            booked=booked,
            at=NOW,
        )
    )


def balances(booked: Sequence[Booked]) -> dict[str, int]:
    accounts = {entry.account for one in booked for entry in one.entries}
    found = {account: balance_of(booked, account, "EUR") for account in accounts}
    return {account: minor for account, minor in found.items() if minor}


@given(requests())
def test_placing_follows_the_quote_to_the_cent(request: QuoteRequest) -> None:
    quote = compute(request)
    parts = parts_of(quote)
    assert parts.total == quote.total
    assert sum(minor for _, minor in parts.taxes) == quote.tax_total.minor
    assert min(parts.goods, parts.shipping, parts.discounts) >= 0
    if bookkeeping.is_bookable(parts):
        posted = book(bookkeeping.placed(ORDER, parts, NOW))
        owed = balance_of([posted], "customer_receivable", quote.currency)
        assert owed == quote.total.minor


@given(
    st.integers(0, 500),
    st.lists(st.integers(1, 400), min_size=1, max_size=12),
    st.lists(st.integers(0, 200), max_size=3),
)
def test_A17_refunds_in_any_steps_close_every_account(
    shipping: int, steps: list[int], taxes: list[int]
) -> None:
    parts = OrderParts(
        currency="EUR",
        goods=1000,
        shipping=shipping,
        discounts=70,
        taxes=tuple((f"R{n}", minor) for n, minor in enumerate(taxes)),
    )
    booked = [book(bookkeeping.placed(ORDER, parts, NOW)), capture(parts.total.minor)]
    left = parts.total.minor
    for step in [*steps, left]:
        amount = min(step, left)
        if amount == 0:
            break
        posted = refund(booked, amount)
        assert all(
            entry.amount.minor > 0
            for entry in posted.entries
            if entry.account != "psp_clearing:sandbox"
        )
        booked.append(posted)
        left -= amount
    if left == 0:
        found = balances(booked)
        sales = sum(minor for account, minor in found.items() if not account.startswith("tax"))
        assert sales == 0
        assert not any(account.startswith(("tax", "psp", "customer")) for account in found)


def test_a_partial_refund_is_pro_rata_of_sale_and_taxes() -> None:
    booked = [book(bookkeeping.placed(ORDER, PARTS, NOW)), capture(1257)]
    posted = refund(booked, 126)
    assert {entry.account: entry.amount.minor for entry in posted.entries} == {
        "sales_returns": 105,
        "tax_payable:DE": 20,
        "tax_payable:DE.EAR": 1,
        CLEARING: -126,
    }


def test_H12_a_refund_that_came_back_is_owed_and_paid_out_of_that() -> None:
    booked = [book(bookkeeping.placed(ORDER, PARTS, NOW)), capture(1257)]
    booked.append(refund(booked, 500))
    returned = bookkeeping.refund_came_back(
        ORDER, new_id(), gateway="sandbox", amount=eur(500), at=NOW
    )
    booked.append(book(returned))
    assert balances(booked)["refunds_payable"] == -500
    again = refund(booked, 600)
    moved = {entry.account: entry.amount.minor for entry in again.entries}
    assert moved["refunds_payable"] == 500
    assert moved[CLEARING] == -600
    assert (
        sum(minor for account, minor in moved.items() if account != "psp_clearing:sandbox") == 600
    )


def test_I2_cancelling_an_unpaid_order_mirrors_it_and_links_to_it() -> None:
    first = book(bookkeeping.placed(ORDER, PARTS, NOW))
    posting = bookkeeping.cancelled(ORDER, [first], NOW)
    assert posting is not None
    assert posting.reverses == first.source
    assert balances([first, book(posting)]) == {}


def test_cancelling_a_paid_order_makes_the_money_owed_and_the_refund_settles_it() -> None:
    booked = [book(bookkeeping.placed(ORDER, PARTS, NOW)), capture(1257)]
    posting = bookkeeping.cancelled(ORDER, booked, NOW)
    assert posting is not None
    booked.append(book(posting))
    assert balances(booked) == {"customer_receivable": -1257, CLEARING: 1257}
    booked.append(refund(booked, 1257))
    assert balances(booked) == {}


def test_cancelling_after_a_partial_refund_takes_back_what_is_left() -> None:
    booked = [book(bookkeeping.placed(ORDER, PARTS, NOW)), capture(1257)]
    booked.append(refund(booked, 300))
    posting = bookkeeping.cancelled(ORDER, booked, NOW)
    assert posting is not None
    booked.append(book(posting))
    assert balances(booked)["customer_receivable"] == -957
    booked.append(refund(booked, 957))
    found = balances(booked)
    assert "customer_receivable" not in found
    assert CLEARING not in found
    assert not any(account.startswith("tax") for account in found)


@pytest.mark.parametrize("books", ["nothing", "cancelled already", "refunded wholly"])
def test_there_may_be_nothing_left_to_cancel(books: str) -> None:
    booked: list[Booked] = []
    if books == "cancelled already":
        booked = [book(bookkeeping.placed(ORDER, PARTS, NOW))]
        done = bookkeeping.cancelled(ORDER, booked, NOW)
        assert done is not None
        booked.append(book(done))
    elif books == "refunded wholly":
        booked = [book(bookkeeping.placed(ORDER, PARTS, NOW)), capture(1257)]
        booked.append(refund(booked, 1257))
    assert bookkeeping.cancelled(ORDER, booked, NOW) is None


def test_money_taken_for_an_order_that_never_was_is_owed_back() -> None:
    booked = [capture(500)]
    booked.append(refund(booked, 500))
    assert balances(booked) == {}


def test_the_same_fact_has_the_same_source() -> None:
    operation = new_id()
    one, two = (
        bookkeeping.captured(ORDER, operation, gateway="g", amount=eur(5), at=NOW) for _ in range(2)
    )
    assert one == two
    assert msgspec.json.encode(one) == msgspec.json.encode(two)
