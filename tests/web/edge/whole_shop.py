"""A whole shop in a thread of its own, called through `requests` without a network.

schemathesis is synchronous and the shop is not: the shop lives on an event loop in a thread, and a
transport adapter hands each request to its ASGI application.
"""

from __future__ import annotations

import asyncio
import io
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx
import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter
from tests.workflows.till import BERLIN, Till, open_till

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import orders, staff
from argosy.runtime.db import Database
from argosy.runtime.subscriptions import Subscription, deliver, register
from argosy.web.app import create_app
from argosy.workflows import projecting, searching

PASSWORD = "four random words here"
BASE = "http://shop.test"
PROMOTION = {"phase": "order", "reason": "10 %", "action": {"type": "percent", "percent": "10"}}
ADDRESS = msgspec.to_builtins(BERLIN)


class Handed(HTTPAdapter):
    """Hands a prepared request to an ASGI application on another thread's event loop."""

    def __init__(self, call: Callable[[requests.PreparedRequest], httpx.Response]) -> None:
        super().__init__()
        self._call = call

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        got = self._call(request)
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(got.content),
            headers=urllib3.HTTPHeaderDict(got.headers.multi_items()),
            status=got.status_code,
            reason=got.reason_phrase,
            preload_content=False,
        )
        return self.build_response(request, raw)


class WholeShop:
    """The shop: a session that calls it, its keys by role, and ids of what it holds.

    Of the two shoppers' sessions the second is for operations that end it.
    """

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False  # else it looks for a proxy's address before each request
        self.publishable = ""
        self.keys: dict[str, str] = {}
        self.shoppers: list[str] = []
        self.known: dict[str, str] = {}

    def id_for(self, path: str, name: str) -> str | None:
        """The id of something that exists for a parameter or a field of that name."""
        if name == "zone_id":
            name = "tax_zone_id" if "/tax-" in path else "shipping_zone_id"
        return self.known.get("price_list_id" if name == "list_id" else name)

    def with_known_ids(self, path: str, value: Any) -> Any:
        """`value` (a JSON body) with every id that names something of this shop."""
        if isinstance(value, dict):
            return {
                name: self.id_for(path, name) or self.with_known_ids(path, inner)
                if isinstance(inner, str)
                else self.with_known_ids(path, inner)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.with_known_ids(path, inner) for inner in value]
        return value

    def credentials(self, path: str, method: str, token: str | None) -> dict[str, str]:
        """Headers for an operation: the channel's key, and `token` if there is one."""
        sent = {"X-Publishable-Key": self.publishable} if path.startswith("/v1/") else {}
        ends = method.upper() == "DELETE" and path == "/v1/sessions/current"
        if token is not None and (ends or "password" in path or "erasure" in path):
            token = self.shoppers[-1] if path.startswith("/v1/") else token
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return sent


