"""Random small carts and promotions by the thousand: as `random_promotions`, from a seed.

Drawing by a plain `random.Random` takes a hundredth of the time, so that many more are tried; what
fails is named by its seed. Wilder than the strategies: more lines of one product, more ties.
"""

from __future__ import annotations

from random import Random
from typing import Any

from tests.unit.quote.random_promotions import PRODUCTS, RATES, Doc, eur, without_none

AMOUNTS = [0, 1, 2, 3, 7, 50, 99, 100, 101, 250, 333, 999, 1000]
PERCENTS = ["5", "10", "12.5", "20", "33.3", "50", "66.67", "75", "100"]
PHASES = ["sale", "line", "order", "shipping"]


def cart_of_seed(rng: Random) -> Doc:
    """One to five lines of three products, of up to five units each."""
    lines = []
    for number in range(rng.randint(1, 5)):
        product = rng.choice(PRODUCTS)
        tied = rng.random() < 0.5
        lines.append(
            {
                "key": f"l{rng.randint(0, 9)}{number}",
                "product": product,
                "variant": ord(product),
                "unit": 100 * (ord(product) - 96) if tied else rng.choice(AMOUNTS),
                "rate": rng.choice(sorted(RATES)),
                "quantity": rng.randint(1, 5),
            }
        )
    return {"lines": lines, "shipping": rng.choice(AMOUNTS), "method": "flat"}


def rules_of_seed(rng: Random, most: int = 6) -> list[Doc]:
    """Up to `most` promotions of all phases, many of which exclude each other."""
    return [rule_of_seed(rng, number) for number in range(rng.randint(1, most))]


def _selector(rng: Random) -> Doc | None:
    if rng.random() < 0.5:
        return None
    return {"type": "products", "ids": sorted(rng.sample(PRODUCTS, rng.randint(1, 2)))}


def _money(rng: Random) -> Doc:
    return eur(rng.choice(AMOUNTS))


def reward_of_seed(rng: Random) -> Doc:
    kind = rng.randrange(3)
    if kind == 0:
        return {"type": "percent", "percent": rng.choice(PERCENTS)}
    if kind == 1:
        return {"type": "amount_off", "amount": _money(rng)}
    return {"type": "fixed_price", "price": _money(rng)}


def _maybe(rng: Random, value: Any) -> Any:
    return value if rng.random() < 0.5 else None


def _action(rng: Random, phase: str) -> Doc:
    if phase == "shipping":
        methods = rng.choice([["flat"], ["express"], ["flat", "express"]])
        return {"type": "shipping", "reward": reward_of_seed(rng), "methods": methods}
    kind = rng.choice(
        {
            "sale": ["percent", "unit", "fixed_price"],
            "line": ["percent", "any", "fixed_price", "buy_get", "set_price", "tiered"],
            "order": ["percent", "order", "tiered"],
        }[phase]
    )
    if kind == "percent":
        return {
            "type": kind,
            "percent": rng.choice(PERCENTS),
            "of": _selector(rng),
            "base": rng.choice(["running", "phase", "sale", "list"]),
            "cap": _maybe(rng, _money(rng)),
        }
    if kind == "fixed_price":
        return {"type": kind, "price": _money(rng), "of": _selector(rng)}
    made = {"buy_get": _buy_get, "set_price": _set_price, "tiered": _tiered}.get(kind)
    if made is not None:
        return made(rng)
    per = rng.choice(["unit", "line", "order"]) if kind == "any" else kind
    return {"type": "amount_off", "amount": _money(rng), "per": per, "of": _selector(rng)}


def _buy_get(rng: Random) -> Doc:
    nth = rng.random() < 0.5
    return {
        "type": "buy_get",
        "buy_quantity": rng.randint(1, 3),
        "get_quantity": rng.randint(1, 2),
        "reward": reward_of_seed(rng),
        "buy": _selector(rng),
        "get": None if nth else _selector(rng),
        "pick": "nth" if nth else "cheapest",
        "limit": _maybe(rng, rng.randint(1, 2)),
        "reuse_qualifiers": rng.random() < 0.5,
    }


def _set_price(rng: Random) -> Doc:
    parts = [
        without_none({"quantity": rng.randint(1, 3), "of": _selector(rng)})
        for _ in range(rng.randint(1, 2))
    ]
    limit = _maybe(rng, rng.randint(1, 2))
    return {"type": "set_price", "parts": parts, "price": _money(rng), "limit": limit}


def _tiered(rng: Random) -> Doc:
    starts = rng.sample(range(9), rng.randint(1, 3))
    tiers = [{"quantity": start, "reward": reward_of_seed(rng)} for start in starts]
    return {"type": "tiered", "by": "quantity", "tiers": tiers, "of": _selector(rng)}


def _condition(rng: Random, phase: int, depth: int = 1) -> Doc:
    kind = rng.choice(["amount", "quantity", "nested"] if depth else ["amount", "quantity"])
    if kind == "amount":
        return without_none(
            {
                "type": "cart_amount",
                "gte": _money(rng),
                "lt": _maybe(rng, eur(3000)),
                "basis": rng.choice([None, *["list", "after_sale", "after_line"][: phase + 1]]),
            }
        )
    if kind == "quantity":
        return without_none(
            {"type": "cart_quantity", "gte": rng.randint(0, 6), "of": _selector(rng)}
        )
    of = [_condition(rng, phase, depth - 1) for _ in range(rng.randint(1, 3))]
    nested = rng.choice(["all", "any", "none", "count"])
    return {"type": nested, "of": of, **({"gte": 1} if nested == "count" else {})}


def rule_of_seed(rng: Random, number: int) -> Doc:
    phase = rng.choice(["sale", "line", "line", "order", "shipping"])
    grouped = rng.random() < 0.5
    floors = [
        None,
        {"percent_of_list": "30"},
        {"price": eur(60)},
        {"percent_of_list": "45", "price": eur(33)},
    ]
    document = {
        "id": f"p{number}",
        "name": f"Promotion {number}",
        "phase": phase,
        "action": without_none(_action(rng, phase)),
        "when": _maybe(rng, _condition(rng, PHASES.index(phase))),
        "priority": rng.randint(0, 2),
        "group": rng.choice(["g", "h"]) if grouped else None,
        "group_scope": rng.choice(["unit", "unit", "cart"]) if grouped else None,
        "exclusive": rng.choice([None, None, None, True]),
        "combines_with": rng.choice([None, None, ["sale", "line", "shipping"], ["sale", "order"]]),
        "stop": rng.choice([None, None, None, True]),
        "floor": rng.choice(floors) if phase != "shipping" else None,
    }
    return without_none(document)
