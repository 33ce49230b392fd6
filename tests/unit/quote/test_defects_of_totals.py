"""More of what is or was wrong in other engines: totals, taxes and refunds (FIELD.md II, 8 to 12).

Each test has the figures of the report that it names.
"""

from __future__ import annotations

from typing import Any

import pytest

from argosy.modules.quote import Policy, paid_for, refund_of
from tests.unit.quote.making import rates
from tests.unit.quote.promoting import FREE, GROSS, item, off, percent, quoted, rule

VAT = rates("0.19")


def order(id_: str, action: dict[str, Any], **more: Any) -> Any:
    return rule(id_, action, phase="order", **more)


@pytest.mark.parametrize("level", ["unit", "line", "rate", "order"])
def test_magento2_10790_a_discount_of_everything_leaves_nothing(level: Any) -> None:
    """magento/magento2#10790: 18 % on top of 2,762.71 and 2,542.37, twice each, made -0.01."""
    policy = Policy(currency="EUR", tax_inclusive=False, tax_rounding=level)
    tax = rates("0.18")
    lines = [item("a", 2, 276_271, taxed=tax), item("b", 2, 254_237, taxed=tax)]
    found = quoted([order("all", percent(100))], *lines, policy=policy)
    assert found.discount_total.minor == found.subtotal.minor == 1_061_016
    assert (found.total.minor, found.tax_total.minor) == (0, 0)


def test_magento2_32270_no_tax_is_left_of_what_was_given_away() -> None:
    """magento/magento2#32270, #30853: 20.50 with 19 % in it less 100 % was invoiced as 3.27."""
    found = quoted([order("all", percent(100))], item("a", 1, 2050, taxed=VAT), policy=GROSS)
    assert (found.total.minor, found.net_total.minor, found.tax_total.minor) == (0, 0, 0)


@pytest.mark.parametrize("place", range(5))
def test_magento2_12721_a_free_line_makes_no_extra_cent(place: int) -> None:
    """magento/magento2#12721: 15.00 off these was 15.01 with a free product at the end."""
    prices = [2200, 1400, 4300, 750]
    prices.insert(place, 0)
    lines = [item(key, 1, price) for key, price in zip("abcde", prices, strict=True)]
    found = quoted([order("off", off(1500))], *lines)
    assert found.discount_total.minor == 1500
    assert found.lines[place].discount.minor == 0


def test_magento2_38455_the_order_of_lines_is_not_in_the_total() -> None:
    """magento/magento2#38455: 3 x 733.61 and 2 x 569.67 less 10 %, plus 22 %, is 3,667.52."""
    tax = rates("0.22")
    lines = [item("hat", 3, 73_361, taxed=tax), item("jacket", 2, 56_967, taxed=tax)]
    ten = rule("ten", percent(10))
    assert quoted([ten], *lines).total.minor == 366_752
    assert quoted([ten], *reversed(lines)).total.minor == 366_752


def test_magento2_32351_a_percentage_of_equal_lines_is_equal() -> None:
    """magento/magento2#32351: 15 % of equal prices was now and then a penny out."""
    lines = [item(key, 1, 1995, taxed=VAT) for key in "abcdefg"]
    found = quoted([rule("fifteen", percent(15))], *lines)
    assert {line.discount.minor for line in found.lines} == {299}


def test_magento2_38694_several_amounts_off_a_cart_add_up() -> None:
    """magento/magento2#38694: 5, 10 and 1 off were not 16, and another sum for other carts."""
    rules = [order("a", off(500)), order("b", off(1000)), order("c", off(100))]
    for units in ([1], [3, 1], [2, 7, 1]):
        lines = [item(key, n, 2001) for key, n in zip("xyz", units, strict=False)]
        assert quoted(rules, *lines).discount_total.minor == 1600


def test_magento2_12643_equal_lines_have_equal_totals() -> None:
    """magento/magento2#12643: of four lines of 4 x 2.27 plus 21 % one was a cent off."""
    lines = [item(key, 4, 227, taxed=rates("0.21")) for key in "abcd"]
    found = quoted([], *lines)
    assert [line.total.minor for line in found.lines] == [1099] * 4
    # What the document as a whole says differs by that cent, and is told (B4).
    assert found.total.minor == 4396
    assert found.tax_groups[0].net.minor + found.tax_groups[0].document_tax.minor == 4395


@pytest.mark.parametrize(
    ("unit", "level", "tax"),
    [(1020, "line", 2346), (1020, "unit", 2350), (1010, "line", 2323), (1010, "unit", 2320)],
)
def test_sylius_3868_the_level_of_rounding_is_the_shops(unit: int, level: Any, tax: int) -> None:
    """Sylius/Sylius#3868, #4454, saleor/saleor#12348: ten of 10.20 plus 23 %, both ways."""
    policy = Policy(currency="EUR", tax_inclusive=False, tax_rounding=level)
    found = quoted([], item("shirt", 10, unit, taxed=rates("0.23")), policy=policy)
    assert (found.tax_total.minor, found.tax_rounding) == (tax, level)


def test_sylius_8902_the_tax_of_a_discounted_line_is_rounded_once() -> None:
    """Sylius/Sylius#8902: 3 x 70 less 5 plus 20 % was taxed with 41.01 in place of 41.00."""
    found = quoted([order("off", off(500))], item("x", 3, 7000, taxed=rates("0.2")))
    assert found.tax_total.minor == 4100
    units = found.lines[0].units
    assert sum(unit.count * unit.tax_minor for unit in units) == 4100


