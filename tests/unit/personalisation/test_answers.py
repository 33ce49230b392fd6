"""What may be asked, which answers are good, and what they come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.personal import Asked, Input, InputChoice, InputPrice
from argosy.modules.personalisation import (
    Answered,
    PersonalisationInvalid,
    Unanswered,
    answers_of,
    check_inputs,
    offered_in,
)
from argosy.modules.personalisation.rules import asked_next

ENGRAVING = Input(
    code="engraving",
    label="Engraving",
    longest=8,
    characters="latin",
    price=InputPrice(amount={"EUR": 50}, per="character", free=3),
)
FONT = Input(
    code="font",
    label="Font",
    kind="choice",
    required=True,
    choices=(
        InputChoice(code="serif", label="With serifs"),
        InputChoice(code="script", label="Handwriting", amount={"EUR": 300}),
    ),
    price=InputPrice(amount={"EUR": 100, "JPY": 100}),
)
SIZE = Input(code="size", label="Size", kind="number", least=10, most=20, decimals=1)
ASKED = Asked(inputs=(ENGRAVING, FONT, SIZE), former=("colour",))


def said(currency: str = "EUR", **configuration: str) -> tuple[Answered, ...] | Unanswered:
    return answers_of(ASKED, configuration, currency)


def test_answers_add_what_they_cost_to_a_unit() -> None:
    found = said(engraving=" Anna B ", font="script", size="12.5", gift_wrap="yes")
    # "Anna B" has six characters, of which three are free.
    assert found == (
        Answered("engraving", "Engraving", "", 150),
        Answered("font", "Font", "Handwriting", 400),
        Answered("size", "Size", "", 0),
    )
    assert said(font="serif") == (Answered("font", "Font", "With serifs", 100),)
    # A letter with its accent is one character, however it was typed.
    assert said(font="serif", engraving="Ane\u0301") == (
        Answered("engraving", "Engraving", "", 0),
        Answered("font", "Font", "With serifs", 100),
    )


@pytest.mark.parametrize(
    ("problem", "code", "configuration"),
    [
        ("answer_missing", "font", {"font": "  "}),
        ("answer_invalid", "font", {"font": "gothic"}),
        ("answer_invalid", "engraving", {"engraving": "Annabella", "font": "serif"}),
        ("answer_invalid", "engraving", {"engraving": "Анна", "font": "serif"}),
        ("answer_invalid", "engraving", {"engraving": "A\u200b", "font": "serif"}),
        ("answer_invalid", "size", {"size": "9", "font": "serif"}),
        ("answer_invalid", "size", {"size": "20.1", "font": "serif"}),
        ("answer_invalid", "size", {"size": "12.55", "font": "serif"}),
        ("answer_invalid", "size", {"size": "1e1", "font": "serif"}),
        ("answer_invalid", "size", {"size": "NaN", "font": "serif"}),
        ("answer_unknown", "colour", {"colour": "red", "font": "serif"}),
    ],
)
def test_what_cannot_be_taken_names_its_input(
    problem: str, code: str, configuration: dict[str, str]
) -> None:
    found = said(**configuration)
    assert isinstance(found, Unanswered)
    assert (found.problem, found.code) == (problem, code)


def test_C9_what_costs_something_elsewhere_is_not_for_nothing_here() -> None:
    in_yen = said("JPY", font="script")
    assert isinstance(in_yen, Unanswered)
    assert (in_yen.problem, in_yen.code) == ("answer_unpriced", "font")
    assert said("JPY", font="serif") == (Answered("font", "Font", "With serifs", 100),)
    shown = {one.code: [each.code for each in one.choices] for one in offered_in(ASKED, "JPY")}
    assert shown == {"font": ["serif"], "size": []}
    assert offered_in(ASKED, "EUR") == ASKED.inputs


def test_codes_that_were_asked_stay_known_until_they_are_asked_again() -> None:
    later = asked_next(ASKED, [SIZE])
    assert later.former == ("colour", "engraving", "font")
    assert asked_next(later, [FONT]).former == ("colour", "engraving", "size")


@pytest.mark.parametrize(
    ("field", "one"),
    [
        ("code", Input(code="Font", label="x")),
        ("label", Input(code="x", label=" ")),
        ("choices", Input(code="x", label="x", kind="choice")),
        ("choices", Input(code="x", label="x", choices=FONT.choices)),
        ("longest", Input(code="x", label="x", longest=501)),
        ("most", Input(code="x", label="x", least=2, most=1)),
        ("decimals", Input(code="x", label="x", decimals=5)),
        ("price.amount", Input(code="x", label="x", price=InputPrice(amount={"EUR": -1}))),
        ("price.amount", Input(code="x", label="x", price=InputPrice(amount={}))),
        ("price.free", Input(code="x", label="x", price=InputPrice(amount={"EUR": 1}, free=2))),
        (
            "price.per",
            Input(
                code="x", label="x", kind="number",
                price=InputPrice(amount={"EUR": 1}, per="character"),
            ),
        ),
    ],
)  # fmt: skip
def test_inputs_that_make_no_sense_are_refused(field: str, one: Input) -> None:
    check_inputs(ASKED.inputs)
    with pytest.raises(PersonalisationInvalid) as refused:
        check_inputs([FONT, one])
    assert refused.value.field == f"inputs[1].{field}"
    with pytest.raises(PersonalisationInvalid):
        check_inputs([FONT, FONT])


@given(st.text(max_size=12))
def test_every_text_is_taken_or_told(text: str) -> None:
    found = said(font="serif", engraving=text)
    if isinstance(found, Unanswered):
        assert found.code == "engraving"
    else:
        assert all(one.unit_minor <= 5 * 50 + 400 for one in found)
