"""EasyPost: what is asked, what its answers mean, and that measures and amounts are exact.

The server here refuses what the real one was not seen to take (`easypost.json`, which
`tools/check_easypost.py` compares with recorded exchanges).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.adapters.shipping import open_carriers
from argosy.adapters.shipping.easypost import (
    GRAMS_PER_OUNCE,
    MILLIMETRES_PER_INCH,
    PATH,
    EasyPost,
    minor_units,
    tenths,
)
from argosy.kernel.address import Address
from argosy.modules.shipping import (
    LiveRate,
    Rated,
    RateParcel,
    RateQuestion,
    RateRefused,
    RateSilent,
)
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Limits, Provider
from argosy.runtime.settings import load_settings

SHAPES: dict[str, Any] = json.loads((Path(__file__).parent / "easypost.json").read_text("utf-8"))
QUICK = Limits(
    deadline_s=1.0, read_s=0.5, tries=2, first_pause_s=0.001, breaker=BreakerRules(pause_s=60)
)
QUESTION = RateQuestion(
    carrier="easypost",
    origin=Address(country="US", region="CA", postal_code="94107", city="San Francisco"),
    destination=Address(country="US", region="CA", postal_code="90277", city="Redondo Beach"),
    parcels=(
        RateParcel(weight_g=436, sides_mm=(254, 203, 101), count=2),
        RateParcel(weight_g=100),
    ),
    currency="USD",
)


def rate(service: str, amount: str, *, days: int | None = 2, **more: Any) -> dict[str, Any]:
    quoted = {"carrier": "USPS", "service": service, "rate": amount, "currency": "USD"}
    return quoted | {"delivery_days": days, "retail_rate": "99.00"} | more


def rates(*found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"rates": list(found), "messages": [], "parcel": {}} | more


def fits(value: Any, shape: Any) -> None:
    """Whether a body has only known fields, of the known types."""
    if isinstance(shape, dict):
        assert isinstance(value, dict)
        assert set(value) <= set(shape), set(value) - set(shape)
        for name, part in value.items():
            fits(part, shape[name])
    else:
        kinds = {"string": str, "number": (int, Decimal)}
        assert isinstance(value, kinds[shape]), value


def carrier(reply: Callable[[Any], httpx.Response]) -> tuple[EasyPost, list[Any]]:
    sent: list[Any] = []

    def serve(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", SHAPES["path"])
        body = json.loads(request.content, parse_float=Decimal)
        fits(body, SHAPES["request"])
        sent.append(body)
        return reply(body)

    transport = httpx.MockTransport(serve)
    provider = Provider("easypost", "https://easypost.test", limits=QUICK, transport=transport)
    return EasyPost(provider), sent


async def test_K1_each_kind_of_parcel_is_asked_for_once_and_services_are_added_up() -> None:
    def reply(body: Any) -> httpx.Response:
        heavy = body["shipment"]["parcel"]["weight"] > 10
        if heavy:
            return httpx.Response(
                200, json=rates(rate("Ground", "6.07", days=3), rate("Priority", "7.42"))
            )
        return httpx.Response(200, json=rates(rate("Ground", "4.001"), rate("Express", "34.15")))

    easypost, sent = carrier(reply)
    assert await easypost.rates(QUESTION) == Rated(
        rates=(
            # Two of 6.07 and one of 4.001, whose tenth of a cent counts as a cent.
            LiveRate(service="USPS/Ground", amount_minor=2 * 607 + 401, transit_days=3),
        )
    )
    assert [each["shipment"]["parcel"] for each in sent] == [
        # 436 g are 15.379 oz, 203 mm are 7.992 in: rounded up to one place.
        {"weight": Decimal("15.4"), "length": Decimal("10.0"), "width": Decimal("8.0"),
         "height": Decimal("4.0")},
        {"weight": Decimal("3.6")},
    ]  # fmt: skip
    assert sent[0]["shipment"]["to_address"] == {
        "city": "Redondo Beach", "state": "CA", "zip": "90277", "country": "US",
    }  # fmt: skip


@given(st.integers(1, 10**9), st.sampled_from([GRAMS_PER_OUNCE, MILLIMETRES_PER_INCH]))
def test_measures_are_the_least_tenth_that_is_not_less(measure: int, per_unit: Fraction) -> None:
    told = Fraction(bytes(tenths(measure, per_unit)).decode())
    assert told >= measure / per_unit > told - Fraction(1, 10)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("34.15", "USD", 3415), ("0.1", "USD", 10), ("6.001", "USD", 601), ("1200.00", "JPY", 1200),
     ("1.234", "KWD", 1234), ("0", "EUR", 0)],
)  # fmt: skip
def test_A1_decimal_text_becomes_minor_units_exactly(
    amount: str, currency: str, minor: int
) -> None:
    assert minor_units(Decimal(amount), currency) == minor


MALFORMED = RateSilent(reason="malformed_answer")


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (200, rates(), Rated(rates=())),
        (200, rates(messages=[{"carrier": "UPS", "type": "rate_error", "message": "?"}]),
         RateRefused(reason="carriers_gave_no_rate")),
        (200, rates(rate("Ground", "6.07", currency="CAD")), RateSilent(reason="other_currency")),
        (200, rates(rate("Ground", "NaN")), MALFORMED),
        (200, rates(rate("Ground", "-1")), MALFORMED),
        (200, rates(rate("Ground", "6.07", currency="???")), MALFORMED),
        (200, {"rates": 1}, MALFORMED),
        (200, "<html>", MALFORMED),
        (422, {"error": {"code": "ADDRESS.VERIFY.FAILURE"}},
         RateRefused(reason="ADDRESS.VERIFY.FAILURE")),
        (404, "gone", RateRefused(reason="unspecified")),
        (401, {"error": {"code": "APIKEY.INACTIVE"}}, RateSilent(reason="carrier_refused_our_key")),
        (500, {}, RateSilent(reason="server_error")),
    ],
)  # fmt: skip
async def test_K2_whatever_is_no_price_is_no_price(status: int, body: Any, meaning: Any) -> None:
    easypost, _ = carrier(lambda _: httpx.Response(status, json=body))
    assert await easypost.rates(QUESTION) == meaning


async def test_K2_one_parcel_without_an_answer_is_a_purchase_without_a_price() -> None:
    calls = 0

    def reply(_: Any) -> httpx.Response:
        nonlocal calls
        calls += 1
        return httpx.Response(200 if calls == 1 else 503, json=rates(rate("Ground", "6.07")))

    easypost, _ = carrier(reply)
    assert isinstance(await easypost.rates(QUESTION), RateSilent)


async def test_the_breaker_of_a_carrier_that_is_down_spares_it_and_us() -> None:
    easypost, sent = carrier(lambda _: httpx.Response(503))
    for _ in range(20):
        await easypost.rates(QUESTION)
    before = len(sent)
    assert await easypost.rates(QUESTION) == RateSilent(reason="breaker_open")
    assert len(sent) == before < 40


async def test_the_carrier_is_there_if_the_settings_say_so_and_its_key_is_masked() -> None:
    async with open_carriers(load_settings()) as none:
        assert none == {}
    settings = load_settings(easypost_url="https://easypost.test", easypost_api_key="EZTK-secret")
    async with open_carriers(settings) as found:
        assert list(found) == ["easypost"]
    assert "EZTK-secret" not in repr(settings)
    assert SHAPES["path"] == PATH
