"""Kits are quoted as their components, to the cent: E11, L7, A6-A9."""

from uuid import UUID

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from argosy.modules.quote import (
    Discount,
    Quote,
    QuoteRequest,
    RequestKit,
    RequestLine,
    RequestPart,
    compute,
    paid_for,
    refund_of,
    tax_document,
)
from tests.unit.quote.making import POLICIES, SETS, line, rates, ship
from tests.unit.quote.promoting import GROSS, asked, item, percent, products, quoted, rule

NINETEEN, SEVEN = rates("0.19"), rates("0.07")


def part(n: int, quantity: int, weight: int, taxed=NINETEEN, key: str = "k") -> RequestPart:
    return RequestPart(
        key=f"{key}/{n}",
        variant_id=UUID(int=900 + n),
        sku=f"P{n}",
        quantity=quantity,
        weight_minor=weight,
        rates=taxed,
    )


def kit(*parts: RequestPart, product: int = 5) -> RequestKit:
    return RequestKit(parts=parts, product_id=UUID(int=product), title="Set")


@st.composite
def kit_requests(draw: st.DrawFn) -> QuoteRequest:
    lines: list[RequestLine] = []
    for key in draw(st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=3)):
        quantity = draw(st.integers(1, 30))
        parts = [
            part(n, draw(st.integers(1, 7)), draw(st.integers(0, 5000)), taxed, key)
            for n, taxed in enumerate(draw(st.lists(st.sampled_from(SETS), max_size=4)))
        ]
        lines.append(
            line(
                key,
                quantity,
                draw(st.integers(0, 9_000)),
                draw(st.sampled_from(SETS)),
                subtotal_minor=draw(st.none() | st.integers(0, 90_000)),
                kit=kit(*parts) if parts else None,
            )
        )
    chosen = draw(st.sampled_from(lines))
    start = draw(st.integers(0, chosen.quantity - 1))
    taken = st.builds(
        Discount,
        rule=st.sampled_from(["r1", "r2"]),
        reason=st.just("x"),
        target=st.just("line"),
        line=st.just(chosen.key),
        units=st.sampled_from([None, (start, chosen.quantity)]),
        amount_minor=st.integers(0, 9_000),
    )
    return QuoteRequest(
        policy=draw(POLICIES),
        lines=tuple(lines),
        shipping=draw(st.none() | st.builds(ship, st.integers(0, 900), st.sampled_from(SETS))),
        discounts=tuple(draw(st.lists(taken, max_size=3))),
    )


@given(kit_requests())
def test_E11_components_add_up_to_the_kit_and_every_part_comes_back_exactly(
    request: QuoteRequest,
) -> None:
    found = compute(request)
    lines = {one.key: one for one in found.lines}
    assert [one.key for one in found.kits] == [one.key for one in request.lines if one.kit]
    for asked_for in request.lines:
        if asked_for.kit is None:
            assert lines[asked_for.key].kit is None
            continue
        shown = next(one for one in found.kits if one.key == asked_for.key)
        own = [lines[one.key] for one in asked_for.kit.parts]
        assert [one.kit for one in own] == [asked_for.key] * len(own)
        whole = asked_for.subtotal_minor
        assert shown.subtotal.minor == (
            asked_for.unit_minor * asked_for.quantity if whole is None else whole
        )
        for name in ("subtotal", "discount", "net", "tax", "total"):
            assert getattr(shown, name).minor == sum(getattr(one, name).minor for one in own)
        for one, asked_part in zip(own, asked_for.kit.parts, strict=True):
            assert one.quantity == asked_for.quantity * asked_part.quantity
            assert one.discount.minor == sum(each.amount.minor for each in one.discounts)
            for each in one.discounts:
                assert sum(n for n, _ in each.units) == one.quantity
                assert sum(n * m for n, m in each.units) == each.amount.minor
            steps = [paid_for(one, unit, unit + 1) for unit in range(one.quantity)]
            assert all(step.discount_minor >= 0 for step in steps)
            assert sum(step.total_minor for step in steps) == one.total.minor
    back = refund_of(found, {one.key: [(0, one.quantity)] for one in found.lines})
    shipped = 0 if found.shipping is None else found.shipping.total.minor
    assert back.total_minor == found.total.minor - shipped
    # The same kit asked for anew, and in another order of the lines, is the same quote.
    turned = msgspec.structs.replace(request, lines=request.lines[::-1])
    again = {one.key: one for one in compute(turned).lines}
    assert again == lines
    assert tax_document(found).payable_minor == found.total.minor


