"""Taxes by an engine: estimated before, filed after, once; our tables if it is down: B16, B17."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.adapters.tax.test_avalara import SALE
from tests.hearing import all_heard
from tests.workflows.following import follow
from tests.workflows.till import BECAUSE, BERLIN, INVOICE, Till, reply_for

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import invoices, ledger, orders, payments, tax
from argosy.modules.cart import Cart
from argosy.modules.quote import Quote
from argosy.modules.tax import (
    Assessed,
    EngineDocument,
    EngineRefused,
    EngineSilent,
    Filing,
    LineTax,
    Voided,
)
from argosy.workflows import checkout, invoicing, money_moves, order_actions, tax_filing
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.placement import PaymentChoice, Purchase, TotalChanged, WantedItem
from argosy.workflows.tax_engine import EngineMemory, content_key

DOWN = EngineSilent(reason="deadline")


class Engine:
    """Ten per cent of everything, while it is up; remembers what it was told."""

    name = "ten"

    def __init__(self) -> None:
        self.up = True
        self.rate = Decimal("0.1")
        self.refuses = False
        self.asked: list[EngineDocument] = []
        self.told: list[tuple[str, str, int]] = []
        self.filed: dict[str, int] = {}

    def assess(self, document: EngineDocument) -> Assessed:
        def part(minor: int) -> tuple[LineTax, ...]:
            share = minor - round(minor / (1 + self.rate))
            return (
                LineTax(
                    code="TEN",
                    name="Ten",
                    jurisdiction="T",
                    rate=self.rate,
                    tax_minor=int(share),
                ),
            )

        return Assessed(lines={line.key: part(line.amount_minor) for line in document.lines})

    async def estimate(self, document: EngineDocument) -> Any:
        self.asked.append(document)
        return self.assess(document) if self.up else DOWN

    async def commit(self, code: str, document: EngineDocument) -> Any:
        return self._file("commit", code, document)

    async def adjust(self, code: str, document: EngineDocument) -> Any:
        return self._file("adjust", code, document)

    async def void(self, code: str, document: EngineDocument) -> Any:
        if not self.up:
            return DOWN
        self.told.append(("void", code, 0))
        self.filed.pop(code, None)
        return Voided()

    def _file(self, what: str, code: str, document: EngineDocument) -> Any:
        if not self.up:
            return DOWN
        if self.refuses:
            return EngineRefused(reason="AddressError")
        answer = self.assess(document)
        self.told.append((what, code, answer.tax_minor))
        self.filed[code] = answer.tax_minor
        return answer

    async def close(self) -> None:
        """Nothing is open."""


async def with_engine(till: Till, **policy: Any) -> Engine:
    """The till's channel asks an engine from now on."""
    engine = Engine()
    till.app = dataclasses.replace(till.app, tax_engines={engine.name: engine})
    settings = {"engine": "ten", "engine_company": "ACME"} | policy
    async with till.db.transaction() as tx:
        await tax.set_policy(
            tx,
            till.channel.id,
            tax.SetTaxPolicy(**settings),
            expected_version=0,
            engines=("ten",),
        )
    await all_heard(till.db)
    till.app.part(EngineMemory).forget()
    return engine


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def order_quote(till: Till, cart: Cart) -> Quote:
    async with till.db.reading() as tx:
        return msgspec.convert(await orders.quote_of(tx, cart.id), Quote)


async def filing_of(till: Till, cart: Cart) -> Filing | None:
    async with till.db.reading() as tx:
        found = await tax.list_filings(tx, limit=50)
    return next((one for one in found if one.order_id == cart.id), None)


async def sweep(till: Till, clock: MovableClock, *, seconds: int = 10) -> int:
    clock.advance(seconds=seconds)
    return await tax_filing.sweep(till.app)


async def test_B16_the_engine_is_asked_once_and_its_taxes_are_the_orders(
    till: Till, clock: MovableClock
) -> None:
    engine = await with_engine(till)
    cart = await till.cart(shirt=2)
    # 20.00 + 4.90 contain a tenth: 1.82 and 0.45.
    assert await till.total(cart) == eur(2490)
    assert len(engine.asked) == 1
    _, placed = await till.place(cart, expected=eur(2490))
    assert (placed.result, placed.tax_minor) == ("placed", 182 + 45)
    kept = await order_quote(till, cart)
    assert (kept.tax_source, [part.code for part in kept.taxes]) == ("engine", ["TEN"])
    assert len(engine.asked) == 1
    assert engine.told == []
    assert await sweep(till, clock) == 1
    code = encode("order", cart.id)
    assert engine.told == [("commit", code, 227)]
    filing = await filing_of(till, cart)
    assert filing is not None
    assert (filing.state, filing.due_tax_minor, filing.degraded) == ("committed", 227, False)
    assert await sweep(till, clock, seconds=7200) == 0
    await till.check_books()


