"""Reading use cases of wallets."""

from __future__ import annotations

from uuid import UUID

from argosy.modules.wallets import store
from argosy.modules.wallets.errors import SavedMethodNotFound
from argosy.modules.wallets.types import SavedMethod
from argosy.runtime.db import Tx


async def list_methods(tx: Tx, customer_id: UUID) -> list[SavedMethod]:
    """The customer's ways to pay. The first is their default: the one that they last chose to come
    first, else the oldest.
    """
    return await store.methods(tx, customer_id)


async def method_of(tx: Tx, customer_id: UUID, method_id: UUID) -> SavedMethod:
    """One of the customer's own. Raises SavedMethodNotFound, also for another's."""
    found = await store.method(tx, customer_id, method_id)
    if found is None:
        raise SavedMethodNotFound("There is no such way to pay.", field="payment.saved_method")
    return found


async def removed_method(tx: Tx, method_id: UUID) -> SavedMethod | None:
    """One that was removed and waits to be forgotten at its provider."""
    return await store.removed_method(tx, method_id)
