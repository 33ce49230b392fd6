"""Keeping ways to pay, and removing them here at once and at the provider by a job."""

from __future__ import annotations

from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.wallets import store
from argosy.modules.wallets.errors import SavedMethodNotFound, WalletFull
from argosy.modules.wallets.rules import MAX_METHODS
from argosy.modules.wallets.types import ForgetMethod, NewMethod
from argosy.runtime.db import Tx


async def save_method(tx: Tx, customer_id: UUID, new: NewMethod) -> bool:
    """Keep a way to pay for a customer who agreed. Safe to repeat: False when it is kept already,
    or was and is removed. Of two that look alike the newer stays; the other is removed.
    """
    method_id = new_id()
    if not await store.save_method(tx, method_id, customer_id, new):
        return False
    _ask_to_forget(tx, await store.remove_alike(tx, method_id, customer_id, new))
    return True


async def check_room(tx: Tx, customer_id: UUID) -> None:
    """Raises WalletFull when no further way to pay is kept for this customer."""
    if len(await store.methods(tx, customer_id)) >= MAX_METHODS:
        raise WalletFull(f"At most {MAX_METHODS} ways to pay are kept.", field="payment.save")


async def prefer_method(tx: Tx, customer_id: UUID, method_id: UUID) -> None:
    """It comes first from now on. Repeating it changes nothing that shows. Raises
    SavedMethodNotFound.
    """
    if not await store.prefer(tx, customer_id, method_id):
        raise SavedMethodNotFound("There is no such way to pay.")


async def remove_method(tx: Tx, customer_id: UUID, method_id: UUID) -> None:
    """It is not offered or charged any more. Raises SavedMethodNotFound. Queues ForgetMethod."""
    gone = await store.remove(tx, customer_id, method_id)
    if not gone:
        raise SavedMethodNotFound("There is no such way to pay.")
    _ask_to_forget(tx, gone)


async def remove_kept_from(tx: Tx, customer_id: UUID, payment_id: UUID) -> None:
    """Remove what was kept from this payment, if anything. Queues ForgetMethod."""
    kept = await store.methods(tx, customer_id)
    for one in kept:
        if one.payment_id == payment_id:
            _ask_to_forget(tx, await store.remove(tx, customer_id, one.id))


async def forget_wallet(tx: Tx, customer_id: UUID) -> int:
    """Remove all of a customer's (erasure, Q4); how many there were. Queues ForgetMethod."""
    gone = await store.remove(tx, customer_id, None)
    _ask_to_forget(tx, gone)
    return len(gone)


async def note_forgotten(tx: Tx, method_id: UUID) -> None:
    """The provider has forgotten it. Repeating it changes nothing."""
    await store.delete_removed(tx, method_id)


def _ask_to_forget(tx: Tx, gone: list[UUID]) -> None:
    for method_id in gone:
        tx.enqueue(ForgetMethod(method_id=method_id), dedupe=f"forget_method:{method_id}")
