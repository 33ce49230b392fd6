"""Digital downloads from the file that staff send to the buyer who saves it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import led, noted
from tests.web.checkout.conftest import Counter
from tests.web.checkout.test_licence_keys import WORDS, bought, told
from tests.web.checkout.test_shopper_invoices import secret
from tests.web.identity.making import Shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import decode
from argosy.modules import customers, downloads, orders
from argosy.modules.orders import SHOPPER, Because
from argosy.runtime.db import DatabaseUnavailable, Tx
from argosy.web.storefront.people import SESSION
from argosy.workflows import downloading, order_actions, private_cleaning
from argosy.workflows.order_actions import CancelOrder

BOOK = b"<script>alert(1)</script>" + bytes(range(256)) * 40


async def sold(shop: Counter, key: str, **terms: Any) -> str:
    """The variant is delivered as one file; the file's id."""
    place = f"/admin/v1/variants/{shop.variant('song')}"
    body = {"most_downloads": 2, "days": 30, "asks_consent": True} | terms
    put = await shop.send("PUT", f"{place}/downloads", body, token=key, if_match='"v0"')
    assert put.status_code == 200, put.text
    made = await sent(shop, key, f"{place}/download-files?title=The+book&file_name=Böök.html", BOOK)
    assert made.status_code == 201, made.text
    file_id: str = made.json()["id"]
    return file_id


async def sent(shop: Counter, key: str, path: str, body: bytes) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/octet-stream"}
    return await shop.client.post(path, content=body, headers=headers)


async def paid(shop: Counter, gateway: str = "cash", **units: int) -> tuple[str, UUID]:
    order = await bought(shop, gateway, **units)
    async with shop.till.db.transaction() as tx:
        await downloading.owe_downloads(tx, [told(decode("order", order), "placed")])
    return order, decode("order", order)


async def cancelled(shop: Counter, order: UUID) -> None:
    because = Because(actor=SHOPPER, cause="test")
    cancel = CancelOrder(order_id=order, reason="test", because=because)
    await order_actions.cancel_order(shop.till.app, cancel)
    async with shop.till.db.transaction() as tx:
        await downloading.end_downloads(tx, [told(order, "cancelled")])


async def test_G7_a_download_is_paid_agreed_to_counted_and_ends_with_its_order(
    shop: Counter, clock: MovableClock
) -> None:
    key = await shop.secret_key("catalog:read", "catalog:write", "orders:read", "orders:write")
    file = await sold(shop, key)
    order, order_id = await paid(shop, song=1)
    own = {"x_order_token": secret(shop, order)}
    there = f"/v1/orders/{order}/downloads"
    assert (await shop.send("GET", there)).status_code == 404, "without its token"

    async def standing() -> dict[str, Any]:
        answer = await shop.send("GET", there, **own)
        assert answer.headers["cache-control"] == "private, no-store"
        found: dict[str, Any] = answer.json()["items"][0]
        return found

    held = await standing()
    assert (held["awaits_consent"], held["used"], held["left"]) == (True, 0, 2)
    assert [(one["id"], one["file_name"]) for one in held["files"]] == [(file, "Böök.html")]
    link = f"{there}/{held['line_id']}/{file}"
    early = await shop.send("PUT", link, **own)
    assert (early.status_code, early.json()["code"]) == (403, "downloads.awaits_consent")
    await shop.send("PUT", f"/v1/orders/{order}/digital-consent", WORDS, **own)

    first, again = await shop.send("PUT", link, **own), await shop.send("PUT", link, **own)
    assert first.status_code == 200, first.text
    assert first.json() == again.json(), "soon after it is the same download"
    assert first.json()["left"] == 1
    address = first.json()["url"].removeprefix(shop.till.app.settings.public_url)
    got = await shop.client.get(address)
    assert (got.status_code, got.content) == (200, BOOK)
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert "B%C3%B6%C3%B6k.html" in got.headers["content-disposition"]
    part = await shop.client.get(address, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, BOOK[10:20])
    assert (await shop.client.get(address[:-1] + "0")).status_code == 404 or address[-1] == "0"
    assert (await standing())["used"] == 1, "parts and repeats of a link are one download"

    # Nothing of it is where everybody reads, and the key is not told.
    stored = await shop.till.db.pool.fetchval("select storage_key from downloads.version")
    assert (await shop.client.get(f"/media/{stored}")).status_code == 404
    assert stored not in got.headers["content-disposition"] + got.text + first.text

    # Two come at once for the last one: with links of their own, one of them gets it.
    clock.advance(minutes=20)
    gone = await shop.client.get(address)
    assert (gone.status_code, gone.json()["code"]) == (403, "downloads.over")
    await sent(shop, key, f"/admin/v1/download-files/{file}/versions?file_name=v2.html", BOOK[1:])
    another = await sent(
        shop, key,
        f"/admin/v1/variants/{shop.variant('song')}/download-files?title=More&file_name=m.bin",
        b"more",
    )  # fmt: skip
    second = f"{there}/{held['line_id']}/{another.json()['id']}"
    answers = await asyncio.gather(*(shop.send("PUT", one, **own) for one in (link, second)))
    assert sorted(one.status_code for one in answers) == [200, 403]
    assert {one.json().get("code") for one in answers} == {None, "downloads.used_up"}
    more = await shop.send(
        "POST", f"/admin/v1/orders/{order}/downloads/{held['line_id']}/extend",
        {"more": 1, "days": 90}, token=key,
    )  # fmt: skip
    assert more.json()["items"][0]["left"] == 1
    assert len(more.json()["downloads"]) == 2
    shorter = await shop.send(
        "POST", f"/admin/v1/orders/{order}/downloads/{held['line_id']}/extend",
        {"more": 0, "days": 40}, token=key,
    )  # fmt: skip
    until = [answer.json()["items"][0]["until"] for answer in (more, shorter)]
    assert until[0] == until[1], "what was allowed is not taken back"
    clock.advance(minutes=20)
    third = (await shop.send("PUT", link, **own)).json()
    newest = third["url"].removeprefix(shop.till.app.settings.public_url)
    assert (await shop.client.get(newest)).content == BOOK[1:], "the newest version"

    await cancelled(shop, order_id)
    assert (await shop.client.get(newest)).status_code == 404, "links that are out end, too"
    assert (await standing())["ended"]
    assert (await shop.send("PUT", link, **own)).status_code == 404


