"""Promotions within a quote: choose, land what they take on lines and units, and say so."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from argosy.kernel.money import coins
from argosy.modules.quote.rules.carts import Cart, normal_code
from argosy.modules.quote.rules.choosing import attempt, combine, first_state, qualifying
from argosy.modules.quote.rules.compiling import Compiled, CompiledPromotions
from argosy.modules.quote.rules.cutting import cuts_of
from argosy.modules.quote.rules.judging import words_of_condition
from argosy.modules.quote.rules.searching import Choice, choose
from argosy.modules.quote.rules.units import (
    SALE,
    START,
    Run,
    State,
    Taken,
    by_line,
    pools_of,
    turned,
)
from argosy.modules.quote.rules.working import WorkingLine
from argosy.modules.quote.types import (
    Adjustment,
    AllOf,
    AnyOf,
    Condition,
    CountOf,
    Coupon,
    Cut,
    Gift,
    Phase,
    QuoteRequest,
    Step,
    Verdict,
    VerdictCode,
)


class Landed:
    """What promotions made of a purchase: gift lines, what is off shipping, and the verdicts."""

    __slots__ = ("gifts", "shipping", "verdicts")

    def __init__(self) -> None:
        self.gifts: dict[str, str] = {}
        self.shipping: list[Adjustment] = []
        self.verdicts: tuple[Verdict, ...] = ()


NOTHING = Landed()
_PAST: Final = frozenset({SALE, START})
_LEVELS: Final[dict[Phase, Literal["line", "order", "shipping"]]] = {
    "sale": "line",
    "line": "line",
    "order": "order",
    "shipping": "shipping",
}


def cart_of(
    request: QuoteRequest,
    working: Sequence[WorkingLine],
    promotions: CompiledPromotions | None = None,
) -> Cart:
    """Return what (these) promotions look at. The request has facts."""
    assert request.facts is not None
    shipping = request.shipping
    if request.discounts and any(
        one.target == "shipping" and not one.stacks for one in request.discounts
    ):
        shipping = None
    country = "" if request.destination is None else request.destination.country
    pools = pools_of(working, request.discounts)
    words = None if promotions is None else promotions.words
    return Cart(request.policy, pools, request.facts, shipping, country, words)


def promote(
    request: QuoteRequest,
    promotions: CompiledPromotions,
    working: list[WorkingLine],
    steps: list[Step],
) -> Landed:
    """Apply promotions to the lines, which shrink; gift lines are added to `working`."""
    if not promotions.rules or request.facts is None:
        return NOTHING
    if promotions.least and sum([work.subtotal for work in working]) < promotions.least:
        return NOTHING
    decision = decide(request, promotions, working)
    if decision is None:
        return NOTHING
    cart, candidates, choice, taken = decision
    landed = Landed()
    if taken:
        _land_all(taken, cart, landed, working, steps)
    if choice.found != "none":
        steps.append(Step(code="promotion.choice", numbers={"found": choice.found}))
    left_out = superseded(candidates, cart, choice, taken)
    landed.verdicts = (*verdicts_of(taken, cart), *left_out)
    return landed


class Decision(NamedTuple):
    """What could apply to a cart, and what does, in the order of application."""

    cart: Cart
    candidates: list[Compiled]
    choice: Choice
    taken: list[Taken]


def decide(
    request: QuoteRequest, promotions: CompiledPromotions, working: Sequence[WorkingLine]
) -> Decision | None:
    """Choose the promotions of a request with facts; None if none could apply."""
    assert promotions.currency == request.policy.currency, "compiled for another currency"
    cart = cart_of(request, working, promotions)
    candidates = qualifying(promotions, cart)
    if not candidates:
        return None
    choice = choose(candidates, cart)
    return Decision(cart, candidates, choice, taken_in_order(choice))


def taken_in_order(choice: Choice) -> list[Taken]:
    """Return what was taken, in the order of application."""
    result = []
    last = choice.state.last
    while last is not None:
        result.append(last)
        last = last.before
    result.reverse()
    return result


def _land_all(
    taken: Sequence[Taken],
    cart: Cart,
    landed: Landed,
    working: list[WorkingLine],
    steps: list[Step],
) -> None:
    runs: dict[int, list[Run]] = {}
    # What units cost at the beginning of a phase is only needed where something goes by it.
    turning = any(one.weight in _PAST for one in taken)
    phase, touched = 0, set[int]()
    for one in taken:
        if turning:
            if one.rule.phase != phase:
                for index in touched:
                    runs[index] = turned(runs[index], sale=phase == 0)
                phase, touched = one.rule.phase, set()
            touched.update(one.amounts_of())
        _land(one, runs, cart, landed, working, steps)
    _settle(cart, runs)


def _land(  # noqa: PLR0917 - what is taken, and where it goes
    taken: Taken,
    runs: dict[int, list[Run]],
    cart: Cart,
    landed: Landed,
    working: list[WorkingLine],
    steps: list[Step],
) -> None:
    """Put what is taken on the lines, and into `runs`: the units of each pool as they are then."""
    rule = taken.rule.rule
    id_, version, reason = rule.id, rule.version, rule.reason or rule.name
    money, level, pools = coins(cart.policy.currency), _LEVELS[rule.phase], cart.pools
    for index, whole in sorted(taken.amounts_of().items()):
        before = runs.get(index)
        if before is None:
            before = cart.first.runs_of(index)
        runs[index], units_of, _ = taken.part_of(index, before)
        if not whole:
            continue
        pool = pools[index]
        lines = [(whole, tuple(units_of))] if len(pool.works) == 1 else by_line(pool, units_of)
        for work, (amount, units) in zip(pool.works, lines, strict=True):
            if amount:
                work.base -= amount
                work.adjustments.append(
                    Adjustment(
                        rule=id_,
                        version=version,
                        reason=reason,
                        level=level,
                        amount=money[amount],
                        units=units,
                    )
                )
    if taken.shipping:
        landed.shipping.append(
            Adjustment(
                rule=id_,
                version=version,
                reason=reason,
                level="shipping",
                amount=money[taken.shipping],
                units=((1, taken.shipping),),
            )
        )
    if taken.gifts:
        _give(taken, cart, landed, working)
    numbers: dict[str, int | str] = {
        "version": version,
        "wanted_minor": taken.wanted,
        "given_minor": taken.amount,
    }
    steps.append(Step(code="promotion.applied", subject=id_, numbers=numbers))


def _give(taken: Taken, cart: Cart, landed: Landed, working: list[WorkingLine]) -> None:
    rule = taken.rule.rule
    assert isinstance(rule.action, Gift)
    line = msgspec.structs.replace(
        cart.facts.gifts[rule.action.variant].line,
        key=f"gift:{rule.id}",
        quantity=taken.gifts,
        subtotal_minor=None,
        goods=False,
    )
    work = WorkingLine(line)
    shares = work.take_off(work.subtotal)
    work.adjustments.append(
        Adjustment(
            rule=rule.id,
            version=rule.version,
            reason=rule.reason or rule.name,
            level="line",
            amount=coins(cart.policy.currency)[work.subtotal],
            units=shares,
        )
    )
    working.append(work)
    landed.gifts[line.key] = rule.id


def _settle(cart: Cart, left: Mapping[int, list[Run]]) -> None:
    # What is left of each unit that was touched, line by line.
    for index, runs in left.items():
        works = cart.pools[index].works
        if len(works) == 1:
            works[0].runs = [(run[0], run[1], run[4]) for run in runs]
            continue
        position, rest = 0, runs[0][0]
        for work in works:
            need = work.line.quantity
            work.runs = []
            while need:
                if not rest:
                    position += 1
                    rest = runs[position][0]
                used = min(need, rest)
                work.runs.append((used, runs[position][1], runs[position][4]))
                need -= used
                rest -= used


def verdicts_of(taken: Sequence[Taken], cart: Cart) -> list[Verdict]:
    """Return the verdicts on the promotions that took something, in the order of application."""
    cuts = cuts_of(taken, cart) if any(one.wanted != one.amount for one in taken) else {}
    return [_applied(one, cart, cuts.get(one.rule.id, ())) for one in taken]


def _applied(taken: Taken, cart: Cart, cut: tuple[Cut, ...]) -> Verdict:
    rule, money = taken.rule.rule, coins(cart.policy.currency)
    return Verdict(
        promotion=rule.id,
        version=rule.version,
        outcome="applied",
        code="applied",
        name=rule.name,
        reason=rule.reason,
        amount=money[taken.amount],
        wanted=money[taken.wanted] if taken.wanted != taken.amount else None,
        coupons=coupons_of(rule.when, cart) if taken.rule.couponed else (),
        budget=rule.budget,
        cut=cut,
    )


def coupons_of(when: Condition | None, cart: Cart) -> tuple[str, ...]:
    """Return the presented codes that a condition asks for: those whose use is to be counted."""
    if when is None or not cart.facts.coupons:
        return ()
    if isinstance(when, Coupon):
        words = words_of_condition(when) or frozenset()
        return tuple(
            normal_code(coupon.code)
            for coupon in cart.facts.coupons
            if f"coupon:{normal_code(coupon.code)}" in words
            or any(f"pool:{pool}" in words for pool in coupon.pools)
        )
    if not isinstance(when, AllOf | AnyOf | CountOf):
        return ()
    return tuple(dict.fromkeys(code for part in when.of for code in coupons_of(part, cart)))


States = Sequence[tuple[State, Compiled | None]]
"""The cart before all promotions and after each that applied."""


def states_of(cart: Cart, taken: Sequence[Taken]) -> States:
    """Return the cart as it went through the promotions that applied."""
    state = first_state(cart)
    states: list[tuple[State, Compiled | None]] = [(state, None)]
    for one in taken:
        state = state.at_phase(one.rule.phase).after(one)
        states.append((state, one.rule))
    return states


def before(compiled: Compiled, states: States) -> State:
    """Return the cart when it is a promotion's turn."""
    found = states[0][0]
    for state, rule in states:
        if rule is not None and rule.order > compiled.order:
            break
        found = state
    return found.at_phase(compiled.phase)


