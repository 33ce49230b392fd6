"""Orders with payments at the sandbox provider, made through the faces of the islands."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from tests.sandbox import Sandbox

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules import ledger, orders, payments
from argosy.modules.orders import (
    SHOPPER,
    Because,
    MoneyFacts,
    Opening,
    OpenOrder,
    Order,
    OrderLine,
)
from argosy.modules.payments import Captured, Payment
from argosy.runtime.db import Database
from argosy.runtime.settings import Settings
from argosy.workflows import bookkeeping, money_moves
from argosy.workflows.app import App
from argosy.workflows.bookkeeping import OrderParts
from argosy.workflows.money_moves import Moved, MoveMoney

PARTS = OrderParts(currency="EUR", goods=840, shipping=0, discounts=0, taxes=(("DE", 160),))
BECAUSE = Because(actor=SHOPPER, cause="test")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@dataclass
class PaidShop:
    """An app with gateways and nothing else, and what tests ask of its database."""

    app: App
    db: Database
    sandbox: Sandbox

    async def paid(
        self,
        token: str = "tok_approved",  # noqa: S107 - a test token
        *,
        capture: Any = "manual",
        gateway: str = "sandbox",
    ) -> Payment:
        """A confirmed order of ten euros (1.60 of it tax) whose payment succeeded."""
        order_id, payment_id = new_id(), new_id()
        async with self.db.transaction() as tx:
            operation = payments.authorisation(
                payment_id=payment_id,
                order_id=order_id,
                gateway=gateway,
                amount=PARTS.total,
                instrument={"token": token},
                capture=capture,
                at=tx.now,
            )
            await payments.open_payments(tx, [operation])
            opening = Opening(
                order=an_order(order_id, payment_id, operation.id),
                because=BECAUSE,
                waiting_for="gateway",
                lease_until=tx.now,
            )
            await orders.open_orders(tx, [opening])
        outcome = await payments.ask(self.app.gateways, operation)
        taken = PARTS.total.minor if isinstance(outcome, Captured) else 0
        facts = MoneyFacts(authorised_minor=PARTS.total.minor, captured_minor=taken)
        async with self.db.transaction() as tx:
            await orders.confirm_order(
                tx, order_id, operation.id, facts, BECAUSE, number_prefix="T"
            )
            recorded = await payments.record(tx, operation.id, outcome)
            assert recorded.operation.state == "succeeded", outcome
            await ledger.post(tx, bookkeeping.placed(order_id, PARTS, tx.now))
            if taken:
                await ledger.post(
                    tx,
                    bookkeeping.captured(
                        order_id, operation.id, gateway=gateway, amount=PARTS.total, at=tx.now
                    ),
                )
        return await self.payment(payment_id)

    async def move(self, payment: Payment, kind: Any, minor: int | None = None, **more: Any) -> Any:
        """Capture, void or refund through the workflow."""
        amount = None if minor is None else eur(minor)
        reply = more.pop("reply", None)
        command = MoveMoney(payment.id, kind, BECAUSE, amount=amount, **more)
        return await money_moves.move(self.app, command, reply)

    async def moved(self, payment: Payment, kind: Any, minor: int | None = None) -> Moved:
        """As `move`, without a key."""
        done = await self.move(payment, kind, minor)
        assert isinstance(done, Moved)
        return done

    async def payment(self, payment_id: UUID) -> Payment:
        async with self.db.reading() as tx:
            return await payments.payment_by_id(tx, payment_id)

    async def order(self, order_id: UUID) -> Order:
        async with self.db.reading() as tx:
            return await orders.order_by_id(tx, order_id)

    async def history(self, order_id: UUID) -> list[str]:
        async with self.db.reading() as tx:
            return [entry.kind for entry in await orders.timeline_of(tx, order_id)]

    async def balances(self) -> dict[str, int]:
        """The accounts that are not zero; asserts that the books are in order."""
        async with self.db.reading() as tx:
            rows = await ledger.trial_balance(tx)
            assert await ledger.verify(tx) == []
        assert sum(row.balance.minor for row in rows) == 0
        return {row.account: row.balance.minor for row in rows if row.balance}


def paid_shop(db: Database, sandbox: Sandbox, gateways: dict[str, Any]) -> PaidShop:
    """A shop on `db` with these gateways."""
    handles = SimpleNamespace(
        db=db, checkout_db=db, settings=Settings(_env_file=None), gateways=gateways
    )
    return PaidShop(cast("App", handles), db, sandbox)


def an_order(order_id: UUID, payment_id: UUID, operation_id: UUID) -> OpenOrder:
    total = PARTS.total
    line = OrderLine(
        id=new_id(),
        position=1,
        variant_id=new_id(),
        product_id=new_id(),
        sku="TEE",
        title="Tee",
        variant_title="M",
        options={},
        configuration={},
        tax_class="standard",
        image_key=None,
        weight_g=None,
        requires_shipping=True,
        tracks_inventory=False,
        quantity=1,
        unit_minor=840,
        subtotal_minor=840,
        discount_minor=0,
        net_minor=840,
        tax_minor=160,
        total_minor=1000,
    )
    return OpenOrder(
        id=order_id,
        attempt=1,
        channel_id=new_id(),
        customer_id=None,
        email="ann@example.com",
        email_normalised="ann@example.com",
        total=total,
        subtotal_minor=840,
        discount_minor=0,
        shipping_minor=0,
        tax_minor=160,
        quote={},
        quote_hash="h",
        shipping_address=None,
        billing_address=None,
        shipping_method=None,
        payment_id=payment_id,
        operation_id=operation_id,
        gateway="sandbox",
        lines=(line,),
    )
