"""Licence keys from their pool to the buyer.

    an order is paid  --owe_keys-->  its lines are owed keys  --agree / time--> keys are given
    it is cancelled, voided, or refunded in full  --end_keys-->  its keys are revoked

A key is given within the time of withdrawal only to who asked for it and knows that the right to
withdraw is lost by that: Directive 2011/83/EU, Article 16 (m). Without it the key is given when
that time (14 days, Article 9) is over. The id of an order is that of its cart, so consent may be
given before the purchase.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from argosy.modules import catalog, licences
from argosy.modules.licences import LicenceKeysInvalid, NewKey, OwedLine, Pool
from argosy.reads.paid_licences import ended_orders, paid_licences
from argosy.runtime.credentials import keyed_hash, locked, unlocked
from argosy.runtime.db import Tx
from argosy.runtime.settings import Settings
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App

_PURPOSE: Final = "licence keys"
_SWEPT: Final = 20


class ShownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key in the clear. `text` is empty where it was revoked, or locked by another secret key."""

    line_id: UUID
    unit: int
    text: str
    given_at: datetime
    revoked: bool


class Licences(msgspec.Struct, frozen=True, kw_only=True):
    """What an order was given, how many keys are to come, and whether that waits for the buyer."""

    keys: tuple[ShownKey, ...]
    missing: int
    asks_consent: bool
    consented_at: datetime | None

    def __bool__(self) -> bool:
        return bool(self.keys) or self.missing > 0


async def set_pool(tx: Tx, pool: Pool, *, expected: int | None = None) -> Pool:
    """Have the variant delivered as keys. Raises VariantNotFound, PoolChangedMeanwhile."""
    await catalog.variant_by_id(tx, pool.variant_id)
    return await licences.set_pool(tx, pool, expected=expected)


async def add_keys(tx: Tx, settings: Settings, variant_id: UUID, texts: Sequence[str]) -> int:
    """Put keys into the variant's pool, encrypted, and give those who wait; how many were new.

    Raises PoolNotFound, LicenceKeysInvalid.
    """
    if not 1 <= len(texts) <= licences.MAX_KEYS:
        raise LicenceKeysInvalid(f"1 to {licences.MAX_KEYS} keys at a time.", field="keys")
    secret = settings.secret_key.get_secret_value()
    keys: dict[bytes, NewKey] = {}
    for n, text in enumerate(one.strip() for one in texts):
        if not 1 <= len(text) <= licences.MAX_KEY_LENGTH or not text.isprintable():
            raise LicenceKeysInvalid("A key is one line of text.", field=f"keys[{n}]")
        digest = keyed_hash(secret, _PURPOSE, text)
        keys.setdefault(digest, NewKey(digest, locked(secret, text, purpose=_PURPOSE)))
    return await licences.add_keys(tx, variant_id, list(keys.values()))


async def licences_of(tx: Tx, settings: Settings, order_id: UUID) -> Licences:
    """What the order was given, in the clear. Three statements."""
    found = await licences.standing_of(tx, order_id)
    secret = settings.secret_key.get_secret_value()
    return Licences(
        keys=tuple(
            ShownKey(
                line_id=key.line_id,
                unit=key.unit,
                text=""
                if key.revoked_at is not None
                else unlocked(secret, key.box, purpose=_PURPOSE) or "",
                given_at=key.allotted_at,
                revoked=key.revoked_at is not None,
            )
            for key in found.keys
        ),
        missing=found.missing,
        asks_consent=found.asks_consent,
        consented_at=found.consented_at,
    )


async def asks_consent(tx: Tx, variant_ids: Sequence[UUID]) -> bool:
    """Whether any of these is a key that its buyer is to ask for. No statement without variants."""
    if not variant_ids:
        return False
    pools = await licences.pools_of(tx, list(variant_ids))
    return any(pool.asks_consent for pool in pools.values())


async def owe_keys(tx: Tx, events: Sequence[Delivered]) -> None:
    """Owe orders that are paid their keys. One statement where none is delivered so."""
    orders = {UUID(str(event.data["order_id"])) for event in events}
    lines = [OwedLine(*row.values()) for row in await paid_licences(tx, orders)]
    await licences.owe(tx, lines)


async def end_keys(tx: Tx, events: Sequence[Delivered]) -> None:
    """Revoke the keys of orders that were cancelled, refunded in full, or whose authorisation was
    voided. What was refunded in part keeps them: which keys came back is not told by an amount.
    """
    orders = {UUID(str(event.data["order_id"])) for event in events}
    await licences.end(tx, await ended_orders(tx, orders))


async def give_ripe(app: App) -> int:
    """Give keys to whom they could not be given at once: the time to withdraw is over, or another
    transaction had the last ones in hand and let go of them.
    """
    async with app.db.reading() as tx:
        variants = await licences.variants_waited_for(tx, _SWEPT)
    for variant_id in variants:
        async with app.db.transaction() as tx:
            await licences.give_waiting(tx, variant_id)
    return 0
