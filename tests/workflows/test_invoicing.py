"""Invoices and credit notes of orders, by hand and as money moves: B20, B21."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import UUID

import pytest
from tests.workflows.following import follow
from tests.workflows.till import BECAUSE, BERLIN, Till

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules import invoices, orders, payments
from argosy.modules.invoices import Document, EntityMissing, NothingToInvoice, UnitsNotLeft
from argosy.web.invoice_page import invoice_page
from argosy.workflows import invoicing, money_moves
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.placement import PaymentChoice

CASH = PaymentChoice(gateway="cash")


async def a_seller(till: Till, **more: Any) -> invoices.Entity:
    settings: dict[str, Any] = {
        "code": "ltd", "name": "Example Ltd", "address": BERLIN, "tax_id": "DE136695976",
        "channel_ids": (till.channel.id,), "yearly": False,
    }  # fmt: skip
    async with till.db.transaction() as tx:
        return await invoices.create_entity(tx, invoices.SetEntity(**(settings | more)))


async def an_order(till: Till, payment: PaymentChoice | None = None, **units: int) -> UUID:
    cart = await till.cart(**units)
    _, placed = await (till.place(cart) if payment is None else till.place(cart, payment))
    assert placed.result == "placed"
    return cart.id


async def lines_of(till: Till, order_id: UUID) -> dict[str, UUID]:
    async with till.db.reading() as tx:
        return {line.sku.lower(): line.id for line in await orders.lines_of(tx, order_id)}


async def invoice(till: Till, order_id: UUID, wanted: dict[UUID, int] | None = None) -> Document:
    async with till.db.transaction() as tx:
        return await invoicing.issue_invoice(tx, order_id, wanted)


async def documents(till: Till, order_id: UUID) -> list[tuple[str, int]]:
    async with till.db.reading() as tx:
        found = await invoices.documents_of_order(tx, order_id)
    return [(one.number, one.content.total_minor) for one in found]


async def react(till: Till) -> None:
    """Let the worker's reactions follow the payments."""
    await follow(till.db, invoicing.invoice_paid, payments.PaymentCaptured.TYPE)
    await follow(till.db, invoicing.credit_refunded, payments.PaymentRefunded.TYPE)


async def test_B21_partial_invoices_add_up_to_the_order(till: Till) -> None:
    await a_seller(till)
    order_id = await an_order(till, shirt=2, mug=1)
    lines = await lines_of(till, order_id)
    first = await invoice(till, order_id, {lines["shirt"]: 1})
    assert (first.number, first.content.total_minor) == ("INV-000001", 1000 + 196)
    with pytest.raises(UnitsNotLeft):
        await invoice(till, order_id, {lines["shirt"]: 2})
    async with till.db.reading() as tx:
        seen = await invoicing.preview_invoice(tx, order_id)
    rest = await invoice(till, order_id)
    assert rest.content == seen
    order = await till.order(order_id)
    both = first.content, rest.content
    assert sum(one.total_minor for one in both) == order.total_minor == 2990
    assert sum(one.tax_minor for one in both) == order.tax_minor
    assert rest.content.seller.tax_id == "DE136695976"
    assert (rest.content.buyer.name, rest.content.order_number) == (BERLIN.name, order.number)
    with pytest.raises(NothingToInvoice):
        await invoice(till, order_id)


async def test_B20_a_credit_note_refers_to_its_invoice_and_gives_back_units(till: Till) -> None:
    await a_seller(till)
    order_id = await an_order(till, shirt=2)
    lines = await lines_of(till, order_id)
    original = await invoice(till, order_id)

    async def credit(**what: Any) -> Document:
        async with till.db.transaction() as tx:
            return await invoicing.issue_credit_note(tx, original.id, reason="return", **what)

    note = await credit(wanted={lines["shirt"]: 1})
    assert (note.number, note.content.total_minor) == ("CRN-000001", 1000)
    assert note.content.corrects is not None
    assert (note.content.corrects.id, note.content.corrects.number) == (original.id, "INV-000001")
    assert (await credit(amount_minor=500)).content.total_minor == 500
    assert (await credit()).content.total_minor == 2490 - 1500
    with pytest.raises(NothingToInvoice):
        await credit()
    async with till.db.transaction() as tx:
        with pytest.raises(invoices.DocumentNotFound):
            await invoicing.issue_credit_note(tx, note.id, reason="twice")


