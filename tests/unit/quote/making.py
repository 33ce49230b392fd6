"""Builders and strategies for quote tests."""

from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st

from argosy.modules.quote import (
    Discount,
    Policy,
    QuoteRequest,
    RateSet,
    RequestCharge,
    RequestLine,
    RequestShipping,
    TaxRate,
    rate_set,
    waived,
)


def rates(*values: str, key: str | None = None, compound: bool = False) -> RateSet:
    """A set of rates "0.19"; a later one compounds on the earlier if asked."""
    return rate_set(
        key or "+".join(values) or "none",
        [
            TaxRate(
                code=f"{key or ''}{value}#{index}",
                name=f"Tax {value}",
                jurisdiction=f"J{index}",
                rate=Decimal(value),
                compound=compound and index > 0,
            )
            for index, value in enumerate(values)
        ],
    )


def line(key: str, quantity: int, unit_minor: int, taxed: RateSet, **more: object) -> RequestLine:
    return RequestLine(
        key=key,
        variant_id=UUID(int=sum(key.encode())),
        sku=key.upper(),
        quantity=quantity,
        unit_minor=unit_minor,
        rates=taxed,
        **more,  # type: ignore[arg-type]
    )


def ship(price_minor: int, taxed: RateSet) -> RequestShipping:
    return RequestShipping(
        method_id=UUID(int=7), code="flat", name="Flat", price_minor=price_minor, rates=taxed
    )


def free(taxed: RateSet, *, keep_net: bool, only: tuple[str, ...] | None = None) -> RateSet:
    """The set with its taxes (or some of them) waived as reverse charge."""
    return waived(
        taxed, "reverse_charge", name="Reverse charge", note="By law", keep_net=keep_net, only=only
    )


def fee(key: str, unit_minor: int, taxed: RateSet, quantity: int = 1) -> RequestCharge:
    return RequestCharge(
        key=key,
        kind="deposit",
        code="bottle",
        name="Bottle deposit",
        unit_minor=unit_minor,
        quantity=quantity,
        rates=taxed,
    )


SETS = [
    rates("0.19"),
    rates("0.07"),
    rates("0.2"),
    rates("0"),
    rates("0.0725", "0.01", "0.00125"),
    rates("0.05", "0.09975", compound=True),
    rates(),
    free(rates("0.19"), keep_net=True),
    free(rates("0.19"), keep_net=False),
    free(rates("0.0725", "0.01", key="us"), keep_net=True, only=("us0.01#1",)),
]
POLICIES = st.builds(
    Policy,
    currency=st.sampled_from(["EUR", "USD", "JPY", "KWD"]),
    tax_inclusive=st.booleans(),
    tax_rounding=st.sampled_from(["unit", "line", "rate", "order"]),
    rounding=st.sampled_from(["half_up", "half_even"]),
    shipping_tax=st.sampled_from(["own", "highest", "proportional"]),
)


@st.composite
def requests(draw: st.DrawFn) -> QuoteRequest:
    keys = draw(st.lists(st.text("abcxyz", min_size=1, max_size=3), unique=True, max_size=5))
    lines = []
    for key in keys:
        quantity = draw(st.integers(1, 12))
        unit = draw(st.integers(0, 20_000))
        package = draw(st.none() | st.integers(0, 20_000))
        lines.append(
            line(
                key,
                quantity,
                unit,
                draw(st.sampled_from(SETS)),
                subtotal_minor=package,
                goods=draw(st.booleans()),
            )
        )
    shipping = draw(st.none() | st.builds(ship, st.integers(0, 3000), st.sampled_from(SETS)))
    charged = draw(st.lists(st.integers(0, 500), max_size=2))
    return QuoteRequest(
        policy=draw(POLICIES),
        charges=tuple(
            fee(f"fee{n}", minor, draw(st.sampled_from(SETS)), n + 1)
            for n, minor in enumerate(charged)
        ),
        lines=tuple(lines),
        shipping=shipping,
        discounts=tuple(draw(st.lists(discounts(lines), max_size=4))),
    )


@st.composite
def discounts(draw: st.DrawFn, lines: list[RequestLine]) -> Discount:
    targets = ["order", "shipping", *(["line"] if lines else [])]
    target = draw(st.sampled_from(targets))
    chosen = draw(st.sampled_from(lines)) if target == "line" else None
    units = None
    if chosen is not None and draw(st.booleans()):
        start = draw(st.integers(0, chosen.quantity - 1))
        units = (start, draw(st.integers(start + 1, chosen.quantity)))
    some = None
    if target == "order" and lines and draw(st.booleans()):
        some = tuple(draw(st.lists(st.sampled_from([x.key for x in lines]), unique=True)))
    percent = draw(st.none() | st.sampled_from([(1, 10), (1, 3), (1, 1), (3, 2), (0, 1)]))
    return Discount(
        rule=draw(st.sampled_from(["r1", "r2", "r3"])),
        reason="promotion",
        target=target,
        line=chosen.key if chosen else None,
        units=units,
        lines=some,
        percent=percent,
        amount_minor=None if percent else draw(st.integers(0, 50_000)),
        of_original=draw(st.booleans()),
    )
