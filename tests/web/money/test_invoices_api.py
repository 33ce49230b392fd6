"""Legal entities, invoices and credit notes over HTTP: B20, B21."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import form_of, led
from tests.web.back_office.test_products import form_in
from tests.web.identity.making import Shop
from tests.workflows.till import Till, open_till

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode, new_id
from argosy.runtime.db import Database
from argosy.web.app import create_app
from argosy.web.etag import version_tag

ADDRESS = {"country": "DE", "postal_code": "10115", "city": "Berlin", "line1": "Hauptstr. 1"}

EUR = {"minor": 100, "currency": "EUR"}


class Desk:
    """Sends administration requests and checks the status."""

    def __init__(self, till: Till, shop: Shop, key: str) -> None:
        self.till, self.shop, self.key = till, shop, key
        self.channel = encode("channel", till.channel.id)

    async def __call__(
        self, expected: int, method: str, path: str, body: Any = None, **headers: str
    ) -> Any:
        answer = await self.shop.send(method, f"/admin/v1{path}", body, token=self.key, **headers)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    async def seller(self, **more: Any) -> Any:
        """Who sells through the channel."""
        body = {"code": "ltd", "name": "Example Ltd", "address": ADDRESS, "yearly": False}
        return await self(
            201, "POST", "/legal-entities", body | {"channel_ids": [self.channel]} | more
        )

    async def order(self, **units: int) -> str:
        """The id of an order."""
        cart = await self.till.cart(**units)
        await self.till.place(cart)
        return encode("order", cart.id)


@pytest.fixture
async def desk(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[Desk]:
    """A shop that sells, and a key for its documents."""
    async with open_till(db, database_url, clock, tmp_path) as till:
        transport = httpx.ASGITransport(app=create_app(till.app))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            shop = Shop(till.app, client, till.channel, "")
            key = await shop.secret_key("taxes:write", "orders:write", "audit:read")
            yield Desk(till, shop, key)


class Page(HTMLParser):
    """What a screen reader makes of a page: its language, headings, tables, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.tags if name == tag)


async def test_a_legal_entity_is_set_up(desk: Desk) -> None:
    made = await desk.seller()
    path = f"/legal-entities/{made['id']}"
    assert await desk(200, "GET", path) == made
    assert (await desk(200, "GET", "/legal-entities"))["items"] == [made]
    body = {"code": "ltd", "name": "Example SE", "address": ADDRESS, "credit_prefix": "C-"}
    changed = await desk(200, "PUT", path, body, if_match=version_tag(1))
    assert (changed["name"], changed["channel_ids"], changed["version"]) == ("Example SE", [], 2)
    assert (await desk(409, "PUT", path, body, if_match=version_tag(1)))[
        "code"
    ] == "invoices.changed"
    same = await desk(422, "PUT", path, body | {"credit_prefix": "INV-"}, if_match=version_tag(2))
    assert (same["code"], same["field"]) == ("invoices.entity_invalid", "credit_prefix")
    nowhere = body | {"channel_ids": [encode("channel", new_id())]}
    assert (await desk(404, "PUT", path, nowhere, if_match=version_tag(2)))[
        "code"
    ] == "channels.not_found"
    gone = f"/legal-entities/{encode('legal_entity', new_id())}"
    assert (await desk(404, "GET", gone))["code"] == "invoices.entity_not_found"


async def test_B21_an_order_is_invoiced_in_parts_and_credited(desk: Desk) -> None:
    await desk.seller()
    order = await desk.order(shirt=2, mug=1)
    lines = (await desk(200, "GET", f"/orders/{order}"))["lines"]
    [shirt] = [line for line in lines if line["sku"] == "SHIRT"]
    units = {"lines": [{"line_id": shirt["id"], "quantity": 2}]}
    seen = await desk(200, "POST", f"/orders/{order}/invoice-preview", units)
    assert await desk(200, "POST", f"/orders/{order}/invoice-preview", units) == seen
    made = await desk(201, "POST", f"/orders/{order}/invoices", units, idempotency_key="one")
    assert made["number"] == "INV-000001"
    assert {name: made[name] for name in seen} == seen
    again = await desk(201, "POST", f"/orders/{order}/invoices", units, idempotency_key="one")
    assert again == made
    refused = await desk(409, "POST", f"/orders/{order}/invoices", units)
    assert (refused["code"], refused["left"]) == ("invoices.units_not_left", 0)
    rest = await desk(201, "POST", f"/orders/{order}/invoices", {})
    assert made["total"]["minor"] + rest["total"]["minor"] == 2990
    left = await desk(409, "POST", f"/orders/{order}/invoices", {})
    assert left["code"] == "invoices.nothing_left"

    path = f"/invoices/{made['id']}"
    one = {"reason": "return", "lines": [{"line_id": shirt["id"], "quantity": 1}]}
    foreseen = await desk(200, "POST", f"{path}/credit-note-preview", one)
    note = await desk(
        201, "POST", f"{path}/credit-notes",
        {"reason": "return", "lines": [{"line_id": shirt["id"], "quantity": 1}]},
    )  # fmt: skip
    assert (note["kind"], note["number"], note["corrects"]["number"]) == (
        "credit_note", "CRN-000001", "INV-000001",
    )  # fmt: skip
    assert {name: note[name] for name in foreseen} == foreseen
    twice = {"reason": "x", "lines": [{"line_id": shirt["id"], "quantity": 2}]}
    assert (await desk(409, "POST", f"{path}/credit-note-preview", twice))["left"] == 1
    more = {"reason": "goodwill", "amount": {"minor": 99999, "currency": "EUR"}}
    too_much = await desk(409, "POST", f"{path}/credit-notes", more)
    assert too_much["left_minor"] == made["total"]["minor"] - 1000
    for wrong in ({"amount": {"minor": 1, "currency": "USD"}}, more | units):
        body = {"reason": "x"} | wrong
        unclear = await desk(422, "POST", f"{path}/credit-notes", body)
        assert unclear["code"] == "invoices.credit_ambiguous"
    listed = await desk(200, "GET", f"/invoices?order_id={order}&limit=2")
    assert [one["number"] for one in listed["items"]] == ["CRN-000001", "INV-000002"]
    following = await desk(
        200, "GET", f"/invoices?order_id={order}&limit=2&cursor={listed['next_cursor']}"
    )
    assert following["items"] == [await desk(200, "GET", path)] == [made]
    notes = await desk(200, "GET", "/invoices?kind=credit_note")
    assert notes["items"] == [note]
    trail = (await desk(200, "GET", "/audit"))["items"]
    actions = [entry["action"] for entry in trail]
    assert actions.count("invoice.issued") == 2
    assert actions.count("credit_note.issued") == 1


