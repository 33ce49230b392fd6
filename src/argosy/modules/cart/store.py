"""One typed function per statement of store.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules.cart.types import Cart, CartLine, CartState
from argosy.runtime.db import Record, Tx
from argosy.runtime.idempotency import Key
from argosy.runtime.outbox_rows import Answered
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)

_LINES = tuple[CartLine, ...]


class KeyState(NamedTuple):
    """A claimed key: its request's hash, its answer if there is one, the cart that it began."""

    request_hash: bytes
    answer: Answered | None
    cart_id: UUID | None
    claimed_at: datetime


class Begun(NamedTuple):
    """Whether the key was new, and the cart if it was open: as it is now, and when it was last
    touched before.
    """

    claimed: bool
    cart: Cart | None
    touched_at: datetime | None


class Expired(NamedTuple):
    """A cart that the sweep visited. `was` is its state before."""

    id: UUID
    channel_id: UUID
    customer_id: UUID | None
    lines: int
    was: CartState


async def write_carts(
    tx: Tx, made: Sequence[tuple[Cart, Key | None]], changed: Sequence[tuple[Cart, Cart]]
) -> set[UUID]:
    """Store new carts, and write each changed one over what it was read as; the ids of those done.

    Of the others, the key was seen; or they had another version, were not open any more, or
    somebody holds their row.
    """
    rows = await tx.many(
        SQL.write_carts,
        [_new_row(cart, key) for cart, key in made],
        [_changed_row(was, now) for was, now in changed],
    )
    return {row["id"] for row in rows}


async def read_carts(tx: Tx, cart_ids: Collection[UUID]) -> dict[UUID, Cart]:
    """The carts that exist."""
    rows = await tx.many(SQL.read_carts, list(cart_ids))
    return {row["id"]: cart_of(row) for row in rows}


async def begin_carts(
    tx: Tx, wanted: Sequence[tuple[UUID, Key]], state: CartState
) -> dict[UUID, Begun]:
    """Claim keys and move open carts to `state`; by cart."""
    rows = await tx.many(
        SQL.begin_carts,
        [cart_id for cart_id, _ in wanted],
        [key.scope for _, key in wanted],
        [key.key for _, key in wanted],
        [key.request_hash for _, key in wanted],
        tx.now,
        state,
    )
    return {
        row["cart_id"]: Begun(
            row["claimed"], None if row["id"] is None else cart_of(row), row["touched_at"]
        )
        for row in rows
    }


async def begin_new_carts(
    tx: Tx, wanted: Sequence[tuple[Cart, Key, Answered | None]], state: CartState
) -> set[UUID]:
    """Claim keys and store carts in `state`; the ids of those whose key was new."""
    carts = [cart for cart, _, _ in wanted]
    keys = [key for _, key, _ in wanted]
    answers = [answer for _, _, answer in wanted]
    rows = await tx.many(
        SQL.begin_new_carts,
        [cart.id for cart in carts],
        [cart.channel_id for cart in carts],
        [cart.customer_id for cart in carts],
        [cart.currency for cart in carts],
        [msgspec.Raw(msgspec.json.encode(cart.lines)) for cart in carts],
        [cart.email for cart in carts],
        [cart.shipping_address for cart in carts],
        [cart.billing_address for cart in carts],
        [cart.shipping_method for cart in carts],
        [key.scope for key in keys],
        [key.key for key in keys],
        [key.request_hash for key in keys],
        [answer.status if answer else None for answer in answers],
        [answer.body if answer else None for answer in answers],
        [
            answer.headers if answer else {"cart": cart.id}
            for cart, answer in zip(carts, answers, strict=True)
        ],
        tx.now,
        state,
        [msgspec.Raw(msgspec.json.encode(cart.coupons)) for cart in carts],
        [cart.tax_id for cart in carts],
        [cart.locale for cart in carts],
    )
    return {row["id"] for row in rows}


async def take_back(
    tx: Tx, keys: Sequence[Key], made: Sequence[UUID], begun: Sequence[tuple[UUID, datetime]]
) -> None:
    """Drop keys that were claimed, and carts that were made or begun, in this transaction."""
    await tx.run(
        SQL.take_back,
        [key.scope for key in keys],
        [key.key for key in keys],
        list(made),
        [cart_id for cart_id, _ in begun],
        [touched_at for _, touched_at in begun],
    )


async def read_key(tx: Tx, key: Key) -> KeyState | None:
    """What is known of a key; None if nobody claimed it."""
    row = await tx.maybe(SQL.read_key, key.scope, key.key)
    if row is None:
        return None
    headers = row["headers"] or {}
    answer = None
    if row["body"] is not None:
        answer = key.answered(row["status"], row["body"], headers)
    cart_id = UUID(headers["cart"]) if answer is None and "cart" in headers else None
    return KeyState(row["request_hash"], answer, cart_id, row["claimed_at"])


async def take_over_key(tx: Tx, key: Key, claimed_at: datetime) -> bool:
    """Make a claim without an answer ours. False: somebody else did, or it is answered now."""
    return await tx.run(SQL.take_over_key, key.scope, key.key, claimed_at, tx.now) == 1