def superseded(
    candidates: Sequence[Compiled], cart: Cart, choice: Choice, taken: Sequence[Taken]
) -> list[Verdict]:
    """Return the verdicts on what would have applied by itself, but for others."""
    chosen = [one.rule for one in taken]
    stopper = next((one for one in chosen if one.rule.stop), None)
    if len(chosen) == len(candidates) or (stopper is None and choice.found == "none"):
        return []
    ids = {one.id for one in chosen}
    start, rivals, promised = first_state(cart), choice.rivals, choice.promised
    result = []
    for position, compiled in enumerate(candidates):
        if compiled.id in ids:
            continue
        stopped = stopper is not None and compiled.order > stopper.order
        if not stopped and position not in rivals:
            continue
        if not (compiled.sure and promised.get(position)):
            alone = attempt(compiled, cart, start.at_phase(compiled.phase))
            if alone is None or not (alone.amount or position not in rivals):
                continue
        if stopped and stopper is not None:
            result.append(_superseded(compiled, "stopped_by", (stopper.id,)))
        else:
            by = _kept_out(compiled, chosen)
            result.append(_superseded(compiled, "not_the_best_choice", by))
    return result


def _kept_out(compiled: Compiled, chosen: Sequence[Compiled]) -> tuple[str, ...]:
    group = compiled.group
    return tuple(
        [
            one.id
            for one in chosen
            if (group is not None and one.group == group)
            or ((one.picky or compiled.picky) and not combine(compiled, one))
        ]
    )


def _superseded(compiled: Compiled, code: VerdictCode, by: tuple[str, ...]) -> Verdict:
    rule = compiled.rule
    return Verdict(
        promotion=rule.id,
        version=rule.version,
        outcome="superseded",
        code=code,
        name=rule.name,
        reason=rule.reason,
        by=by,
        budget=rule.budget,
    )