async def test_B16_what_decides_the_taxes_is_the_key_of_the_memory(till: Till) -> None:
    engine = await with_engine(till)
    await till.cart(shirt=1)
    await till.cart(shirt=1)
    await till.cart(shirt=2)
    assert len(engine.asked) == 2
    first = engine.asked[0]
    renamed = msgspec.structs.replace(
        first, destination=msgspec.structs.replace(first.destination, name="Bob")
    )
    assert content_key(first) == content_key(renamed)
    moved = msgspec.structs.replace(
        first, destination=msgspec.structs.replace(first.destination, postal_code="99999")
    )
    assert content_key(first) != content_key(moved)


async def test_B17_while_the_engine_is_down_our_tables_count_and_the_order_says_so(
    till: Till, clock: MovableClock
) -> None:
    engine = await with_engine(till)
    engine.up = False
    cart = await till.cart(shirt=2)
    _, placed = await till.place(cart, expected=eur(2490))
    assert placed.result == "placed"
    kept = await order_quote(till, cart)
    assert (kept.tax_source, kept.tax_total) == ("degraded", eur(319 + 78))
    # Still down: it is tried again, ever more seldom; nothing is lost.
    assert await sweep(till, clock) == 1
    filing = await filing_of(till, cart)
    assert filing is not None
    assert (filing.state, filing.degraded, filing.reason) == ("open", True, "deadline")
    assert await sweep(till, clock, seconds=5) == 0
    engine.up = True
    assert await sweep(till, clock, seconds=120) == 1
    trued = await filing_of(till, cart)
    assert trued is not None
    assert (trued.state, trued.charged_tax_minor, trued.due_tax_minor) == ("committed", 397, 227)
    async with till.db.reading() as tx:
        booked = await ledger.postings_of_order(tx, cart.id)
    (true_up,) = [one for one in booked if one.kind == "tax_true_up"]
    assert {entry.account: entry.amount.minor for entry in true_up.entries} == {
        "revenue:goods": -170,
        "tax_payable:ten": 170,
    }
    await till.check_books()


async def test_B17_a_large_purchase_waits_for_the_engine(till: Till) -> None:
    engine = await with_engine(till, refuse_above_minor=2000)
    engine.up = False
    small = await till.cart(shirt=1)
    _, placed = await till.place(small, expected=eur(1490))
    assert placed.result == "placed"
    large = await till.cart(shirt=2)
    with pytest.raises(tax.TaxEngineDown):
        await till.place(large, expected=eur(2490))
    assert (await till.cart_now(large)).state == "open"
    engine.up = True
    _, placed = await till.place(large, expected=eur(2490))
    assert placed.result == "placed"


async def test_B17_a_channel_whose_engine_is_not_set_up_sells_by_our_tables(till: Till) -> None:
    await with_engine(till)
    till.app = dataclasses.replace(till.app, tax_engines={})
    cart = await till.cart(shirt=1)
    await till.place(cart)
    assert (await order_quote(till, cart)).tax_source == "degraded"


async def test_the_engines_word_changed_since_the_cart_was_shown(till: Till) -> None:
    engine = await with_engine(till)
    cart = await till.cart(shirt=1)
    shown = await till.total(cart)
    till.app.part(EngineMemory).forget()
    engine.rate = Decimal("0.2")
    # Prices contain the tax: the total stays, the tax in it is the new one.
    await till.place(cart, expected=shown)
    assert (await order_quote(till, cart)).tax_total == eur(167 + 82)


async def test_B16_an_order_that_is_cancelled_is_voided(till: Till, clock: MovableClock) -> None:
    engine = await with_engine(till)
    cart = await till.cart(shirt=1)
    await till.place(cart)
    await sweep(till, clock)
    await order_actions.cancel_order(
        till.app, order_actions.CancelOrder(order_id=cart.id, reason="customer", because=BECAUSE)
    )
    async with till.db.transaction() as tx:
        await tax.ask_filings_anew(tx, [cart.id], "to_void")
    await sweep(till, clock)
    assert [what for what, _, _ in engine.told] == ["commit", "void"]
    assert engine.filed == {}
    filing = await filing_of(till, cart)
    assert filing is not None
    assert filing.state == "voided"


async def test_B16_an_order_that_is_cancelled_before_it_is_told_of_is_never_told_of(
    till: Till, clock: MovableClock
) -> None:
    engine = await with_engine(till)
    cart = await till.cart(shirt=1)
    await till.place(cart)
    await order_actions.cancel_order(
        till.app, order_actions.CancelOrder(order_id=cart.id, reason="customer", because=BECAUSE)
    )
    await sweep(till, clock)
    filing = await filing_of(till, cart)
    assert filing is not None
    assert (filing.state, engine.told) == ("closed", [])


