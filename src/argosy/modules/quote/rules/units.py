"""The units of a cart while promotions shrink them: pools of equal units, however lines split them.

All interchangeable units (same variant, price and rates) form one pool; what is decided on pools
cannot depend on the order of the lines nor on their splitting (DOMAIN.md A7, D5). A pool's units
have an order, line by line by key, and what a promotion takes is said unit by unit in that order.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from argosy.kernel.allocation import spread
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
            # A package price belongs to its line: its units are like no others.
            "" if line.subtotal_minor is None else line.key,
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


class Part(NamedTuple):
    """What a promotion does to one pool: the units then, and what it took of each, in order."""

    runs: list[Run]
    taken: list[tuple[int, int]]
    amount: int


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
    return Part(after, taken, amount)


def take_off(runs: Sequence[Run], total: int, weight: int, bit: int, floor: int) -> Part:
    """Take `total` from the units free for the group, in proportion to the price at `weight`.

    No unit goes below `floor`; the caller has made sure that there is room for the total.
    """
    if len(runs) == 1:
        count, listed, sale, start, left, used = runs[0]
        each, more = divmod(total, count)
        used |= bit
        if not more:
            return Part([(count, listed, sale, start, left - each, used)], [(count, each)], total)
        rest = count - more
        return Part(
            [
                (more, listed, sale, start, left - each - 1, used),
                (rest, listed, sale, start, left - each, used),
            ],
            [(more, each + 1), (rest, each)],
            total,
        )
    free = [i for i, run in enumerate(runs) if not run[USED] & bit and run[LEFT] > floor]
    if weight == LEFT and not floor:
        # Nobody gets more than there is left, as nobody's share exceeds the weight.
        pieces = spread(total, [(runs[i][COUNT], runs[i][LEFT]) for i in free])
    else:
        items = [(runs[i][COUNT], runs[i][weight], runs[i][LEFT] - floor) for i in free]
        pieces = spread_capped(total, items)
    return cut(runs, dict(zip(free, pieces, strict=True)), bit)


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
    carts of which only the sums matter.
    """

    __slots__ = (
        "_before",
        "_left",
        "_runs",
        "gifts",
        "goods",
        "last",
        "phase",
        "shipping",
        "snaps",
        "value",
    )

    def __init__(self, runs: list[list[Run]], left: list[int], shipping: int) -> None:
        self._before: State | None = None
        self._runs: list[list[Run]] | None = runs
        self._left: list[int] | None = left
        self.goods = sum(left)
        self.shipping = shipping
        self.value = 0
        self.gifts = 0
        self.phase = 0
        self.snaps: tuple[State, ...] = (self,)
        self.last: Taken | None = None

    @property
    def left(self) -> list[int]:
        """What is left of each pool."""
        if self._left is None:
            before = self._before
            assert before is not None
            if before.phase != self.phase or self.last is None:
                self._left = before.left
            else:
                self._left = self.last.left_of(before)
        return self._left

    @property
    def runs(self) -> list[list[Run]]:
        """The units of each pool."""
        if self._runs is None:
            before = self._before
            assert before is not None
            if before.phase != self.phase:
                self._runs = _turned(before)
            else:
                assert self.last is not None
                self._runs = before.runs[:]
                for index, part in self.last.parts_of(before).items():
                    self._runs[index] = part.runs
        return self._runs

    def after(self, taken: "Taken") -> "State":
        """Return the cart once this was taken."""
        new = State.__new__(State)
        new.phase, new.snaps = self.phase, self.snaps
        new.value = self.value + taken.amount
        new.shipping = self.shipping - taken.shipping
        new.gifts = self.gifts + taken.gifts
        new.last = taken
        new._before = self
        if taken.shipping or taken.gifts:
            new.goods, new._left, new._runs = self.goods, self._left, self._runs
        else:
            new.goods, new._left, new._runs = self.goods - taken.amount, None, None
        return new

    def at_phase(self, phase: int) -> "State":
        """Return the cart at the beginning of a phase: what thresholds and bases then look at."""
        if phase == self.phase:
            return self
        new = State.__new__(State)
        new.value, new.shipping, new.gifts = self.value, self.shipping, self.gifts
        new.goods, new.last, new.phase = self.goods, self.last, phase
        new.snaps = self.snaps + (self,) * (phase - self.phase)
        new._before = self
        new._left = self._left
        new._runs = self._runs if self.snaps[-1].goods == self.goods else None
        return new


def _turned(state: State) -> list[list[Run]]:
    # A new phase begins: what is left now is what it starts from.
    before, left = state.snaps[-1].left, state.left
    runs = state.runs[:]
    sale = state.phase == 0
    for index, amount in enumerate(left):
        if amount != before[index]:
            runs[index] = [
                (run[0], run[1], run[4] if sale else run[2], run[4], run[4], run[5])
                for run in runs[index]
            ]
    return runs


class Taken:
    """What one promotion took: of which units, of shipping, or as gifts; linked to the one before.

    `wanted` is what it would have taken without floors and caps (D7). Of which units is worked out
    by `settle` from the cart before, if not given at once; `amounts` are those of the pools.
    """

    __slots__ = (
        "_parts",
        "amount",
        "amounts",
        "before",
        "gifts",
        "rule",
        "settle",
        "shipping",
        "wanted",
    )

    def __init__(  # noqa: PLR0917 - one for each thing that can be taken
        self,
        amount: int,
        wanted: int,
        parts: dict[int, Part] | None,
        shipping: int = 0,
        gifts: int = 0,
        amounts: dict[int, int] | None = None,
        settle: Callable[[State], dict[int, Part]] | None = None,
    ) -> None:
        self.amount = amount
        self.wanted = wanted
        self.shipping = shipping
        self.gifts = gifts
        self.amounts = amounts
        self.settle = settle
        self._parts = parts
        self.rule: Any = None
        self.before: Taken | None = None

    def parts_of(self, before: State) -> dict[int, Part]:
        """Return what was taken of which units of the cart before."""
        if self._parts is None:
            assert self.settle is not None
            self._parts = self.settle(before)
        return self._parts

    def left_of(self, before: State) -> list[int]:
        """Return what is left of each pool of the cart before."""
        left = before.left[:]
        if self.amounts is not None:
            for index, amount in self.amounts.items():
                left[index] -= amount
        else:
            for index, part in self.parts_of(before).items():
                left[index] -= part.amount
        return left


def by_line(pool: Pool, units: Sequence[tuple[int, int]]) -> list[tuple[int, UnitRuns]]:
    """Cut a pool's units, given as (count, amount of each), into those of each of its lines.

    Returns the amount and the unit runs of each line, in the order of `pool.works`.
    """
    if len(pool.works) == 1:
        return [(sum(count * each for count, each in units), tuple(units))]
    result: list[tuple[int, UnitRuns]] = []
    rest = list(units)
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
