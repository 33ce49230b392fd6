"""Shoppers over HTTP who account for every answer they got.

Buyers make carts and pay them; browsers read product pages and fill carts that they leave. They are
clients as they should be: a request whose answer was lost, or that was told to come back, is sent
again byte for byte under the same Idempotency-Key; a payment that is `processing` is asked after
later (`finish`); one that failed without effect is tried again under a new key. So every cart of a
buyer can end in only one way: bought once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import uuid4

import httpx
import msgspec

What = Literal["page", "cart", "place", "repeat", "resume"]

_LONGEST_PAUSE_S = 1.0
_ADDRESS = {
    "name": "Ada Example",
    "line1": "Torstr. 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}


class Goods(msgspec.Struct, frozen=True):
    """Something to look at and to buy: the slug of its page and a variant's public id."""

    slug: str
    variant_id: str


class Told(msgspec.Struct, frozen=True):
    """One request and what came of it. `at` is seconds since the load's start, `took_s` seconds.

    `status` 0: no answer, or a broken one. `code` is the problem's. `retryable`: the answer says
    that the same request may be sent again; `waits`: it has a Retry-After. `beside`: so many buyers
    waited for the answer to a placement, from this request's start to its end.
    """

    what: What
    at: float
    took_s: float
    status: int
    code: str = ""
    retryable: bool = False
    waits: bool = False
    beside: int = 0


class Buying(msgspec.Struct):
    """One cart on its way to an order. `answers` are the final answers by Idempotency-Key."""

    cart: str
    place: bytes
    key: str = ""
    answers: dict[str, tuple[int, bytes]] = {}
    number: str | None = None


