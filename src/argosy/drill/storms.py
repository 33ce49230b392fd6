"""Drills on a whole shop of real processes: what is done to it while shoppers are at it.

Each drill hurts the shop in one way, lets everybody finish, waits until nothing is in motion (which
nobody helps), and reads the whole database and the provider's records.
"""

from __future__ import annotations

import asyncio
import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import msgspec

from argosy.drill.effects import how_many, tell
from argosy.drill.load import Goods, Load
from argosy.drill.report import Report, Say
from argosy.drill.shop import INVOICE_BODY, SERVER, WORKER, Shop, card_body

UNITS, BUYERS, REPEATS = 20, 200, 50
FACTS = 200
Storm = Callable[[Shop, Report, float, Say], Awaitable[None]]


async def rush(shop: Shop, report: Report, duration_s: float, say: Say) -> None:
    """200 buyers at once for the last 20 units, again and again until the time is over."""
    chance = random.Random(report.seed)
    ends: Counter[str] = Counter()
    until = time.monotonic() + duration_s
    rounds = 0
    while rounds == 0 or time.monotonic() < until:
        rounds += 1
        await shop.till.stock("shirt", UNITS - (await shop.till.level("shirt")).sellable)
        payment = card_body() if rounds % 2 else INVOICE_BODY
        say(f"round {rounds}: {BUYERS} buyers for {UNITS} shirts ({payment['gateway']})")
        told = await asyncio.gather(
            *(
                _one_of_many(shop, f"rush-{report.seed}-{rounds}-{n}", payment, chance)
                for n in range(BUYERS)
            )
        )
        ends.update(told)
        if told.count("placed") != UNITS:
            report.violations.append(f"round {rounds}: {told.count('placed')} sold of {UNITS}")
    strange = {end: n for end, n in ends.items() if end not in {"placed", "inventory.out_of_stock"}}
    report.violations += [f"{n} shoppers were told: {end}" for end, n in strange.items()]
    report.did |= {
        "rounds": rounds,
        "buyers": rounds * BUYERS,
        "purchases": ends["placed"],
        "told: out of stock": ends["inventory.out_of_stock"],
    }


async def _one_of_many(
    shop: Shop, key: str, payment: dict[str, object], chance: random.Random
) -> str:
    names = ["shirt", "mug"]
    chance.shuffle(names)
    for _ in range(60):
        try:
            answer = await shop.purchase(key, dict.fromkeys(names, 1), payment, timeout_s=30)
        except httpx.TransportError:
            await asyncio.sleep(0.2)
            continue
        body = msgspec.json.decode(answer.content)
        if answer.status_code == 201:
            return str(body["result"])
        retry = body.get("retryable") or answer.status_code == 202
        if not retry:
            return str(body.get("code") or body.get("result"))
        await asyncio.sleep(0.3 + 0.4 * chance.random())
    return "no answer"


async def same_place(shop: Shop, report: Report, duration_s: float, say: Say) -> None:
    """The same purchase 50 times at once, its provider answers lost now and then."""
    until = time.monotonic() + duration_s
    rounds = 0
    statuses: Counter[int] = Counter()
    tokens = ("tok_approved", "tok_lost_answer", "tok_lost_answer_always")
    while rounds < len(tokens) or time.monotonic() < until:
        token = tokens[rounds % len(tokens)]
        rounds += 1
        say(f"round {rounds}: the same purchase {REPEATS} times at once ({token})")
        key = f"same-{report.seed}-{rounds}"
        answers = await asyncio.gather(*(_answer(shop, key, token) for _ in range(REPEATS)))
        late = await _answer(shop, key, token)
        statuses.update(status for status, _ in answers)
        if len({*answers, late}) != 1:
            report.violations.append(f"{key}: {len({*answers, late})} different answers")
        if late[0] != 201:
            report.violations.append(f"{key}: told {late[0]} {late[1][:200]!r}")
    report.did |= {"purchases": rounds, "equal requests": rounds * (REPEATS + 1)}
    report.did |= {f"told: {status}": count for status, count in statuses.items()}


async def _answer(shop: Shop, key: str, token: str) -> tuple[int, bytes]:
    """The answer that stands: in progress and lost connections are asked again."""
    while True:
        try:
            answer = await shop.purchase(key, {"shirt": 1}, card_body(token), timeout_s=30)
        except httpx.TransportError:
            continue
        if answer.status_code < 400 or not answer.json().get("retryable"):
            return answer.status_code, answer.content
        await asyncio.sleep(0.5)


# --- under load --------------------------------------------------------------------------------


def shoppers(shop: Shop, seed: int) -> Load:
    """Buyers with cards and browsers, who account for every answer."""
    goods = [Goods(name, shop.till.public_id(name)) for name in ("shirt", "mug")]
    key = shop.http.headers["x-publishable-key"]
    return Load(shop.address, key, goods, payment=card_body(), seed=seed)


LONG_ENOUGH_S = 5.0
"""So long must a fault last for its breaker to have opened, whatever the machine."""


