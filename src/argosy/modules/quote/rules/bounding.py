"""What a promotion can take at most, whatever others do: the bound of the search for the best.

Prices only fall and units only get used up while promotions are applied, so what the prices of one
moment allow is never exceeded later.
"""

from collections.abc import Callable, Sequence

from argosy.kernel.rounding import Ratio
from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.giving import rewards_of
from argosy.modules.quote.rules.room import Terms, ratio_of_percent
from argosy.modules.quote.rules.selecting import Chosen, select
from argosy.modules.quote.rules.units import COUNT, LEFT, LIST, State
from argosy.modules.quote.types import (
    AmountOff,
    BuyGet,
    FixedPrice,
    Gift,
    OffAmount,
    OffPercent,
    Percent,
    Promotion,
    Reward,
    SetPrice,
    Shipping,
    Tiered,
)

Limit = tuple[int, dict[int, int] | None, int]
"""At most so much. Of a percentage that shares units with its group also so much of each pool, and
how much more rounding may make of that when several share a pool."""
Most = Callable[[Cart, State], Limit]
"""(cart, what is left of it at a moment) -> what the promotion can take from then on."""


def most_of(rule: Promotion, terms: Terms, targets: Sequence[Chosen]) -> Most:
    """Compile what a promotion of goods or shipping can take at most."""
    action = rule.action
    if isinstance(action, Percent):
        return _percent_most(rule, action, terms, targets)
    if isinstance(action, Gift):
        return lambda cart, _: (_worth_of(action, cart), None, 0)
    if isinstance(action, Shipping):
        offs = rewards_of(action.reward, terms.currency)
        return lambda cart, state: (offs[cart.policy.rounding](state.shipping), None, 0)
    pools_of, sum_of = _reducing(rule, targets), _sum_of(action, terms)
    if isinstance(action, AmountOff) and action.per == "order" and targets[0].everything:
        amount = action.amount[terms.currency]
        return lambda _, state: (min(amount, state.goods), None, 0)
    return lambda cart, state: (sum_of(cart, state, pools_of(cart, state)), None, 0)


def _worth_of(action: Gift, cart: Cart) -> int:
    offer = cart.facts.gifts.get(action.variant)
    return 0 if offer is None else offer.line.unit_minor * action.quantity


Pools = Callable[[Cart, State], Sequence[int]]
"""The pools that a promotion may reduce, ascending."""


def _reducing(rule: Promotion, targets: Sequence[Chosen]) -> Pools:
    if len(targets) > 1 and isinstance(rule.action, BuyGet):
        targets = targets[1:]
    if len(targets) == 1:
        only = targets[0]

        def of_one(cart: Cart, state: State) -> Sequence[int]:
            found = cart.known.get(only.slot) or _selected(only, cart, state)
            return _unlocked(cart, found) if cart.locked else found

        return of_one

    def of_some(cart: Cart, state: State) -> Sequence[int]:
        found = sorted({index for chosen in targets for index in _selected(chosen, cart, state)})
        return _unlocked(cart, found) if cart.locked else found

    return of_some


def _unlocked(cart: Cart, pools: Sequence[int]) -> Sequence[int]:
    return [index for index in pools if not cart.pools[index].locked]


def _selected(chosen: Chosen, cart: Cart, state: State) -> Sequence[int]:
    if chosen.sale:
        # Whether goods are on sale is only known later.
        return range(len(cart.pools))
    return select(chosen, cart, state)