async def test_B16_a_sale_may_be_told_of_when_its_money_is_taken(
    till: Till, clock: MovableClock
) -> None:
    engine = await with_engine(till, engine_commit="captured")
    promised, paid = await till.cart(shirt=1), await till.cart(mug=1)
    await till.place(promised, INVOICE)
    await till.place(paid, PaymentChoice(gateway="cash"))
    await sweep(till, clock)
    assert [code for _, code, _ in engine.told] == [encode("order", paid.id)]
    waiting = await filing_of(till, promised)
    assert waiting is not None
    assert waiting.state == "open"


async def test_B16_a_refused_sale_is_shown_and_not_tried_for_ever(
    till: Till, clock: MovableClock
) -> None:
    engine = await with_engine(till)
    cart = await till.cart(shirt=1)
    await till.place(cart)
    engine.refuses = True
    await sweep(till, clock)
    filing = await filing_of(till, cart)
    assert filing is not None
    assert (filing.state, filing.reason, filing.next_at) == ("failed", "AddressError", None)


async def test_B16_two_workers_do_not_tell_of_the_same_order(
    till: Till, clock: MovableClock
) -> None:
    await with_engine(till)
    await till.place(await till.cart(shirt=1))
    clock.advance(seconds=10)
    async with till.db.transaction() as tx:
        (first,) = await tax.take_due_filings(tx, lease=timedelta(minutes=2), limit=9)
    async with till.db.transaction() as tx:
        assert await tax.take_due_filings(tx, lease=timedelta(minutes=2), limit=9) == []
    async with till.db.transaction() as tx:
        assert await tax.settle_filing(tx, first, "committed", due_tax_minor=1)
    async with till.db.transaction() as tx:
        assert not await tax.settle_filing(tx, first, "committed", due_tax_minor=1)


async def test_B16_a_refund_leaves_the_rest_of_the_sale() -> None:
    class Half:
        total_minor, refunded_minor = 11000, 5500

    left = tax_filing.adjusted(SALE, Half())  # type: ignore[arg-type]
    assert [line.amount_minor for line in left.lines] == [5000, 0]
    Half.refunded_minor = 11000
    none = tax_filing.adjusted(SALE, Half())  # type: ignore[arg-type]
    assert [line.amount_minor for line in none.lines] == [0, 0]


async def test_B16_a_purchase_in_one_call_asks_the_engine_too(
    till: Till, clock: MovableClock
) -> None:
    engine = await with_engine(till)
    cart = await till.cart(shirt=1)
    command = Purchase(
        channel=till.channel,
        customer_id=None,
        items=(WantedItem(variant_id=till.variants["mug"], quantity=1),),
        email="ann@example.com",
        shipping_address=(await till.cart_now(cart)).shipping_address,
        billing_address=None,
        shipping_method="standard",
        expected_total=eur(990),
        payment=INVOICE,
        because=BECAUSE,
    )
    answer = await checkout.purchase(till.app, command, reply_for(None))
    assert answer.status == 201
    assert len(engine.asked) == 2
    assert await sweep(till, clock) == 1
    with pytest.raises(TotalChanged):
        await till.place(cart, expected=eur(1))


async def test_B16_a_refund_is_filed_by_the_lines_of_its_credit_note(
    till: Till, clock: MovableClock
) -> None:
    engine = await with_engine(till)
    filed: list[EngineDocument] = []
    plain_adjust = engine.adjust

    async def adjust(code: str, document: EngineDocument) -> Any:
        filed.append(document)
        return await plain_adjust(code, document)

    engine.adjust = adjust  # type: ignore[method-assign]
    async with till.db.transaction() as tx:
        entity = invoices.SetEntity(
            code="ltd", name="Ltd", address=BERLIN, channel_ids=(till.channel.id,)
        )
        await invoices.create_entity(tx, entity)
    cart = await till.cart(shirt=2, mug=1)
    await till.place(cart, PaymentChoice(gateway="cash"))
    await sweep(till, clock)
    async with till.db.transaction() as tx:
        document = await invoicing.issue_invoice(tx, cart.id)
        lines = {line.sku: line.id for line in await orders.lines_of(tx, cart.id)}
        [payment] = await payments.payments_of_order(tx, cart.id)
    await money_moves.move(till.app, MoveMoney(payment.id, "refund", BECAUSE, eur(1000)))
    await follow(till.db, tax_filing.tell_of_refunds, payments.PaymentRefunded.TYPE)
    await sweep(till, clock)
    # Nobody has said yet of what the refund is: each line has its share.
    amounts = [line.amount_minor for line in filed[-1].lines]
    assert sum(amounts) == 1990
    assert amounts[0] < 2000 > amounts[1] != 500
    async with till.db.transaction() as tx:
        await invoicing.issue_credit_note(
            tx, document.id, reason="return", wanted={lines["SHIRT"]: 1}
        )
    await follow(till.db, tax_filing.tell_of_credit_notes, invoices.DocumentIssued.TYPE)
    await sweep(till, clock)
    assert [line.amount_minor for line in filed[-1].lines] == [1000, 500, 490]
