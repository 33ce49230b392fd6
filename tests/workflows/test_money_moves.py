"""Capture, void, refund through the real sandbox process: money, books, orders, crashes, races."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from tests.adapters.psp.operations import QUICK
from tests.sandbox import API_KEY, WEBHOOK_SECRET, Sandbox, webhook_receiver
from tests.workflows.paid_orders import PaidShop, eur, paid_shop

from argosy.adapters.psp.offline import offline_gateways
from argosy.adapters.psp.sandbox import SandboxGateway
from argosy.modules import orders, payments
from argosy.modules.payments import ApplyWebhook, NotRefundable, ResolveOperation
from argosy.runtime.db import Database
from argosy.runtime.idempotency import KeyInProgress, KeyReused, key_for
from argosy.runtime.outbox_rows import Answered
from argosy.runtime.providers import Provider
from argosy.runtime.statements import Statement
from argosy.workflows import money_moves
from argosy.workflows.money_moves import Moved, Reply

CLEARING = "psp_clearing:sandbox"


@pytest.fixture
async def shop(db: Database, sandbox: Sandbox) -> AsyncIterator[PaidShop]:
    headers = {"authorization": f"Bearer {API_KEY}"}
    provider = Provider("sandbox", sandbox.url, headers=headers, limits=QUICK)
    gateway = SandboxGateway(provider, webhook_secrets=[WEBHOOK_SECRET])
    offline = {made.name: made for made in offline_gateways(["invoice"])}
    yield paid_shop(db, sandbox, {"sandbox": gateway, **offline})
    await gateway.close()


def shown(moved: Moved) -> tuple[int, bytes]:
    return 200, msgspec.json.encode({"state": moved.operation.state, "id": moved.operation.id})


def a_reply(key: str, request: bytes = b"request") -> Reply:
    return Reply(key_for("staff POST /capture", key, request), shown)


@pytest.mark.parametrize("gateway", ["sandbox", "invoice"])
async def test_capture_then_refund_in_parts_moves_money_books_and_order(
    shop: PaidShop, gateway: str
) -> None:
    clearing = f"psp_clearing:{gateway}"
    payment = await shop.paid(gateway=gateway)
    assert (await shop.balances())["customer_receivable"] == 1000
    await shop.moved(payment, "capture", 600)
    await shop.moved(payment, "capture")
    order = await shop.order(payment.order_id)
    assert (order.payment_status, order.captured_minor) == ("paid", 1000)
    assert await shop.balances() == {clearing: 1000, "revenue:goods": -840, "tax_payable:DE": -160}
    await shop.moved(payment, "refund", 250)
    assert (await shop.balances())["tax_payable:DE"] == -120
    last = await shop.moved(payment, "refund")
    assert last.payment.state == "refunded"
    assert await shop.balances() == {"revenue:goods": -840, "sales_returns": 840}
    assert (await shop.order(payment.order_id)).payment_status == "refunded"
    assert [kind for kind in await shop.history(payment.order_id) if kind.endswith("ed")][-4:] == [
        "captured",
        "captured",
        "refunded",
        "refunded",
    ]


async def test_void_releases_and_books_nothing(shop: PaidShop) -> None:
    payment = await shop.paid()
    before = await shop.balances()
    moved = await shop.moved(payment, "void")
    assert moved.payment.state == "voided"
    assert await shop.balances() == before
    assert (await shop.order(payment.order_id)).payment_status == "voided"


async def test_G2_the_same_key_moves_once_and_answers_the_same(shop: PaidShop) -> None:
    payment = await shop.paid()
    first = await shop.move(payment, "capture", 400, reply=a_reply("k"))
    assert isinstance(first, Moved)
    again = await shop.move(payment, "capture", 400, reply=a_reply("k"))
    assert isinstance(again, Answered)
    assert again.body == shown(first)[1]
    with pytest.raises(KeyReused):
        await shop.move(payment, "capture", 500, reply=a_reply("k", b"another"))
    assert (await shop.payment(payment.id)).captured == eur(400)


async def test_fifty_at_once_under_one_key_capture_once(shop: PaidShop) -> None:
    payment = await shop.paid()

    async def capture() -> str:
        try:
            await shop.move(payment, "capture", 100, reply=a_reply("k"))
        except KeyInProgress:
            return "later"
        return "done"

    seen = await asyncio.gather(*(capture() for _ in range(50)))
    assert "done" in seen
    assert (await shop.payment(payment.id)).captured == eur(100)
    assert (await shop.balances())[CLEARING] == 100


async def test_G3_a_crash_before_the_answer_goes_on_with_the_same_operation(
    shop: PaidShop, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await shop.paid()

    async def dies(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the process died after the gateway answered")

    with monkeypatch.context() as patched:
        patched.setattr(money_moves, "_settle", dies)
        with pytest.raises(RuntimeError):
            await shop.move(payment, "capture", 400, reply=a_reply("k"))
    clock.advance(seconds=60)
    done = await shop.move(payment, "capture", 400, reply=a_reply("k"))
    assert isinstance(done, Moved)
    assert done.operation.state == "succeeded"
    facts = await shop.app.gateways["sandbox"].facts(payment.reference or "")
    assert facts.captured == eur(400)
    assert (await shop.balances())[CLEARING] == 400


async def test_a_crash_before_the_call_is_finished_by_the_sweep(
    shop: PaidShop, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await shop.paid(capture="automatic")

    async def dies(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the process died before the call")

    with monkeypatch.context() as patched:
        patched.setattr(payments, "ask", dies)
        with pytest.raises(RuntimeError):
            await shop.move(payment, "refund", 300)
    assert (await shop.payment(payment.id)).refund_pending == eur(300)
    assert await money_moves.sweep(shop.app) == 0
    clock.advance(seconds=61)
    assert await money_moves.sweep(shop.app) == 1
    done = await shop.payment(payment.id)
    assert (done.refunded, done.refund_pending) == (eur(300), eur(0))
    assert await money_moves.sweep(shop.app) == 0


async def test_H1_lost_answers_are_resolved_by_look_up_not_by_a_second_refund(
    shop: PaidShop, sandbox: Sandbox, clock: Any
) -> None:
    payment = await shop.paid(capture="automatic")
    await sandbox.behave(lose_next=3)
    moved = await shop.moved(payment, "refund", 300)
    assert moved.operation.state == "unknown"
    assert CLEARING in await shop.balances()
    clock.advance(minutes=1)
    assert await money_moves.sweep(shop.app) == 1
    assert (await shop.payment(payment.id)).refunded == eur(300)
    asked = await sandbox.requests(str(moved.operation.id))
    assert asked == ["refund", "refund", "refund", "lookup"]
    assert (await shop.balances())[CLEARING] == 700


async def test_while_the_provider_is_down_the_intention_stands(
    shop: PaidShop, sandbox: Sandbox, clock: Any
) -> None:
    payment = await shop.paid()
    await sandbox.behave(mode="down")
    moved = await shop.moved(payment, "capture")
    assert moved.operation.state == "unknown"
    clock.advance(minutes=1)
    await money_moves.sweep(shop.app)
    assert (await shop.payment(payment.id)).state == "authorised"
    await sandbox.behave()
    clock.advance(hours=1)
    assert await money_moves.sweep(shop.app) == 1
    assert (await shop.payment(payment.id)).state == "captured"


async def test_a_declined_capture_is_told_and_frees_the_claim(shop: PaidShop) -> None:
    payment = await shop.paid("tok_capture_declined")
    moved = await shop.moved(payment, "capture")
    assert (moved.operation.state, moved.payment.capturable) == ("declined", eur(1000))
    assert (await shop.history(payment.order_id))[-1] == "capture_declined"
    assert CLEARING not in await shop.balances()


async def test_H9_a_void_that_lost_adopts_the_capture(shop: PaidShop) -> None:
    payment = await shop.paid("tok_void_races_capture")
    moved = await shop.moved(payment, "void")
    assert moved.operation.state == "failed"
    after = await shop.payment(payment.id)
    assert (after.state, after.captured) == ("captured", eur(1000))
    assert [one.origin for one in after.operations] == ["shop", "shop", "gateway"]
    assert (await shop.balances())[CLEARING] == 1000
    assert (await shop.order(payment.order_id)).payment_status == "paid"


async def test_H9_when_the_money_was_to_go_back_the_lost_void_becomes_a_refund(
    shop: PaidShop,
) -> None:
    payment = await shop.paid("tok_void_races_capture")
    await shop.move(payment, "void", reason="order_cancelled")
    after = await shop.payment(payment.id)
    assert (after.state, after.refunded) == ("refunded", eur(1000))
    assert CLEARING not in await shop.balances()


async def test_H9_a_void_after_a_capture_in_the_back_office_releases_the_rest(
    shop: PaidShop, sandbox: Sandbox
) -> None:
    payment = await shop.paid()
    await sandbox.dashboard(payment.reference or "", "capture", 300)
    moved = await shop.moved(payment, "void")
    assert (moved.operation.state, moved.operation.settled) == ("succeeded", eur(700))
    assert await money_moves.sync_payment(shop.app, payment.id) == 1
    after = await shop.payment(payment.id)
    assert (after.captured, after.voided) == (eur(300), eur(700))
    assert (await shop.balances())[CLEARING] == 300


async def test_H10_two_refunds_at_once_of_everything_refund_once(shop: PaidShop) -> None:
    payment = await shop.paid(capture="automatic")
    done = await asyncio.gather(
        *(shop.moved(payment, "refund", 1000) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, NotRefundable) for one in done) == 3
    assert (await shop.payment(payment.id)).refunded == eur(1000)
    assert CLEARING not in await shop.balances()


async def test_H12_a_refund_that_fails_later_is_owed_and_can_be_repeated(
    shop: PaidShop, sandbox: Sandbox
) -> None:
    payment = await shop.paid("tok_refund_fails_later", capture="automatic")
    refund = (await shop.moved(payment, "refund", 400)).operation
    await sandbox.advance(advance_days=2.1)
    assert await money_moves.resolve_operation(shop.app, refund.id)
    balances = await shop.balances()
    assert (balances["refunds_payable"], balances[CLEARING]) == (-400, 1000)
    order = await shop.order(payment.order_id)
    assert (order.payment_status, order.refunded_minor) == ("paid", 0)
    assert (await shop.history(payment.order_id))[-1] == "refund_came_back"
    await money_moves.resolve_operation(shop.app, refund.id)
    assert await shop.balances() == balances
    await shop.moved(payment, "refund", 400)
    assert (await shop.balances()).get("refunds_payable") is None


async def test_slow_refunds_wait_and_are_settled_by_the_sweep(
    shop: PaidShop, sandbox: Sandbox, clock: Any
) -> None:
    payment = await shop.paid("tok_refund_pending", capture="automatic")
    moved = await shop.moved(payment, "refund", 400)
    assert (moved.operation.state, moved.payment.refund_pending) == ("pending", eur(400))
    clock.advance(hours=2)
    assert await money_moves.sweep(shop.app) == 1
    await sandbox.advance(advance_days=1.1)
    clock.advance(hours=2)
    assert await money_moves.sweep(shop.app) == 1
    assert (await shop.payment(payment.id)).refunded == eur(400)
    assert (await shop.balances())[CLEARING] == 600


async def test_many_sweepers_resolve_each_operation_once(
    shop: PaidShop, sandbox: Sandbox, clock: Any
) -> None:
    paid = [await shop.paid() for _ in range(4)]
    await sandbox.behave(lose_next=1000)
    moved = [await shop.moved(payment, "capture") for payment in paid]
    assert {one.operation.state for one in moved} == {"unknown"}
    await sandbox.behave()
    clock.advance(minutes=1)
    swept = await asyncio.gather(*(money_moves.sweep(shop.app) for _ in range(3)))
    assert sum(swept) == 4
    assert (await shop.balances())[CLEARING] == 4000


async def deliver(shop: PaidShop, payment: Any) -> list[tuple[dict[str, str], bytes]]:
    """The webhooks of a payment that the sandbox would send now."""
    async with webhook_receiver() as (address, received):
        await shop.sandbox.http.put("/_test/webhooks", json={"url": address})
        await shop.sandbox.http.post("/_test/webhooks/flush")
    return [pair for pair in received if str(payment.id).encode() in pair[1]]


async def receive(shop: PaidShop, headers: dict[str, str], raw: bytes) -> str | None:
    """Receive a webhook and do its job at once; the verdict."""
    new = await money_moves.receive_webhook(shop.app, "sandbox", headers, raw)
    job = ApplyWebhook(gateway="sandbox", event_id=headers["webhook-id"])
    await money_moves.apply_webhook(shop.app, job)
    verdict = Statement(
        "verdict", "one", "select verdict from payments.webhook_event where event_id = $1", "test"
    )
    async with shop.db.reading() as tx:
        row = await tx.one(verdict, headers["webhook-id"])
    return f"{'new' if new else 'repeated'}: {row['verdict']}"


async def test_H4_webhooks_twice_and_in_any_order_change_nothing_that_is_known(
    shop: PaidShop,
) -> None:
    payment = await shop.paid()
    await shop.moved(payment, "capture")
    webhooks = await deliver(shop, payment)
    assert len(webhooks) == 2
    for headers, raw in reversed(webhooks):
        assert await receive(shop, headers, raw) == "new: known"
        assert await receive(shop, headers, raw) == "repeated: known"
    assert (await shop.balances())[CLEARING] == 1000


async def test_H4_a_webhook_settles_what_is_unknown(shop: PaidShop, sandbox: Sandbox) -> None:
    payment = await shop.paid()
    await sandbox.behave(lose_next=1000)
    assert (await shop.moved(payment, "capture")).operation.state == "unknown"
    await sandbox.behave()
    said = [await receive(shop, *webhook) for webhook in await deliver(shop, payment)]
    assert "new: applied" in said
    assert (await shop.payment(payment.id)).state == "captured"


async def test_H4_webhooks_about_the_back_office_are_adopted(
    shop: PaidShop, sandbox: Sandbox
) -> None:
    payment = await shop.paid(capture="automatic")
    await sandbox.dashboard(payment.reference or "", "refund", 200)
    said = [await receive(shop, *webhook) for webhook in await deliver(shop, payment)]
    assert "new: adopted" in said
    assert (await shop.payment(payment.id)).refunded == eur(200)
    assert (await shop.balances())[CLEARING] == 800


async def test_H6_a_lapsed_authorisation_is_adopted_as_released(
    shop: PaidShop, sandbox: Sandbox
) -> None:
    payment = await shop.paid("tok_expires_soon")
    await sandbox.advance(advance_s=3700)
    said = [await receive(shop, *webhook) for webhook in await deliver(shop, payment)]
    assert "new: adopted" in said
    assert (await shop.payment(payment.id)).state == "voided"


async def test_H4_a_webhook_that_cannot_be_checked_is_tried_again(
    shop: PaidShop, sandbox: Sandbox
) -> None:
    payment = await shop.paid(capture="automatic")
    await sandbox.dashboard(payment.reference or "", "refund", 200)
    webhooks = await deliver(shop, payment)
    await sandbox.behave(mode="down")
    with pytest.raises(payments.GatewayUnavailable):
        await receive(shop, *webhooks[-1])
    await sandbox.behave()
    assert await receive(shop, *webhooks[-1]) == "repeated: adopted"


async def test_webhooks_about_payments_of_others_are_kept_and_left_alone(shop: PaidShop) -> None:
    made = await shop.sandbox.pay()
    async with webhook_receiver() as (address, received):
        await shop.sandbox.http.put("/_test/webhooks", json={"url": address})
        await shop.sandbox.http.post("/_test/webhooks/flush")
    mine = [pair for pair in received if made["payment"]["id"].encode() in pair[1]]
    assert await receive(shop, *mine[0]) == "new: not_ours"


async def test_our_balance_agrees_with_the_provider_s(shop: PaidShop, sandbox: Sandbox) -> None:
    before = {
        (one.what, one.ours.currency): one.theirs.minor - one.ours.minor
        for one in await money_moves.compare_balances(shop.app, "sandbox")
    }
    payment = await shop.paid()
    await shop.moved(payment, "capture", 700)
    await shop.moved(payment, "refund", 100)
    await sandbox.dashboard(payment.reference or "", "refund", 50)
    after = {
        (one.what, one.ours.currency): one.theirs.minor - one.ours.minor
        for one in await money_moves.compare_balances(shop.app, "sandbox")
    }
    moved = {
        key: after.get(key, 0) - before.get(key, 0)
        for key in {*before, *after}
        if after.get(key, 0) != before.get(key, 0)
    }
    assert moved == {("refunded", "EUR"): 50}


async def test_the_job_resolves_and_nothing_unknown_breaks_it(shop: PaidShop) -> None:
    payment = await shop.paid()
    capture = (await shop.moved(payment, "capture")).operation
    await money_moves.resolve_operation_job(shop.app, ResolveOperation(operation_id=capture.id))
    assert (await shop.payment(payment.id)).captured == eur(1000)
    async with shop.db.reading() as tx:
        entries = await orders.timeline_of(tx, payment.order_id)
    assert len([entry for entry in entries if entry.kind == "captured"]) == 1


async def test_refused_moves_leave_no_trace(shop: PaidShop) -> None:
    payment = await shop.paid()
    for kind, minor in (("capture", 1001), ("refund", 1)):
        with pytest.raises((payments.NotCapturable, NotRefundable)):
            await shop.move(payment, kind, minor, reply=a_reply(f"refused {kind}"))
    assert len((await shop.payment(payment.id)).operations) == 1
    done = await shop.move(payment, "capture", 1000, reply=a_reply("refused capture"))
    assert isinstance(done, Moved)
