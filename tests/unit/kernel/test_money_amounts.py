"""Money as a value: DOMAIN.md A1, A2, A11-A15."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.denomination import Denomination, NotRepresentable
from argosy.kernel.exchange import (
    ExchangeRate,
    RateMissing,
    exchange_difference,
    most_recent_on_or_before,
)
from argosy.kernel.iso4217 import EXPONENTS
from argosy.kernel.money import (
    Coins,
    CurrencyMismatch,
    InexactAmount,
    Money,
    UnknownCurrency,
    cash_rounding,
    coins,
    exponent,
)

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
MINORS = st.integers(-(10**15), 10**15)

# What the provider's documentation says, as an adapter would declare it.
STRIPE = Denomination(
    exponents={"ISK": 2, "UGX": 2}, steps={"ISK": 100, "UGX": 100, "BHD": 10, "KWD": 10}
)
STRIPE_PAYOUT = Denomination(steps={"HUF": 100, "TWD": 100})
ADYEN = Denomination(exponents={"CLP": 2, "CVE": 0, "IDR": 0, "ISK": 2})


@pytest.mark.parametrize(
    ("places", "codes"),
    [
        (0, "JPY KRW VND CLP XAF XOF XPF RWF PYG ISK UGX"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
        (2, "USD EUR GBP CHF SEK HUF TWD IDR CVE"),
    ],
)
def test_A1_exponents_of_iso_4217(places: int, codes: str) -> None:
    assert {code: exponent(code) for code in codes.split()} == dict.fromkeys(codes.split(), places)


def test_A1_a_dinar_has_a_thousand_fils() -> None:
    assert Money.from_decimal(Decimal("1.234"), "KWD") == Money(1234, "KWD")
    assert str(Money(1234, "KWD")) == "1.234 KWD"
    assert str(Money(80, "JPY")) == "80 JPY"
    assert str(Money(-5, "EUR")) == "-0.05 EUR"


@pytest.mark.parametrize("code", ["XAU", "XTS", "usd", "DEM", "", "ZZZ"])
def test_A1_codes_without_minor_unit_are_no_currency(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, code)
    with pytest.raises(UnknownCurrency):
        exponent(code)


@pytest.mark.parametrize("text", ["0.001", "19.999", "NaN", "Infinity"])
def test_A1_an_inexact_amount_is_refused(text: str) -> None:
    with pytest.raises(InexactAmount):
        Money.from_decimal(Decimal(text), "USD")


@given(MINORS, CURRENCIES)
def test_A1_decimal_round_trip(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert Money.from_decimal(amount.to_decimal(), currency) == amount


@pytest.mark.parametrize(
    ("provider", "amount", "wire"),
    [
        (STRIPE, Money(80, "JPY"), 80),  # sent as 8000 it was a hundredfold charge
        (STRIPE, Money(1999, "USD"), 1999),
        (STRIPE, Money(5, "ISK"), 500),
        (STRIPE, Money(1200, "UGX"), 120000),
        (STRIPE, Money(1230, "KWD"), 1230),
        (STRIPE_PAYOUT, Money(10000, "HUF"), 10000),
        (ADYEN, Money(1000, "CLP"), 100000),
        (ADYEN, Money(150000, "IDR"), 1500),
        (ADYEN, Money(2300, "CVE"), 23),
        (ADYEN, Money(10, "ISK"), 1000),
        (ADYEN, Money(80, "JPY"), 80),
    ],
)
def test_A2_providers_deviate_by_their_own_table(
    provider: Denomination, amount: Money, wire: int
) -> None:
    assert provider.to_wire(amount) == wire
    assert provider.from_wire(wire, amount.currency) == amount


@pytest.mark.parametrize(
    ("provider", "amount"),
    [
        (STRIPE, Money(1234, "KWD")),
        (STRIPE_PAYOUT, Money(10050, "HUF")),
        (STRIPE_PAYOUT, Money(199, "TWD")),
        (ADYEN, Money(150001, "IDR")),
    ],
)
def test_A2_what_the_provider_cannot_write_is_refused(
    provider: Denomination, amount: Money
) -> None:
    with pytest.raises(NotRepresentable):
        provider.to_wire(amount)


def test_A2_a_provider_amount_finer_than_ours_is_refused() -> None:
    with pytest.raises(NotRepresentable):
        ADYEN.from_wire(150, "ISK")


@pytest.mark.parametrize(
    ("total", "line"),
    [
        (Money(1002, "CHF"), -2),
        (Money(1003, "CHF"), 2),
        (Money(1050, "SEK"), 50),
        (Money(1024, "DKK"), -24),
        (Money(1025, "DKK"), 25),
        (Money(-1003, "CAD"), -2),
        (Money(1002, "EUR"), 0),
    ],
)
def test_A11_cash_rounding_is_a_line_of_its_own(total: Money, line: int) -> None:
    assert cash_rounding(total) == Money(line, total.currency)


def test_A11_cash_step_may_be_given() -> None:
    assert cash_rounding(Money(1002, "EUR"), 5) == Money(-2, "EUR")


def test_A12_json_carries_integers_of_64_bits() -> None:
    amount = Money(30_000_000_000, "VND")
    wire = b'{"minor":30000000000,"currency":"VND"}'
    assert msgspec.json.encode(amount) == wire
    assert msgspec.json.decode(wire, type=Money) == amount


@pytest.mark.parametrize("minor", ["1.0", "19.99", '"1999"', "true", "null", "9223372036854775808"])
def test_A12_json_floats_and_overflows_are_refused(minor: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"minor":{minor},"currency":"USD"}}'.encode(), type=Money)


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1), None])
def test_A12_minor_units_are_an_int_at_runtime_too(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "USD")  # type: ignore[arg-type]


def test_A13_currencies_do_not_mix() -> None:
    euro, dollar = Money(0, "EUR"), Money(0, "USD")
    assert euro != dollar
    assert hash(euro) == hash(Money(0, "EUR"))
    for operation in ("__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"):
        with pytest.raises(CurrencyMismatch):
            getattr(euro, operation)(dollar)


def test_A13_money_meets_only_money_and_integers() -> None:
    euro = Money(10, "EUR")
    for wrong in (1, 1.0, Decimal(1), "1"):
        with pytest.raises(TypeError):
            euro + wrong  # type: ignore[operator]
    for wrong in (1.5, Decimal(2), True):
        with pytest.raises(TypeError):
            euro * wrong  # type: ignore[operator]
    with pytest.raises(TypeError):
        euro / 2  # type: ignore[operator]


@given(MINORS, MINORS, st.integers(-1000, 1000), CURRENCIES)
def test_A13_arithmetic_is_that_of_integers(a: int, b: int, times: int, currency: str) -> None:
    left, right = Money(a, currency), Money(b, currency)
    assert left + right - right == left
    assert -left + left == Money.zero(currency)
    assert (left * times).minor == a * times == (times * left).minor
    assert (left < right, left <= right, left > right, left >= right) == (
        a < b,
        a <= b,
        a > b,
        a >= b,
    )
    assert bool(left) == (a != 0)
    assert abs(left).minor == abs(a)


def rate(value: str, day: date, quote: str = "USD") -> ExchangeRate:
    return ExchangeRate(base="EUR", quote=quote, rate=Decimal(value), source="ECB", as_of=day)


def test_A14_a_refund_at_another_rate_shows_its_difference() -> None:
    bought, refunded = rate("1.10", date(2026, 3, 2)), rate("1.20", date(2026, 4, 1))
    paid = Money(10_00, "EUR")
    assert bought.convert(paid) == Money(11_00, "USD")
    assert exchange_difference(paid, bought, refunded) == Money(1_00, "USD")


def test_A14_conversion_knows_both_exponents() -> None:
    assert rate("161.27", date(2026, 3, 2), "JPY").convert(Money(1050, "EUR")) == Money(1693, "JPY")
    assert rate("0.33333", date(2026, 3, 2), "KWD").convert(Money(100, "EUR")) == Money(333, "KWD")
    with pytest.raises(CurrencyMismatch):
        rate("1.1", date(2026, 3, 2)).convert(Money(1, "GBP"))


def test_A15_saturday_uses_friday_and_never_monday() -> None:
    friday, monday = rate("1.10", date(2026, 3, 6)), rate("1.20", date(2026, 3, 9))
    assert most_recent_on_or_before([monday, friday], date(2026, 3, 7)) == friday
    assert most_recent_on_or_before([monday, friday], date(2026, 3, 9)) == monday
    with pytest.raises(RateMissing):
        most_recent_on_or_before([monday, friday], date(2026, 3, 5))


def test_coins_are_the_amounts_themselves_and_made_once() -> None:
    euros = coins("EUR")
    assert euros[1999] == Money(1999, "EUR")
    assert euros[1999] is coins("EUR")[1999]
    assert coins("JPY")[80] == Money(80, "JPY")
    with pytest.raises(UnknownCurrency):
        coins("EURO")
    with pytest.raises(ValueError, match="64 bits"):
        euros[2**63]


def test_coins_are_kept_up_to_a_bound() -> None:
    yen = Coins("JPY")
    for minor in range(45_000):
        assert yen[minor].minor == minor
    assert len(yen) <= 20_000
