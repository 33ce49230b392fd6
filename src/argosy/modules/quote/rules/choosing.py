"""Which promotions a cart gets: all that qualify, and among those that exclude each other the best.

The best choice for the customer (D3) is found by branch and bound over the order of application:
at each promotion that can exclude another, once with it and once without. The work is bounded by a
count of steps, so that equal carts always give equal answers; when it ends early, the best choice
found so far holds, which is at least the greedy one.
"""

from collections.abc import Sequence
from typing import Final

from argosy.modules.quote.rules.bounding import at_most, from_each_on
from argosy.modules.quote.rules.compiling import Compiled, CompiledPromotions
from argosy.modules.quote.rules.giving import is_for, is_offered
from argosy.modules.quote.rules.judging import Cart
from argosy.modules.quote.rules.selecting import select
from argosy.modules.quote.rules.units import State, Taken
from argosy.modules.quote.rules.wall_clock import is_within
from argosy.modules.quote.types import PHASES, Found, Gift, Shipping

MAX_STEPS: Final = 6_000
"""One step is one promotion tried on one pool of goods, or so: some microseconds."""


class Choice:
    """The promotions that applied, in order (`last` links back), and how they were found.

    `alone`: what each that had rivals would have taken by itself, by its position.
    """

    __slots__ = ("alone", "found", "state", "steps")

    def __init__(self, state: State, found: Found, steps: int, alone: dict[int, int]) -> None:
        self.alone = alone
        self.state = state
        self.found = found
        self.steps = steps


def live(compiled: Compiled, cart: Cart) -> str | None:
    """Return why a promotion is out of the question before any condition, or None if it is not."""
    facts = cart.facts
    if compiled.id in facts.without:
        return "stopped"
    if compiled.id in facts.used_up:
        return "limit_reached"
    if compiled.start is not None or compiled.stop is not None:
        honour = None
        if compiled.stop is not None and compiled.honour:
            had = facts.had.get(compiled.id)
            honour = compiled.honour if had is not None and had < compiled.stop else None
        if not is_within(facts.at, compiled.start, compiled.stop, honour):
            started = compiled.start is None or facts.at >= compiled.start
            return "ended" if started else "not_started"
    return None


def attempt(compiled: Compiled, cart: Cart, state: State) -> Taken | None:
    """Return what a promotion takes at its turn, or None if it does not apply."""
    if not compiled.static and compiled.judge is not None and not compiled.judge(cart, state):
        return None
    taken = compiled.give(cart, state)
    if taken is None:
        return None
    budget = compiled.rule.budget
    if budget is not None and budget in cart.facts.budgets:
        spent, last = taken.amount, state.last
        while last is not None:
            spent += last.amount if last.rule.rule.budget == budget else 0
            last = last.before
        if spent > cart.facts.budgets[budget]:
            return None
    taken.rule = compiled
    taken.before = state.last
    return taken


def qualifying(promotions: CompiledPromotions, cart: Cart) -> list[Compiled]:
    """Return, in order, what could apply by all that does not depend on other promotions."""
    words = {cart.tokens}
    for pool in cart.pools:
        words.add(pool.tokens)
    start = first_state(cart)
    rules = promotions.rules
    listed = start.goods
    result = []
    for number in promotions.possible(words):
        compiled = rules[number]
        if (
            compiled.least <= listed
            and live(compiled, cart) is None
            and reaches(compiled, cart, start)
            and (compiled.might is None or compiled.might(cart, start))
        ):
            result.append(compiled)
    return result


def reaches(compiled: Compiled, cart: Cart, start: State) -> bool:
    """Say whether there is something for everything that the promotion selects."""
    action = compiled.rule.action
    if isinstance(action, Shipping):
        return is_for(action, cart)
    if isinstance(action, Gift):
        return is_offered(action, cart)
    for chosen in compiled.targets:
        if not chosen.sale and not select(chosen, cart.pools, start, cart.known):
            return False
    return True


def first_state(cart: Cart) -> State:
    """Return the cart before any promotion."""
    return State(
        [pool.first_runs() for pool in cart.pools],
        [pool.listed for pool in cart.pools],
        0 if cart.shipping is None else cart.shipping.price_minor,
    )


def choose(candidates: Sequence[Compiled], cart: Cart, max_steps: int = MAX_STEPS) -> Choice:
    """Apply what qualifies; where promotions exclude each other, what is best for the customer.

    Best is the largest sum taken; of equals the fewest promotions, then the lowest ids.
    """
    start = first_state(cart)
    rivals = rivals_of(candidates, cart) if any(c.restricted for c in candidates) else {}
    if not rivals:
        return Choice(run_through(candidates, cart, start, rivals, None), "none", 0, {})
    return Search(candidates, cart, rivals, max_steps).run(start)


Rivals = dict[int, int]
"""Position of a candidate -> bits of the positions that exclude it. 0: it competes for units."""


