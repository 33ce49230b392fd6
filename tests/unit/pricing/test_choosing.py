"""Choosing among price lists, tiers and measures: DOMAIN.md C1-C3, C7, C9, C10, A6, A7."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.pricing import (
    LEVELS,
    Level,
    LineToPrice,
    Lost,
    Measure,
    MeasureInvalid,
    Policy,
    PriceBook,
    Priced,
    Terms,
    default_base,
    ladder,
    price_book,
    price_lines,
    unit_price,
)
from argosy.modules.pricing.rules import check_measure, graduated_exact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B, C = UUID(int=901), UUID(int=902), UUID(int=903)
LISTS = (A, B, C)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    price_id: UUID
    price_list_id: UUID
    amount_minor: int
    min_quantity: int = 1
    priority: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    mix_group: str | None = None


def row(number: int, list_id: UUID, amount: int, **more: object) -> Row:
    return Row(price_id=UUID(int=number), price_list_id=list_id, amount_minor=amount, **more)  # type: ignore[arg-type]


def terms(list_id: UUID, level: Level = "base", **more: object) -> Terms:
    return Terms(price_list_id=list_id, level=level, **more)  # type: ignore[arg-type]


def line(number: int, quantity: int, *rows: Row, product: int = 0) -> LineToPrice[Row]:
    return LineToPrice(
        key=f"line{number}",
        variant_id=UUID(int=number),
        product_id=UUID(int=product or number),
        quantity=quantity,
        prices=rows,
    )


def priced(
    book: PriceBook, *lines: LineToPrice[Row], at: datetime = NOW, market: str = "DE"
) -> list[Priced[Row]]:
    found = price_lines(book, lines, at=at, market=market)
    return [found[each.key] for each in lines]


def amount(one: Priced[Row]) -> int | None:
    return None if one.taken is None else one.taken.amount_minor


def why(one: Priced[Row]) -> dict[int, Lost]:
    return {loser.price_id.int: reason for loser, reason in one.lost}


# --- C1 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strong", LEVELS[:-1])
def test_C1_each_level_goes_before_all_below_it(strong: Level) -> None:
    place = LEVELS.index(strong)
    weaker = [
        terms(UUID(int=800 + n), level, priority=n) for n, level in enumerate(LEVELS[place + 1 :])
    ]
    book = price_book(Policy(), [*weaker, terms(A, strong, priority=-5)])
    rows = [row(1, A, 300), *(row(10 + n, t.price_list_id, 100) for n, t in enumerate(weaker))]
    (one,) = priced(book, line(1, 1, *rows))
    assert (amount(one), one.terms and one.terms.level) == (300, strong)
    assert set(why(one).values()) == {"lower_precedence"}


def test_C1_a_customer_in_two_groups_gets_the_higher_priority_then_the_lower_id() -> None:
    rows = (row(1, A, 300), row(2, B, 200), row(3, C, 100))
    book = price_book(
        Policy(), [terms(C, "group"), terms(B, "group"), terms(A, "group", priority=1)]
    )
    (one,) = priced(book, line(1, 1, *rows))
    assert (amount(one), why(one)) == (300, {2: "lower_list_priority", 3: "lower_list_priority"})
    book = price_book(Policy(), [terms(C, "group"), terms(B, "group")])
    (one,) = priced(book, line(1, 1, *rows[1:]))
    assert (amount(one), why(one)) == (200, {3: "later_list_id"})


def test_C1_precedence_is_data() -> None:
    rows = (row(1, A, 300), row(2, B, 200))
    offered = [terms(A, "market"), terms(B, "group")]
    assert amount(priced(price_book(Policy(), offered), line(1, 1, *rows))[0]) == 200
    turned = ("market", *(level for level in LEVELS if level != "market"))
    assert amount(priced(price_book(Policy(levels=turned), offered), line(1, 1, *rows))[0]) == 300


def test_C1_lowest_wins_if_the_channel_chose_so() -> None:
    rows = (row(1, A, 300), row(2, B, 200), row(3, C, 200))
    offered = [terms(A, "contract"), terms(B, "group"), terms(C, "customer")]
    (one,) = priced(price_book(Policy(choice="lowest"), offered), line(1, 1, *rows))
    assert one.taken == rows[2]
    assert why(one) == {1: "not_lowest", 2: "not_lowest"}


def test_C1_a_stronger_list_without_a_price_leaves_it_to_the_next() -> None:
    book = price_book(Policy(), [terms(A, "contract"), terms(B)])
    assert amount(priced(book, line(1, 1, row(2, B, 200)))[0]) == 200
    (one,) = priced(book, line(1, 4, row(1, A, 100, min_quantity=5), row(2, B, 200)))
    assert (amount(one), why(one)) == (200, {1: "quantity_too_small"})


# --- C2, C9, C10 ---------------------------------------------------------------------------------


def test_C2_a_list_is_offered_in_a_half_open_time() -> None:
    offered = terms(A, "channel", valid_from=NOW, valid_until=NOW + HOUR)
    book = price_book(Policy(), [offered, terms(B)])
    both = line(1, 1, row(1, A, 100), row(2, B, 200))
    moments = (NOW - timedelta(microseconds=1), NOW, NOW + HOUR)
    assert [amount(priced(book, both, at=at)[0]) for at in moments] == [200, 100, 200]
    assert why(priced(book, both, at=moments[0])[0]) == {1: "list_not_yet_valid"}
    assert why(priced(book, both, at=moments[2])[0]) == {1: "list_no_longer_valid"}


def test_a_list_for_a_market_counts_in_that_country_only() -> None:
    book = price_book(Policy(), [terms(A, "market", market="AT"), terms(B)])
    both = line(1, 1, row(1, A, 100), row(2, B, 200))
    assert amount(priced(book, both, market="AT")[0]) == 100
    (one,) = priced(book, both)
    assert (amount(one), why(one)) == (200, {1: "other_market"})


def test_C9_without_a_price_in_any_list_nothing_is_taken_and_zero_is_a_price() -> None:
    book = price_book(Policy(), [terms(A, "group"), terms(B)])
    assert amount(priced(book, line(1, 1))[0]) is None
    assert amount(priced(book, line(1, 1, row(1, A, 0), row(2, B, 10)))[0]) == 0


@pytest.mark.parametrize("offered", [[terms(B)], [terms(B), terms(A, "channel")]])
def test_C10_a_list_that_is_not_in_the_book_is_not_even_mentioned(offered: list[Terms]) -> None:
    (one,) = priced(price_book(Policy(), offered), line(1, 1, row(1, C, 1), row(2, B, 200)))
    assert amount(one) == 200
    assert one.lost == []


# --- C3 ------------------------------------------------------------------------------------------

TIERS = (row(1, A, 10), row(2, A, 9, min_quantity=10), row(3, A, 8, min_quantity=20))


def total(one: Priced[Row], quantity: int) -> int:
    assert one.taken is not None
    return one.taken.amount_minor * quantity if one.subtotal_minor is None else one.subtotal_minor


@pytest.mark.parametrize(
    ("quantity", "volume", "graduated"),
    [(1, 10, 10), (9, 90, 90), (10, 90, 99), (19, 171, 180), (20, 160, 188), (25, 200, 228)],
)
def test_C3_volume_and_graduated_tiers(quantity: int, volume: int, graduated: int) -> None:
    for kind, costs in (("volume", volume), ("graduated", graduated)):
        book = price_book(Policy(), [terms(A, tier_kind=kind)])
        (one,) = priced(book, line(1, quantity, *TIERS))
        assert total(one, quantity) == costs


@pytest.mark.parametrize(
    ("basis", "costs"),
    [("line", [60, 60, 60, 60]), ("sku", [54, 54, 60, 60]), ("product", [48, 48, 48, 60])],
)
def test_C3_the_basis_says_whose_units_count(basis: str, costs: list[int]) -> None:
    book = price_book(Policy(), [terms(A, tier_basis=basis)])
    shirt = [
        msgspec.structs.replace(r, min_quantity=q) for r, q in zip(TIERS, (1, 10, 15), strict=True)
    ]
    lines = [
        msgspec.structs.replace(line(1, 6, *shirt, product=7), key="a"),
        msgspec.structs.replace(line(1, 6, *shirt, product=7), key="b"),
        line(2, 6, *shirt, product=7),
        line(3, 6, *shirt, product=8),
    ]
    assert [total(one, 6) for one in priced(book, *lines)] == costs


def test_C3_a_mix_group_counts_its_variants_together() -> None:
    book = price_book(Policy(), [terms(A, tier_basis="mix")])
    mixed = [msgspec.structs.replace(r, mix_group="tea") for r in TIERS]
    alone = [msgspec.structs.replace(r, price_id=UUID(int=50 + r.price_id.int)) for r in TIERS]
    found = priced(book, line(1, 6, *mixed), line(2, 4, *mixed), line(3, 10, *alone))
    assert [(amount(one), one.counted) for one in found] == [(9, 10), (9, 10), (9, 10)]
    found = priced(book, line(1, 6, *mixed), line(3, 4, *alone))
    assert [(amount(one), one.counted) for one in found] == [(10, 6), (10, 4)]


def test_C3_graduated_tiers_of_a_mix_group_share_their_total_exactly() -> None:
    book = price_book(Policy(), [terms(A, tier_kind="graduated", tier_basis="mix")])
    mixed = [msgspec.structs.replace(r, mix_group="tea") for r in TIERS]
    found = priced(book, line(1, 7, *mixed), line(2, 7, *mixed), line(3, 11, *mixed))
    shares = [one.subtotal_minor for one in found]
    assert sum(s or 0 for s in shares) == 228
    assert shares == [64, 64, 100]


def test_C3_a_ladder_leaves_out_steps_that_never_apply() -> None:
    rows = [*TIERS, row(4, A, 12, min_quantity=5, priority=1)]
    assert ladder(rows, NOW) == [(1, 10), (5, 12)]
    assert ladder([row(1, A, 10, valid_from=NOW + HOUR)], NOW) == []
    assert graduated_exact([(5, 12)], 6) == 72


STEPS = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 500)), min_size=1, max_size=5)


@given(STEPS, st.integers(1, 60))
def test_C3_graduated_is_the_sum_of_each_units_tier_and_never_falls(
    steps: list[tuple[int, int]], quantity: int
) -> None:
    rungs = ladder([row(n, A, a, min_quantity=q) for n, (q, a) in enumerate(steps)], NOW)

    def each(unit: int) -> int:
        return [a for q, a in rungs if q <= unit or q == rungs[0][0]][-1]

    costs = [graduated_exact(rungs, n) for n in range(1, quantity + 1)]
    assert costs[-1] == sum(each(unit) for unit in range(1, quantity + 1))
    assert costs == sorted(costs)


@given(STEPS, st.integers(1, 60))
def test_C3_falling_tiers_never_make_a_unit_dearer(
    steps: list[tuple[int, int]], quantity: int
) -> None:
    starts, amounts = sorted({q for q, _ in steps}), sorted((a for _, a in steps), reverse=True)
    falling = dict(zip(starts, amounts, strict=False))
    rows = [row(n, A, a, min_quantity=q) for n, (q, a) in enumerate(falling.items())]
    book = price_book(Policy(), [terms(A, tier_basis="sku")])
    one, more = (priced(book, line(1, n, *rows))[0] for n in (quantity, quantity + 1))
    if one.taken is not None and more.taken is not None:
        assert more.taken.amount_minor <= one.taken.amount_minor
        graduated = graduated_exact(ladder(rows, NOW), quantity)
        assert graduated >= one.taken.amount_minor * quantity


# --- brute force ---------------------------------------------------------------------------------

ROWS = st.lists(
    st.builds(
        Row,
        price_id=st.uuids(),
        price_list_id=st.sampled_from([*LISTS, UUID(int=999)]),
        amount_minor=st.integers(0, 300),
        min_quantity=st.integers(1, 12),
        priority=st.integers(0, 2),
        valid_from=st.sampled_from([None, NOW, NOW + HOUR]),
        valid_until=st.sampled_from([None, NOW + 2 * HOUR, NOW]),
        mix_group=st.sampled_from([None, "tea"]),
    ),
    unique_by=lambda each: each.price_id,
    max_size=6,
)
TERMS = st.lists(
    st.builds(
        Terms,
        price_list_id=st.sampled_from(LISTS),
        level=st.sampled_from(LEVELS),
        priority=st.integers(-1, 1),
        market=st.sampled_from(["", "DE", "AT"]),
        tier_kind=st.sampled_from(["volume", "graduated"]),
        tier_basis=st.sampled_from(["line", "sku", "product", "mix"]),
        valid_from=st.sampled_from([None, NOW, NOW + HOUR]),
        valid_until=st.sampled_from([None, NOW + 2 * HOUR, NOW]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each.price_list_id,
)
LINES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 15), ROWS), min_size=1, max_size=4
).map(
    lambda made: [
        msgspec.structs.replace(line(variant, quantity, *rows, product=variant % 2 + 1), key=f"{n}")
        for n, (variant, quantity, rows) in enumerate(made)
    ]
)


def holds(start: datetime | None, stop: datetime | None) -> bool:
    return (start is None or start <= NOW) and (stop is None or stop > NOW)


def units_of(one: Terms, price: Row, line: LineToPrice[Row], lines: list[LineToPrice[Row]]) -> int:
    if one.tier_basis == "line":
        return line.quantity
    if one.tier_basis == "product":
        return sum(o.quantity for o in lines if o.product_id == line.product_id)
    if one.tier_basis == "mix" and price.mix_group:
        return sum(
            o.quantity
            for o in lines
            if any(
                (p.price_list_id, p.mix_group) == (price.price_list_id, price.mix_group)
                and holds(p.valid_from, p.valid_until)
                for p in o.prices
            )
        )
    return sum(o.quantity for o in lines if o.variant_id == line.variant_id)


def by_brute_force(
    policy: Policy, offered: list[Terms], line: LineToPrice[Row], lines: list[LineToPrice[Row]]
) -> Row | None:
    """Each pair of a list and a price that could apply, the best by one key."""
    best: dict[int, tuple[tuple[int, ...], Row, Terms]] = {}
    for place, one in enumerate(offered):
        if not holds(one.valid_from, one.valid_until) or one.market not in {"", "DE"}:
            continue
        for price in line.prices:
            if price.price_list_id != one.price_list_id:
                continue
            if not holds(price.valid_from, price.valid_until):
                continue
            if price.min_quantity > units_of(one, price, line, lines):
                continue
            key = (-price.priority, -price.min_quantity, price.price_id.int)
            if place not in best or key < best[place][0]:
                best[place] = (key, price, one)

    def rank(found: tuple[tuple[int, ...], Row, Terms]) -> tuple[Fraction | int, ...]:
        _, price, one = found
        order = (policy.levels.index(one.level), -one.priority, one.price_list_id.int)
        if policy.choice == "precedence":
            return order
        units = units_of(one, price, line, lines)
        own = [p for p in line.prices if p.price_list_id == one.price_list_id]
        cost = Fraction(price.amount_minor * line.quantity)
        if one.tier_kind == "graduated":
            cost = Fraction(graduated_exact(ladder(own, NOW), units) * line.quantity, units)
        return (cost, *order)

    return min(best.values(), key=rank)[1] if best else None


@given(
    st.sampled_from(["precedence", "lowest"]),
    st.permutations(LEVELS),
    TERMS,
    LINES,
    st.randoms(use_true_random=False),
)
def test_C1_the_choice_is_that_of_brute_force_whatever_the_order(
    choice: str,
    levels: list[Level],
    offered: list[Terms],
    lines: list[LineToPrice[Row]],
    rng: random.Random,
) -> None:
    policy = Policy(choice=choice, levels=tuple(levels))  # type: ignore[arg-type]
    found = price_lines(price_book(policy, offered), lines, at=NOW, market="DE")
    for each in lines:
        assert found[each.key].taken == by_brute_force(policy, offered, each, lines)
        listed = [p for p in each.prices if p.price_list_id in {t.price_list_id for t in offered}]
        told = [loser.price_id for loser, _ in found[each.key].lost]
        told += [p.price_id for p in [found[each.key].taken] if p is not None]
        assert sorted(told) == sorted(p.price_id for p in listed)
    for given_list in (offered, lines):
        rng.shuffle(given_list)
    again = price_lines(price_book(policy, offered), lines, at=NOW, market="DE")
    for key, one in found.items():
        assert (again[key].taken, again[key].subtotal_minor) == (one.taken, one.subtotal_minor)


@given(STEPS, st.lists(st.integers(1, 20), min_size=1, max_size=5), st.booleans())
def test_A7_splitting_a_line_changes_no_total_by_sku(
    steps: list[tuple[int, int]], parts: list[int], graduated: bool
) -> None:
    rows = [row(n, A, a, min_quantity=q) for n, (q, a) in enumerate(steps)]
    kind = "graduated" if graduated else "volume"
    book = price_book(Policy(), [terms(A, tier_kind=kind, tier_basis="sku")])
    (whole,) = priced(book, line(1, sum(parts), *rows))
    split = [
        msgspec.structs.replace(line(1, units, *rows), key=f"part{n}")
        for n, units in enumerate(parts)
    ]
    found = priced(book, *split)
    if whole.taken is None:
        assert all(one.taken is None for one in found)
    else:
        shares = [total(one, units) for one, units in zip(found, parts, strict=True)]
        assert sum(shares) == total(whole, sum(parts))


# --- C7 ------------------------------------------------------------------------------------------


def a_measure(content: str, unit: str, **more: object) -> Measure:
    fields: dict[str, object] = {
        "base_quantity": Decimal(1),
        "base_unit": default_base(unit),
        "variant_id": A,
    }
    return Measure(content=Decimal(content), unit=unit, **(fields | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("minor", "measure", "per"),
    [
        (199, a_measure("500", "ml"), 398),
        (349, a_measure("750", "ml"), 465),
        (100, a_measure("0.333", "l"), 300),
        (249, a_measure("125", "g", base_quantity=Decimal(100), base_unit="g"), 199),
        (189, a_measure("425", "g", drained=Decimal(240)), 788),
        (1299, a_measure("2.5", "m2"), 520),
        (999, a_measure("6", "piece"), 167),
        (500, a_measure("1", "lb"), 1102),
    ],
)
def test_C7_the_price_per_base_is_rounded_once(minor: int, measure: Measure, per: int) -> None:
    assert unit_price(minor, measure) == per


def test_C7_it_is_of_the_discounted_price_of_all_units() -> None:
    assert unit_price(500, a_measure("500", "ml"), units=3) == 333


def test_C7_a_measure_that_makes_no_sense_is_refused_with_its_field() -> None:
    for measure, field in (
        (a_measure("1", "kg", base_unit="l"), "base_unit"),
        (a_measure("0", "kg"), "content"),
        (a_measure("1", "kg", drained=Decimal("NaN")), "drained"),
        (msgspec.structs.replace(a_measure("1", "kg"), unit="stone"), "unit"),
    ):
        with pytest.raises(MeasureInvalid) as caught:
            check_measure(measure)
        assert caught.value.field == f"measures.0.{field}"
