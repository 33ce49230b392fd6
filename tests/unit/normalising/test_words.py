"""What words mean: brands, colours and sizes, with how sure that is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules import normalising
from argosy.modules.normalising import Kind, Vocabulary

BRANDS = {"luma": "Luma", "ridge co": "Ridge & Co", "hewlett packard": "Hewlett-Packard"}


def known(locale: str = "en", **learned: str | None) -> Vocabulary:
    words: dict[tuple[str, str], str | None] = {
        tuple(key.split("_", 1)): value
        for key, value in learned.items()  # type: ignore[misc]
    }
    return Vocabulary(locale=locale, brands=BRANDS, learned=words)


def of(kind: Kind, raw: str, words: Vocabulary, *choices: str) -> Any:
    found = normalising.proposal(kind, raw, words, choices=choices)
    return found and (found.value, found.rule, found.confidence >= normalising.SURE)


@pytest.mark.parametrize(
    ("kind", "raw", "choices", "wanted"),
    [
        ("brand", "Luma", (), None),
        ("brand", " LUMA ", (), ("Luma", "exact", True)),
        ("brand", "hewlett packard", (), ("Hewlett-Packard", "exact", True)),
        ("brand", "Hewlet Packard", (), ("Hewlett-Packard", "similar", False)),
        ("brand", "Lumaa", (), ("Luma", "similar", False)),
        ("brand", "Sunrise", (), None),
        ("colour", "SCHWARZ", (), ("Black", "alias", True)),
        ("colour", "weiss", (), ("White", "alias", True)),
        ("colour", "Black", (), None),
        ("colour", "dunkelblau", (), ("Blue", "contains", False)),
        ("colour", "dark-blue", (), ("Blue", "contains", False)),
        ("colour", "Turqoise", (), ("Turquoise", "similar", False)),
        ("colour", "Ocean", (), None),
        ("colour", "rouge", ("Red", "Green"), ("Red", "alias", True)),
        ("colour", "gelb", ("Red", "Green"), None),
        ("colour", "RED", ("Red", "Green"), ("Red", "exact", True)),
        ("size", "x-large", (), ("XL", "alias", True)),
        ("size", "xl", (), ("XL", "alias", True)),
        ("size", "Medium", ("S", "M"), ("M", "alias", True)),
        ("size", "Large", ("S", "M"), None),
        ("size", "42", (), None),
    ],
)
def test_words(kind: Kind, raw: str, choices: tuple[str, ...], wanted: Any) -> None:
    assert of(kind, raw, known(), *choices) == wanted


def test_colours_are_told_in_the_language_of_the_shop() -> None:
    assert of("colour", "black", known("de")) == ("Schwarz", "alias", True)
    assert of("colour", "noir", known("de-AT")) == ("Schwarz", "alias", True)
    assert of("colour", "noir", known("sv")) == ("Black", "alias", True)


def test_what_was_learned_goes_before_everything() -> None:
    words = known(colour_black="Anthracite", brand_lumaa=None)
    assert of("colour", "BLACK", words) == ("Anthracite", "learned", True)
    assert of("brand", "Lumaa", words) is None


@given(st.sampled_from(["brand", "colour", "size"]), st.text(max_size=40))
def test_what_is_sure_is_right_the_second_time(kind: Kind, raw: str) -> None:
    found = normalising.proposal(kind, raw, known())
    if found and found.confidence >= normalising.SURE:
        assert normalising.proposal(kind, found.value, known()) is None


def test_attributes_of_colours_and_sizes_are_known_by_their_codes() -> None:
    codes = ("color", "base_colour", "farbe", "groesse", "material", "screen_size")
    kinds = {code: normalising.kind_of(code) for code in codes}
    assert kinds == {
        "color": "colour", "base_colour": "colour", "farbe": "colour", "groesse": "size",
        "material": None, "screen_size": None,
    }  # fmt: skip
