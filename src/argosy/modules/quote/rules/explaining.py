"""Why a promotion applied or did not, and what is missing: one object for everybody (D17)."""

from collections.abc import Sequence

from argosy.modules.quote.rules.carts import Cart, places_of
from argosy.modules.quote.rules.choosing import attempt, first_state, live, reaches
from argosy.modules.quote.rules.compiling import Compiled, CompiledPromotions
from argosy.modules.quote.rules.cutting import floors_met
from argosy.modules.quote.rules.judging import judge, measured, past
from argosy.modules.quote.rules.promoting import (
    States,
    before,
    cart_of,
    decide,
    states_of,
    superseded,
    verdicts_of,
)
from argosy.modules.quote.rules.selecting import Selectors, select
from argosy.modules.quote.rules.units import State, Taken
from argosy.modules.quote.rules.working import WorkingLine
from argosy.modules.quote.types import (
    AllOf,
    AnyOf,
    BuyGet,
    CartAmount,
    CartQuantity,
    Condition,
    CountOf,
    Disabled,
    DistinctVariants,
    Explanation,
    Found,
    Gift,
    LineAmount,
    LineQuantity,
    Measure,
    Missing,
    NoneOf,
    NthOrder,
    OrderHistory,
    Outcome,
    QuoteRequest,
    SetPrice,
    Shipping,
    Tiered,
    Verdict,
    VerdictCode,
)


def explain(request: QuoteRequest, promotions: CompiledPromotions) -> Explanation:
    """Say of every promotion what becomes of it in this request, which has facts.

    The applied ones are exactly those of `compute`. Costs by what is live, unlike `compute`.
    """
    working = [WorkingLine(line) for line in request.lines]
    decision = decide(request, promotions, working)
    states: States
    found: Found
    if decision is None:
        cart = cart_of(request, working)
        verdicts: list[Verdict] = []
        found, steps = "none", 0
        states = [(first_state(cart), None)]
    else:
        cart = decision.cart
        verdicts = verdicts_of(decision.taken, cart)
        verdicts += superseded(decision.candidates, cart, decision.choice, decision.taken)
        states = states_of(cart, decision.taken)
        found, steps = decision.choice.found, decision.choice.steps
    known = {verdict.promotion for verdict in verdicts}
    rest = [
        _rejected(compiled, cart, before(compiled, states))
        for compiled in promotions.rules
        if compiled.id not in known
    ]
    rest += [_disabled(one) for one in promotions.disabled]
    rest.sort(key=lambda verdict: verdict.promotion)
    return Explanation(verdicts=(*verdicts, *rest), choice=found, steps=steps)


def _disabled(one: Disabled) -> Verdict:
    return Verdict(
        promotion=one.id,
        version=one.version,
        outcome="disabled",
        code="cannot_be_evaluated",
        missing=(Missing(code=one.reason, path=one.path),),
    )


def _rejected(compiled: Compiled, cart: Cart, state: State) -> Verdict:
    rule = compiled.rule
    missing: tuple[Missing, ...] = ()
    outcome: Outcome = "rejected"
    code: VerdictCode | None = live(compiled, cart)
    if code is None and rule.when is not None:
        missing = tuple(missing_of(rule.when, "$.when", cart, state, compiled.phase))
        code = "conditions_not_met" if missing else None
    if code is None and attempt(compiled, cart, state) is not None:
        # It would have applied only here, and the customer is better off without it.
        outcome, code = "superseded", "not_the_best_choice"
    if code is None:
        code, missing = _without_effect(compiled, cart, state)
    return Verdict(
        promotion=rule.id,
        version=rule.version,
        outcome=outcome,
        code=code,
        name=rule.name,
        reason=rule.reason,
        missing=missing,
        budget=rule.budget,
    )


def _without_effect(
    compiled: Compiled, cart: Cart, state: State
) -> tuple[VerdictCode, tuple[Missing, ...]]:
    action = compiled.rule.action
    match action:
        case Gift(variant=variant) if cart.pools:
            declined = variant in cart.facts.declined_gifts
            return ("gift_declined" if declined else "gift_not_available"), ()
        case Shipping():
            chosen = cart.shipping is not None and reaches(compiled, cart, state)
            return ("nothing_to_reduce" if chosen else "shipping_method_not_included"), ()
    taken = compiled.give(cart, state)
    if taken is not None:
        return "budget_exhausted", (_over_budget(compiled, cart, taken),)
    if not reaches(compiled, cart, state):
        return "no_such_goods", ()
    short = _units_short(compiled, cart, state)
    if short:
        return "not_enough_units", (short,)
    held = tuple(Missing(code=cut, path="$.floor") for cut in floors_met(compiled, cart, state))
    return ("floor_reached" if held else "nothing_to_reduce"), held


def _over_budget(compiled: Compiled, cart: Cart, taken: Taken) -> Missing:
    budget = compiled.rule.budget
    assert budget is not None
    return Missing(
        code="budget",
        path="$.budget",
        unit="minor",
        need=taken.amount,
        have=cart.facts.budgets[budget],
    )


