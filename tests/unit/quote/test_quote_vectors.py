"""The quote against worked numbers: DOMAIN.md rules 5-9, A3, A8-A10, B1-B4, B9-B11, G4, G6."""

import msgspec
import pytest

from argosy.kernel.money import Money
from argosy.modules.quote import (
    AmountTooLarge,
    Destination,
    Discount,
    Policy,
    PriceSource,
    Quote,
    QuoteRequest,
    RequestLine,
    ShippingTax,
    TaxRate,
    TaxRounding,
    compute,
    rate_set,
)
from tests.unit.quote.making import line, rates, ship

NET = Policy(currency="EUR", tax_inclusive=False)
GROSS = Policy(currency="EUR", tax_inclusive=True)
R19, R07, R23 = rates("0.19"), rates("0.07"), rates("0.23")


def quote(policy: Policy, *lines: RequestLine, **more: object) -> Quote:
    return compute(QuoteRequest(policy=policy, lines=lines, **more))  # type: ignore[arg-type]


def minors(quote: Quote) -> dict[str, int]:
    return {
        name: getattr(quote, name).minor
        for name in ("subtotal", "discount_total", "shipping_total", "tax_total", "total")
    }


@pytest.mark.parametrize(("gross", "tax", "net"), [(11900, 1900, 10000), (1000, 160, 840)])
def test_B1_inclusive_tax_is_rounded_and_net_is_the_rest(gross: int, tax: int, net: int) -> None:
    found = quote(GROSS, line("a", 1, gross, R19))
    assert (found.tax_total.minor, found.net_total.minor) == (tax, net)
    assert found.total == found.subtotal == Money(gross, "EUR")


def test_B2_a_discount_is_in_the_price_mode_and_before_extraction() -> None:
    off = Discount(rule="p", reason="promotion", target="order", amount_minor=1000)
    found = quote(GROSS, line("a", 1, 5000, rates("0.25")), discounts=(off,))
    assert minors(found) == {
        "subtotal": 5000,
        "discount_total": 1000,
        "shipping_total": 0,
        "tax_total": 800,
        "total": 4000,
    }


@pytest.mark.parametrize(
    ("level", "total"), [("line", 12546), ("unit", 12550), ("rate", 12546), ("order", 12546)]
)
def test_B3_the_policy_names_the_level_and_the_quote_stores_it(
    level: TaxRounding, total: int
) -> None:
    policy = msgspec.structs.replace(NET, tax_rounding=level)
    found = quote(policy, line("a", 10, 1020, R23))
    assert found.tax_rounding == level
    assert found.total.minor == total


@pytest.mark.parametrize(("level", "tax"), [("line", 133), ("rate", 136), ("order", 136)])
def test_B4_group_totals_are_kept_beside_the_sum_of_lines(level: TaxRounding, tax: int) -> None:
    policy = msgspec.structs.replace(NET, tax_rounding=level)
    found = quote(policy, *(line(f"l{n}", 1, 102, R19) for n in range(7)))
    assert found.tax_total.minor == tax
    (group,) = found.tax_groups
    assert (group.net.minor, group.tax.minor, group.document_tax.minor) == (714, tax, 136)
    assert sum(each.tax.minor for each in found.lines) == tax


def test_B4_per_order_rounds_rates_together_and_per_rate_apart() -> None:
    # 0.045 + 0.045: apart each rounds up, together they are nine cents exactly.
    lines = (line("a", 1, 45, rates("0.1")), line("b", 1, 90, rates("0.05")))
    per_rate = quote(msgspec.structs.replace(NET, tax_rounding="rate"), *lines)
    per_order = quote(msgspec.structs.replace(NET, tax_rounding="order"), *lines)
    assert (per_rate.tax_total.minor, per_order.tax_total.minor) == (10, 9)


def test_B5_zero_rates_keep_their_treatment() -> None:
    free = rate_set(
        "books",
        [
            TaxRate(
                code="IE-zero",
                name="Zero",
                jurisdiction="IE",
                rate=R19.rates[0].rate * 0,
                treatment="zero_rated",
            )
        ],
    )
    found = quote(GROSS, line("a", 1, 1000, free))
    assert found.taxes[0].treatment == "zero_rated"
    assert (found.taxes[0].net.minor, found.taxes[0].tax.minor) == (1000, 0)


@pytest.mark.parametrize(
    ("by", "tax"),
    [
        ("own", 95),  # 5.00 at its own 19 %
        ("highest", 95),
        ("proportional", 54),  # 3.50 goes with the 70.00 at 7 % (0.245), 1.50 with 19 % (0.285)
    ],
)
def test_B9_shipping_follows_the_goods_as_the_market_says(by: ShippingTax, tax: int) -> None:
    policy = msgspec.structs.replace(NET, shipping_tax=by)
    found = quote(
        policy, line("book", 1, 7000, R07), line("pen", 1, 3000, R19), shipping=ship(500, R19)
    )
    assert found.shipping is not None
    assert found.shipping.tax.minor == tax
    assert found.tax_total.minor == 490 + 570 + tax


