"""The published vectors: carts, promotions and answers, for anybody to run on their engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from argosy.modules.quote import Promotion, compile_promotions, compute
from tests.unit.quote import oracle
from tests.unit.quote.random_promotions import request_of

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "promotions.json").read_text("utf-8")
)["cases"]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_D3_vectors_of_promotions(case: dict[str, Any]) -> None:
    rules = [msgspec.convert(document, Promotion) for document in case["promotions"]]
    found = compute(request_of(case["cart"]), compile_promotions(rules, currency="EUR"))
    assert found.shipping is not None
    assert case["expected"] == {
        "taken": found.discount_total.minor + found.shipping.discount.minor,
        "applied": [one.promotion for one in found.promotions if one.outcome == "applied"],
        "lines": {line.key: line.discount.minor for line in found.lines},
        "shipping": found.shipping.discount.minor,
    }


def test_the_oracle_still_says_so() -> None:
    for case in CASES[::10]:
        assert oracle.best(case["cart"], case["promotions"])[0] == case["expected"]["taken"]
