"""By which terms goods come into the EU for a sale: DOMAIN.md B18, A15."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from argosy.kernel.address import Address
from argosy.modules.tax import EuroRate, SetTaxPolicy, TaxPolicy, TaxPolicyInvalid, import_terms
from argosy.modules.tax.rules.importing import check_import

NUMBER = "IM2760000001"
FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)
RATES = (
    EuroRate(as_of=FRIDAY, rate=Decimal("0.9312"), source="ECB"),
    EuroRate(as_of=date(2026, 11, 19), rate=Decimal("0.93"), source="ECB"),
)


def terms(country: str = "DE", currency: str = "EUR", day: date = SATURDAY, **policy: Any) -> Any:
    settings = {"seller_country": "CH", "ioss_number": NUMBER} | policy
    return import_terms(TaxPolicy(**settings), RATES, country=country, currency=currency, day=day)


def test_B18_150_euros_is_the_limit_of_consignments_from_outside_the_eu() -> None:
    found = terms()
    assert (found.number, found.dispatched_from, found.limit_minor) == (NUMBER, "CH", 15_000)
    assert found.euro_rate is None


@pytest.mark.parametrize(
    ("country", "policy"),
    [
        ("CH", {}),  # not into the EU
        ("DE", {"ioss_number": ""}),
        ("DE", {"seller_country": "FR"}),  # from within
        ("DE", {"origin": Address(country="NL")}),  # a stock in the EU goes before the seller
    ],
)
def test_B18_other_sales_are_no_such_imports(country: str, policy: dict[str, Any]) -> None:
    assert terms(country, **policy) is None


def test_B18_goods_of_a_seller_in_the_eu_may_come_from_outside() -> None:
    assert terms(seller_country="FR", origin=Address(country="CN")).dispatched_from == "CN"


@pytest.mark.parametrize(
    ("day", "rate", "limit"),
    [
        (SATURDAY, RATES[0], 13_968),  # no rate of a Saturday: that of Friday
        (FRIDAY, RATES[0], 13_968),
        (date(2026, 11, 19), RATES[1], 13_950),
        (date(2026, 11, 1), RATES[1], 13_950),  # older than all that is kept
    ],
)
def test_B18_A15_other_currencies_go_by_the_last_rate_of_the_day(
    day: date, rate: EuroRate, limit: int
) -> None:
    found = terms(currency="CHF", day=day)
    assert (found.euro_rate, found.limit_minor) == (rate, limit)


def test_B18_A1_the_limit_is_in_the_minor_units_of_the_currency() -> None:
    yen = (EuroRate(as_of=FRIDAY, rate=Decimal("182.55"), source="ECB"),)
    policy = TaxPolicy(seller_country="JP", ioss_number=NUMBER)
    found = import_terms(policy, yen, country="DE", currency="JPY", day=FRIDAY)
    assert found is not None
    assert found.limit_minor == 27_382


@pytest.mark.parametrize(
    ("settings", "currency", "field"),
    [
        ({"ioss_number": "DE123"}, "EUR", "ioss_number"),
        ({"ioss_number": NUMBER, "seller_country": "DE"}, "EUR", "seller_country"),
        ({"ioss_number": NUMBER, "seller_country": ""}, "EUR", "seller_country"),
        ({"ioss_number": NUMBER, "origin": Address(country="FR")}, "EUR", "origin"),
        ({"ioss_number": NUMBER}, "USD", "ioss_number"),
        ({"excise_classes": ("Wine!",)}, "EUR", "excise_classes"),
    ],
)
def test_B18_a_policy_that_cannot_be_applied_is_refused(
    settings: dict[str, Any], currency: str, field: str
) -> None:
    with pytest.raises(TaxPolicyInvalid) as refused:
        check_import(SetTaxPolicy(**{"seller_country": "CH"} | settings), currency, ())
    assert refused.value.field == field
    fine = SetTaxPolicy(seller_country="CH", ioss_number=NUMBER, excise_classes=("wine",))
    check_import(fine, "USD", RATES)
