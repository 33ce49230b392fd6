"""The best choice for the customer among promotions that exclude each other (D3).

Found by branch and bound over the order of application: at each promotion that can exclude
another, once with it and once without. What cannot beat the best found so far is not looked at. The
work is bounded by a count of steps, so that equal carts always give equal answers; when it ends
early, the best choice found so far holds, which is at least the greedy one.
"""

from collections.abc import Container, Mapping, Sequence
from typing import Final

from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.choosing import (
    Memory,
    Rivals,
    Tries,
    attempt,
    rivals_of,
    run_through,
)
from argosy.modules.quote.rules.compiling import Compiled
from argosy.modules.quote.rules.units import State
from argosy.modules.quote.types import Found

MAX_STEPS: Final = 6_000
"""One step is one promotion tried on one pool of goods, or so: some microseconds."""
_NONE_TRIED: Final[Tries] = {}
_NOTHING: Final[Mapping[int, int]] = {}


class Choice:
    """The promotions that applied, in order (`last` links back), and how they were found.

    `rivals` are the positions of the candidates among which there was a choice, `promised` what
    each could have taken at most. `steps` counts the work: a diagnostic that may change from
    version to version, and is not stored.
    """

    __slots__ = ("found", "promised", "rivals", "state", "steps")

    def __init__(
        self,
        state: State,
        found: Found,
        steps: int,
        rivals: Rivals,
        promised: Mapping[int, int],
    ) -> None:
        self.rivals = rivals
        self.promised = promised
        self.state = state
        self.found = found
        self.steps = steps


def choose(candidates: Sequence[Compiled], cart: Cart, max_steps: int = MAX_STEPS) -> Choice:
    """Apply what qualifies; where promotions exclude each other, what is best for the customer.

    Best is the largest sum taken; of equals the fewest promotions, then the lowest ids.
    """
    rivals = rivals_of(candidates, cart)
    if not rivals:
        state = run_through(candidates, cart, cart.first, rivals, None)
        return Choice(state, "none", 0, rivals, _NOTHING)
    return Search(candidates, cart, rivals, max_steps).run(cart.first)


class _Groups:
    """What the promotions of each group can take together, from the last of them to the first.

    Of a group of scope "cart" only one counts, and in one of units a percentage only where it is
    the highest.
    """

    __slots__ = ("of_pools", "one_of", "percents", "winners")

    def __init__(self) -> None:
        self.one_of: dict[str, int] = {}
        self.of_pools: dict[str, dict[int, int]] = {}
        self.winners: dict[tuple[str, int], int] = {}
        self.percents: list[int] = []

    def add_one(self, group: str, total: int) -> tuple[int, bool]:
        """Return how much more the group can take with it, and whether it is the first."""
        before = self.one_of.get(group, 0)
        if total <= before:
            return 0, False
        self.one_of[group] = total
        return total - before, not before

    def add_percent(self, group: str, by_pool: Mapping[int, int], position: int) -> int:
        """Return how much more the group can take with it."""
        best, winners, more = self.of_pools.setdefault(group, {}), self.winners, 0
        self.percents.append(position)
        for index, amount in by_pool.items():
            before = best.get(index, 0)
            if amount and amount >= before:
                best[index] = amount
                winners[group, index] = position
                more += amount - before
        return more

    def beaten(self) -> frozenset[int]:
        """Return the percentages that are nowhere the highest."""
        return frozenset(self.percents).difference(self.winners.values())


class Bounds:
    """What can be had at most from each position on, by what is left of the cart at one moment.

    `goods` (with gifts) and `shipping` from each position on; `least`: how many promotions must
    apply for all of that. `joined`: the same of goods if the promotion at the position applies.
    `shares`: what others of its group can take of each pool, later than the promotion at the
    position. `promised` is what each that has rivals can take by itself, `picked` are the positions
    that promise most.
    """

    __slots__ = ("goods", "joined", "least", "picked", "promised", "shares", "shipping", "whole")

    def __init__(
        self,
        candidates: Sequence[Compiled],
        rivals: Rivals,
        cart: Cart,
        state: State,
        first: int,
    ) -> None:
        size = len(candidates)
        self.goods, self.shipping, self.least = [0] * (size + 1), [0] * (size + 1), [0] * (size + 1)
        self.joined = [0] * size
        self.shares: dict[int, dict[int, int]] = {}
        self.promised: dict[int, int] = {}
        self.whole = state.value + state.goods + state.shipping
        groups = _Groups()
        goods = ship = parts = 0
        for position in range(size - 1, first - 1, -1):
            compiled = candidates[position]
            total, by_pool, slack = compiled.most(cart, state)
            group, joined = compiled.group, 0
            if position in rivals:
                self.promised[position] = total
            if compiled.ships:
                ship = min(state.shipping, ship + total)
            elif group is not None and by_pool is not None:
                others = groups.of_pools.get(group)
                if others:
                    self.shares[position] = others.copy()
                elif total:
                    parts += 1
                goods += slack + groups.add_percent(group, by_pool, position)
            elif group is not None and compiled.alone:
                more, is_first = groups.add_one(group, total)
                goods += more
                parts += is_first
                joined = total - groups.one_of.get(group, 0)
            elif total:
                goods += total
                parts += 1
            if compiled.gives:
                self.whole += total
            self.goods[position], self.joined[position] = goods, goods + joined
            self.shipping[position], self.least[position] = ship, parts
        self.picked = _greedy(self.promised, groups.beaten(), rivals)


