"""Which promotions a cart gets: all that qualify, and among those that exclude each other the best.

The best choice for the customer (D3) is found by branch and bound over the order of application:
at each promotion that can exclude another, once with it and once without. The work is bounded by a
count of steps, so that equal carts always give equal answers; when it ends early, the best choice
found so far holds, which is at least the greedy one.
"""

from collections.abc import Sequence
from typing import Final

from argosy.modules.quote.rules.bounding import at_most, from_each_on
from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.compiling import Compiled, CompiledPromotions
from argosy.modules.quote.rules.giving import is_for, is_offered
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
    if compiled.ships and not state.shipping:
        return None
    judge = compiled.moving
    if judge is not None and not judge(cart, state):
        return None
    taken = compiled.give(cart, state)
    if taken is None:
        return None
    budget = compiled.budget
    if budget is not None and budget in cart.facts.budgets:
        spent, last = taken.amount, state.last
        while last is not None:
            spent += last.amount if last.rule.rule.budget == budget else 0
            last = last.before
        if spent > cart.facts.budgets[budget]:
            return None
    taken.rule = compiled
    taken.before = state.last
    taken.at = state
    return taken


Tries = dict[Compiled, State | None]
"""Promotion -> the cart once it applied, or None if it does not."""
_NONE_TRIED: Final[Tries] = {}


class Memory:
    """What came of promotions on carts that several ways through the promotions come by.

    Lives as long as one choice, beside the states and not in them: no circle is left to collect.
    """

    __slots__ = ("cart", "tries", "turns")

    def __init__(self, cart: Cart) -> None:
        self.cart = cart
        self.tries: dict[State, Tries] = {}
        self.turns: dict[tuple[State, int], State] = {}

    def at_phase(self, state: State, phase: int) -> State:
        """Return the cart at the beginning of a phase."""
        key = (state, phase)
        found = self.turns.get(key)
        if found is None:
            found = self.turns[key] = state.at_phase(phase)
        return found

    def after(self, compiled: Compiled, state: State) -> State | None:
        """Return the cart once a promotion applied at its turn, or None if it does not."""
        tries = self.tries.setdefault(state, {})
        if compiled not in tries:
            taken = attempt(compiled, self.cart, state)
            tries[compiled] = None if taken is None else state.after(taken)
        return tries[compiled]


def qualifying(promotions: CompiledPromotions, cart: Cart) -> list[Compiled]:
    """Return, in order, what could apply by all that does not depend on other promotions."""
    rules, start, facts = promotions.rules, cart.first, cart.facts
    listed = start.goods
    limited = bool(facts.without or facts.used_up)
    result = []
    for number in promotions.possible(cart.tokens, cart.places):
        compiled = rules[number]
        if compiled.least > listed:
            continue
        if (limited or compiled.timed) and live(compiled, cart) is not None:
            continue
        might = compiled.might
        if might is not None and not might(cart, start):
            continue
        if reaches(compiled, cart, start):
            result.append(compiled)
    return result


def reaches(compiled: Compiled, cart: Cart, start: State) -> bool:
    """Say whether there is something for everything that the promotion selects."""
    for chosen in compiled.targets:
        if not chosen.sale and not select(chosen, cart, start):
            return False
    action = compiled.rule.action
    if isinstance(action, Shipping):
        return is_for(action, cart)
    if isinstance(action, Gift):
        return is_offered(action, cart)
    return True


def first_state(cart: Cart) -> State:
    """Return the cart before any promotion."""
    return cart.first


def choose(candidates: Sequence[Compiled], cart: Cart, max_steps: int = MAX_STEPS) -> Choice:
    """Apply what qualifies; where promotions exclude each other, what is best for the customer.

    Best is the largest sum taken; of equals the fewest promotions, then the lowest ids.
    """
    rivals = rivals_of(candidates, cart)
    if not rivals:
        return Choice(run_through(candidates, cart, cart.first, rivals, None), "none", 0, {})
    return Search(candidates, cart, rivals, max_steps).run(cart.first)


Rivals = dict[int, int]
"""Position of a candidate -> bits of the positions that exclude it. 0: it competes for units."""


def rivals_of(candidates: Sequence[Compiled], cart: Cart) -> Rivals:
    """Return the candidates that can exclude another, or take its units."""
    rivals: Rivals = {}
    groups: dict[str, list[int]] = {}
    picky = False
    for position, one in enumerate(candidates):
        if one.restricted:
            picky = picky or one.picky
            if one.group is not None:
                groups.setdefault(one.group, []).append(position)
    if picky:
        _exclude_by_phase(candidates, rivals)
    for members in groups.values():
        if len(members) > 1:
            _compete(candidates, members, cart, rivals)
    return rivals


def _exclude_by_phase(candidates: Sequence[Compiled], rivals: Rivals) -> None:
    # Whether two share a cart by phase is the same for all of their kinds.
    kinds: dict[tuple[int, frozenset[str]], int] = {}
    for position, one in enumerate(candidates):
        kind = (one.phase, one.combines)
        kinds[kind] = kinds.get(kind, 0) | 1 << position
    against = {
        kind: sum([bits for other, bits in kinds.items() if not _share(kind, other)])
        for kind in kinds
    }
    for position, one in enumerate(candidates):
        excluding = against[one.phase, one.combines] & ~(1 << position)
        if excluding:
            rivals[position] = excluding


