"""What people write is kept as plain, readable, bounded text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.ids import new_id
from argosy.modules.reviews import ReviewInvalid, WriteReview
from argosy.modules.reviews.rules import checked_wish


def a_wish(**given: object) -> WriteReview:
    values = {"author": "Ann", "title": "Good", "body": "It is good.", "rating": 4} | given
    return WriteReview(customer_id=new_id(), product_id=new_id(), **values)  # type: ignore[arg-type]


def test_spaces_are_tidied_and_paragraphs_kept() -> None:
    made = checked_wish(
        a_wish(author="  Ann \t Lee ", title=" a  b ", body=" one \r\n\r\n\n\n two  ")
    )
    assert (made.author, made.title, made.body) == ("Ann Lee", "a b", "one\n\ntwo")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", "<script>alert(1)</script>"),
        ("body", "see <a href='x'>"),
        ("title", "</p>"),
        ("author", "<!-- -->"),
        ("body", "bell \x07"),
        ("body", " \n "),
        ("author", "  "),
        ("body", "x" * 5001),
        ("title", "x" * 201),
        ("author", "x" * 81),
        ("rating", 0),
        ("rating", 6),
        ("locale", "not a locale"),
    ],
)
def test_Q13_what_is_not_plain_or_too_long_is_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(ReviewInvalid) as refused:
        checked_wish(a_wish(**{field: value}))
    assert refused.value.field == field


@pytest.mark.parametrize("text", ["I <3 it", "5 < 6 and 7 > 2", "Größe 😀 passt"])
def test_ordinary_writing_is_no_markup(text: str) -> None:
    assert checked_wish(a_wish(body=text, title=text)).body == text


@given(st.text(max_size=300))
def test_a_checked_text_stays_as_it_is(text: str) -> None:
    try:
        once = checked_wish(a_wish(body=text))
    except ReviewInvalid:
        return
    assert checked_wish(once) == once
