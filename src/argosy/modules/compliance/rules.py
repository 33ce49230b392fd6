"""The rules of the markets as data, and what a product lacks by them (pure).

Sources: Regulation (EU) 2023/988 on general product safety (GPSR), Articles 16 and 19; Regulation
(EU) 2017/1369 on energy labelling, Articles 5 and 6; Regulation (EU) 2024/1781 on ecodesign,
Article 9 (product passports).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from argosy.modules.compliance.errors import SheetInvalid
from argosy.modules.compliance.types import (
    Facts,
    Market,
    Missing,
    PartyFields,
    Rule,
    Sheet,
)

EU: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
_SCALE: Final = ("A+++", "A++", "A+", "A", "B", "C", "D", "E", "F", "G")
_EORI: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{1,15}", re.ASCII)
_GPSR: Final = "Regulation (EU) 2023/988"
_LABEL: Final = "Regulation (EU) 2017/1369"
_ECODESIGN: Final = "Regulation (EU) 2024/1781"

RULES: Final = (
    Rule("manufacturer", "product_safety", "manufacturer", EU, f"{_GPSR}, Article 19(a)"),
    Rule("manufacturer_address", "product_safety", "manufacturer", EU, f"{_GPSR}, Article 19(a)"),
    Rule("responsible_person", "product_safety", "responsible", EU, f"{_GPSR}, Article 19(b)"),
    Rule("picture", "product_safety", "media", EU, f"{_GPSR}, Article 19(c)"),
    Rule("warnings_decided", "product_safety", "needs_warnings", EU, f"{_GPSR}, Article 19(d)"),
    Rule("warnings", "product_safety", "warnings", EU, f"{_GPSR}, Article 19(d)"),
    Rule("energy_class", "energy_label", "energy", EU, f"{_LABEL}, Article 6"),
    Rule("energy_label", "energy_label", "documents", EU, f"{_LABEL}, Article 5"),
    Rule("energy_sheet", "energy_label", "documents", EU, f"{_LABEL}, Article 5"),
    Rule("passport", "product_passport", "passports", EU, f"{_ECODESIGN}, Article 9"),
)


# --- judging ----------------------------------------------------------------------------------


def may_publish(facts: Facts, market: Market) -> list[Missing]:
    """What the product lacks for the market, by rule; nothing: it may be shown."""
    return [
        missing
        for rule in RULES
        if applies(rule, facts, market)
        for missing in _CHECKS[rule.code](rule, facts, market)
    ]


def applies(rule: Rule, facts: Facts, market: Market) -> bool:
    """Whether the rule holds somewhere in the market, for such a product."""
    if rule.area == "energy_label" and not (facts.labelled or facts.sheet.text.energy):
        return False
    if rule.area == "product_passport" and not facts.needs_passport:
        return False
    return rule.area not in facts.sheet.text.exempt and not rule.countries.isdisjoint(
        market.countries
    )


def _lacks(rule: Rule, lacking: bool) -> Iterator[Missing]:
    if lacking:
        yield Missing(rule=rule.code, field=rule.field, source=rule.source)


def _manufacturer(rule: Rule, facts: Facts, _market: Market) -> Iterator[Missing]:
    return _lacks(rule, facts.manufacturer is None)


def _reachable(rule: Rule, facts: Facts, _market: Market) -> Iterator[Missing]:
    maker = facts.manufacturer
    return _lacks(rule, maker is not None and not _can_be_reached(maker))


def _responsible(rule: Rule, facts: Facts, _market: Market) -> Iterator[Missing]:
    maker, person = facts.manufacturer, facts.responsible
    if maker is None or maker.country in EU:
        return _lacks(rule, False)
    # The responsible person is one established in the Union (GPSR, Article 16).
    return _lacks(rule, person is None or person.country not in EU or not _can_be_reached(person))


def _picture(rule: Rule, facts: Facts, _market: Market) -> Iterator[Missing]:
    return _lacks(rule, not facts.pictured)


def _decided(rule: Rule, facts: Facts, _market: Market) -> Iterator[Missing]:
    return _lacks(rule, facts.sheet.text.needs_warnings is None)


def _warnings(rule: Rule, facts: Facts, market: Market) -> Iterator[Missing]:
    if not facts.sheet.text.needs_warnings:
        return
    have = {_language(locale) for locale in facts.sheet.text.warnings}
    for country, languages in sorted(market.countries.items()):
        if country in rule.countries and have.isdisjoint(languages):
            said = ", ".join(sorted(languages))
            yield Missing(
                rule=rule.code, field=rule.field, source=rule.source, country=country, language=said
            )
    for language in market.languages:
        if _language(language) not in have:
            yield Missing(rule=rule.code, field=rule.field, source=rule.source, language=language)


def _energy_class(rule: Rule, facts: Facts, _market: Market) -> Iterator[Missing]:
    return _lacks(rule, facts.sheet.text.energy is None)


def _energy_file(rule: Rule, facts: Facts, _market: Market) -> Iterator[Missing]:
    return _lacks(rule, all(one.role != rule.code for one in facts.sheet.text.documents))


def _passport(rule: Rule, facts: Facts, _market: Market) -> Iterator[Missing]:
    return _lacks(rule, not facts.passported)


_CHECKS: Final[Mapping[str, Callable[[Rule, Facts, Market], Iterator[Missing]]]] = {
    "manufacturer": _manufacturer,
    "manufacturer_address": _reachable,
    "responsible_person": _responsible,
    "picture": _picture,
    "warnings_decided": _decided,
    "warnings": _warnings,
    "energy_class": _energy_class,
    "energy_label": _energy_file,
    "energy_sheet": _energy_file,
    "passport": _passport,
}


def _can_be_reached(party: PartyFields) -> bool:
    return bool(party.street and party.city and (party.email or party.website))


def _language(locale: str) -> str:
    return locale.partition("-")[0]


# --- sheets -----------------------------------------------------------------------------------


def merged(own: Sheet | None, brand: Sheet | None) -> Sheet:
    """What holds for a product: what it says itself, else what its brand says. Warnings are taken
    by locale, documents by role and locale; an energy label and passports are never a brand's.
    """
    mine, theirs = own or Sheet(), brand or Sheet()
    held = {(one.role, one.locale) for one in mine.text.documents}
    decided = mine.text.needs_warnings
    text = msgspec.structs.replace(
        mine.text,
        warnings={} if decided is False else theirs.text.warnings | mine.text.warnings,
        needs_warnings=theirs.text.needs_warnings if decided is None else decided,
        documents=mine.text.documents
        + tuple(one for one in theirs.text.documents if (one.role, one.locale) not in held),
        exempt=theirs.text.exempt | mine.text.exempt,
    )
    return Sheet(
        manufacturer_id=mine.manufacturer_id or theirs.manufacturer_id,
        responsible_id=mine.responsible_id or theirs.responsible_id,
        text=text,
        version=mine.version,
    )


def told(texts: Mapping[str, str], chain: Sequence[str]) -> tuple[str, str] | None:
    """A text in the first locale of the chain that there is, as (locale, text). A warning in a
    language that nobody asked for is better than none, so the last resort is any.
    """
    for wanted in chain:
        if wanted in texts:
            return wanted, texts[wanted]
    spoken = [_language(wanted) for wanted in chain]
    alike = [at for at in sorted(texts) if _language(at) in spoken]
    for at in sorted(alike, key=lambda one: spoken.index(_language(one))) or sorted(texts):
        return at, texts[at]
    return None


def check_sheet(sheet: Sheet) -> None:
    """Raise SheetInvalid for what contradicts itself."""
    text = sheet.text
    if text.warnings and text.needs_warnings is False:
        raise SheetInvalid("There are warnings, so they are needed.", field="needs_warnings")
    label = text.energy
    if label is not None:
        best, at, worst = (_SCALE.index(one) for one in (label.best, label.class_, label.worst))
        if not best <= at <= worst:
            message = f"{label.class_} is not between {label.best} and {label.worst}."
            raise SheetInvalid(message, field="energy.class")
    listed = [(one.role, one.locale, one.key) for one in text.documents]
    if len(listed) != len(set(listed)):
        raise SheetInvalid("A document is listed twice.", field="documents")
    named = [one.sku and one.sku.strip().lower() for one in text.passports]
    if len(named) != len(set(named)):
        raise SheetInvalid("A variant has one passport.", field="passports")


def check_party(party: PartyFields) -> None:
    """Raise SheetInvalid for a web address that is none."""
    if party.website and not party.website.startswith(("https://", "http://")):
        raise SheetInvalid("A web address begins with https://.", field="website")
    if party.email and "@" not in party.email.strip("@"):
        raise SheetInvalid("This is no e-mail address.", field="email")
    if party.eori and not _EORI.fullmatch(party.eori):
        message = "An EORI number is a country and up to 15 letters and digits, as in DE1234567."
        raise SheetInvalid(message, field="eori")
