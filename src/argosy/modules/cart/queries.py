"""Reading carts."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection
from hashlib import blake2b
from uuid import UUID

from argosy.modules.cart import store
from argosy.modules.cart.errors import CartNotFound
from argosy.modules.cart.store import KeyState
from argosy.modules.cart.types import Cart
from argosy.runtime.db import Tx
from argosy.runtime.idempotency import Key, KeyReused

_KEY = 16


async def cart_by_id(tx: Tx, cart_id: UUID, *, channel_id: UUID, customer_id: UUID | None) -> Cart:
    """The cart, for a shopper who may see it. Raises CartNotFound."""
    found = await store.read_carts(tx, [cart_id])
    return check_theirs(found.get(cart_id), channel_id=channel_id, customer_id=customer_id)


async def carts_by_id(tx: Tx, cart_ids: Collection[UUID]) -> dict[UUID, Cart]:
    """The carts that exist, whoever owns them, in one statement; see `check_theirs`."""
    return await store.read_carts(tx, cart_ids)


def check_theirs(cart: Cart | None, *, channel_id: UUID, customer_id: UUID | None) -> Cart:
    """The cart, if this shopper may see it.

    A guest's cart is open to whoever knows its (random) id; a customer's only to that customer.
    Raises CartNotFound for everything else, other channels' carts included.
    """
    if (
        cart is None
        or cart.channel_id != channel_id
        or (cart.customer_id is not None and cart.customer_id != customer_id)
    ):
        raise CartNotFound("There is no such cart.", field="cart_id")
    return cart


def mark_of(key: Key) -> str:
    """What a cart keeps of an Idempotency-Key: 16 characters for the key in its scope, 12 for the
    request that it came with.
    """
    name = blake2b(f"{key.scope}\0{key.key}".encode(), digest_size=12).digest()
    return b64encode(name + key.request_hash[:9]).decode()


def was_applied(cart: Cart, mark: str) -> bool:
    """Whether the change of that mark was made before. Raises KeyReused for another request."""
    for known in cart.applied:
        if known[:_KEY] == mark[:_KEY]:
            if known != mark:
                raise KeyReused(
                    "This Idempotency-Key was used for another request.",
                    field="Idempotency-Key",
                    cure="Use a new key for a new request.",
                )
            return True
    return False


async def key_state(tx: Tx, key: Key) -> KeyState | None:
    """What is known of the idempotency key of a purchase; None if nobody claimed it."""
    return await store.read_key(tx, key)


async def find_cart(tx: Tx, cart_id: UUID) -> Cart | None:
    """The cart, whoever owns it, for workflows that act for the shop."""
    return (await store.read_carts(tx, [cart_id])).get(cart_id)
