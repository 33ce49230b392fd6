"""Random small carts and promotions, as documents that oracle and engine both read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from argosy.modules.quote import QuoteRequest, RequestLine, RequestShipping
from tests.unit.quote.making import rates, ship
from tests.unit.quote.promoting import NET, asked, tagged

Doc = dict[str, Any]
RATES = {"0.19": rates("0.19"), "0.07": rates("0.07"), "0": rates("0")}
PRODUCTS = ["a", "b", "c"]
MONEY = st.sampled_from([0, 1, 7, 50, 99, 100, 250, 333, 999, 1000])
PERCENTS = st.sampled_from(["5", "10", "12.5", "20", "33.3", "50", "75", "100"])


def eur(minor: int) -> Doc:
    return {"EUR": minor}


@st.composite
def carts(draw: st.DrawFn) -> Doc:
    lines = []
    for number in range(draw(st.integers(1, 4))):
        product = draw(st.sampled_from(PRODUCTS))
        lines.append(
            {
                "key": f"l{draw(st.integers(0, 9))}{number}",
                "product": product,
                "variant": ord(product),
                "unit": draw(MONEY) if draw(st.booleans()) else 100 * (ord(product) - 96),
                "rate": draw(st.sampled_from(sorted(RATES))),
                "quantity": draw(st.integers(1, 4)),
            }
        )
    return {"lines": lines, "shipping": draw(MONEY), "method": "flat"}


def selectors() -> st.SearchStrategy[Doc | None]:
    some = st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=2, unique=True)
    return st.none() | some.map(lambda ids: {"type": "products", "ids": sorted(ids)})


def without_none(document: Doc) -> Doc:
    return {name: value for name, value in document.items() if value is not None}


REWARDS = (
    PERCENTS.map(lambda p: {"type": "percent", "percent": p})
    | MONEY.map(lambda m: {"type": "amount_off", "amount": eur(m)})
    | MONEY.map(lambda m: {"type": "fixed_price", "price": eur(m)})
)


@st.composite
def actions(draw: st.DrawFn, phase: str) -> Doc:
    if phase == "shipping":
        methods = draw(st.sampled_from([["flat"], ["express"], ["flat", "express"]]))
        return {"type": "shipping", "reward": draw(REWARDS), "methods": methods}
    kinds = {
        "sale": ["percent", "unit_off", "fixed_price"],
        "line": ["percent", "amount_off", "fixed_price", "buy_get", "set_price", "tiered"],
        "order": ["percent", "order_off", "tiered"],
    }[phase]
    kind = draw(st.sampled_from(kinds))
    of = draw(selectors())
    if kind == "percent":
        base = draw(st.sampled_from(["running", "phase", "sale", "list"]))
        cap = draw(st.none() | MONEY.map(eur))
        return without_none(
            {"type": kind, "percent": draw(PERCENTS), "of": of, "base": base, "cap": cap}
        )
    if kind in {"amount_off", "unit_off", "order_off"}:
        per = {"unit_off": "unit", "order_off": "order"}.get(kind) or draw(
            st.sampled_from(["unit", "line", "order"])
        )
        return without_none(
            {"type": "amount_off", "amount": eur(draw(MONEY)), "per": per, "of": of}
        )
    if kind == "fixed_price":
        return without_none({"type": kind, "price": eur(draw(MONEY)), "of": of})
    return draw({"buy_get": buy_gets, "set_price": set_prices, "tiered": tiers}[kind]())


@st.composite
def buy_gets(draw: st.DrawFn) -> Doc:
    nth = draw(st.booleans())
    document = {
        "type": "buy_get",
        "buy_quantity": draw(st.integers(1, 3)),
        "get_quantity": draw(st.integers(1, 2)),
        "reward": draw(REWARDS),
        "buy": draw(selectors()),
        "get": None if nth else draw(selectors()),
        "pick": "nth" if nth else "cheapest",
        "limit": draw(st.none() | st.integers(1, 2)),
        "reuse_qualifiers": draw(st.booleans()),
    }
    return without_none(document)


@st.composite
def set_prices(draw: st.DrawFn) -> Doc:
    parts = [
        without_none({"quantity": draw(st.integers(1, 3)), "of": draw(selectors())})
        for _ in range(draw(st.integers(1, 2)))
    ]
    limit = draw(st.none() | st.integers(1, 2))
    return without_none(
        {"type": "set_price", "parts": parts, "price": eur(draw(MONEY)), "limit": limit}
    )


@st.composite
def tiers(draw: st.DrawFn) -> Doc:
    starts = draw(st.lists(st.integers(0, 8), min_size=1, max_size=3, unique=True))
    made = [{"quantity": start, "reward": draw(REWARDS)} for start in starts]
    return without_none(
        {"type": "tiered", "by": "quantity", "tiers": made, "of": draw(selectors())}
    )


@st.composite
def conditions(draw: st.DrawFn, phase: int, depth: int = 1) -> Doc:
    kind = draw(
        st.sampled_from(["amount", "quantity", "nested"] if depth else ["amount", "quantity"])
    )
    if kind == "amount":
        basis = draw(st.sampled_from([None, *["list", "after_sale", "after_line"][: phase + 1]]))
        return without_none(
            {
                "type": "cart_amount",
                "gte": eur(draw(MONEY)),
                "lt": draw(st.none() | st.just(eur(3000))),
                "basis": basis,
            }
        )
    if kind == "quantity":
        return without_none(
            {"type": "cart_quantity", "gte": draw(st.integers(0, 6)), "of": draw(selectors())}
        )
    of = draw(st.lists(conditions(phase, depth - 1), min_size=1, max_size=3))
    nested = draw(st.sampled_from(["all", "any", "none", "count"]))
    return {"type": nested, "of": of, **({"gte": 1} if nested == "count" else {})}


@st.composite
def rule_documents(draw: st.DrawFn, number: int = 0) -> Doc:
    phase = draw(st.sampled_from(["sale", "line", "line", "order", "shipping"]))
    grouped = draw(st.booleans())
    floor = draw(
        st.none()
        | st.sampled_from([{"percent_of_list": "30"}, {"price": eur(60)}])
        | st.just({"percent_of_list": "45", "price": eur(33)})
    )
    document = {
        "id": f"p{number}",
        "name": f"Promotion {number}",
        "phase": phase,
        "action": draw(actions(phase)),
        "when": draw(st.none() | conditions(["sale", "line", "order", "shipping"].index(phase))),
        "priority": draw(st.integers(0, 2)),
        "group": draw(st.sampled_from(["g", "h"])) if grouped else None,
        "group_scope": draw(st.sampled_from(["unit", "unit", "cart"])) if grouped else None,
        "exclusive": draw(st.sampled_from([None, None, None, True])),
        "combines_with": draw(
            st.sampled_from([None, None, ["sale", "line", "shipping"], ["sale", "order"]])
        ),
        "stop": draw(st.sampled_from([None, None, None, True])),
        "floor": floor if phase != "shipping" else None,
    }
    return without_none(document)


@st.composite
def rule_lists(draw: st.DrawFn, most: int = 6) -> list[Doc]:
    return [draw(rule_documents(number)) for number in range(draw(st.integers(1, most)))]


def lines_of(cart: Doc) -> tuple[RequestLine, ...]:
    return tuple(
        RequestLine(
            key=line["key"],
            variant_id=UUID(int=line["variant"]),
            sku=line["product"],
            quantity=line["quantity"],
            unit_minor=line["unit"],
            rates=RATES[line["rate"]],
            facts=tagged(line["product"]),
        )
        for line in cart["lines"]
    )


def request_of(cart: Doc, **more: Any) -> QuoteRequest:
    shipping: RequestShipping = ship(cart["shipping"], RATES["0.19"])
    return asked(*lines_of(cart), policy=more.pop("policy", NET), shipping=shipping, **more)
