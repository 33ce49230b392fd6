"""compute: from a request to a quote whose totals are the sums of their parts."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final

import msgspec

from argosy.kernel.money import Coins, Money, coins
from argosy.kernel.rounding import ROUNDERS
from argosy.modules.quote.errors import AmountTooLarge
from argosy.modules.quote.rules.binding import bind
from argosy.modules.quote.rules.compiling import CompiledPromotions
from argosy.modules.quote.rules.discounts import apply_to_goods, off_shipping
from argosy.modules.quote.rules.kits import kits_of, taken_apart
from argosy.modules.quote.rules.promoting import NOTHING, promote
from argosy.modules.quote.rules.rates import tax_ratio
from argosy.modules.quote.rules.taxes import (
    CHARGE,
    LINE,
    TaxItem,
    charge,
    charge_given,
    shipping_parts,
)
from argosy.modules.quote.rules.working import WorkingLine
from argosy.modules.quote.types import (
    Adjustment,
    FreeFrom,
    Policy,
    Quote,
    QuoteCharge,
    QuoteLine,
    QuoteRequest,
    QuoteShipping,
    RequestCharge,
    RequestLine,
    RequestShipping,
    ShippingRate,
    Step,
    TaxGroup,
    TaxPart,
    TaxRate,
    TaxTotal,
    Verdict,
)

MAX_TOTAL_MINOR: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""
NO_KITS: Final[Mapping[str, str]] = {}
_FIRST: Final = itemgetter(0)
_SUMS: Final = tuple(
    f"{name}_minor" for name in ("subtotal", "discount", "shipping", "net", "tax", "total")
)


def compute(request: QuoteRequest, promotions: CompiledPromotions | None = None) -> Quote:
    """Compute a purchase: prices, discounts, shipping, tax and totals, each cent explained.

    Pure and deterministic: equal requests give equal quotes, and the order of the lines changes
    no amount. Line keys are unique, and none begins with "gift:". Promotions are those of the
    policy's currency; they need `request.facts`. Raises AmountTooLarge.
    """
    policy = request.policy
    steps: list[Step] = []
    working = [_begin(line, steps) for line in request.lines]
    _check_size(working, request)
    landed = NOTHING
    if promotions is not None:
        landed = promote(request, promotions, working, steps)
        if landed.gifts:
            _check_size(working, request)
    if request.discounts:
        apply_to_goods(policy, working, request.discounts, steps)
    taxed_works, of_kit = working, NO_KITS
    has_kits = any(work.line.kit is not None for work in working)
    if has_kits:
        taxed_works, of_kit = taken_apart(policy, working)
    items = [
        TaxItem((LINE, work.line.key), work.line.rates, work.base, work) for work in taxed_works
    ]
    shipping_items, taken = _ship(request, working, taxed_works, landed.shipping, steps)
    for asked in request.charges:
        fee = {"unit_minor": asked.unit_minor, "quantity": asked.quantity}
        steps.append(
            Step(code="charge.price", subject=asked.key, numbers={"fee": asked.code, **fee})
        )
    charge_items = [
        TaxItem((CHARGE, asked.key), asked.rates, asked.quantity * asked.unit_minor)
        for asked in request.charges
    ]
    taxed = [*items, *shipping_items, *charge_items]
    if request.given is None:
        charge(policy, taxed, steps)
    else:
        charge_given(policy, taxed, request.given, steps)
    gifts, money = landed.gifts, coins(policy.currency)
    lines = tuple(
        [
            _line(money, work, item, gifts.get(work.line.key), of_kit.get(work.line.key))
            for work, item in zip(taxed_works, items, strict=True)
        ]
    )
    shipping = None
    if request.shipping is not None:
        shipping = _shipping(policy, request.shipping, shipping_items, taken)
    charges = tuple(
        [
            _charge(policy, asked, item)
            for asked, item in zip(request.charges, charge_items, strict=True)
        ]
    )
    found = _close(request, lines, shipping, charges, taxed, steps, landed.verdicts)
    if not has_kits:
        return found
    return msgspec.structs.replace(found, kits=kits_of(policy.currency, working, lines))


def _begin(line: RequestLine, steps: list[Step]) -> WorkingLine:
    work, source = WorkingLine(line), line.source
    numbers: dict[str, int | str] = {
        "quantity": line.quantity,
        "unit_minor": line.unit_minor,
        "subtotal_minor": work.subtotal,
    }
    if source is not None:
        numbers["price_list"] = source.price_list
        numbers["min_quantity"] = source.min_quantity
        if source.held_until is not None:
            numbers["held_until"] = source.held_until.isoformat()
        for amount, why in source.lost:
            steps.append(
                Step(code="price.lost", subject=line.key, numbers={"minor": amount, "why": why})
            )
    steps.append(Step(code="price.taken", subject=line.key, numbers=numbers))
    for said in line.answers:
        added: dict[str, int | str] = {"input": said.code, "unit_minor": said.unit_minor}
        steps.append(Step(code="price.answer", subject=line.key, numbers=added))
    return work


def _check_size(working: Sequence[WorkingLine], request: QuoteRequest) -> None:
    # Taxes are at most ten times their base (see rate_set), hence the margin.
    whole = sum([work.subtotal for work in working])
    if request.shipping is not None:
        assert request.shipping.price_minor >= 0
        whole += request.shipping.price_minor
    for asked in request.charges:
        assert asked.unit_minor >= 0
        assert asked.quantity > 0
        whole += asked.quantity * asked.unit_minor
    if whole * 11 > MAX_TOTAL_MINOR:
        raise AmountTooLarge(
            "This purchase is larger than amounts can be.",
            field="lines",
            cure="Order fewer units, or split the purchase.",
        )


def _asked(method: str, rate: ShippingRate) -> Step:
    numbers: dict[str, int | str] = {"source": rate.source}
    if rate.amount_minor is not None:
        numbers |= {"service": rate.service, "amount_minor": rate.amount_minor}
    return Step(code="shipping.rate", subject=method, numbers=numbers)


def _ship(
    request: QuoteRequest,
    working: Sequence[WorkingLine],
    taxed: Sequence[WorkingLine],
    promoted: Sequence[Adjustment],
    steps: list[Step],
) -> tuple[list[TaxItem], tuple[Adjustment, ...]]:
    """`taxed` are the lines with kits taken apart: what shipping is taxed by."""
    chosen, policy = request.shipping, request.policy
    if chosen is None:
        return [], ()
    steps.append(
        Step(
            code="shipping.price", subject=chosen.code, numbers={"price_minor": chosen.price_minor}
        )
    )
    if chosen.rate is not None:
        steps.append(_asked(chosen.code, chosen.rate))
    if chosen.free_from is not None:
        promoted = [*promoted, *_free(request, chosen, chosen.free_from, working, promoted, steps)]
    left, taken = off_shipping(policy, chosen.price_minor, request.discounts, steps, promoted)
    items = shipping_parts(policy, left, chosen.rates, taxed)
    numbers: dict[str, int | str] = {"by": policy.shipping_tax}
    for item in items:
        numbers[item.rates.key] = item.base
    steps.append(Step(code="shipping.rates", subject=chosen.code, numbers=numbers))
    return items, taken


def _free(  # noqa: PLR0917 - as _ship
    request: QuoteRequest,
    chosen: RequestShipping,
    free_from: FreeFrom,
    working: Sequence[WorkingLine],
    promoted: Sequence[Adjustment],
    steps: list[Step],
) -> list[Adjustment]:
    """What the threshold takes off the price: all that is left of it, or nothing (D6).

    Gifts of promotions do not count: a shop is not to pay for its own threshold.
    """
    ordered = {line.key for line in request.lines if line.goods}
    counted = [work for work in working if work.line.key in ordered]
    value = sum(
        work.base if free_from.counts == "after_discounts" else work.subtotal for work in counted
    )
    left = chosen.price_minor - sum(one.amount.minor for one in promoted)
    given = left if value >= free_from.amount_minor else 0
    steps.append(
        Step(
            code="shipping.free_from",
            subject=chosen.code,
            numbers={
                "from_minor": free_from.amount_minor,
                "counts": free_from.counts,
                "value_minor": value,
                "given_minor": given,
            },
        )
    )
    if not given:
        return []
    return [
        Adjustment(
            rule=f"free_from:{chosen.code}",
            reason="free_from",
            level="shipping",
            amount=Money(given, request.policy.currency),
            units=((1, given),),
        )
    ]


def _line(
    money: Coins, work: WorkingLine, item: TaxItem, gift_of: str | None, kit: str | None
) -> QuoteLine:
    line, net, tax = work.line, item.net, item.tax
    return QuoteLine(
        key=line.key,
        variant_id=line.variant_id,
        sku=line.sku,
        quantity=line.quantity,
        unit_price=money[line.unit_minor],
        compare_at=None if line.compare_at_minor is None else money[line.compare_at_minor],
        subtotal=money[work.subtotal],
        discounts=tuple(work.adjustments),
        discount=money[work.subtotal - work.base],
        net=money[net],
        tax=money[tax],
        total=money[net + tax],
        rate_set=item.rates.key,
        taxes=_parts(item, money),
        units=work.units,
        gift_of=gift_of,
        relief=money[item.relief] if item.relief else None,
        kit=kit,
        answers=line.answers,
    )


def _charge(policy: Policy, asked: RequestCharge, item: TaxItem) -> QuoteCharge:
    money, net = coins(policy.currency), item.net
    return QuoteCharge(
        key=asked.key,
        kind=asked.kind,
        code=asked.code,
        name=asked.name,
        quantity=asked.quantity,
        line=asked.line,
        price=money[item.base],
        net=money[net],
        tax=money[item.tax],
        total=money[net + item.tax],
        rate_set=item.rates.key,
        taxes=_parts(item, money),
        relief=money[item.relief] if item.relief else None,
        returned=asked.returned,
    )


def _parts(item: TaxItem, money: Coins) -> tuple[TaxPart, ...]:
    rates, parts = item.rates.rates, item.parts
    if len(rates) == 1:
        return (_part(rates[0], money[parts[0]]),)
    return tuple([_part(rate, money[part]) for rate, part in zip(rates, parts, strict=True)])


def _shipping(
    policy: Policy,
    chosen: RequestShipping,
    items: Sequence[TaxItem],
    taken: tuple[Adjustment, ...],
) -> QuoteShipping:
    money = coins(policy.currency)
    left = net = tax = relief = 0
    parts: dict[str, tuple[TaxRate, int]] = {}
    for item in items:
        left += item.base
        net += item.net
        tax += item.tax
        relief += item.relief
        for rate, part in zip(item.rates.rates, item.parts, strict=True):
            before = parts.get(rate.code)
            parts[rate.code] = (rate, part if before is None else part + before[1])
    return QuoteShipping(
        method_id=chosen.method_id,
        code=chosen.code,
        name=chosen.name,
        price=money[chosen.price_minor],
        discounts=taken,
        discount=money[chosen.price_minor - left],
        net=money[net],
        tax=money[tax],
        total=money[net + tax],
        taxes=tuple([_part(rate, money[part]) for rate, part in parts.values()]),
        relief=money[relief] if relief else None,
        rate=chosen.rate,
    )


def _part(rate: TaxRate, tax: Money) -> TaxPart:
    return TaxPart(
        code=rate.code,
        name=rate.name,
        jurisdiction=rate.jurisdiction,
        rate=rate.rate,
        treatment=rate.treatment,
        note=rate.note,
        tax=tax,
    )


class _Group:
    """All items of one rate set: what they are sums of."""

    __slots__ = ("base", "first", "net", "parts", "tax")

    def __init__(self, first: TaxItem) -> None:
        self.first = first
        self.base = first.base
        self.net = first.net
        self.tax = first.tax
        self.parts = first.parts


def _grouped(items: Sequence[TaxItem]) -> dict[str, _Group]:
    """The items by the key of their rates, in their order. Equal keys have equal rates."""
    found: dict[str, _Group] = {}
    for item in items:
        key = item.rates.key
        group = found.get(key)
        if group is None:
            found[key] = _Group(item)
            continue
        group.base += item.base
        group.net += item.net
        group.tax += item.tax
        if len(item.parts) == 1:
            group.parts = [group.parts[0] + item.parts[0]]
        else:
            group.parts = [a + b for a, b in zip(group.parts, item.parts, strict=True)]
    return found


def _totals_by_rate(policy: Policy, groups: Iterable[_Group]) -> tuple[TaxTotal, ...]:
    found: dict[str, list[tuple[TaxRate, int, int]]] = {}
    for group in groups:
        for rate, part in zip(group.first.rates.rates, group.parts, strict=True):
            others = found.get(rate.code)
            if others is None:
                found[rate.code] = [(rate, group.net, part)]
                continue
            # An engine may tax by one jurisdiction at several rates: each has its total.
            for index, (one, net, tax) in enumerate(others):
                if one.rate == rate.rate:
                    others[index] = (one, net + group.net, tax + part)
                    break
            else:
                others.append((rate, group.net, part))
    money = coins(policy.currency)
    return tuple(
        [
            TaxTotal(
                code=rate.code,
                name=rate.name,
                jurisdiction=rate.jurisdiction,
                rate=rate.rate,
                treatment=rate.treatment,
                note=rate.note,
                net=money[net],
                tax=money[tax],
            )
            for code in sorted(found)
            for rate, net, tax in _by_rate(found[code])
        ]
    )


def _by_rate(totals: list[tuple[TaxRate, int, int]]) -> list[tuple[TaxRate, int, int]]:
    return totals if len(totals) == 1 else sorted(totals, key=lambda one: one[0].rate)


def _tax_groups(
    policy: Policy, groups: Mapping[str, _Group], *, given: bool
) -> tuple[TaxGroup, ...]:
    money, rounder = coins(policy.currency), ROUNDERS[policy.rounding]
    made = []
    for key, group in sorted(groups.items(), key=_FIRST):
        document, rates = group.tax, group.first.rates
        # What an engine taxes may be less than the price (a cap, a holiday): it has the word (B11).
        if not given and group.first.computed is rates:
            numerator, denominator = tax_ratio(rates, inclusive=policy.tax_inclusive)
            document = rounder(group.base * numerator, denominator)
        made.append(
            TaxGroup(
                rate_set=key,
                net=money[group.net],
                tax=money[group.tax],
                document_tax=money[document],
            )
        )
    return tuple(made)


def _close(  # noqa: PLR0917 - all that a quote is closed from
    request: QuoteRequest,
    lines: tuple[QuoteLine, ...],
    shipping: QuoteShipping | None,
    charges: tuple[QuoteCharge, ...],
    items: Sequence[TaxItem],
    steps: list[Step],
    verdicts: tuple[Verdict, ...],
) -> Quote:
    policy, currency = request.policy, request.policy.currency
    money = coins(currency)
    subtotal = sum([line.subtotal.minor for line in lines])
    discount = sum([line.discount.minor for line in lines])
    shipped = 0 if shipping is None else shipping.price.minor - shipping.discount.minor
    charged = sum([each.price.minor for each in charges])
    grouped = _grouped(items)
    tax = sum([group.tax for group in grouped.values()])
    relief = sum([item.relief for item in items])
    asked = subtotal - discount + shipped + charged
    net = asked - tax - relief if policy.tax_inclusive else asked
    total = net + tax
    # By construction; asserted where the totals are made, as every reader counts on it.
    parts: list[QuoteLine | QuoteCharge | QuoteShipping] = [*lines, *charges]
    parts += [shipping] if shipping else []
    assert asked == sum([group.base for group in grouped.values()])
    assert total == sum([part.total.minor for part in parts])
    assert 0 <= discount <= subtotal
    taxes = _totals_by_rate(policy, grouped.values())
    groups = _tax_groups(policy, grouped, given=request.given is not None)
    assert tax == sum([rate.tax.minor for rate in taxes])
    steps.append(_sums((subtotal, discount, shipped, net, tax, total), charged, relief))
    return Quote(
        currency=currency,
        tax_inclusive=policy.tax_inclusive,
        tax_rounding=policy.tax_rounding,
        rounding=policy.rounding,
        lines=lines,
        shipping=shipping,
        subtotal=money[subtotal],
        discount_total=money[discount],
        shipping_total=money[shipped],
        net_total=money[net],
        tax_total=money[tax],
        total=money[total],
        taxes=taxes,
        tax_groups=groups,
        destination=request.destination,
        explanation=tuple(steps),
        hash="" if request.binding is None else bind(request, lines, shipping, charges, total),
        promotions=verdicts,
        charges=charges,
        charges_total=money[charged] if charges else None,
        tax_relief=money[relief] if relief else None,
        buyer=request.buyer,
        tax_date=request.tax_date,
        tax_source=request.tax_source,
    )


def _sums(sums: Sequence[int], charged: int, relief: int) -> Step:
    numbers: dict[str, int | str] = dict(zip(_SUMS, sums, strict=True))
    if charged:
        numbers["charges_minor"] = charged
    if relief:
        numbers["relief_minor"] = relief
    return Step(code="total", numbers=numbers)
