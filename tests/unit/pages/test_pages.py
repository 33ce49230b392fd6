"""The rules behind the pages: options, addresses, paths, words."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.money import Money
from argosy.modules.projections import OptionDocument, VariantDocument
from argosy.web.pages.forms import whole_number
from argosy.web.pages.guarding import own_path
from argosy.web.pages.wording import money_text, percent_text
from argosy.web.site_paths import split, spoken
from argosy.web.storefront.checkout_form import address_layout, instrument_of
from argosy.web.storefront.picking import choices, first_shown, is_buyable

SIZES, COLOURS = ("S", "M", "L"), ("blue", "red")
OPTIONS = [
    OptionDocument(code="size", name="Size", values=list(SIZES)),
    OptionDocument(code="colour", name="Colour", values=list(COLOURS)),
]


def variant(size: str, colour: str, availability: str = "in_stock") -> VariantDocument:
    return msgspec.convert(
        {
            "id": f"var_{size}{colour}",
            "sku": f"{size}-{colour}",
            "title": "",
            "gtin": None,
            "options": {"Size": size, "Colour": colour},
            "price": {"minor": 1000, "currency": "EUR"},
            "compare_at": None,
            "prior": None,
            "unit_price": None,
            "tiers": [],
            "availability": availability,
            "requires_shipping": True,
            "weight_g": None,
            "media_id": None,
        },
        VariantDocument,
    )


matrices = st.dictionaries(
    st.tuples(st.sampled_from(SIZES), st.sampled_from(COLOURS)),
    st.sampled_from(["in_stock", "low_stock", "backorder", "out_of_stock"]),
    min_size=1,
)


@given(matrices)
def test_every_value_leads_to_a_variant_that_has_it_and_is_told_as_it_is(
    matrix: dict[tuple[str, str], str],
) -> None:
    variants = [variant(size, colour, state) for (size, colour), state in matrix.items()]
    by_sku = {one.sku: one for one in variants}
    shown = first_shown(variants, "")
    assert shown is not None
    assert is_buyable(shown) or not any(map(is_buyable, variants))
    for choice in choices(OPTIONS, variants, shown):
        chosen = [value for value in choice.values if value.chosen]
        assert [value.text for value in chosen] == [shown.options[choice.name]]
        for value in choice.values:
            having = [one for one in variants if one.options[choice.name] == value.text]
            assert (value.state == "absent") == (not having)
            if value.sku is None:
                continue
            target = by_sku[value.sku]
            assert target.options[choice.name] == value.text
            if not value.chosen:
                assert (value.state == "sold_out") == (not any(map(is_buyable, having)))
                kept = all(
                    target.options[name] == text
                    for name, text in shown.options.items()
                    if name != choice.name
                )
                assert value.state != "available" or kept


def test_the_variant_that_was_asked_for_is_shown_even_when_it_is_sold_out() -> None:
    variants = [variant("S", "blue"), variant("M", "blue", "out_of_stock")]
    shown = first_shown(variants, "M-blue")
    assert shown is variants[1]


@pytest.mark.parametrize(
    ("country", "names", "kinds"),
    [
        ("DE", ["name", "company", "line1", "line2", "postal_code", "city", "phone"], {}),
        (
            "US",
            ["name", "company", "line1", "line2", "city", "region", "postal_code", "phone"],
            {"region": "state", "postal_code": "zip"},
        ),
        (
            "JP",
            ["name", "company", "postal_code", "region", "line1", "line2", "phone"],
            {"region": "prefecture"},
        ),
    ],
)
def test_an_address_has_the_fields_of_its_country(
    country: str, names: list[str], kinds: dict[str, str]
) -> None:
    layout = address_layout(country)
    assert [field.name for field in layout] == names
    found = {field.name: field.kind for field in layout}
    assert {name: found[name] for name in kinds} == kinds


def test_states_of_the_united_states_can_be_chosen() -> None:
    region = next(field for field in address_layout("US") if field.name == "region")
    assert ("TX", "Texas") in region.choices
    assert len({code for code, _ in region.choices}) == len(region.choices)


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "evil",
        "",
        "/a\r\nSet-Cookie: x",
        "javascript:alert(1)",
        "\t//evil.example",
    ],
)
def test_nobody_is_led_to_another_site(text: str) -> None:
    assert own_path(text, "/cart") == "/cart"


def test_a_path_of_our_own_is_kept() -> None:
    assert own_path("/p/hoodie?variant=1", "/cart") == "/p/hoodie?variant=1"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/cart", (None, "/cart")),
        ("/@eu/cart", ("eu", "/cart")),
        ("/@eu", ("eu", "/")),
        ("/@eu/v1/carts", (None, "/@eu/v1/carts")),
        ("/@eu/admin/v1/orders", (None, "/@eu/admin/v1/orders")),
        ("/@eu//v1/carts", ("eu", "//v1/carts")),
    ],
)
def test_a_path_names_its_shop(path: str, found: tuple[str | None, str]) -> None:
    assert split(path) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/cart", (None, "/cart")),
        ("/~de-AT/cart", ("de-AT", "/cart")),
        ("/~zh-Hant-TW", ("zh-Hant-TW", "/")),
        ("/~de//v1/carts", ("de", "//v1/carts")),
        ("/~de/v1/carts", (None, "/~de/v1/carts")),
        ("/~deutsch/cart", (None, "/~deutsch/cart")),
        ("/~DE/cart", (None, "/~DE/cart")),
    ],
)
def test_a_path_names_its_language(path: str, found: tuple[str | None, str]) -> None:
    assert spoken(path) == found


@given(st.text(max_size=20))
def test_what_is_no_whole_number_is_none(text: str) -> None:
    number = whole_number(text, least=1, most=99)
    assert number is None or (1 <= number <= 99 and int(text) == number)


def test_amounts_are_written_as_people_of_the_place_write_them() -> None:
    assert money_text(Money(123450, "EUR"), "de-DE") == "1.234,50\xa0€"
    assert money_text(Money(123450, "USD"), "en-US") == "$1,234.50"
    assert money_text(Money(500, "JPY"), "ja-JP") == "￥500"
    assert percent_text(Decimal("0.0825"), "en-US") == "8.25\xa0%"


def test_what_a_way_to_pay_needs_is_taken_from_its_own_fields() -> None:
    form = {"pay.sandbox.token": "tok", "pay.other.token": "no", "gateway": "sandbox"}
    assert instrument_of(form, "sandbox") == {"token": "tok"}
