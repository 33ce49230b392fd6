"""Which promotions could apply to a cart, which of them exclude each other, and what comes of them.

Which choice among them is best is the matter of `searching`.
"""

from collections.abc import Sequence

from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.compiling import Compiled, CompiledPromotions
from argosy.modules.quote.rules.giving import is_for, is_offered
from argosy.modules.quote.rules.selecting import select
from argosy.modules.quote.rules.units import State, Taken
from argosy.modules.quote.rules.wall_clock import is_within
from argosy.modules.quote.types import PHASES, Gift, Shipping, VerdictCode


def live(compiled: Compiled, cart: Cart) -> VerdictCode | None:
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
        tries = self.tries.get(state)
        if tries is None:
            tries = self.tries[state] = {}
        elif compiled in tries:
            return tries[compiled]
        taken = attempt(compiled, self.cart, state)
        found = tries[compiled] = None if taken is None else state.after(taken)
        return found


def qualifying(promotions: CompiledPromotions, cart: Cart) -> list[Compiled]:
    """Return, in order, what could apply by all that does not depend on other promotions."""
    rules, start, facts = promotions.rules, cart.first, cart.facts
    listed = start.goods
    limited = bool(facts.without or facts.used_up)
    result = []
    for number in promotions.possible(cart.tokens, cart.places.keys()):
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
    targets = compiled.targets
    if targets:
        known = cart.known
        for chosen in targets:
            if not (chosen.sale or known.get(chosen.slot) or select(chosen, cart, start)):
                return False
        return True
    action = compiled.rule.action
    if isinstance(action, Shipping):
        return is_for(action, cart)
    return isinstance(action, Gift) and is_offered(action, cart)


def first_state(cart: Cart) -> State:
    """Return the cart before any promotion."""
    return cart.first


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
        for index in cart.known.get(chosen.slot) or select(chosen, cart, cart.first):
            bits |= 1 << index
    return bits


def run_through(  # noqa: PLR0917 - what is applied to what, and how
    candidates: Sequence[Compiled],
    cart: Cart,
    state: State,
    rivals: Rivals,
    picked: int | None,
    memory: Memory | None = None,
    first: int = 0,
) -> State:
    """Apply the candidates in order: those without rivals, and of the others the picked ones.

    From position `first` on.

    With `picked` None, every one that nothing applied before it excludes: the greedy choice.
    """
    applied = 0
    memory = Memory(cart) if memory is None else memory
    for position in range(first, len(candidates)):
        compiled, excluding = candidates[position], rivals.get(position)
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
