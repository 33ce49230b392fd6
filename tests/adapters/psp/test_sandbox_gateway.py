"""The sandbox adapter against the real sandbox process: tokens, troubles, webhooks."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from standardwebhooks import Webhook

from argosy.adapters.psp import open_gateways
from argosy.adapters.psp.sandbox import SandboxGateway, SandboxInProduction
from argosy.kernel.money import Money
from argosy.modules.payments import (
    DECLINE_CODES,
    KEEP_FOR,
    KEPT,
    KEPT_FOR,
    Authorised,
    Captured,
    Declined,
    Failed,
    GatewayBalance,
    GatewayFacts,
    InstrumentInvalid,
    KeptMethod,
    Pending,
    Refunded,
    RequiresAction,
    Unknown,
    Voided,
    WebhookRejected,
)
from argosy.modules.payments.ports import CardFields, Vault
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Limits, Provider
from argosy.runtime.settings import Settings
from argosy.sandbox_psp import TOKENS
from tests.adapters.psp.operations import QUICK, after, operation
from tests.sandbox import API_KEY, WEBHOOK_SECRET, Sandbox, free_port, webhook_receiver

HEADERS = {"authorization": f"Bearer {API_KEY}"}
OTHER_SECRET = "whsec_" + base64.b64encode(b"an older secret, still valid").decode()


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[SandboxGateway]:
    provider = Provider("sandbox", sandbox.url, headers=HEADERS, limits=QUICK)
    made = SandboxGateway(provider, webhook_secrets=[OTHER_SECRET, WEBHOOK_SECRET])
    yield made
    await made.close()


@pytest.mark.parametrize("entry", [t for t in TOKENS.values() if t.decline], ids=lambda t: t.token)
async def test_29_declines_keep_their_reason_and_hardness(gateway: Any, entry: Any) -> None:
    said = await gateway.authorise(operation(token=entry.token))
    assert isinstance(said, Declined)
    assert said.code == entry.decline
    assert said.code in DECLINE_CODES
    assert said.hard == (entry.decline_kind == "hard")


async def test_H1_a_lost_answer_is_found_by_repeating_with_the_same_key(
    gateway: Any, sandbox: Sandbox
) -> None:
    asked = operation(token="tok_lost_answer")
    assert isinstance(await gateway.authorise(asked), Authorised)
    assert await sandbox.requests(str(asked.id)) == ["authorise", "authorise"]


async def test_H1_answers_always_lost_are_unknown_until_looked_up(gateway: Any) -> None:
    asked = operation(token="tok_lost_answer_always")
    assert isinstance(await gateway.authorise(asked), Unknown)
    assert isinstance(await gateway.lookup(asked), Authorised)


async def test_H1_slow_is_unknown_not_declined(gateway: Any, sandbox: Sandbox) -> None:
    await sandbox.behave(slow_s=5)
    asked = operation(token="tok_slow")
    assert isinstance(await gateway.authorise(asked), Unknown)
    assert isinstance(await gateway.lookup(asked), Authorised)


async def test_an_error_before_the_effect_is_repeated_or_stays_unknown_and_absent(
    gateway: Any,
) -> None:
    once = operation(token="tok_error_before_effect")
    assert isinstance(await gateway.authorise(once), Authorised)
    always = operation(token="tok_error_before_effect_always")
    assert isinstance(await gateway.authorise(always), Unknown)
    assert await gateway.lookup(always) == Failed(code="absent")


async def test_rate_limited_waits_and_tries_again(gateway: Any) -> None:
    assert isinstance(await gateway.authorise(operation(token="tok_rate_limited")), Authorised)


async def test_H2_a_provider_that_cannot_be_reached_has_certainly_done_nothing() -> None:
    gone = Provider("sandbox", f"http://127.0.0.1:{free_port()}", limits=QUICK)
    gateway = SandboxGateway(gone, webhook_secrets=[WEBHOOK_SECRET])
    asked = operation()
    assert await gateway.authorise(asked) == Failed(code="gateway_unreachable", retryable=True)
    assert isinstance(await gateway.lookup(asked), Unknown)
    assert isinstance(await gateway.balance(), Unknown)
    await gateway.close()


async def test_the_breaker_opens_while_it_is_down_and_then_nothing_is_sent(
    sandbox: Sandbox,
) -> None:
    limits = Limits(deadline_s=2, tries=1, breaker=BreakerRules(minimum_calls=3, pause_s=60))
    provider = Provider("sandbox", sandbox.url, headers=HEADERS, limits=limits)
    gateway = SandboxGateway(provider, webhook_secrets=[WEBHOOK_SECRET])
    await sandbox.behave(mode="down")
    said = [await gateway.authorise(operation()) for _ in range(5)]
    assert [type(outcome) for outcome in said] == [Unknown] * 3 + [Failed] * 2
    await gateway.close()


async def test_H3_another_amount_under_a_used_key_is_never_taken_for_an_answer(
    gateway: Any,
) -> None:
    asked = operation()
    await gateway.authorise(asked)
    changed = msgspec.structs.replace(asked, amount=Money(999, "EUR"))
    assert await gateway.authorise(changed) == Unknown(reason="idempotency_key_reused")


async def test_3ds_challenge_approved_and_failed(gateway: Any, sandbox: Sandbox) -> None:
    for approve, expected in ((True, Authorised), (False, Declined)):
        asked = operation(token="tok_3ds_challenge", return_url="https://shop.example/back")
        said = await gateway.authorise(asked)
        assert isinstance(said, RequiresAction)
        assert said.url.startswith(sandbox.url)
        await sandbox.challenge(said.reference or "", approve=approve)
        assert isinstance(await gateway.lookup(asked), expected)


async def test_H15_3ds_evidence_is_kept(gateway: Any) -> None:
    said = await gateway.authorise(operation(token="tok_3ds_frictionless"))
    assert isinstance(said, Authorised)
    assert said.evidence["liability_shift"] == "yes"
    assert said.evidence["eci"] == "05"
    assert said.evidence["network_transaction_id"]
    assert said.capture_before is not None
    assert said.capture_before - datetime.now(UTC) > timedelta(days=6)


@pytest.mark.parametrize("token", ["tok_3ds_challenge", "tok_delayed_paid"])
async def test_an_abandoned_attempt_cannot_succeed_any_more(
    gateway: Any, sandbox: Sandbox, token: str
) -> None:
    asked = operation(token=token)
    said = await gateway.authorise(asked)
    ended = await gateway.abandon(asked)
    assert isinstance(ended, Failed)
    assert ended.code == "abandoned"
    await sandbox.challenge(said.reference, approve=True)
    await sandbox.advance(advance_days=4)
    assert isinstance(await gateway.lookup(asked), Failed)


async def test_abandoning_too_late_tells_what_happened(gateway: Any, sandbox: Sandbox) -> None:
    asked = operation(token="tok_3ds_challenge")
    said = await gateway.authorise(asked)
    await sandbox.challenge(said.reference, approve=True)
    assert isinstance(await gateway.abandon(asked), Authorised)


@pytest.mark.parametrize(
    ("token", "expected"), [("tok_delayed_paid", Captured), ("tok_delayed_failed", Declined)]
)
async def test_delayed_methods_are_pending_for_days(
    gateway: Any, sandbox: Sandbox, token: str, expected: type
) -> None:
    asked = operation(token=token)
    assert isinstance(await gateway.authorise(asked), Pending)
    await sandbox.advance(advance_days=3.1)
    assert isinstance(await gateway.lookup(asked), expected)


async def test_captures_and_refunds_can_be_refused(gateway: Any) -> None:
    asked = operation(token="tok_capture_declined")
    said = await gateway.authorise(asked)
    refused = await gateway.capture(after(asked, said, "capture"))
    assert isinstance(refused, Declined)
    assert refused.code == "capture_declined"
    asked = operation(token="tok_refund_declined", capture="automatic")
    said = await gateway.authorise(asked)
    assert isinstance(await gateway.refund(after(asked, said, "refund")), Declined)


async def test_a_final_capture_releases_the_rest(gateway: Any) -> None:
    asked = operation()
    said = await gateway.authorise(asked)
    final = msgspec.structs.replace(after(asked, said, "capture", 400), released=Money(600, "EUR"))
    assert isinstance(await gateway.capture(final), Captured)
    facts = await gateway.facts(said.reference)
    assert isinstance(facts, GatewayFacts)
    assert (facts.captured.minor, facts.voided.minor) == (400, 600)


async def test_H9_a_void_that_lost_the_race_says_so(gateway: Any) -> None:
    asked = operation(token="tok_void_races_capture")
    said = await gateway.authorise(asked)
    void = after(asked, said, "void")
    assert await gateway.void(void) == Failed(code="already_captured")
    assert await gateway.lookup(void) == Failed(code="absent")
    facts = await gateway.facts(said.reference)
    assert facts.captured == asked.amount


async def test_a_void_after_a_capture_elsewhere_tells_how_much_it_released(
    gateway: Any, sandbox: Sandbox
) -> None:
    asked = operation()
    said = await gateway.authorise(asked)
    await sandbox.dashboard(said.reference, "capture", 300)
    done = await gateway.void(after(asked, said, "void"))
    assert isinstance(done, Voided)
    assert done.amount == Money(700, "EUR")


async def test_H12_refunds_can_be_slow_and_can_fail_later(gateway: Any, sandbox: Sandbox) -> None:
    slow, bad = (
        operation(token=token, capture="automatic")
        for token in ("tok_refund_pending", "tok_refund_fails_later")
    )
    slow_refund = after(slow, await gateway.authorise(slow), "refund")
    bad_refund = after(bad, await gateway.authorise(bad), "refund")
    assert isinstance(await gateway.refund(slow_refund), Pending)
    assert isinstance(await gateway.refund(bad_refund), Refunded)
    await sandbox.advance(advance_days=2.1)
    assert isinstance(await gateway.lookup(slow_refund), Refunded)
    failed = await gateway.lookup(bad_refund)
    assert isinstance(failed, Failed)
    assert failed.code == "account_closed"


async def test_A2_the_adapter_converts_the_provider_s_denomination(
    gateway: Any, sandbox: Sandbox
) -> None:
    before = await gateway.balance()
    asked = operation(minor=1500, currency="ISK", capture="automatic")
    said = await gateway.authorise(asked)
    there = (await sandbox.http.get(f"/v1/payments/{said.reference}")).json()
    assert there["amount"] == 150_000
    facts = await gateway.facts(said.reference)
    assert facts.captured == Money(1500, "ISK")
    held = before.get("ISK")
    earlier = held.captured.minor if held else 0
    after_it = (await gateway.balance())["ISK"]
    assert isinstance(after_it, GatewayBalance)
    assert after_it.captured.minor - earlier == 1500


async def test_tokens_are_needed_and_unknown_ones_are_declined(gateway: Any) -> None:
    for instrument in ({}, {"token": ""}, {"token": "x" * 101}):
        with pytest.raises(InstrumentInvalid):
            gateway.check_instrument(instrument)
    said = await gateway.authorise(operation(token="tok_of_nobody"))
    assert said == Declined(code="instrument_invalid", hard=True)


async def test_our_key_refused_is_ours_to_repair(sandbox: Sandbox) -> None:
    provider = Provider("sandbox", sandbox.url, limits=QUICK)
    gateway = SandboxGateway(provider, webhook_secrets=[WEBHOOK_SECRET])
    said = await gateway.authorise(operation())
    assert said == Failed(code="gateway_refused_our_key", retryable=True)
    await gateway.close()


async def test_nobody_is_charged_twice_by_fifty_repeats(gateway: Any, sandbox: Sandbox) -> None:
    asked = operation(token="tok_lost_answer")
    said = await asyncio.gather(*(gateway.authorise(asked) for _ in range(50)))
    assert len({outcome.reference for outcome in said}) == 1
    listed = await sandbox.http.get("/v1/payments", params={"reference": str(asked.payment_id)})
    assert len(listed.json()["items"]) == 1


async def signed_event(sandbox: Sandbox, gateway: Any) -> tuple[dict[str, str], bytes, Any]:
    asked = operation()
    await gateway.authorise(asked)
    async with webhook_receiver() as (address, received):
        await sandbox.http.put("/_test/webhooks", json={"url": address})
        await sandbox.http.post("/_test/webhooks/flush")
    mine = [pair for pair in received if str(asked.payment_id).encode() in pair[1]]
    return mine[0][0], mine[0][1], asked


async def test_H4_webhooks_name_our_payment_and_operation(gateway: Any, sandbox: Sandbox) -> None:
    headers, raw, asked = await signed_event(sandbox, gateway)
    hint = gateway.verify_webhook(headers, raw)
    assert (hint.payment_id, hint.operation_id) == (asked.payment_id, asked.id)
    assert (hint.type, hint.event_id) == ("payment.authorised", headers["webhook-id"])


async def test_H4_P5_anything_changed_or_old_is_rejected(gateway: Any, sandbox: Sandbox) -> None:
    headers, raw, _ = await signed_event(sandbox, gateway)
    gateway.verify_webhook(headers, raw)
    for change in (
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-signature": "v1,é"},
        {"webhook-id": "evt_other"},
        {"webhook-timestamp": "1000"},
        {"webhook-timestamp": "never"},
    ):
        with pytest.raises(WebhookRejected):
            gateway.verify_webhook(headers | change, raw)
    for body in (raw + b" ", raw.replace(b"1000", b"9000"), b"", b"\xff\xfe"):
        with pytest.raises(WebhookRejected):
            gateway.verify_webhook(headers, body)


def sign(secret: str, event_id: str, raw: bytes) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, now, raw.decode()),
    }


async def test_H22_P5_two_secrets_are_valid_while_one_is_rotated(
    gateway: Any, sandbox: Sandbox
) -> None:
    _, raw, _ = await signed_event(sandbox, gateway)
    event_id = json.loads(raw)["id"]
    for secret in (OTHER_SECRET, WEBHOOK_SECRET):
        assert gateway.verify_webhook(sign(secret, event_id, raw), raw).event_id == event_id


async def test_signed_nonsense_is_rejected_and_foreign_references_are_kept_apart(
    gateway: Any, sandbox: Sandbox
) -> None:
    with pytest.raises(WebhookRejected):
        gateway.verify_webhook(sign(WEBHOOK_SECRET, "evt_1", b"[1]"), b"[1]")
    _, raw, asked = await signed_event(sandbox, gateway)
    foreign = raw.replace(str(asked.payment_id).encode(), b"someone else's")
    event_id = json.loads(raw)["id"]
    hint = gateway.verify_webhook(sign(WEBHOOK_SECRET, event_id, foreign), foreign)
    assert hint.payment_id is None
    with pytest.raises(WebhookRejected):
        gateway.verify_webhook(sign(WEBHOOK_SECRET, uuid4().hex, raw), raw)


async def test_settings_choose_the_gateways_and_production_refuses_the_sandbox() -> None:
    url = "http://127.0.0.1:1"
    async with open_gateways(Settings(sandbox_psp_url=url)) as offered:
        assert sorted(offered) == ["sandbox"]
    async with open_gateways(Settings(offline_gateways=["cash", "invoice", "cash"])) as offered:
        assert sorted(offered) == ["cash", "invoice"]
    with pytest.raises(SandboxInProduction):
        async with open_gateways(Settings(env="production", sandbox_psp_url=url)):
            pass
    with pytest.raises(ValueError, match="wishes"):
        async with open_gateways(Settings(offline_gateways=["wishes"])):
            pass


async def test_its_own_pages_take_the_card(gateway: SandboxGateway, sandbox: Sandbox) -> None:
    assert isinstance(gateway, CardFields)
    asked = await gateway.authorise(operation(token=gateway.page_token))
    assert isinstance(asked, RequiresAction)
    assert "/pay/" in asked.url
    made = SandboxGateway(gateway.provider, webhook_secrets=[], public_url="https://psp.test/")
    assert (
        made.fields_url("http://a.test:8")
        == "https://psp.test/fields?origin=http%3A%2F%2Fa.test%3A8"
    )


async def test_a_card_is_kept_with_its_first_payment_paid_with_and_forgotten(
    gateway: SandboxGateway, sandbox: Sandbox
) -> None:
    assert isinstance(gateway, Vault)
    frictionless = operation(token="tok_3ds_frictionless")
    wished = frictionless.instrument | {KEEP_FOR: f"cus_{uuid4().hex}"}
    first = await gateway.authorise(msgspec.structs.replace(frictionless, instrument=wished))
    assert isinstance(first, Authorised)
    assert first.reference is not None
    assert (first.evidence["stored_credential"], first.evidence["initiator"]) == (
        "first",
        "customer",
    )
    kept = await gateway.kept(first.reference)
    assert isinstance(kept, KeptMethod)
    assert (kept.holder_reference, kept.last4) == (wished[KEEP_FOR], "4242")
    plain = await gateway.authorise(operation())
    assert isinstance(plain, Authorised)
    assert plain.reference is not None
    assert await gateway.kept(plain.reference) is None
    chosen = {KEPT: kept.reference, KEPT_FOR: kept.holder_reference}
    gateway.check_instrument(chosen)
    later = await gateway.authorise(msgspec.structs.replace(operation(), instrument=chosen))
    assert isinstance(later, Authorised)
    assert later.evidence["stored_credential"] == "later"
    await sandbox.behave(mode="down")
    assert isinstance(await gateway.kept(first.reference), Unknown)
    assert isinstance(await gateway.forget(kept.reference), Unknown)
    await sandbox.behave()
    for reference in (kept.reference, kept.reference, "pm_never"):
        assert await gateway.forget(reference) is None
    assert await gateway.kept(first.reference) is None
    gone = await gateway.authorise(msgspec.structs.replace(operation(), instrument=chosen))
    assert gone == Declined(code="instrument_invalid", hard=True)
