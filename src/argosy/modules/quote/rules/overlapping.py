"""The worst that live promotions allow together, with the cart that shows it.

A bounded search over carts that the rules themselves suggest: for each of some goods the quantities
and amounts at which something begins, alone and in pairs, in every situation (channel, country,
moment, coupons ...) that a rule speaks of. What it finds is real; that nothing is worse is certain
only within what was tried.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, islice, product
from typing import Any, Final

import msgspec

from argosy.modules.quote.rules.compiling import CompiledPromotions, compile_promotions
from argosy.modules.quote.rules.custom_fields import field_key
from argosy.modules.quote.rules.promoting import decide
from argosy.modules.quote.rules.wall_clock import UnknownZone, bounds
from argosy.modules.quote.rules.working import WorkingLine
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
    Destination,
    During,
    Facts,
    FieldFact,
    History,
    LineAmount,
    LineQuantity,
    NthOrder,
    PaymentMethod,
    Policy,
    PresentedCoupon,
    Promotion,
    QuoteRequest,
    RequestLine,
)

MAX_CARTS: Final = 4_000


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """The deepest discount on goods that was found: `discount_minor` of `list_minor`.

    `lines` and `facts` are the cart that shows it; `promotions` apply together there, in order.
    `tried` carts were computed; `complete` if those were all that the rules suggest.
    """

    promotions: tuple[str, ...]
    list_minor: int
    discount_minor: int
    lines: tuple[RequestLine, ...]
    facts: Facts | None
    country: str
    tried: int
    complete: bool

    @property
    def percent(self) -> int:
        """The discount in whole percent of the list price, rounded down."""
        return self.discount_minor * 100 // self.list_minor if self.list_minor else 0


def worst_overlap(
    promotions: Sequence[Promotion],
    goods: Sequence[RequestLine],
    policy: Policy,
    *,
    at: datetime,
    max_carts: int = MAX_CARTS,
) -> Overlap:
    """Return the deepest discount that the promotions allow on any cart tried of the goods.

    `goods` are lines as the shop would quote them (the quantity is ignored): those that matter to
    the promotions, some dozens. `at` is the moment besides those that the rules name.
    """
    compiled = compile_promotions(promotions, currency=policy.currency)
    situations = list(islice(_situations(promotions, at), max_carts))
    best: tuple[int, int, QuoteRequest | None, tuple[str, ...]] = (0, 1, None, ())
    tried = 0
    complete = True
    for lines in _carts(promotions, goods, policy.currency):
        if tried >= max_carts:
            complete = False
            break
        for facts, country in situations:
            request = QuoteRequest(
                policy=policy,
                lines=lines,
                facts=facts,
                destination=Destination(country=country) if country else None,
            )
            taken, listed, names = _taken(request, compiled)
            tried += 1
            if taken * best[1] > best[0] * listed:
                best = (taken, listed, request, names)
    shown = best[2]
    return Overlap(
        promotions=best[3],
        list_minor=best[1] if shown else 0,
        discount_minor=best[0],
        lines=shown.lines if shown else (),
        facts=shown.facts if shown else None,
        country=shown.destination.country if shown and shown.destination else "",
        tried=tried,
        complete=complete,
    )


def _taken(request: QuoteRequest, compiled: CompiledPromotions) -> tuple[int, int, tuple[str, ...]]:
    decision = decide(request, compiled, [WorkingLine(line) for line in request.lines])
    listed = sum(line.unit_minor * line.quantity for line in request.lines)
    if decision is None or not listed:
        return 0, max(1, listed), ()
    goods = [one for one in decision.taken if not (one.shipping or one.gifts)]
    return sum(one.amount for one in goods), listed, tuple(one.rule.id for one in goods)


def _conditions(promotions: Iterable[Promotion]) -> Iterator[Condition]:
    waiting = [rule.when for rule in promotions if rule.when is not None]
    while waiting:
        condition = waiting.pop()
        yield condition
        if isinstance(condition, AllOf | AnyOf | CountOf):
            waiting.extend(condition.of)


def _carts(
    promotions: Sequence[Promotion], goods: Sequence[RequestLine], currency: str
) -> Iterator[tuple[RequestLine, ...]]:
    quantities, amounts = _thresholds(promotions, currency)

    def wanted(line: RequestLine) -> list[int]:
        counts = set(quantities)
        if line.unit_minor:
            counts.update(min(1000, -(-amount // line.unit_minor)) for amount in amounts)
        return sorted(count for count in counts if count > 0)

    for line in goods:
        for count in wanted(line):
            yield (_with(line, count),)
    for one, other in combinations(goods, 2):
        for first, second in product(wanted(one), wanted(other)):
            yield (_with(one, first), _with(other, second))


def _with(line: RequestLine, quantity: int) -> RequestLine:
    return msgspec.structs.replace(line, quantity=quantity, subtotal_minor=None)


def _thresholds(promotions: Sequence[Promotion], currency: str) -> tuple[set[int], set[int]]:
    quantities, amounts = {1}, set()
    for condition in _conditions(promotions):
        match condition:
            case CartQuantity(gte=low) | LineQuantity(gte=low):
                quantities.add(low)
            case CartAmount(gte=gte) | LineAmount(gte=gte) if gte is not None:
                amounts.add(gte.get(currency, 0))
    for rule in promotions:
        action: Any = rule.action
        if hasattr(action, "buy_quantity"):
            quantities.add(action.buy_quantity)
            quantities.add(action.get_quantity)
            quantities.add(action.buy_quantity + action.get_quantity)
        for part in getattr(action, "parts", ()):
            quantities.add(part.quantity)
        for tier in getattr(action, "tiers", ()):
            quantities.add(tier.quantity or 1)
            amounts.add((tier.amount or {}).get(currency, 0))
    return quantities, amounts


def _situations(promotions: Sequence[Promotion], at: datetime) -> Iterator[tuple[Facts, str]]:
    found: dict[type, set[str]] = {}
    coupons: set[str] = set()
    pools: set[str] = set()
    orders, moments = {0, 1}, _moments(promotions, at)
    fields: dict[str, FieldFact] = {}
    for condition in _conditions(promotions):
        match condition:
            case Channel(ids=names) | Customer(ids=names) | CustomerGroup(ids=names):
                found.setdefault(type(condition), set()).update(names)
            case Country(codes=names) | PaymentMethod(codes=names):
                found.setdefault(type(condition), set()).update(names)
            case Bought(products=names):
                found.setdefault(Bought, set()).update(names)
            case Coupon(codes=codes, pools=some):
                coupons.update(codes)
                pools.update(some)
            case NthOrder(n=n):
                orders.add(n - 1)
            case CartField(name=name, op=op, value=value):
                first = value[0] if isinstance(value, tuple) and value else value
                if isinstance(first, int) and op in {"gt", "lt"}:
                    first += 1 if op == "gt" else -1
                if isinstance(first, str | int):
                    fields[field_key(condition.subject, name)] = first
    # Whoever is asked for: all groups, coupons and past products at once are the worst case.
    presented = [PresentedCoupon(code=code) for code in sorted(coupons)]
    presented += [PresentedCoupon(code="", pools=(pool,)) for pool in sorted(pools)]
    for moment, channel, country, customer, payment, past in product(
        moments,
        sorted(found.get(Channel, ())) or [""],
        ["", *sorted(found.get(Country, ()))],
        sorted(found.get(Customer, ())) or ["someone"],
        [None, *sorted(found.get(PaymentMethod, ()))],
        sorted(orders),
    ):
        yield (
            Facts(
                at=moment,
                channel=channel,
                customer=customer,
                groups=frozenset(found.get(CustomerGroup, ())),
                payment_method=payment,
                coupons=tuple(presented),
                history=History(
                    orders=past,
                    spent_minor=10**12 if past else 0,
                    last_order_at=moment - timedelta(days=1) if past else None,
                    products=frozenset(found.get(Bought, ())),
                ),
                fields=dict(fields),
            ),
            country,
        )


def _moments(promotions: Sequence[Promotion], at: datetime) -> list[datetime]:
    moments = {at.astimezone(UTC)}
    windows = [rule.window for rule in promotions if rule.window is not None]
    for condition in _conditions(promotions):
        if isinstance(condition, During):
            windows.append(condition.window)
        elif type(condition).__name__ == "DayOfWeek":
            moments.update(at.astimezone(UTC) + timedelta(days=day) for day in range(7))
    for window in windows:
        try:
            start, stop = bounds(window)
        except UnknownZone:
            continue
        if start is not None:
            moments.add(start)
        elif stop is not None:
            moments.add(stop - timedelta(seconds=1))
    return sorted(moments)
