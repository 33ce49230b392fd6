"""Conditions compiled: whether a promotion applies to a cart at the start of its phase."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from argosy.kernel.rounding import ROUNDERS
from argosy.modules.quote.rules.carts import Cart, normal_code
from argosy.modules.quote.rules.custom_fields import compares, field_key, field_words
from argosy.modules.quote.rules.rates import tax_ratio
from argosy.modules.quote.rules.selecting import (
    Chosen,
    Selectors,
    all_or_none,
    narrowest,
    needed_words,
    select,
)
from argosy.modules.quote.rules.units import State
from argosy.modules.quote.rules.wall_clock import bounds, is_on, is_within, zone_of
from argosy.modules.quote.types import (
    AllOf,
    AnyOf,
    Bought,
    CartAmount,
    CartField,
    CartQuantity,
    Channel,
    Condition,
    CountOf,
    Country,
    Coupon,
    Customer,
    CustomerGroup,
    DayOfWeek,
    DistinctVariants,
    During,
    Facts,
    FirstOrder,
    LineAmount,
    LineQuantity,
    NoneOf,
    NthOrder,
    OrderHistory,
    PaymentMethod,
    ShippingMethod,
    SignedIn,
)

BASES: Final = {"list": 0, "after_sale": 1, "after_line": 2, "after_order": 3}


Judge = Callable[[Cart, State], bool]


def words_of_condition(condition: Condition) -> frozenset[str] | None:
    """Return the words of which the cart has one if the condition holds, if that is all it asks."""
    match condition:
        case Customer(ids=names):
            word = "customer"
        case CustomerGroup(ids=names):
            word = "group"
        case Channel(ids=names):
            word = "channel"
        case Country(codes=names):
            word = "country"
        case ShippingMethod(codes=names):
            word = "ship"
        case PaymentMethod(codes=names):
            word = "pay"
        case Bought(products=names):
            word = "bought"
        case Coupon(codes=codes, pools=pools):
            return frozenset(f"coupon:{normal_code(code)}" for code in codes) | {
                f"pool:{pool}" for pool in pools
            }
        case CartField(name=name, op=op, value=value):
            return field_words(field_key(condition.subject, name), op, value)
        case _:
            return None
    return frozenset(f"{word}:{name}" for name in names)


def needed(  # noqa: PLR0911 - one for each kind of condition
    condition: Condition,
) -> frozenset[str] | None:
    """Return words without any of which the condition cannot hold, or None if there are none."""
    words = words_of_condition(condition)
    if words is not None:
        return words
    match condition:
        case (
            CartQuantity(gte=low, of=of)
            | LineQuantity(gte=low, of=of)
            | DistinctVariants(gte=low, of=of)
        ):
            return needed_words(of) if of is not None and low > 0 else None
        case CartAmount(gte=gte, of=of) | LineAmount(gte=gte, of=of):
            above = gte is not None and all(amount > 0 for amount in gte.values())
            return needed_words(of) if of is not None and above else None
        case AllOf(of=parts):
            return narrowest([needed(each) for each in parts])
        case AnyOf(of=parts):
            return all_or_none([needed(each) for each in parts])
        case CountOf(of=parts, gte=low) if low > 0:
            return all_or_none([needed(each) for each in parts])
    return None


def least_goods(condition: Condition | None, currency: str) -> int:
    """Return what all goods must be worth before promotions, or the condition cannot hold.

    Prices only fall, so that what is selected of them is never worth more later. Raises KeyError
    for a currency without amount.
    """
    match condition:
        case CartAmount(gte=gte, tax=mode) if gte is not None and mode != "gross":
            return gte[currency]
        case LineAmount(gte=gte) if gte is not None:
            return gte[currency]
        case AllOf(of=parts):
            return max(least_goods(each, currency) for each in parts)
        case AnyOf(of=parts):
            return min(least_goods(each, currency) for each in parts)
        case CountOf(of=parts, gte=low) if low > 0:
            return min(least_goods(each, currency) for each in parts)
    return 0


def reads_state(condition: Condition | None) -> bool:
    """Say whether the answer can depend on what other promotions took."""
    match condition:
        case CartAmount() | LineAmount():
            return True
        case CartQuantity(of=of) | LineQuantity(of=of) | DistinctVariants(of=of):
            return of is not None and _mentions_sale(of)
        case AllOf(of=parts) | AnyOf(of=parts) | NoneOf(of=parts) | CountOf(of=parts):
            return any(reads_state(each) for each in parts)
    return False


def asks_coupon(condition: Condition) -> bool:
    """Say whether a coupon can be what makes the condition hold."""
    match condition:
        case Coupon():
            return True
        case AllOf(of=parts) | AnyOf(of=parts) | CountOf(of=parts):
            return any(asks_coupon(each) for each in parts)
    return False


def _mentions_sale(selector: Any) -> bool:
    from_parts = getattr(selector, "of", None)
    if from_parts:
        return any(_mentions_sale(each) for each in from_parts)
    return type(selector).__name__ == "OnSale"


def judge(  # noqa: PLR0911 - one for each kind of condition
    condition: Condition, phase: int, currency: str, selectors: Selectors
) -> Judge:
    """Compile a condition of a promotion of that phase.

    Raises KeyError for a currency without amount, UnknownZone.
    """
    words = words_of_condition(condition)
    if words is not None:
        return lambda cart, _: not words.isdisjoint(cart.tokens)
    match condition:
        case AllOf(of=parts):
            return _every([judge(each, phase, currency, selectors) for each in parts])
        case AnyOf(of=parts):
            return _some([judge(each, phase, currency, selectors) for each in parts])
        case NoneOf(of=parts):
            return _not_one([judge(each, phase, currency, selectors) for each in parts])
        case CountOf(of=parts, gte=low, lte=high):
            count = [judge(each, phase, currency, selectors) for each in parts]
            return lambda cart, state: _inside(sum(one(cart, state) for one in count), low, high)
        case CartAmount() | LineAmount():
            return _has_amount(condition, phase, currency, selectors)
        case CartQuantity() | LineQuantity() | DistinctVariants():
            measure = measured(condition, phase, selectors)
            least, most = condition.gte, condition.lte
            return lambda cart, state: any(
                _inside(number, least, most) for number in measure(cart, state)
            )
    return _of_person_or_time(condition)


def _every(judges: Sequence[Judge]) -> Judge:
    if len(judges) == 1:
        return judges[0]

    def every(cart: Cart, state: State) -> bool:
        for one in judges:  # noqa: SIM110 - a loop costs half of a generator
            if not one(cart, state):
                return False
        return True

    return every


def _some(judges: Sequence[Judge]) -> Judge:
    if len(judges) == 1:
        return judges[0]

    def some(cart: Cart, state: State) -> bool:
        for one in judges:  # noqa: SIM110 - as above
            if one(cart, state):
                return True
        return False

    return some


def _not_one(judges: Sequence[Judge]) -> Judge:
    some = _some(judges)
    return lambda cart, state: not some(cart, state)


def _has_amount(
    condition: CartAmount | LineAmount, phase: int, currency: str, selectors: Selectors
) -> Judge:
    start = None if condition.gte is None else condition.gte[currency]
    stop = None if condition.lt is None else condition.lt[currency]
    if isinstance(condition, CartAmount) and condition.tax == "as_priced":
        chosen = selectors.compiled(condition.of)
        at = phase if condition.basis is None else BASES[condition.basis]
        if chosen.everything and start is not None and stop is None:
            return lambda _, state: state.snaps[at].goods >= start
        low = 0 if start is None else start
        if stop is None:
            return lambda cart, state: _amount(cart, state, chosen, at) >= low
        return lambda cart, state: low <= _amount(cart, state, chosen, at) < stop
    measure = measured(condition, phase, selectors)
    return lambda cart, state: any(
        (start is None or amount >= start) and (stop is None or amount < stop)
        for amount in measure(cart, state)
    )


def might(  # noqa: PLR0911 - one for each kind of condition
    condition: Condition, phase: int, currency: str, selectors: Selectors
) -> Judge:
    """Compile whether a condition could hold, whatever other promotions take of the cart."""
    if not reads_state(condition):
        return judge(condition, phase, currency, selectors)
    match condition:
        case AllOf(of=parts):
            return _every([might(each, phase, currency, selectors) for each in parts])
        case AnyOf(of=parts):
            return _some([might(each, phase, currency, selectors) for each in parts])
        case CountOf(of=parts, gte=low):
            count = [might(each, phase, currency, selectors) for each in parts]
            return lambda cart, state: sum(one(cart, state) for one in count) >= low
        case NoneOf(of=parts):
            return _not_one(
                [judge(each, phase, currency, selectors) for each in parts if not reads_state(each)]
            )
        case CartAmount(gte=gte, of=of) | LineAmount(gte=gte, of=of) if gte and gte[currency]:
            chosen = selectors.compiled(of)
            return lambda cart, state: chosen.sale or bool(select(chosen, cart, state))
    return lambda _cart, _state: True


def _inside(number: int, low: int | None, high: int | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)


def measured(
    condition: CartAmount | LineAmount | CartQuantity | LineQuantity | DistinctVariants,
    phase: int,
    selectors: Selectors,
) -> Callable[[Cart, State], Sequence[int]]:
    """Return what the condition compares: one number of the cart, or one of each variant."""
    chosen = selectors.compiled(condition.of)
    match condition:
        case CartAmount(basis=basis, tax="as_priced"):
            at = phase if basis is None else BASES[basis]
            return lambda cart, state: (_amount(cart, state, chosen, at),)
        case CartAmount(basis=basis, tax=mode):
            at = phase if basis is None else BASES[basis]
            return lambda cart, state: (_converted(cart, state, chosen, at, mode),)
        case CartQuantity():
            return lambda cart, state: (
                sum(cart.pools[i].count for i in select(chosen, cart, state)),
            )
        case DistinctVariants():
            return lambda cart, state: (len(_by_variant(cart, state, chosen, None)),)
        case LineQuantity():
            return lambda cart, state: tuple(_by_variant(cart, state, chosen, None).values())
        case LineAmount(basis=basis):
            at = phase if basis is None else BASES[basis]
            return lambda cart, state: tuple(_by_variant(cart, state, chosen, at).values())


def _amount(cart: Cart, state: State, chosen: Chosen, at: int) -> int:
    snap = state.snaps[at]
    if chosen.everything:
        return snap.goods
    left = snap.left
    return sum([left[i] for i in select(chosen, cart, state)])


def _converted(cart: Cart, state: State, chosen: Chosen, at: int, mode: str) -> int:
    policy, snap = cart.policy, state.snaps[at].left
    rounder = ROUNDERS[policy.rounding]
    total = 0
    for i in select(chosen, cart, state):
        numerator, denominator = tax_ratio(cart.pools[i].rates, inclusive=policy.tax_inclusive)
        tax = rounder(snap[i] * numerator, denominator)
        total += snap[i]
        if mode == "net" and policy.tax_inclusive:
            total -= tax
        elif mode == "gross" and not policy.tax_inclusive:
            total += tax
    return total


def _by_variant(cart: Cart, state: State, chosen: Chosen, at: int | None) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for i in select(chosen, cart, state):
        pool = cart.pools[i]
        number = pool.count if at is None else state.snaps[at].left[i]
        found[pool.variant] = found.get(pool.variant, 0) + number
    return found


def _of_person_or_time(  # noqa: PLR0911 - one for each kind of condition
    condition: Condition,
) -> Judge:
    match condition:
        case SignedIn(is_=wanted):
            return lambda cart, _: (cart.facts.customer is not None) is wanted
        case FirstOrder():
            return lambda cart, _: (
                cart.facts.history is not None and (cart.facts.history.orders == 0)
            )
        case NthOrder(n=n, every=every):
            return lambda cart, _: _is_nth(cart.facts, n, every)
        case OrderHistory(fact=fact, gte=low, lte=high):
            return lambda cart, _: (
                (number := past(cart.facts, fact)) is not None and (_inside(number, low, high))
            )
        case During(window=window):
            start, stop = bounds(window)
            return lambda cart, _: is_within(cart.facts.at, start, stop)
        case DayOfWeek():
            zone = zone_of(condition.zone)
            return lambda cart, _: is_on(cart.facts.at, condition, zone)
        case CartField(name=name, op=op, value=value):
            key = field_key(condition.subject, name)
            return lambda cart, _: compares(cart.facts.fields.get(key), op, value)
    raise AssertionError(condition)


def _is_nth(facts: Facts, n: int, every: bool) -> bool:
    if facts.history is None:
        return False
    this = facts.history.orders + 1
    return this % n == 0 if every else this == n


def past(facts: Facts, fact: str) -> int | None:
    """Return a fact of the customer's past, or None if there is none to speak of."""
    history = facts.history
    if history is None:
        return None
    if fact == "orders":
        return history.orders
    if fact == "spent_minor":
        return history.spent_minor
    if history.last_order_at is None:
        return None
    return (facts.at - history.last_order_at) // timedelta(days=1)
