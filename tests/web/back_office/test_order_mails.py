"""Mails of an order in the back office and the API: seen, looked at, sent again, and set."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.web.back_office.conftest import Desk, a_member, at_desk
from tests.web.back_office.filling import fill, led
from tests.web.identity.making import Shop
from tests.workflows.following import follow
from tests.workflows.test_order_mails import EVIL, Box
from tests.workflows.till import Till, open_till

from argosy.kernel.ids import encode
from argosy.modules import mails
from argosy.runtime.db import Database
from argosy.web.app import create_app
from argosy.workflows.order_mails import KINDS, ask_for_order_mails, send_due


@pytest.fixture
async def till(db: Database, database_url, clock, tmp_path) -> AsyncIterator[Till]:  # type: ignore[no-untyped-def]
    async with open_till(db, database_url, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def shop(till: Till) -> AsyncIterator[Shop]:
    """The till's shop behind its HTTP application."""
    transport = httpx.ASGITransport(app=create_app(till.app))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield Shop(till.app, client, till.channel, "")


async def test_a_mail_is_seen_looked_at_and_sent_again(shop: Shop, till: Till) -> None:
    desk = await at_desk(shop, "owner")
    cart = await till.cart(shirt=1)
    await till.place(cart)
    await till.db.pool.execute(
        "update orders.line set title = $2 where order_id = $1", cart.id, EVIL
    )
    box = Box()
    app = dataclasses.replace(till.app, mailer=box)
    await follow(till.db, ask_for_order_mails, *KINDS)
    await send_due(app)

    order = f"/admin/orders/{encode('order', cart.id)}"
    page = await desk.get(order)
    assert "Mail sent" in page.text
    assert f'href="{order}/mails"' in page.text
    listed = await desk.get(f"{order}/mails")
    assert "Confirmation of the order" in listed.text
    assert f'href="{order}/mails/order_confirmed"' in listed.text
    assert "order_refunded" not in listed.text, "what does not fit is not offered"

    shown = await desk.get(f"{order}/mails/order_confirmed")
    assert f'sandbox src="{order}/mails/order_confirmed/letter"' in shown.text
    assert "frame-src 'self'" in shown.headers["content-security-policy"]
    assert "token=" not in shown.text, "the preview does not open the order's page"
    letter = await desk.get(f"{order}/mails/order_confirmed/letter")
    policy = letter.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "script-src" not in policy
    assert "<script" not in letter.text
    assert EVIL in html.unescape(letter.text)
    assert "token=" not in letter.text
    assert "token=" in box.mails[0].text

    once = re.search(r'name="once@" value="([^"]+)"', shown.text)
    assert once is not None
    form: dict[str, object] = {"kind": "order_confirmed", "once@": once[1], "to": "eve@x.example"}
    for _ in range(2):
        assert (await desk.post(f"{order}/mails", form)).status_code == 303
    await send_due(app)
    assert [mail.to for mail in box.mails] == ["ann@example.com"] * 2
    assert box.mails[0].key != box.mails[1].key
    refused = await desk.post(f"{order}/mails", {"kind": "order_refunded", "once@": "x"})
    assert refused.status_code == 409
    assert (await desk.get(f"{order}/mails/nonsense")).status_code == 409
    audited = await till.db.pool.fetch(
        "select subject, after from staff.audit where action = 'order.mail_sent_again'"
    )
    assert [one["subject"] for one in audited] == [encode("order", cart.id)], "once"

    await a_member(shop, "reader@example.com", "support")
    reader = Desk(shop)
    await reader.sign_in("reader@example.com")
    seen = await reader.get(f"{order}/mails")
    assert seen.status_code in {200, 403}


async def test_a_channel_sets_how_it_writes(shop: Shop, till: Till) -> None:
    desk = await at_desk(shop, "owner")
    channel = encode("channel", till.channel.id)
    page = f"/admin/mail-settings/{channel}"
    assert f'href="{page}"' in (await desk.get(f"/admin/channels/{channel}")).text
    opened = await desk.get(page)
    assert "Name of the sender" in opened.text
    refused = await fill(desk, page, sender_name="Lumä", reply_to="nonsense", off=["keys_ready"])
    assert refused.status_code == 422
    assert "Lumä" in refused.text
    led(await fill(desk, page, sender_name="Lumä", reply_to="help@example.com", off=["keys_ready"]))
    async with till.db.reading() as tx:
        saved = await mails.settings_of(tx, till.channel.id)
    assert (saved.sender_name, saved.reply_to, saved.off) == (
        "Lumä",
        "help@example.com",
        ("keys_ready",),
    )
    assert "help@example.com" in (await desk.get(page)).text
