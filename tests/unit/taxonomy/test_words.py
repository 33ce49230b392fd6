"""What is looked for, of a name that people gave."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.taxonomy.rules import leaf_of, words_of


def test_words_come_in_both_numbers() -> None:
    assert words_of("Men's T-Shirts") == ["men", "mens", "s", "t", "shirts", "shirt"]
    assert words_of("dress") == ["dress", "dresss"]


@given(st.text(max_size=200))
def test_words_are_safe_to_ask_for(text: str) -> None:
    words = words_of(text)
    assert not any(set(word) & set("'\\&|!():*<> \t\n\x00") for word in words)
    assert len(words) == len(set(words)) <= 24


def test_the_name_itself_is_the_last() -> None:
    assert leaf_of("A > B & C > D") == "D"
    assert leaf_of("A") == "A"
