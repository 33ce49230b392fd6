"""Say what kits consist of."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.kernel.bill import Bill
from argosy.kernel.ids import encode
from argosy.modules.kits import rules, store
from argosy.modules.kits.errors import KitChangedMeanwhile, KitNested, KitNotFound
from argosy.modules.kits.events import KitChanged
from argosy.modules.kits.types import Kit
from argosy.runtime.db import Tx


async def set_kit(tx: Tx, variant_id: UUID, bill: Bill, *, expected: int | None = None) -> Kit:
    """Have the variant consist of exactly this; the same bill again changes nothing.

    `expected` is the version that was read (0: it was no kit); None: whatever it is. The components
    exist: the caller sees to it. Raises KitInvalid, KitNested, KitChangedMeanwhile.
    """
    rules.check_bill(variant_id, bill)
    await store.lock_kits(tx)
    components = bill.variants()
    inner = await store.kits_of(tx, [*components, variant_id])
    before = next((one for one in inner if one.variant_id == variant_id), None)
    nested = [one.variant_id for one in inner if one.variant_id in components]
    if not nested and await store.kits_with(tx, [variant_id]):
        nested = [variant_id]
    if nested:
        raise KitNested(
            "A kit cannot be in a kit.",
            field="items",
            variants=[encode("variant", one) for one in nested],
        )
    version = 0 if before is None else before.version
    if expected not in (None, version):
        raise KitChangedMeanwhile("This kit was changed meanwhile.", version=version)
    if before is not None and before.bill == bill:
        return before
    saved = await store.save_kit(tx, variant_id, bill, version)
    assert saved is not None, "bills are written one after another"
    tx.emit(KitChanged(variant_id=variant_id, version=saved))
    return Kit(variant_id=variant_id, bill=bill, version=saved)


async def drop_kit(tx: Tx, variant_id: UUID, *, expected: int | None = None) -> None:
    """Have the variant be no kit. Raises KitNotFound, KitChangedMeanwhile."""
    await store.lock_kits(tx)
    found = await store.kits_of(tx, [variant_id])
    if not found:
        raise KitNotFound("This variant is no kit.", field="variant_id")
    if expected not in (None, found[0].version):
        raise KitChangedMeanwhile("This kit was changed meanwhile.", version=found[0].version)
    await forget_kits(tx, [variant_id])


async def forget_kits(tx: Tx, variant_ids: Collection[UUID]) -> None:
    """What is gone consists of nothing. A repeat does nothing."""
    for variant_id, version in await store.drop_kits(tx, variant_ids):
        tx.emit(KitChanged(variant_id=variant_id, version=version + 1, gone=True))
