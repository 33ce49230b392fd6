"""What a promotion can take at most, whatever others do: the bound of the search for the best.

Prices only fall and units only get used up while promotions are applied, so what the list prices
allow is never exceeded.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from argosy.modules.quote.rules.compiling import Compiled
from argosy.modules.quote.rules.giving import ratio_of_percent
from argosy.modules.quote.rules.judging import Cart
from argosy.modules.quote.rules.selecting import select
from argosy.modules.quote.rules.units import State
from argosy.modules.quote.types import (
    AmountOff,
    BuyGet,
    FixedPrice,
    Gift,
    OffAmount,
    OffPercent,
    Percent,
    Reward,
    SetPrice,
    Shipping,
)


class Most(NamedTuple):
    """At most `total`; for percentages `percent` of each pool's price plus `slack` of rounding."""

    total: int
    percent: dict[int, int] | None = None
    slack: int = 0


def at_most(  # noqa: PLR0911 - one for each kind of action
    compiled: Compiled, cart: Cart, start: State, currency: str
) -> Most:
    """Return what the promotion can take at most."""
    action = compiled.rule.action
    if isinstance(action, Shipping):
        return Most(start.shipping)
    if isinstance(action, Gift):
        offer = cart.facts.gifts.get(action.variant)
        return Most(0 if offer is None else offer.line.unit_minor * action.quantity)
    found: set[int] = set()
    for chosen in compiled.targets[1:] if isinstance(action, BuyGet) else compiled.targets:
        found.update(_selected(chosen, cart, start))
    if isinstance(action, BuyGet) and len(compiled.targets) == 1:
        found.update(_selected(compiled.targets[0], cart, start))
    pools = sorted(i for i in found if not cart.pools[i].locked)
    worth = sum(cart.pools[i].listed for i in pools)
    match action:
        case Percent(percent=value, cap=cap):
            most = _percent(value, cart, pools, compiled.phase)
            if cap is not None and cap[currency] < most.total:
                return Most(cap[currency])
            return most
        case AmountOff():
            return Most(_amount(action, cart, start, pools, currency, worth))
        case FixedPrice(price=price):
            return Most(_down_to(price[currency], start, pools))
        case SetPrice(price=price):
            return Most(max(0, worth - price[currency]))
        case BuyGet():
            return _buy_get(action, cart, start, pools)
    tiers = [
        _reward(tier.reward, cart, start, pools, currency, worth, compiled.phase)
        for tier in action.tiers
    ]
    return max(tiers, key=lambda most: most.total)._replace(percent=None)


def _selected(chosen: object, cart: Cart, start: State) -> Sequence[int]:
    if chosen.sale:  # type: ignore[attr-defined]
        # Whether goods are on sale is only known later.
        return range(len(cart.pools))
    return select(chosen, cart.pools, start, cart.known)  # type: ignore[arg-type]


def _percent(value: Decimal, cart: Cart, pools: Sequence[int], phase: int) -> Most:
    n, d = ratio_of_percent(value)
    each = {i: min(cart.pools[i].listed, -(-cart.pools[i].listed * n // d)) for i in pools}
    slack = sum(cart.pools[i].count for i in pools) if phase == 0 else len(pools) + 1
    return Most(sum(each.values()) + slack, each, slack)


def _amount(  # noqa: PLR0917 - what an amount depends on
    action: AmountOff,
    cart: Cart,
    start: State,
    pools: Sequence[int],
    currency: str,
    worth: int,
) -> int:
    amount = action.amount[currency]
    if action.per == "order":
        return min(amount, worth)
    if action.per == "line":
        return min(worth, amount * len(pools))
    return sum(count * min(listed, amount) for i in pools for count, listed, *_ in start.runs[i])


def _down_to(price: int, start: State, pools: Sequence[int]) -> int:
    return sum(count * max(0, listed - price) for i in pools for count, listed, *_ in start.runs[i])


def _buy_get(action: BuyGet, cart: Cart, start: State, pools: Sequence[int]) -> Most:
    units = sum(cart.pools[i].count for i in pools)
    if action.get is None:
        sets = units // (action.buy_quantity + action.get_quantity)
    else:
        sets = units // action.get_quantity
    if action.limit is not None:
        sets = min(sets, action.limit)
    left, worth = sets * action.get_quantity, 0
    runs = sorted(((run[1], run[0]) for i in pools for run in start.runs[i]), reverse=True)
    for listed, count in runs:
        worth += listed * min(left, count)
        left -= min(left, count)
    if isinstance(action.reward, OffPercent):
        n, d = ratio_of_percent(action.reward.percent)
        worth = min(worth, -(-worth * n // d) + units)
    return Most(worth)


def _reward(  # noqa: PLR0917 - what a reward depends on
    reward: Reward,
    cart: Cart,
    start: State,
    pools: Sequence[int],
    currency: str,
    worth: int,
    phase: int,
) -> Most:
    match reward:
        case OffPercent(percent=value):
            return _percent(value, cart, pools, phase)
        case OffAmount(amount=amount):
            return Most(min(amount[currency], worth))
    return Most(_down_to(reward.price[currency], start, pools))


def from_each_on(candidates: Sequence[Compiled], cart: Cart, mosts: Sequence[Most]) -> list[int]:
    """Return, for each position, what it and all after it can take together at most.

    In a group of scope "cart" only one of them counts, and in one of units a percentage counts only
    where it is the highest.
    """
    result = [0] * (len(mosts) + 1)
    alone = 0
    one_of: dict[str, int] = {}
    shared: dict[str, dict[int, int]] = {}
    slack = 0
    for position in range(len(mosts) - 1, -1, -1):
        compiled, most = candidates[position], mosts[position]
        group = compiled.group
        if group is not None and compiled.rule.group_scope == "cart":
            one_of[group] = max(one_of.get(group, 0), most.total)
        elif group is not None and most.percent is not None:
            best = shared.setdefault(group, {})
            for index, amount in most.percent.items():
                best[index] = max(best.get(index, 0), amount)
            slack += most.slack
        else:
            alone += most.total
        result[position] = (
            alone
            + slack
            + sum(one_of.values())
            + sum(sum(best.values()) for best in shared.values())
        )
    return result
