"""Fill pools, owe keys, give them, end them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from argosy.modules.licences import store
from argosy.modules.licences.errors import PoolChangedMeanwhile, PoolNotFound
from argosy.modules.licences.events import KeysDelivered, KeysRevoked, KeysShort
from argosy.modules.licences.types import NewKey, OwedLine, Pool
from argosy.runtime.db import Tx

_AT_A_TIME = 100


async def set_pool(tx: Tx, pool: Pool, *, expected: int | None = None) -> Pool:
    """Have a variant delivered so; `expected`: the version that was read (0: no pool). Lines that
    are owed keys already stay as they are. Raises PoolChangedMeanwhile.
    """
    found = await store.pools_of(tx, [pool.variant_id])
    version = found[0].version if found else 0
    same = bool(found) and found[0] == Pool(
        variant_id=pool.variant_id,
        deliver_when=pool.deliver_when,
        asks_consent=pool.asks_consent,
        version=version,
    )
    if same and expected in (None, version):
        return found[0]
    saved = await store.save_pool(tx, pool, version if expected is None else expected)
    if saved is None:
        raise PoolChangedMeanwhile("The pool was changed meanwhile.", version=version)
    return Pool(
        variant_id=pool.variant_id,
        deliver_when=pool.deliver_when,
        asks_consent=pool.asks_consent,
        version=saved,
    )


async def add_keys(tx: Tx, variant_id: UUID, keys: Sequence[NewKey]) -> int:
    """Put keys into the variant's pool, and give those who wait; how many were new. Keys that the
    pool ever had are left out. Raises PoolNotFound.
    """
    if not await store.pools_of(tx, [variant_id]):
        raise PoolNotFound("This variant has no pool of keys.", field="variant_id")
    added = await store.add_keys(tx, variant_id, keys)
    await give_waiting(tx, variant_id)
    return added


async def owe(tx: Tx, lines: Sequence[OwedLine]) -> None:
    """Owe paid lines their keys, and give what may be given. A repeat gives nothing twice."""
    if lines:
        await store.owe(tx, lines)
        await _give(tx, await store.lock_owed_of_orders(tx, {one.order_id for one in lines}))


async def agree(tx: Tx, order_id: UUID, words: str) -> None:
    """The buyer wants the keys at once, in these words; they are given as far as they are owed.
    The first consent stays.
    """
    await store.agree(tx, order_id, words)
    await _give(tx, await store.lock_owed_of_orders(tx, [order_id]))


async def disagree(tx: Tx, order_id: UUID) -> None:
    """Before the purchase: the buyer does not want the keys at once, whatever they said before."""
    await store.take_back_consent(tx, order_id)


async def give_waiting(tx: Tx, variant_id: UUID) -> int:
    """Give free keys to lines that wait, the longest first; how many lines were looked at."""
    waiting = await store.lock_owed_of_variant(tx, variant_id, _AT_A_TIME)
    await _give(tx, waiting)
    return len(waiting)


async def end(tx: Tx, order_ids: Collection[UUID]) -> None:
    """Give these orders no more, and revoke what they have; a key that was seen is not given to
    others. A repeat does nothing.
    """
    for order_id in sorted(order_ids):
        ended, revoked = await store.end(tx, order_id)
        if ended or revoked:
            tx.emit(KeysRevoked(order_id=order_id, units=revoked))


async def _give(tx: Tx, owed: Sequence[store.Owed]) -> None:
    for one in owed:
        given = await store.allot(tx, one)
        missing = one.units - one.given - given
        if given:
            tx.emit(
                KeysDelivered(
                    order_id=one.order_id,
                    line_id=one.line_id,
                    variant_id=one.variant_id,
                    units=given,
                )
            )
        if missing:
            tx.emit(KeysShort(variant_id=one.variant_id, order_id=one.order_id, missing=missing))
