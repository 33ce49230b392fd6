"""What a promotion can take at most, whatever others do: the bound of the search for the best.

Prices only fall and units only get used up while promotions are applied, so what the list prices
allow is never exceeded.
"""

from collections.abc import Sequence

from argosy.kernel.rounding import Ratio
from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.compiling import Compiled
from argosy.modules.quote.rules.room import ratio_of_percent
from argosy.modules.quote.rules.selecting import Chosen, select
from argosy.modules.quote.rules.units import State
from argosy.modules.quote.types import (
    AmountOff,
    BuyGet,
    FixedPrice,
    Gift,
    OffAmount,
    OffPercent,
    Reward,
    SetPrice,
    Tiered,
)

Most = tuple[int, dict[int, int] | None, int]
"""At most so much; of percentages also so much of each pool's price, plus so much of rounding."""


def at_most(  # noqa: PLR0911 - one for each kind of action
    compiled: Compiled, cart: Cart, start: State
) -> Most:
    """Return what the promotion can take at most."""
    action, currency, ratio = compiled.rule.action, cart.policy.currency, compiled.ratio
    if compiled.ships:
        return start.shipping, None, 0
    only = compiled.only
    pools = _reduced(compiled, cart, start) if only is None else select(only, cart, start)
    if cart.locked:
        pools = [index for index in pools if not cart.pools[index].locked]
    if ratio is not None:
        by_pool = compiled.group is not None
        most = _percent(ratio, cart, pools, compiled.phase, by_pool=by_pool)
        cap = action.cap  # type: ignore[union-attr]
        if cap is not None and cap[currency] < most[0]:
            return cap[currency], None, 0
        return most
    if isinstance(action, Gift):
        offer = cart.facts.gifts.get(action.variant)
        return (0 if offer is None else offer.line.unit_minor * action.quantity), None, 0
    worth = sum([start.left[i] for i in pools])
    match action:
        case AmountOff():
            return _amount(action, cart, start, pools, currency, worth), None, 0
        case FixedPrice(price=price):
            return _down_to(price[currency], start, pools), None, 0
        case SetPrice(price=price):
            return max(0, worth - price[currency]), None, 0
        case BuyGet():
            return _buy_get(action, cart, start, pools)
    assert isinstance(action, Tiered)
    tiers = [
        _reward(tier.reward, cart, start, pools, currency, worth, compiled.phase)
        for tier in action.tiers
    ]
    return max([most[0] for most in tiers]), None, 0


def _reduced(compiled: Compiled, cart: Cart, start: State) -> Sequence[int]:
    """The pools that the promotion may reduce, ascending."""
    targets = compiled.targets
    if not targets:
        return ()
    if len(targets) > 1 and isinstance(compiled.rule.action, BuyGet):
        targets = targets[1:]
    pools: Sequence[int]
    if len(targets) == 1:
        pools = _selected(targets[0], cart, start)
    else:
        pools = sorted({index for chosen in targets for index in _selected(chosen, cart, start)})
    return pools


def _selected(chosen: Chosen, cart: Cart, start: State) -> Sequence[int]:
    if chosen.sale:
        # Whether goods are on sale is only known later.
        return range(len(cart.pools))
    return select(chosen, cart, start)


def _percent(ratio: Ratio, cart: Cart, pools: Sequence[int], phase: int, *, by_pool: bool) -> Most:
    n, d = ratio
    listed = cart.first.left
    each = None
    slack = sum([cart.pools[i].count for i in pools]) if phase == 0 else len(pools) + 1
    if by_pool:
        each = {i: min(listed[i], -(-listed[i] * n // d)) for i in pools}
        total = sum(each.values())
    else:
        total = sum([-(-listed[i] * n // d) for i in pools])
        if n > d:
            total = sum([listed[i] for i in pools])
    return total + slack, each, slack


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
    return sum(count * min(listed, amount) for i in pools for count, listed, *_ in start.runs_of(i))


def _down_to(price: int, start: State, pools: Sequence[int]) -> int:
    return sum(
        count * max(0, listed - price) for i in pools for count, listed, *_ in start.runs_of(i)
    )


def _buy_get(action: BuyGet, cart: Cart, start: State, pools: Sequence[int]) -> Most:
    units = sum(cart.pools[i].count for i in pools)
    if action.get is None:
        sets = units // (action.buy_quantity + action.get_quantity)
    else:
        sets = units // action.get_quantity
    if action.limit is not None:
        sets = min(sets, action.limit)
    left, worth = sets * action.get_quantity, 0
    runs = sorted(((run[1], run[0]) for i in pools for run in start.runs_of(i)), reverse=True)
    for listed, count in runs:
        worth += listed * min(left, count)
        left -= min(left, count)
    if isinstance(action.reward, OffPercent):
        n, d = ratio_of_percent(action.reward.percent)
        worth = min(worth, -(-worth * n // d) + units)
    return worth, None, 0


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
            return _percent(ratio_of_percent(value), cart, pools, phase, by_pool=False)
        case OffAmount(amount=amount):
            return min(amount[currency], worth), None, 0
    return _down_to(reward.price[currency], start, pools), None, 0


def from_each_on(candidates: Sequence[Compiled], cart: Cart, mosts: Sequence[Most]) -> list[int]:
    """Return, for each position, what it and all after it can take together at most.

    In a group of scope "cart" only one of them counts, and in one of units a percentage counts only
    where it is the highest.
    """
    result = [0] * (len(mosts) + 1)
    whole = 0
    one_of: dict[str, int] = {}
    shared: dict[str, dict[int, int]] = {}
    for position in range(len(mosts) - 1, -1, -1):
        compiled = candidates[position]
        total, by_pool, slack = mosts[position]
        group = compiled.group
        if group is not None and compiled.rule.group_scope == "cart":
            before = one_of.get(group, 0)
            if total > before:
                one_of[group] = total
                whole += total - before
        elif group is not None and by_pool is not None:
            best = shared.setdefault(group, {})
            for index, amount in by_pool.items():
                before = best.get(index, 0)
                if amount > before:
                    best[index] = amount
                    whole += amount - before
            whole += slack
        else:
            whole += total
        result[position] = whole
    return result
