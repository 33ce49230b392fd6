"""Sets at a price, unit by unit: neighbours make a set, so a line of one set costs its price."""

from __future__ import annotations

from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.modules.quote import paid_for
from tests.examples import examples
from tests.unit.quote.promoting import item, quoted, rule, tagged


def sets_of(size: int, price: int) -> dict[str, object]:
    return {"type": "set_price", "parts": [{"quantity": size}], "price": {"EUR": price}}


def test_D5_lines_of_one_set_each_cost_the_price_of_a_set() -> None:
    # 2 for 3.33: the odd cent is in each set, not in the first line of two.
    one = msgspec.structs.replace(item("x1", 2, 200, facts=tagged("x")), variant_id=UUID(int=1))
    lines = [one, msgspec.structs.replace(one, key="x2")]
    found = quoted([rule("a", sets_of(2, 333))], *lines)
    assert [line.total.minor for line in found.lines] == [333, 333]


@given(st.integers(2, 5), st.integers(1, 12), st.integers(1, 500), st.integers(0, 2000))
@settings(max_examples=examples(100))
def test_every_set_of_neighbouring_units_costs_its_price(
    size: int, sets: int, unit: int, price: int
) -> None:
    (line,) = quoted([rule("a", sets_of(size, price))], item("x", size * sets, unit)).lines
    wanted = min(price, size * unit)
    for n in range(sets):
        assert paid_for(line, n * size, (n + 1) * size).total_minor == wanted


def test_a_thousand_sets_and_more_do_not_make_a_thousand_runs() -> None:
    (line,) = quoted([rule("a", sets_of(3, 1000))], item("x", 30_003, 400)).lines
    assert line.total.minor == 10_001 * 1000
    assert len(line.units) < 10
