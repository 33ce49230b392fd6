"""The units of a cart while promotions shrink them: pools of equal units, however lines split them.

All interchangeable units (same variant, price and rates) form one pool; what is decided on pools
cannot depend on the order of the lines nor on their splitting (DOMAIN.md A7, D5). A pool's units
have an order, line by line by key, and what a promotion takes is said unit by unit in that order.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from argosy.kernel.allocation import allocate, spread
from argosy.modules.quote.rules.working import WorkingLine
from argosy.modules.quote.types import Discount, UnitRuns

Run = tuple[int, int, int, int, int, int]
"""(count, list price, after sale, at the phase's start, left, groups that used it), each unit."""
COUNT, LIST, SALE, START, LEFT, USED = range(6)
NO_FIELDS: dict[str, Any] = {}
NO_TOKENS: frozenset[str] = frozenset()


class Pool:
    """Equal units of one or several lines. `locked`: counted, but no promotion may reduce them."""

    __slots__ = (
        "cost",
        "count",
        "fields",
        "listed",
        "locked",
        "on_sale",
        "rates",
        "tokens",
        "unit",
        "variant",
        "works",
    )

    def __init__(self, works: list[WorkingLine], *, locked: bool) -> None:
        first = works[0].line
        self.works = works
        self.locked = locked
        self.rates = first.rates
        self.variant = first.variant_id
        self.unit = first.unit_minor
        self.cost = first.cost_minor
        self.on_sale = first.compare_at_minor is not None and (
            first.compare_at_minor > first.unit_minor
        )
        if first.facts is None:
            self.tokens, self.fields = NO_TOKENS, NO_FIELDS
        else:
            self.tokens, self.fields = first.facts.tokens, first.facts.fields
        self.count = first.quantity
        self.listed = works[0].subtotal
        for work in works[1:]:
            self.count += work.line.quantity
            self.listed += work.subtotal

    def first_runs(self) -> list[Run]:
        """Return the units as they are before any promotion."""
        if len(self.works[0].runs) == 1:
            unit = self.works[0].runs[0][1]
            return [(self.count, unit, unit, unit, unit, 0)]
        return [
            (count, each, each, each, each, 0)
            for work in self.works
            for count, each, _ in work.runs
        ]


def pools_of(working: Sequence[WorkingLine], discounts: Sequence[Discount]) -> list[Pool]:
    """Group what promotions may count into pools, in an order that lines do not decide."""
    locked = _locked(working, discounts)
    grouped: dict[tuple[Any, ...], list[WorkingLine]] = {}
    for work in working:
        line = work.line
        if not (line.goods and line.discountable):
            continue
        key: tuple[Any, ...] = (
            line.variant_id.int,
            line.unit_minor,
            line.rates.key,
            # A package price belongs to its line, and so do the parts of a kit: its units are like
            # no others.
            "" if line.subtotal_minor is None and line.kit is None else line.key,
            line.key in locked,
        )
        found = grouped.get(key)
        if found is None:
            grouped[key] = [work]
        else:
            found.append(work)
    pools = []
    for key in sorted(grouped):
        works = grouped[key]
        if len(works) > 1:
            works.sort(key=lambda work: work.line.key)
        pools.append(Pool(works, locked=key[4]))
    return pools


def _locked(working: Sequence[WorkingLine], discounts: Sequence[Discount]) -> set[str]:
    locked: set[str] = set()
    for discount in discounts:
        if discount.stacks or discount.target == "shipping":
            continue
        if discount.target == "line" and discount.line is not None:
            locked.add(discount.line)
        else:
            locked.update(discount.lines or (work.line.key for work in working))
    return locked


Part = tuple[list[Run], list[tuple[int, int]], int]
"""What a promotion does to one pool: the units then, what it took of each, in order, and of all."""


def cut(runs: Sequence[Run], segments: Mapping[int, Sequence[tuple[int, int]]], bit: int) -> Part:
    """Take from some runs, given as (count, amount of each) in unit order; they become used."""
    after: list[Run] = []
    taken: list[tuple[int, int]] = []
    amount = 0
    for index, run in enumerate(runs):
        pieces = segments.get(index)
        if pieces is None:
            after.append(run)
            taken.append((run[0], 0))
            continue
        rest, listed, sale, start, left, used = run
        for count, each in pieces:
            after.append((count, listed, sale, start, left - each, used | bit))
            taken.append((count, each))
            amount += count * each
            rest -= count
        if rest:
            after.append((rest, listed, sale, start, left, used))
            taken.append((rest, 0))
    return after, taken, amount


def take_off(runs: Sequence[Run], total: int, weight: int, bit: int, floor: int) -> Part:
    """Take `total` from the units free for the group, in proportion to the price at `weight`.

    No unit goes below `floor`; the caller has made sure that there is room for the total.
    """
    if len(runs) == 1:
        count, listed, sale, start, left, used = runs[0]
        each, more = divmod(total, count)
        used |= bit
        if not more:
            return [(count, listed, sale, start, left - each, used)], [(count, each)], total
        rest = count - more
        return (
            [
                (more, listed, sale, start, left - each - 1, used),
                (rest, listed, sale, start, left - each, used),
            ],
            [(more, each + 1), (rest, each)],
            total,
        )
    if weight == LEFT and not floor:
        return _take_of_two(runs, total, bit) or _take_by_left(runs, total, bit)
    free = [i for i, run in enumerate(runs) if not run[USED] & bit and run[LEFT] > floor]
    items = [(runs[i][COUNT], runs[i][weight], runs[i][LEFT] - floor) for i in free]
    return cut(runs, dict(zip(free, spread_capped(total, items), strict=True)), bit)


def _take_of_two(runs: Sequence[Run], total: int, bit: int) -> Part | None:
    # Most often there are two kinds of units, an odd cent apart: as below, in less time.
    if len(runs) != 2:
        return None
    first, second = runs
    count, other = first[0], second[0]
    left, others = first[4], second[4]
    if not left or not others or (first[5] | second[5]) & bit:
        return None
    whole = count * left + other * others
    share, remainder = divmod(total * left, whole)
    its, behind = divmod(total * others, whole)
    odd = total - count * share - other * its
    more = min(count, odd) if remainder >= behind else max(0, odd - other)
    after: list[Run] = []
    taken: list[tuple[int, int]] = []
    for run, each, extra in ((first, share, more), (second, its, odd - more)):
        units, listed, sale, start, worth, used = run
        used |= bit
        if extra:
            after.append((extra, listed, sale, start, worth - each - 1, used))
            taken.append((extra, each + 1))
        if extra < units:
            after.append((units - extra, listed, sale, start, worth - each, used))
            taken.append((units - extra, each))
    return after, taken, total


def _take_by_left(runs: Sequence[Run], total: int, bit: int) -> Part:
    # `spread` by what is left and `cut` in one: nobody's share exceeds what is left of the unit.
    whole = sum([run[0] * run[4] for run in runs if not run[5] & bit])
    odd = total
    order: list[tuple[int, int]] = []
    after: list[Run] = []
    taken: list[tuple[int, int]] = []
    for run in runs:
        count, listed, sale, start, left, used = run
        if used & bit or not left:
            after.append(run)
            taken.append((count, 0))
            continue
        share, remainder = divmod(total * left, whole)
        odd -= count * share
        if remainder:
            order.append((-remainder, len(after)))
        after.append((count, listed, sale, start, left - share, used | bit))
        taken.append((count, share))
    if not odd:
        return after, taken, total
    order.sort()
    last = (0, 0)
    for _, index in order:
        count, listed, sale, start, left, used = after[index]
        share = taken[index][1]
        if count > odd:
            last = (index, odd)
            break
        after[index] = (count, listed, sale, start, left - 1, used)
        taken[index] = (count, share + 1)
        odd -= count
        if not odd:
            break
    index, more = last
    if more:
        # Of these only the first get one more.
        count, listed, sale, start, left, used = after[index]
        share = taken[index][1]
        rest = count - more
        after[index : index + 1] = [
            (more, listed, sale, start, left - 1, used),
            (rest, listed, sale, start, left, used),
        ]
        taken[index : index + 1] = [(more, share + 1), (rest, share)]
    return after, taken, total


def spread_capped(total: int, items: Sequence[tuple[int, int, int]]) -> list[list[tuple[int, int]]]:
    """Split `total` over units, given as (count, weight, cap of each): as `spread`, within caps.

    What a cap keeps out goes to the others in proportion, as in `allocate`.
    """
    weights = [weight for _, weight, _ in items]
    full: dict[int, int] = {}
    left = total
    while True:
        whole = sum(count * weight for (count, _, _), weight in zip(items, weights, strict=True))
        more = [
            index
            for index, (_, _, cap) in enumerate(items)
            if weights[index] and left * weights[index] >= cap * whole
        ]
        if not more:
            break
        for index in more:
            count, _, cap = items[index]
            full[index] = cap
            weights[index] = 0
            left -= count * cap
    runs = [(count, weight) for (count, _, _), weight in zip(items, weights, strict=True)]
    parts = spread(left, runs)
    for index, cap in full.items():
        parts[index] = [(items[index][0], cap)]
    return parts


class State:
    """A cart at one moment of the computation. Never changed: `after` and `at_phase` give the next.

    What is left of each pool and unit is worked out when somebody asks: a search looks at many
    carts of which only the sums matter. `snaps` are the carts at the beginning of this and
    of all earlier phases. No state refers to one that came after it, so that none is garbage that
    only a collector finds.
    """

    __slots__ = (
        "_before",
        "_left",
        "_runs",
        "goods",
        "last",
        "phase",
        "shipping",
        "snaps",
        "value",
    )
    _before: "State | None"
    _left: list[int] | None
    _runs: dict[int, list[Run]] | None
    goods: int
    last: "Taken | None"
    phase: int
    shipping: int
    snaps: "tuple[State, ...]"
    value: int

    @staticmethod
    def first(runs: list[list[Run]], left: list[int], shipping: int) -> "State":
        """Return the cart before any promotion, where the first phase begins."""
        found, same = State.__new__(State), State.__new__(State)
        by_index, goods = dict(enumerate(runs)), sum(left)
        for state in (found, same):
            state._before = state.last = None
            state._runs, state._left = by_index, left
            state.goods, state.shipping = goods, shipping
            state.value = state.phase = 0
        found.snaps, same.snaps = (same,), ()
        return found

    @property
    def left(self) -> list[int]:
        """What is left of each pool."""
        found = self._left
        if found is None:
            before, last = self._before, self.last
            assert before is not None
            if before.phase != self.phase or last is None:
                found = before.left
            else:
                found = before.left[:]
                for index, amount in last.amounts_of().items():
                    found[index] -= amount
            self._left = found
        return found

    def runs_of(self, index: int) -> list[Run]:
        """The units of a pool."""
        if self._runs is None:
            self._runs = {}
        found = self._runs.get(index)
        if found is not None:
            return found
        behind: list[State] = []
        state = self
        while found is None:
            behind.append(state)
            assert state._before is not None
            state = state._before
            if state._runs is not None:
                found = state._runs.get(index)
        for state in reversed(behind):
            before = state._before
            assert before is not None
            if before.phase != state.phase:
                if before.left[index] != before.snaps[-1].left[index]:
                    found = turned(found, sale=before.phase == 0)
            else:
                assert state.last is not None
                if index in state.last.amounts_of():
                    found = state.last.part_of(index, found)[0]
        self._runs[index] = found
        return found

    def after(self, taken: "Taken") -> "State":
        """Return the cart once this was taken."""
        new = State.__new__(State)
        new.phase, new.snaps = self.phase, self.snaps
        new.value = self.value + taken.amount
        new.last = taken
        new._before = self
        if taken.shipping or taken.gifts:
            new.shipping = self.shipping - taken.shipping
            new.goods, new._left, new._runs = self.goods, self._left, self._runs
        else:
            new.shipping = self.shipping
            new.goods, new._left, new._runs = self.goods - taken.amount, None, None
        return new

    def uses(self, bit: int) -> tuple[set[int], set[int]]:
        """The pools of which the group of that bit has used all units that cost something, or some.

        With a floor, units at it stay free; what was cut unit by unit is some of them.
        """
        wholly: set[int] = set()
        partly: set[int] = set()
        taken = self.last
        while taken is not None:
            if taken.bit & bit:
                simple = taken.parts is None and taken.floors is None
                (wholly if simple else partly).update(taken.amounts_of())
            taken = taken.before
        return wholly, partly

    def at_phase(self, phase: int) -> "State":
        """Return the cart at the beginning of a phase: what thresholds and bases then look at."""
        if phase == self.phase:
            return self
        new = State.__new__(State)
        new.value, new.shipping = self.value, self.shipping
        new.goods, new.last, new.phase = self.goods, self.last, phase
        new.snaps = self.snaps + (self,) * (phase - self.phase)
        new._before = self
        new._left = self._left
        new._runs = self._runs if self.snaps[-1].goods == self.goods else None
        return new


def turned(runs: Sequence[Run], *, sale: bool) -> list[Run]:
    """The units when a phase ends (the sale phase, or another): what is left is what they cost."""
    return [(run[0], run[1], run[4] if sale else run[2], run[4], run[4], run[5]) for run in runs]


class Taken:
    """What one promotion took: of which units, of shipping, or as gifts; linked to the one before.

    `wanted` is what it would have taken without floors and caps (D7). `amounts` is what it took of
    each pool; None: of all in proportion to what is left, worked out when somebody asks. Of which
    units is worked out by `part_of`, by the price at `weight` and above `floors`, unless given as
    `parts`. `at` is the cart that it was taken from.
    """

    __slots__ = (
        "amount",
        "amounts",
        "at",
        "before",
        "bit",
        "floors",
        "gifts",
        "parts",
        "rule",
        "shipping",
        "wanted",
        "weight",
    )
    before: "Taken | None"
    at: Any
    rule: Any

    def __init__(
        self,
        amount: int,
        wanted: int,
        amounts: dict[int, int] | None,
        weight: int = LEFT,
        bit: int = 0,
    ) -> None:
        self.amount = amount
        self.wanted = wanted
        self.amounts = amounts
        self.weight = weight
        self.bit = bit
        self.floors: dict[int, int] | None = None
        self.parts: dict[int, Part] | None = None
        self.shipping = self.gifts = 0

    def amounts_of(self) -> dict[int, int]:
        """Return what was taken of each pool that was touched."""
        if self.amounts is None:
            # No cap is needed: nobody's part exceeds what is left of the pool.
            weights = {index: left for index, left in enumerate(self.at.left) if left}
            shares = allocate(self.amount, weights)
            self.amounts = {index: part for index, part in shares.items() if part}
        return self.amounts

    def part_of(self, index: int, runs: list[Run]) -> Part:
        """Return what was taken of which units of a pool that was touched, as they were before."""
        if self.parts is not None:
            return self.parts[index]
        amounts = self.amounts_of() if self.amounts is None else self.amounts
        floor = 0 if self.floors is None else self.floors[index]
        return take_off(runs, amounts[index], self.weight, self.bit, floor)


def by_line(pool: Pool, taken: Sequence[tuple[int, int]]) -> list[tuple[int, UnitRuns]]:
    """Cut a pool's units, given as (count, amount of each), into those of each of its lines.

    Returns the amount and the unit runs of each line, in the order of `pool.works`.
    """
    result: list[tuple[int, UnitRuns]] = []
    rest = list(taken)
    position = 0
    for work in pool.works:
        need, amount = work.line.quantity, 0
        runs: list[tuple[int, int]] = []
        while need:
            count, each = rest[position]
            used = min(need, count)
            runs.append((used, each))
            amount += used * each
            need -= used
            if used == count:
                position += 1
            else:
                rest[position] = (count - used, each)
        result.append((amount, tuple(runs)))
    return result