class Load:
    """Buyers and browsers at one shop, and everything that they were told."""

    def __init__(
        self,
        address: str,
        publishable_key: str,
        goods: Sequence[Goods],
        *,
        payment: dict[str, Any],
        shipping_method: str = "standard",
        address_given: dict[str, str] | None = None,
        lost_answers: float = 0.1,
        repeats: float = 0.1,
        pause_s: float = 0.02,
        patience_s: float = 15.0,
        seed: int | None = None,
    ) -> None:
        """`lost_answers` and `repeats` are the shares of placements whose answer the buyer does not
        wait for, and that are sent once more when they were answered; `pause_s` is between steps.
        """
        self.told: list[Told] = []
        self.bought: list[Buying] = []
        self.unequal: list[str] = []
        self._address = address
        self._headers = {"x-publishable-key": publishable_key, "content-type": "application/json"}
        self._goods = list(goods)
        self._payment = payment
        self._method = shipping_method
        self._to = address_given or _ADDRESS
        self._lost_answers, self._repeats = lost_answers, repeats
        self._pause_s, self._patience_s = pause_s, patience_s
        self._random = random.Random(seed)
        self._started = time.monotonic()
        self._stopping = asyncio.Event()
        self._waiting = 0

    @property
    def now(self) -> float:
        """Seconds since the load's start: the `at` of what is told."""
        return time.monotonic() - self._started

    @property
    def placing(self) -> int:
        """How many buyers wait for the answer to a placement at this moment."""
        return self._waiting

    @asynccontextmanager
    async def running(self, *, buyers: int = 6, browsers: int = 2) -> AsyncIterator[None]:
        """They come at once, and go on until the block ends; what they are at is given up then."""
        self._stopping.clear()
        tasks = [asyncio.create_task(self._buyer()) for _ in range(buyers)]
        tasks += [asyncio.create_task(self._browser()) for _ in range(browsers)]
        try:
            yield
        finally:
            self._stopping.set()
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for one in ended:
            if isinstance(one, Exception):
                raise one

    async def finish(self, *, within_s: float = 60.0, side_by_side: int = 8) -> None:
        """Every cart that was begun is bought: the same requests again, under the same keys.

        Raises TimeoutError when some are not bought in that time.
        """
        self._stopping.clear()
        gate = asyncio.Semaphore(side_by_side)

        async def one(buying: Buying) -> None:
            async with gate, self._client() as http:
                while buying.number is None:
                    await self._step(http, buying)

        async with asyncio.timeout(within_s):
            await asyncio.gather(*(one(each) for each in self.bought))

    async def repeat_all(self) -> None:
        """Every request that had a final answer is sent once more; differences are `unequal`."""
        async with self._client() as http:
            for buying in self.bought:
                for key in list(buying.answers):
                    await self._again(http, buying, key)

    def since(
        self, at: float, *whats: What, until: float | None = None, good: bool = False
    ) -> list[Told]:
        """What was told of requests made and ended between two moments; all kinds, unless named.

        `good`: only those that had what they asked for (200, 201).
        """
        end = self.now if until is None else until
        return [
            one
            for one in self.told
            if at <= one.at <= one.at + one.took_s <= end
            and (not whats or one.what in whats)
            and (not good or one.status in {200, 201})
        ]

    # --- shoppers ------------------------------------------------------------------------------

    async def _buyer(self) -> None:
        async with self._client() as http:
            while True:
                await asyncio.sleep(self._pause_s * (0.5 + self._random.random()))
                buying = await self._fill(http)
                if buying is None:
                    continue
                self.bought.append(buying)
                while buying.key not in buying.answers:
                    await asyncio.sleep(self._pause_s * self._random.random())
                    await self._step(http, buying)

    async def _browser(self) -> None:
        async with self._client() as http:
            while True:
                await asyncio.sleep(self._pause_s * (0.5 + self._random.random()))
                goods = self._random.choice(self._goods)
                told, _ = await self._ask(http, "page", "GET", f"/v1/products/{goods.slug}")
                await self._wait(told)
                if self._random.random() < 0.5:
                    await self._fill(http)

    async def _fill(self, http: httpx.AsyncClient) -> Buying | None:
        """A cart that is ready to be paid; None: there was no answer (it is left behind)."""
        goods = self._random.sample(self._goods, k=min(2, len(self._goods)))
        body = {
            "lines": [{"variant_id": one.variant_id, "quantity": 1} for one in goods],
            "email": "ada@example.com",
            "shipping_address": self._to,
            "shipping_method": self._method,
        }
        told, answer = await self._ask(
            http, "cart", "POST", "/v1/carts", msgspec.json.encode(body), key=uuid4().hex
        )
        if told.status != 201:
            await self._wait(told)
            return None
        cart = msgspec.json.decode(answer)
        place = {"expected_total": cart["total"], "payment": self._payment}
        return Buying(cart=cart["id"], place=msgspec.json.encode(place))

    async def _step(self, http: httpx.AsyncClient, buying: Buying) -> None:
        """The next request for a cart that is not bought yet."""
        if not buying.key:
            buying.key = uuid4().hex
        if buying.key not in buying.answers:
            hurried = self._random.random() < self._lost_answers and not self._stopping.is_set()
            await self._place(http, buying, patience_s=0.02 if hurried else None)
            if buying.key in buying.answers and self._random.random() < self._repeats:
                await self._again(http, buying, buying.key)
            return
        told, answer = await self._ask(http, "resume", "POST", f"/v1/carts/{buying.cart}/resume")
        if told.status == 200:
            buying.number = _number(answer)
        elif told.status in {402, 409} and not told.retryable:
            buying.key = ""  # the attempt ended without effect: the cart is open, a new key
        else:
            await self._wait(told)

    async def _place(
        self, http: httpx.AsyncClient, buying: Buying, *, patience_s: float | None
    ) -> None:
        self._waiting += 1
        try:
            told, answer = await self._ask(
                http,
                "place",
                "POST",
                f"/v1/carts/{buying.cart}/place",
                buying.place,
                key=buying.key,
                patience_s=patience_s,
            )
        finally:
            self._waiting -= 1
        if told.status == 0 or told.retryable:
            await self._wait(told)
            return
        buying.answers[buying.key] = told.status, answer
        if told.status == 201:
            buying.number = _number(answer)

    async def _again(self, http: httpx.AsyncClient, buying: Buying, key: str) -> None:
        path = f"/v1/carts/{buying.cart}/place"
        told, answer = await self._ask(http, "repeat", "POST", path, buying.place, key=key)
        if told.status == 0 or told.status >= 500:
            return  # no answer of the purchase's at all
        if (told.status, answer) != buying.answers[key]:
            was, body = buying.answers[key]
            self.unequal.append(f"{buying.cart}: {was} {body!r}, then {told.status} {answer!r}")

    # --- requests ------------------------------------------------------------------------------

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._address, headers=self._headers, timeout=self._patience_s
        )

    async def _ask(  # noqa: PLR0917 - private, one request
        self,
        http: httpx.AsyncClient,
        what: What,
        method: str,
        path: str,
        body: bytes | None = None,
        key: str | None = None,
        patience_s: float | None = None,
    ) -> tuple[Told, bytes]:
        start, beside = self.now, self._waiting
        headers = {} if key is None else {"idempotency-key": key}
        try:
            answer = await http.request(
                method, path, content=body, headers=headers, timeout=patience_s or self._patience_s
            )
        except httpx.TransportError:
            told = Told(what, start, self.now - start, 0)
            if patience_s is None:
                self.told.append(told)
            return told, b""
        problem = _problem(answer) if answer.status_code >= 400 else {}
        told = Told(
            what,
            start,
            self.now - start,
            answer.status_code,
            str(problem.get("code", "")),
            bool(problem.get("retryable")),
            "retry-after" in answer.headers,
            min(beside, self._waiting),
        )
        self.told.append(told)
        return told, answer.content

    async def _wait(self, told: Told) -> None:
        """As long as a polite client would, but never long: the shop is being hurt for seconds."""
        if told.status == 0 or told.status >= 400 or told.status == 202:
            await asyncio.sleep(_LONGEST_PAUSE_S * (0.2 + 0.3 * self._random.random()))


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(answer: bytes) -> str:
    number: str = msgspec.json.decode(answer)["order"]["number"]
    return number
