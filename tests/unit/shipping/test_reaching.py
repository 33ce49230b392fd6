"""Zones of postal codes, regions and countries."""

import pytest

from argosy.modules.shipping import Area
from argosy.modules.shipping.rules.reaching import covers, plain_code, plain_pattern


def area(*codes: str, excluded: tuple[str, ...] = (), country: str = "DE") -> Area:
    return Area(country=country, postal_codes=codes, except_postal_codes=excluded)


@pytest.mark.parametrize(
    ("codes", "postal", "inside"),
    [
        (("10115",), "10115", True),
        (("10115",), "10116", False),
        (("BT*", "IM*"), "bt1 5gs", True),
        (("BT*",), "B1 1AA", False),
        (("80000..87999",), "80331", True),
        (("80000..87999",), "87999-1234", True),
        (("80000..87999",), "88000", False),
        (("80000..87999",), "8000", False),
        (("80000..87999",), "", False),
        ((), "", True),
        ((), "99999", True),
    ],
)
def test_postal_codes_decide(codes: tuple[str, ...], postal: str, inside: bool) -> None:
    assert covers(area(*codes), "DE", "", plain_code(postal)) is inside


def test_exceptions_leave_the_rest_in() -> None:
    mainland = area(excluded=("27498", "18565"))
    assert covers(mainland, "DE", "", "18564")
    assert not covers(mainland, "DE", "", "18565")
    assert covers(mainland, "DE", "", ""), "before the code is known, the rest is assumed"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("10115", "10115"),
        (" bt 1*", "BT1*"),
        ("100-0001", "1000001"),
        ("00001..00099", "00001..00099"),
        ("1..10", None),
        ("20..10", None),
        ("AB1..AB9", None),
        ("*", None),
        ("", None),
        ("10115?", None),
    ],
)
def test_patterns_are_stored_plainly_or_refused(given: str, stored: str | None) -> None:
    assert plain_pattern(given) == stored
