"""The sample orders of a demo are purchases as any other."""

from __future__ import annotations

from collections import Counter as Count
from datetime import UTC, datetime, timedelta

from tests.web.checkout.conftest import Counter
from tests.web.checkout.test_audiences import settled

from argosy.drill.clock import MovableClock
from argosy.entry.demo_orders import DAYS, ORDERS, mornings, plan, trade
from argosy.entry.demo_seed import DemoShop
from argosy.modules import ledger, staff
from argosy.runtime.db import utc_now

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSWORD = "four random words here"


def test_the_plan_is_the_same_each_time_and_fills_a_fortnight() -> None:
    sales = plan(NOW)
    assert sales == plan(NOW)
    assert len(sales) == ORDERS
    assert [one.at for one in sales] == sorted(one.at for one in sales)
    assert NOW - timedelta(days=DAYS, hours=1) < sales[0].at
    assert sales[-1].at < NOW
    assert len({one.at.date() for one in sales}) > DAYS - 4
    fates = Count(one.fate for one in sales)
    assert fates["paid"] > ORDERS / 2
    assert min(fates[fate] for fate in ("open", "refunded", "cancelled")) > 0
    assert {one.gateway for one in sales} == {"sandbox", "invoice"}
    assert {one.person.channel for one in plan(NOW, ["eu"], 5)} == {"eu"}
    # Nobody is at work before the first order, or after now.
    days = list(mornings(sales, NOW))
    assert sales[0].at < days[0]
    assert days[-1] < NOW


async def test_a_fortnight_of_trade_is_bought_paid_and_booked(
    shop: Counter, clock: MovableClock
) -> None:
    email = "owner@example.com"
    new = staff.AddMember(email=email, name="Olga Owner", password=PASSWORD, roles=("owner",))
    await staff.add_member(shop.till.db, shop.till.app.passwords, staff.SYSTEM, new)
    demo = DemoShop(staff_email=email, staff_password=PASSWORD, publishable_keys={"eu": shop.key})
    await settled(shop)
    # These goods are for sale since today: the fortnight is the next one.
    now = utc_now() + timedelta(days=DAYS + 1)
    sales = [
        one._replace(method="standard", pieces=one.pieces[:1], fate=fate)
        for one, fate in zip(
            plan(now, ["eu"], 5), ("paid", "refunded", "cancelled", "paid", "open"), strict=True
        )
    ]
    sales = [one._replace(gateway="sandbox", card="tok_approved") for one in sales]
    sales[3] = sales[3]._replace(card="tok_declined_insufficient_funds")
    assert await trade(shop.client, demo, clock, sales, now) == 5
    found = await shop.till.db.pool.fetch(
        """select stage, payment_status, opened_at, email, customer_id is not null as known
             from orders."order" order by opened_at"""
    )
    # What needs no shipping is paid at once.
    became = [(row["stage"], row["payment_status"]) for row in found]
    assert became[:2] == [("confirmed", "paid"), ("confirmed", "partially_refunded")]
    assert became[2] in {("cancelled", "voided"), ("cancelled", "refunded")}
    assert became[3] == ("payment_failed", "failed")
    assert became[4] in {("confirmed", "authorised"), ("confirmed", "paid")}
    for row, sale in zip(found, sales, strict=True):
        assert abs(row["opened_at"] - sale.at) < timedelta(minutes=1)
        assert row["email"] == sale.person.email
        assert row["known"]
    async with shop.till.db.reading() as tx:
        balance = await ledger.trial_balance(tx)
    assert sum(line.balance.minor for line in balance) == 0
