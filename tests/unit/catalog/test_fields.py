"""Single values of the catalog: slugs, GTINs, options, windows."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.catalog import (
    CategoryInput,
    Option,
    VariantInput,
    gtin_is_valid,
    market_instant,
    sku_key,
    slugify,
)
from argosy.modules.catalog.rules import fields
from argosy.modules.catalog.rules.planning import narrowed


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Crème Brûlée!", "creme-brulee"),
        ("  Men's   T-Shirt ", "mens-t-shirt"),
        ("Straße 1/2", "strasse-1-2"),
        ("Кофе", "кофе"),
        ("コーヒー", "コーヒー"),
        ("***", ""),
    ],
)
def test_slugs_are_readable_in_any_script(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text(max_size=200))
def test_slugs_fit_an_address_and_are_stable(text: str) -> None:
    slug = slugify(text)
    assert len(slug) <= 120
    assert "/" not in slug
    assert not any(c.isspace() for c in slug)
    assert slugify(slug) == slug


@given(st.text(max_size=200))
def test_slugs_that_are_made_are_slugs_that_are_taken(text: str) -> None:
    assert not list(fields.check_slug(slugify(text)))


@pytest.mark.parametrize("slug", ["???", "a#b", "a\\b", ".", "..", "a\x7f"])
def test_slugs_that_would_end_their_address_are_refused(slug: str) -> None:
    (fault,) = fields.check_slug(slug)
    assert (fault.column, fault.code) == ("slug", "slug_invalid")


def test_slug_candidates_differ_and_never_run_out() -> None:
    found = fields.slug_candidates("Hat", UUID(int=0xABC))
    assert found[:2] == ("hat", "hat-2")
    assert len(set(found)) == len(found)
    assert found[-1].endswith("abc")


@pytest.mark.parametrize("good", ["4006381333931", "036000291452", "96385074", "00012345600012"])
def test_E2_gtin_check_digit(good: str) -> None:
    assert gtin_is_valid(good)
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    assert not gtin_is_valid(wrong)


@given(st.text(max_size=16))
def test_E2_gtin_is_digits_of_four_lengths(text: str) -> None:
    if gtin_is_valid(text):
        assert text.isascii()
        assert text.isdigit()
        assert len(text) in {8, 12, 13, 14}


def test_E2_sku_key_ignores_case_and_edges() -> None:
    assert sku_key("  aB-1 ") == sku_key("Ab-1")


def test_E10_a_time_without_offset_is_market_time() -> None:
    berlin = market_instant(datetime(2026, 7, 1, 0, 0), "Europe/Berlin")  # noqa: DTZ001
    assert berlin == datetime(2026, 6, 30, 22, 0, tzinfo=UTC)


def test_E10_clock_changes_have_one_meaning() -> None:
    skipped = market_instant(datetime(2026, 3, 29, 2, 30), "Europe/Berlin")  # noqa: DTZ001
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    twice = market_instant(datetime(2026, 10, 25, 2, 30), "Europe/Berlin")  # noqa: DTZ001
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_E10_a_time_with_offset_is_what_it_says() -> None:
    given_at = datetime.fromisoformat("2026-07-01T00:00:00+09:00")
    assert market_instant(given_at, "Europe/Berlin") == given_at


def test_options_narrow_when_a_value_or_a_name_goes() -> None:
    small = (Option(name="Size", values=("S",)),)
    both = (Option(name="Size", values=("S", "M")),)
    assert not narrowed(small, both)
    assert narrowed(both, small)
    assert narrowed(both, (*both, Option(name="Colour", values=("Red",))))


def test_new_values_of_variants_join_the_options_in_order() -> None:
    options = (Option(name="Size", values=("S",)),)
    variants = (VariantInput(options={"Size": "M"}), VariantInput(options={"Size": "S"}))
    assert fields.options_with(options, variants) == (Option(name="Size", values=("S", "M")),)


def test_categories_come_parents_first_and_the_last_word_counts() -> None:
    levels = fields.by_depth(
        [
            CategoryInput(path="a/b", name="one"),
            CategoryInput(path="a"),
            CategoryInput(path="a/b", name="two"),
        ]
    )
    assert [[(c.path, c.name) for c in level] for level in levels][1] == [("a/b", "two")]
