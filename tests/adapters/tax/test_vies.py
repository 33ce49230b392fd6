"""VIES: what its answers mean, and that whatever is no answer is silence (B7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from argosy.adapters.tax.vies import Vies
from argosy.modules.tax import RegisterAnswer, read_tax_id
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Limits, Provider

BUYER, SELLER = read_tax_id("FR40303265045"), read_tax_id("DE136695976")
QUICK = Limits(
    deadline_s=1.0, read_s=0.5, tries=2, first_pause_s=0.001, breaker=BreakerRules(pause_s=60)
)


def vies(answer: Callable[[httpx.Request], httpx.Response]) -> Vies:
    transport = httpx.MockTransport(answer)
    return Vies(Provider("vies", "https://vies.test/rest-api", limits=QUICK, transport=transport))


async def said(status: int, body: Any) -> RegisterAnswer:
    register = vies(lambda _: httpx.Response(status, json=body))
    try:
        return await register.check(BUYER, None)
    finally:
        await register.close()


async def test_B7_a_valid_number_comes_with_the_consultation_number() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(
            200,
            json={
                "countryCode": "FR",
                "vatNumber": "40303265045",
                "requestDate": "2026-03-01T12:00:00.000Z",
                "valid": True,
                "requestIdentifier": "WAPIAAAAW1234567",
                "name": "SA SODIMAS",
                "address": "RUE AMPERE\n26800 PONT",
                "traderName": "---",
            },
        )

    register = vies(answer)
    found = await register.check(BUYER, SELLER)
    assert found == RegisterAnswer(
        status="valid",
        request_id="WAPIAAAAW1234567",
        name="SA SODIMAS",
        address="RUE AMPERE 26800 PONT",
    )
    assert str(sent[0].url) == "https://vies.test/rest-api/check-vat-number"
    assert json.loads(sent[0].content) == {
        "countryCode": "FR",
        "vatNumber": "40303265045",
        "requesterMemberStateCode": "DE",
        "requesterNumber": "136695976",
    }


async def test_B7_an_unknown_number_is_invalid() -> None:
    body = {"valid": False, "requestIdentifier": "", "name": "---", "address": "---"}
    assert await said(200, body) == RegisterAnswer(status="invalid")
    assert (await said(200, body | {"userError": "INVALID"})).status == "invalid"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, {"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]},
         "ms_unavailable"),
        (400, {"actionSucceed": False, "errorWrappers": [{"error": "VAT_BLOCKED"}]},
         "vat_blocked"),
        (200, {"valid": False, "userError": "MS_MAX_CONCURRENT_REQ"}, "ms_max_concurrent_req"),
        (400, {"valid": True}, "refused"),
        (200, {"something": "else"}, "malformed_answer"),
        (200, [1], "malformed_answer"),
        (500, {}, "server_error"),
        (429, {}, "0.0"),
    ],
)  # fmt: skip
async def test_B7_whatever_is_no_answer_is_silence(status: int, body: Any, reason: str) -> None:
    found = await said(status, body)
    assert found.status == "silent"
    assert found.reason == reason or status == 429


async def test_B7_a_register_that_is_down_is_left_alone() -> None:
    calls = 0

    def down(_: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        raise httpx.ConnectError("down")

    register = vies(down)
    for _ in range(20):
        assert (await register.check(BUYER, None)).status == "silent"
    before = calls
    assert (await register.check(BUYER, None)).reason == "breaker_open"
    assert calls == before
