"""What a quote costs in CPU: without promotions, with 20, with 200, and with 10,000 live ones.

    python bench/quote.py [ROUNDS]   # all, best of several rounds, one JSON object a line

The promotions are of ten kinds: sales and percentages on categories and brands, fixed prices,
buy X get Y, thresholds, coupons, customer groups, groups that exclude each other, free shipping.
"20" and "200" are spread over the categories and brands of a shop, as in one; in "20 crowded" all
are on the same goods, so that most apply or exclude each other. "plain" is two lines, one rate,
and one promotion that does not apply: what most purchases are. Each case goes round eight carts of
other amounts.

Figures are process CPU time, the least of the rounds, taken in turns so that a busy machine is
busy for all of them alike. `us` is absolute; `units` is the same as a multiple of a fixed piece of
work (a hundred small dictionaries made and added up) measured in the same turns: compare runs by
it. `wanted_us` is the aim, where there is one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle
from typing import Any
from uuid import UUID

import msgspec

from argosy.modules.quote import (
    CompiledPromotions,
    Destination,
    Facts,
    History,
    Policy,
    PresentedCoupon,
    Promotion,
    QuoteRequest,
    RateSet,
    RequestLine,
    RequestShipping,
    TaxRate,
    compile_promotions,
    compute,
    line_facts,
    rate_set,
)

POLICY = Policy(currency="EUR", tax_inclusive=True)
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
CATEGORIES, BRANDS = 40, 20


def rates(value: str) -> RateSet:
    rate = TaxRate(code=value, name=value, jurisdiction="DE", rate=Decimal(value))
    return rate_set(value, [rate])


RATES = [rates("0.19"), rates("0.07"), rates("0.2")]


def cart(lines: int, *, crowded: bool = False, cents: int = 0) -> QuoteRequest:
    """A cart with three tax rates, a destination, shipping, a coupon and a known customer."""
    return QuoteRequest(
        policy=POLICY,
        lines=tuple(
            RequestLine(
                key=f"line-{n:03}",
                variant_id=UUID(int=1000 + n),
                sku=f"SKU-{n}",
                quantity=1 + n % 3,
                unit_minor=990 + 370 * (n % 17) + cents,
                rates=RATES[n % 3],
                facts=line_facts(
                    product=f"prd_{n}",
                    variant=f"var_{n}",
                    brand=f"brand{n % BRANDS}",
                    categories=[f"cat{n % CATEGORIES}", "all"],
                    attributes={"color": "red" if n % 2 else "blue"},
                ),
            )
            for n in range(lines)
        ),
        shipping=RequestShipping(
            method_id=UUID(int=7),
            code="standard",
            name="Standard",
            price_minor=490,
            rates=RATES[0],
            cheapest=True,
        ),
        destination=Destination(country="DE", postal_code="10115"),
        facts=Facts(
            at=AT,
            channel="web",
            customer="cus_1",
            groups=frozenset({"regulars"}),
            coupons=(PresentedCoupon(code="AUTUMN" if crowded else "AUTUMN0"),),
            history=History(orders=3, spent_minor=50_000),
        ),
    )


def eur(minor: int) -> dict[str, int]:
    return {"EUR": minor}


def kinds(n: int, *, crowded: bool) -> list[dict[str, Any]]:
    """Ten promotions that differ in kind; `n` moves their targets and amounts."""
    if crowded:
        category: dict[str, Any] = {"type": "categories", "ids": ["all"]}
        brand = category
    else:
        category = {"type": "categories", "ids": [f"cat{n * 7 % CATEGORIES}"]}
        brand = {"type": "brands", "ids": [f"brand{n * 3 % BRANDS}"]}
    half = {"type": "percent", "percent": "50"}
    red = {"type": "attribute", "name": "color", "values": ["red"]}
    above = {"type": "cart_amount", "gte": eur(5000 + 100 * n)}
    return [
        {"phase": "sale", "action": {"type": "percent", "percent": "10", "of": category}},
        {
            "phase": "line",
            "group": "line",
            "action": {"type": "percent", "percent": str(5 + n % 7), "of": brand},
        },
        {
            "phase": "line",
            "group": "line",
            "action": {"type": "percent", "percent": "8", "of": category},
        },
        {
            "phase": "line",
            "action": {
                "type": "buy_get",
                "buy_quantity": 2,
                "get_quantity": 1,
                "reward": half,
                "buy": red if crowded else {"type": "all", "of": [red, brand]},
                "limit": 1,
            },
        },
        {"phase": "line", "action": {"type": "fixed_price", "price": eur(900), "of": category}},
        {
            "phase": "line",
            "when": {"type": "cart_quantity", "gte": 50 + n},
            "action": {"type": "percent", "percent": "3"},
        },
        {
            "phase": "order",
            "when": above,
            "group": "order",
            "group_scope": "cart",
            "action": {"type": "amount_off", "amount": eur(500 + n), "per": "order"},
        },
        {
            "phase": "order",
            "group": "order",
            "group_scope": "cart",
            "when": {
                "type": "all",
                "of": [
                    {"type": "coupon", "codes": ["autumn" if crowded else f"autumn{n}"]},
                    {"type": "signed_in"},
                ],
            },
            "action": {"type": "percent", "percent": str(3 + n % 5)},
        },
        {
            "phase": "order",
            "when": {"type": "customer_group", "ids": ["staff"]},
            "action": {"type": "percent", "percent": "30"},
        },
        {
            "phase": "shipping",
            "when": above,
            "action": {"type": "shipping", "reward": {"type": "percent", "percent": "100"}},
        },
    ]


def live(count: int, *, crowded: bool = False) -> list[Promotion]:
    sets = range(-(-count // 10))
    documents = [one for n in sets for one in kinds(n, crowded=crowded)][:count]
    return [
        msgspec.convert({**one, "id": f"p{n:05}", "name": f"Promotion {n}"}, Promotion)
        for n, one in enumerate(documents)
    ]


def elsewhere(count: int) -> list[Promotion]:
    """Promotions that cannot match: other products, coupons, customers, channels, countries."""
    wheres: list[Callable[[int], dict[str, Any]]] = [
        lambda n: {"type": "coupon", "codes": [f"code{n}"]},
        lambda n: {"type": "channel", "ids": [f"market{n}"]},
        lambda n: {"type": "country", "codes": ["FR", "IT"]},
        lambda n: {"type": "customer", "ids": [f"cus_{n + 2}"]},
    ]
    made = []
    for n in range(count):
        action: dict[str, Any] = {"type": "percent", "percent": "5"}
        when = None
        if n % 5:
            when = wheres[n % 5 - 1](n)
        else:
            action["of"] = {"type": "products", "ids": [f"prd_{n + 1000}"]}
        document = {
            "id": f"q{n:05}",
            "name": f"Elsewhere {n}",
            "phase": "line",
            "when": when,
            "action": action,
        }
        made.append(msgspec.convert(document, Promotion))
    return made


def plain(cents: int) -> QuoteRequest:
    """Two lines, a flat rate of 10 %, flat shipping: a purchase as most are."""
    asked = cart(2, cents=cents)
    tax = rates("0.1")
    shipping = asked.shipping
    assert shipping is not None
    return msgspec.structs.replace(
        asked,
        lines=tuple(msgspec.structs.replace(line, rates=tax) for line in asked.lines),
        shipping=msgspec.structs.replace(shipping, rates=tax),
    )


def beyond_reach() -> list[Promotion]:
    document = {
        "id": "far",
        "name": "Far away",
        "phase": "order",
        "when": {"type": "cart_amount", "gte": eur(10_000_000)},
        "action": {"type": "percent", "percent": "5"},
    }
    return [msgspec.convert(document, Promotion)]


def unit() -> int:
    """A fixed piece of work, of the kind that a quote is made of."""
    whole = 0
    for n in range(100):
        each = {"count": n, "minor": n * 19, "left": (n, n + 1)}
        whole += each["count"] * each["minor"] // 119  # type: ignore[operator]
    return whole


def compiled(promotions: list[Promotion]) -> CompiledPromotions:
    found = compile_promotions(promotions, currency="EUR")
    assert not found.disabled, found.disabled
    return found


def measure(work: dict[str, tuple[int, Callable[[], object]]], rounds: int) -> dict[str, float]:
    best = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, (times, call) in work.items():
            start = time.process_time()
            for _ in range(times):
                call()
            best[name] = min(best[name], (time.process_time() - start) / times)
    return best


def show(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")


def each_in_turn(
    requests: list[QuoteRequest], promotions: CompiledPromotions | None
) -> Callable[[], object]:
    turns = cycle(requests)
    return lambda: compute(next(turns), promotions)


def main() -> None:
    amounts = range(0, 8 * 13, 13)
    five = [cart(5, cents=cents) for cents in amounts]
    crowd = [cart(5, crowded=True, cents=cents) for cents in amounts]
    hundred = [cart(100, cents=cents) for cents in amounts]
    cases: dict[str, tuple[int, int | None, list[QuoteRequest], CompiledPromotions | None]] = {
        "plain": (200, None, [plain(cents) for cents in amounts], compiled(beyond_reach())),
        "5 lines, no promotions": (200, None, five, None),
        "5 lines, 20 promotions": (100, 300, five, compiled(live(20))),
        "5 lines, 20 crowded": (50, None, crowd, compiled(live(20, crowded=True))),
        "5 lines, 10,000 promotions": (
            100,
            None,
            five,
            compiled([*live(20), *elsewhere(9_980)]),
        ),
        "100 lines, no promotions": (20, None, hundred, None),
        "100 lines, 200 promotions": (8, 15_000, hundred, compiled(live(200))),
    }
    work: dict[str, tuple[int, Callable[[], object]]] = {
        name: (times, each_in_turn(requests, promotions))
        for name, (times, _, requests, promotions) in cases.items()
    }
    taken = measure({"unit": (200, unit), **work}, int(sys.argv[1]) if len(sys.argv) > 1 else 9)
    for name, (_, wanted, requests, promotions) in cases.items():
        quote = compute(requests[0], promotions)
        found = [step for step in quote.explanation if step.code == "promotion.choice"]
        show(
            case=name,
            us=round(taken[name] * 1e6, 1),
            units=round(taken[name] / taken["unit"], 1),
            wanted_us=wanted,
            applied=sum(one.outcome == "applied" for one in quote.promotions),
            superseded=sum(one.outcome == "superseded" for one in quote.promotions),
            choice=found[0].numbers if found else None,
        )
    ratio = taken["5 lines, 10,000 promotions"] / taken["5 lines, 20 promotions"]
    show(case="10,000 live to 20 live", ratio=round(ratio, 2), wanted=2)


if __name__ == "__main__":
    main()