async def test_staff_see_what_was_downloaded_and_allow_more(shop: Counter) -> None:
    key = await shop.secret_key("catalog:read", "catalog:write")
    file = await sold(shop, key, asks_consent=False)
    order, order_id = await paid(shop, song=1)
    own = {"x_order_token": secret(shop, order)}
    (item,) = (await shop.send("GET", f"/v1/orders/{order}/downloads", **own)).json()["items"]
    link = f"/v1/orders/{order}/downloads/{item['line_id']}/{file}"
    assert (await shop.send("PUT", link, **own)).status_code == 200
    staffed = Shop(shop.till.app, shop.client, shop.till.channel, "")
    desk = await at_desk(staffed, "support")
    path = f"/admin/orders/{order}/downloads"
    assert "1 made, 1 left" in (await desk.get(f"/admin/orders/{order}")).text
    page = await desk.get(path)
    for text in ("Can be downloaded", "The book", "no mail is sent", "What was downloaded"):
        assert text in page.text, text
    once = re.search(r'name="once@" value="([^"]*)"', page.text)
    assert once is not None
    form = {"more": "3", "days": "90", "once@": once[1]}
    there = f"{path}/{item['line_id']}/extend"
    for wrong, said in (
        ({"more": "", "days": ""}, "how many downloads more"),
        ({"more": "1001"}, "1000"), ({"days": "soon"}, 'value="soon"'),
    ):  # fmt: skip
        refused = await desk.post(there, form | wrong)
        assert (refused.status_code, said in refused.text) == (422, True), said
        assert "<details open>" in refused.text
    for _ in range(2):  # sent twice, it is done once
        assert led(await desk.post(there, form)) == path
    async with shop.till.db.reading() as tx:
        (found,) = await downloading.downloads_of(tx, order_id)
    assert (found.used, found.left) == (1, 4)
    assert (await noted(staffed, order))[0] == "downloads.extended"
    reader = await at_desk(staffed, "read_only", email="reader@example.com")
    assert "Allow more" not in (await reader.get(path)).text
    assert (await reader.post(there, form)).status_code == 403
    await cancelled(shop, order_id)
    ended = (await desk.get(path)).text
    assert "Ended" in ended
    assert "Allow more" not in ended
    assert "The book" in ended, "what was downloaded keeps its name"


