"""How far a price may move within a day: DOMAIN.md C11."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.pricing import PriceList, SetPrice, StepTooLarge
from argosy.modules.pricing.rules import large_steps
from argosy.modules.pricing.types import SaidPrice

FILE = Path(__file__).parents[2] / "vectors" / "prices.json"
VECTORS: dict[str, Any] = msgspec.json.decode(FILE.read_bytes())
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHIRT, SHOES = UUID(int=1), UUID(int=2)


def a_list(limit: int | None) -> PriceList:
    return PriceList(
        id=UUID(int=9), code="eur", name="Euro", currency="EUR", version=1, max_step_per_day=limit
    )


def said(price: str, amount: int | None, hours: float, **more: Any) -> SaidPrice:
    """`price` said this so many hours from noon on."""
    given: dict[str, Any] = {"priority": 0, "valid_from": None, "valid_until": None}
    given |= {"variant_id": SHIRT, "min_quantity": 1} | more
    return SaidPrice(
        price_id=UUID(int=1000 + ord(price)),
        amount_minor=amount,
        said_at=NOON + hours * HOUR,
        **given,
    )


def wanted(amount: int, **more: Any) -> SetPrice:
    return SetPrice(variant_id=SHIRT, amount_minor=amount, **more)


def after(hours: float | None) -> datetime | None:
    return None if hours is None else NOON + hours * HOUR


@pytest.mark.parametrize("case", VECTORS["step"])
def test_C11_steps_within_a_day_as_published(case: dict[str, Any]) -> None:
    history = [
        said(
            one["price"],
            one["amount"],
            one["hours"],
            priority=one["priority"],
            valid_from=after(one["from"]),
            valid_until=after(one["until"]),
        )
        for one in case["said"]
    ]
    price = wanted(
        case["wanted"]["amount"],
        priority=case["wanted"]["priority"],
        valid_from=after(case["wanted"]["from"]),
        valid_until=after(case["wanted"]["until"]),
    )
    found = large_steps(a_list(case["limit"]), history, [price], NOON)
    assert [told(error) for error in found.values()] == (
        [] if case["expected"] is None else [case["expected"]]
    )


def told(error: StepTooLarge) -> dict[str, Any]:
    at = error.details["possible_at"]
    hours = None if at is None else (datetime.fromisoformat(str(at)) - NOON) / HOUR
    return {
        "reference": error.details["reference_minor"],
        "least": error.details["least_minor"],
        "most": error.details["most_minor"],
        "possible_in_hours": hours,
    }


def test_C11_the_problem_names_limit_reference_and_when_it_is_possible() -> None:
    history = [said("a", 1000, -48), said("a", 1100, -1)]
    (error,) = large_steps(a_list(1000), history, [wanted(1150)], NOON).values()
    assert error.field == "prices.0.amount_minor"
    assert error.message == (
        "11.50 EUR is more than 10 % away from 10.00 EUR, which held until 2026-11-21T11:00:00Z."
    )
    assert error.cure == (
        "Move by at most 10 % within 24 hours: 9.90 EUR to 11.00 EUR, or let this price begin at"
        " 2026-11-22T11:00:00Z or later."
    )


def test_C11_other_variants_and_quantities_are_other_offers() -> None:
    history = [said("a", 1000, -48), said("b", 5000, -48, variant_id=SHOES)]
    tier = wanted(500, min_quantity=10)
    assert large_steps(a_list(1000), history, [wanted(1050), tier], NOON) == {}
    assert list(large_steps(a_list(1000), history, [tier, wanted(500)], NOON)) == [1]


def test_C11_prices_of_one_request_are_judged_by_each_other() -> None:
    history = [said("a", 1000, -48)]
    ladder = [
        wanted(1210, priority=2, valid_from=after(20)),
        wanted(1100, priority=1, valid_from=after(10)),
    ]
    # 12.10 comes ten hours after 10.00 ended; 11.00 is no farther than it may be.
    assert list(large_steps(a_list(1000), history, ladder, NOON)) == [0]
    later = [wanted(1210, priority=2, valid_from=after(34)), ladder[1]]
    assert large_steps(a_list(1000), history, later, NOON) == {}


def test_C11_a_list_without_a_limit_lets_prices_move_at_will() -> None:
    assert large_steps(a_list(None), [said("a", 1, -1)], [wanted(10**9)], NOON) == {}


def test_C11_what_another_wrote_meanwhile_counts_though_its_clock_is_ahead() -> None:
    history = [said("a", 1000, -48), said("a", 1100, 0.001)]
    assert list(large_steps(a_list(1000), history, [wanted(900)], NOON)) == [0]


moves = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 150) | st.none()), min_size=1, max_size=12
)


@given(moves, st.sampled_from([500, 1000, 2500]))
def test_C11_no_two_prices_within_a_day_are_too_far_apart(
    given_moves: list[tuple[int, int | None]], limit: int
) -> None:
    """Whatever is tried, removals among it: compared pair by pair, in another way than the rule."""
    history: list[SaidPrice] = []
    hour = 0
    for pause, amount in given_moves:
        hour += pause
        now = NOON + hour * HOUR
        if amount is None:
            history.append(said("a", None, hour))
        elif not large_steps(a_list(limit), history, [wanted(amount)], now):
            history.append(said("a", amount, hour))
    ends = [one.said_at for one in history[1:]]
    for number, end in enumerate(ends):
        was = history[number]
        if end == was.said_at:
            continue  # It was never in force.
        for one in history[number + 1 :]:
            if (
                was.amount_minor is not None
                and one.amount_minor is not None
                and one.said_at - end < 24 * HOUR
            ):
                apart = abs(one.amount_minor - was.amount_minor)
                assert apart * 10_000 <= limit * was.amount_minor