@given(
    st.integers(1, 24),
    st.integers(0, 5000),
    st.integers(0, 3000),
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 900)), min_size=1, max_size=4),
)
@example(2, 999, 0, [(6, 999)])
def test_E11_a_whole_kit_comes_back_at_what_one_kit_cost(
    quantity: int, unit: int, off: int, parts: list[tuple[int, int]]
) -> None:
    made = kit(*(part(n, units, weight) for n, (units, weight) in enumerate(parts)))
    taken = Discount(rule="r", reason="x", target="line", line="k", amount_minor=off)
    found = compute(
        QuoteRequest(
            policy=GROSS, lines=(line("k", quantity, unit, NINETEEN, kit=made),), discounts=(taken,)
        )
    )
    taken_off = min(off, quantity * unit)
    kits = [unit - taken_off // quantity - (n < taken_off % quantity) for n in range(quantity)]
    own = {one.key: one for one in found.lines}
    for n in range(quantity):
        # Prices are kit by kit; the taxes in them are those of the component's whole line (A17).
        back = sum(
            paid_for(own[one.key], n * one.quantity, (n + 1) * one.quantity).total_minor
            for one in made.parts
        )
        assert back == kits[n]


def test_E11_two_rates_in_a_kit() -> None:
    """A book (7 %) for 10.00 and a lamp (19 %) for 30.00, together for 32.00: 8.00 and 24.00."""
    made = kit(part(0, 1, 1000, SEVEN), part(1, 1, 3000, NINETEEN))
    found = compute(
        QuoteRequest(
            policy=GROSS,
            lines=(line("k", 2, 3200, NINETEEN, kit=made), line("z", 1, 700, SEVEN)),
            shipping=ship(500, NINETEEN),
        )
    )
    book, lamp, loose = found.lines
    assert (book.subtotal.minor, lamp.subtotal.minor) == (1600, 4800)
    assert (book.tax.minor, lamp.tax.minor) == (105, 766)
    assert (book.rate_set, lamp.rate_set, loose.kit) == (SEVEN.key, NINETEEN.key, None)
    assert found.kits[0].total.minor == 6400
    # B9: shipping is taxed in proportion to the components' values, 23.00 and 48.00.
    assert found.shipping is not None
    assert [one.tax.minor for one in found.shipping.taxes] == [11, 54]
    assert {one.rate_set: one.tax.minor for one in found.tax_groups} == {
        SEVEN.key: 105 + 46 + 11,
        NINETEEN.key: 766 + 54,
    }
    # L7: one of two lamps goes back at what it cost of the kit.
    assert paid_for(lamp, 0, 1).total_minor == 2400


def test_A8_components_without_prices_share_by_quantity_and_free_ones_get_nothing() -> None:
    def shares(*parts: RequestPart) -> list[int]:
        request = QuoteRequest(policy=GROSS, lines=(line("k", 1, 900, SEVEN, kit=kit(*parts)),))
        return [one.subtotal.minor for one in compute(request).lines]

    assert shares(part(0, 1, 0), part(1, 2, 0)) == [300, 600]
    assert shares(part(0, 1, 0), part(1, 2, 40)) == [0, 900]


def test_promotions_reduce_the_kit_and_not_what_is_in_it() -> None:
    made = kit(part(0, 1, 100), part(1, 3, 300))
    inside = item("inside", 1, 400)
    bundle = item("set", 2, 1000, kit=made)
    off = rule("p", percent(10, of=products("set")))
    found = quoted([off], bundle, inside)
    assert [one.discount.minor for one in found.lines] == [50, 150, 0]
    assert found.kits[0].discount.minor == 200
    (verdict,) = found.promotions
    assert (verdict.promotion, verdict.amount and verdict.amount.minor) == ("p", 200)
    assert (
        quoted([rule("q", percent(10, of=products("P0")))], bundle, inside).discount_total.minor
        == 0
    )
    assert asked(bundle).lines[0].kit is made


def test_quotes_without_kits_are_stored_as_before() -> None:
    found = compute(QuoteRequest(policy=GROSS, lines=(line("a", 1, 100, SEVEN),)))
    stored = msgspec.json.encode(found)
    assert b"kit" not in stored
    bundle = line("k", 2, 900, SEVEN, kit=kit(part(0, 2, 3), part(1, 1, 4)))
    with_kit = compute(QuoteRequest(policy=GROSS, lines=(bundle,)))
    assert msgspec.json.decode(msgspec.json.encode(with_kit), type=Quote) == with_kit
