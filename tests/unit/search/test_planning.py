"""How a query is understood, and which words of a title name the thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.search import by_term, head_words, language_of, plan, usual_synonyms

SYNONYMS = by_term([[("laptop",), ("notebook",)], [("usb", "stick"), ("flash", "drive")]])
KNOWN = {"headset", "note", "book", "usb", "stick", "bag", "laptop", "notebook", "notebooks"}


def understood(*words: str, known: set[str] = KNOWN) -> list[list[tuple[str, str]]]:
    found = plan(
        words,
        is_known=known.__contains__,
        synonyms=SYNONYMS,
        corrected={"lapptop": "laptop"}.get,
    )
    return [
        [(" ".join(one.words), one.how) for one in part.alternatives if one.phrase]
        + [(" ".join(one.words), one.how) for one in part.alternatives if not one.phrase]
        for part in found.parts
    ]


def test_own_words_come_first_and_synonyms_after() -> None:
    assert understood("laptop", "bag") == [
        [("laptop", "exact"), ("notebook", "synonym")],
        [("bag", "exact")],
    ]


def test_a_phrase_is_one_part_and_has_its_synonyms() -> None:
    assert understood("usb", "stick") == [
        [("usb stick", "exact"), ("flash drive", "synonym"), ("usb stick", "exact")]
    ]


def test_compounds_are_joined_and_split() -> None:
    assert understood("head", "set") == [[("headset", "joined"), ("head set", "exact")]]
    assert understood("notebook", known={"note", "book"})[0][-1] == ("note book", "split")
    assert understood("27in")[0][1] == ("27 in", "split")
    assert understood("1,5l", known={"1,5l"})[0][1] == ("1,5 l", "split")
    assert understood("a4", "x270") == [[("a4", "exact")], [("x270", "exact")]]


def test_words_that_the_shop_only_writes_in_one_are_not_meant_far_from_each_other() -> None:
    for apart, first in ((True, ("head", "set")), (False, ("headset",))):
        asked = plan(
            ["head", "set"],
            is_known=KNOWN.__contains__,
            is_phrase={("head", "set"): apart}.__getitem__,
        )
        ways = asked.parts[0].alternatives
        assert ways[0].words == first
        assert {one.words for one in ways} == {("head", "set"), ("headset",)}
        assert [one.weight for one in ways] == sorted((one.weight for one in ways), reverse=True)


def test_usual_synonyms_give_way_to_the_shops_own() -> None:
    usual = usual_synonyms("en")
    assert ("laptop", "notebook") in usual
    assert ("laptop", "notebook") not in usual_synonyms("en", [("notebook", "jotter")])
    assert len(usual_synonyms("en", [("notebook", "jotter")])) == len(usual) - 1
    assert usual_synonyms("de") != usual
    assert usual_synonyms("xx") == ()
    for language in ("en", "de"):
        terms = [term for group in usual_synonyms(language) for term in group]
        assert len(terms) == len(set(terms))  # or a later group would hide an earlier one
        assert all(term == term.lower() and 1 <= len(term.split()) <= 4 for term in terms)


def test_no_other_way_weighs_as_much_as_the_shoppers_own_words() -> None:
    for words, known in ((["head", "set"], KNOWN), (["notebook"], {"note", "book"})):
        found = plan(words, is_known=known.__contains__, synonyms=SYNONYMS)
        ways = [one for part in found.parts for one in part.alternatives]
        assert {one.how for one in ways} > {"exact"}
        assert all(one.weight < 1 for one in ways if one.how != "exact")


def test_a_typo_is_corrected_only_where_nothing_else_is_known() -> None:
    assert understood("lapptop") == [
        [("lapptop", "exact"), ("laptop", "typo"), ("notebook", "synonym")]
    ]
    assert understood("unheard") == [[("unheard", "exact")]]


def test_weights_fall_from_exact_to_typo() -> None:
    (part,) = plan(
        ["lapptop"],
        is_known=KNOWN.__contains__,
        synonyms=SYNONYMS,
        corrected=lambda _: "laptop",
    ).parts
    weights = [one.weight for one in part.alternatives]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == 1.0


@given(st.lists(st.sampled_from([*sorted(KNOWN), "x", "head", "set"]), max_size=20))
def test_no_word_is_lost_and_its_own_words_are_always_a_way(words: list[str]) -> None:
    found = plan(words, is_known=KNOWN.__contains__, synonyms=SYNONYMS)
    assert [word for part in found.parts for word in part.words] == words[:12]
    assert all(part.words in {one.words for one in part.alternatives} for part in found.parts)


@pytest.mark.parametrize(
    ("title", "heads"),
    [
        ("HP 65W power adapter for notebook", ["hp", "adapter"]),
        ("Laptop Bag, black", ["bag"]),
        ("Dell Monitor 24 inch", ["monitor", "inch"]),
        ("Notebook black 15.6", ["notebook"]),
        ("Running shorts with pockets", ["shorts"]),
        ("", []),
    ],
)
def test_heads_are_what_the_product_is(title: str, heads: list[str]) -> None:
    assert head_words(title, language_of("en-US")) == heads


def test_heads_of_german_titles() -> None:
    assert head_words("Netzteil für Notebook", language_of("de-AT")) == ["netzteil"]


def test_attribute_values_end_the_name_of_the_thing() -> None:
    english = language_of("en")
    assert head_words("Tablet Android", english) == ["android"]
    assert head_words("Tablet Android", english, {"android"}) == ["tablet", "android"]


@pytest.mark.parametrize(
    ("locale", "stemmer"), [("en-GB", "english"), ("pt_BR", "portuguese"), ("xx", None)]
)
def test_a_language_is_told_by_its_locale(locale: str, stemmer: str | None) -> None:
    assert language_of(locale).stemmer == stemmer
