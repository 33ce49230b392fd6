"""Pure decisions about stock."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.inventory import Demand, QuantityInvalid, disposed, returned
from argosy.modules.inventory.rules import (
    arrived,
    availability_status,
    body_hash,
    dispatched,
    fold_demand,
)

A, B = sorted((uuid4(), uuid4()))


@given(st.lists(st.tuples(st.sampled_from([A, B]), st.integers(1, 99))), st.randoms())
def test_F2_folding_is_sorted_and_does_not_depend_on_line_order(lines, rng) -> None:
    demand = [Demand(variant_id=variant, quantity=quantity) for variant, quantity in lines]
    folded = fold_demand(demand)
    rng.shuffle(demand)
    assert fold_demand(demand) == folded
    assert folded[0] == sorted(set(folded[0]))
    assert sum(folded[1]) == sum(quantity for _, quantity in lines)


@given(st.lists(st.uuids(), min_size=2))
def test_F2_python_sorts_keys_as_postgresql_does(keys: list[UUID]) -> None:
    # PostgreSQL compares the 16 bytes; both must agree or locks would cross.
    assert sorted(keys) == sorted(keys, key=lambda key: key.bytes)


@pytest.mark.parametrize(
    ("sellable", "promisable", "word"),
    [(6, 6, "available"), (5, 5, "low"), (1, 1, "low"), (0, 3, "backorder"), (-2, 0, "out")],
)
def test_18_the_word_for_shoppers(sellable: int, promisable: int, word: str) -> None:
    assert availability_status(sellable, promisable, 5) == word


@given(st.integers(1, 1000))
def test_F10_a_return_changes_nothing_sellable(quantity: int) -> None:
    back = returned(A, B, quantity)
    assert back.on_hand - back.quarantine == 0
    fine, broken = (disposed(A, B, quantity, sellable=good) for good in (True, False))
    assert fine.on_hand - fine.quarantine == quantity
    assert broken.on_hand - broken.quarantine == 0
    assert broken.on_hand == -back.on_hand


@given(st.integers(1, 1000), st.data())
def test_F11_both_legs_of_a_transfer_conserve(quantity: int, data) -> None:
    lost = data.draw(st.integers(0, quantity))
    legs = [*dispatched(A, A, B, quantity), arrived(A, B, received=quantity - lost, lost=lost)]
    assert sum(leg.on_hand for leg in legs) == -lost
    assert sum(leg.incoming for leg in legs) == 0


def test_quantities_out_of_range_are_refused() -> None:
    for quantity in (0, -3):
        with pytest.raises(QuantityInvalid):
            returned(A, B, quantity)


def test_equal_contents_have_equal_hashes() -> None:
    assert body_hash({"a": 1, "b": [A]}) == body_hash({"b": [A], "a": 1})
    assert body_hash([1]) != body_hash([2])
