"""AvaTax: what is sent, what its answers mean, and that nothing is filed twice (B11, B16)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from argosy.adapters.tax.avalara import AvalaraEngine, Detail, Line, Transaction
from argosy.kernel.address import Address
from argosy.modules.tax import (
    Assessed,
    EngineDocument,
    EngineLine,
    EngineRefused,
    EngineSilent,
    LineTax,
    Voided,
)
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Limits, Provider

QUICK = Limits(
    deadline_s=1.0, read_s=0.5, tries=2, first_pause_s=0.001, breaker=BreakerRules(pause_s=60)
)
SHAPES: dict[str, Any] = json.loads((Path(__file__).parent / "avatax.json").read_text("utf-8"))
SALE = EngineDocument(
    company="DEFAULT",
    customer="cus_1",
    currency="USD",
    day=date(2026, 3, 1),
    tax_inclusive=False,
    origin=Address(country="US", region="CA", postal_code="92615", city="Irvine", line1="1 Main"),
    destination=Address(country="US", region="WA", postal_code="98101", line2="Suite 3"),
    lines=(
        EngineLine(
            key="cln_1",
            amount_minor=10001,
            quantity=2,
            item="YARN",
            description="Yarn",
            tax_code="PS081282",
        ),
        EngineLine(
            key="shipping", amount_minor=0, quantity=1, item="std", description="Std", tax_code=""
        ),
    ),
    tax_id="FR40303265045",
    exemption="SR-1",
)


def answer_to(*lines: dict[str, Any]) -> dict[str, Any]:
    return {"id": 1, "code": "x", "totalTax": 9.99, "lines": list(lines), "messages": []}


def detail(kind: str, code: str, tax: float, rate: float, **more: Any) -> dict[str, Any]:
    settings = {
        "jurisdictionType": kind,
        "jurisCode": code,
        "jurisName": code.title(),
        "country": "US",
        "region": "WA",
        "taxName": f"{kind} tax",
    }
    return settings | {"tax": tax, "rate": rate} | more


GOOD = answer_to(
    {
        "lineNumber": "1",
        "tax": 10.1,
        "details": [detail("State", "53", 6.5, 0.065), detail("City", "SEATTLE", 3.6, 0.036)],
    },
    {"lineNumber": "2", "tax": 0.0, "details": []},
)


MALFORMED = EngineSilent(reason="malformed_answer")


def engine(reply: Callable[[httpx.Request], httpx.Response]) -> AvalaraEngine:
    transport = httpx.MockTransport(reply)
    return AvalaraEngine(
        Provider("avalara", "https://avatax.test", limits=QUICK, transport=transport)
    )


def fits(value: Any, schema: str) -> None:
    """Whether a body is as the provider describes it: no unknown field, no wrong type."""
    wanted = SHAPES["schemas"][schema]
    assert set(value) <= set(wanted["properties"]), set(value) - set(wanted["properties"])
    assert set(wanted.get("required", ())) <= set(value)
    for name, part in value.items():
        facts = wanted["properties"][name]
        if "ref" in facts:
            fits(part, facts["ref"])
        elif facts["type"] == "array":
            for one in part:
                fits(one, facts["items"])
        else:
            kinds = {"string": str, "boolean": bool, "number": int | Decimal}
            assert isinstance(part, kinds[facts["type"]]), (name, part)
            assert part in facts.get("values", [part])
            if isinstance(part, str):
                assert len(part) <= facts.get("maxLength", 10_000)


@pytest.mark.parametrize(
    ("act", "operation"),
    [
        ("estimate", "CreateTransaction"),
        ("commit", "CreateOrAdjustTransaction"),
        ("adjust", "CreateOrAdjustTransaction"),
        ("void", "VoidTransaction"),
    ],
)
async def test_B16_what_is_sent_is_what_the_provider_describes(act: str, operation: str) -> None:
    sent: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(201, json=GOOD)

    avalara = engine(reply)
    found = await (
        avalara.estimate(SALE) if act == "estimate" else getattr(avalara, act)("ord_1", SALE)
    )
    assert isinstance(found, Voided if act == "void" else Assessed)
    wanted = SHAPES["operations"][operation]
    path = wanted["path"].replace("{companyCode}", "DEFAULT").replace("{transactionCode}", "ord_1")
    assert (sent[0].method.lower(), sent[0].url.path) == (wanted["method"], path)
    body = json.loads(sent[0].content, parse_float=Decimal)
    fits(body, wanted["body"])


async def test_B16_an_estimate_is_never_kept_and_a_sale_always_has_the_orders_code() -> None:
    bodies: list[dict[str, Any]] = []

    def reply(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content, parse_float=Decimal))
        return httpx.Response(201, json=GOOD)

    avalara = engine(reply)
    await avalara.estimate(SALE)
    await avalara.commit("ord_1", SALE)
    estimate, sale = bodies[0], bodies[1]["createTransactionModel"]
    assert (estimate["type"], estimate["commit"], "code" in estimate) == (
        "SalesOrder",
        False,
        False,
    )
    assert (sale["type"], sale["commit"], sale["code"]) == ("SalesInvoice", True, "ord_1")
    # The amount is exact: 100.01, not a float near it.
    assert sale["lines"][0]["amount"] == Decimal("100.01")
    assert sale["addresses"]["shipTo"] == {
        "line2": "Suite 3", "region": "WA", "postalCode": "98101", "country": "US",
    }  # fmt: skip


async def test_B11_the_taxes_come_by_jurisdiction() -> None:
    found = await engine(lambda _: httpx.Response(201, json=GOOD)).estimate(SALE)
    assert isinstance(found, Assessed)
    assert found.lines["shipping"] == ()
    assert found.lines["cln_1"] == (
        LineTax(
            code="US.State.53",
            name="State tax",
            jurisdiction="US-WA",
            rate=Decimal("0.065"),
            tax_minor=650,
        ),
        LineTax(
            code="US.City.SEATTLE",
            name="City tax",
            jurisdiction="US-WA-Seattle",
            rate=Decimal("0.036"),
            tax_minor=360,
        ),
    )
    assert found.tax_minor == 1010


async def test_B11_the_lines_tax_has_the_word_over_its_details() -> None:
    odd = answer_to(
        {"lineNumber": "1", "tax": 6.51, "details": [detail("State", "53", 6.5, 0.065)]},
        {"lineNumber": "2", "tax": 0, "details": None},
    )
    found = await engine(lambda _: httpx.Response(201, json=odd)).estimate(SALE)
    assert isinstance(found, Assessed)
    assert [part.tax_minor for part in found.lines["cln_1"]] == [650, 1]


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (400, {"error": {"code": "GetTaxError"}}, EngineRefused(reason="GetTaxError")),
        (404, "gone", EngineRefused(reason="unspecified")),
        (401, {}, EngineSilent(reason="engine_refused_our_key")),
        (500, {}, EngineSilent(reason="server_error")),
        (201, {"lines": 1}, EngineSilent(reason="malformed_answer")),
        (201, answer_to(), EngineSilent(reason="incomplete_answer")),
        (201, answer_to({"lineNumber": "9", "tax": 1}), MALFORMED),
        (201, answer_to({"lineNumber": "1", "tax": 0.001}), MALFORMED),
    ],
)  # fmt: skip
async def test_B17_whatever_is_no_answer_is_no_tax_of_zero(
    status: int, body: Any, meaning: Any
) -> None:
    found = await engine(lambda _: httpx.Response(status, json=body)).estimate(SALE)
    assert found == meaning


async def test_B16_voiding_what_is_not_there_is_done() -> None:
    gone = engine(lambda _: httpx.Response(404, json={"error": {"code": "EntityNotFoundError"}}))
    assert await gone.void("ord_1", SALE) == Voided()
    down = engine(lambda _: httpx.Response(503))
    assert isinstance(await down.void("ord_1", SALE), EngineSilent)


def test_what_is_read_of_an_answer_is_in_the_description() -> None:
    for struct, schema in (
        (Transaction, "TransactionModel"),
        (Line, "TransactionLineModel"),
        (Detail, "TransactionLineDetailModel"),
    ):
        names = {field.encode_name for field in msgspec.structs.fields(struct)}
        assert names <= set(SHAPES["schemas"][schema]["properties"])
