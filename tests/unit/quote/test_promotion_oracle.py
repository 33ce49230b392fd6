"""The engine against the oracle, on random small carts: to the cent, to the line, to the choice."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings

from argosy.modules.quote import Promotion, compile_promotions, compute
from tests.unit.quote import oracle
from tests.unit.quote.random_promotions import Doc, carts, request_of, rule_lists


@given(carts(), rule_lists())
@settings(max_examples=1000, deadline=None)
def test_D3_engine_and_oracle_agree(cart: Doc, documents: list[Doc]) -> None:
    wanted = oracle.best(cart, documents)
    rules = [msgspec.convert(document, Promotion) for document in documents]
    found = compute(request_of(cart), compile_promotions(rules, currency="EUR"))
    assert found.shipping is not None
    answer = oracle.Answer(
        found.discount_total.minor + found.shipping.discount.minor,
        tuple(one.promotion for one in found.promotions if one.outcome == "applied"),
        {line.key: line.discount.minor for line in found.lines},
        found.shipping.discount.minor,
    )
    assert answer == wanted
