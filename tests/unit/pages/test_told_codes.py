"""Codes that explanations, searches and refusals tell have words in both languages: all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from argosy.adapters.search.analysing import FIELDS
from argosy.kernel.errors import Invalid, NotFound
from argosy.modules.pricing import PriceListChanged
from argosy.modules.quote.types import conditions, verdicts
from argosy.modules.search import How, Reward
from argosy.modules.staff import Forbidden, Role
from argosy.web.admin import refusals, role_words, told_codes
from argosy.web.pages.wording import words

RULES = Path("src/argosy/modules/quote/rules")
GERMAN = words("de").gettext


def german(text: str) -> str:
    return GERMAN(text)


@pytest.mark.parametrize(
    ("known", "codes"),
    [
        (told_codes.OUTCOMES, get_args(verdicts.Outcome)),
        (told_codes.VERDICTS, get_args(verdicts.VerdictCode)),
        (told_codes.CUTS, get_args(verdicts.Cut)),
        (told_codes.SHORT, get_args(verdicts.Measure)),
        (told_codes.REWARDS, get_args(Reward)),
        (told_codes.HOW, get_args(How)),
        (told_codes.PLACES, FIELDS),
    ],
    ids=["outcomes", "verdicts", "cuts", "measures", "rewards", "ways", "places"],
)
def test_every_code_has_words_in_both_languages(known: dict[str, str], codes: Any) -> None:
    assert set(codes) == known.keys()
    unsaid = {code for code, text in known.items() if german(text) == text}
    assert not unsaid, unsaid


def test_the_state_of_things_is_no_state_of_a_country_in_german() -> None:
    """One English word stood for both: the lists of the back office said "Bundesstaat"."""
    assert german("State") == "Zustand"
    assert german("State or territory") == "Bundesstaat"
    said = Path("src/argosy/web/templates/storefront/_address.html").read_text()
    assert '_("State or territory")' in said
    assert '_("State")' not in said


def test_what_a_promotion_lacks_has_words() -> None:
    tags = {
        str(one.__struct_config__.tag)
        for one in vars(conditions).values()
        if getattr(one, "__module__", "") == conditions.__name__
        and hasattr(one, "__struct_config__")
    }
    assert {"cart_amount", "coupon", "none"} <= tags
    for code in (*tags, "budget", "buy_get", "set_price", "tiered"):
        text = told_codes.missing_words(code)
        assert text != code, code
        assert german(text) != text or text == "Budget", code


def test_every_step_of_a_quote_has_words() -> None:
    found = set()
    for path in RULES.glob("*.py"):
        for step in re.findall(r"Step\((?:[^()]|\([^()]*\))*", path.read_text()):
            found |= set(re.findall(r'code=f?"([^"]+)"', step))
    assert len(found) > 12
    ways = {
        "{discount.target}": ["line", "order", "shipping"],
        "{policy.tax_rounding}": ["unit", "line", "rate", "order"],
    }
    for code in found:
        place = next((one for one in ways if one in code), "")
        for way in ways.get(place, [""]):
            said = told_codes.STEPS[code.replace(place, way) if place else code]
            assert german(said) != said, code


def test_every_code_of_a_problem_is_told_in_german_with_the_english_marked() -> None:
    known = Path("tests/tidy/error_codes.txt").read_text().split("\n")
    codes = [line.split()[0] for line in known if line]
    assert len(codes) > 400
    for code in codes:
        for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503):
            text = refusals.kind_of(code, status)
            assert german(text) != text, (code, status)
    lost = NotFound("There is no such lamp.", cure="Look again.")
    assert refusals.told(lost, str, "en") == ("There is no such lamp.", "Look again.", "")
    changed = PriceListChanged("Somebody else changed it.")
    assert "If-Match" in changed.cure
    for_programs = refusals.told(changed, str, "en")
    assert for_programs == ("Somebody else changed it.", "", ""), "what programs do is not told"
    assert refusals.told(changed, GERMAN, "de").english == "Somebody else changed it."
    told = refusals.told(lost, GERMAN, "de")
    assert told.text == "Das gibt es nicht oder nicht mehr."
    assert told.english == "There is no such lamp. Look again."
    denied = Forbidden("This needs the scope 'orders:write'.", scope="orders:write")
    assert "„Bestellungen: " in refusals.told(denied, GERMAN, "de").text
    own = refusals.InTheirWords("Das ist keine Zahl.")
    assert refusals.told(Invalid(own), GERMAN, "de") == (own, "", "")


def test_what_is_wrong_at_a_field_is_marked_as_english_and_stays_escaped() -> None:
    wrong = refusals.English("<b> is no number.")
    assert refusals.fault_words(wrong, str, "en") == "&lt;b&gt; is no number."
    marked = ' <span lang="en">&lt;b&gt; is no number.</span>'
    assert refusals.fault_words(wrong, GERMAN, "de").endswith(marked)
    assert refusals.fault_words("Das fehlt.", GERMAN, "de") == "Das fehlt."


def test_roles_that_a_shop_begins_with_are_called_in_both_languages() -> None:
    seeded = Path("src/argosy/migrations/sql/0061_staff.sql").read_text()
    named = re.findall(r"^  \('([a-z_]+)', '([^']+)', '([^']+)'", seeded, re.MULTILINE)
    assert {name: (title, about) for name, title, about in named} == role_words.ROLES
    for title, about in role_words.ROLES.values():
        assert german(about) != about
        assert german(title) != title, title
    own = Role(name="owner", title="Chefin", description="Alles.", scopes=frozenset())
    assert role_words.role_texts(own, GERMAN) == ("Chefin", "Alles.")
    assert role_words.role_name("owner", GERMAN) == "Inhaber"