def _percent_most(
    rule: Promotion, action: Percent, terms: Terms, targets: Sequence[Chosen]
) -> Most:
    ratio, phase = ratio_of_percent(action.percent), terms.phase
    n, d = ratio
    running = action.base == "running"
    cap = None if action.cap is None else action.cap[terms.currency]
    pools_of = _reducing(rule, targets)
    all_goods = running and phase == 2 and targets[0].everything and n <= d

    def most(cart: Cart, state: State) -> Limit:
        if all_goods and not cart.locked:
            total = cart.rounder(state.goods * n, d)
        else:
            total = _percent(ratio, phase, cart, state, pools_of(cart, state), running=running)
        return (total if cap is None or total < cap else cap), None, 0

    if not terms.bit:
        return most
    exact = is_plain(rule, terms)

    def most_of_each(cart: Cart, state: State) -> Limit:
        pools = pools_of(cart, state)
        if exact:
            each = by_pool(ratio, cart, state, pools, running=running)
            total, slack = sum(each.values()), 0
        else:
            total = _percent(ratio, phase, cart, state, pools, running=running)
            base, left = state.left if running else cart.first.left, state.left
            each = {i: min(left[i], -(-base[i] * n // d)) for i in pools}
            slack = sum([cart.pools[i].count for i in pools]) if phase == 0 else len(pools) + 1
        if cap is not None and cap < total:
            return cap, None, 0
        return total, each, slack

    return most_of_each


def is_plain(rule: Promotion, terms: Terms) -> bool:
    """Say whether it is a percentage that takes all units of a pool that are free, or none.

    Then no other percentage of its group takes more of the pool, and none is rounded twice.
    """
    return isinstance(rule.action, Percent) and terms.phase == 1 and rule.floor is None


def by_pool(
    ratio: Ratio, cart: Cart, state: State, pools: Sequence[int], *, running: bool
) -> dict[int, int]:
    """Return what a percentage that is rounded by pool can take of each."""
    n, d = ratio
    rounder, left = cart.rounder, state.left
    if running and n <= d:
        return {i: rounder(left[i] * n, d) for i in pools}
    base = left if running else cart.first.left
    return {i: min(left[i], rounder(base[i] * n, d)) for i in pools}


def _percent(
    ratio: Ratio, phase: int, cart: Cart, state: State, pools: Sequence[int], *, running: bool
) -> int:
    n, d = ratio
    rounder, left = cart.rounder, state.left
    if phase == 0:
        weight = LEFT if running else LIST
        return sum(
            [
                run[COUNT] * min(run[LEFT], rounder(run[weight] * n, d))
                for i in pools
                for run in state.runs_of(i)
            ]
        )
    if phase == 2:
        base = left if running else cart.first.left
        return min(sum([left[i] for i in pools]), rounder(sum([base[i] for i in pools]) * n, d))
    return sum(by_pool(ratio, cart, state, pools, running=running).values())


SumOf = Callable[[Cart, State, Sequence[int]], int]


def _sum_of(  # noqa: PLR0911 - one for each kind of action
    action: AmountOff | FixedPrice | SetPrice | BuyGet | Tiered | object, terms: Terms
) -> SumOf:
    currency = terms.currency
    match action:
        case AmountOff(per=per):
            amount = action.amount[currency]
            if per == "order":
                return lambda _, state, pools: min(amount, _worth(state, pools))
            if per == "line":
                return lambda _, state, pools: min(_worth(state, pools), amount * len(pools))
            return lambda _, state, pools: _off_each(amount, state, pools)
        case FixedPrice(price=prices):
            price = prices[currency]
            return lambda _, state, pools: _down_to(price, state, pools)
        case SetPrice(price=prices):
            saved = prices[currency]
            return lambda _, state, pools: max(0, _worth(state, pools) - saved)
        case BuyGet():
            return lambda cart, state, pools: _buy_get(action, cart, state, pools)
    assert isinstance(action, Tiered)
    rewards = [_reward(tier.reward, terms) for tier in action.tiers]
    return lambda cart, state, pools: max([most(cart, state, pools) for most in rewards])


def _worth(state: State, pools: Sequence[int]) -> int:
    left = state.left
    return sum([left[i] for i in pools])


def _off_each(amount: int, state: State, pools: Sequence[int]) -> int:
    return sum([run[COUNT] * min(run[LEFT], amount) for i in pools for run in state.runs_of(i)])


def _down_to(price: int, state: State, pools: Sequence[int]) -> int:
    return sum(
        [
            run[COUNT] * (run[LEFT] - price)
            for i in pools
            for run in state.runs_of(i)
            if run[LEFT] > price
        ]
    )


def _buy_get(action: BuyGet, cart: Cart, state: State, pools: Sequence[int]) -> int:
    units = sum([cart.pools[i].count for i in pools])
    if action.get is None:
        sets = units // (action.buy_quantity + action.get_quantity)
    else:
        sets = units // action.get_quantity
    if action.limit is not None:
        sets = min(sets, action.limit)
    if not sets:
        return 0
    rest, worth = sets * action.get_quantity, 0
    runs = sorted([(run[LEFT], run[COUNT]) for i in pools for run in state.runs_of(i)])
    for price, count in reversed(runs):
        worth += price * min(rest, count)
        rest -= min(rest, count)
    if isinstance(action.reward, OffPercent):
        n, d = ratio_of_percent(action.reward.percent)
        worth = min(worth, -(-worth * n // d) + units)
    return worth


def _reward(reward: Reward, terms: Terms) -> SumOf:
    match reward:
        case OffPercent(percent=value):
            ratio, phase = ratio_of_percent(value), terms.phase
            return lambda cart, state, pools: _percent(
                ratio, phase, cart, state, pools, running=True
            )
        case OffAmount(amount=amounts):
            amount = amounts[terms.currency]
            return lambda _, state, pools: min(amount, _worth(state, pools))
    price = reward.price[terms.currency]
    return lambda _, state, pools: _down_to(price, state, pools)