def test_B9_highest_takes_the_goods_rate_even_if_its_own_is_lower() -> None:
    policy = msgspec.structs.replace(NET, shipping_tax="highest")
    found = quote(policy, line("a", 1, 1, R19), line("b", 1, 9999, R07), shipping=ship(100, R07))
    assert found.shipping is not None
    assert found.shipping.tax.minor == 19


def test_B10_gift_cards_and_discounts_do_not_carry_shipping_tax() -> None:
    off = Discount(rule="p", reason="promotion", target="line", line="b", percent=(1, 1))
    found = quote(
        NET,
        line("a", 1, 1000, R07),
        line("b", 1, 1000, R19),
        line("card", 1, 5000, rates(), goods=False),
        shipping=ship(1000, R19),
        discounts=(off,),
    )
    assert found.shipping is not None
    assert [part.tax.minor for part in found.shipping.taxes] == [70]


def test_B11_jurisdictions_add_up_and_compound_in_order() -> None:
    # 5 % on 100.00, then 9.975 % on 105.00: 5.00 + 10.47375.
    canada = rates("0.05", "0.09975", compound=True)
    found = quote(NET, line("a", 1, 10000, canada))
    assert [part.tax.minor for part in found.lines[0].taxes] == [500, 1047]
    assert found.tax_total.minor == 1547
    california = rates("0.06", "0.0025", "0.01")
    found = quote(NET, line("a", 1, 1010, california))  # 60.6 + 2.525 + 10.1 = 73.225
    assert [part.tax.minor for part in found.lines[0].taxes] == [61, 2, 10]
    assert sum(total.tax.minor for total in found.taxes) == found.tax_total.minor == 73


def test_B11_compound_rates_inside_an_inclusive_price() -> None:
    found = quote(GROSS, line("a", 1, 11547, rates("0.05", "0.09975", compound=True)))
    assert found.net_total.minor == 10000
    assert [part.tax.minor for part in found.lines[0].taxes] == [500, 1047]


def test_A3_three_for_ten_is_ten() -> None:
    found = quote(GROSS, line("a", 3, 333, R19, subtotal_minor=1000))
    assert found.total.minor == 1000
    assert [(unit.count, unit.subtotal_minor) for unit in found.lines[0].units] == [
        (1, 334),
        (2, 333),
    ]


def test_A6_an_order_discount_is_apportioned_by_discounted_value() -> None:
    lines = [line(k, 1, v, R19) for k, v in zip("abcd", (16, 34, 53, 2), strict=True)]
    off = Discount(rule="p", reason="promotion", target="order", amount_minor=100)
    found = quote(GROSS, *lines, discounts=(off,))
    assert [each.discount.minor for each in found.lines] == [15, 32, 51, 2]


def test_A8_free_lines_and_free_units_take_no_discount() -> None:
    free = Discount(
        rule="gift", reason="gift", target="line", line="a", percent=(1, 1), units=(0, 1)
    )
    off = Discount(rule="p", reason="promotion", target="order", amount_minor=1)
    found = quote(GROSS, line("a", 2, 100, R19), line("b", 1, 0, R19), discounts=(free, off))
    assert [(u.count, u.discount_minor) for u in found.lines[0].units] == [(1, 100), (1, 1)]
    assert found.lines[1].discounts == ()


def test_A9_every_adjustment_is_kept_down_to_the_unit() -> None:
    first = Discount(rule="r1", reason="sale", target="line", line="a", amount_minor=100)
    second = Discount(rule="r2", reason="coupon", target="order", amount_minor=50)
    found = quote(GROSS, line("a", 3, 500, R19), discounts=(second, first))
    one, two = found.lines[0].discounts
    assert (one.rule, one.level, one.amount.minor, one.units) == (
        "r1",
        "line",
        100,
        ((1, 34), (2, 33)),
    )
    assert (two.rule, two.level, two.amount.minor) == ("r2", "order", 50)
    assert sum(count * amount for count, amount in two.units) == 50


def test_A10_a_percentage_is_rounded_once_over_its_target() -> None:
    off = Discount(rule="p", reason="promotion", target="line", line="a", percent=(15, 100))
    assert quote(NET, line("a", 1, 1050, R19), discounts=(off,)).discount_total.minor == 158


