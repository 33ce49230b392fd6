"""How a product looks in a channel at an instant."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from argosy.kernel.ids import new_id
from argosy.modules.projections import (
    ALL_PRODUCTS,
    RESERVED_CODES,
    SourceLevel,
    SourcePublication,
    facet_code,
    facet_value,
    next_boundary,
    project,
)
from tests.modules.projections.window import (
    LOCATION,
    LONG_AGO,
    a_category,
    a_channel,
    a_price,
    a_product,
    a_variant,
    altered,
    an_attribute,
    an_image,
    at_midnight,
    placed,
    shown_document,
)

NOW = at_midnight(0)
HOUR = timedelta(hours=1)


def test_C9_a_variant_without_a_price_is_not_shown_and_never_free() -> None:
    channel = a_channel()
    source = a_product(channel, [a_variant({"Size": "S"}, minor=None), a_variant({"Size": "M"})])
    assert [
        v.options["Size"] for v in shown_document(project(source, channel, NOW)).variants.items
    ] == ["M"]
    unpriced = altered(source, variants=source.variants[:1])
    assert project(unpriced, channel, NOW).current is None


def test_C9_a_price_in_another_list_does_not_count() -> None:
    channel = a_channel()
    source = a_product(channel, [a_variant(prices=(a_price(100, price_list_id=new_id()),))])
    assert project(source, channel, NOW).current is None


def test_E10_only_active_published_products_of_an_active_channel_are_shown() -> None:
    channel = a_channel()
    source = a_product(channel)
    assert project(source, channel, NOW).current
    for status in ("draft", "archived"):
        assert project(altered(source, status=status), channel, NOW).current is None
    assert project(altered(source, publications=()), channel, NOW).current is None
    assert project(source, a_channel(), NOW).current is None
    assert project(source, msgspec.structs.replace(channel, active=False), NOW).current is None


@pytest.mark.parametrize(
    ("after", "shown"), [(-HOUR, False), (0 * HOUR, True), (HOUR, True), (2 * HOUR, False)]
)
def test_C2_windows_are_half_open(after: timedelta, shown: bool) -> None:
    channel = a_channel()
    window = SourcePublication(
        channel_id=channel.id, publish_from=NOW, publish_until=NOW + 2 * HOUR
    )
    source = a_product(channel, publications=(window,))
    assert (project(source, channel, NOW + after).current is not None) is shown


def test_C8_the_boundary_is_the_next_instant_at_which_anything_changes() -> None:
    channel = a_channel()
    window = SourcePublication(
        channel_id=channel.id, publish_from=LONG_AGO, publish_until=NOW + 5 * HOUR
    )
    prices = (a_price(100, valid_until=NOW + 3 * HOUR), a_price(90, valid_from=NOW + 3 * HOUR))
    source = a_product(channel, [a_variant(prices=prices)], publications=(window,))
    assert next_boundary(source, channel, NOW) == NOW + 3 * HOUR
    assert next_boundary(source, channel, NOW + 3 * HOUR) == NOW + 5 * HOUR
    assert next_boundary(source, channel, NOW + 5 * HOUR) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(1, 5), st.integers(1, 999)), min_size=1, max_size=5
    ),
    st.integers(0, 12),
)
def test_C8_upcoming_is_what_a_projection_at_the_boundary_would_be(
    periods: list[tuple[int, int, int]], now: int
) -> None:
    channel = a_channel()
    prices = tuple(
        a_price(minor, valid_from=NOW + start * HOUR, valid_until=NOW + (start + hours) * HOUR)
        for start, hours, minor in periods
    )
    source = a_product(channel, [a_variant(prices=prices)])
    at = NOW + now * HOUR
    made = project(source, channel, at)
    if made.boundary is None:
        assert made.upcoming is None
        return
    assert made.boundary > at
    assert made.upcoming == project(source, channel, made.boundary).current
    just_before = made.boundary - timedelta(microseconds=1)
    assert made.current == project(source, channel, just_before).current


def test_C1_C3_tiers_follow_priority_then_quantity() -> None:
    channel = a_channel()
    prices = (
        a_price(1000),
        a_price(900, min_quantity=10),
        a_price(800, priority=5),
        a_price(700, min_quantity=20, priority=5),
        a_price(600, min_quantity=30, priority=1),
    )
    (variant,) = shown_document(
        project(a_product(channel, [a_variant(prices=prices)]), channel, NOW)
    ).variants.items
    assert variant.price.minor == 800
    assert [(t.min_quantity, t.price.minor) for t in variant.tiers] == [(20, 700)]


def test_a_strike_price_that_is_no_higher_is_not_shown() -> None:
    channel = a_channel()
    for was, shown in ((1500, 1500), (1000, None), (900, None), (None, None)):
        price = a_price(1000, compare_at_minor=was)
        document = shown_document(
            project(a_product(channel, [a_variant(prices=(price,))]), channel, NOW)
        )
        assert (document.price.compare_at and document.price.compare_at.minor) == shown


OTHER = UUID("018f0000-0000-7000-8000-0000000000aa")


@pytest.mark.parametrize(
    ("levels", "word"),
    [
        ([], "out_of_stock"),
        ([(LOCATION, 6, 0, 5)], "in_stock"),
        ([(LOCATION, 5, 0, 5)], "low_stock"),
        ([(LOCATION, 0, 1, 5)], "backorder"),
        ([(LOCATION, -2, 2, 5)], "out_of_stock"),
        ([(LOCATION, 0, 0, 5), (OTHER, 9, 0, 5)], "in_stock"),
        ([(LOCATION, 0, 9, 0), (OTHER, 1, 0, 5)], "low_stock"),
        ([(new_id(), 99, 0, 0)], "out_of_stock"),
    ],
)
def test_F1_availability_is_the_best_word_of_the_channels_locations(
    levels: list[tuple[UUID, int, int, int]], word: str
) -> None:
    channel = a_channel(locations=frozenset({LOCATION, OTHER}))
    stock = tuple(
        SourceLevel(location_id=a, sellable=b, backorder_limit=c, low_threshold=d)
        for a, b, c, d in levels
    )
    made = project(a_product(channel, [a_variant(levels=stock)]), channel, NOW)
    assert shown_document(made).availability == word
    assert made.current
    assert len(made.current.offers) == (word != "out_of_stock")


def test_what_is_not_counted_is_always_in_stock() -> None:
    channel = a_channel()
    variant = a_variant(levels=(), tracks_inventory=False)
    assert shown_document(project(a_product(channel, [variant]), channel, NOW)).availability == (
        "in_stock"
    )


def test_the_price_range_is_of_what_can_be_bought() -> None:
    channel = a_channel()
    gone, cheap, dear = (
        a_variant({"Size": s}, minor=m, stock=n)
        for s, m, n in (("S", 1, 0), ("M", 5, 1), ("L", 9, 1))
    )
    price = shown_document(project(a_product(channel, [gone, cheap, dear]), channel, NOW)).price
    assert (price.min.minor, price.max.minor) == (5, 9)
    price = shown_document(project(a_product(channel, [gone]), channel, NOW)).price
    assert (price.min.minor, price.max.minor) == (1, 1)


def test_positions_in_own_categories_and_above() -> None:
    channel = a_channel()
    men, tops, shirts, sale = (
        a_category(p) for p in ("men", "men/tops", "men/tops/shirts", "sale")
    )
    source = a_product(
        channel,
        placements=(
            placed(men, tops, shirts, position=4),
            placed(men, tops, position=7),
            placed(sale, position=2),
        ),
    )
    made = project(source, channel, NOW)
    assert made.current
    assert made.current.categories == {
        men.id: 4,
        tops.id: 7,
        shirts.id: 4,
        sale.id: 2,
        ALL_PRODUCTS: 2,
    }
    assert [c.path for c in shown_document(made).category_path] == ["sale"]


def test_attributes_are_shown_and_made_facets() -> None:
    channel = a_channel()
    source = a_product(
        channel,
        brand="Łuma",
        media=(an_image("ab/cd.webp"),),
        attributes=(
            an_attribute("material", "choice", ["Wool", "Silk"], choices=("Silk", "Wool")),
            an_attribute("width", "number", {"number": "1.50", "unit": "cm"}, unit="cm"),
            an_attribute("organic", "boolean", True),
            an_attribute("care", "text", "Hand wash", facet=False),
        ),
    )
    made = project(source, channel, NOW)
    document = shown_document(made)
    assert [(a.code, a.text) for a in document.attributes] == [
        ("care", "Hand wash"),
        ("material", "Wool, Silk"),
        ("organic", "Yes"),
        ("width", "1.50 cm"),
    ]
    assert document.media[0].url == "/media/ab/cd.webp"
    assert made.current
    (offer,) = made.current.offers
    assert {(t.code, t.value, t.position) for t in offer.terms} == {
        ("brand", "łuma", 0),
        ("material", "wool", 1),
        ("material", "silk", 0),
        ("organic", "yes", 0),
        ("width", "1.50 cm", 0),
    }


def test_E7_a_variant_has_the_terms_of_its_own_attributes_only() -> None:
    channel = a_channel()
    navy = an_attribute(
        "colour", "swatch", ["Navy"], choices=("Navy", "Sand"),
        swatches={"Navy": "#001f3f", "Sand": "cd/sand.webp"},
    )  # fmt: skip
    sand = msgspec.structs.replace(navy, value=msgspec.Raw(b'["Sand"]'))
    source = a_product(
        channel, (a_variant(attributes=(navy,)), a_variant(attributes=(sand,), position=1))
    )
    made = project(source, channel, NOW)
    assert made.current
    terms = [{t.value for t in o.terms if t.code == "colour"} for o in made.current.offers]
    assert terms == [{"navy"}, {"sand"}]
    first, second = shown_document(made).variants.items
    assert first.attributes[0].swatches == {"Navy": "#001f3f"}
    assert second.attributes[0].swatches == {"Sand": "/media/cd/sand.webp"}


def test_E6_equal_quantities_in_other_units_are_one_facet_value() -> None:
    channel = a_channel()

    def terms(value: dict[str, object]) -> list[tuple[str, str]]:
        made = project(
            a_product(channel, attributes=(an_attribute("mass", "number", value),)), channel, NOW
        )
        assert made.current
        return [(t.value, t.label) for t in made.current.offers[0].terms]

    canonical = {"number": "453.59237", "unit": "g"}
    pound = terms({"number": "1", "unit": "lb", "canonical": canonical})
    assert pound == [("453.59237 g", "1 lb")]
    assert terms(canonical) == [("453.59237 g", "453.59237 g")]


def test_other_kinds_are_shown_as_words() -> None:
    channel = a_channel()
    source = a_product(
        channel,
        attributes=(
            an_attribute("a_story", "rich_text", "<p>Old &amp; <b>new</b></p>", facet=False),
            an_attribute("b_pockets", "integer", 3),
            an_attribute("c_manual", "file", "ab/manual.pdf", facet=False),
            an_attribute("d_secret", "text", "hidden", searchable=False),
        ),
    )
    shown = shown_document(project(source, channel, NOW)).attributes
    assert [a.text for a in shown] == ["Old & new", "3", "ab/manual.pdf", "hidden"]
    assert [a.url for a in shown] == [None, None, "/media/ab/manual.pdf", None]
    assert [a.searchable for a in shown] == [True, True, True, False]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Size", "size"),
        ("Shoe size", "shoe_size"),
        ("色", "色"),
        ("!", "option"),
        ("Q", "option_q"),
    ],
)
def test_facet_codes(name: str, code: str) -> None:
    assert facet_code(name) == code


@given(st.text())
def test_a_facet_is_never_mistaken_for_a_parameter_of_the_listing(name: str) -> None:
    code = facet_code(name)
    assert code not in RESERVED_CODES
    assert facet_code(code) == code


@example("ͅΐ")
@given(st.text())
def test_facet_values_compare_by_one_form(text: str) -> None:
    value = facet_value(text)
    assert facet_value(value) == value
    assert facet_value(f"  {text} ") == value
