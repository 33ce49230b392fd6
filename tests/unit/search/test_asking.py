"""What is kept of a query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.search import words_kept


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("  Trail   SHOES ", "trail shoes"),
        ("iPhone 15", "iphone 15"),
        ("Größe 42", "grösse 42"),
        ("model 12345", "model 12345"),
        ("ann@example.com", ""),
        ("ann @ example", ""),
        ("+49 (30) 123-456", ""),
        ("4111 1111 1111 1111", ""),
        ("order 123456", ""),
        ("01/02/1980", ""),
        ("https://example.com/x", ""),
        ("www.example.com", ""),
        ("x" * 81, ""),
        ("a b c d e f g h i", ""),
        ("a\x00b", ""),
        ("   ", ""),
    ],
)
def test_nothing_is_kept_by_which_somebody_might_be_told(query: str, kept: str) -> None:
    assert words_kept(query) == kept


@given(st.text(max_size=60))
def test_what_is_kept_is_kept_again_and_tells_no_long_number(query: str) -> None:
    kept = words_kept(query)
    assert words_kept(kept) == kept
    assert "@" not in kept
    digits = "".join(c if c.isdigit() else " " for c in kept)
    assert all(len(run) < 6 for run in digits.split())
