"""`argosy demo --orders`: a fortnight of trade, so that lists and charts have something to show.

Every order is a purchase as any other: the calls of a shopper and of staff, through the same HTTP
application, in a process whose clock is set back and moves on from one act to the next. It runs
before the worker does, which would look after what seems to be days old. The same chance each
time, so that two demos look alike.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

import httpx

from argosy.drill.clock import MovableClock
from argosy.entry.demo_seed import DemoShop
from argosy.entry.terminal import fail
from argosy.entry.wiring import running_app
from argosy.runtime.db import utc_now
from argosy.runtime.settings import Settings
from argosy.web.app import create_app

ORDERS, DAYS = 48, 14
_ON_SALE, _GOOD_CARD = 24, "tok_approved"
_MORNING = time(16, 40)  # UTC: before nine at the Pacific
_US = (
    ("Grace Hopper", "42 Compiler Ave", "Arlington", "VA", "22201"),
    ("Katherine Johnson", "100 Orbit Rd", "Hampton", "VA", "23666"),
    ("Radia Perlman", "7 Spanning Tree Ln", "Redmond", "WA", "98052"),
    ("Barbara Liskov", "32 Vassar St", "Cambridge", "MA", "02139"),
    ("Mary Jackson", "1 Langley Blvd", "Hampton", "VA", "23681"),
    ("Frances Allen", "1101 Kitchawan Rd", "Yorktown Heights", "NY", "10598"),
    ("Dorothy Vaughan", "4 Colony Rd", "Newport News", "VA", "23601"),
    ("Annie Easley", "21000 Brookpark Rd", "Cleveland", "OH", "44135"),
)
_DE = (
    ("Emmy Noether", "Bunsenstr. 3", "Göttingen", "37073"),
    ("Konrad Zuse", "Methfesselstr. 7", "Berlin", "10965"),
    ("Maria Göppert", "Hölderlinstr. 12", "München", "81377"),
    ("Lise Meitner", "Kantstr. 44", "Hamburg", "22089"),
)
_REGULARS = 4


class Person(NamedTuple):
    """Who buys: in which shop, and where it goes."""

    name: str
    channel: str
    address: dict[str, str]

    @property
    def email(self) -> str:
        """Their address; mails of a demo go nowhere."""
        plain = self.name.lower().replace("ö", "o").replace("ü", "u").replace(" ", ".")
        return f"{plain}@example.com"


class Sale(NamedTuple):
    """A purchase of the plan, and what becomes of it: `open`, `paid`, `refunded`, `cancelled`."""

    at: datetime
    person: Person
    pieces: tuple[int, ...]
    method: str
    gateway: str
    card: str
    fate: str


def people() -> list[Person]:
    """All who buy. The first of each shop have accounts."""
    found = [
        Person(
            name,
            "us",
            {
                "name": name,
                "line1": line1,
                "city": city,
                "region": region,
                "postal_code": code,
                "country": "US",
            },
        )
        for name, line1, city, region, code in _US
    ]
    found += [
        Person(
            name,
            "eu",
            {"name": name, "line1": line1, "city": city, "postal_code": code, "country": "DE"},
        )
        for name, line1, city, code in _DE
    ]
    return found


def plan(now: datetime, channels: Sequence[str] = ("eu", "us"), orders: int = ORDERS) -> list[Sale]:
    """What is bought in the days before `now`, oldest first; more of it lately."""
    chance = random.Random(14)  # noqa: S311 - no secret
    # The root of an even chance is more often near its end.
    ages = sorted((1 - chance.random() ** 0.6) * DAYS for _ in range(orders))
    buyers = [one for one in people() if one.channel in channels]
    times = [(now - timedelta(days=age, minutes=3), age) for age in reversed(ages)]
    return [_sale(chance, at, age, buyers) for at, age in times]


def _sale(chance: random.Random, at: datetime, age: float, buyers: Sequence[Person]) -> Sale:
    fate = chance.choices(("paid", "refunded", "cancelled"), (82, 8, 10))[0]
    gateway = "invoice" if chance.random() < 0.15 else "sandbox"
    declined = gateway == "sandbox" and chance.random() < 0.08
    return Sale(
        at=at,
        person=chance.choice(buyers),
        pieces=tuple(chance.choices((1, 1, 1, 2, 3), k=chance.choice((1, 1, 2, 2, 3)))),
        method="express" if chance.random() < 0.25 else "standard",
        gateway=gateway,
        card="tok_declined_insufficient_funds" if declined else _GOOD_CARD,
        fate="open" if age < 1.2 or gateway == "invoice" else fate,
    )


def mornings(sales: Sequence[Sale], now: datetime) -> Iterator[datetime]:
    """When staff come to work, from the first sale on."""
    day = sales[0].at.date() + timedelta(days=1)
    while (at := datetime.combine(day, _MORNING, tzinfo=now.tzinfo)) < now:
        yield at
        day += timedelta(days=1)


class _Trade:
    """A shop in a process of its own, whose clock this moves."""

    def __init__(self, http: httpx.AsyncClient, shop: DemoShop, clock: MovableClock) -> None:
        self.http, self.shop, self.clock = http, shop, clock
        self.chance = random.Random(7)  # noqa: S311 - no secret
        self.goods: dict[str, list[str]] = {}
        self.tokens: dict[str, str] = {}
        self.made = 0

    def at(self, when: datetime) -> None:
        self.clock.offset = when - utc_now()

    async def ask(
        self, method: str, path: str, body: Any = None, *, may_fail: bool = False, **headers: str
    ) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        answer = await self.http.request(method, path, json=body, headers=sent)
        if answer.status_code >= 400 and not may_fail:
            fail(
                f"The sample orders stopped at {method} {path}: {answer.text[:300]}",
                cure="Run `argosy demo` without --orders, and report it.",
            )
        return answer.json() if answer.content else {}

    async def stock_up(self) -> None:
        """Find what can be bought in each shop."""
        for code, key in self.shop.publishable_keys.items():
            found = await self.ask(
                "GET", "/v1/products?in_stock=true&sort=newest&limit=100", X_Publishable_Key=key
            )
            slugs = [one["slug"] for one in found["items"]]
            self.goods[code] = []
            for slug in self.chance.sample(slugs, min(_ON_SALE, len(slugs))):
                page = await self.ask("GET", f"/v1/products/{slug}", X_Publishable_Key=key)
                self.goods[code] += [
                    one["id"]
                    for one in page["variants"]["items"]
                    if one["availability"] == "in_stock" and (one["price"] or {}).get("minor")
                ][:2]

    async def buy(self, sale: Sale) -> dict[str, Any] | None:
        """The order; None where the payment was declined."""
        key = self.shop.publishable_keys[sale.person.channel]
        lines = self.chance.sample(self.goods[sale.person.channel], len(sale.pieces))
        paid = {"token": sale.card} if sale.gateway == "sandbox" else {}
        self.made += 1
        body = {
            "lines": [
                {"variant_id": variant, "quantity": pieces}
                for variant, pieces in zip(lines, sale.pieces, strict=True)
            ],
            "email": sale.person.email,
            "shipping_address": sale.person.address,
            "billing_address": sale.person.address,
            "shipping_method": sale.method,
            "payment": {"gateway": sale.gateway, "instrument": paid},
        }
        token = self.tokens.get(sale.person.email, "")
        placed = await self.ask(
            "POST",
            "/v1/purchases",
            body,
            may_fail=sale.card != _GOOD_CARD,
            X_Publishable_Key=key,
            Authorization=f"Bearer {token}" if token else "",
            Idempotency_Key=f"demo-order-{self.made}",
        )
        order: dict[str, Any] | None = placed.get("order")
        return order

    async def open_accounts(self) -> None:
        """Some come again and again."""
        for code in self.shop.publishable_keys:
            regulars = [one for one in people() if one.channel == code][:_REGULARS]
            key = self.shop.publishable_keys[code]
            for person in regulars:
                secret = {"email": person.email, "password": "correct horse battery"}
                await self.ask(
                    "POST", "/v1/customers", secret | {"name": person.name}, X_Publishable_Key=key
                )
                opened = await self.ask("POST", "/v1/sessions", secret, X_Publishable_Key=key)
                self.tokens[person.email] = opened["token"]

    async def work(self, waiting: list[tuple[Sale, dict[str, Any]]]) -> None:
        """A morning at the desk: take, release and give back the money of what came in."""
        if not waiting:
            return
        secret = {"email": self.shop.staff_email, "password": self.shop.staff_password}
        opened = await self.ask("POST", "/admin/v1/sessions", secret)
        for number, (sale, placed) in enumerate(waiting):
            await self._finish(sale, placed["id"], f"Bearer {opened['token']}", number)
            self.clock.advance(minutes=4)

    async def _finish(self, sale: Sale, order: str, me: str, number: int) -> None:
        path = f"/admin/v1/orders/{order}"
        if sale.fate == "cancelled":
            body = {"reason": "customer_request"}
            await self.ask("POST", f"{path}/cancel", body, Authorization=me, If_Match="*")
            return
        found = await self.ask("GET", path, Authorization=me)
        payment = found["payments"][0]["id"]
        key = f"demo-{order}"
        await self.ask(
            "POST",
            f"/admin/v1/payments/{payment}/capture",
            {},
            Authorization=me,
            Idempotency_Key=f"{key}-capture",
        )
        if sale.fate == "refunded":
            self.clock.advance(minutes=2)
            part = {"minor": 500, "currency": found["total"]["currency"]}
            await self.ask(
                "POST",
                f"/admin/v1/payments/{payment}/refund",
                {"amount": part, "reason": "A seam came loose; the customer keeps it."},
                Authorization=me,
                Idempotency_Key=f"{key}-refund",
            )
        elif number % 5 == 0:
            text = "Asked to ring at the side door."
            await self.ask("POST", f"{path}/notes", {"text": text}, Authorization=me)


async def sample_orders(configured: Settings, url: str, shop: DemoShop) -> int:
    """Make the orders of the last fortnight; how many there are. The sandbox provider must run,
    and the worker must not.
    """
    clock, now = MovableClock(), utc_now()
    sales = plan(now)
    offering = configured.model_copy(update={"offline_gateways": ["invoice"]})
    async with running_app(offering, url, clock=clock) as app:
        transport = httpx.ASGITransport(app=create_app(app))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=configured.public_url) as http:
            return await trade(http, shop, clock, sales, now)


async def trade(
    http: httpx.AsyncClient,
    shop: DemoShop,
    clock: MovableClock,
    sales: Sequence[Sale],
    now: datetime,
) -> int:
    """Live through these sales until `now`, by the calls that `http` takes; how many there were."""
    desk = _Trade(http, shop, clock)
    desk.at(sales[0].at - timedelta(hours=1))
    await desk.open_accounts()
    await desk.stock_up()
    await _lived(desk, sales, list(mornings(sales, now)))
    return desk.made


async def _lived(desk: _Trade, sales: Sequence[Sale], days: list[datetime]) -> None:
    waiting: list[tuple[Sale, dict[str, Any]]] = []
    for sale in sales:
        while days and days[0] < sale.at:
            desk.at(days.pop(0))
            await desk.work(waiting)
            waiting = []
        desk.at(sale.at)
        placed = await desk.buy(sale)
        if placed is not None and sale.fate != "open":
            waiting.append((sale, placed))
    for day in days:
        desk.at(day)
        await desk.work(waiting)
        waiting = []