@contextmanager
def whole_shop(server_url: str, template: str, home: Path) -> Iterator[WholeShop]:
    """Open a shop with goods, a cart, an order, a customer and a key for every role."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=120)

    stack = AsyncExitStack()
    shop = WholeShop()
    try:
        url = run(_database(stack, server_url, template))
        run(_open(stack, shop, loop, url, home))
        yield shop
    finally:
        run(stack.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)


async def _open(
    stack: AsyncExitStack,
    shop: WholeShop,
    loop: asyncio.AbstractEventLoop,
    url: str,
    home: Path,
) -> None:
    clock = MovableClock()
    db = await Database.open(url, clock=clock, min_size=2, max_size=10)
    stack.push_async_callback(db.close)
    till = await stack.enter_async_context(open_till(db, url, clock, home))
    transport = httpx.ASGITransport(create_app(till.app))  # type: ignore[arg-type]

    def call(request: requests.PreparedRequest) -> httpx.Response:
        future = asyncio.run_coroutine_threadsafe(_hand_over(transport, request), loop)
        return future.result(timeout=60)

    shop.session.mount(BASE, Handed(call))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        await _keys(shop, till)
        await till.stock("shirt", 5)  # each operation on an order buys one
        await _fill(shop, till, client)


async def filled(till: Till, client: httpx.AsyncClient) -> WholeShop:
    """The same shop at a till that is open, whose application `client` calls."""
    shop = WholeShop()
    await _keys(shop, till)
    await _fill(shop, till, client)
    return shop


async def _hand_over(
    transport: httpx.ASGITransport, request: requests.PreparedRequest
) -> httpx.Response:
    body = request.body or b""
    asked = httpx.Request(
        request.method or "GET",
        request.url or "",
        headers=[(_raw(name), _raw(value)) for name, value in request.headers.items()],
        content=body.encode() if isinstance(body, str) else body,
    )
    answer = await transport.handle_async_request(asked)
    await answer.aread()
    return answer


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1", "replace")


async def _database(stack: AsyncExitStack, server_url: str, template: str) -> str:
    name = f"whole_{secrets.token_hex(8)}"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"create database {name} template {template} strategy file_copy")

    async def drop() -> None:
        await admin.execute(f"drop database if exists {name} with (force)")
        await admin.close()

    stack.push_async_callback(drop)
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


async def _keys(shop: WholeShop, till: Till) -> None:
    async with till.db.transaction() as tx:
        made = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="web", channel_id=till.channel.id
        )
        shop.publishable = made.token
        for role in await staff.list_roles(tx):
            key = await staff.create_secret_key(
                tx, staff.SYSTEM, name=role.name, scopes=tuple(sorted(role.scopes))
            )
            shop.keys[role.name] = key.token
        spare = await staff.create_secret_key(
            tx, staff.SYSTEM, name="spare", scopes=("orders:read",)
        )
        shop.known["key_id"] = encode("key", spare.key.id)
    new = staff.AddMember(
        email="olga@example.com", name="Olga", password=PASSWORD, roles=("owner",)
    )
    member = await staff.add_member(till.db, till.app.passwords, staff.SYSTEM, new)
    shop.known["staff_id"] = encode("staff", member.id)


async def _fill(shop: WholeShop, till: Till, client: httpx.AsyncClient) -> None:
    async def send(method: str, path: str, body: Any, token: str = "", **headers: str) -> Any:
        headers["X-Publishable-Key"] = shop.publishable
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = await client.request(method, path, json=body, headers=headers)
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if answer.content else None

    known = shop.known
    for name in ("ann", "bob"):
        who = {"email": f"{name}@example.com", "password": PASSWORD}
        await send("POST", "/v1/customers", who)
        session = await send("POST", "/v1/sessions", who)
        shop.shoppers.append(session["token"])
        address = await send(
            "POST", "/v1/customers/me/addresses", {"address": ADDRESS}, session["token"]
        )
        known.setdefault("address_id", address["id"])
        known["customer_id"] = session["customer"]["id"]  # the second: it may be signed out
    shirt = encode("variant", till.variants["shirt"])
    cart = await send("POST", "/v1/carts", {"lines": [{"variant_id": shirt, "quantity": 2}]})
    known |= {"cart_id": cart["id"], "line_id": cart["lines"][0]["id"], "variant_id": shirt}
    answered, placement = await till.purchase(shirt=1, mug=1)
    assert answered.status == 201
    known["order_id"] = encode("order", placement.order_id)
    known["channel_id"] = encode("channel", till.channel.id)
    known["price_list_id"] = encode("price_list", till.channel.price_list_id)
    known["location_id"] = encode("location", till.channel.locations[0])
    known["slug"] = "shirt"
    known["gateway"] = "invoice"
    made = await send("POST", "/admin/v1/categories", {"name": "Tops"}, shop.keys["owner"])
    known["category_id"] = made["id"]
    made = await send("POST", "/admin/v1/parties", PARTY, shop.keys["owner"])
    known["party_id"] = made["id"]
    known |= await _passport(shirt, send, shop.keys["owner"])
    for name, (kind, query) in _MORE.items():
        found = await till.db.pool.fetchval(query)
        known[name] = encode(kind, found)
    promotion = {"name": "Ten percent", "document": PROMOTION}
    made = await send("POST", "/admin/v1/promotions", promotion, shop.keys["owner"])
    known["promotion_id"] = made["id"]
    await invoice_a_mug(till, placement.order_id, send, known, shop.keys["owner"])
    await projecting_settled(till)
    await searching.follow(till.app)
    said = {"rating": 5, "author": "Bob", "body": "Warm."}
    review = await send("POST", "/v1/products/shirt/reviews", said, shop.shoppers[-1])
    known["review_id"] = review["id"]


async def _passport(variant: str, send: Any, key: str) -> dict[str, str]:
    """A published product passport."""
    any_version = {"If-Match": "*"}
    at = f"/admin/v1/variants/{variant}"
    await send("PATCH", at, {"gtin": "09506000134352"}, key, **any_version)
    made = await send("POST", "/admin/v1/passports", {"variant_id": variant}, key)
    await send("POST", f"/admin/v1/passports/{made['id']}/publish", None, key)
    return {"passport_id": made["id"], "gtin": made["gtin"], "schema_code": "batteries"}


PARTY = {
    "code": "maker",
    "name": "Maker Ltd",
    "street": "1 Mill Lane",
    "postal_code": "LS1 4AB",
    "city": "Leeds",
    "country": "GB",
    "email": "safety@maker.example",
}
_MORE = {
    "product_id": ("product", "select id from catalog.product where slug = 'shirt'"),
    "payment_id": ("payment", "select id from payments.payment limit 1"),
    "tax_zone_id": ("tax_zone", "select id from tax.zone limit 1"),
    "rate_id": ("tax_rate", "select id from tax.rate limit 1"),
    "shipping_zone_id": ("shipping_zone", "select id from shipping.zone limit 1"),
    "method_id": ("shipping_method", "select id from shipping.method limit 1"),
    "price_id": ("price", "select id from pricing.price limit 1"),
}


async def invoice_a_mug(
    till: Till, order_id: UUID, send: Any, known: dict[str, str], owner: str
) -> None:
    """Somebody sells through the channel, and has invoiced a part of the order."""
    seller = {
        "code": "seller",
        "name": "Example Ltd",
        "address": ADDRESS,
        "channel_ids": [known["channel_id"]],
    }
    made = await send("POST", "/admin/v1/legal-entities", seller, owner)
    known["legal_entity_id"] = made["id"]
    async with till.db.reading() as tx:
        [mug] = [line for line in await orders.lines_of(tx, order_id) if line.sku == "MUG"]
    lines = [{"line_id": encode("order_line", mug.id), "quantity": 1}]
    path = f"/admin/v1/orders/{known['order_id']}/invoices"
    known["invoice_id"] = (await send("POST", path, {"lines": lines}, owner))["id"]


async def projecting_settled(till: Till) -> None:
    """Let the shop window show the goods, as the worker would."""
    listening = Subscription("projections", projecting.PROJECTION_EVENTS, projecting.note_changes)
    await register(till.db, [listening])
    async with asyncio.timeout(30):
        while not await till.db.pool.fetchval("select count(*) from projections.product"):
            await deliver(till.db, listening)
            await projecting.project_changed(till.app)
            await asyncio.sleep(0.05)
