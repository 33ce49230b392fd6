"""Selling into the EU from outside it, from the cart to the monthly return: DOMAIN.md B18."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from tests.workflows.test_invoicing import a_seller, invoice
from tests.workflows.till import BECAUSE, Till

from argosy.drill.clock import MovableClock
from argosy.kernel.money import Money
from argosy.modules import orders, payments, tax
from argosy.modules.cart import Cart
from argosy.modules.pricing import ReferenceRates
from argosy.modules.quote import Quote
from argosy.runtime.db import counting_statements
from argosy.web.cart_views import CartView
from argosy.web.order_views import order_import
from argosy.workflows import carting, money_moves
from argosy.workflows.cart_desk import Seller
from argosy.workflows.import_sales import ioss_return, load_euro_rates
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.placement import PaymentChoice

NUMBER = "IM2760000001"
CASH = PaymentChoice(gateway="cash")


class Rates:
    """A day's rates as a source."""

    def __init__(self, day: date, rates: Mapping[str, str]) -> None:
        self._day, self._rates = day, rates

    def read(self) -> ReferenceRates:
        found = {currency: Decimal(rate) for currency, rate in self._rates.items()}
        return ReferenceRates(base="EUR", as_of=self._day, source="ECB", rates=found)


async def sends_from_switzerland(till: Till, **more: object) -> None:
    settings: dict[str, object] = {"seller_country": "CH", "ioss_number": NUMBER} | more
    async with till.db.transaction() as tx:
        wanted = tax.SetTaxPolicy(**settings)  # type: ignore[arg-type]
        await tax.set_policy(tx, till.channel.id, wanted, expected_version=0)


async def shown(till: Till, cart: Cart) -> tuple[Quote, CartView]:
    found, basket = await carting.read_cart(till.app, Seller(till.channel, None), cart.id)
    return basket.quote, CartView.of(found, basket)


async def test_B18_small_consignments_are_taxed_at_the_sale_and_declared(
    till: Till, clock: MovableClock
) -> None:
    await sends_from_switzerland(till)
    small = await till.cart(shirt=2)
    quote, seen = await shown(till, small)
    assert seen.imported is not None
    assert (seen.imported.scheme, seen.imported.note) == ("ioss", "")
    # 20.00 with 19 % inside; the shipping does not count.
    assert seen.imported.value == Money(2000 - 319, "EUR")
    assert (seen.imported.limit, seen.imported.dispatched_from) == (Money(15_000, "EUR"), "CH")
    await till.place(small, CASH)
    async with till.db.reading() as tx:
        frozen = await orders.quote_of(tx, small.id)
    kept = msgspec.convert(frozen, Quote)
    assert kept.imported is not None
    assert (kept.imported.number, kept.tax_total) == (NUMBER, quote.tax_total)
    view = order_import(frozen, "EUR")
    assert view is not None
    assert "number" not in msgspec.structs.asdict(view)

    now = clock.now()
    (sold,) = await ioss_return(till.db, now.year, now.month)
    assert (sold.number, sold.country, sold.rate) == (NUMBER, "DE", Decimal("0.19"))
    assert (sold.orders, sold.net_minor, sold.tax_minor) == (
        1,
        quote.net_total.minor,
        quote.tax_total.minor,
    )
    async with till.db.reading() as tx:
        [payment] = await payments.payments_of_order(tx, small.id)
    half = Money(quote.total.minor // 2, "EUR")
    await money_moves.move(till.app, MoveMoney(payment.id, "refund", BECAUSE, half))
    (left,) = await ioss_return(till.db, now.year, now.month)
    assert abs(2 * left.tax_minor - sold.tax_minor) <= 2
    assert await ioss_return(till.db, now.year - 1, 12) == []


async def test_B18_dearer_consignments_are_not_taxed_and_say_so(
    till: Till, clock: MovableClock
) -> None:
    await sends_from_switzerland(till)
    await a_seller(till)
    await till.price("shirt", 18_000)
    cart = await till.cart(shirt=1)
    quote, seen = await shown(till, cart)
    assert seen.imported is not None
    assert (seen.imported.scheme, seen.imported.reason) == ("import_vat", "over_limit")
    assert seen.imported.note == "Import VAT and duties are not included"
    assert quote.tax_total == Money(0, "EUR")
    assert quote.tax_relief is not None
    assert {part.treatment for part in quote.taxes} == {"export"}
    assert quote.lines[0].total == Money(18_000 - 2874, "EUR")
    await till.place(cart, CASH)
    content = (await invoice(till, cart.id)).content
    assert (content.note, content.tax_minor) == (seen.imported.note, 0)
    assert {group.reason for group in content.groups} == {seen.imported.note}
    now = clock.now()
    assert await ioss_return(till.db, now.year, now.month) == []
    await till.check_books()


async def test_B18_goods_under_excise_duty_are_excluded(till: Till) -> None:
    await sends_from_switzerland(till, excise_classes=("standard",))
    _, seen = await shown(till, await till.cart(shirt=1))
    assert seen.imported is not None
    assert (seen.imported.scheme, seen.imported.reason) == ("import_vat", "excise")


async def test_B18_A15_the_days_rates_are_kept_and_used(till: Till, clock: MovableClock) -> None:
    today = clock.now().date()
    async with till.db.transaction() as tx:
        with pytest.raises(tax.TaxPolicyInvalid):
            await tax.set_policy(
                tx,
                till.channel.id,
                tax.SetTaxPolicy(seller_country="CH", ioss_number=NUMBER),
                expected_version=0,
                currency="CHF",
            )
    rates = Rates(today, {"CHF": "0.9312", "USD": "1.1"})
    assert await load_euro_rates(till.db, rates) == (today.isoformat(), 2)
    assert await load_euro_rates(till.db, rates) == (today.isoformat(), 0)
    assert (await load_euro_rates(till.db, Rates(today, {"CHF": "0.94"})))[1] == 1
    async with till.db.reading() as tx:
        with counting_statements() as counted:
            found = await tax.taxes_of_channel(tx, till.channel.id, "CHF")
    assert counted.statements == 1
    assert found.euro_rates == (tax.EuroRate(as_of=today, rate=Decimal("0.94"), source="ECB"),)
    with pytest.raises(tax.TaxPolicyInvalid):
        await load_euro_rates(till.db, Rates(today, {"CHF": "0"}))