async def test_a_cancellation_in_between_leaves_nothing_to_download(shop: Counter) -> None:
    await sold(shop, await shop.secret_key("catalog:write"), asks_consent=False)
    order = decode("order", await bought(shop, song=1))
    db = shop.till.db
    async with db.transaction() as tx:
        await downloading.owe_downloads(tx, [told(order, orders.OrderPlaced.TYPE)])
        ending = asyncio.create_task(cancelled(shop, order))
        waits = """select exists (select from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock')"""
        while not (ending.done() or await db.pool.fetchval(waits)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await ending
    async with db.reading() as tx:
        assert [one.ended for one in await downloading.downloads_of(tx, order)] == [True]


async def test_pages_offer_downloads_and_erasure_ends_them(shop: Counter) -> None:
    key = await shop.secret_key("catalog:write", "catalog:read")
    file = await sold(shop, key, most_downloads=1, asks_consent=False)
    order, order_id = await paid(shop, "invoice", song=1, shirt=1)
    async with shop.till.db.transaction() as tx:
        assert await downloads.held_by_order(tx, order_id) == []
    await shop.till.db.pool.execute(
        'update orders."order" set captured_minor = total_minor where id = $1', order_id
    )
    async with shop.till.db.transaction() as tx:
        await downloading.owe_downloads(tx, [told(order_id, "captured")])
    base, token = f"/@{shop.till.channel.code}", secret(shop, order)
    address, same = f"{base}/orders/{order}", {"Sec-Fetch-Site": "same-origin"}
    page = await shop.client.get(f"{address}?token={token}")
    assert "The book" in page.text
    assert page.headers["referrer-policy"] == "same-origin"
    line = page.text.partition('name="line" value="')[2].partition('"')[0]
    form = {"line": line, "file": file}
    path = f"{address}/downloads?token={token}"
    strange = {"Sec-Fetch-Site": "cross-site"}
    assert (await shop.client.post(path, data=form, headers=strange)).status_code == 403
    answer = await shop.client.post(path, data=form, headers=same)
    assert answer.status_code == 303, answer.text
    link = answer.headers["location"]
    assert (await shop.client.get(link)).content == BOOK
    assert 'name="file"' not in (await shop.client.get(f"{address}?token={token}")).text

    person = await shop.shopper_session()
    customer = await shop.till.db.pool.fetchval("select id from customers.customer")
    await shop.till.db.pool.execute(
        'update orders."order" set customer_id = $1 where id = $2', customer, order_id
    )
    mine = {"cookie": f"{SESSION}={person}"}
    room = f"{base}/account/downloads"
    listed = await shop.client.get(room, headers=mine)
    assert f"{order}#downloads" in listed.text
    data = {"customer_id": str(customer)}
    erased = msgspec.structs.replace(told(order_id, customers.CustomerErased.TYPE), data=data)
    async with shop.till.db.transaction() as tx:
        await downloading.forget_downloads(tx, [erased])
    assert (await shop.client.get(link)).status_code == 404
    assert f"{order}#downloads" not in (await shop.client.get(room, headers=mine)).text
    assert await shop.till.db.pool.fetchval("select count(*) from downloads.download") == 0


async def test_what_nothing_names_is_swept_away_and_nothing_else(
    shop: Counter, tmp_path: Path
) -> None:
    key = await shop.secret_key("catalog:write", "catalog:read")
    file = await sold(shop, key)
    app = shop.till.app
    stray = tmp_path / "stray"
    stray.write_bytes(b"stray")
    lost, young = app.storage.new_private("../../lost.pdf"), app.storage.new_private("")
    for one in (lost, young):
        await app.storage.private.put(one, stray)
    old = (app.db.clock() - timedelta(days=2)).timestamp()
    named = await shop.till.db.pool.fetchval("select storage_key from downloads.version")
    folder = next(iter(tmp_path.rglob("private")))  # noqa: ASYNC240
    for one in (lost, named):
        os.utime(folder / one[:2] / one, (old, old))
    await private_cleaning.clean_private(app)
    sizes = [await app.storage.private.size(one) for one in (lost, young, named)]
    assert sizes == [None, 5, len(BOOK)]
    place = f"/admin/v1/download-files/{file}/versions/1"
    assert (await shop.send("GET", place, token=key)).content == BOOK
    shown = await shop.send("DELETE", place, token=key)
    assert shown.json()["versions"][0]["withdrawn_at"] is not None
    assert await app.storage.private.size(named) is None
    assert (await shop.send("GET", place, token=key)).status_code == 404


async def test_a_file_whose_commit_got_no_answer_keeps_its_bytes(
    shop: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await shop.secret_key("catalog:read", "catalog:write")
    await sold(shop, key)
    app, variant = shop.till.app, shop.till.variants["song"]
    book = tmp_path / "book"
    book.write_bytes(BOOK)
    whole = app.db.transaction

    @asynccontextmanager
    async def lost() -> AsyncIterator[Tx]:
        async with whole() as tx:
            yield tx
        raise DatabaseUnavailable("The connection is gone.")

    async def note(_tx: Tx, _file: downloads.File) -> None:
        return None

    with monkeypatch.context() as patched:
        patched.setattr(app.db, "transaction", lost)
        with pytest.raises(DatabaseUnavailable):
            await downloading.add_file(app, variant, book, title="B", file_name="b", note=note)
    async with app.db.reading() as tx:
        files = await downloads.files_of_variant(tx, variant)
    kept = await app.storage.private.kept_after("", 10)
    assert len(files) == len(kept) == 2
