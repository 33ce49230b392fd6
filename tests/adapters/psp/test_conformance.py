"""What every gateway must do. A new adapter joins the list and passes, or it is not finished."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from argosy.adapters.psp.offline import PROMISES, TENDERS, OfflineGateway
from argosy.adapters.psp.sandbox import SandboxGateway
from argosy.modules.payments import (
    Authorised,
    Captured,
    Failed,
    Gateway,
    GatewayFacts,
    Refunded,
    Voided,
    WebhookRejected,
    rules,
)
from argosy.runtime.providers import Provider
from tests.adapters.psp.operations import QUICK, after, operation
from tests.sandbox import API_KEY, WEBHOOK_SECRET, Sandbox


@pytest.fixture(params=["sandbox", *PROMISES, *TENDERS])
async def gateway(request: pytest.FixtureRequest, sandbox: Sandbox) -> AsyncIterator[Gateway]:
    made: Gateway
    if request.param == "sandbox":
        headers = {"authorization": f"Bearer {API_KEY}"}
        provider = Provider("sandbox", sandbox.url, headers=headers, limits=QUICK)
        made = SandboxGateway(provider, webhook_secrets=[WEBHOOK_SECRET])
    else:
        made = OfflineGateway(request.param)
    yield made
    await made.close()


async def test_authorises_and_repeats_the_same_answer(gateway: Gateway) -> None:
    asked = operation()
    gateway.check_instrument(asked.instrument)
    first = await gateway.authorise(asked)
    assert isinstance(first, Authorised | Captured)
    assert await gateway.authorise(asked) == first
    assert await gateway.lookup(asked) == first


async def test_captures_in_parts_and_refunds_in_parts(gateway: Gateway) -> None:
    asked = operation()
    said = await gateway.authorise(asked)
    if isinstance(said, Authorised):
        for minor in (300, 700):
            capture = after(asked, said, "capture", minor)
            taken = await gateway.capture(capture)
            assert isinstance(taken, Captured)
            assert await gateway.capture(capture) == taken == await gateway.lookup(capture)
    for minor in (400, 600):
        refund = after(asked, said, "refund", minor)
        given = await gateway.refund(refund)
        assert isinstance(given, Refunded)
        assert await gateway.refund(refund) == given == await gateway.lookup(refund)


async def test_voids_what_is_authorised(gateway: Gateway) -> None:
    asked = operation()
    said = await gateway.authorise(asked)
    if isinstance(said, Captured):
        return  # it takes the money at once: there is never anything to void
    void = after(asked, said, "void")
    done = await gateway.void(void)
    assert isinstance(done, Voided)
    assert done.amount in {None, asked.amount}
    assert await gateway.void(void) == done == await gateway.lookup(void)


async def test_every_answer_fits_its_question(gateway: Gateway) -> None:
    asked = operation()
    said = await gateway.authorise(asked)
    assert rules.fits("authorise", said)
    assert rules.fits("refund", await gateway.refund(after(asked, said, "refund")))


async def test_abandoning_what_is_decided_returns_the_decision(gateway: Gateway) -> None:
    asked = operation()
    said = await gateway.authorise(asked)
    recorded = msgspec.structs.replace(asked, outcome=said, state="succeeded")
    assert await gateway.abandon(recorded) == said


async def test_abandoning_what_never_arrived_is_certain(gateway: Gateway) -> None:
    assert isinstance(await gateway.abandon(operation()), Failed)


async def test_immediate_gateways_tell_in_advance_what_a_call_would_say(gateway: Gateway) -> None:
    asked = operation()
    if gateway.immediate:
        assert gateway.at_once(asked) == await gateway.authorise(asked)
    else:
        with pytest.raises(AssertionError):
            gateway.at_once(asked)


async def test_unsigned_webhooks_are_rejected(gateway: Gateway) -> None:
    with pytest.raises(WebhookRejected):
        gateway.verify_webhook({}, b"{}")


async def test_its_records_agree_with_what_it_said(gateway: Gateway) -> None:
    asked = operation(capture="automatic")
    said = await gateway.authorise(asked)
    assert isinstance(said, Authorised | Captured)
    facts = await gateway.facts(said.reference or "none")
    if not gateway.immediate:
        assert isinstance(facts, GatewayFacts)
        assert facts.captured == asked.amount
