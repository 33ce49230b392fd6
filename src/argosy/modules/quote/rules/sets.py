"""Sets of units: buy X get Y, every n-th unit, sets at a price (DOMAIN.md rule 15, D4, D5)."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.giving import Give, rewards_of
from argosy.modules.quote.rules.room import Terms, in_parts
from argosy.modules.quote.rules.selecting import Chosen, select
from argosy.modules.quote.rules.units import COUNT, LEFT, USED, State, Taken, cut, spread_capped
from argosy.modules.quote.types import BuyGet, SetPrice

Cuts = dict[int, dict[int, list[tuple[int, int]]]]
_MOST_SETS: Final = 1000
"""More equal sets than this are not told apart, so that a quote does not grow with the quantity."""


class Candidate(NamedTuple):
    """A run of equal units that may take part; sorts by price, then by place in the cart."""

    left: int
    pool: int
    position: int
    units: int


def candidates(terms: Terms, cart: Cart, state: State, pools: Sequence[int]) -> list[Candidate]:
    """Return the units that are free for the promotion's group and cost something."""
    return [
        Candidate(run[LEFT], index, position, run[COUNT])
        for index in pools
        if not cart.pools[index].locked
        for position, run in enumerate(state.runs_of(index))
        if run[LEFT] and not run[USED] & terms.bit
    ]


def buy_get(action: BuyGet, terms: Terms) -> Give:
    """Reward some units for others that are bought."""
    buy = terms.selectors.compiled(action.buy)
    get = buy if action.get is None else terms.selectors.compiled(action.get)
    offs = rewards_of(action.reward, terms.currency)
    size = action.buy_quantity + action.get_quantity

    def give(cart: Cart, state: State) -> Taken | None:
        bought = _pools(cart, state, buy)
        pools = bought if get is buy else tuple({*bought, *_pools(cart, state, get)})
        if sum([cart.pools[index].count for index in pools]) < size:
            return None
        off = offs[cart.policy.rounding]
        if action.pick == "nth":
            roles = _every_nth(action, candidates(terms, cart, state, _pools(cart, state, buy)))
        else:
            roles = _cheapest(action, terms, cart, state, buy, get)
        cuts: Cuts = {}
        wanted = 0
        for unit, rewarded, counted in roles:
            floor = terms.floor_of(cart, unit.pool)
            want = off(unit.left)
            each = min(want, max(0, unit.left - floor))
            wanted += want * rewarded
            pieces = [(rewarded, each)] if rewarded else []
            if counted and not action.reuse_qualifiers:
                pieces.append((counted, 0))
            if pieces:
                cuts.setdefault(unit.pool, {})[unit.position] = pieces
        parts = {i: cut(state.runs_of(i), pieces, terms.bit) for i, pieces in cuts.items()}
        return in_parts(parts, wanted, terms.bit)

    return give


def _pools(cart: Cart, state: State, chosen: Chosen) -> tuple[int, ...]:
    return select(chosen, cart, state)


Role = tuple[Candidate, int, int]
"""(run, units rewarded, units that count towards a set)."""