def rivals_of(candidates: Sequence[Compiled], cart: Cart) -> Rivals:
    """Return the candidates that can exclude another, or take its units."""
    rivals: Rivals = {}
    pools: dict[int, int] = {}
    start = first_state(cart)
    restricted = [i for i, one in enumerate(candidates) if one.restricted]
    for j, one in enumerate(candidates):
        for i in range(j) if one.restricted else restricted:
            if i >= j:
                break
            other = candidates[i]
            if not combine(one, other):
                rivals[i] = rivals.get(i, 0) | 1 << j
                rivals[j] = rivals.get(j, 0) | 1 << i
            elif one.group is not None and one.group == other.group:
                for k in (i, j):
                    if k not in pools:
                        pools[k] = _reach(candidates[k], cart, start)
                if pools[i] & pools[j]:
                    rivals.setdefault(i, 0)
                    rivals.setdefault(j, 0)
    return rivals


def combine(one: Compiled, other: Compiled) -> bool:
    """Say whether two promotions may share a cart: both agree, and no group forbids it."""
    if PHASES[other.phase] not in one.combines or PHASES[one.phase] not in other.combines:
        return False
    if one.group is None or one.group != other.group:
        return True
    return one.rule.group_scope == "unit" == other.rule.group_scope


def _reach(compiled: Compiled, cart: Cart, start: State) -> int:
    bits = 0
    for chosen in compiled.targets:
        if chosen.sale:
            return (1 << len(cart.pools)) - 1
        for index in select(chosen, cart.pools, start, cart.known):
            bits |= 1 << index
    return bits


def run_through(
    candidates: Sequence[Compiled],
    cart: Cart,
    state: State,
    rivals: Rivals,
    picked: int | None,
) -> State:
    """Apply the candidates in order: those without rivals, and of the others the picked ones.

    With `picked` None, every one that nothing applied before it excludes: the greedy choice.
    """
    applied = 0
    for position, compiled in enumerate(candidates):
        excluding = rivals.get(position)
        if excluding is not None and (
            excluding & applied or (picked is not None and not picked >> position & 1)
        ):
            continue
        state = state.at_phase(compiled.phase)
        taken = attempt(compiled, cart, state)
        if taken is not None:
            state = state.after(taken)
            applied |= 1 << position
            if compiled.rule.stop:
                break
    return state


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
        self.alone: dict[int, int] = {}
        self.best: State | None = None
        self.best_key: tuple[int, int, tuple[str, ...]] | None = None
        self.after: list[int] = []
        self.whole = 0

    def run(self, start: State) -> Choice:
        """Return the best choice, or the best found when the steps are used up."""
        self._try_alone(start)
        self._bound(start)
        self._offer(run_through(self.candidates, self.cart, start, self.rivals, self._greedy()))
        self._descend(0, start, 0, 0)
        found: Found = "exact"
        if self.steps <= 0:
            found = "bounded"
            self._offer(run_through(self.candidates, self.cart, start, self.rivals, None))
        assert self.best is not None
        return Choice(self.best, found, self.max_steps - max(0, self.steps), self.alone)

    def _try_alone(self, start: State) -> None:
        phases = [start.at_phase(phase) for phase in range(len(PHASES))]
        for position in self.rivals:
            self.steps -= self.cost
            compiled = self.candidates[position]
            taken = attempt(compiled, self.cart, phases[compiled.phase])
            self.alone[position] = 0 if taken is None else taken.amount

    def _greedy(self) -> int:
        picked = blocked = 0
        for position in sorted(self.rivals, key=lambda p: (-self.alone[p], p)):
            if self.alone[position] and not blocked >> position & 1:
                picked |= 1 << position
                blocked |= self.rivals[position]
        return picked

    def _bound(self, start: State) -> None:
        currency = self.cart.policy.currency
        mosts = [at_most(one, self.cart, start, currency) for one in self.candidates]
        self.after = from_each_on(self.candidates, self.cart, mosts)
        gifts = sum(
            most.total
            for one, most in zip(self.candidates, mosts, strict=True)
            if isinstance(one.rule.action, Gift)
        )
        self.whole = sum(start.left) + start.shipping + gifts

    def _offer(self, state: State) -> None:
        ids: list[str] = []
        last = state.last
        while last is not None:
            ids.append(last.rule.id)
            last = last.before
        key = (-state.value, len(ids), tuple(sorted(ids)))
        if self.best_key is None or key < self.best_key:
            self.best, self.best_key = state, key

    def _hopeless(self, position: int, state: State, count: int) -> bool:
        assert self.best_key is not None
        goal = -self.best_key[0]
        most = min(state.value + self.after[position], self.whole)
        if most != goal:
            return most < goal
        return count + (state.value < goal) > self.best_key[1]

    def _descend(self, position: int, state: State, count: int, applied: int) -> None:
        while position < len(self.candidates):
            if self.steps <= 0 or self._hopeless(position, state, count):
                return
            compiled = self.candidates[position]
            excluding = self.rivals.get(position)
            position += 1
            if excluding is not None and excluding & applied:
                continue
            state = state.at_phase(compiled.phase)
            self.steps -= self.cost
            taken = attempt(compiled, self.cart, state)
            if taken is None:
                continue
            with_it = state.after(taken)
            if excluding is None:
                if compiled.rule.stop:
                    self._offer(with_it)
                    return
                state, count = with_it, count + 1
                applied |= 1 << position - 1
            elif compiled.rule.stop:
                self._offer(with_it)
            else:
                self._descend(position, with_it, count + 1, applied | 1 << position - 1)
        self._offer(state)
