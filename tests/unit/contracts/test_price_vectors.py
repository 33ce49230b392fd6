"""The published vectors of costs, measures and contracts: DOMAIN.md C7, C9, C11, D7."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from argosy.modules.contracts import ContractLine, SetContract, Worked, work_out
from argosy.modules.pricing import Measure, unit_price
from argosy.modules.quote import Policy, compile_promotions, explain
from argosy.modules.quote import compute as computed
from tests.unit.quote.making import rates
from tests.unit.quote.promoting import asked, item, percent, rule

FOLDER = Path(__file__).parents[2] / "vectors"
VECTORS: dict[str, Any] = msgspec.json.decode((FOLDER / "prices.json").read_bytes())
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VARIANT = UUID(int=1)


@pytest.mark.parametrize("case", VECTORS["cost_floor"])
def test_D7_floors_over_cost_as_published(case: dict[str, Any]) -> None:
    promotion = rule(
        "p", percent(case["percent"]), floor={"margin_percent": case["margin_percent"]}
    )
    request = asked(
        item("x", 1, case["price"], cost_minor=case["cost"], taxed=rates(case["rate"])),
        policy=Policy(currency="EUR", tax_inclusive=case["tax_inclusive"]),
    )
    compiled = compile_promotions([promotion], currency="EUR")
    quote = computed(request, compiled)
    paid = quote.lines[0].subtotal.minor - quote.lines[0].discount.minor
    assert paid == case["expected"]["paid"]
    (verdict,) = explain(request, compiled).verdicts
    told = [*verdict.cut, *(one.code for one in verdict.missing)]
    assert told == ([case["expected"]["cut"]] if case["expected"]["cut"] else [])


@pytest.mark.parametrize("case", VECTORS["base_price"])
def test_C7_base_prices_as_published(case: dict[str, Any]) -> None:
    measure = Measure(
        variant_id=VARIANT,
        content=Decimal(case["content"]),
        unit=case["unit"],
        drained=None if case["drained"] is None else Decimal(case["drained"]),
        base_quantity=Decimal(case["base_quantity"]),
        base_unit=case["base_unit"],
    )
    assert unit_price(case["paid"], measure, units=case["units"]) == case["expected"]


@pytest.mark.parametrize("case", VECTORS["contract"])
def test_C11_clauses_of_contracts_as_published(case: dict[str, Any]) -> None:
    def number(name: str) -> Decimal | None:
        return None if case[name] is None else Decimal(case[name])

    terms = SetContract(
        code="c",
        name="c",
        channel_id=VARIANT,
        customers=(VARIANT,),
        lines=(ContractLine(subject_kind="all", kind=case["kind"], percent=number("percent")),),
        floor_margin_percent=number("floor_margin_percent"),
        max_step_percent=number("max_step_percent"),
    )
    before = None
    if case["before"] is not None:
        before = Worked(
            variant_id=VARIANT,
            amount_minor=case["before"]["amount"],
            line=0,
            cuts=(),
            anchor_minor=case["before"]["anchor"],
            anchored_at=NOON - timedelta(hours=case["before"]["hours"]),
        )
    found = work_out(terms, 0, VARIANT, case["listed"], case["cost"], before, at=NOON)
    assert found.amount_minor == case["expected"]["amount"]
    assert list(found.cuts) == case["expected"]["cuts"]
