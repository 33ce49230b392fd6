"""What the rules of a market want said beside a product."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules import compliance
from argosy.modules.compliance import (
    Document,
    EnergyLabel,
    Facts,
    Market,
    PartyFields,
    Sheet,
    SheetInvalid,
    SheetText,
)
from argosy.workflows.complying import languages_of

BERLIN = PartyFields(
    code="b", name="B GmbH", street="Gasse 1", city="Berlin", country="DE", email="a@b.example"
)
LEEDS = PartyFields(
    code="l", name="L Ltd", street="Mill 2", city="Leeds", country="GB", website="https://l.example"
)
GERMANY = Market(countries={"DE": languages_of("DE")})
SAID = SheetText(needs_warnings=True, warnings={"de": "Nicht für Kinder."})


def facts(
    text: SheetText = SAID,
    maker: PartyFields | None = BERLIN,
    person: PartyFields | None = None,
    *,
    pictured: bool = True,
    labelled: bool = False,
) -> Facts:
    return Facts(
        sheet=Sheet(text=text),
        manufacturer=maker,
        responsible=person,
        pictured=pictured,
        labelled=labelled,
    )


def lacks(found: Facts, market: Market = GERMANY) -> list[str]:
    return [one.rule for one in compliance.may_publish(found, market)]


def test_a_product_of_which_nothing_is_said_lacks_all_of_article_19_with_its_source() -> None:
    missing = compliance.may_publish(facts(SheetText(), None, pictured=False), GERMANY)
    assert [(m.rule, m.field, m.source[-5:]) for m in missing] == [
        ("manufacturer", "manufacturer", "19(a)"),
        ("picture", "media", "19(c)"),
        ("warnings_decided", "needs_warnings", "19(d)"),
    ]
    assert lacks(facts()) == []


def test_a_manufacturer_outside_the_union_needs_a_person_within_who_can_be_reached() -> None:
    assert lacks(facts(maker=LEEDS)) == ["responsible_person"]
    assert lacks(facts(maker=LEEDS, person=LEEDS)) == ["responsible_person"]
    mute = PartyFields(code="m", name="M", country="FR")
    assert lacks(facts(maker=LEEDS, person=mute)) == ["responsible_person"]
    assert lacks(facts(maker=LEEDS, person=BERLIN)) == []
    assert lacks(facts(maker=mute)) == ["manufacturer_address"]


def test_warnings_are_wanted_in_a_language_of_each_country_and_in_those_asked_for() -> None:
    countries = {c: languages_of(c) for c in ("AT", "BE", "US")}
    market = Market(countries=countries, languages=("pl",))
    missing = compliance.may_publish(facts(), market)
    assert [(m.country, m.language) for m in missing] == [("", "pl")]
    english = facts(SheetText(needs_warnings=True, warnings={"en-GB": "Hot."}))
    missing = compliance.may_publish(english, Market(countries=countries))
    assert [(m.country, m.language) for m in missing] == [("AT", "de"), ("BE", "de, fr, nl")]
    none_due = facts(SheetText(needs_warnings=False))
    assert lacks(none_due, market) == []


def test_where_no_country_of_the_union_is_served_nothing_is_wanted() -> None:
    assert lacks(facts(SheetText(), None), Market(countries={"US": frozenset({"en"})})) == []


def test_an_exception_takes_an_area_out_and_no_other() -> None:
    antique = SheetText(exempt={"product_safety": "An antique."})
    assert lacks(facts(antique, None)) == []
    assert lacks(facts(antique, None, labelled=True)) == [
        "energy_class", "energy_label", "energy_sheet"
    ]  # fmt: skip


def test_what_has_an_energy_class_shows_label_and_sheet_whatever_its_category() -> None:
    label, sheet = (
        Document(role=role, key=f"{n * 40}.png")  # type: ignore[arg-type]
        for role, n in (("energy_label", "a"), ("energy_sheet", "b"))
    )
    energy = EnergyLabel(class_="C")
    with_energy = SheetText(needs_warnings=False, energy=energy)
    assert lacks(facts(with_energy)) == ["energy_label", "energy_sheet"]
    whole = SheetText(needs_warnings=False, energy=energy, documents=(label, sheet))
    assert lacks(facts(whole, labelled=True)) == []


def test_a_sheet_that_contradicts_itself_is_refused() -> None:
    for text, field in (
        (SheetText(warnings={"de": "Heiß."}, needs_warnings=False), "needs_warnings"),
        (SheetText(energy=EnergyLabel(class_="A+")), "energy.class"),
        (SheetText(energy=EnergyLabel(class_="G", worst="D")), "energy.class"),
    ):
        with pytest.raises(SheetInvalid) as refused:
            compliance.check_sheet(Sheet(text=text))
        assert refused.value.field == field


def test_a_product_says_it_over_its_brand_language_by_language() -> None:
    theirs = Sheet(
        text=SheetText(needs_warnings=True, warnings={"de": "Marke", "en": "Brand"}),
    )
    mine = Sheet(text=SheetText(warnings={"de": "Eigen"}))
    held = compliance.merged(mine, theirs).text
    assert (held.warnings, held.needs_warnings) == ({"de": "Eigen", "en": "Brand"}, True)
    harmless = Sheet(text=SheetText(needs_warnings=False))
    assert compliance.merged(harmless, theirs).text.warnings == {}


def test_a_warning_is_told_in_the_best_language_there_is() -> None:
    texts = {"de": "D", "fr-CH": "F"}
    assert compliance.told(texts, ["de-AT", "de", "en"]) == ("de", "D")
    assert compliance.told(texts, ["fr", "en"]) == ("fr-CH", "F")
    assert compliance.told(texts, ["en"]) == ("de", "D")
    assert compliance.told({}, ["en"]) is None


@given(
    st.sampled_from([None, BERLIN, LEEDS]),
    st.sampled_from([None, BERLIN, LEEDS]),
    st.booleans(),
    st.sampled_from([None, True, False]),
    st.sets(st.sampled_from(["de", "fr", "en"])),
)
def test_more_said_never_means_more_missing(
    maker: PartyFields | None,
    person: PartyFields | None,
    pictured: bool,
    needs: bool | None,
    locales: set[str],
) -> None:
    market = Market(countries={c: languages_of(c) for c in ("DE", "FR")})
    said = {} if needs is False else dict.fromkeys(locales, "x")
    found = facts(SheetText(needs_warnings=needs, warnings=said), maker, person, pictured=pictured)
    before = len(compliance.may_publish(found, market))
    further = said if needs is False else said | {"fr": "y"}
    more_told = SheetText(needs_warnings=needs, warnings=further)
    for more in (
        facts(found.sheet.text, maker, BERLIN, pictured=pictured),
        facts(found.sheet.text, maker, person, pictured=True),
        facts(more_told, maker, person, pictured=pictured),
    ):
        assert len(compliance.may_publish(more, market)) <= before
