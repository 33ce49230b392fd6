"""Erasure goes on where the customers island ends: carts and orders of the person (Q4).

CustomerErased -- ask_to_forget (a subscription) --> job: forget_person
  carts are emptied, settled orders pseudonymised; while a payment or a delivery is open, the
  job asks for itself again a day later, until nothing is left that names the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Job
from argosy.modules import cart, orders, tax
from argosy.modules.orders import Because
from argosy.reads.attached import files_in_carts_of
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows import attaching
from argosy.workflows.app import App

AGAIN_AFTER = timedelta(days=1)


class ForgetPerson(Job, frozen=True, kw_only=True):
    """Take what names an erased customer out of carts and orders."""

    NAME: ClassVar[str] = "customers.forget_person"

    customer_id: UUID


async def ask_to_forget(tx: Tx, events: Sequence[Delivered]) -> None:
    """Queue the work for each erased customer, once while it waits."""
    for event in events:
        job = ForgetPerson(customer_id=UUID(event.data["customer_id"]))
        tx.enqueue(job, dedupe=f"forget:{job.customer_id}")


async def forget_person(app: App, job: ForgetPerson) -> None:
    """Forget what can be forgotten now, and come again for the rest. A repeat changes nothing."""
    async with app.db.transaction() as tx:
        in_carts = await files_in_carts_of(tx, job.customer_id)
        because = Because(actor=orders.SYSTEM, cause="customer_erased")
        await tax.forget_buyer(tx, job.customer_id)
        waiting = await cart.forget_person(tx, job.customer_id)
        waiting += await orders.forget_person(tx, job.customer_id, because)
        keys = await attaching.forgotten(tx, job.customer_id, in_carts)
        if waiting:
            day = (tx.now + AGAIN_AFTER).date()
            tx.enqueue(job, after=AGAIN_AFTER, dedupe=f"forget:{job.customer_id}:{day}")
    await attaching.remove(app, keys)
