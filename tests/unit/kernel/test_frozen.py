"""What is frozen thaws to the same."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.frozen import freeze, thaw
from argosy.kernel.money import Money

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_VALUES)
def test_a_document_thaws_to_the_same_values(document: Any) -> None:
    assert thaw(freeze(document)) == document


def test_structs_freeze_as_their_json() -> None:
    money = Money(1490, "EUR")
    assert msgspec.convert(thaw(freeze(money)), Money) == money