def test_prestashop_18274_what_is_shown_subtracts() -> None:
    """PrestaShop/PrestaShop#18274: 18.90 less 15 % is 18.90 - 2.84 = 16.06."""
    found = quoted([order("off", percent(15))], item("x", 1, 1890, taxed=VAT), policy=GROSS)
    assert (found.discount_total.minor, found.total.minor) == (284, 1606)


@pytest.mark.parametrize("price", [1430, 1500, 1700, 1800, 2000])
def test_prestashop_20462_ten_off_is_ten_off(price: int) -> None:
    """PrestaShop/PrestaShop#20462: 10.00 off became 9.99 at some prices, by its tax."""
    line = item("x", 1, price, taxed=rates("0.2"))
    found = quoted([order("off", off(1000))], line, policy=GROSS)
    assert (found.discount_total.minor, found.total.minor) == (1000, price - 1000)


def test_medusa_12960_a_percentage_of_a_gross_price_is_gross() -> None:
    """medusajs/medusa#12960, #12412: 1,190 with 19 % in it less 10 % is 1,071, of it 171 tax."""
    found = quoted([order("ten", percent(10))], item("x", 1, 119_000, taxed=VAT), policy=GROSS)
    assert (found.total.minor, found.tax_total.minor) == (107_100, 17_100)


def test_medusa_14817_a_net_price_with_many_decimals_of_tax_ends_in_cents() -> None:
    """medusajs/medusa#14817: 34.116425 was stored, 34.12 charged: "overpaid"."""
    found = quoted([rule("a", percent("7.5"))], item("x", 1, 2999, taxed=rates("0.2299")))
    assert found.total.minor == found.lines[0].total.minor
    assert found.total.minor == found.net_total.minor + found.tax_total.minor
    assert paid_for(found.lines[0], 0, 1).total_minor == found.total.minor


def test_solidus_512_one_item_of_a_discounted_order_gives_back_its_own_price() -> None:
    """solidusio/solidus#512, spree/spree#5915: of 6 + 4 less 10 % the second gives back 3.60."""
    found = quoted([order("ten", percent(10))], item("a", 1, 600), item("b", 1, 400))
    back = [refund_of(found, {key: [(0, 1)]}).total_minor for key in "ab"]
    assert back == [540, 360]
    assert sum(back) == found.total.minor == 900


def test_solidus_2741_two_generous_promotions_do_not_pay_the_shopper() -> None:
    """solidusio/solidus#2741: 500 off the order and 100 % off each line was a negative total."""
    found = quoted([rule("lines", percent(100)), order("flat", off(50_000))], item("x", 2, 3000))
    assert found.total.minor == 0
    assert found.discount_total.minor == 6000


def test_vendure_2393_a_refund_of_everything_is_what_was_paid_with_its_promotions() -> None:
    """vendurehq/vendure#2393, #890: the refund looked for more money than was paid."""
    rules = [rule("line", percent(20)), order("off", off(777))]
    found = quoted(rules, item("a", 3, 1999, taxed=VAT), item("b", 1, 4550, taxed=VAT))
    everything = {line.key: [(0, line.quantity)] for line in found.lines}
    assert refund_of(found, everything).total_minor == found.total.minor


def test_vendure_5127_what_is_kept_keeps_its_percentage() -> None:
    """vendurehq/vendure#5127, #3098: 40 % on twenty became 4 % on the two that were kept."""
    found = quoted([rule("forty", percent(40))], item("x", 20, 1000, taxed=FREE))
    kept = found.total.minor - refund_of(found, {"x": [(2, 20)]}).total_minor
    assert kept == 2 * 600


def test_woocommerce_26734_tax_of_parts_adds_up_to_the_tax_of_the_line() -> None:
    """woocommerce/woocommerce#26734, #30263: refunds of single units left a cent of tax over."""
    found = quoted([order("off", off(333))], item("x", 7, 999, taxed=VAT), policy=GROSS)
    parts = [paid_for(found.lines[0], n, n + 1) for n in range(7)]
    assert sum(part.tax_minor for part in parts) == found.tax_total.minor
    assert sum(part.total_minor for part in parts) == found.total.minor


def test_saleor_variants_of_one_product_share_by_line_and_not_by_the_whole() -> None:
    """saleor's propagation of discounts: the second variant's share was capped by the subtotal."""
    lines = [item("a", 1, 100), item("b", 1, 10_000), item("c", 1, 1)]
    found = quoted([order("off", off(10_050))], *lines)
    assert all(line.discount.minor <= line.subtotal.minor for line in found.lines)
    assert found.discount_total.minor == 10_050
    assert found.total.minor == 51


def test_sylius_distributor_gives_nothing_to_a_weight_of_nothing_in_first_place() -> None:
    """Sylius' ProportionalIntegerDistributor gave the rest to the first, whatever its weight."""
    lines = [item("a", 3, 0), item("b", 1, 333), item("c", 1, 333), item("d", 1, 333)]
    found = quoted([order("off", off(100))], *lines)
    assert [line.discount.minor for line in found.lines] == [0, 34, 33, 33]
