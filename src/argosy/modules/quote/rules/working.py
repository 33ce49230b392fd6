"""A line while it is being computed. Lives inside one computation only."""

from argosy.kernel.allocation import spread
from argosy.modules.quote.types import Adjustment, RequestLine, UnitRuns, UnitShare

Run = tuple[int, int, int]
"""(count, subtotal of each, what is left of each after discounts), in unit order."""


class WorkingLine:
    """Mutable on purpose: discounts shrink `base` step by step, `units` come in at the end."""

    __slots__ = ("adjustments", "base", "line", "runs", "subtotal", "units")

    def __init__(self, line: RequestLine) -> None:
        quantity, unit = line.quantity, line.unit_minor
        subtotal = line.subtotal_minor
        assert quantity > 0
        assert unit >= 0
        if subtotal is None or subtotal == quantity * unit:
            self.subtotal = quantity * unit
            self.runs: list[Run] = [(quantity, unit, unit)]
        else:
            assert subtotal >= 0
            self.subtotal = subtotal
            self.runs = [(n, each, each) for n, each in spread(subtotal, [(quantity, 1)])[0]]
        self.line = line
        self.base = self.subtotal
        self.adjustments: list[Adjustment] = []
        self.units: tuple[UnitShare, ...] = ()

    def take_off(self, amount: int, units: tuple[int, int] | None = None) -> UnitRuns:
        """Reduce the units by `amount` in total, in proportion to what is left of each.

        Never more than is left of the units concerned: the caller has capped the amount.
        """
        start, stop = units or (0, self.line.quantity)
        if units is not None:
            self._cut(start)
            self._cut(stop)
        inside: list[tuple[int, int]] = []
        position = 0
        for count, _, left in self.runs:
            inside.append((count, left if start <= position < stop else 0))
            position += count
        pieces = spread(amount, inside)
        runs: list[Run] = []
        shares: list[tuple[int, int]] = []
        for (_, subtotal, left), parts in zip(self.runs, pieces, strict=True):
            for count, part in parts:
                assert part <= left
                runs.append((count, subtotal, left - part))
                shares.append((count, part))
        self.runs = runs
        self.base -= amount
        return tuple(shares)

    def left_of(self, units: tuple[int, int] | None, *, original: bool) -> int:
        """Return what the units were worth at first, or are worth now."""
        if units is None:
            return self.subtotal if original else self.base
        start, stop = units
        position = total = 0
        for count, subtotal, left in self.runs:
            overlap = min(stop, position + count) - max(start, position)
            if overlap > 0:
                total += overlap * (subtotal if original else left)
            position += count
        return total

    def _cut(self, at: int) -> None:
        position = 0
        for index, (count, subtotal, left) in enumerate(self.runs):
            if position < at < position + count:
                head = at - position
                self.runs[index : index + 1] = [
                    (head, subtotal, left),
                    (count - head, subtotal, left),
                ]
                return
            position += count
