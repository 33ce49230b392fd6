"""The audit trail, events and channels in the back office."""

from __future__ import annotations

import asyncio
import re
from typing import Any, ClassVar
from uuid import UUID

from tests.web.back_office.conftest import at_desk
from tests.web.identity.making import Shop

from argosy.kernel.events import Event
from argosy.kernel.ids import encode, new_id
from argosy.modules import channels, staff
from argosy.runtime.db import begin_counting
from argosy.runtime.subscriptions import Subscription, deliver, register
from argosy.web.admin.audit import Change, changes_of
from argosy.web.admin.channels import held_of


class LampLit(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "argosy.testing.lamp_lit.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID


def test_only_what_differs_is_a_change_and_inner_fields_have_dotted_names() -> None:
    before = {"name": "A", "same": 1, "inner": {"a": [1], "b": True}, "gone": 1}
    after = {"name": "B", "same": 1, "inner": {"a": [1, 2], "b": True}, "new": {}}
    assert changes_of(before, after) == [
        Change("gone", "1", None),
        Change("inner.a", "[1]", "[1,2]"),
        Change("name", "A", "B"),
        Change("new", None, "{}"),
    ]
    assert changes_of(None, {"x": None}) == [Change("x", None, "")]


async def test_the_trail_is_filtered_and_each_act_shows_what_it_changed(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    order = encode("order", new_id())
    async with shop.app.db.transaction() as tx:
        was, now = {"note": "<b>old</b>", "kept": 1}, {"note": "new", "kept": 1}
        await staff.audit(tx, staff.SYSTEM, "order.noted", order, was, now)
        await staff.audit(tx, staff.SYSTEM, "key.revoked", "key_x")
    counted = begin_counting()
    before = len(counted.names)
    trail = await desk.get("/admin/audit")
    assert len(counted.names) - before <= 3, counted.names
    assert '<span title="order.noted">Order: noted</span>' in trail.text
    assert "Key: revoked" in trail.text
    for query, seen in (
        (f"subject={order}", True),
        ("action=order.noted&since=2000-01-01&until=2100-01-01", True),
        ("action=order.noted&until=2000-01-01", False),
        ("who=stf_nobody", False),
    ):
        page = (await desk.get(f"/admin/audit?{query}")).text
        assert ("Order: noted</span></a>" in page) is seen, query
        assert "Key: revoked" not in page
    path = re.search(r'href="(/admin/audit/aud_[^"]+)"[^>]*><span title="order.noted', trail.text)
    assert path is not None
    entry = (await desk.get(path[1].replace("&amp;", "&"))).text
    assert "<del>&lt;b&gt;old&lt;/b&gt;</del>" in entry
    assert "<ins>new</ins>" in entry
    assert "kept" not in entry
    assert f'href="/admin/orders/{order}"' in entry
    one = path[1].partition("?")[0]
    for at in ("", "?at=2001-01-01T00:00:00%2B00:00", "?at=x", "?at=9999-12-31T00:00:00-14:00"):
        assert (await desk.get(one + at)).status_code == 404, at
    file = (await desk.get(f"/admin/audit.csv?subject={order}")).text
    assert '""note"":""new""' in file
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (await clerk.get("/admin/audit")).status_code == 403
    assert 'href="/admin/audit' not in (await clerk.get("/admin")).text


async def test_parked_events_are_seen_and_tried_again_by_who_may(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert "Nothing is parked" in (await desk.get("/admin/events")).text

    async def handle(_tx: Any, _events: Any) -> None:
        raise ValueError("ada@example.com")

    subscription = Subscription("testing", frozenset({LampLit.TYPE}), handle)
    await register(shop.app.db, [subscription])
    orders = [new_id() for _ in range(3)]
    async with shop.app.db.transaction() as tx:
        for order in orders:
            tx.emit(LampLit(order_id=order))
    rows: list[str] = []
    async with asyncio.timeout(30):  # until what was committed lies below the horizon
        while len(rows) < len(orders):
            await deliver(shop.app.db, subscription)
            page = (await desk.get("/admin/events")).text
            rows = re.findall(r'name="chosen" value="(testing~evt_\w+)"', page)
    assert len(rows) == 3
    assert "ValueError" in page
    assert "ada@example.com" not in page
    assert len((await desk.get("/admin/events.csv")).text.splitlines()) == 4
    reader = await at_desk(shop, "read_only", email="rea@example.com")
    assert "chosen" not in (await reader.get("/admin/events")).text
    assert (await reader.post("/admin/events/replay", {"chosen": rows})).status_code == 403
    chosen = [*rows[:2], f"testing~{encode('event', new_id())}"]
    assert (await desk.post("/admin/events/replay", {"chosen": chosen})).status_code == 303
    assert "2 are tried again now." in (await desk.get("/admin/events")).text
    async with shop.app.db.reading() as tx:
        noted = await staff.list_audit(tx, staff.AuditFilter(action="event.replayed"), limit=9)
    assert sorted(one.subject for one in noted) == sorted(r.partition("~")[2] for r in rows[:2])
    bad = await desk.post("/admin/events/replay", {"chosen": ["testing~rubbish"]})
    assert bad.status_code == 422
    await desk.post("/admin/events/replay", {})
    assert "Nothing of it is parked" in (await desk.get("/admin/events")).text
    counted = begin_counting()
    before = len(counted.names)
    feed = (await desk.get(f"/admin/events/feed?types={LampLit.TYPE},x")).text
    assert len(counted.names) - before <= 3, counted.names
    for order in orders:
        assert f'href="/admin/orders/{encode("order", order)}"' in feed
    assert "No such event" in (await desk.get("/admin/events/feed?types=x")).text
    assert (await desk.get("/admin/events/feed?cursor=rubbish")).status_code == 422
    assert LampLit.TYPE in (await desk.get("/admin/events/feed.csv")).text


async def test_a_channel_is_changed_as_it_was_seen_and_what_is_fixed_stays(shop: Shop) -> None:
    desk, one = await at_desk(shop, "owner"), shop.channel
    path = f"/admin/channels/{encode('channel', one.id)}"
    counted = begin_counting()
    for page, most in (("/admin/channels", 2), (path, 3), (f"{path}/edit", 2)):
        before = len(counted.names)
        assert (await desk.get(page)).status_code == 200
        assert len(counted.names) - before <= most, (page, counted.names[before:])
    assert one.name in (await desk.get("/admin/channels.csv")).text
    held = held_of(one)
    opened = {f"opened.{name}": value for name, value in held.items()}
    form = held | opened | {"version": str(one.version)}
    for wrong in (
        {"tax_rounding": "never"},
        {"reservation_ttl_s": "1"},
        {"countries": "Nowhere"},
        {"time_zone": "Mars/Olympus"},
        {"locales": "de ???"},
    ):
        (name,) = wrong
        refused = await desk.post(f"{path}/edit", form | wrong)
        assert refused.status_code == 422, (name, refused.text)
        assert f'id="e-{name}"' in refused.text, name
    async with shop.app.db.transaction() as tx:
        other = channels.UpdateChannel(order_prefix="Z-", name="Theirs")
        await channels.update_channel(tx, one, other, expected_version=one.version)
    late = await desk.post(f"{path}/edit", form | {"name": "Mine", "capture": "automatic"})
    assert late.status_code == 409
    assert 'value="Z-"' in late.text
    assert "choose.name" in late.text
    fresh = form | {"name": "Mine", "capture": "automatic", "order_prefix": "Z-"}
    fresh |= {"locales": "nl, fr"}
    fresh |= {"version": str(one.version + 1), "choose.name": "yours"}
    assert (await desk.post(f"{path}/edit", fresh)).status_code == 303
    async with shop.app.db.reading() as tx:
        now = await channels.channel_by_id(tx, one.id)
        (noted,) = await staff.list_audit(tx, staff.AuditFilter(action="channel.changed"), limit=9)
    assert (now.name, now.capture, now.order_prefix) == ("Mine", "automatic", "Z-")
    assert (now.currency, now.countries, now.active) == (one.currency, one.countries, True)
    changed = {change.name for change in changes_of(noted.before, noted.after)}
    assert changed == {"name", "capture", "locales", "version"}
    assert now.locales == ("nl", "fr")
    assert "nl fr" in (await desk.get(path)).text
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert f"{path}/edit" not in (await clerk.get(path)).text
    assert (await clerk.post(f"{path}/edit", fresh)).status_code == 403
