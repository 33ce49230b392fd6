"""How much a promotion may take of each pool, and where it takes it: terms, floors, room (D7)."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from argosy.kernel.allocation import allocate
from argosy.kernel.rounding import Ratio, exact_ratio
from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.rates import tax_ratio
from argosy.modules.quote.rules.selecting import Chosen, Selectors, select
from argosy.modules.quote.rules.units import (
    COUNT,
    LEFT,
    SALE,
    START,
    USED,
    Part,
    Pool,
    Run,
    State,
    Taken,
)
from argosy.modules.quote.types import Floor

_UNTOUCHABLE = 2**62
_NOT_USED: tuple[set[int], set[int]] = (set(), set())


class Terms:
    """What all actions of one promotion share: currency, phase, floor, bit of its group."""

    __slots__ = ("bit", "currency", "floor", "number", "phase", "selectors")

    def __init__(  # noqa: PLR0917 - the terms, in the order of their importance
        self,
        number: int,
        phase: int,
        currency: str,
        selectors: Selectors,
        floor: Floor | None,
        bit: int,
    ) -> None:
        self.number = number
        self.phase = phase
        self.currency = currency
        self.selectors = selectors
        self.floor = floor
        self.bit = bit

    def floor_of(self, cart: Cart, index: int) -> int:
        """Return below what no unit of the pool may go by this promotion."""
        if self.floor is None:
            return 0
        key = (self.number, index)
        found = cart.floors.get(key)
        if found is None:
            found = floor_price(self.floor, cart, cart.pools[index], self.currency)
            cart.floors[key] = found
        return found


@lru_cache(maxsize=1024)
def ratio_of_percent(percent: Decimal) -> Ratio:
    """Return a percentage as an exact ratio: Decimal("15") is (3, 20)."""
    numerator, denominator = exact_ratio(percent)
    return Fraction(numerator, denominator * 100).as_integer_ratio()


def floor_price(floor: Floor, cart: Cart, pool: Pool, currency: str) -> int:
    """Return the least a unit of the pool may cost, in the channel's tax mode, rounded up."""
    least = 0
    if floor.percent_of_list is not None:
        n, d = ratio_of_percent(floor.percent_of_list)
        least = -(-pool.listed * n // (pool.count * d))
    if floor.price is not None:
        least = max(least, floor.price[currency])
    if floor.margin_percent is not None:
        if pool.cost is None:
            return _UNTOUCHABLE
        n, d = ratio_of_percent(floor.margin_percent)
        net = Fraction(pool.cost * d, d - n)
        if cart.policy.tax_inclusive:
            tax, base = tax_ratio(pool.rates, inclusive=False)
            net = net * (base + tax) / base
        least = max(least, -(-net.numerator // net.denominator))
    return least


class Room(NamedTuple):
    """The units of a pool that a promotion may reduce: what they are worth, and how far down."""

    base: int
    left: int
    room: int
    floor: int


def room_in(runs: Sequence[Run], bit: int, weight: int, floor: int) -> Room:
    """Return the room in the units that are free for the group of that bit."""
    base = left = room = 0
    for run in runs:
        if run[USED] & bit:
            continue
        count = run[COUNT]
        base += count * run[weight]
        left += count * run[LEFT]
        if run[LEFT] > floor:
            room += count * (run[LEFT] - floor)
    return Room(base, left, room, floor)


def rooms(terms: Terms, cart: Cart, state: State, chosen: Chosen, weight: int) -> dict[int, Room]:
    """Return the selected pools with room to take something."""
    found: dict[int, Room] = {}
    lefts, pools, bit = state.left, cart.pools, terms.bit
    bases = None if terms.floor is not None else _bases(state, weight)
    used, partly = state.uses(bit) if bit else _NOT_USED
    for index in select(chosen, cart, state):
        left = lefts[index]
        if not left or pools[index].locked:
            continue
        if index in used:
            continue
        if bases is not None and index not in partly:
            # All units are free: the sums are known without looking at them.
            found[index] = Room(bases[index], left, left, 0)
            continue
        room = room_in(state.runs_of(index), bit, weight, terms.floor_of(cart, index))
        if room.left:
            found[index] = room
    return found


def _bases(state: State, weight: int) -> Sequence[int]:
    """What the pools cost at the moment that the weight names."""
    snaps = state.snaps
    if weight == LEFT:
        return state.left
    if weight == START:
        return snaps[-1].left
    if weight == SALE and len(snaps) > 1:
        return snaps[1].left
    return snaps[0].left


def in_parts(parts: dict[int, Part], wanted: int, bit: int) -> Taken | None:
    """Wrap what was taken unit by unit; nothing if it is nothing."""
    amounts = {index: part[2] for index, part in parts.items()}
    amount = sum(amounts.values())
    if not amount:
        return None
    taken = Taken(amount, wanted, amounts, LEFT, bit)
    taken.parts = parts
    return taken


def in_amounts(  # noqa: PLR0917 - what is taken of which pools, and by which terms
    terms: Terms,
    amount: int,
    wanted: int,
    amounts: dict[int, int],
    weight: int,
    found: dict[int, Room],
) -> Taken:
    """Wrap what was taken pool by pool, in proportion to the units' price at `weight`."""
    taken = Taken(amount, wanted, amounts, weight, terms.bit)
    if terms.floor is not None:
        taken.floors = {index: found[index].floor for index in amounts}
    return taken


def shares_of(given: int, found: dict[int, Room], weight: int, *, floored: bool) -> dict[int, int]:
    """Return what each pool gives of an amount for which there is room."""
    if len(found) == 1:
        return dict.fromkeys(found, given)
    if weight == LEFT and not floored:
        shares = allocate(given, {index: room.base for index, room in found.items()})
    else:
        shares = allocate(
            given,
            {index: room.base if room.room else 0 for index, room in found.items()},
            {index: room.room for index, room in found.items()},
        )
    return {index: part for index, part in shares.items() if part}
