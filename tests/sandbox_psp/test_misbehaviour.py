"""The sandbox as a provider in trouble: lost answers, errors, outages, odd webhooks."""

from __future__ import annotations

import json
import time
from uuid import uuid4

import httpx
import pytest
from standardwebhooks import Webhook
from tests.sandbox import WEBHOOK_SECRET, Sandbox, webhook_receiver


def body(token: str, **more: object) -> dict:
    return {"amount": 900, "currency": "EUR", "token": token, "reference": uuid4().hex} | more


async def test_lost_answer_has_taken_effect_once(sandbox: Sandbox) -> None:
    key, request = uuid4().hex, body("tok_lost_answer")
    with pytest.raises(httpx.RemoteProtocolError):
        await sandbox.post("/v1/payments", request, key)
    found = (await sandbox.http.get(f"/v1/operations/{key}")).json()
    again = (await sandbox.post("/v1/payments", request, key)).json()
    assert found == again
    assert found["payment"]["amount_authorised"] == 900


async def test_always_lost_answer_is_found_only_by_look_up(sandbox: Sandbox) -> None:
    key, request = uuid4().hex, body("tok_lost_answer_always")
    for _ in range(3):
        with pytest.raises(httpx.RemoteProtocolError):
            await sandbox.post("/v1/payments", request, key)
    assert (await sandbox.http.get(f"/v1/operations/{key}")).status_code == 200


@pytest.mark.parametrize(
    ("token", "status"), [("tok_error_before_effect", 500), ("tok_rate_limited", 429)]
)
async def test_first_error_has_no_effect(sandbox: Sandbox, token: str, status: int) -> None:
    key, request = uuid4().hex, body(token)
    first = await sandbox.post("/v1/payments", request, key)
    assert first.status_code == status
    assert (await sandbox.http.get(f"/v1/operations/{key}")).status_code == 404
    assert (await sandbox.post("/v1/payments", request, key)).status_code == 200


@pytest.mark.parametrize("step", ["capture", "void", "refund"])
async def test_later_steps_can_lose_their_answers(sandbox: Sandbox, step: str) -> None:
    capture = "automatic" if step == "refund" else "manual"
    payment = (await sandbox.pay(f"tok_{step}_lost_answer", capture=capture))["payment"]
    key = uuid4().hex
    path = f"/v1/payments/{payment['id']}/{step}s"
    request = {"amount": 10} if step != "void" else {}
    with pytest.raises(httpx.RemoteProtocolError):
        await sandbox.post(path, request, key)
    again = (await sandbox.post(path, request, key)).json()
    assert again["operation"]["status"] == "succeeded"
    assert again == (await sandbox.http.get(f"/v1/operations/{key}")).json()


