"""Shoppers at a real server, over HTTP: what they did, and what they were told.

A shopper does as a good client does: after a lost connection, or an answer that says "try again",
the same request is sent again under the same Idempotency-Key until there is an answer that stands.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from argosy.drill.shop import INVOICE_BODY, Shop, card_body
from argosy.kernel.ids import decode
from argosy.modules import orders

RETRIED = frozenset({409, 425, 429, 502, 503, 504})
"""Told to try again; 409 only as `idempotency.in_progress`, which is checked."""
EXPECTED = frozenset({201, 202, 402, 409})
TRY_FOR_S = 150.0


class Bought(msgspec.Struct, kw_only=True):
    """One purchase: the answer that stood in the end, and the tries before it."""

    key: str
    units: Mapping[str, int]
    payment: Mapping[str, Any]
    status: int = 0
    result: str = ""
    order_id: str | None = None
    body: bytes = b""
    tries: int = 0
    seconds: float = 0.0


class Tally:
    """What was told to all shoppers. `strange` are answers that nobody should ever see."""

    def __init__(self) -> None:
        self.bought: list[Bought] = []
        self.told: Counter[str] = Counter()
        self.strange: list[str] = []
        self.unanswered = 0
        self.pages_ms: list[float] = []
        self.page_failures = 0

    @property
    def placed(self) -> list[Bought]:
        """The purchases that were told `placed`."""
        return [one for one in self.bought if one.result == "placed"]


class Shoppers:
    """Buys at `shop` with chance from `seed`."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = shop
        self.chance = random.Random(seed)
        self.tally = Tally()

    async def buy(
        self, units: Mapping[str, int], payment: Mapping[str, Any], *, key: str | None = None
    ) -> Bought:
        """Buy once, however long that takes (TRY_FOR_S at most)."""
        one = Bought(key=key or str(uuid4()), units=units, payment=payment)
        started = time.monotonic()
        while time.monotonic() - started < TRY_FOR_S:
            one.tries += 1
            try:
                answer = await self.shop.purchase(one.key, units, payment)
            except httpx.HTTPError as error:
                self.tally.told[f"no answer ({type(error).__name__})"] += 1
                await asyncio.sleep(self.chance.uniform(0.2, 1.0))
                continue
            if not self._again(answer):
                one.status, one.body = answer.status_code, answer.content
                one.seconds = time.monotonic() - started
                self._keep(one, answer)
                return one
            pause = min(float(answer.headers.get("retry-after", 1)), 3.0)
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.0))
        self.tally.unanswered += 1
        return one

    def _again(self, answer: httpx.Response) -> bool:
        """Note the answer; whether it asks for another try."""
        status = answer.status_code
        told = _word(answer)
        self.tally.told[f"{status} {told}"] += 1
        if status in RETRIED and (status != 409 or told == "idempotency.in_progress"):
            return True
        if status not in EXPECTED:
            self.tally.strange.append(f"{status} {answer.text[:300]}")
        return False

    def _keep(self, one: Bought, answer: httpx.Response) -> None:
        with suppress(msgspec.DecodeError):
            body = msgspec.json.decode(answer.content)
            one.result = str(body.get("result") or body.get("code") or "")
            one.order_id = (body.get("order") or {}).get("id")
        self.tally.bought.append(one)

    async def crowd(
        self,
        buyers: int,
        until: asyncio.Event,
        *,
        tokens: Sequence[str] = ("tok_approved",),
        invoices: float = 0.3,
        pause_s: float = 0.0,
    ) -> None:
        """`buyers` who buy one after the other, by card or on invoice, until the event is set."""

        async def one() -> None:
            while not until.is_set():
                names = self.chance.sample(["shirt", "mug"], k=self.chance.randint(1, 2))
                units = {name: self.chance.randint(1, 2) for name in names}
                by_invoice = self.chance.random() < invoices
                payment = INVOICE_BODY if by_invoice else card_body(self.chance.choice(tokens))
                await self.buy(units, payment)
                if pause_s:
                    await asyncio.sleep(self.chance.uniform(0, 2 * pause_s))

        await asyncio.gather(*(one() for _ in range(buyers)))

    async def read_pages(self, until: asyncio.Event, every_s: float = 0.1) -> None:
        """Look at a product page again and again; latencies go to the tally."""
        while not until.is_set():
            started = time.monotonic()
            try:
                answer = await self.shop.http.get("/v1/products/shirt", timeout=5)
                good = answer.status_code == 200
            except httpx.HTTPError:
                good = False
            if good:
                self.tally.pages_ms.append(1000 * (time.monotonic() - started))
            else:
                self.tally.page_failures += 1
            await asyncio.sleep(every_s)

    async def promises(self, repeats: int = 20) -> list[str]:
        """What was told and does not hold, when all is at rest; some requests are sent again."""
        found = [f"strange answer: {one}" for one in self.tally.strange]
        if self.tally.unanswered:
            found.append(f"{self.tally.unanswered} shoppers were never answered")
        for one in self.tally.placed:
            if one.order_id is None:
                found.append(f"placed without an order: {one.body[:200]!r}")
                continue
            order_id = decode("order", one.order_id)
            async with self.shop.till.db.reading() as tx:
                order = await orders.find_order(tx, order_id)
            if order is None or order.stage != "confirmed":
                found.append(f"order {order_id}: told placed, it is {order and order.stage}")
        decided = [one for one in self.tally.bought if one.status in {201, 402}]
        for one in self.chance.sample(decided, k=min(repeats, len(decided))):
            found += await self._repeated(one)
        return found

    async def _repeated(self, one: Bought) -> list[str]:
        again = await self.shop.purchase(one.key, one.units, one.payment)
        if (again.status_code, again.content) == (one.status, one.body):
            return []
        return [f"key {one.key}: first {one.body[:200]!r}, then {again.content[:200]!r}"]


def _word(answer: httpx.Response) -> str:
    """The answer's result or problem code."""
    try:
        body = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return "not JSON"
    return str(body.get("result") or body.get("code") or "") if isinstance(body, dict) else ""