async def test_the_page_of_an_invoice_reads_like_paper(desk: Desk) -> None:
    await desk.seller(name="Schmidt & <Söhne>")
    order = await desk.order(shirt=1)
    made = await desk(201, "POST", f"/orders/{order}/invoices", {})
    path = f"/admin/v1/invoices/{made['id']}/page"
    answer = await desk.shop.send("GET", path, token=desk.key)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = Page(answer.text)
    assert page.tags[0] == ("html", {"lang": "en"})
    assert (page.count("h1"), page.count("main"), page.count("script")) == (1, 1, 0)
    assert page.count("caption") == page.count("table") == 2
    heads = [attrs for tag, attrs in page.tags if tag == "th"]
    assert all(attrs.get("scope") in {"col", "row"} for attrs in heads)
    for text in ("Invoice INV-000001", "Schmidt & <Söhne>", "14.90 EUR", "19 % (S)", "2.38 EUR"):
        assert text in page.text, text
    gone = f"/admin/v1/invoices/{encode('invoice', new_id())}/page"
    assert (await desk.shop.send("GET", gone, token=desk.key)).status_code == 404


async def test_documents_are_for_those_who_may(desk: Desk) -> None:
    await desk.seller()
    order = await desk.order(shirt=1)
    desk.key = await desk.shop.secret_key("orders:read")
    await desk(200, "GET", "/invoices")
    await desk(403, "POST", f"/orders/{order}/invoices", {})
    await desk(403, "GET", "/legal-entities")


async def test_an_invoice_is_credited_from_its_order_after_it_was_seen(desk: Desk) -> None:
    await desk.seller()
    order = await desk.order(shirt=2, mug=1)
    made = await desk(201, "POST", f"/orders/{order}/invoices", {})
    lines = (await desk(200, "GET", f"/orders/{order}"))["lines"]
    [shirt] = [line["id"] for line in lines if line["sku"] == "SHIRT"]
    clerk = await at_desk(desk.shop, "support")
    path = f"/admin/invoices/{made['id']}/credit"
    assert f'"{path}"' in (await clerk.get(f"/admin/orders/{order}")).text
    page = await clerk.get(path)
    assert "can be credited at most" in page.text
    form = form_of(page) | {f"units.{shirt}": "1", "reason": "It came <back>"}
    for wrong, said in (
        ({f"units.{shirt}": ""}, 'class="fault"'), ({f"units.{shirt}": "3"}, "not left"),
        ({f"units.{shirt}": "some"}, 'class="fault"'), ({"reason": ""}, 'class="fault"'),
        ({"way": "amount", "amount": "ten"}, "This is no amount."),
        ({"way": "amount", "amount": "99999"}, "So much is not left"),
    ):  # fmt: skip
        refused = await clerk.post(path, form | wrong)
        assert (refused.status_code in {409, 422}, said in refused.text) == (True, True), wrong
    seen = await clerk.post(path, form)
    assert seen.status_code == 200
    for text in ("This would be credited", "\N{EURO SIGN}10.00", "It came &lt;back&gt;"):
        assert text in seen.text, text
    assert len((await desk(200, "GET", "/invoices"))["items"]) == 1, "nothing is issued yet"
    sure = form_in(seen) | {"sure": "yes"}
    for _ in range(2):  # sent twice, one is issued
        assert led(await clerk.post(path, sure)) == f"/admin/orders/{order}"
    [note] = (await desk(200, "GET", "/invoices?kind=credit_note"))["items"]
    assert (note["total"]["minor"], note["corrects"]["number"]) == (1000, made["number"])
    shown = (await clerk.get(f"/admin/orders/{order}")).text
    assert "\N{MINUS SIGN}" in shown or "-\N{EURO SIGN}10.00" in shown
    # What was seen is not what would be issued now: it is shown again.
    await desk(201, "POST", f"/invoices/{made['id']}/credit-notes", {"reason": "x", "amount": EUR})
    rest = await clerk.post(path, form | {"way": "all"})
    await desk(201, "POST", f"/invoices/{made['id']}/credit-notes", {"reason": "x", "amount": EUR})
    late = await clerk.post(path, form_in(rest) | {"sure": "yes"})
    assert (late.status_code, "This would be credited" in late.text) == (200, True)
    assert led(await clerk.post(path, form_in(late) | {"sure": "yes"}))
    assert "Nothing is left to credit" in (await clerk.get(path)).text
    assert (await clerk.get(f"/admin/invoices/{note['id']}/credit")).status_code == 404
    reader = await at_desk(desk.shop, "read_only", email="reader@example.com")
    assert (await reader.post(path, form)).status_code == 403
    assert "Credit it" not in (await reader.get(f"/admin/orders/{order}")).text
