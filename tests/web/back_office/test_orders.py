"""Orders, payments and books in the back office: what pages do, and what they must not do twice."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from tests.adapters.psp.operations import QUICK
from tests.sandbox import API_KEY, WEBHOOK_SECRET, Sandbox, sandbox, sandbox_url
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, led
from tests.web.identity.making import Shop, a_shop
from tests.workflows.paid_orders import PaidShop

from argosy.adapters.psp.sandbox import SandboxGateway
from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import fields
from argosy.modules.fields import DefineField
from argosy.modules.payments import Payment
from argosy.runtime.db import begin_counting
from argosy.runtime.providers import Provider

__all__ = ["sandbox", "sandbox_url"]


@pytest.fixture
async def shop(
    database_url: str, clock: MovableClock, tmp_path: Path, sandbox: Sandbox
) -> AsyncIterator[Shop]:
    """A shop with one channel and the sandbox gateway."""
    headers = {"authorization": f"Bearer {API_KEY}"}
    provider = Provider("sandbox", sandbox.url, headers=headers, limits=QUICK)
    gateway = SandboxGateway(provider, webhook_secrets=[WEBHOOK_SECRET])
    async with a_shop(database_url, clock, str(tmp_path)) as made:
        cast("dict[str, Any]", made.app.gateways)["sandbox"] = gateway
        yield made
    await gateway.close()


@pytest.fixture
def paid(shop: Shop, sandbox: Sandbox) -> PaidShop:
    """Makes orders that are paid."""
    return PaidShop(shop.app, shop.app.db, sandbox)


def order_of(payment: Payment) -> str:
    return f"/admin/orders/{encode('order', payment.order_id)}"


def page_of(payment: Payment) -> str:
    return f"/admin/payments/{encode('payment', payment.id)}"


async def test_money_is_captured_and_refunded_in_parts_and_no_form_moves_it_twice(
    shop: Shop, paid: PaidShop
) -> None:
    desk = await at_desk(shop, "owner")
    payment = await paid.paid()
    asked = await desk.get(f"{page_of(payment)}/capture")
    key = re.search(r'name="key" value="([^"]+)"', asked.text)
    assert key is not None
    assert 'value="10.00"' in asked.text
    form = {"key": key[1], "amount": "7,00", "reason": "first parcel"}
    for _ in range(2):
        done = await desk.post(f"{page_of(payment)}/capture", form)
        assert (done.status_code, done.headers["location"]) == (303, order_of(payment))
    assert (await paid.payment(payment.id)).captured.minor == 700
    assert "The money is captured." in (await desk.get(order_of(payment))).text
    for wrong, code in (
        ("1.234", "payments.amount_unreadable"),
        ("much", "payments.amount_unreadable"),
        ("9.00", "payments.not_capturable"),
    ):
        refused = await desk.post(f"{page_of(payment)}/capture", {"key": "x", "amount": wrong})
        assert refused.status_code >= 400
        assert code in refused.text
        assert f'value="{wrong}"' in refused.text  # what was typed stays
    refund = {"key": "r1", "amount": "2.00", "reason": "goodwill"}
    done = await desk.post(f"{page_of(payment)}/refund", refund)
    assert done.status_code == 303
    now = await paid.payment(payment.id)
    assert (now.captured.minor, now.refunded.minor) == (700, 200)
    shown = await desk.get(page_of(payment))
    assert "goodwill" in shown.text
    booked = await desk.get(f"/admin/books/orders/{encode('order', payment.order_id)}")
    assert booked.text.count("psp_clearing:sandbox") == 2
    assert "Balanced" in (await desk.get("/admin/books")).text
    void = await desk.post(f"{page_of(payment)}/void", {"key": "v1"})
    assert void.status_code == 303
    assert (await paid.payment(payment.id)).voided.minor == 300


async def test_an_order_is_noted_and_cancelled_as_it_was_seen(shop: Shop, paid: PaidShop) -> None:
    desk = await at_desk(shop, "support")
    payment = await paid.paid()
    path = order_of(payment)
    noted = await desk.post(f"{path}/notes", {"text": "<b>Ring twice</b>"})
    assert noted.status_code == 303
    page = await desk.get(path)
    assert "&lt;b&gt;Ring twice&lt;/b&gt;" in page.text
    assert "Olga" in page.text
    # Support sees payments and may not move their money.
    assert page_of(payment) in page.text
    assert f"{page_of(payment)}/capture" not in page.text
    assert (await desk.get(f"{page_of(payment)}/capture")).status_code == 403
    assert (await desk.post(f"{page_of(payment)}/refund", {"amount": "1"})).status_code == 403
    async with shop.app.db.transaction() as tx:
        given = DefineField(code="gift", label="Gift card", kind="text", max_length=20)
        await fields.define_field(tx, "order", given)
    assert led(await fill(desk, f"{path}/fields", field__gift="Love, Ann")) == path
    assert "<dd>Love, Ann</dd>" in (await desk.get(path)).text
    asked = await desk.get(f"{path}/cancel")
    version = re.search(r'name="version" value="(\d+)"', asked.text)
    assert version is not None
    assert "is released" in asked.text
    await paid.move(payment, "capture", 100)
    form = {"version": version[1], "reason": "changed mind", "refund": "yes"}
    stale = await desk.post(f"{path}/cancel", form)
    assert stale.status_code == 409
    assert "has changed since you opened this page" in stale.text
    assert 'value="changed mind"' in stale.text
    fresh = re.search(r'name="version" value="(\d+)"', stale.text)
    assert fresh is not None
    done = await desk.post(f"{path}/cancel", form | {"version": fresh[1]})
    assert done.status_code == 303
    assert (await paid.order(payment.order_id)).stage == "cancelled"
    now = await paid.payment(payment.id)
    assert (now.voided.minor, now.refunded.minor) == (900, 100)


async def test_several_orders_are_captured_and_cancelled_after_being_asked(
    shop: Shop, paid: PaidShop
) -> None:
    desk = await at_desk(shop, "owner")
    made = [await paid.paid() for _ in range(3)]
    chosen = [encode("order", one.order_id) for one in made[:2]]
    listed = await desk.get("/admin/orders")
    assert listed.text.count('name="chosen"') == 3
    asked = await desk.post("/admin/orders/bulk/capture", {"chosen": chosen})
    assert asked.status_code == 200
    assert "€20.00" in asked.text
    assert [(await paid.payment(one.id)).captured.minor for one in made] == [0, 0, 0]
    key = re.search(r'name="key" value="([^"]+)"', asked.text)
    assert key is not None
    form = {"chosen": chosen, "sure": "yes", "key": key[1]}
    assert (await desk.post("/admin/orders/bulk/capture", form)).status_code == 303
    assert "Done for 2 of 2." in (await desk.get("/admin/orders")).text
    again = await desk.post("/admin/orders/bulk/capture", form)
    assert again.status_code == 303
    assert [(await paid.payment(one.id)).captured.minor for one in made] == [1000, 1000, 0]
    everything = [encode("order", one.order_id) for one in made]
    asked = await desk.post("/admin/orders/bulk/cancel", {"chosen": everything})
    assert "€20.00" in asked.text
    await desk.post("/admin/orders/bulk/cancel", {"chosen": everything, "sure": "yes"})
    assert [(await paid.order(one.order_id)).stage for one in made] == ["cancelled"] * 3
    none = await desk.post("/admin/orders/bulk/cancel", {"sure": "yes"})
    assert none.status_code == 303
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert "/bulk/capture" not in (await clerk.get("/admin/orders")).text
    refused = await clerk.post("/admin/orders/bulk/capture", {"chosen": chosen})
    assert refused.status_code == 403


async def test_lists_are_found_filtered_exported_and_cost_few_statements(
    shop: Shop, paid: PaidShop
) -> None:
    desk = await at_desk(shop, "owner")
    payment = await paid.paid()
    order = await paid.order(payment.order_id)
    found = await desk.get(f"/admin/find?q={order.number}", hx_request="true")
    assert order_of(payment) in found.text
    assert order_of(payment) in (await desk.get(f"/admin/orders?number={order.number}")).text
    none = await desk.get("/admin/orders?stage=cancelled&email=nobody&junk=1")
    assert "No order fits these filters" in none.text
    assert none.text.count("Without ") == 2
    for path in ("/admin/orders.csv?payment=authorised", "/admin/payments.csv"):
        file = await desk.get(path)
        assert file.headers["content-type"].startswith("text/csv")
        lines = file.text.removeprefix("\ufeff").splitlines()
        assert len(lines) == 2
        assert "10.00,EUR" in lines[1]
        assert str(order.number) in lines[1]
    assert (await desk.get("/admin/orders?cursor=rubbish")).status_code == 422
    for path, most in (
        ("/admin", 12),
        ("/admin/orders", 5),
        ("/admin/orders?sort=total", 6),
        (order_of(payment), 9),
        ("/admin/payments", 4),
        ("/admin/books", 2),
        ("/admin/books/transactions", 3),
    ):
        counted = begin_counting()
        before = len(counted.names)
        page = await desk.get(path)
        assert page.status_code == 200, page.text
        names = counted.names[before:]
        assert 0 < len(names) <= most, (path, names)
    assert "€10.00" in (await desk.get("/admin")).text
    for path in ("/admin/books/transactions", "/admin/payments"):
        assert f">{order.number}</" in (await desk.get(path)).text, path


async def test_the_overview_counts_every_order_on_the_day_of_the_asker(
    shop: Shop, paid: PaidShop, clock: MovableClock
) -> None:
    """What is kept of earlier days holds all of their orders, however many there were since."""
    key = await shop.secret_key("orders:read")
    for _ in range(2):
        await paid.paid()
    begun = clock.now()
    clock.advance(days=2)
    await paid.paid()

    async def told(zone: str) -> dict[str, Any]:
        answer = await shop.send("GET", f"/admin/v1/overview?zone={zone}", token=key)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    found = await told("Pacific/Kiritimati")
    (sales,) = found["sales"]
    assert (sales["orders"], sales["total"]["minor"], sales["average"]["minor"]) == (3, 3000, 1000)
    by_day = {day["day"]: day["orders"] for day in sales["days"]}
    assert len(by_day) == 14
    assert found["since"] == min(by_day)
    there = begun.astimezone(ZoneInfo("Pacific/Kiritimati")).date()
    assert {day: orders for day, orders in by_day.items() if orders} == {
        there.isoformat(): 2,
        (there + timedelta(days=2)).isoformat(): 1,
    }
    assert (found["orders"]["to_fulfil"], found["stock"], found["system"]) == (3, None, None)
    wrong = await shop.send("GET", "/admin/v1/overview?zone=Europe/Atlantis", token=key)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "overview.zone_unknown")


async def test_the_first_page_shows_each_what_is_theirs(shop: Shop, paid: PaidShop) -> None:
    await paid.paid()
    catalogue = await at_desk(shop, "catalogue")
    home = (await catalogue.get("/admin")).text
    assert "€10.00" not in home
    assert "Parked events" not in home