async def test_void_loses_the_race_against_a_capture(sandbox: Sandbox) -> None:
    payment = (await sandbox.pay("tok_void_races_capture"))["payment"]
    answer = await sandbox.post(f"/v1/payments/{payment['id']}/voids", {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_captured")
    found = (await sandbox.http.get(f"/v1/payments/{payment['id']}")).json()
    assert found["amount_captured"] == 1000
    assert found["operations"][-1]["origin"] == "provider"


@pytest.mark.parametrize("step", ["capture", "refund"])
async def test_captures_and_refunds_can_be_declined(sandbox: Sandbox, step: str) -> None:
    capture = "automatic" if step == "refund" else "manual"
    payment = (await sandbox.pay(f"tok_{step}_declined", capture=capture))["payment"]
    answer = await sandbox.post(f"/v1/payments/{payment['id']}/{step}s", {"amount": 10})
    assert answer.json()["operation"]["status"] == "declined"
    assert answer.json()["payment"]["version"] == payment["version"]


async def test_modes_down_drop_slow_and_counters(sandbox: Sandbox) -> None:
    await sandbox.behave(mode="down")
    assert (await sandbox.post("/v1/payments", body("tok_approved"))).status_code == 503
    await sandbox.behave(mode="drop")
    with pytest.raises(httpx.RemoteProtocolError):
        await sandbox.post("/v1/payments", body("tok_approved"))
    await sandbox.behave(mode="slow", slow_s=0.3)
    start = time.monotonic()
    await sandbox.pay()
    assert time.monotonic() - start >= 0.3
    await sandbox.behave(fail_next=1)
    assert (await sandbox.post("/v1/payments", body("tok_approved"))).status_code == 500
    key = uuid4().hex
    await sandbox.behave(lose_next=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await sandbox.post("/v1/payments", body("tok_approved"), key)
    assert (await sandbox.http.get(f"/v1/operations/{key}")).status_code == 200


async def test_flapping_is_sometimes_down(sandbox: Sandbox) -> None:
    await sandbox.behave(mode="flapping", flap_s=0.05)
    until = time.monotonic() + 3
    seen = set()
    while len(seen) < 2 and time.monotonic() < until:
        seen.add((await sandbox.http.get("/v1/balance")).status_code)
    assert seen == {200, 503}


async def deliver(sandbox: Sandbox, address: str, order: str = "forward") -> None:
    await sandbox.http.put("/_test/webhooks", json={"url": address})
    await sandbox.http.post("/_test/webhooks/flush", params={"order": order})


async def test_webhooks_are_signed_and_tell_what_happened(sandbox: Sandbox) -> None:
    payment = (await sandbox.pay())["payment"]
    async with webhook_receiver() as (address, received):
        await deliver(sandbox, address)
    mine = [(h, raw) for h, raw in received if payment["id"].encode() in raw]
    assert len(mine) == 1
    headers, raw = mine[0]
    event = Webhook(WEBHOOK_SECRET).verify(raw, headers)
    assert event["id"] == headers["webhook-id"]
    assert (event["type"], event["data"]["payment"]["id"]) == ("payment.authorised", payment["id"])


async def test_webhooks_can_come_twice_disordered_or_never(sandbox: Sandbox) -> None:
    twice = (await sandbox.pay("tok_webhooks_duplicate"))["payment"]["id"]
    turned = (await sandbox.pay("tok_webhooks_out_of_order", capture="automatic"))["payment"]["id"]
    never = (await sandbox.pay("tok_webhooks_lost"))["payment"]["id"]
    async with webhook_receiver() as (address, received):
        await deliver(sandbox, address)
    events = [json.loads(raw) for _, raw in received]
    ids = [event["id"] for event in events if event["data"]["payment"]["id"] == twice]
    assert (len(ids), len(set(ids))) == (3, 1)
    types = [event["type"] for event in events if event["data"]["payment"]["id"] == turned]
    assert types == ["payment.captured", "payment.authorised"]
    assert not [event for event in events if event["data"]["payment"]["id"] == never]


async def test_refused_webhooks_are_tried_again(sandbox: Sandbox) -> None:
    payment = (await sandbox.pay())["payment"]
    async with webhook_receiver(status=503) as (address, received):
        await deliver(sandbox, address)
        assert received
    async with webhook_receiver() as (address, received):
        await deliver(sandbox, address)
    assert any(payment["id"].encode() in raw for _, raw in received)


async def test_webhooks_come_by_themselves_and_can_be_replayed(sandbox: Sandbox) -> None:
    async with webhook_receiver() as (address, received):
        await sandbox.http.put("/_test/webhooks", json={"url": address, "paused": False})
        payment = (await sandbox.pay())["payment"]["id"].encode()
        until = time.monotonic() + 10
        while not any(payment in raw for _, raw in received) and time.monotonic() < until:
            await sandbox.http.get("/v1/balance")
        await sandbox.http.put("/_test/webhooks", json={"paused": True})
        replay = {"payment": payment.decode(), "copies": 2}
        queued = await sandbox.http.post("/_test/webhooks/replay", json=replay)
        assert queued.json() == {"queued": 2}
        await deliver(sandbox, address)
        assert sum(payment in raw for _, raw in received) == 3
