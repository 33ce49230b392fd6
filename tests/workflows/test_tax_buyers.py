"""Businesses that buy: VAT ids with evidence, certificates, and what they change: B5-B8, B22."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from tests.hearing import all_heard
from tests.workflows.tax_shop import (
    LYON_TAX_ID,
    PARIS,
    Register,
    sells_to_france,
    with_register,
)
from tests.workflows.till import BECAUSE, INVOICE, Till, reply_for

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import orders, tax
from argosy.modules.cart import Cart
from argosy.modules.quote import Quote
from argosy.modules.tax import RegisterAnswer
from argosy.runtime.db import counting_statements
from argosy.workflows import carting, checkout
from argosy.workflows.cart_desk import Seller
from argosy.workflows.carting import CartDetails, CartReply
from argosy.workflows.placement import (
    PlaceCart,
    Purchase,
    TotalChanged,
    TypedTaxId,
    WantedItem,
)

DAY = 86_400
SILENT = RegisterAnswer(status="silent", reason="ms_unavailable")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def french_cart(
    till: Till, *, tax_id: str | None = LYON_TAX_ID, customer: Any = None, **units: int
) -> Cart:
    seen: list[Cart] = []

    def keep(cart: Cart, _: object) -> tuple[int, bytes]:
        seen.append(cart)
        return 201, b""

    details = CartDetails(
        items=tuple(
            WantedItem(variant_id=till.variants[name], quantity=n) for name, n in units.items()
        ),
        email="ann@example.com",
        shipping_address=PARIS,
        billing_address=PARIS,
        shipping_method="france" if "shirt" in units else None,
        tax_id=None if tax_id is None else TypedTaxId(text=tax_id),
    )
    seller = Seller(till.channel, customer)
    await carting.create_cart(till.app, seller, details, CartReply(None, keep))
    return seen[-1]


async def priced(till: Till, cart: Cart) -> Quote:
    _, basket = await carting.read_cart(till.app, Seller(till.channel, cart.customer_id), cart.id)
    return basket.quote


async def order_quote(till: Till, cart: Cart) -> Quote:
    async with till.db.reading() as tx:
        return msgspec.convert(await orders.quote_of(tx, cart.id), Quote)


async def test_B7_B8_a_business_of_another_state_buys_without_vat_and_the_evidence_stays(
    till: Till,
) -> None:
    await sells_to_france(till)
    register = Register()
    with_register(till, register)
    cart = await french_cart(till, shirt=3)
    assert register.asked == [(LYON_TAX_ID, "DE136695976")]
    shown = await priced(till, cart)
    # 30.00 + 12.00 contain 20 %: 5.00 and 2.00.
    assert (shown.subtotal, shown.shipping_total) == (eur(3000), eur(1200))
    assert (shown.tax_total, shown.tax_relief, shown.total) == (eur(0), eur(700), eur(3500))
    _, placed = await till.place(cart, expected=eur(3500))
    assert placed.result == "placed"
    kept = await order_quote(till, cart)
    assert kept.buyer is not None
    assert (kept.buyer.tax_id, kept.buyer.status) == (LYON_TAX_ID, "valid")
    assert kept.buyer.request_id == "WAPI-1"
    assert {part.treatment for part in kept.taxes} == {"intra_community"}
    assert all("Art. 138" in part.note for part in kept.taxes)
    async with till.db.reading() as tx:
        (check,) = await tax.checks_of(tx, LYON_TAX_ID, limit=9)
    assert kept.buyer.check_id == check.id
    await till.check_books()


async def test_B8_the_shop_may_keep_the_gross_price(till: Till) -> None:
    await sells_to_france(till, waived_price="gross")
    with_register(till, Register())
    shown = await priced(till, await french_cart(till, shirt=3))
    assert (shown.tax_total, shown.tax_relief, shown.total) == (eur(0), None, eur(4200))


async def test_B5_a_download_for_a_business_is_reverse_charge(till: Till) -> None:
    await sells_to_france(till)
    with_register(till, Register())
    cart = await french_cart(till, song=1)
    shown = await priced(till, cart)
    (part,) = shown.taxes
    assert (part.treatment, shown.total) == ("reverse_charge", eur(99))
    await till.place(cart, expected=eur(99))
    await till.check_books()


@pytest.mark.parametrize(
    ("says", "status"),
    [
        (SILENT, "unverified"),
        (RegisterAnswer(status="invalid"), "invalid"),
    ],
)
async def test_B7_without_a_confirmation_the_tax_is_charged(
    till: Till, says: RegisterAnswer, status: str
) -> None:
    await sells_to_france(till)
    register = Register()
    register.says = says
    with_register(till, register)
    cart = await french_cart(till, shirt=3)
    shown = await priced(till, cart)
    assert (shown.tax_total, shown.total) == (eur(700), eur(4200))
    assert shown.buyer is not None
    assert shown.buyer.status == status
    await till.place(cart, expected=eur(4200))
    await till.check_books()


async def test_B7_a_policy_that_accepts_flags_the_order(till: Till) -> None:
    await sells_to_france(till, unverified="accept")
    register = Register()
    register.says = SILENT
    with_register(till, register)
    cart = await french_cart(till, shirt=3)
    await till.place(cart, expected=eur(3500))
    kept = await order_quote(till, cart)
    assert kept.buyer is not None
    assert (kept.buyer.status, kept.tax_total) == ("unverified", eur(0))


async def test_B7_without_a_register_an_id_is_kept_and_taxed(till: Till) -> None:
    await sells_to_france(till)
    cart = await french_cart(till, shirt=1)
    assert cart.tax_id is not None
    assert (cart.tax_id.status, cart.tax_id.reason) == ("unverified", "no_register")
    assert (await priced(till, cart)).tax_total == eur(367)


async def test_B7_an_id_is_asked_for_again_at_the_sale_and_a_change_is_shown(
    till: Till, clock: MovableClock
) -> None:
    await sells_to_france(till)
    register = Register()
    with_register(till, register)
    cart = await french_cart(till, shirt=3)
    clock.advance(seconds=DAY + 1)
    register.says = RegisterAnswer(status="invalid", request_id="WAPI-2")
    with pytest.raises(TotalChanged) as changed:
        await till.place(cart, expected=eur(3500))
    assert changed.value.details["total"] == eur(4200)
    assert len(register.asked) == 2
    now = await priced(till, cart)
    assert now.buyer is not None
    assert (now.buyer.status, now.buyer.request_id) == ("invalid", "WAPI-2")
    await till.place(cart, expected=eur(4200))
    assert len(register.asked) == 2


async def test_B7_at_the_sale_a_recent_answer_counts_while_the_register_is_silent(
    till: Till, clock: MovableClock
) -> None:
    await sells_to_france(till, unverified="recent")
    register = Register()
    with_register(till, register)
    cart = await french_cart(till, shirt=3)
    clock.advance(seconds=2 * DAY)
    register.says = SILENT
    _, placed = await till.place(cart, expected=eur(3500))
    assert placed.result == "placed"
    kept = await order_quote(till, cart)
    assert kept.buyer is not None
    assert kept.buyer.request_id == "WAPI-1"


async def test_B7_a_fresh_answer_is_not_asked_for_again(till: Till) -> None:
    await sells_to_france(till)
    register = Register()
    with_register(till, register)
    first = await french_cart(till, shirt=1)
    second = await french_cart(till, shirt=1)
    await till.place(first)
    await till.place(second)
    assert len(register.asked) == 1


async def test_a_wrong_tax_id_stops_nothing_but_its_own_request(till: Till) -> None:
    with pytest.raises(tax.TaxIdInvalid):
        await french_cart(till, shirt=1, tax_id="FR40303265046")


async def test_a_cart_becomes_a_consumer_s_again(till: Till) -> None:
    await sells_to_france(till)
    with_register(till, Register())
    cart = await french_cart(till, shirt=3)
    reply = CartReply(None, lambda *_: (200, b""))
    for _ in range(2):
        await carting.set_tax_id(till.app, till.seller, cart.id, None, reply)
    assert (await priced(till, cart)).total == eur(4200)
    typed = TypedTaxId(text="40303265045", country="FR")
    await carting.set_tax_id(till.app, till.seller, cart.id, typed, reply)
    assert (await priced(till, cart)).total == eur(3500)


async def test_B7_a_purchase_in_one_call_names_its_tax_id(till: Till) -> None:
    await sells_to_france(till)
    with_register(till, Register())
    command = Purchase(
        channel=till.channel,
        customer_id=None,
        items=(WantedItem(variant_id=till.variants["shirt"], quantity=3),),
        email="ann@example.com",
        shipping_address=PARIS,
        billing_address=None,
        shipping_method="france",
        expected_total=eur(3500),
        payment=INVOICE,
        because=BECAUSE,
        tax_id=TypedTaxId(text=LYON_TAX_ID),
    )
    answer = await checkout.purchase(till.app, command, reply_for(None))
    assert answer.status == 201
    await till.check_books()


async def test_B7_a_customer_s_own_tax_id_counts_in_every_cart_but_the_cart_s_goes_first(
    till: Till,
) -> None:
    await sells_to_france(till)
    register = Register()
    with_register(till, register)
    customer = new_id()
    plain = await french_cart(till, shirt=3, tax_id=None, customer=customer)
    assert (await priced(till, plain)).total == eur(4200)
    async with till.db.transaction() as tx:
        french = tax.read_tax_id(LYON_TAX_ID)
        known = await tax.keep_check(tx, french, None, RegisterAnswer(status="valid"))
        await tax.set_buyer_tax_id(tx, customer, known)
    await all_heard(till.db)
    assert (await priced(till, plain)).total == eur(3500)
    reply = CartReply(None, lambda *_: (200, b""))
    register.says = RegisterAnswer(status="invalid")
    seller = Seller(till.channel, customer)
    other = TypedTaxId(text="FR83404833048")
    await carting.set_tax_id(till.app, seller, plain.id, other, reply)
    assert (await priced(till, plain)).total == eur(4200)


async def certified(till: Till, customer: Any, **more: Any) -> tax.Certificate:
    settings: dict[str, Any] = {
        "number": "DE-77",
        "reason": "diplomatic",
        "jurisdictions": (tax.Jurisdiction(country="DE", valid_from=date(2020, 1, 1)),),
    }
    async with till.db.transaction() as tx:
        return await tax.add_certificate(tx, customer, tax.SetCertificate(**(settings | more)))


async def test_B22_a_customer_with_a_certificate_buys_exempt_until_it_is_revoked(
    till: Till,
) -> None:
    customer = new_id()
    made = await certified(till, customer)
    cart = await till.cart(shirt=2)
    async with till.db.transaction() as tx:
        await carts.merge_carts(
            tx, cart.id, till.channel.id, customer, keep_days=till.app.settings.cart_ttl_days
        )
    mine = await till.cart_now(cart)
    shown = await priced(till, mine)
    assert (shown.tax_total.minor, shown.total.minor) == (0, 1681 + 412)
    assert {part.treatment for part in shown.taxes} == {"exempt"}
    command = PlaceCart(
        cart_id=cart.id,
        channel=till.channel,
        customer_id=customer,
        expected_total=shown.total,
        payment=INVOICE,
        because=BECAUSE,
    )
    await checkout.place(till.app, command, reply_for(None))
    kept = await order_quote(till, cart)
    assert kept.buyer is not None
    assert kept.buyer.certificates == ("DE-77",)
    await till.check_books()
    async with till.db.transaction() as tx:
        await tax.revoke_certificate(tx, customer, made.id)
        assert (await tax.buyer_of(tx, customer)).certificates == ()


async def test_B22_an_expired_certificate_frees_from_nothing(
    till: Till, clock: MovableClock
) -> None:
    customer, today = new_id(), clock.now().date()
    place = tax.Jurisdiction(
        country="DE", valid_from=today - timedelta(days=9), valid_until=today - timedelta(days=1)
    )
    await certified(till, customer, jurisdictions=(place,))
    cart = await french_cart(till, song=1, tax_id=None, customer=customer)
    assert (await priced(till, cart)).buyer is None


async def test_shops_without_businesses_pay_no_statement_for_them(till: Till) -> None:
    cart = await till.cart(shirt=1)
    await till.place(await till.cart(mug=1))
    with counting_statements() as counted:
        await carting.read_cart(till.app, till.seller, cart.id)
    assert counted.statements <= 2
