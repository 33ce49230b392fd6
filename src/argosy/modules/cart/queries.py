"""Reading one cart."""

from __future__ import annotations

from uuid import UUID

from argosy.modules.cart import store
from argosy.modules.cart.errors import CartNotFound
from argosy.modules.cart.store import KeyState, Seen
from argosy.modules.cart.types import Cart
from argosy.runtime.db import Tx
from argosy.runtime.idempotency import Key


async def cart_by_id(tx: Tx, cart_id: UUID, *, channel_id: UUID, customer_id: UUID | None) -> Cart:
    """The cart, for a shopper who may see it.

    A guest's cart is open to whoever knows its (random) id; a customer's only to that customer.
    Raises CartNotFound for everything else, other channels' carts included.
    """
    cart, _ = await cart_for_change(
        tx, cart_id, None, channel_id=channel_id, customer_id=customer_id
    )
    return cart


async def cart_for_change(
    tx: Tx, cart_id: UUID, key: Key | None, *, channel_id: UUID, customer_id: UUID | None
) -> tuple[Cart, Seen | None]:
    """The same, together with what the idempotency key is already known for. One statement."""
    found = await store.read_cart(tx, cart_id, key)
    if (
        found is None
        or found[0].channel_id != channel_id
        or (found[0].customer_id is not None and found[0].customer_id != customer_id)
    ):
        raise CartNotFound("There is no such cart.", field="cart_id")
    return found


async def key_state(tx: Tx, key: Key) -> KeyState | None:
    """What is known of the idempotency key of a purchase; None if nobody claimed it."""
    return await store.read_key(tx, key)


async def find_cart(tx: Tx, cart_id: UUID) -> Cart | None:
    """The cart, whoever owns it, for workflows that act for the shop."""
    found = await store.read_cart(tx, cart_id)
    return found[0] if found else None