def _units_short(compiled: Compiled, cart: Cart, state: State) -> Missing | None:
    action = compiled.rule.action
    found: set[int] = set()
    for chosen in compiled.targets:
        found.update(select(chosen, cart, state))
    have = sum(cart.pools[i].count for i in found)
    match action:
        case BuyGet():
            need = action.buy_quantity + action.get_quantity
        case SetPrice():
            need = sum(part.quantity for part in action.parts)
        case Tiered(by="quantity"):
            need = min(tier.quantity or 0 for tier in action.tiers)
        case Tiered(by="amount"):
            least = min((tier.amount or {})[cart.policy.currency] for tier in action.tiers)
            worth = sum(state.snaps[-1].left[i] for i in found)
            return _short("tiered", "$.action.tiers", "minor", least, worth)
        case _:
            return None
    return _short(type(action).__struct_config__.tag, "$.action", "units", need, have)


def _short(code: object, path: str, unit: Measure, need: int, have: int) -> Missing | None:
    if have >= need:
        return None
    return Missing(
        code=str(code),
        path=path,
        unit=unit,
        need=need,
        have=have,
        short=need - have,
    )


def missing_of(
    condition: Condition, path: str, cart: Cart, state: State, phase: int
) -> list[Missing]:
    """Return what keeps a condition from holding; nothing if it holds."""
    selectors = Selectors(cart.policy.currency)
    # Slots of these selectors are not those that the cart remembers answers for.
    known, cart.known = cart.known, {}
    places, cart.places = cart.places, places_of(cart.pools)
    try:
        return _missing(condition, path, cart, state, phase, selectors)
    finally:
        cart.known, cart.places = known, places


def _missing(  # noqa: PLR0911, PLR0917 - one for each kind, by all it is judged by
    condition: Condition, path: str, cart: Cart, state: State, phase: int, selectors: Selectors
) -> list[Missing]:
    if judge(condition, phase, cart.policy.currency, selectors)(cart, state):
        return []

    def inner(parts: Sequence[Condition]) -> list[list[Missing]]:
        return [
            _missing(part, f"{path}.of[{i}]", cart, state, phase, selectors)
            for i, part in enumerate(parts)
        ]

    match condition:
        case AllOf(of=parts):
            return [one for each in inner(parts) for one in each]
        case AnyOf(of=parts):
            # The nearest way: the fewest conditions, of those the one least short.
            return min(inner(parts), key=lambda each: (len(each), sum(m.short or 0 for m in each)))
        case CountOf(of=parts, gte=low):
            each = [one for one in inner(parts) if one]
            held = len(parts) - len(each)
            whole = _short("count", path, "conditions", low, held)
            if whole is None:
                return [Missing(code="count", path=path, have=held)]
            each.sort(key=lambda found: (len(found), sum(m.short or 0 for m in found)))
            return [whole, *(one for found in each[: low - held] for one in found)]
        case NoneOf(of=parts):
            return [
                Missing(code="none", path=f"{path}.of[{i}]")
                for i, found in enumerate(inner(parts))
                if not found
            ]
    return [_leaf(condition, path, cart, state, phase, selectors)]


def _history_short(code: str, path: str, fact: str, need: int, have: int) -> Missing:
    units: dict[str, Measure] = {"orders": "orders", "spent_minor": "minor"}
    return Missing(
        code=code,
        path=path,
        unit=units.get(fact, "days"),
        need=need,
        have=have,
        short=need - have,
    )


def _leaf(  # noqa: PLR0917 - what a condition is judged by
    condition: Condition, path: str, cart: Cart, state: State, phase: int, selectors: Selectors
) -> Missing:
    code = str(type(condition).__struct_config__.tag)
    match condition:
        case CartAmount() | LineAmount():
            have = max(measured(condition, phase, selectors)(cart, state), default=0)
            low = (condition.gte or {}).get(cart.policy.currency, 0)
            found = _short(code, path, "minor", low, have)
            return found or Missing(code=code, path=path, unit="minor", have=have)
        case CartQuantity() | LineQuantity() | DistinctVariants():
            have = max(measured(condition, phase, selectors)(cart, state), default=0)
            unit: Measure = "variants" if isinstance(condition, DistinctVariants) else "units"
            found = _short(code, path, unit, condition.gte, have)
            return found or Missing(code=code, path=path, unit=unit, have=have)
        case NthOrder(n=n) if cart.facts.history is not None:
            this = cart.facts.history.orders + 1
            return Missing(code=code, path=path, unit="orders", need=n, have=this)
        case OrderHistory(fact=fact, gte=gte):
            number = past(cart.facts, fact)
            if gte is not None and number is not None and number < gte:
                return _history_short(code, path, fact, gte, number)
            return Missing(code=code, path=path, have=number)
    return Missing(code=code, path=path)
