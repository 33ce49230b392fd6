"""The sandbox as a well-behaved provider: states, amounts, idempotency, look-up, clock."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from tests.sandbox import API_KEY, Sandbox, sandbox_running

from argosy.sandbox_psp import TOKENS

DECLINES = [entry for entry in TOKENS.values() if entry.answer == "declined"]


async def test_authorise_capture_in_parts_and_refund(sandbox: Sandbox) -> None:
    payment = (await sandbox.pay())["payment"]
    assert (payment["status"], payment["amount_authorised"]) == ("authorised", 1000)
    path = f"/v1/payments/{payment['id']}"
    first = (await sandbox.post(f"{path}/captures", {"amount": 300})).json()
    assert first["payment"]["status"] == "partially_captured"
    second = (await sandbox.post(f"{path}/captures", {"amount": 200, "final": True})).json()
    assert second["operation"]["released"] == 500
    assert second["payment"]["status"] == "captured"
    back = (await sandbox.post(f"{path}/refunds", {"amount": 100})).json()
    assert back["payment"]["amount_refunded"] == 100
    too_much = await sandbox.post(f"{path}/refunds", {"amount": 401})
    assert too_much.status_code == 422
    assert too_much.json()["error"]["available"] == 400


async def test_capture_and_void_have_limits(sandbox: Sandbox) -> None:
    path = f"/v1/payments/{(await sandbox.pay())['payment']['id']}"
    assert (await sandbox.post(f"{path}/captures", {"amount": 1001})).status_code == 422
    assert (await sandbox.post(f"{path}/refunds", {"amount": 1})).status_code == 409
    assert (await sandbox.post(f"{path}/voids", {})).json()["payment"]["status"] == "voided"
    again = await sandbox.post(f"{path}/voids", {})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_voided")
    capture = await sandbox.post(f"{path}/captures", {})
    assert capture.json()["error"]["code"] == "already_voided"


async def test_same_key_and_body_is_answered_the_same_another_body_is_refused(
    sandbox: Sandbox,
) -> None:
    key = uuid4().hex
    body = {"amount": 700, "currency": "USD", "token": "tok_approved", "reference": key}
    answers = await asyncio.gather(*(sandbox.post("/v1/payments", body, key) for _ in range(5)))
    assert len({answer.text for answer in answers}) == 1
    other = await sandbox.post("/v1/payments", body | {"amount": 701}, key)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    listed = (await sandbox.http.get("/v1/payments", params={"reference": key})).json()
    assert len(listed["items"]) == 1


async def test_refusals_are_idempotent_too(sandbox: Sandbox) -> None:
    path = f"/v1/payments/{(await sandbox.pay())['payment']['id']}"
    key = uuid4().hex
    early = await sandbox.post(f"{path}/refunds", {"amount": 5}, key)
    await sandbox.post(f"{path}/captures", {})
    late = await sandbox.post(f"{path}/refunds", {"amount": 5}, key)
    assert early.status_code == late.status_code == 409
    assert early.content == late.content


@pytest.mark.parametrize("entry", DECLINES, ids=lambda entry: entry.token)
async def test_each_decline_names_its_code_and_kind(sandbox: Sandbox, entry) -> None:
    payment = (await sandbox.pay(entry.token))["payment"]
    assert payment["status"] == "declined"
    assert payment["decline"] == {"code": entry.decline, "kind": entry.decline_kind}
    assert payment["amount_authorised"] == 0


@pytest.mark.parametrize(("button", "status"), [("approve", "authorised"), ("fail", "declined")])
async def test_challenge_page_leads_back_to_the_shop(
    sandbox: Sandbox, button: str, status: str
) -> None:
    answer = await sandbox.pay("tok_3ds_challenge", return_url="https://shop.example/back?cart=1")
    payment = answer["payment"]
    assert payment["status"] == "requires_action"
    page = await httpx.AsyncClient().get(payment["next_action"]["url"])
    assert 'id="approve"' in page.text
    async with httpx.AsyncClient() as browser:
        url = f"{payment['next_action']['url']}/{button}"
        back = await browser.post(url, follow_redirects=False)
    assert back.status_code == 303
    assert back.headers["location"].startswith("https://shop.example/back?cart=1&reference=")
    found = (await sandbox.http.get(f"/v1/payments/{payment['id']}")).json()
    assert found["status"] == status
    assert (found["three_ds"] is not None) == (button == "approve")


async def test_delayed_payments_are_decided_by_the_clock(sandbox: Sandbox) -> None:
    paid = (await sandbox.pay("tok_delayed_paid"))["payment"]
    failed = (await sandbox.pay("tok_delayed_failed"))["payment"]
    assert paid["status"] == failed["status"] == "pending"
    await sandbox.advance(advance_days=2.9)
    assert (await sandbox.http.get(f"/v1/payments/{paid['id']}")).json()["status"] == "pending"
    await sandbox.advance(advance_days=0.2)
    found = (await sandbox.http.get(f"/v1/payments/{paid['id']}")).json()
    assert (found["status"], found["amount_captured"]) == ("captured", 1000)
    found = (await sandbox.http.get(f"/v1/payments/{failed['id']}")).json()
    assert (found["status"], found["decline"]["code"]) == ("declined", "not_paid_in_time")


async def test_authorisations_lapse(sandbox: Sandbox) -> None:
    payment = (await sandbox.pay("tok_expires_soon"))["payment"]
    await sandbox.advance(advance_s=3601)
    found = (await sandbox.http.get(f"/v1/payments/{payment['id']}")).json()
    assert (found["status"], found["amount_voided"]) == ("voided", 1000)


async def test_refunds_settle_or_fail_later(sandbox: Sandbox) -> None:
    slow = (await sandbox.pay("tok_refund_pending", capture="automatic"))["payment"]
    bad = (await sandbox.pay("tok_refund_fails_later", capture="automatic"))["payment"]
    first = await sandbox.post(f"/v1/payments/{slow['id']}/refunds", {"amount": 400})
    assert first.json()["operation"]["status"] == "pending"
    over = await sandbox.post(f"/v1/payments/{slow['id']}/refunds", {"amount": 601})
    assert over.status_code == 422
    second = await sandbox.post(f"/v1/payments/{bad['id']}/refunds", {"amount": 400})
    assert second.json()["operation"]["status"] == "succeeded"
    await sandbox.advance(advance_days=2.1)
    found = (await sandbox.http.get(f"/v1/payments/{slow['id']}")).json()
    assert (found["amount_refunded"], found["amount_refund_pending"]) == (400, 0)
    found = (await sandbox.http.get(f"/v1/payments/{bad['id']}")).json()
    assert (found["amount_refunded"], found["operations"][-1]["status"]) == (0, "failed")


async def test_balance_adds_up_per_currency(sandbox: Sandbox) -> None:
    before = (await sandbox.http.get("/v1/balance")).json()["currencies"].get("CHF")
    before = before or {"authorised": 0, "captured": 0, "refunded": 0, "net": 0}
    await sandbox.pay(currency="CHF", amount=50)
    taken = (await sandbox.pay(currency="CHF", amount=900, capture="automatic"))["payment"]
    await sandbox.post(f"/v1/payments/{taken['id']}/refunds", {"amount": 100})
    after = (await sandbox.http.get("/v1/balance")).json()["currencies"]["CHF"]
    changes = {name: after[name] - before[name] for name in before if name in after}
    assert (changes["authorised"], changes["captured"], changes["net"]) == (50, 900, 800)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"token": "4111 1111 1111 1111"}, "card_number_refused"),
        ({"metadata": {"note": "4111111111111111"}}, "card_number_refused"),
        ({"token": "tok_nobody_knows"}, "token_unknown"),
        ({"amount": 0}, "amount_invalid"),
        ({"amount": -5}, "amount_invalid"),
        ({"amount": "5"}, "request_invalid"),
        ({"currency": "ISK", "amount": 150}, "amount_invalid"),
        ({"currency": "eur"}, "currency_invalid"),
        ({"return_url": "javascript:alert(1)"}, "return_url_invalid"),
        ({"surprise": 1}, "request_invalid"),
    ],
)
async def test_bad_requests_are_refused_with_a_code(
    sandbox: Sandbox, change: dict, code: str
) -> None:
    body = {"amount": 100, "currency": "EUR", "token": "tok_approved", "reference": "r"} | change
    answer = await sandbox.post("/v1/payments", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


async def test_api_key_and_idempotency_key_are_needed(sandbox: Sandbox) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url) as stranger:
        assert (await stranger.get("/v1/balance")).status_code == 401
        assert (await stranger.put("/_test/behaviour", json={})).status_code == 401
    answer = await sandbox.http.post("/v1/payments", json={})
    assert answer.status_code in {400, 422}
    assert (await sandbox.http.get("/v1/operations/never-used")).status_code == 404


async def test_a_file_survives_the_process(tmp_path: Path) -> None:
    database = str(tmp_path / "psp.sqlite")
    headers = {"authorization": f"Bearer {API_KEY}"}
    with sandbox_running("--db", database) as url:
        async with httpx.AsyncClient(base_url=url, headers=headers) as http:
            made = await Sandbox(url, http).pay()
    with sandbox_running("--db", database) as url:
        async with httpx.AsyncClient(base_url=url, headers=headers) as http:
            key = made["operation"]["idempotency_key"]
            assert (await http.get(f"/v1/operations/{key}")).json() == made


def test_it_refuses_to_start_in_production() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "argosy.sandbox_psp", "--port", "1"],
        env={"ARGOSY_ENV": "Production"},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert b"production" in done.stderr


def test_every_token_says_what_it_does() -> None:
    assert all(entry.says.endswith((".", ")")) for entry in TOKENS.values())
    assert all(name == entry.token for name, entry in TOKENS.items())
