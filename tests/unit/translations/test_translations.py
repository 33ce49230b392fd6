"""Which text is shown, and when a translation is stale. DOMAIN.md E8."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.ids import new_id
from argosy.modules.channels import Channel, ChannelInvalid, language_chain
from argosy.modules.channels.rules import check_channel
from argosy.modules.translations import (
    Given,
    Kind,
    Place,
    Translation,
    TranslationInvalid,
    checked,
    difference,
    is_html,
    is_other_language,
    is_stale,
    said,
    source_hash,
)
from argosy.web.languages import negotiated

LOCALES = ("de", "de-AT", "de-CH", "en", "en-GB", "fr", "pt-BR", "zh-Hant-TW")
locales = st.sampled_from(LOCALES)
CHANNEL = Channel(
    id=UUID(int=1),
    code="eu",
    name="Europe",
    currency="EUR",
    countries=("DE",),
    default_country="DE",
    locale="en",
    time_zone="UTC",
    tax_inclusive=True,
    tax_rounding="line",
    rounding_mode="half_up",
    shipping_tax="own",
    price_list_id=UUID(int=2),
    capture="manual",
    reservation_ttl_s=900,
    order_prefix="",
    gateways=(),
    active=True,
    version=1,
    locations=(),
)


def following(fallbacks: dict[str, str], locale: str) -> str | None:
    if locale in fallbacks:
        return fallbacks[locale]
    return locale.rsplit("-", 1)[0] if "-" in locale else None


def goes_round(fallbacks: dict[str, str]) -> bool:
    for start in fallbacks:
        at: str | None = start
        for _ in range(100):
            at = following(fallbacks, at) if at else None
        if at is not None:
            return True
    return False


@given(locales, locales, st.dictionaries(locales, locales, max_size=5))
def test_E8_chains_are_followed_to_their_end_and_circles_refused(
    own: str, asked: str, fallbacks: dict[str, str]
) -> None:
    channel = msgspec.structs.replace(CHANNEL, locale=own, fallbacks=fallbacks)
    if goes_round(fallbacks):
        with pytest.raises(ChannelInvalid) as refused:
            check_channel(channel)
        assert refused.value.field == "fallbacks"
        return
    check_channel(channel)
    walked: list[str] = []
    for start in (asked, own):
        at: str | None = start
        while at is not None:
            walked.append(at)
            at = following(fallbacks, at)
    assert language_chain(channel, asked) == tuple(dict.fromkeys(walked))


@given(
    st.lists(locales, unique=True, min_size=1),
    st.dictionaries(locales, st.text(min_size=1, max_size=5)),
    st.none() | locales,
)
def test_E8_the_shown_text_is_the_first_of_the_chain(
    chain: list[str], texts: dict[str, str], source_locale: str | None
) -> None:
    shown = said("source", texts, chain, source_locale)
    # The catalogue itself says it at the place of its own language, else after all others.
    told = dict.fromkeys(chain)
    for locale in chain:
        told[locale] = texts.get(locale) or ("source" if locale == source_locale else None)
    first = next((locale for locale in chain if told[locale]), None)
    if first is None:
        assert (shown.text, shown.locale) == ("source", source_locale)
    else:
        assert (shown.text, shown.locale) == (told[first], first)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_translation_is_stale_exactly_when_its_text_has_changed(was: str, now: str) -> None:
    kept = Translation(
        place=Place(kind="product", entity="x", field="title"),
        locale="de",
        value="y",
        source_hash=source_hash(was),
        state="approved",
        version=1,
        updated_at=datetime.now(UTC),
    )
    assert is_stale(kept, now) == (was != now)


@pytest.mark.parametrize(
    ("source", "value", "missing", "added"),
    [
        ("<p>Hi <b>you</b></p>", "<p>Du <b>da</b></p>", (), ()),
        ("<p>Hi <b>you</b></p>", "<p>Du da</p>", ("</b>", "<b>"), ()),
        ("From {price}", "Ab {preis}", ("{price}",), ("{preis}",)),
        ("{{ name }} %s %(n)d", "%(n)d %s {{ name }}", (), ()),
        ("100% wool", "100 % Wolle", (), ()),
        ("a < b", "a < b", (), ()),
    ],
)
def test_markup_and_placeholders_must_come_along(
    source: str, value: str, missing: tuple[str, ...], added: tuple[str, ...]
) -> None:
    found = difference(source, value)
    if not missing and not added:
        assert found is None
        return
    assert found is not None
    assert (found.missing, found.added) == (missing, added)


@pytest.mark.parametrize("kind", ["product", "category", "collection", "brand"])
def test_every_description_is_markup_and_cleaned(kind: Kind) -> None:
    place = Place(kind=kind, entity=str(new_id()), field="description")
    given_ = Given(place=place, locale="de", value="<b>x</b><img src=x onerror=y>", source_hash=b"")
    assert is_html(place)
    assert checked(given_).value == '<b>x</b><img src="x">'


def test_translations_are_cleaned_and_must_be_of_something() -> None:
    place = Place(kind="product", entity=str(new_id()), field="description")
    given_ = Given(place=place, locale="de", value="<b>x</b><script>1</script>", source_hash=b"")
    assert checked(given_).value == "<b>x</b>"
    for wrong in (
        {"locale": "deutsch"},
        {"value": "  "},
        {"value": "<script>1</script>"},
        {"place": msgspec.structs.replace(place, field="sku")},
        {"place": msgspec.structs.replace(place, field="attribute:")},
        {"place": msgspec.structs.replace(place, kind="brand", field="name")},
    ):
        with pytest.raises(TranslationInvalid):
            checked(msgspec.structs.replace(given_, **wrong))


def test_who_must_be_told_of_another_language() -> None:
    assert not is_other_language("de-AT", "de")
    assert is_other_language("en", "de")
    assert is_other_language("zh-Hans", "zh-Hant-TW")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", "en"),
        ("de", "de-AT"),
        ("de-CH, fr;q=0.9", "de-AT"),
        ("fr-FR;q=0.2, de;q=0.1", "fr"),
        ("es, *;q=0.5, fr;q=0.1", "en"),
        ("fr;q=0, de", "de-AT"),
        ("EN-us", "en"),
        ("fr;q=nan, ;;;=, de;q=banana", "en"),
        ("ar, he", "en"),
        ("x" * 5000, "en"),
    ],
)
def test_the_language_of_a_browser(header: str, chosen: str) -> None:
    assert negotiated(header, ("en", "de-AT", "fr")) == chosen
