"""Checks of a promotion before it is saved: what cannot be, can never apply, or says nothing.

Pure and static: the document alone is judged. Each problem names its place and its reason.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from argosy.kernel.wall_clock import is_meant
from argosy.modules.quote.rules.compiling import order_of
from argosy.modules.quote.rules.contradicting import contradictions
from argosy.modules.quote.rules.judging import BASES
from argosy.modules.quote.rules.wall_clock import UnknownZone, bounds, zone_of
from argosy.modules.quote.types import (
    PHASES,
    Action,
    AllOf,
    AmountOff,
    AnyOf,
    BuyGet,
    CartAmount,
    CartQuantity,
    Condition,
    CountOf,
    Country,
    Coupon,
    DayOfWeek,
    DistinctVariants,
    During,
    FixedPrice,
    Gift,
    GoodsAll,
    GoodsAny,
    GoodsNone,
    LineAmount,
    LineQuantity,
    NoneOf,
    OffPercent,
    OrderHistory,
    Percent,
    Problem,
    Promotion,
    Selector,
    SetPrice,
    Shipping,
    Tiered,
    UnitPrice,
    Window,
)

_ALLOWED: Final[dict[str, tuple[type, ...]]] = {
    "sale": (Percent, AmountOff, FixedPrice),
    "line": (Percent, AmountOff, FixedPrice, BuyGet, SetPrice, Tiered, Gift),
    "order": (Percent, AmountOff, Tiered, Gift),
    "shipping": (Shipping,),
}
_COUNTING: Final = (CartAmount, LineAmount, CartQuantity, LineQuantity, DistinctVariants)
Problems = Iterator[Problem]


def check_promotion(rule: Promotion) -> list[Problem]:
    """Return what is wrong with a promotion; nothing with severity "error" may be saved."""
    found: list[Problem] = []
    if not isinstance(rule.action, _ALLOWED[rule.phase]):
        phases = [phase for phase, kinds in _ALLOWED.items() if isinstance(rule.action, kinds)]
        found.append(_error("$.action", "not_in_phase", f"belongs into: {', '.join(phases)}"))
    found += _window(rule.window, "$.window")
    if rule.when is not None:
        found += _condition(rule.when, "$.when", rule)
        found += contradictions(rule)
    found += _action(rule.action, rule)
    found += _floor(rule)
    if not rule.exclusive and rule.phase not in rule.combines_with and rule.group is None:
        found.append(
            Problem(
                path="$.combines_with",
                code="alone_in_phase",
                reason=f"excludes every other promotion of the {rule.phase} phase",
                severity="warning",
            )
        )
    return found


def check_together(rules: Sequence[Promotion]) -> dict[str, list[Problem]]:
    """Return, by id, which promotions can never apply because of another one that always stops."""
    found: dict[str, list[Problem]] = {}
    ordered = sorted(rules, key=order_of)
    for position, rule in enumerate(ordered):
        always = rule.when is None and rule.window is None and rule.budget is None
        goods = isinstance(rule.action, Percent) and rule.action.of is None
        if rule.stop and always and goods and rule.floor is None and rule.group is None:
            for later in ordered[position + 1 :]:
                found.setdefault(later.id, []).append(
                    _error("$", "unreachable", f"{rule.id} always applies before, and stops")
                )
    return found


def _error(path: str, code: str, reason: str) -> Problem:
    return Problem(path=path, code=code, reason=reason)


def _window(window: Window | None, path: str) -> Problems:
    if window is None:
        return
    for name, given in (("start", window.start), ("stop", window.stop)):
        if given is not None and not is_meant(given):
            yield _error(f"{path}.{name}", "out_of_range", "is not in the years 1900 to 9998")
            return
    try:
        start, stop = bounds(window)
    except UnknownZone as error:
        yield _error(f"{path}.zone", "unknown_zone", str(error))
        return
    if start is not None and stop is not None and start >= stop:
        yield _error(path, "unreachable", "ends before it begins")


def _range(low: int | None, high: int | None, path: str, *, below: bool = False) -> Problems:
    if low is not None and high is not None and (low >= high if below else low > high):
        yield _error(path, "contradictory", f"nothing is at least {low} and at most {high}")


def _amounts(low: dict[str, int] | None, high: dict[str, int] | None, path: str) -> Problems:
    for currency, amount in (low or {}).items():
        if high is not None and currency in high:
            yield from _range(amount, high[currency], path, below=True)


def _condition(condition: Condition, path: str, rule: Promotion) -> Problems:
    if isinstance(condition, AllOf | AnyOf | NoneOf | CountOf):
        for i, part in enumerate(condition.of):
            yield from _condition(part, f"{path}.of[{i}]", rule)
        if isinstance(condition, CountOf) and condition.gte > len(condition.of):
            reason = f"there are only {len(condition.of)}"
            yield _error(f"{path}.gte", "unreachable", reason)
    elif isinstance(condition, _COUNTING) and condition.of is not None:
        yield from _selector(condition.of, f"{path}.of")
    if isinstance(condition, CartAmount | LineAmount):
        yield from _amounts(condition.gte, condition.lt, path)
        if condition.gte is None and condition.lt is None:
            yield _error(path, "says_nothing", "needs gte or lt")
        yield from _basis(condition.basis, f"{path}.basis", rule)
    elif isinstance(
        condition, CartQuantity | LineQuantity | DistinctVariants | OrderHistory | CountOf
    ):
        yield from _range(condition.gte, condition.lte, path)
    else:
        yield from _plain(condition, path)


def _plain(condition: Condition, path: str) -> Problems:
    match condition:
        case Coupon(codes=(), pools=()):
            yield _error(path, "says_nothing", "needs codes or pools")
        case During(window=window):
            yield from _window(window, f"{path}.window")
        case DayOfWeek(zone=zone, start=start, stop=stop):
            yield from _zone(zone, f"{path}.zone")
            if start is not None and start == stop:
                yield _error(path, "unreachable", "ends when it begins")
        case Country(codes=codes):
            for i, code in enumerate(codes):
                if len(code) != 2 or not code.isascii() or not code.isupper():
                    reason = f"{code!r} is not a country of ISO 3166-1"
                    yield _error(f"{path}.codes[{i}]", "unknown_country", reason)


def _zone(name: str, path: str) -> Problems:
    try:
        zone_of(name)
    except UnknownZone as error:
        yield _error(path, "unknown_zone", str(error))


def _basis(basis: str | None, path: str, rule: Promotion) -> Problems:
    # What the promotion's own phase takes is not known when its conditions are judged (D6).
    if basis is not None and BASES[basis] > PHASES.index(rule.phase):
        yield _error(path, "not_known_yet", f"is later than the {rule.phase} phase begins")


def _selector(selector: Selector, path: str) -> Problems:
    if isinstance(selector, GoodsAll | GoodsAny | GoodsNone):
        for i, part in enumerate(selector.of):
            yield from _selector(part, f"{path}.of[{i}]")
    elif isinstance(selector, UnitPrice):
        if selector.gte is None and selector.lte is None:
            yield _error(path, "says_nothing", "needs gte or lte")
        for currency, low in (selector.gte or {}).items():
            yield from _range(low, (selector.lte or {}).get(currency), path)


def _percent(value: Decimal, path: str) -> Problems:
    if not (value.is_finite() and 0 < value <= 100):
        yield _error(path, "out_of_range", "is more than 0 and at most 100")


def _rewards(action: Action) -> Iterator[tuple[Any, str]]:
    match action:
        case BuyGet(reward=reward) | Shipping(reward=reward):
            yield reward, "$.action.reward"
        case Tiered(tiers=tiers):
            for i, tier in enumerate(tiers):
                yield tier.reward, f"$.action.tiers[{i}].reward"


def _action(action: Action, rule: Promotion) -> Problems:
    for name in ("of", "buy", "get"):
        selector = getattr(action, name, None)
        if selector is not None:
            yield from _selector(selector, f"$.action.{name}")
    for reward, path in _rewards(action):
        if isinstance(reward, OffPercent):
            yield from _percent(reward.percent, f"{path}.percent")
    match action:
        case Percent(percent=value):
            yield from _percent(value, "$.action.percent")
        case SetPrice(parts=parts):
            for i, part in enumerate(parts):
                if part.of is not None:
                    yield from _selector(part.of, f"$.action.parts[{i}].of")
        case BuyGet(pick="nth", get=get) if get is not None:
            reason = "every n-th unit is of the goods that are bought"
            yield _error("$.action.get", "contradictory", reason)
        case AmountOff(per=per) if rule.phase == "sale" and per != "unit":
            yield _error("$.action.per", "not_in_phase", "a sale price is one of a unit")
        case AmountOff(per=per) if rule.phase == "order" and per != "order":
            yield _error("$.action.per", "not_in_phase", "belongs into the line phase")
        case Tiered():
            yield from _tiers(action, rule)


def _tiers(action: Tiered, rule: Promotion) -> Problems:
    yield from _basis(action.basis, "$.action.basis", rule)
    seen: set[object] = set()
    for i, tier in enumerate(action.tiers):
        path = f"$.action.tiers[{i}]"
        start: object = tier.amount if action.by == "amount" else tier.quantity
        if start is None:
            yield _error(path, "says_nothing", f"needs {action.by}: the tiers go by it")
            continue
        key = tuple(sorted(start.items())) if isinstance(start, dict) else start
        if key in seen:
            yield _error(path, "unreachable", "another tier begins there")
        seen.add(key)


def _floor(rule: Promotion) -> Problems:
    floor, action = rule.floor, rule.action
    if floor is None:
        return
    for name, highest in (("percent_of_list", 100), ("margin_percent", Decimal("99.99"))):
        value = getattr(floor, name)
        if value is not None and not (value.is_finite() and 0 <= value <= highest):
            reason = f"is between 0 and {highest}"
            yield _error(f"$.floor.{name}", "out_of_range", reason)
    least = floor.percent_of_list
    if least is not None and isinstance(action, Percent) and 100 - action.percent < least:
        yield Problem(
            path="$.action.percent",
            code="below_floor",
            reason=f"leaves {100 - action.percent} %, the floor {least} % of the list price",
            severity="warning",
        )
    prices: Callable[[str], int | None] = (floor.price or {}).get
    if isinstance(action, FixedPrice):
        for currency, price in action.price.items():
            low = prices(currency)
            if low is not None and price < low:
                yield Problem(
                    path=f"$.action.price.{currency}",
                    code="below_floor",
                    reason=f"is {price}, the floor {low}",
                    severity="warning",
                )
