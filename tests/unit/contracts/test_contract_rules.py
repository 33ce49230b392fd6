"""What a contract makes of a price: formulas, floor and step (C11)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.contracts import (
    ContractInvalid,
    ContractLine,
    SetContract,
    Worked,
    check_contract,
    line_for,
    work_out,
)

PRODUCT, VARIANT, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALL = ContractLine(subject_kind="all", kind="off_list", percent=Decimal(10))


def terms(*lines: ContractLine, **more: Any) -> SetContract:
    return SetContract(
        code="acme",
        name="Acme",
        channel_id=UUID(int=9),
        customers=(UUID(int=8),),
        lines=lines or (ALL,),
        **more,
    )


def fixed(minor: int, subject: UUID = VARIANT) -> ContractLine:
    kind = "variant" if subject == VARIANT else "product"
    return ContractLine(subject_kind=kind, subject_id=subject, kind="fixed", amount_minor=minor)


def over(percent: str) -> ContractLine:
    return ContractLine(subject_kind="all", kind="over_cost", percent=Decimal(percent))


def made(
    given: SetContract,
    listed: int | None = 1000,
    cost: int | None = 600,
    before: Worked | None = None,
    at: datetime = NOON,
) -> Worked:
    return work_out(given, 0, VARIANT, listed, cost, before, at=at)


def test_the_narrowest_clause_counts() -> None:
    lines = (ALL, fixed(5, PRODUCT), fixed(7))
    assert line_for(lines, product_id=PRODUCT, variant_id=VARIANT) == 2
    assert line_for(lines, product_id=PRODUCT, variant_id=OTHER) == 1
    assert line_for(lines, product_id=OTHER, variant_id=OTHER) == 0
    assert line_for(lines[1:], product_id=OTHER, variant_id=OTHER) is None


def test_C11_formulas_are_rounded_once() -> None:
    assert made(terms(), listed=1050).amount_minor == 945
    # 15 % of 10.50 is 1.575: 8.925 is 8.93.
    line = ContractLine(subject_kind="all", kind="off_list", percent=Decimal(15))
    assert made(terms(line), listed=1050).amount_minor == 893
    assert made(terms(over("12.5")), cost=333).amount_minor == 375
    assert made(terms(fixed(123)), listed=None, cost=None).amount_minor == 123


def test_C11_no_formula_goes_below_cost_and_margin() -> None:
    floored = made(terms(floor_margin_percent=Decimal(40)), listed=1000, cost=600)
    # 6.00 is at most 60 % of 10.00.
    assert (floored.amount_minor, floored.cuts) == (1000, ("floor",))
    unknown = made(terms(floor_margin_percent=Decimal(40)), cost=None)
    assert (unknown.amount_minor, unknown.cuts) == (None, ("cost_unknown",))
    agreed = made(terms(fixed(1), floor_margin_percent=Decimal(40)))
    assert (agreed.amount_minor, agreed.cuts) == (1, ())


def test_C9_without_a_list_price_there_is_no_contract_price() -> None:
    found = made(terms(), listed=None)
    assert (found.amount_minor, found.cuts) == (None, ("no_list_price",))
    assert made(terms(over("10")), listed=None).amount_minor == 660


def test_C11_a_price_moves_by_its_largest_step_a_day() -> None:
    stepped = terms(max_step_percent=Decimal(5))
    first = made(stepped)
    assert (first.amount_minor, first.cuts) == (900, ())
    halved = made(stepped, listed=500, before=first, at=NOON + timedelta(hours=1))
    assert (halved.amount_minor, halved.cuts) == (855, ("step",))
    # Refreshing again the same day moves it no further.
    again = made(stepped, listed=500, before=halved, at=NOON + timedelta(hours=23))
    assert again.amount_minor == 855
    next_day = made(stepped, listed=500, before=again, at=NOON + timedelta(hours=24))
    # 5 % of 8.55 is 0.4275: no further than 8.13.
    assert next_day.amount_minor == 813
    back = made(stepped, listed=1000, before=again, at=NOON + timedelta(hours=20))
    assert (back.amount_minor, back.cuts) == (900, ())


@given(
    listed=st.lists(st.integers(0, 10**6), min_size=2, max_size=8),
    cost=st.integers(0, 10**6),
    step=st.integers(0, 100),
    margin=st.integers(0, 99),
)
def test_C11_floor_and_step_hold_whatever_happens(
    listed: list[int], cost: int, step: int, margin: int
) -> None:
    wish = terms(max_step_percent=Decimal(step), floor_margin_percent=Decimal(margin))
    before, at = None, NOON
    for number in listed:
        found = made(wish, listed=number, cost=cost, before=before, at=at)
        assert found.amount_minor is not None
        assert found.amount_minor * (100 - margin) >= cost * 100
        if before is not None and before.amount_minor and "floor" not in found.cuts:
            anchor = found.anchor_minor or 0
            assert abs(found.amount_minor - anchor) * 100 <= anchor * step
        before, at = found, at + timedelta(hours=7)


@pytest.mark.parametrize(
    ("field", "wish"),
    [
        ("code", {"code": "Bad"}),
        ("customer_ids", {"customers": ()}),
        ("customer_ids", {"customers": (PRODUCT, PRODUCT)}),
        ("floor_margin_percent", {"floor_margin_percent": Decimal(100)}),
        ("floor_margin_percent", {"floor_margin_percent": Decimal("NaN")}),
        ("max_step_percent", {"max_step_percent": Decimal(-1)}),
        ("valid_until", {"valid_from": NOON, "valid_until": NOON}),
        ("lines", {"lines": ()}),
        ("lines.1.subject", {"lines": (ALL, ALL)}),
        (
            "lines.0.kind",
            {"lines": (ContractLine(subject_kind="all", kind="fixed", amount_minor=1),)},
        ),
        ("lines.0.amount_minor", {"lines": (ContractLine(subject_kind="all", kind="fixed"),)}),
        ("lines.0.percent", {"lines": (ContractLine(subject_kind="all", kind="off_list"),)}),
        (
            "lines.0.percent",
            {"lines": (ContractLine(subject_kind="all", kind="off_list", percent=Decimal(101)),)},
        ),
    ],
)  # fmt: skip
def test_impossible_contracts_are_refused(field: str, wish: dict[str, Any]) -> None:
    check_contract(terms())
    with pytest.raises(ContractInvalid) as refused:
        check_contract(msgspec.structs.replace(terms(), **wish))
    assert refused.value.field == field
