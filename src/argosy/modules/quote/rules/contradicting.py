"""Conditions that cannot hold together: a promotion that asks for both never applies."""

from collections.abc import Iterator
from typing import Final

import msgspec

from argosy.modules.quote.rules.wall_clock import UnknownZone, bounds
from argosy.modules.quote.types import (
    AllOf,
    CartAmount,
    CartQuantity,
    Channel,
    Condition,
    Country,
    Customer,
    CustomerGroup,
    DayOfWeek,
    During,
    FirstOrder,
    NoneOf,
    NthOrder,
    OrderHistory,
    PaymentMethod,
    Problem,
    Promotion,
    Shipping,
    ShippingMethod,
    SignedIn,
    Window,
)

_ONE_OF: Final = (Channel, Country, Customer, PaymentMethod, ShippingMethod)
Placed = tuple[str, Condition]
_encode = msgspec.json.Encoder(order="sorted").encode


def contradictions(rule: Promotion) -> Iterator[Problem]:
    """Return the pairs of conditions of which never both hold, each once, at the later one."""
    assert rule.when is not None
    required = list(_required(rule.when, "$.when"))
    if rule.window is not None:
        required.insert(0, ("$.window", During(window=rule.window)))
    if isinstance(rule.action, Shipping) and rule.action.methods is not None:
        required.insert(0, ("$.action.methods", ShippingMethod(codes=rule.action.methods)))
    forbidden = [
        (f"{path}.of[{i}]", part)
        for path, condition in required
        if isinstance(condition, NoneOf)
        for i, part in enumerate(condition.of)
    ]
    for i, (path, later) in enumerate(required):
        for where, earlier in required[:i]:
            if _exclude(earlier, later) or _exclude(later, earlier):
                reason = f"cannot hold together with {where}"
                yield Problem(path=path, code="contradictory", reason=reason)
        for where, other in forbidden:
            if _encode(other) == _encode(later):
                yield Problem(path=where, code="contradictory", reason=f"is required at {path}")


def _required(condition: Condition, path: str) -> Iterator[Placed]:
    if isinstance(condition, AllOf):
        for i, part in enumerate(condition.of):
            yield from _required(part, f"{path}.of[{i}]")
    else:
        yield path, condition


def _exclude(one: Condition, other: Condition) -> bool:
    if type(one) is type(other):
        return _same_kind(one, other)
    match one, other:
        case SignedIn(is_=False), Customer() | CustomerGroup():
            return True
        case FirstOrder(), NthOrder(n=n, every=every):
            return n > 1 or (every and n != 1)
        case FirstOrder(), OrderHistory(fact=fact, gte=low):
            return fact == "days_since_last_order" or (fact == "orders" and bool(low))
    return False


def _same_kind(  # noqa: PLR0911 - one for each kind of condition
    one: Condition, other: Condition
) -> bool:
    if isinstance(one, _ONE_OF):
        return _names(one).isdisjoint(_names(other))
    match one, other:
        case During(window=first), During(window=second):
            return _apart(first, second)
        case DayOfWeek(), DayOfWeek():
            same_zone = one.zone == other.zone and not (_overnight(one) or _overnight(other))
            return same_zone and set(one.days).isdisjoint(other.days)
        case SignedIn(is_=a), SignedIn(is_=b):
            return a is not b
        case CartAmount(), CartAmount():
            return _amounts_apart(one, other)
        case CartQuantity(), CartQuantity():
            same = _encode(one.of) == _encode(other.of)
            return same and (_above(one.gte, other.lte) or _above(other.gte, one.lte))
    return (
        isinstance(one, NthOrder)
        and isinstance(other, NthOrder)
        and not (one.every or other.every)
        and one.n != other.n
    )


def _overnight(one: DayOfWeek) -> bool:
    return one.start is not None and one.stop is not None and one.stop < one.start


def _names(condition: Condition) -> frozenset[str]:
    return frozenset(getattr(condition, "ids", ()) or getattr(condition, "codes", ()))


def _above(low: int | None, high: int | None) -> bool:
    return low is not None and high is not None and low > high


def _amounts_apart(one: CartAmount, other: CartAmount) -> bool:
    if (one.basis, one.tax) != (other.basis, other.tax) or _encode(one.of) != _encode(other.of):
        return False
    return any(
        low.get(currency, 0) >= high[currency]
        for low, high in ((one.gte or {}, other.lt or {}), (other.gte or {}, one.lt or {}))
        for currency in high
    )


def _apart(one: Window, other: Window) -> bool:
    try:
        (a, b), (c, d) = bounds(one), bounds(other)
    except UnknownZone:
        return False
    return (b is not None and c is not None and b <= c) or (
        d is not None and a is not None and d <= a
    )
