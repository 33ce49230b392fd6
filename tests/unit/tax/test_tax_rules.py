"""Which zone and which rates: DOMAIN.md B5, B6, B13."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from argosy.modules.tax import Area, Rate, Zone, index_zones, rates_on, zone_at

DAY = date(2026, 3, 1)


def zone(code: str, *areas: Area, rates: tuple[Rate, ...] = (), **more: object) -> Zone:
    settings: dict[str, object] = {"channel_id": None, "priority": 0}
    return Zone(
        id=UUID(int=sum(code.encode())),
        code=code,
        name=code,
        areas=areas,
        rates=rates,
        **(settings | more),  # type: ignore[arg-type]
    )


def rate(code: str, value: str, **more: object) -> Rate:
    settings: dict[str, object] = {"tax_class": "standard"}
    return Rate(
        id=UUID(int=sum(code.encode())),
        code=code,
        name=code,
        jurisdiction="X",
        rate=Decimal(value),
        **(settings | more),  # type: ignore[arg-type]
    )


ZONES = [
    zone("country", Area(country="US")),
    zone("state", Area(country="US", region="CA")),
    zone("city", Area(country="US", region="CA", postal_prefix="900")),
    zone("spain", Area(country="ES")),
    zone("islands", Area(country="ES", postal_prefix="35"), Area(country="ES", postal_prefix="38")),
]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (("US", "NY", "10001"), "country"),
        (("US", "CA", "94105"), "state"),
        (("US", "CA", "90001"), "city"),
        (("US", "CA", ""), "state"),
        (("US", "NY", "90001"), "country"),
        (("ES", "", "28001"), "spain"),
        (("ES", "", " 35 001"), "islands"),
        (("FR", "", "35001"), None),
    ],
)
def test_the_closest_zone_applies(place: tuple[str, str, str], code: str | None) -> None:
    for zones in (ZONES, ZONES[::-1]):
        found = zone_at(index_zones(zones), *place)
        assert (found.code if found else None) == code


def test_a_channels_own_zone_goes_before_a_common_one_then_priority_then_code() -> None:
    germany = Area(country="DE")
    common = zone("a", germany, priority=5)
    own = zone("b", germany, channel_id=UUID(int=9))
    assert zone_at(index_zones([common, own]), "DE", "", "") == own
    assert zone_at(index_zones([zone("x", germany), common]), "DE", "", "") == common
    assert zone_at(index_zones([zone("z", germany), zone("y", germany)]), "DE", "", "") == zone(
        "y", germany
    )


def test_B6_the_rate_of_the_day_applies_from_its_first_to_before_its_last() -> None:
    dated = zone(
        "DE",
        Area(country="DE"),
        rates=(
            rate("vat", "0.16", valid_until=DAY),
            rate("vat", "0.19", valid_from=DAY, valid_until=date(2027, 1, 1)),
        ),
    )
    before, on, after = date(2026, 2, 28), DAY, date(2027, 1, 1)
    assert [r.rate for r in rates_on(dated, "standard", before)[1]] == [Decimal("0.16")]
    assert [r.rate for r in rates_on(dated, "standard", on)[1]] == [Decimal("0.19")]
    assert rates_on(dated, "standard", after)[1] == ()


def test_several_rates_come_in_their_order() -> None:
    state, city = rate("state", "0.06", position=1), rate("city", "0.01", position=2)
    both = zone("CA", Area(country="US"), rates=(city, state))
    assert rates_on(both, "standard", DAY) == ("standard", (state, city))


def test_an_unknown_class_is_taxed_as_standard() -> None:
    standard, books = rate("s", "0.19"), rate("b", "0.07", tax_class="books")
    germany = zone("DE", Area(country="DE"), rates=(standard, books))
    assert rates_on(germany, "books", DAY) == ("books", (books,))
    assert rates_on(germany, "toys", DAY) == ("standard", (standard,))


@pytest.mark.parametrize(
    ("tax_class", "treatment"), [("exempt", "exempt"), ("gift_card", "out_of_scope")]
)
def test_B5_B13_what_is_untaxed_by_nature_says_why(tax_class: str, treatment: str) -> None:
    germany = zone("DE", Area(country="DE"), rates=(rate("s", "0.19"),))
    used, (found,) = rates_on(germany, tax_class, DAY)
    assert (used, found.rate, found.treatment) == (tax_class, 0, treatment)
