"""A guest becomes a customer with their orders, and is forgotten again: over HTTP alone."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import re
from pathlib import Path
from typing import Any

import pytest
from tests.web.checkout.conftest import Counter
from tests.web.checkout.working import listen, work

from argosy.adapters.email.folder import FolderMailer
from argosy.workflows.app import App

EMAIL = "ann@example.com"
PASSWORD = "four random words here"


@pytest.fixture
async def worker(shop: Counter, tmp_path: Path) -> App:
    """The shop as its worker has it: mails become files."""
    app = dataclasses.replace(
        shop.till.app, mailer=FolderMailer(tmp_path / "mails", "Shop <shop@example.com>")
    )
    await listen(app)
    return app


def _code(folder: Path) -> str:
    """The code in the newest mail."""
    newest = max(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    mail = email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)
    assert mail["to"] == EMAIL
    body = mail.get_body(("plain",))
    assert body is not None
    return re.findall(r"^    (\S+)$", body.get_content(), re.MULTILINE)[0]


async def _ok(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_G10_a_guest_registers_and_claims_what_they_bought(
    shop: Counter, worker: App, tmp_path: Path
) -> None:
    bought = await _ok(await shop.place(await shop.cart(shirt=1), "guest-1"), 201)
    person = {"email": EMAIL, "password": PASSWORD, "name": "Ann Lee"}
    await _ok(await shop.send("POST", "/v1/customers", person), 202)
    known = {"email": EMAIL, "password": PASSWORD}
    session = await _ok(await shop.send("POST", "/v1/sessions", known), 201)
    token = session["token"]
    assert (await _ok(await shop.send("GET", "/v1/orders", token=token), 200))["items"] == []

    early = await shop.send("POST", "/v1/orders/claim", token=token)
    assert (early.status_code, early.json()["code"]) == (403, "orders.email_not_verified")
    assert "email-verification" in early.json()["cure"]
    await _ok(await shop.send("POST", "/v1/customers/me/email-verification", token=token), 202)
    assert await work(worker) >= 1
    answered = await shop.send("POST", "/v1/email-proofs", {"token": _code(tmp_path / "mails")})
    assert answered.status_code < 300, answered.text

    claimed = await _ok(await shop.send("POST", "/v1/orders/claim", token=token), 200)
    assert claimed["order_ids"] == [bought["order"]["id"]]
    (listed,) = (await _ok(await shop.send("GET", "/v1/orders", token=token), 200))["items"]
    assert listed["number"] == bought["order"]["number"]
    path = f"/v1/orders/{bought['order']['id']}"
    read = await _ok(await shop.send("GET", path, token=token), 200)
    assert [line["quantity"] for line in read["lines"]] == [1]
    again = await _ok(await shop.send("POST", "/v1/orders/claim", token=token), 200)
    assert again["order_ids"] == []


async def test_Q4_an_erased_customer_is_forgotten_by_carts_and_settled_orders(
    shop: Counter, worker: App
) -> None:
    token = await shop.shopper_session(EMAIL)
    orders = []
    for number, goods in enumerate(("shirt", "song")):
        cart = await shop.cart(**{goods: 1})
        await _ok(await shop.send("POST", f"/v1/carts/{cart['id']}/claim", token=token), 200)
        body = {"expected_total": cart["total"], "payment": {"gateway": "invoice"}}
        claimed = await shop.send(
            "POST", f"/v1/carts/{cart['id']}/place", body, token=token, idempotency_key=f"k{number}"
        )
        orders.append((await _ok(claimed, 201))["order"]["id"])
    open_cart = await shop.cart(mug=1)
    await _ok(await shop.send("POST", f"/v1/carts/{open_cart['id']}/claim", token=token), 200)
    desk = await shop.secret_key("orders:write", "customers:write")
    (row,) = (await _ok(await shop.send("GET", "/admin/v1/customers", token=desk), 200))["items"]
    before = {
        o: await _ok(await shop.send("GET", f"/admin/v1/orders/{o}", token=desk), 200)
        for o in orders
    }

    erased = await shop.send("POST", f"/admin/v1/customers/{row['id']}/erasure", token=desk)
    assert erased.status_code < 300, erased.text
    assert await work(worker) >= 1

    shirt, song = [
        await _ok(await shop.send("GET", f"/admin/v1/orders/{o}", token=desk), 200) for o in orders
    ]
    assert shirt == before[orders[0]], "still to be shipped: it needs its address"
    assert song["email"] == ""
    assert "Ann" not in str(song)
    assert "Torstr" not in str(song)
    assert (song["shipping_address"] or song["billing_address"])["country"] == "DE"
    assert (song["total"], song["lines"]) == (
        before[orders[1]]["total"],
        before[orders[1]]["lines"],
    )
    assert song["timeline"][-1]["kind"] == "person_erased"
    assert song["version"] == before[orders[1]]["version"] + 1, "once, however often it runs"
    left = await shop.till.db.pool.fetchrow(
        "select count(*) filter (where email <> '' or shipping_address is not null) as personal,"
        " count(*) filter (where state = 'open') as open from cart.cart"
    )
    assert tuple(left) == (0, 0)

    cancelled = await shop.send(
        "POST", f"/admin/v1/orders/{orders[0]}/cancel", {"reason": "customer_request"}, token=desk
    )
    assert cancelled.status_code == 200, cancelled.text
    assert await work(worker) == 1
    late = await _ok(await shop.send("GET", f"/admin/v1/orders/{orders[0]}", token=desk), 200)
    assert late["email"] == ""
    assert await work(worker) == 0, "nothing is left to forget"
