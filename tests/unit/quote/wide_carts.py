"""Carts, facts and promotions of every kind from a seed: all conditions, selectors and actions,
grants by hand, gifts, fees, packages, locked and given-away lines, taxes of engines, all policies.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from argosy.modules.quote import (
    Destination,
    Discount,
    Facts,
    FreeFrom,
    GiftOffer,
    GivenTax,
    GivenTaxes,
    History,
    LineFacts,
    Policy,
    PresentedCoupon,
    PriceSource,
    Promotion,
    QuoteRequest,
    RequestCharge,
    RequestLine,
    RequestShipping,
    line_facts,
)
from tests.unit.quote.making import SETS, fee
from tests.unit.quote.random_promotions import Doc, eur, without_none
from tests.unit.quote.seeded_promotions import AMOUNTS, PHASES, reward_of_seed, rule_of_seed

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRODUCTS = "abcd"
# Equal keys are equal rates in a shop; two of the sets differ only in who keeps a waived tax.
RATES = [rates for rates in SETS if rates.inside is not None or ":" not in rates.key]


def case_of_seed(seed: int) -> tuple[QuoteRequest, list[Promotion]]:
    """A request and promotions for it."""
    rng = Random(seed)
    request = _request(rng)
    documents = [_rule(rng, number) for number in range(rng.randint(0, 9))]
    return request, [msgspec.convert(document, Promotion) for document in documents]


def _maybe(rng: Random, value: Any, share: float = 0.5) -> Any:
    return value if rng.random() < share else None


def _some(rng: Random, names: list[str]) -> list[str]:
    return sorted(rng.sample(names, rng.randint(0, len(names))))


def _selector(rng: Random, depth: int = 1) -> Doc:
    plain: list[Doc] = [
        {"type": "products", "ids": sorted(rng.sample(PRODUCTS, rng.randint(1, 2)))},
        {"type": "variants", "ids": [f"v{name}" for name in rng.sample(PRODUCTS, 2)]},
        {"type": "categories", "ids": [rng.choice(["all", "c1", "c2"])]},
        {"type": "brands", "ids": [rng.choice(["b1", "b2"])]},
        {"type": "attribute", "name": "color", "values": [rng.choice(["red", "blue"])]},
        {
            "type": "field",
            "name": "w",
            "op": rng.choice(["eq", "gt", "lte", "ne", "exists"]),
            "value": rng.randint(1, 3),
        },
        {"type": "on_sale", "is": rng.random() < 0.5},
        {"type": "unit_price", "gte": eur(rng.choice([0, 100, 300]))},
    ]
    if depth and rng.random() < 0.2:
        kind = rng.choice(["all", "any", "none"])
        return {"type": kind, "of": [_selector(rng, 0) for _ in range(rng.randint(1, 2))]}
    return rng.choice(plain)


def _condition(rng: Random, phase: int, depth: int = 2) -> Doc:
    of = _maybe(rng, _selector(rng))
    basis = rng.choice([None, *["list", "after_sale", "after_line", "after_order"][: phase + 1]])
    berlin = "Europe/Berlin"
    low = eur(rng.choice(AMOUNTS))
    plain: list[Doc] = [
        {
            "type": "cart_amount",
            "gte": low,
            "lt": _maybe(rng, eur(6000)),
            "of": of,
            "basis": basis,
            "tax": rng.choice([None, "net", "gross"]),
        },
        {"type": "cart_amount", "gte": low, "basis": basis},
        {"type": "cart_quantity", "gte": rng.randint(0, 6), "of": of, "lte": _maybe(rng, 9)},
        {"type": "line_amount", "gte": low, "of": of, "basis": basis},
        {"type": "line_quantity", "gte": rng.randint(0, 6), "of": of},
        {"type": "distinct_variants", "gte": rng.randint(0, 3), "of": of},
        {"type": "customer", "ids": ["cus_1", "x"]},
        {"type": "customer_group", "ids": ["g1"]},
        {"type": "signed_in", "is": rng.random() < 0.7},
        {"type": "first_order"},
        {"type": "nth_order", "n": rng.randint(1, 4), "every": rng.random() < 0.5},
        {"type": "order_history", "fact": "days_since_last_order", "gte": rng.randint(0, 5)},
        {"type": "channel", "ids": [rng.choice(["web", "pos"])]},
        {"type": "country", "codes": [rng.choice(["DE", "FR"])]},
        {"type": "shipping_method", "codes": ["flat"]},
        {"type": "payment_method", "codes": ["card"]},
        {"type": "coupon", "codes": rng.sample(["SAVE", "ten", "x9"], 2), "pools": ["pool1"]},
        {"type": "day_of_week", "zone": berlin, "days": ["sat"]},
        {"type": "during", "window": {"zone": berlin, "from": "2026-11-01T00:00:00"}},
        {"type": "field", "name": "note", "op": rng.choice(["eq", "ne"]), "value": "hi"},
    ]
    if depth and rng.random() < 0.2:
        kind = rng.choice(["all", "any", "none", "count"])
        inner = [_condition(rng, phase, depth - 1) for _ in range(rng.randint(1, 3))]
        return {"type": kind, "of": inner, **({"gte": 1} if kind == "count" else {})}
    return without_none(rng.choice(plain))


def _rule(rng: Random, number: int) -> Doc:
    document = rule_of_seed(rng, number)
    phase, action = PHASES.index(document["phase"]), document["action"]
    for name in ("of", "buy", "get"):
        if name in action:
            action[name] = _selector(rng)
    chance = rng.random()
    if phase in {1, 2} and chance < 0.12:
        document["action"] = {"type": "gift", "variant": rng.choice(["vx", "vy"]), "quantity": 2}
        document.pop("floor", None)
    elif phase in {1, 2} and chance < 0.22:
        starts = sorted(rng.sample([0, 100, 300, 900, 2000], 2))
        tiers = [{"amount": eur(start), "reward": reward_of_seed(rng)} for start in starts]
        document["action"] = {"type": "tiered", "by": "amount", "tiers": tiers}
    elif phase == 3 and chance < 0.4:
        action.pop("methods", None)
    if rng.random() < 0.5:
        document["when"] = _condition(rng, phase)
    if "floor" in document and rng.random() < 0.4:
        document["floor"] = {"margin_percent": rng.choice(["10", "25"])}
    if rng.random() < 0.2:
        ends = rng.choice([{"until": "2026-11-21T12:00:00"}, {"until": "2026-12-01T00:00:00"}])
        document |= {"window": {"zone": "Europe/Berlin", **ends}, "honour_s": 86_400}
    if rng.random() < 0.2:
        document["budget"] = rng.choice(["pot", "pan"])
    if rng.random() < 0.5:
        document.pop("exclusive", None)
        document.pop("combines_with", None)
    return document


def _goods(rng: Random, product: str) -> LineFacts:
    return line_facts(
        product=product,
        variant=f"v{product}",
        brand="b1" if product in "ab" else "b2",
        categories=["all", rng.choice(["c1", "c2"])],
        attributes={"color": rng.choice(["red", "blue"])},
        fields=_maybe(rng, {"w": rng.randint(1, 3)}, 0.7),
    )


def _lines(rng: Random) -> list[RequestLine]:
    goods = {product: _goods(rng, product) for product in PRODUCTS}
    lines = []
    for number in range(rng.randint(0, 6)):
        product = rng.choice(PRODUCTS)
        unit = 100 * (ord(product) - 96) if rng.random() < 0.6 else rng.choice(AMOUNTS)
        lines.append(
            RequestLine(
                key=f"l{rng.randint(0, 9)}{number}",
                variant_id=UUID(int=ord(product)),
                sku=product,
                quantity=rng.randint(1, 5),
                unit_minor=unit,
                rates=rng.choice(RATES),
                subtotal_minor=_maybe(rng, rng.choice(AMOUNTS), 0.15),
                compare_at_minor=_maybe(rng, unit + 100, 0.3),
                source=_maybe(rng, PriceSource(price_list="pls_1", lost=((500, "dearer"),))),
                goods=rng.random() < 0.92,
                discountable=rng.random() < 0.92,
                cost_minor=_maybe(rng, unit // 2, 0.7),
                facts=_maybe(rng, goods[product], 0.95),
            )
        )
    return lines


def _grants(rng: Random, lines: list[RequestLine]) -> list[Discount]:
    made = []
    for _ in range(rng.randint(1, 3) if rng.random() < 0.3 else 0):
        target: Any = rng.choice(["order", "shipping", *(["line"] if lines else [])])
        line = rng.choice(lines) if target == "line" else None
        units = None
        if line is not None and rng.random() < 0.5:
            start = rng.randint(0, line.quantity - 1)
            units = (start, rng.randint(start + 1, line.quantity))
        some = None
        if target == "order" and lines and rng.random() < 0.4:
            some = tuple(rng.sample([one.key for one in lines], rng.randint(1, len(lines))))
        percent = rng.choice([None, (1, 10), (1, 3), (1, 1)])
        made.append(
            Discount(
                rule="manual",
                reason="goodwill",
                target=target,
                line=None if line is None else line.key,
                units=units,
                lines=some,
                percent=percent,
                amount_minor=rng.choice(AMOUNTS) if percent is None else None,
                of_original=rng.random() < 0.5,
                stacks=rng.random() < 0.7,
            )
        )
    return made


def _facts(rng: Random) -> Facts:
    coupons = rng.sample(["save", " TEN", "x9"], rng.randint(0, 2))
    gifts = {
        name: GiftOffer(
            line=RequestLine(
                key="g",
                variant_id=UUID(int=900),
                sku=name,
                quantity=1,
                unit_minor=rng.choice(AMOUNTS),
                rates=rng.choice(RATES),
            ),
            available=rng.randint(0, 3),
        )
        for name in _some(rng, ["vx", "vy"])
    }
    history = History(
        orders=rng.randint(0, 3),
        spent_minor=1000,
        last_order_at=AT - timedelta(days=rng.randint(0, 9)),
    )
    return Facts(
        at=AT,
        channel="web",
        customer=_maybe(rng, "cus_1"),
        groups=frozenset(_some(rng, ["g1"])),
        payment_method=_maybe(rng, "card"),
        coupons=tuple(
            PresentedCoupon(code=code, pools=("pool1",) if code == "x9" else ()) for code in coupons
        ),
        history=_maybe(rng, history),
        fields={"note": "hi"} if rng.random() < 0.5 else {},
        gifts=gifts,
        declined_gifts=frozenset(["vx"] if rng.random() < 0.3 else []),
        had={"p1": AT - timedelta(days=1)} if rng.random() < 0.3 else {},
        used_up=frozenset(["p2"] if rng.random() < 0.1 else []),
        budgets={name: rng.choice([0, 50, 500, 5000]) for name in _some(rng, ["pot", "pan"])},
        without=frozenset(["p3"] if rng.random() < 0.1 else []),
    )


def _given(
    rng: Random, lines: list[RequestLine], charges: tuple[RequestCharge, ...]
) -> GivenTaxes | None:
    if rng.random() > 0.05:
        return None

    def answer() -> tuple[GivenTax, ...]:
        tax = rng.randint(0, 9)
        return (GivenTax(code="X", name="x", jurisdiction="J", rate=Decimal("0.1"), tax_minor=tax),)

    return GivenTaxes(
        lines={line.key: answer() for line in lines},
        shipping=answer(),
        charges={each.key: answer() for each in charges},
    )


def _request(rng: Random) -> QuoteRequest:
    lines = _lines(rng)
    free: Any = rng.choice(["before_discounts", "after_discounts"])
    shipping = RequestShipping(
        method_id=UUID(int=7),
        code=rng.choice(["flat", "express"]),
        name="S",
        price_minor=rng.choice(AMOUNTS),
        rates=rng.choice(RATES),
        cheapest=rng.random() < 0.6,
        free_from=_maybe(rng, FreeFrom(amount_minor=rng.choice(AMOUNTS), counts=free), 0.2),
    )
    charges = tuple(
        fee(f"fee{n}", rng.choice(AMOUNTS), rng.choice(RATES), n + 1)
        for n in range(rng.choice([0, 0, 0, 1, 2]))
    )
    return QuoteRequest(
        policy=Policy(
            currency="EUR",
            tax_inclusive=rng.random() < 0.5,
            tax_rounding=rng.choice(["unit", "line", "line", "rate", "order"]),
            rounding=rng.choice(["half_up", "half_up", "half_even"]),
            shipping_tax=rng.choice(["own", "highest", "proportional"]),
        ),
        lines=tuple(lines),
        shipping=_maybe(rng, shipping, 0.85),
        discounts=tuple(_grants(rng, lines)),
        destination=_maybe(rng, Destination(country="DE", postal_code="1")),
        binding=rng.choice([None, "", "d"]),
        facts=_facts(rng),
        charges=charges,
        given=_given(rng, lines, charges),
    )