def _cheapest(  # noqa: PLR0917 - what both selections depend on
    action: BuyGet, terms: Terms, cart: Cart, state: State, buy: Chosen, get: Chosen
) -> list[Role]:
    x, y = action.buy_quantity, action.get_quantity
    bought = _pools(cart, state, buy)
    gotten = bought if get is buy else _pools(cart, state, get)
    buys, gets = set(bought), set(gotten)
    units = sorted(candidates(terms, cart, state, sorted(buys | gets)))
    total_buy = sum(unit.units for unit in units if unit.pool in buys)
    total_get = sum(unit.units for unit in units if unit.pool in gets)
    total = sum(unit.units for unit in units)
    # With disjoint roles this many sets, and no more, can always be laid out (Hall's condition).
    sets = min(total_buy // x, total_get // y, total // (x + y))
    if action.limit is not None:
        sets = min(sets, action.limit)
    if not sets:
        return []
    rewards, spare, counts = sets * y, total_buy - sets * x, sets * x
    rewarded: list[int] = []
    for unit in units:
        most = min(unit.units, rewards) if unit.pool in gets else 0
        if unit.pool in buys:
            most = min(most, spare)
            spare -= most
        rewards -= most
        rewarded.append(most)
    assert not rewards
    roles: list[Role] = []
    for unit, taken in zip(units, rewarded, strict=True):
        counted = min(unit.units - taken, counts) if unit.pool in buys else 0
        counts -= counted
        if taken or counted:
            roles.append((unit, taken, counted))
    assert not counts
    return roles


def _every_nth(action: BuyGet, units: list[Candidate]) -> list[Role]:
    x, y = action.buy_quantity, action.get_quantity
    size = x + y
    sets = sum(unit.units for unit in units) // size
    if action.limit is not None:
        sets = min(sets, action.limit)
    end = sets * size
    units.sort(key=lambda unit: (-unit.left, unit.pool, unit.position))
    roles: list[Role] = []
    start = 0
    for _, equal in groupby(units, key=lambda unit: unit.left):
        same = list(equal)
        stop = min(start + sum(unit.units for unit in same), end)
        if stop <= start:
            break
        # Of equal units the first in the cart are rewarded, the next ones count.
        rewards = _rewarded_before(stop, x, y) - _rewarded_before(start, x, y)
        counts = stop - start - rewards
        for unit in same:
            rewarded = min(unit.units, rewards)
            counted = min(unit.units - rewarded, counts)
            rewards, counts = rewards - rewarded, counts - counted
            roles.append((unit, rewarded, counted))
        start = stop
    return roles


def _rewarded_before(position: int, x: int, y: int) -> int:
    whole, rest = divmod(position, x + y)
    return whole * y + max(0, rest - x)


def set_price(action: SetPrice, terms: Terms) -> Give:
    """Make sets of the dearest units as long as they save something."""
    chosen = [(part.quantity, terms.selectors.compiled(part.of)) for part in action.parts]
    price = action.price[terms.currency]

    def give(cart: Cart, state: State) -> Taken | None:
        parts = [(quantity, frozenset(_pools(cart, state, one))) for quantity, one in chosen]
        pools = sorted(frozenset().union(*(pools for _, pools in parts)))
        units = candidates(terms, cart, state, pools)
        units.sort(key=lambda unit: (-unit.left, unit.pool, unit.position))
        free = [unit.units for unit in units]
        cuts: Cuts = {}
        wanted, sets = 0, action.limit
        while sets is None or sets > 0:
            content = _next_set(parts, units, free)
            if content is None:
                break
            worth = sum(units[i].left * count for i, count in content.items())
            if worth <= price:
                break
            times = min(free[i] // count for i, count in content.items())
            times = times if sets is None else min(times, sets)
            for i, count in content.items():
                free[i] -= count * times
            wanted += (worth - price) * times
            _lay_off(terms, cart, units, content, worth - price, times, cuts)
            sets = None if sets is None else sets - times
        taken = {i: cut(state.runs_of(i), pieces, terms.bit) for i, pieces in cuts.items()}
        return in_parts(taken, wanted, terms.bit)

    return give


def _next_set(
    parts: Sequence[tuple[int, frozenset[int]]], units: Sequence[Candidate], free: Sequence[int]
) -> dict[int, int] | None:
    content: dict[int, int] = {}
    for quantity, pools in parts:
        need = quantity
        for i, unit in enumerate(units):
            if not need:
                break
            if unit.pool in pools:
                more = min(need, free[i] - content.get(i, 0))
                if more:
                    content[i] = content.get(i, 0) + more
                    need -= more
        if need:
            return None
    return content


def _lay_off(  # noqa: PLR0917 - one kind of set and how often
    terms: Terms,
    cart: Cart,
    units: Sequence[Candidate],
    content: dict[int, int],
    off: int,
    times: int,
    cuts: Cuts,
) -> None:
    # In the order of the cart, so that the odd cents fall where the place of a unit decides.
    order = sorted(content, key=lambda i: (units[i].pool, units[i].position))
    items = []
    for i in order:
        unit = units[i]
        cap = max(0, unit.left - terms.floor_of(cart, unit.pool))
        items.append((content[i], unit.left if cap else 0, cap))
    room = sum(count * cap for count, _, cap in items)
    for i, pieces in zip(order, spread_capped(min(off, room), items), strict=True):
        unit = units[i]
        found = cuts.setdefault(unit.pool, {}).setdefault(unit.position, [])
        found.extend(_set_by_set(pieces, times))


def _set_by_set(pieces: list[tuple[int, int]], times: int) -> list[tuple[int, int]]:
    """The pieces of equal sets, one set after the other: neighbours make a set, and cost its price.

    Two lines of one set each would otherwise be a cent apart. Beyond some sets nobody counts.
    """
    if len(pieces) == 1 or times > _MOST_SETS:
        return [(count * times, each) for count, each in pieces]
    return pieces * times