def _greedy(alone: Mapping[int, int], beaten: Container[int], rivals: Rivals) -> int:
    picked = blocked = 0
    for position in sorted(alone, key=lambda p: (-alone[p], p)):
        if alone[position] and position not in beaten and not blocked >> position & 1:
            picked |= 1 << position
            blocked |= rivals[position]
    return picked


class Search:
    """One search. Branches in the order of application; bounds by what is left to be had."""

    def __init__(
        self, candidates: Sequence[Compiled], cart: Cart, rivals: Rivals, max_steps: int
    ) -> None:
        self.candidates = candidates
        self.cart = cart
        self.rivals = rivals
        self.steps = max_steps
        self.max_steps = max_steps
        self.cost = 2 + len(cart.pools) // 2
        self.best: State | None = None
        self.goal = -1
        self.fewest = 0
        self.ids: list[str] | None = None
        self.memory = Memory(cart)

    def run(self, start: State) -> Choice:
        """Return the best choice, or the best found when the steps are used up."""
        state, first, count = self._before_rivals(start)
        self.bounds = Bounds(self.candidates, self.rivals, self.cart, state, first)
        self._offer(self._through(state, self.bounds.picked, first))
        self._descend(first, state, count, 0)
        found: Found = "exact"
        if self.steps <= 0:
            found = "bounded"
            self._offer(self._through(state, None, first))
        assert self.best is not None
        steps = self.max_steps - max(0, self.steps)
        return Choice(self.best, found, steps, self.rivals, self.bounds.promised)

    def _through(self, state: State, picked: int | None, first: int) -> State:
        return run_through(
            self.candidates, self.cart, state, self.rivals, picked, self.memory, first
        )

    def _before_rivals(self, state: State) -> tuple[State, int, int]:
        """Apply what comes before the first that has a rival: it is the same in every choice."""
        memory, count, first = self.memory, 0, min(self.rivals)
        for position in range(first):
            compiled = self.candidates[position]
            if state.phase != compiled.phase:
                state = memory.at_phase(state, compiled.phase)
            after = memory.after(compiled, state)
            if after is not None:
                state = after
                count += 1
                if compiled.rule.stop:
                    return state, len(self.candidates), count
        return state, first, count

    def _offer(self, state: State) -> None:
        """Keep a choice if it is better than the best so far."""
        if state.value < self.goal or state is self.best:
            return
        ids = ids_of(state)
        if state.value == self.goal:
            if len(ids) > self.fewest:
                return
            if len(ids) == self.fewest:
                assert self.best is not None
                if sorted(ids) >= sorted(ids_of(self.best)):
                    return
        self.best, self.goal, self.fewest = state, state.value, len(ids)

    def _descend(  # noqa: PLR0912 - one loop, in which most of the time goes
        self, position: int, state: State, count: int, applied: int
    ) -> None:
        candidates, rivals, cart, bounds = self.candidates, self.rivals, self.cart, self.bounds
        goods, shipping, joined, least = bounds.goods, bounds.shipping, bounds.joined, bounds.least
        tries = self.memory.tries
        known = tries.get(state, _NONE_TRIED)
        while position < len(candidates):
            if self.steps <= 0:
                return
            # Hopeless: what can be had from here on is not better than the best so far.
            value, goal = state.value, self.goal
            ship = min(shipping[position], state.shipping)
            most = value + goods[position] + ship
            needed = least[position] + (ship > 0)
            if most > bounds.whole:
                most, needed = bounds.whole, value < goal
            if most <= goal and (most < goal or count + needed > self.fewest):
                return
            compiled = candidates[position]
            excluding = rivals.get(position)
            position += 1
            if excluding is not None and (
                excluding & applied or value + joined[position - 1] + ship < goal
            ):
                continue
            if state.phase != compiled.phase:
                state = self.memory.at_phase(state, compiled.phase)
                known = tries.get(state, _NONE_TRIED)
            self.steps -= self.cost
            if compiled in known:
                with_it = known[compiled]
            else:
                taken = attempt(compiled, cart, state)
                with_it = None if taken is None else state.after(taken)
            if with_it is None:
                continue
            if excluding is None:
                if compiled.rule.stop:
                    self._offer(with_it)
                    return
                state, count = with_it, count + 1
                applied |= 1 << position - 1
                known = tries.get(state, _NONE_TRIED)
            elif compiled.rule.stop:
                self._offer(with_it)
            elif not self._is_hopeless(position, with_it, ship):
                self._descend(position, with_it, count + 1, applied | 1 << position - 1)
        self._offer(state)

    def _is_hopeless(self, position: int, with_it: State, ship: int) -> bool:
        """Say whether what the last promotion took keeps too much from others of its group."""
        shares, taken = self.bounds.shares.get(position - 1), with_it.last
        if shares is None or taken is None or not taken.rule.plain:
            return False
        most = with_it.value + self.bounds.goods[position] + ship
        return most - sum([shares.get(i, 0) for i in taken.amounts_of()]) < self.goal


def ids_of(state: State) -> list[str]:
    """Return the ids of the promotions that applied, the last one first."""
    ids: list[str] = []
    last = state.last
    while last is not None:
        ids.append(last.rule.id)
        last = last.before
    return ids
