"""Values of options stand in a facet as on a rail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.projections.rules.sizes import size_position


def _sorted(*labels: str) -> list[str]:
    return sorted(labels, key=lambda label: (size_position(label, 0), label))


def test_scales_of_several_products_are_not_mixed() -> None:
    assert _sorted("M", "34", "XS", "33", "S", "XL", "36", "L", "28") == [
        *("XS", "S", "M", "L", "XL"),
        *("28", "33", "34", "36"),
    ]


@pytest.mark.parametrize(
    "rail",
    [
        ("2XS", "XS", "XS/S", "S", "Medium", "Large", "XL", "XXL", "3XL"),
        ("One Size", "XS", "30/32", "31", "Tall"),
        ("38", "38 1/2", "38.75", "39", "39,5", "40"),
        ("8 GB", "64 GB", "512 GB"),
        ("XL", "9", "10", "Blue"),
    ],
)
def test_a_rail(rail: tuple[str, ...]) -> None:
    assert _sorted(*reversed(rail)) == list(rail)


def test_texts_keep_the_order_of_the_product() -> None:
    places = [size_position(label, n) for n, label in enumerate(("Short", "Regular", "Long"))]
    assert places == sorted(places)
    assert len(set(places)) == 3


@given(st.text(max_size=40), st.integers(min_value=-5, max_value=2**31 - 1))
def test_every_position_can_be_stored(label: str, position: int) -> None:
    found = size_position(label, position)
    assert 0 <= found < 2**31
    assert found == size_position(f" {label.upper().lower()} ", position) or not label.isascii()
