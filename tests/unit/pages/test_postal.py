"""Addresses as they stand on a parcel, in the order of their country."""

from __future__ import annotations

import pytest

from argosy.kernel.address import Address
from argosy.web.pages.postal import address_lines


@pytest.mark.parametrize(
    ("country", "told", "lines"),
    [
        ("US", "en", ["Ada Lee", "1 Main St", "Flat 2", "Austin, TX 78701", "United States"]),
        ("DE", "de-DE", ["Ada Lee", "1 Main St", "Flat 2", "78701 Austin", "Deutschland"]),
        ("GB", "en", ["Ada Lee", "1 Main St", "Flat 2", "Austin", "78701", "United Kingdom"]),
        ("JP", "en", ["78701", "TX", "1 Main St", "Flat 2", "Ada Lee", "Japan"]),
        ("XX", "en", ["Ada Lee", "1 Main St", "Flat 2", "78701 Austin", "TX", "XX"]),
    ],
)
def test_lines_stand_in_the_order_of_the_country(country: str, told: str, lines: list[str]) -> None:
    address = Address(
        country=country,
        region="TX",
        postal_code="78701",
        city="Austin",
        line1="1 Main St",
        line2="Flat 2",
        name="Ada Lee",
    )
    assert address_lines(address, told) == lines


def test_what_is_not_given_leaves_no_line_and_no_stray_comma() -> None:
    bare = Address(country="US", city="Austin")
    assert address_lines(bare, "en") == ["Austin", "United States"]
    assert address_lines(Address(country="FR"), "fr") == ["France"]