def _share(one: tuple[int, frozenset[str]], other: tuple[int, frozenset[str]]) -> bool:
    return PHASES[other[0]] in one[1] and PHASES[one[0]] in other[1]


def _compete(
    candidates: Sequence[Compiled], members: Sequence[int], cart: Cart, rivals: Rivals
) -> None:
    """Add what the members of one group keep each other from: the cart, or their units."""
    everybody = alone = 0
    for position in members:
        everybody |= 1 << position
        if candidates[position].rule.group_scope != "unit":
            alone |= 1 << position
    once = twice = 0
    reach: dict[int, int] = {}
    for position in members:
        bit = 1 << position
        excluding = (everybody if alone & bit else alone) & ~bit
        if excluding:
            rivals[position] = rivals.get(position, 0) | excluding
        if not alone & bit:
            reach[position] = found = _reach(candidates[position], cart)
            twice |= once & found
            once |= found
    for position, found in reach.items():
        if found & twice:
            rivals.setdefault(position, 0)


def combine(one: Compiled, other: Compiled) -> bool:
    """Say whether two promotions may share a cart: both agree, and no group forbids it."""
    if PHASES[other.phase] not in one.combines or PHASES[one.phase] not in other.combines:
        return False
    if one.group is None or one.group != other.group:
        return True
    return one.rule.group_scope == "unit" == other.rule.group_scope


def _reach(compiled: Compiled, cart: Cart) -> int:
    bits = 0
    for chosen in compiled.targets:
        if chosen.sale:
            return (1 << len(cart.pools)) - 1
        for index in select(chosen, cart, cart.first):
            bits |= 1 << index
    return bits


def run_through(  # noqa: PLR0917 - what is applied to what, and how
    candidates: Sequence[Compiled],
    cart: Cart,
    state: State,
    rivals: Rivals,
    picked: int | None,
    memory: Memory | None = None,
) -> State:
    """Apply the candidates in order: those without rivals, and of the others the picked ones.

    With `picked` None, every one that nothing applied before it excludes: the greedy choice.
    """
    applied = 0
    memory = Memory(cart) if memory is None else memory
    for position, compiled in enumerate(candidates):
        excluding = rivals.get(position)
        if excluding is not None and (
            excluding & applied or (picked is not None and not picked >> position & 1)
        ):
            continue
        if state.phase != compiled.phase:
            state = memory.at_phase(state, compiled.phase)
        after = memory.after(compiled, state)
        if after is not None:
            state = after
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
        self.goal = self.fewest = 0
        self.memory = Memory(cart)
        self.after: list[int] = []
        self.whole = 0

    def run(self, start: State) -> Choice:
        """Return the best choice, or the best found when the steps are used up."""
        self._try_alone(start)
        self._bound(start)
        self._offer(self._through(start, self._greedy()))
        self._descend(0, start, 0, 0)
        found: Found = "exact"
        if self.steps <= 0:
            found = "bounded"
            self._offer(self._through(start, None))
        assert self.best is not None
        return Choice(self.best, found, self.max_steps - max(0, self.steps), self.alone)

    def _through(self, start: State, picked: int | None) -> State:
        return run_through(self.candidates, self.cart, start, self.rivals, picked, self.memory)

    def _try_alone(self, start: State) -> None:
        at_phase = self.memory.at_phase
        phases = [start, *(at_phase(start, phase) for phase in range(1, len(PHASES)))]
        self.steps -= self.cost * len(self.rivals)
        for position in self.rivals:
            compiled = self.candidates[position]
            at = phases[compiled.phase]
            after = self.memory.after(compiled, at)
            self.alone[position] = 0 if after is None else after.value - at.value

    def _greedy(self) -> int:
        picked = blocked = 0
        for position in sorted(self.rivals, key=lambda p: (-self.alone[p], p)):
            if self.alone[position] and not blocked >> position & 1:
                picked |= 1 << position
                blocked |= self.rivals[position]
        return picked

    def _bound(self, start: State) -> None:
        mosts = [at_most(one, self.cart, start) for one in self.candidates]
        self.after = from_each_on(self.candidates, self.cart, mosts)
        gifts = 0
        for one, most in zip(self.candidates, mosts, strict=True):
            if isinstance(one.rule.action, Gift):
                gifts += most[0]
        self.whole = start.goods + start.shipping + gifts

    def _offer(self, state: State) -> None:
        if self.best_key is not None and state.value < self.goal:
            return
        ids: list[str] = []
        last = state.last
        while last is not None:
            ids.append(last.rule.id)
            last = last.before
        key = (-state.value, len(ids), tuple(sorted(ids)))
        if self.best_key is None or key < self.best_key:
            self.best, self.best_key = state, key
            self.goal, self.fewest = state.value, len(ids)

    def _descend(self, position: int, state: State, count: int, applied: int) -> None:
        candidates, rivals, after, cart = self.candidates, self.rivals, self.after, self.cart
        tries = self.memory.tries
        known = tries.get(state, _NONE_TRIED)
        while position < len(candidates):
            if self.steps <= 0:
                return
            # Hopeless: what can be had from here on is not better than the best so far.
            value, goal = state.value, self.goal
            most = value + after[position]
            most = min(most, self.whole)
            if most <= goal and (most < goal or count + (value < goal) > self.fewest):
                return
            compiled = candidates[position]
            excluding = rivals.get(position)
            position += 1
            if excluding is not None and excluding & applied:
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
            else:
                self._descend(position, with_it, count + 1, applied | 1 << position - 1)
        self._offer(state)
