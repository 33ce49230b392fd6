"""A slow second opinion on promotions: every unit by itself, every choice tried, exact fractions.

Written from DOMAIN.md (D1-D8, A6, A10, rules 6, 7, 14, 15) and the words of the vocabulary, and
sharing no code with the engine. Understands the rules that `rule_documents` makes, no more.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

PHASES = ["sale", "line", "order", "shipping"]
KINDS = [
    "fixed_price",
    "set_price",
    "buy_get",
    "percent",
    "tiered",
    "amount_off",
    "gift",
    "shipping",
]
Doc = dict[str, Any]


class Answer(NamedTuple):
    total: int
    applied: tuple[str, ...]
    by_line: dict[str, int]
    off_shipping: int


class Unit:
    def __init__(self, line: Doc, position: int) -> None:
        self.line = line["key"]
        self.product = line["product"]
        self.place = (line["variant"], line["unit"], line["rate"], line["key"], position)
        self.pool = self.place[:3]
        self.list = self.sale = self.phase = self.left = line["unit"]
        self.used: set[str] = set()


def half_up(value: Fraction) -> int:
    return int((value * 2 + 1) // 2)


def share_out(total: int, weights: list[int], caps: list[int]) -> list[int]:
    """Largest remainder with caps; the earlier one gets the odd cent."""
    parts: list[int | None] = [None if weight else 0 for weight in weights]
    while True:
        rest = total - sum(part or 0 for part in parts)
        whole = sum(w for w, part in zip(weights, parts, strict=True) if part is None)
        full = [
            i
            for i, part in enumerate(parts)
            if part is None and Fraction(rest * weights[i], whole) >= caps[i]
        ]
        if not full:
            break
        for i in full:
            parts[i] = caps[i]
    open_ = [i for i, part in enumerate(parts) if part is None]
    exact = {i: Fraction(rest * weights[i], whole) for i in open_}
    for i in open_:
        parts[i] = int(exact[i])
    odd = total - sum(part or 0 for part in parts)
    for i in sorted(open_, key=lambda i: (-(exact[i] - int(exact[i])), i))[:odd]:
        parts[i] = (parts[i] or 0) + 1
    return [part or 0 for part in parts]


class World:
    """One cart while one set of promotions is applied to it."""

    def __init__(self, cart: Doc) -> None:
        self.units = sorted(
            (Unit(line, n) for line in cart["lines"] for n in range(line["quantity"])),
            key=lambda unit: unit.place,
        )
        self.ship = cart["shipping"]
        self.ship_code = cart["method"]
        self.snaps = [sum(unit.list for unit in self.units)]
        self.off = 0

    def enter(self, phase: int) -> None:
        while len(self.snaps) <= phase:
            if len(self.snaps) == 1:
                for unit in self.units:
                    unit.sale = unit.left
            self.snaps.append(sum(unit.left for unit in self.units))
            for unit in self.units:
                unit.phase = unit.left

    def selected(self, of: Doc | None) -> list[Unit]:
        return [u for u in self.units if of is None or u.product in of["ids"]]

    def holds(self, when: Doc | None, phase: int) -> bool:
        if when is None:
            return True
        kind = when["type"]
        if kind == "cart_amount":
            basis = when.get("basis")
            at = phase if basis is None else ["list", "after_sale", "after_line"].index(basis)
            amount = self.snaps[at]
            return when.get("gte", {"EUR": 0})["EUR"] <= amount and (
                "lt" not in when or amount < when["lt"]["EUR"]
            )
        if kind == "cart_quantity":
            return len(self.selected(when.get("of"))) >= when["gte"]
        inner = [self.holds(each, phase) for each in when["of"]]
        if kind == "count":
            return sum(inner) >= when["gte"]
        return {"all": all(inner), "any": any(inner), "none": not any(inner)}[kind]

    def free(self, rule: Doc, of: Doc | None) -> list[Unit]:
        group = rule.get("group")
        return [u for u in self.selected(of) if group is None or group not in u.used]

    def floor(self, rule: Doc, unit: Unit) -> int:
        floor = rule.get("floor")
        if floor is None:
            return 0
        of_list = -(-unit.list * int(floor.get("percent_of_list", 0)) // 100)
        return int(max(of_list, floor.get("price", {"EUR": 0})["EUR"]))

    def room(self, rule: Doc, unit: Unit) -> int:
        return max(0, unit.left - self.floor(rule, unit))


def use(rule: Doc, units: list[Unit], amounts: list[int]) -> int:
    for unit, amount in zip(units, amounts, strict=True):
        unit.left -= amount
        if rule.get("group"):
            unit.used.add(rule["group"])
    return sum(amounts)


def spread(world: World, rule: Doc, units: list[Unit], total: int, base: str) -> int:
    units = [unit for unit in units if world.room(rule, unit)]
    if not total:
        return 0
    weights = [getattr(unit, base) for unit in units]
    return use(rule, units, share_out(total, weights, [world.room(rule, u) for u in units]))


def pools(units: list[Unit]) -> list[list[Unit]]:
    keys = sorted({unit.pool for unit in units})
    return [[unit for unit in units if unit.pool == key] for key in keys]


def room_of(world: World, rule: Doc, units: list[Unit]) -> int:
    return sum(world.room(rule, unit) for unit in units)


def over_all(world: World, rule: Doc, units: list[Unit], wanted: int, base: str) -> int:
    cap = rule["action"].get("cap", {}).get("EUR")
    given = min(wanted, room_of(world, rule, units))
    given = given if cap is None else min(given, cap)
    if not given:
        return 0
    found = [pool for pool in pools(units) if room_of(world, rule, pool)]
    shares = share_out(
        given,
        [sum(getattr(unit, base) for unit in pool) for pool in found],
        [room_of(world, rule, pool) for pool in found],
    )
    return sum(
        spread(world, rule, pool, share, base) for pool, share in zip(found, shares, strict=True)
    )


def each_unit(world: World, rule: Doc, units: list[Unit], off: Any) -> int:
    taken = [(unit, min(off(unit), world.room(rule, unit))) for unit in units]
    taken = [(unit, amount) for unit, amount in taken if amount > 0]
    cap = rule["action"].get("cap", {}).get("EUR")
    amounts = [amount for _, amount in taken]
    if cap is not None and sum(amounts) > cap:
        amounts = share_out(cap, amounts, amounts)
    # What takes nothing, as its cap is nothing, uses no unit up.
    return use(rule, [unit for unit, _ in taken], amounts) if sum(amounts) else 0


def percent(world: World, rule: Doc, units: list[Unit], value: str, base: str) -> int:
    ratio = Fraction(value) / 100
    units = [unit for pool in pools(units) for unit in pool if sum(u.left for u in pool)]
    if rule["phase"] == "sale":
        return each_unit(world, rule, units, lambda u: half_up(getattr(u, base) * ratio))
    if rule["phase"] == "order":
        total = half_up(sum(getattr(unit, base) for unit in units) * ratio)
        return over_all(world, rule, units, total, base)
    found = pools(units)
    given = [
        min(half_up(sum(getattr(u, base) for u in pool) * ratio), room_of(world, rule, pool))
        for pool in found
    ]
    cap = rule["action"].get("cap", {}).get("EUR")
    if cap is not None and sum(given) > cap:
        given = share_out(cap, given, [cap] * len(given))
    return sum(
        spread(world, rule, pool, amount, base) for pool, amount in zip(found, given, strict=True)
    )


def reward(value: Doc, price: int) -> int:
    if value["type"] == "percent":
        return half_up(Fraction(value["percent"]) / 100 * price)
    if value["type"] == "amount_off":
        return min(price, value["amount"]["EUR"])
    return max(0, price - value["price"]["EUR"])


def buy_get(world: World, rule: Doc) -> int:
    action = rule["action"]
    x, y = action["buy_quantity"], action["get_quantity"]
    buys = [u for u in world.free(rule, action.get("buy")) if u.left]
    gets = buys if "get" not in action else [u for u in world.free(rule, action["get"]) if u.left]
    sets = 0
    while (
        (sets + 1) * x <= len(buys)
        and (sets + 1) * y <= len(gets)
        and (sets + 1) * (x + y) <= len({id(u) for u in buys + gets})
        and sets < action.get("limit", 10**6)
    ):
        sets += 1
    if action.get("pick") == "nth":
        row = sorted(buys, key=lambda u: (-u.left, u.place))[: sets * (x + y)]
        hits = [u.left for i, u in enumerate(row) if i % (x + y) >= x]
        targets = []
        for price in sorted(set(hits), reverse=True):
            # Of equal units the first in the cart are rewarded.
            same = [u for u in row if u.left == price]
            targets += same[: hits.count(price)]
    else:
        targets = []
        both = {id(u) for u in buys}
        for unit in sorted(gets, key=lambda u: (u.left, u.place)):
            shared = sum(id(t) in both for t in targets)
            fits = id(unit) not in both or shared < len(buys) - sets * x
            if len(targets) < sets * y and fits:
                targets.append(unit)
        chosen = {id(t) for t in targets}
        others = sorted((u for u in buys if id(u) not in chosen), key=lambda u: (u.left, u.place))
        row = targets + others[: sets * x]
    amounts = [min(reward(action["reward"], u.left), world.room(rule, u)) for u in targets]
    if not sum(amounts):
        return 0
    # Which of several equal units counts does not matter to anybody but the group.
    targets_ids = {id(t) for t in targets}
    use(rule, targets, amounts)
    if not action.get("reuse_qualifiers"):
        use(rule, (rest := [u for u in row if id(u) not in targets_ids]), [0] * len(rest))
    return sum(amounts)


def set_price(world: World, rule: Doc) -> int:
    action, total = rule["action"], 0
    plans = []
    pool = sorted(
        {
            id(u): u for part in action["parts"] for u in world.free(rule, part.get("of")) if u.left
        }.values(),
        key=lambda u: (-u.left, u.place),
    )
    while len(plans) < action.get("limit", 10**6):
        content: list[Unit] = []
        for part in action["parts"]:
            fitting = [
                u
                for u in pool
                if u not in content and ("of" not in part or u.product in part["of"]["ids"])
            ]
            content += fitting[: part["quantity"]]
            if len(fitting) < part["quantity"]:
                content = []
                break
        worth = sum(u.left for u in content)
        if not content or worth <= action["price"]["EUR"]:
            break
        pool = [u for u in pool if u not in content]
        plans.append((sorted(content, key=lambda u: u.place), worth - action["price"]["EUR"]))
    done = []
    for content, off in plans:
        room = [world.room(rule, u) for u in content]
        weights = [u.left if r else 0 for u, r in zip(content, room, strict=True)]
        given = min(off, sum(room))
        done.append((content, share_out(given, weights, room)))
        total += given
    if total:
        for content, amounts in done:
            use(rule, content, amounts)
    return total


def tiered(world: World, rule: Doc, phase: int) -> int:
    action = rule["action"]
    reached = len(world.selected(action.get("of")))
    tiers = sorted(action["tiers"], key=lambda tier: -tier["quantity"])
    for tier in tiers:
        if reached >= tier["quantity"]:
            return rewarded(world, rule, tier["reward"], world.free(rule, action.get("of")))
    return 0


def rewarded(world: World, rule: Doc, value: Doc, units: list[Unit]) -> int:
    if value["type"] == "percent":
        return percent(world, rule, units, value["percent"], "left")
    if value["type"] == "amount_off":
        return over_all(world, rule, units, value["amount"]["EUR"], "left")
    return each_unit(world, rule, units, lambda u: u.left - value["price"]["EUR"])


def apply(world: World, rule: Doc, phase: int) -> int:  # noqa: PLR0911 - one for each action
    action = rule["action"]
    kind = action["type"]
    units = world.free(rule, action.get("of"))
    if kind == "percent":
        base = {"running": "left"}.get(action.get("base", "running"), action.get("base"))
        return percent(world, rule, units, action["percent"], str(base))
    if kind == "amount_off":
        amount = action["amount"]["EUR"]
        if action["per"] == "unit":
            return each_unit(world, rule, units, lambda _: amount)
        if action["per"] == "order":
            return over_all(world, rule, units, amount, "left")
        variants = sorted({unit.place[0] for unit in units})
        return sum(
            over_all(world, rule, [u for u in units if u.place[0] == v], amount, "left")
            for v in variants
        )
    if kind == "fixed_price":
        return each_unit(world, rule, units, lambda u: u.left - action["price"]["EUR"])
    if kind == "buy_get":
        return buy_get(world, rule)
    if kind == "set_price":
        return set_price(world, rule)
    if kind == "tiered":
        return tiered(world, rule, phase)
    if world.ship_code not in action["methods"]:
        return 0
    off = reward(action["reward"], world.ship)
    world.ship -= off
    return off


def combine(one: Doc, other: Doc) -> bool:
    for a, b in ((one, other), (other, one)):
        if a.get("exclusive") or b["phase"] not in a.get("combines_with", PHASES):
            return False
    same = one.get("group") is not None and one.get("group") == other.get("group")
    return not same or "cart" not in (one.get("group_scope"), other.get("group_scope"))


def reach(world: World, rule: Doc) -> list[list[Unit]]:
    action = rule["action"]
    if action["type"] == "shipping":
        return [] if world.ship_code in action["methods"] else [[]]
    if action["type"] == "set_price":
        return [world.selected(part.get("of")) for part in action["parts"]]
    if action["type"] == "buy_get":
        buy = world.selected(action.get("buy"))
        return [buy] if "get" not in action else [buy, world.selected(action["get"])]
    return [world.selected(action.get("of"))]


def run(cart: Doc, rules: list[Doc], skip: set[str]) -> Answer:
    world = World(cart)
    ship = world.ship
    applied: list[Doc] = []
    total = 0
    for rule in rules:
        if rule["id"] in skip or not all(combine(rule, other) for other in applied):
            continue
        phase = PHASES.index(rule["phase"])
        world.enter(phase)
        off = apply(world, rule, phase) if world.holds(rule.get("when"), phase) else 0
        if off:
            applied.append(rule)
            total += off
            if rule.get("stop"):
                break
    by_line = {line["key"]: 0 for line in cart["lines"]}
    for unit in world.units:
        by_line[unit.line] += unit.list - unit.left
    return Answer(total, tuple(rule["id"] for rule in applied), by_line, ship - world.ship)


def best(cart: Doc, rules: list[Doc]) -> Answer:
    """Try every choice among promotions that exclude each other; keep the customer's best."""
    world = World(cart)
    rules = [rule for rule in rules if all(reach(world, rule))]
    rules = [rule for rule in rules if static_holds(world, rule.get("when"))]
    rules = [rule for rule in rules if least_worth(rule.get("when")) <= world.snaps[0]]
    rules.sort(
        key=lambda r: (
            PHASES.index(r["phase"]),
            r.get("priority", 0),
            KINDS.index(r["action"]["type"]),
            r["id"],
        )
    )
    optional = []
    reached = {rule["id"]: {id(u) for some in reach(world, rule) for u in some} for rule in rules}
    for rule in rules:
        for other in rules:
            if other is rule:
                continue
            grouped = rule.get("group") is not None and rule.get("group") == other.get("group")
            together = grouped and reached[rule["id"]] & reached[other["id"]]
            if not combine(rule, other) or together:
                optional.append(rule["id"])
                break
    answers = [
        run(cart, rules, set(skip))
        for n in range(len(optional) + 1)
        for skip in combinations(optional, n)
    ]
    return min(answers, key=lambda a: (-a.total, len(a.applied), tuple(sorted(a.applied))))


def static_holds(world: World, when: Doc | None) -> bool:
    """Whether the condition could hold, whatever amounts come to be."""
    if when is None or when["type"] == "cart_amount":
        return True
    if not mentions_amount(when):
        return world.holds(when, 0)
    if when["type"] == "none":
        return not any(world.holds(e, 0) for e in when["of"] if not mentions_amount(e))
    inner = [static_holds(world, each) for each in when["of"]]
    return all(inner) if when["type"] == "all" else any(inner)


def least_worth(when: Doc | None) -> int:
    """What the goods must be worth at list prices: they are never worth more later."""
    if when is None:
        return 0
    if when["type"] == "cart_amount":
        return int(when.get("gte", {"EUR": 0})["EUR"])
    parts = [least_worth(each) for each in when["of"]] if isinstance(when.get("of"), list) else []
    if when["type"] == "all":
        return max(parts)
    some = when["type"] == "any" or (when["type"] == "count" and when["gte"] > 0)
    return min(parts) if some else 0


def mentions_amount(when: Doc) -> bool:
    inner = when.get("of")
    return when["type"] == "cart_amount" or (
        isinstance(inner, list) and any(mentions_amount(each) for each in inner)
    )
