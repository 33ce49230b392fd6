"""The units of a cart while promotions shrink them: pools of equal units, however lines split them.

All interchangeable units (same variant, price and rates) form one pool; what is decided on pools
cannot depend on the order of the lines nor on their splitting (DOMAIN.md A7, D5). A pool's units
have an order, line by line by key, and what a promotion takes is said unit by unit in that order.
"""

from collections.abc import Mapping, Sequence
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
        count = runs[0][0]
        each, more = divmod(total, count)
        pieces = [(count, each)] if not more else [(more, each + 1), (count - more, each)]
        return cut(runs, {0: pieces}, bit)
    free = [index for index, run in enumerate(runs) if not run[USED] & bit and run[LEFT] > floor]
    items = [(runs[i][COUNT], runs[i][weight], runs[i][LEFT] - floor) for i in free]
    return cut(runs, dict(zip(free, spread_capped(total, items), strict=True)), bit)


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
    """A cart at one moment of the computation. Never changed in place: `after` gives the next."""

    __slots__ = ("gifts", "last", "left", "phase", "runs", "shipping", "snaps", "value")

    def __init__(self, runs: list[list[Run]], left: list[int], shipping: int) -> None:
        self.runs = runs
        self.left = left
        self.shipping = shipping
        self.value = 0
        self.gifts = 0
        self.phase = 0
        self.snaps: tuple[list[int], ...] = (left,)
        self.last: Taken | None = None

    def after(self, taken: "Taken") -> "State":
        """Return the cart once this was taken."""
        new = State.__new__(State)
        new.phase, new.snaps = self.phase, self.snaps
        new.value = self.value + taken.amount
        new.shipping = self.shipping - taken.shipping
        new.gifts = self.gifts + taken.gifts
        new.last = taken
        if taken.parts:
            new.runs, new.left = self.runs[:], self.left[:]
            for index, part in taken.parts.items():
                new.runs[index] = part.runs
                new.left[index] -= part.amount
        else:
            new.runs, new.left = self.runs, self.left
        return new

    def at_phase(self, phase: int) -> "State":
        """Return the cart at the beginning of a phase: what thresholds and bases then look at."""
        if phase == self.phase:
            return self
        new = State.__new__(State)
        new.value, new.shipping, new.gifts = self.value, self.shipping, self.gifts
        new.left, new.last, new.phase = self.left, self.last, phase
        new.snaps = self.snaps + (self.left,) * (phase - self.phase)
        before = self.snaps[-1]
        if before is self.left:
            new.runs = self.runs
            return new
        new.runs = self.runs[:]
        for index, amount in enumerate(self.left):
            if amount != before[index]:
                sale = self.phase == 0
                new.runs[index] = [
                    (run[0], run[1], run[4] if sale else run[2], run[4], run[4], run[5])
                    for run in self.runs[index]
                ]
        return new


class Taken:
    """What one promotion took: of which units, of shipping, or as gifts; linked to the one before.

    `wanted` is what it would have taken without floors and caps (D7).
    """

    __slots__ = ("amount", "before", "gifts", "parts", "rule", "shipping", "wanted")

    def __init__(
        self,
        amount: int,
        wanted: int,
        parts: dict[int, Part],
        shipping: int = 0,
        gifts: int = 0,
    ) -> None:
        self.amount = amount
        self.wanted = wanted
        self.parts = parts
        self.shipping = shipping
        self.gifts = gifts
        self.rule: Any = None
        self.before: Taken | None = None


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