async def psp(shop: Shop, report: Report, duration_s: float, say: Say) -> None:
    """The provider down, slow (30 s) and flapping under load: pages go on, the breaker opens."""
    load = shoppers(shop, report.seed)
    part = duration_s / 5
    pages: dict[str, float] = {}
    refused: dict[str, int] = {}
    weathers: list[tuple[str, dict[str, object]]] = [
        ("normal", {}),
        ("down", {"mode": "down"}),
        ("slow", {"mode": "slow", "slow_s": 30.0}),
        ("flapping", {"mode": "flapping", "flap_s": 1.0}),
        ("normal again", {}),
    ]
    async with load.running():
        for name, behaviour in weathers:
            say(f"the provider is {name} for {part:.0f} s")
            await shop.provider.behave(**behaviour)
            began = load.now
            await asyncio.sleep(part)
            seen = [one.took_s for one in load.since(began, "page") if one.status == 200]
            pages[name] = 1000 * statistics.median(seen) if seen else float("inf")
            told = load.since(began, "place")
            refused[name] = sum(one.code == "payments.gateway_unavailable" for one in told)
    await _finish(shop, report, load, say)
    report.violations += _dragged_along(pages)
    if part >= LONG_ENOUGH_S:
        report.violations += [
            f"the breaker stayed closed while the provider was {name}"
            for name in ("down", "slow")
            if not refused[name]
        ]
    report.did |= {f"refused at once, provider {name}": n for name, n in refused.items() if n}
    report.did |= {f"page, provider {name}, median ms": round(ms, 1) for name, ms in pages.items()}
    report.did["provider faults"] = 3


def _dragged_along(pages: dict[str, float]) -> list[str]:
    """Other pages must keep their latency (milliseconds, by the provider's weather)."""
    most = 5 * pages["normal"] + 100
    return [
        f"pages took {ms:.0f} ms while the provider was {name}, {pages['normal']:.0f} ms before"
        for name, ms in pages.items()
        if ms > most
    ]


async def postgres(shop: Shop, report: Report, duration_s: float, say: Say) -> None:
    """PostgreSQL restarted, and killed with all its processes, under load."""
    load = shoppers(shop, report.seed)
    chance = random.Random(report.seed)
    until = time.monotonic() + duration_s
    done: Counter[str] = Counter()
    async with load.running():
        while sum(done.values()) < 2 or time.monotonic() < until:
            await asyncio.sleep(chance.uniform(1.5, 4))
            how = signal.SIGINT if done["restarts"] <= done["kills"] else signal.SIGKILL
            word = "restarts" if how == signal.SIGINT else "kills"
            say(f"PostgreSQL: {word[:-1]} {done[word] + 1}")
            await shop.stop_postgres(how)
            await asyncio.sleep(chance.uniform(0, 1))
            await shop.start_postgres()
            done[word] += 1
        await asyncio.sleep(2)
    await _finish(shop, report, load, say)
    report.did |= {f"PostgreSQL {word}": count for word, count in done.items()}


async def worker(shop: Shop, report: Report, duration_s: float, say: Say) -> None:
    """The worker and the server killed in the middle of what they do, under load."""
    load = shoppers(shop, report.seed)
    chance = random.Random(report.seed)
    until = time.monotonic() + duration_s
    done: Counter[str] = Counter()
    told = 0
    async with load.running():
        while len(done) < 2 or time.monotonic() < until:
            await asyncio.sleep(chance.uniform(0.5, 2.5))
            name = SERVER if done[WORKER] > 2 * done[SERVER] else WORKER
            if name == WORKER:
                # Something to be in the middle of: it comes by five times a second.
                await tell(shop.till.db, FACTS)
                told += FACTS
                await asyncio.sleep(chance.uniform(0, 0.3))
            say(f"SIGKILL to the {name}")
            shop.kill(name)
            shop.start(name)
            done[name] += 1
            if name == SERVER:
                await shop.wait_ready(SERVER)
    await _finish(shop, report, load, say)
    report.did |= {f"{name} kills": count for name, count in done.items()} | {"facts told": told}


async def _finish(shop: Shop, report: Report, load: Load, say: Say) -> None:
    say("the shop is left alone; shoppers finish what they began")
    await shop.provider.behave()
    try:
        await load.finish(within_s=120)
    except TimeoutError:
        open_carts = sum(one.number is None for one in load.bought)
        report.violations.append(f"{open_carts} shoppers could never finish")
    say("nobody helps: waiting until nothing is in motion")
    report.violations += await shop.rest()
    await load.repeat_all()
    report.violations += [f"unequal answers: {one}" for one in load.unequal]
    numbers = [one.number for one in load.bought if one.number]
    if len(set(numbers)) != len(numbers):
        report.violations.append("two carts were told the same order")
    for told in load.told:
        if told.status >= 500 and not (told.status == 503 and told.retryable and told.waits):
            report.violations.append(f"told at {told.at:.1f} s: {told.status} {told.code}")
    lost = sum(one.status == 0 for one in load.told)
    again = sum(one.retryable for one in load.told)
    report.did |= {
        "purchases": len(numbers),
        "requests": len(load.told),
        "told: try again": again,
        "connections lost": lost,
    }
    report.checked["events: once in effect in each reaction"] = await how_many(shop.till.db)
    report.checked["answers: equal when asked again"] = sum(len(b.answers) for b in load.bought)
    report.checked["answers: only what can be acted upon"] = len(load.told)


STORMS: dict[str, Storm] = {
    "rush": rush,
    "same-place": same_place,
    "psp": psp,
    "postgres": postgres,
    "worker": worker,
}