def test_rule_7_a_discount_never_makes_a_line_negative() -> None:
    off = Discount(rule="p", reason="promotion", target="line", line="a", amount_minor=5000)
    found = quote(NET, line("a", 2, 100, R19), line("b", 1, 300, R19), discounts=(off,))
    assert found.lines[0].total.minor == 0
    assert found.total.minor == 357
    (step,) = [step for step in found.explanation if step.code == "discount.line"]
    assert (step.numbers["wanted_minor"], step.numbers["given_minor"]) == (5000, 200)


def test_rule_14_percent_is_of_the_running_price_unless_the_rule_says_original() -> None:
    def half(rule: str, **more: bool) -> Discount:
        return Discount(
            rule=rule, reason="promotion", target="line", line="a", percent=(1, 2), **more
        )

    running = quote(NET, line("a", 1, 1000, R19), discounts=(half("1"), half("2")))
    original = quote(
        NET, line("a", 1, 1000, R19), discounts=(half("1"), half("2", of_original=True))
    )
    assert (running.discount_total.minor, original.discount_total.minor) == (750, 1000)


def test_G6_a_purchase_may_cost_nothing() -> None:
    off = Discount(rule="voucher", reason="coupon", target="order", percent=(1, 1))
    none = Discount(rule="free", reason="promotion", target="shipping", percent=(1, 1))
    found = quote(
        GROSS,
        line("a", 2, 1999, R19),
        line("b", 1, 500, R07),
        shipping=ship(490, R19),
        discounts=(off, none),
    )
    assert minors(found) == {
        "subtotal": 4498,
        "discount_total": 4498,
        "shipping_total": 0,
        "tax_total": 0,
        "total": 0,
    }


def test_G4_the_hash_binds_what_the_shopper_agreed_to() -> None:
    base = QuoteRequest(
        policy=GROSS,
        lines=(line("a", 2, 1000, R19), line("b", 1, 500, R07)),
        shipping=ship(490, R19),
        destination=Destination(country="DE", postal_code="10115"),
        binding="address digest",
    )
    changed = {
        "quantity": msgspec.structs.replace(
            base, lines=(line("a", 3, 1000, R19), line("b", 1, 500, R07))
        ),
        "variant": msgspec.structs.replace(
            base, lines=(line("a", 2, 1000, R19), line("c", 1, 500, R07))
        ),
        # The same total, other prices.
        "price": msgspec.structs.replace(
            base, lines=(line("a", 2, 1100, R19), line("b", 1, 300, R07))
        ),
        "rate": msgspec.structs.replace(
            base, lines=(line("a", 2, 1000, R07), line("b", 1, 500, R07))
        ),
        "shipping": msgspec.structs.replace(base, shipping=ship(491, R19)),
        "no shipping": msgspec.structs.replace(base, shipping=None),
        "currency": msgspec.structs.replace(
            base, policy=msgspec.structs.replace(GROSS, currency="CHF")
        ),
        "place": msgspec.structs.replace(base, destination=Destination(country="DE")),
        "address": msgspec.structs.replace(base, binding="another digest"),
        "discount": msgspec.structs.replace(
            base, discounts=(Discount(rule="p", reason="x", target="shipping", amount_minor=1),)
        ),
    }
    hashes = {name: compute(request).hash for name, request in changed.items()}
    hashes["as it was"] = compute(base).hash
    assert len(set(hashes.values())) == len(hashes), hashes
    assert compute(msgspec.structs.replace(base, lines=base.lines[::-1])).hash == compute(base).hash
    shown = compute(msgspec.structs.replace(base, binding=None))
    assert shown == msgspec.structs.replace(compute(base), hash=""), "the same, bound to nothing"


def test_the_explanation_tells_every_step_in_order() -> None:
    source = PriceSource(price_list="eur", min_quantity=2, lost=((1200, "tier_not_reached"),))
    found = quote(NET, line("a", 2, 1000, R19, source=source), shipping=ship(490, R19))
    assert [(step.code, step.subject) for step in found.explanation] == [
        ("price.lost", "a"),
        ("price.taken", "a"),
        ("shipping.price", "flat"),
        ("shipping.rates", "flat"),
        ("tax.line", "a"),
        ("tax.line", "0.19"),
        ("total", ""),
    ]
    assert found.explanation[4].numbers == {
        "rate_set": "0.19",
        "base_minor": 2000,
        "numerator": 19,
        "denominator": 100,
        "tax_minor": 380,
    }


def test_amounts_beyond_exact_json_are_refused() -> None:
    with pytest.raises(AmountTooLarge) as caught:
        quote(NET, line("a", 10**6, 10**12, R19))
    assert caught.value.code == "quote.amount_too_large"


@pytest.mark.parametrize("rate", ["-0.01", "10.01", "NaN"])
def test_nonsense_rates_are_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="between 0 and 10"):
        rates(rate)