async def forget_key(tx: Tx, key: Key) -> None:
    """Drop a claim without an answer: its request may be sent again as if for the first time."""
    await tx.run(SQL.forget_key, key.scope, key.key)


async def move_cart(
    tx: Tx,
    cart_id: UUID,
    *,
    attempt: int,
    origins: Collection[CartState],
    state: CartState,
    expires_at: datetime,
) -> bool:
    """Compare-and-set between states within one attempt."""
    row = await tx.maybe(SQL.move_cart, cart_id, attempt, list(origins), state, tx.now, expires_at)
    return row is not None


async def renew_tax_id(tx: Tx, cart_id: UUID, tax_id: TaxIdEvidence) -> bool:
    """Replace the evidence of the tax id that an open cart names; whether it names it still."""
    return await tx.run(SQL.renew_tax_id, cart_id, tax_id, tax_id.value, tx.now) == 1


async def close_cart(tx: Tx, cart_id: UUID) -> bool:
    """End a cart whose purchase failed. False: it is not open, or was never placed."""
    return await tx.run(SQL.close_cart, cart_id, tx.now) == 1


async def lock_carts(tx: Tx, cart_ids: Collection[UUID]) -> dict[UUID, Cart]:
    """The carts, locked in the order of their ids until the transaction ends."""
    rows = await tx.many(SQL.lock_carts, list(cart_ids))
    return {row["id"]: cart_of(row) for row in rows}


async def newest_cart_of_customer(tx: Tx, customer_id: UUID, channel_id: UUID) -> Cart | None:
    """The open cart that the customer used last in that channel."""
    row = await tx.maybe(SQL.newest_cart_of_customer, customer_id, channel_id, tx.now)
    return cart_of(row) if row else None


async def write_merged_cart(tx: Tx, cart: Cart) -> None:
    """Write a cart whose row is locked."""
    await tx.run(
        SQL.write_merged_cart,
        cart.id,
        cart.lines,
        cart.email,
        cart.shipping_address,
        cart.billing_address,
        cart.shipping_method,
        cart.customer_id,
        cart.state,
        cart.merged_into,
        cart.expires_at,
        tx.now,
        list(cart.coupons),
        cart.tax_id,
    )


async def expire_carts(tx: Tx, limit: int) -> Sequence[Expired]:
    """Close what nobody touched, at most `limit`; skips carts that are being worked on."""
    rows = await tx.many(SQL.expire_carts, tx.now, limit)
    return [
        Expired(row["id"], row["channel_id"], row["customer_id"], row["lines"], row["was"])
        for row in rows
    ]


async def forget_person(tx: Tx, customer_id: UUID) -> tuple[int, int]:
    """Empty the customer's carts; (how many, how many are being paid for and stay)."""
    row = await tx.one(SQL.forget_person, customer_id, tx.now)
    return row["forgotten"], row["busy"]


def cart_of(row: Record) -> Cart:
    """The cart in a row of cart.cart."""
    return Cart(
        id=row["id"],
        channel_id=row["channel_id"],
        customer_id=row["customer_id"],
        currency=row["currency"],
        state=row["state"],
        version=row["version"],
        attempt=row["attempt"],
        lines=msgspec.convert(row["lines"], _LINES),
        email=row["email"],
        shipping_address=_address(row["shipping_address"]),
        billing_address=_address(row["billing_address"]),
        shipping_method=row["shipping_method"],
        merged_into=row["merged_into"],
        expires_at=row["expires_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        applied=tuple(row["applied"]),
        coupons=tuple(row["coupons"]),
        declined_gifts=tuple(UUID(one) for one in row["declined_gifts"]),
        tax_id=_tax_id(row["tax_id"]),
        locale=row["locale"],
    )


def _address(value: object) -> Address | None:
    return None if value is None else msgspec.convert(value, Address)


def _tax_id(value: object) -> TaxIdEvidence | None:
    return None if value is None else msgspec.convert(value, TaxIdEvidence)


def _new_row(cart: Cart, key: Key | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": cart.id,
        "channel_id": cart.channel_id,
        "customer_id": cart.customer_id,
        "currency": cart.currency,
        "email": cart.email,
        "lines": cart.lines,
        "shipping_address": cart.shipping_address,
        "billing_address": cart.billing_address,
        "shipping_method": cart.shipping_method,
        "tax_id": cart.tax_id,
        "expires_at": cart.expires_at,
        "created_at": cart.created_at,
    }
    if cart.coupons:
        row["coupons"] = cart.coupons
    if cart.locale:
        row["locale"] = cart.locale
    if key is not None:
        row |= {"scope": key.scope, "key": key.key, "request_hash": key.request_hash}
    return row


def _changed_row(was: Cart, now: Cart) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": was.id,
        "base": was.version,
        "version": now.version,
        "shipping_method": now.shipping_method,
        "tax_id": now.tax_id,
        "customer_id": now.customer_id,
        "expires_at": now.expires_at,
        "updated_at": now.updated_at,
    }
    for name in (
        "lines",
        "email",
        "shipping_address",
        "billing_address",
        "applied",
        "coupons",
        "declined_gifts",
        "locale",
    ):
        value = getattr(now, name)
        if value is not getattr(was, name):
            row[name] = value
    return row