async def test_B20_two_who_invoice_the_same_order_at_once_invoice_it_once(till: Till) -> None:
    await a_seller(till)
    order_id = await an_order(till, shirt=1)
    found = await asyncio.gather(
        *(invoice(till, order_id) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, Document) for one in found) == 1
    assert sum(isinstance(one, NothingToInvoice) for one in found) == 4
    other = await an_order(till, shirt=1)
    assert (await invoice(till, other)).sequence == 2


async def test_nobody_invoices_for_a_channel_without_a_legal_entity(till: Till) -> None:
    order_id = await an_order(till, shirt=1)
    with pytest.raises(EntityMissing):
        await invoice(till, order_id)
    await a_seller(till)
    unpaid = await till.cart(shirt=1)
    with pytest.raises(orders.OrderNotFound):
        await invoice(till, unpaid.id)
    with pytest.raises(orders.OrderNotFound):
        await invoice(till, new_id())


async def test_B20_an_automatic_seller_invoices_what_is_paid_and_credits_what_goes_back(
    till: Till,
) -> None:
    await a_seller(till, automatic=True)
    order_id = await an_order(till, CASH, shirt=2)
    billed = await an_order(till, shirt=1)
    await react(till)
    # Paid in cash is paid; by invoice it is still to be paid.
    assert await documents(till, order_id) == [("INV-000001", 2490)]
    assert await documents(till, billed) == []
    await react(till)
    async with till.db.reading() as tx:
        [payment] = await payments.payments_of_order(tx, order_id)
    for minor in (1000, 1490):
        await money_moves.move(
            till.app, MoveMoney(payment.id, "refund", BECAUSE, Money(minor, "EUR"))
        )
        await react(till)
    assert await documents(till, order_id) == [
        ("INV-000001", 2490),
        ("CRN-000001", 1000),
        ("CRN-000002", 1490),
    ]
    await till.check_books()


async def test_B20_what_was_credited_by_hand_is_not_credited_again_with_its_refund(
    till: Till,
) -> None:
    await a_seller(till, automatic=True)
    order_id = await an_order(till, CASH, shirt=2)
    await react(till)
    async with till.db.transaction() as tx:
        [original] = await invoices.documents_of_order(tx, order_id)
        await invoicing.issue_credit_note(tx, original.id, reason="return", amount_minor=1000)
    async with till.db.reading() as tx:
        [payment] = await payments.payments_of_order(tx, order_id)
    await money_moves.move(till.app, MoveMoney(payment.id, "refund", BECAUSE, Money(1200, "EUR")))
    await react(till)
    assert await documents(till, order_id) == [
        ("INV-000001", 2490),
        ("CRN-000001", 1000),
        ("CRN-000002", 200),
    ]


async def test_B20_a_refund_that_is_heard_before_its_payment_is_credited_with_the_invoice(
    till: Till,
) -> None:
    await a_seller(till, automatic=True)
    order_id = await an_order(till, CASH, shirt=2)
    async with till.db.reading() as tx:
        [payment] = await payments.payments_of_order(tx, order_id)
    await money_moves.move(till.app, MoveMoney(payment.id, "refund", BECAUSE, Money(1000, "EUR")))
    await follow(till.db, invoicing.credit_refunded, payments.PaymentRefunded.TYPE)
    assert await documents(till, order_id) == []
    await react(till)
    assert await documents(till, order_id) == [("INV-000001", 2490), ("CRN-000001", 1000)]
    await react(till)
    assert len(await documents(till, order_id)) == 2


async def test_a_document_speaks_the_language_in_which_was_bought(till: Till) -> None:
    await a_seller(till)
    await till.stock("shirt", 100)
    order_id = await an_order(till, shirt=100)
    await till.db.pool.execute(
        "update orders.\"order\" set locale = 'de-AT' where id = $1", order_id
    )
    original = await invoice(till, order_id)
    async with till.db.transaction() as tx:
        note = await invoicing.issue_credit_note(tx, original.id, reason="return")
    page, credit = invoice_page(original), invoice_page(note)
    day = f"{original.issued_on:%d.%m.%Y}"
    for text in ('<html lang="de-AT">', "Rechnung INV-000001", "Gesamtbetrag", "19 % (S)", day):
        assert text in page, text
    assert re.search(r">1[.\N{NO-BREAK SPACE}]004,90 EUR<", page)
    assert f"INV-000001 vom {day}" in credit
    assert "Rücksendung" in credit
