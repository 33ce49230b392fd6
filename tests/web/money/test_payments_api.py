"""Capture, void, refund and the books over HTTP: who may, once only, what is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from tests.sandbox import Sandbox, webhook_receiver
from tests.web.identity.making import Shop
from tests.workflows.paid_orders import PaidShop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode, new_id
from argosy.modules import staff
from argosy.modules.payments import Payment
from argosy.workflows import money_moves

EUR = "EUR"


def eur(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": EUR}


class Desk:
    """Sends administration requests with a key for payments and the ledger."""

    def __init__(self, shop: Shop, key: str) -> None:
        self.shop, self.key = shop, key

    async def __call__(
        self, method: str, path: str, body: Any = None, *, idem: str | None = None
    ) -> httpx.Response:
        headers = {} if idem is None else {"idempotency_key": idem}
        return await self.shop.send(method, f"/admin/v1{path}", body, token=self.key, **headers)

    async def move(
        self, payment: Payment, kind: str, idem: str, minor: int | None = None, **more: Any
    ) -> httpx.Response:
        body = more if minor is None else {"amount": eur(minor), **more}
        return await self(
            "POST", f"/payments/{encode('payment', payment.id)}/{kind}", body, idem=idem
        )


@pytest.fixture
async def desk(shop: Shop) -> Desk:
    return Desk(shop, await shop.secret_key("payments:write", "ledger:read"))


async def test_a_payment_is_captured_and_refunded_and_the_books_say_so(
    desk: Desk, paid: PaidShop
) -> None:
    payment = await paid.paid()
    taken = await desk.move(payment, "capture", "c1", 700, final=True)
    assert taken.status_code == 200, taken.text
    assert taken.json()["operation"]["state"] == "succeeded"
    assert taken.json()["payment"]["voided"] == eur(300)
    given = await desk.move(payment, "refund", "r1", 200, reason="goodwill")
    assert given.json()["payment"]["refundable"] == eur(500)
    shown = (await desk("GET", f"/payments/{encode('payment', payment.id)}")).json()
    assert [one["kind"] for one in shown["operations"]] == ["authorise", "capture", "refund"]
    assert shown["payment"]["state"] == "partially_refunded"
    balance = (await desk("GET", "/ledger/trial-balance")).json()
    assert balance["balanced"] is True
    rows = {row["account"]: row["balance"]["minor"] for row in balance["items"]}
    assert rows["psp_clearing:sandbox"] == 500
    assert balance["totals"][0]["debits"] == balance["totals"][0]["credits"]
    path = f"/ledger/orders/{encode('order', payment.order_id)}"
    booked = (await desk("GET", path)).json()["items"]
    assert [one["kind"] for one in booked] == ["placed", "captured", "refunded"]
    assert all(sum(leg["amount"]["minor"] for leg in one["entries"]) == 0 for one in booked)


async def test_G2_a_repeat_is_answered_byte_for_byte_and_moves_nothing(
    desk: Desk, paid: PaidShop
) -> None:
    payment = await paid.paid()
    first = await desk.move(payment, "capture", "k", 400)
    again = await desk.move(payment, "capture", "k", 400)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await desk.move(payment, "capture", "k", 401)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")
    assert (await paid.payment(payment.id)).captured.minor == 400


async def test_ten_equal_requests_at_once_move_once(desk: Desk, paid: PaidShop) -> None:
    payment = await paid.paid(capture="automatic")
    answers = await asyncio.gather(*(desk.move(payment, "refund", "k", 100) for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert any(answer.status_code == 200 for answer in answers)
    assert (await paid.payment(payment.id)).refunded.minor == 100


@pytest.mark.parametrize("kind", ["capture", "void", "refund"])
async def test_money_moves_need_a_key_and_the_right(
    desk: Desk, shop: Shop, paid: PaidShop, kind: str
) -> None:
    payment = await paid.paid()
    path = f"/admin/v1/payments/{encode('payment', payment.id)}/{kind}"
    missing = await shop.send("POST", path, {}, token=desk.key)
    assert (missing.status_code, missing.json()["code"]) == (422, "idempotency.key_missing")
    assert missing.json()["field"] == "Idempotency-Key"
    reader = await shop.secret_key("payments:read")
    refused = await shop.send("POST", path, {}, token=reader, idempotency_key="k")
    assert refused.status_code == 403
    assert (await shop.send("POST", path, {}, idempotency_key="k")).status_code == 401
    assert len((await paid.payment(payment.id)).operations) == 1


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("capture", {"amount": eur(1001)}, (409, "payments.not_capturable")),
        ("capture", {"amount": eur(0)}, (422, "payments.amount_invalid")),
        ("capture", {"amount": eur(-5)}, (422, "payments.amount_invalid")),
        ("capture", {"amount": {"minor": 5, "currency": "USD"}}, (422, "payments.amount_invalid")),
        ("capture", {"amount": {"minor": 5, "currency": "XXX"}}, (422, "request.invalid")),
        ("capture", {"amount": {"minor": "5", "currency": EUR}}, (422, "request.invalid")),
        ("capture", {"amount": {"minor": 5.5, "currency": EUR}}, (422, "request.invalid")),
        ("capture", {"sum": 5}, (422, "request.invalid")),
        ("refund", {"amount": eur(0)}, (422, "payments.amount_invalid")),
        ("refund", {"amount": eur(-5)}, (422, "payments.amount_invalid")),
        ("refund", {"amount": {"minor": 5, "currency": "USD"}}, (422, "payments.amount_invalid")),
        ("refund", {"amount": eur(1)}, (409, "payments.not_refundable")),
        ("refund", {"reason": ""}, (422, "request.invalid")),
        ("refund", {"reason": "card 4111 1111 1111 1111"}, (422, "request.card_number")),
    ],
)
async def test_bad_moves_are_refused_with_their_cure_and_no_effect(
    desk: Desk, paid: PaidShop, kind: str, body: Any, expected: tuple[int, str]
) -> None:
    payment = await paid.paid()
    path = f"/payments/{encode('payment', payment.id)}/{kind}"
    answer = await desk("POST", path, body, idem="k")
    assert (answer.status_code, answer.json()["code"]) == expected, answer.text
    assert answer.json()["cure"]
    if expected[1] == "payments.amount_invalid":
        assert answer.json()["field"] == "amount"
    assert len((await paid.payment(payment.id)).operations) == 1


async def test_unknown_and_foreign_ids_are_not_found(desk: Desk) -> None:
    nobody = encode("payment", new_id())
    for method, path in (("GET", ""), ("POST", "/capture"), ("POST", "/sync")):
        body = None if method == "GET" else {}
        answer = await desk(method, f"/payments/{nobody}{path}", body, idem="k")
        assert (answer.status_code, answer.json()["code"]) == (404, "payments.not_found")
    wrong = await desk("GET", f"/payments/{encode('order', new_id())}")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "id.malformed")
    path = f"/ledger/orders/{encode('order', new_id())}"
    assert (await desk("GET", path)).json() == {"items": []}


async def test_while_the_provider_is_silent_the_answer_is_202_and_the_sweep_ends_it(
    desk: Desk, paid: PaidShop, sandbox: Sandbox, shop: Shop, clock: Any
) -> None:
    payment = await paid.paid()
    await sandbox.behave(lose_next=1000)
    asked = await desk.move(payment, "capture", "k")
    assert (asked.status_code, asked.json()["operation"]["state"]) == (202, "unknown")
    await sandbox.behave()
    clock.advance(minutes=2)
    await money_moves.sweep(shop.app)
    shown = (await desk("GET", f"/payments/{encode('payment', payment.id)}")).json()
    assert shown["payment"]["captured"] == eur(1000)


async def test_every_move_is_audited_once(desk: Desk, paid: PaidShop, shop: Shop) -> None:
    payment = await paid.paid()
    await desk.move(payment, "capture", "c")
    await desk.move(payment, "capture", "c")
    await desk.move(payment, "refund", "r", 5)
    async with shop.app.db.reading() as tx:
        wanted = staff.AuditFilter(subject=encode("payment", payment.id))
        entries = await staff.list_audit(tx, wanted, after=None, limit=10)
    assert [entry.action for entry in entries] == [
        "payment.refund_requested",
        "payment.capture_requested",
    ]


async def test_lists_are_paged_and_filtered(desk: Desk, paid: PaidShop) -> None:
    made = [encode("payment", (await paid.paid()).id) for _ in range(3)]
    taken = encode("payment", (await paid.paid(capture="automatic")).id)
    first = (await desk("GET", "/payments?limit=3")).json()
    rest = (await desk("GET", f"/payments?limit=3&cursor={first['next_cursor']}")).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [taken, *reversed(made)]
    assert rest["next_cursor"] is None
    filtered = (await desk("GET", "/payments?state=captured&gateway=sandbox")).json()
    assert [one["id"] for one in filtered["items"]] == [taken]
    assert (await desk("GET", "/payments?gateway=none")).json()["items"] == []
    stolen = await desk("GET", f"/ledger/transactions?cursor={first['next_cursor']}")
    assert stolen.json()["code"] == "paging.cursor_invalid"
    newest = (await desk("GET", "/ledger/transactions?limit=2&kind=placed")).json()
    assert len(newest["items"]) == 2
    assert {one["kind"] for one in newest["items"]} == {"placed"}
    earlier = await desk("GET", "/ledger/trial-balance?before=2001-01-01T00:00:00Z")
    assert earlier.json()["items"] == []
    chart = (await desk("GET", "/ledger/accounts")).json()["items"]
    assert "psp_clearing" in {account["name"] for account in chart}


async def test_H6_staff_see_what_is_about_to_lapse(
    desk: Desk, paid: PaidShop, clock: MovableClock
) -> None:
    fresh, soon = await paid.paid(), await paid.paid("tok_expires_soon")
    taken = await paid.paid("tok_expires_soon")
    await paid.move(taken, "capture")

    async def lapsing() -> list[str]:
        answer = await desk("GET", "/payments?lapsing=true")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await lapsing() == [encode("payment", soon.id)]
    clock.advance(days=6.5)
    assert set(await lapsing()) == {encode("payment", one.id) for one in (fresh, soon)}


async def test_what_was_done_in_the_back_office_can_be_taken_over(
    desk: Desk, paid: PaidShop, sandbox: Sandbox
) -> None:
    payment = await paid.paid(capture="automatic")
    await sandbox.dashboard(payment.reference or "", "refund", 300)
    path = f"/payments/{encode('payment', payment.id)}/sync"
    synced = (await desk("POST", path, {})).json()
    assert synced["payment"]["refunded"] == eur(300)
    assert synced["operations"][-1]["origin"] == "gateway"
    assert (await desk("POST", path, {})).json() == synced


async def webhooks_of(sandbox: Sandbox, payment: Payment) -> list[tuple[dict[str, str], bytes]]:
    async with webhook_receiver() as (address, received):
        await sandbox.http.put("/_test/webhooks", json={"url": address})
        await sandbox.http.post("/_test/webhooks/flush")
    return [pair for pair in received if str(payment.id).encode() in pair[1]]


async def post_webhook(
    shop: Shop, headers: dict[str, str], raw: bytes, gateway: str = "sandbox"
) -> httpx.Response:
    return await shop.client.post(f"/webhooks/psp/{gateway}", content=raw, headers=headers)


async def test_H4_signed_webhooks_are_accepted_at_once_and_only_they(
    shop: Shop, paid: PaidShop, sandbox: Sandbox
) -> None:
    payment = await paid.paid()
    headers, raw = (await webhooks_of(sandbox, payment))[0]
    sent = {name: text for name, text in headers.items() if name.startswith("webhook-")}
    for _ in range(2):
        assert (await post_webhook(shop, sent, raw)).status_code == 204
    forged = await post_webhook(shop, sent, raw.replace(b"1000", b"1001"))
    assert (forged.status_code, forged.json()["code"]) == (403, "payments.webhook_rejected")
    nobody = await post_webhook(shop, sent, raw, gateway="nobody")
    assert (nobody.status_code, nobody.json()["code"]) == (422, "payments.gateway_not_offered")
    assert (await post_webhook(shop, {}, b"")).status_code == 403
