"""Discounts land on lines and units before any tax (DOMAIN.md rules 5-7, A6-A9, B2)."""

from collections.abc import Mapping, Sequence

from argosy.kernel.allocation import allocate
from argosy.kernel.money import Money
from argosy.kernel.rounding import ROUNDERS
from argosy.modules.quote.rules.working import WorkingLine
from argosy.modules.quote.types import Adjustment, Discount, Policy, Step


def apply_to_goods(
    policy: Policy,
    working: Sequence[WorkingLine],
    discounts: Sequence[Discount],
    steps: list[Step],
) -> None:
    """Take line discounts, then order discounts, each in the given order, off the lines."""
    by_key = {work.line.key: work for work in working}
    for discount in discounts:
        if discount.target == "line":
            assert discount.line is not None
            _off_line(policy, by_key[discount.line], discount, steps)
    for discount in discounts:
        if discount.target == "order":
            _off_order(policy, by_key, discount, steps)


def off_shipping(
    policy: Policy,
    price_minor: int,
    discounts: Sequence[Discount],
    steps: list[Step],
    promoted: Sequence[Adjustment] = (),
) -> tuple[int, tuple[Adjustment, ...]]:
    """Return what is left of the shipping price, and the adjustments that took the rest.

    `promoted` is what promotions have taken already.
    """
    taken: list[Adjustment] = list(promoted)
    left = price_minor - sum(one.amount.minor for one in taken)
    for discount in discounts:
        if discount.target == "shipping":
            wanted = _wanted(policy, discount, price_minor if discount.of_original else left)
            given = min(wanted, left)
            left -= given
            taken.append(_adjustment(policy, discount, given, ((1, given),)))
            steps.append(_step(discount, "shipping", wanted, given))
    return left, tuple(taken)


def _off_line(policy: Policy, work: WorkingLine, discount: Discount, steps: list[Step]) -> None:
    wanted = _wanted(policy, discount, work.left_of(discount.units, original=discount.of_original))
    given = min(wanted, work.left_of(discount.units, original=False))
    steps.append(_step(discount, work.line.key, wanted, given))
    if given:
        shares = work.take_off(given, discount.units)
        work.adjustments.append(_adjustment(policy, discount, given, shares))


def _off_order(
    policy: Policy,
    by_key: Mapping[str, WorkingLine],
    discount: Discount,
    steps: list[Step],
) -> None:
    keys = by_key if discount.lines is None else discount.lines
    left = {key: by_key[key].base for key in keys}
    subtotals = (by_key[key].subtotal for key in keys)
    wanted = _wanted(
        policy, discount, sum(subtotals) if discount.of_original else sum(left.values())
    )
    given = min(wanted, sum(left.values()))
    steps.append(_step(discount, "order", wanted, given))
    if not given:
        return
    for key, part in allocate(given, left, left).items():
        if part:
            shares = by_key[key].take_off(part)
            by_key[key].adjustments.append(_adjustment(policy, discount, part, shares))


def _wanted(policy: Policy, discount: Discount, base_minor: int) -> int:
    if discount.percent is not None:
        numerator, denominator = discount.percent
        assert numerator >= 0
        return ROUNDERS[policy.rounding](base_minor * numerator, denominator)
    assert discount.amount_minor is not None
    assert discount.amount_minor >= 0
    return discount.amount_minor


def _adjustment(
    policy: Policy, discount: Discount, given: int, units: tuple[tuple[int, int], ...]
) -> Adjustment:
    return Adjustment(
        rule=discount.rule,
        reason=discount.reason,
        level=discount.target,
        amount=Money(given, policy.currency),
        units=units,
    )


def _step(discount: Discount, subject: str, wanted: int, given: int) -> Step:
    numbers: dict[str, int | str] = {
        "rule": discount.rule,
        "wanted_minor": wanted,
        "given_minor": given,
    }
    if discount.percent is not None:
        numbers["numerator"], numbers["denominator"] = discount.percent
    return Step(code=f"discount.{discount.target}", subject=subject, numbers=numbers)
