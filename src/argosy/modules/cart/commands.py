"""Use cases of one cart that need nobody else. Changes of lines combine several islands and live
in `workflows/carting.py`, on top of the pure rules and `write`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import new_id
from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules.cart import rules, store
from argosy.modules.cart.errors import CartNotFound
from argosy.modules.cart.events import CartAbandoned, CartMerged
from argosy.modules.cart.store import Begun
from argosy.modules.cart.types import Cart, CartLine, CartState, Merged
from argosy.runtime.db import Tx
from argosy.runtime.idempotency import Key
from argosy.runtime.outbox_rows import Answered


def new_cart(
    now: datetime,
    *,
    channel_id: UUID,
    currency: str,
    customer_id: UUID | None = None,
    email: str = "",
    lines: tuple[CartLine, ...] = (),
    shipping_address: Address | None = None,
    billing_address: Address | None = None,
    shipping_method: str | None = None,
    coupons: tuple[str, ...] = (),
    tax_id: TaxIdEvidence | None = None,
    locale: str = "",
    keep_days: int = rules.KEEP_DAYS,
) -> Cart:
    """A fresh, open cart, not stored yet. It is given up when nobody touches it for `keep_days`."""
    return Cart(
        id=new_id(),
        channel_id=channel_id,
        customer_id=customer_id,
        currency=currency,
        state="open",
        version=1,
        attempt=0,
        lines=lines,
        email=email,
        shipping_address=shipping_address,
        billing_address=billing_address,
        shipping_method=shipping_method,
        coupons=coupons,
        merged_into=None,
        expires_at=rules.expiry(now, keep_days),
        created_at=now,
        updated_at=now,
        tax_id=tax_id,
        locale=locale,
    )


async def write(
    tx: Tx,
    *,
    made: Sequence[tuple[Cart, Key | None]] = (),
    changed: Sequence[tuple[Cart, Cart]] = (),
) -> set[UUID]:
    """Store new carts, each once per idempotency key, and write back changed ones (as read, as
    changed); the ids of those written. One statement, also outside of a transaction.

    Each stands for itself. Not made: its key was seen before, and `key_state` says for which cart.
    Not changed: somebody else changed, placed or holds it in this moment; read it again and redo. A
    change must have moved `version` on: pass it through `touched` when a shopper made it.
    """
    return await store.write_carts(tx, made, changed)


def touched(cart: Cart, now: datetime, keep_days: int = rules.KEEP_DAYS) -> Cart:
    """The cart with its version, its time of change and its expiry moved on."""
    return msgspec.structs.replace(
        cart,
        version=cart.version + 1,
        updated_at=now,
        expires_at=rules.expiry(now, keep_days),
    )


async def begin(
    tx: Tx, wanted: Sequence[tuple[UUID, Key]], *, placed: bool = False
) -> dict[UUID, Begun]:
    """Claim keys and take open carts into their purchase; locks their rows in the order of their
    ids. One statement; each cart and each key once.

    Not claimed: the key is known, ask `idempotency.claim` what for. Claimed, but no cart: it is not
    open or unknown. `placed`: the payments are decided in this very transaction, so the carts are
    placed at once.
    """
    return await store.begin_carts(tx, wanted, "placed" if placed else "placing")


async def begin_new(
    tx: Tx, wanted: Sequence[tuple[Cart, Key, Answered | None]], *, placed: bool = False
) -> set[UUID]:
    """The same for carts that begin their purchase as they are made (one-call purchase), with the
    answers that are stored under their keys, where these are known.

    The ids of the carts whose key was new; for the others nothing is stored.
    """
    return await store.begin_new_carts(tx, wanted, "placed" if placed else "placing")


async def take_back(
    tx: Tx,
    keys: Sequence[Key],
    *,
    made: Sequence[UUID] = (),
    begun: Sequence[tuple[UUID, datetime]] = (),
) -> None:
    """Undo in the same transaction what `begin` (with when each cart was last touched) and
    `begin_new` did: for those of many who cannot be served.
    """
    await store.take_back(tx, keys, made, begun)


async def move(
    tx: Tx, cart_id: UUID, attempt: int, state: CartState, *, origins: Collection[CartState] = ()
) -> bool:
    """Move a cart within its purchase, by the transition table. False: it was not there any more.

    `origins` narrows the states it may come from.
    """
    legal = [was for was, ends in rules.TRANSITIONS.items() if state in ends and was != "open"]
    chosen = [was for was in legal if not origins or was in origins]
    return await store.move_cart(
        tx,
        cart_id,
        attempt=attempt,
        origins=chosen,
        state=state,
        expires_at=rules.expiry(tx.now),
    )


async def renew_tax_id(tx: Tx, cart_id: UUID, tax_id: TaxIdEvidence) -> bool:
    """Give an open cart newer evidence for the tax id that it names. False: it names it no more."""
    return await store.renew_tax_id(tx, cart_id, tax_id)


async def close(tx: Tx, cart_id: UUID) -> bool:
    """End the open cart of an order that is being cancelled, so that it is not placed again."""
    return await store.close_cart(tx, cart_id)


async def take_over_key(tx: Tx, key: Key, claimed_at: datetime) -> bool:
    """Make a claim ours whose owner never answered. False: somebody else was faster."""
    return await store.take_over_key(tx, key, claimed_at)


async def forget_key(tx: Tx, key: Key) -> None:
    """Drop a claim that had no effect, so that its request may be sent again."""
    await store.forget_key(tx, key)


async def merge_carts(
    tx: Tx,
    guest_id: UUID,
    channel_id: UUID,
    customer_id: UUID,
    *,
    keep_days: int = rules.KEEP_DAYS,
) -> Merged:
    """Pour a guest's cart into the customer's, or make it the customer's (DOMAIN.md G9).

    A repeat answers with the cart that the guest's cart went into, without doubling anything.
    Raises CartNotFound (unknown, other channel, somebody else's), CartNotOpen, CartExpired.
    """
    newest = await store.newest_cart_of_customer(tx, customer_id, channel_id)
    wanted = {guest_id} | ({newest.id} if newest else set())
    locked = await store.lock_carts(tx, wanted)
    guest = locked.get(guest_id)
    if guest is None or not _may_use(guest, channel_id, customer_id):
        raise CartNotFound("There is no such cart.", field="cart_id")
    if guest.merged_into is not None:
        return await _merged_before(tx, guest)
    rules.check_open(guest, tx.now)
    account = locked.get(newest.id) if newest else None
    if account is None or account.id == guest.id or account.state != "open":
        return await _adopt(tx, guest, customer_id, keep_days)
    result = rules.merged(account, guest)
    await store.write_merged_cart(tx, _kept(tx, result.cart, keep_days))
    await store.write_merged_cart(tx, _left_behind(result.guest))
    tx.emit(CartMerged(cart_id=guest.id, into_cart_id=account.id, customer_id=customer_id))
    return _reversioned(result)


async def expire_due(tx: Tx, limit: int) -> int:
    """Close carts that nobody touched for a month; the number of carts visited.

    Placed carts are only taken off the list. CartAbandoned tells of those that held something.
    """
    visited = await store.expire_carts(tx, limit)
    for cart in visited:
        if cart.was == "open" and cart.lines:
            tx.emit(
                CartAbandoned(
                    cart_id=cart.id,
                    channel_id=cart.channel_id,
                    customer_id=cart.customer_id,
                    lines=cart.lines,
                )
            )
    return len(visited)


async def forget_person(tx: Tx, customer_id: UUID) -> int:
    """Empty and close the customer's carts, so that nothing in them names the person (Q4).

    A cart that is being paid for stays as it is until that is decided: returned is how many those
    are, so that the caller comes again. A repeat finds nothing.
    """
    _, busy = await store.forget_person(tx, customer_id)
    return busy


def _may_use(cart: Cart, channel_id: UUID, customer_id: UUID | None) -> bool:
    return cart.channel_id == channel_id and cart.customer_id in (None, customer_id)


async def _merged_before(tx: Tx, guest: Cart) -> Merged:
    assert guest.merged_into is not None
    found = await store.lock_carts(tx, {guest.merged_into})
    return Merged(cart=found[guest.merged_into], guest=guest, notes=())


async def _adopt(tx: Tx, guest: Cart, customer_id: UUID, keep_days: int) -> Merged:
    if guest.customer_id == customer_id:
        return Merged(cart=guest, guest=guest, notes=())
    own = _kept(tx, rules.owned_by(guest, customer_id), keep_days)
    await store.write_merged_cart(tx, own)
    own = _next_version(own)
    return Merged(cart=own, guest=own, notes=())


def _kept(tx: Tx, cart: Cart, keep_days: int) -> Cart:
    # Its version is moved on by the statement that writes a locked row.
    expires_at = rules.expiry(tx.now, keep_days)
    return msgspec.structs.replace(cart, updated_at=tx.now, expires_at=expires_at)


def _left_behind(guest: Cart) -> Cart:
    if guest.state == "open":
        return guest
    return msgspec.structs.replace(guest, lines=(), expires_at=None)


def _reversioned(result: Merged) -> Merged:
    return Merged(
        cart=_next_version(result.cart), guest=_next_version(result.guest), notes=result.notes
    )


def _next_version(cart: Cart) -> Cart:
    changed: Mapping[str, Any] = {"version": cart.version + 1}
    return msgspec.structs.replace(cart, **changed)
