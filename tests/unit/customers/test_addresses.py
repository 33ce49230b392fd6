"""Addresses of many countries: what is accepted, in which form, and what is said of the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.address import Address
from argosy.modules.customers import AddressInvalid, PhoneInvalid, check_address, check_phone
from argosy.modules.customers.rules import country_rules


def an_address(**given: str) -> Address:
    known = {"name": "Ann Lee", "line1": "1 Main Street", "city": "Springfield"}
    return Address(**(known | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "region", "postal_code"),
    [
        (an_address(country="us", region="california", postal_code="95014"), "CA", "95014"),
        (an_address(country="US", region="ny", postal_code="100010001"), "NY", "10001-0001"),
        (an_address(country="GB", postal_code="sw1a1aa"), "", "SW1A 1AA"),
        (an_address(country="GB", postal_code="m1 1ae"), "", "M1 1AE"),
        (an_address(country="CA", region="Ontario", postal_code="k1a0b1"), "ON", "K1A 0B1"),
        (an_address(country="NL", postal_code="1012ab"), "", "1012 AB"),
        (an_address(country="PL", postal_code="00950"), "", "00-950"),
        (an_address(country="PT", postal_code="1000205"), "", "1000-205"),
        (an_address(country="SE", postal_code="SE-114 55"), "", "11455"),
        (an_address(country="CH", postal_code="CH-8001"), "", "8001"),
        (an_address(country="LU", postal_code="L-1009"), "", "1009"),
        (an_address(country="LV", postal_code="1073"), "", "LV-1073"),
        (an_address(country="DE", postal_code="10115", region="Berlin"), "Berlin", "10115"),
        (an_address(country="FR", postal_code="75 001"), "", "75001"),
        (an_address(country="IT", region="milano", postal_code="20121"), "MI", "20121"),
        (an_address(country="ES", region="Barcelona", postal_code="08001"), "B", "08001"),
        (
            an_address(country="JP", region="Tokyo", postal_code="1540023", city=""),
            "東京都",
            "154-0023",
        ),
        (an_address(country="BR", region="São Paulo", postal_code="01310100"), "SP", "01310-100"),
        (an_address(country="AU", region="Victoria", postal_code="3171"), "VIC", "3171"),
        (an_address(country="IE", postal_code="a65f4e2"), "", "A65 F4E2"),
        (an_address(country="IE"), "", ""),
        (an_address(country="HK", region="kowloon", postal_code="00000"), "Kowloon", ""),
    ],
    ids=lambda value: value.country if isinstance(value, Address) else "",
)
def test_an_address_gets_the_writing_of_its_country(
    typed: Address, region: str, postal_code: str
) -> None:
    checked = check_address(typed)
    assert (checked.region, checked.postal_code) == (region, postal_code)
    assert checked.country == typed.country.upper()
    assert check_address(checked) == checked


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        (an_address(country="US"), {"region", "postal_code"}),
        (an_address(country="US", region="XX", postal_code="95014"), {"region"}),
        (an_address(country="US", region="CA", postal_code="10001"), {"postal_code"}),
        (an_address(country="US", region="CA", postal_code="9501"), {"postal_code"}),
        (an_address(country="GB", postal_code="SW1A 1AAX"), {"postal_code"}),
        (an_address(country="DE", postal_code="1011", city=""), {"postal_code", "city"}),
        (an_address(country="CA", region="ON", postal_code="V8X 3X4"), {"postal_code"}),
        (an_address(country="CA", region="BC", postal_code="8X3X4"), {"postal_code"}),
        (an_address(country="ZZ"), {"country"}),
        (an_address(country=""), {"country"}),
        (an_address(country="XX"), {"country"}),
        (an_address(country="../.."), {"country"}),
        (an_address(country="FR", postal_code="75001", name=""), {"name"}),
        (an_address(country="FR", postal_code="75001", line1="  "), {"line1"}),
        (an_address(country="FR", postal_code="75001", phone="12"), {"phone"}),
        (an_address(country="FR", postal_code="75001", line2="x" * 201), {"line2"}),
        (an_address(country="FR", postal_code="75001", company="a\x00b"), {"company"}),
        (an_address(country="FR", postal_code="\ud800"), {"postal_code"}),
    ],
)
def test_every_wrong_field_is_named_at_once(typed: Address, fields: set[str]) -> None:
    with pytest.raises(AddressInvalid) as refused:
        check_address(typed, field="shipping_address")
    errors = refused.value.details["errors"]
    assert isinstance(errors, list)
    assert {e["field"] for e in errors} == {f"shipping_address.{f}" for f in fields}
    assert all(e["message"] for e in errors)
    assert refused.value.field in {e["field"] for e in errors}


def test_the_cure_is_an_example_of_that_country() -> None:
    with pytest.raises(AddressInvalid) as refused:
        check_address(an_address(country="NL", postal_code="12345"))
    assert "1234 AB" in str(refused.value.cure)


def test_a_company_is_enough_of_a_name() -> None:
    checked = check_address(
        an_address(country="AT", postal_code="1010", name="", company="Argo  GmbH")
    )
    assert checked.company == "Argo GmbH"


def test_a_telephone_number_is_read_in_the_country_of_the_address() -> None:
    checked = check_address(an_address(country="DE", postal_code="10115", phone="030 123456"))
    assert checked.phone == "+4930123456"
    assert check_phone("+44 20 7946 0958") == "+442079460958"
    assert check_phone("") == ""
    with pytest.raises(PhoneInvalid):
        check_phone("030 123456")  # without a country there is nothing to read it by


def test_every_country_accepts_its_own_examples() -> None:
    letters = [chr(65 + n) for n in range(26)]
    countries = [a + b for a in letters for b in letters if country_rules(a + b)]
    assert len(countries) > 240
    for country in countries:
        for example in country_rules(country).examples:  # type: ignore[union-attr]
            wrong = _problems(an_address(country=country, postal_code=example))
            assert "postal_code" not in wrong, (country, example)


def _problems(address: Address) -> set[str]:
    try:
        check_address(address)
    except AddressInvalid as refused:
        return {e["field"] for e in refused.details["errors"]}  # type: ignore[attr-defined]
    return set()


fields = st.text(max_size=30)


@given(
    country=st.sampled_from(["US", "DE", "JP", "GB", "AE", "IE", "KR", "CN", "BR", "LV", "NL"]),
    region=st.one_of(fields, st.sampled_from(["CA", "Tokyo", "dubai", "SP"])),
    postal_code=st.one_of(fields, st.from_regex(r"[A-Z0-9 -]{3,9}", fullmatch=True)),
    name=fields,
    city=fields,
    line1=fields,
    phone=st.one_of(fields, st.just("+4930123456")),
)
def test_checking_either_refuses_or_is_stable(**given: str) -> None:
    try:
        once = check_address(Address(**given))  # type: ignore[arg-type]
    except AddressInvalid:
        return
    assert check_address(once) == once
