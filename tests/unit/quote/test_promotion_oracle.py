"""The engine against the oracle, on random small carts: to the cent, to the line, to the choice."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given, settings

from argosy.modules.quote import Promotion, compile_promotions, compute
from tests.examples import examples
from tests.unit.quote import oracle
from tests.unit.quote.random_promotions import Doc, carts, request_of, rule_lists
from tests.unit.quote.seeded_promotions import cart_of_seed, rules_of_seed

CARTS_AT_ONCE = 1000


@given(carts(), rule_lists())
@settings(max_examples=examples(40))
def test_D3_engine_and_oracle_agree(cart: Doc, documents: list[Doc]) -> None:
    assert answer_of(cart, documents) == oracle.best(cart, documents)


@pytest.mark.parametrize("first", range(0, examples(3) * CARTS_AT_ONCE, CARTS_AT_ONCE))
def test_D3_engine_and_oracle_agree_on_thousands_of_carts(first: int) -> None:
    for seed in range(first, first + CARTS_AT_ONCE):
        rng = Random(seed)
        cart, documents = cart_of_seed(rng), rules_of_seed(rng)
        assert answer_of(cart, documents) == oracle.best(cart, documents), f"seed {seed}"


@pytest.mark.parametrize("seed", [1178, 6784, 12682, 14947, 17669, 22175, 22992, 41462])
def test_carts_on_which_they_once_were_a_cent_apart(seed: int) -> None:
    # Sets of equal units laid out as one; caps of nothing that used units up (of the oracle).
    rng = Random(seed)
    cart, documents = cart_of_seed(rng), rules_of_seed(rng)
    assert answer_of(cart, documents) == oracle.best(cart, documents)


def answer_of(cart: Doc, documents: list[Doc]) -> oracle.Answer:
    rules = [msgspec.convert(document, Promotion) for document in documents]
    found = compute(request_of(cart), compile_promotions(rules, currency="EUR"))
    assert found.shipping is not None
    return oracle.Answer(
        found.discount_total.minor + found.shipping.discount.minor,
        tuple(one.promotion for one in found.promotions if one.outcome == "applied"),
        {line.key: line.discount.minor for line in found.lines},
        found.shipping.discount.minor,
    )
