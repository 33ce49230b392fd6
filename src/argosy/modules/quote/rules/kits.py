"""A kit's line becomes the lines of its components: after all discounts, before any tax (E11).

Each kit is divided by what its components cost alone: its price by largest remainder, then each
reduction by what is left of them. So a component's price, reductions and taxes are looked up like
those of any line, and those of all components are the kit's, to the cent. Components that cost
nothing alone get nothing; if that is all of them, the price is divided by quantity (A8).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from argosy.kernel.allocation import allocate, spread
from argosy.kernel.money import Money
from argosy.kernel.rounding import ROUNDERS
from argosy.modules.quote.rules.working import WorkingLine
from argosy.modules.quote.types import (
    Adjustment,
    Policy,
    QuoteKit,
    QuoteLine,
    RequestLine,
    RequestPart,
)

Value = TypeVar("Value", bound=Any)

APART: Final = 24
"""So many equal kits have their units kit by kit: whoever returns one kit gets just its price. Of
more, the dearer units of a component come first, and all of them still add up.
"""

_Units = tuple[int, int, tuple[int, ...]]
"""(count, subtotal of each, what each reduction takes of each), in unit order."""


class Taken(NamedTuple):
    """The lines to tax, and which kit's line each component is of, by their keys."""

    works: list[WorkingLine]
    of_kit: dict[str, str]


def taken_apart(policy: Policy, working: Sequence[WorkingLine]) -> Taken:
    """The lines with each kit in its components' place."""
    works: list[WorkingLine] = []
    of_kit: dict[str, str] = {}
    for work in working:
        if work.line.kit is None:
            works.append(work)
            continue
        for part in _components(policy, work, work.line.kit.parts):
            of_kit[part.line.key] = work.line.key
            works.append(part)
    return Taken(works, of_kit)


def kits_of(
    currency: str, working: Iterable[WorkingLine], lines: Sequence[QuoteLine]
) -> tuple[QuoteKit, ...]:
    """What the quote says of each kit: what was asked for, and the sums of its components."""
    found = []
    for work in working:
        line, kit = work.line, work.line.kit
        if kit is None:
            continue
        parts = [each for each in lines if each.kit == line.key]
        sums = {
            name: Money(sum(getattr(each, name).minor for each in parts), currency)
            for name in ("subtotal", "discount", "net", "tax", "total")
        }
        before = line.compare_at_minor
        found.append(
            QuoteKit(
                key=line.key,
                variant_id=line.variant_id,
                product_id=kit.product_id,
                sku=line.sku,
                title=kit.title,
                variant_title=kit.variant_title,
                image_key=kit.image_key,
                quantity=line.quantity,
                unit_price=Money(line.unit_minor, currency),
                compare_at=None if before is None else Money(before, currency),
                parts=tuple(each.key for each in parts),
                answers=line.answers,
                **sums,
            )
        )
    return tuple(found)


def _components(
    policy: Policy, work: WorkingLine, parts: Sequence[RequestPart]
) -> list[WorkingLine]:
    units: list[list[_Units]] = [[] for _ in parts]
    for count, subtotal, taken in _equal_kits(work):
        for n, own in enumerate(_one_kit(parts, subtotal, taken)):
            units[n] += _repeated(own, count)
    return [
        _component(policy, work, part, _merged(own)) for part, own in zip(parts, units, strict=True)
    ]


def _equal_kits(work: WorkingLine) -> list[_Units]:
    """Runs of kits with the same price and the same reductions."""
    ends = {0}
    for runs in ([(count, 0) for count, _, _ in work.runs], *(a.units for a in work.adjustments)):
        position = 0
        for count, _ in runs:
            position += count
            ends.add(position)
    marks = sorted(ends)
    assert marks[-1] == work.line.quantity
    found: list[_Units] = []
    for start, stop in pairwise(marks):
        subtotal, left = _at(((c, (s, rest)) for c, s, rest in work.runs), start)
        taken = tuple(_at(each.units, start) for each in work.adjustments)
        assert subtotal - sum(taken) == left, "reductions are known unit by unit"
        found.append((stop - start, subtotal, taken))
    return found


def _at(runs: Iterable[tuple[int, Value]], unit: int) -> Value:
    position = 0
    for count, value in runs:
        position += count
        if unit < position:
            return value
    raise AssertionError(f"there is no unit {unit}")


def _one_kit(
    parts: Sequence[RequestPart], subtotal: int, taken: Sequence[int]
) -> list[list[_Units]]:
    """One kit's price and reductions on its components, and on the units of each."""
    weights = {n: part.weight_minor for n, part in enumerate(parts)}
    if not any(weights.values()):
        weights = {n: part.quantity for n, part in enumerate(parts)}
    shares = allocate(subtotal, weights)
    left = dict(shares)
    units: list[list[_Units]] = [
        [(count, each, ()) for count, each in spread(shares[n], [(part.quantity, 1)])[0]]
        for n, part in enumerate(parts)
    ]
    for amount in taken:
        # By what is left of them: none can be taken more of than it has.
        cuts = allocate(amount, left) if amount else dict.fromkeys(left, 0)
        for n, cut in cuts.items():
            left[n] -= cut
            units[n] = _less(units[n], cut)
    return units


def _less(units: Sequence[_Units], cut: int) -> list[_Units]:
    pieces = spread(cut, [(count, each - sum(taken)) for count, each, taken in units])
    return [
        (count, each, (*taken, part))
        for (_, each, taken), piece in zip(units, pieces, strict=True)
        for count, part in piece
    ]


def _repeated(own: list[_Units], kits: int) -> list[_Units]:
    if len(own) > 1 and kits <= APART:
        return own * kits
    return [(count * kits, each, taken) for count, each, taken in own]


def _merged(units: Iterable[_Units]) -> list[_Units]:
    found: list[_Units] = []
    for count, each, taken in units:
        if found and found[-1][1:] == (each, taken):
            found[-1] = (found[-1][0] + count, each, taken)
        else:
            found.append((count, each, taken))
    return found


def _component(
    policy: Policy, work: WorkingLine, part: RequestPart, units: Sequence[_Units]
) -> WorkingLine:
    quantity = sum(count for count, _, _ in units)
    subtotal = sum(count * each for count, each, _ in units)
    line = RequestLine(
        key=part.key,
        variant_id=part.variant_id,
        sku=part.sku,
        quantity=quantity,
        unit_minor=ROUNDERS[policy.rounding](subtotal, quantity),
        subtotal_minor=subtotal,
        rates=part.rates,
        goods=part.goods,
    )
    found = WorkingLine(line)
    found.runs = [(count, each, each - sum(taken)) for count, each, taken in units]
    found.base = sum(count * left for count, _, left in found.runs)
    for n, whole in enumerate(work.adjustments):
        own = _share(whole, [(count, taken[n]) for count, _, taken in units], policy.currency)
        if own is not None:
            found.adjustments.append(own)
    return found


def _share(whole: Adjustment, units: Iterable[tuple[int, int]], currency: str) -> Adjustment | None:
    runs: list[tuple[int, int]] = []
    for count, each in units:
        if runs and runs[-1][1] == each:
            runs[-1] = (runs[-1][0] + count, each)
        else:
            runs.append((count, each))
    amount = sum(count * each for count, each in runs)
    if not amount:
        return None
    return msgspec.structs.replace(whole, amount=Money(amount, currency), units=tuple(runs))
