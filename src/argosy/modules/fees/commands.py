"""Setting up fees. Each change notifies the caches of compiled rules."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.fees import store
from argosy.modules.fees.errors import FeeChangedMeanwhile
from argosy.modules.fees.events import FeeChanged
from argosy.modules.fees.rules import check_fee
from argosy.modules.fees.types import Fee, SetFee
from argosy.runtime.db import Tx

RULES_TOPIC: Final = "rules"


async def create_fee(tx: Tx, channel_id: UUID, cmd: SetFee) -> Fee:
    """Create a fee of a channel. Raises FeeInvalid, FeeCodeTaken."""
    fee_id = new_id()
    await store.insert_fee(tx, fee_id, channel_id, check_fee(cmd))
    return await _changed(tx, fee_id)


async def update_fee(tx: Tx, fee_id: UUID, cmd: SetFee, *, expected_version: int) -> Fee:
    """Replace a fee's settings. Orders keep what they were placed with.

    Raises FeeNotFound, FeeInvalid, FeeCodeTaken, FeeChangedMeanwhile.
    """
    if await store.update_fee(tx, fee_id, expected_version, check_fee(cmd)) is None:
        await store.fee(tx, fee_id)
        raise FeeChangedMeanwhile("The fee was changed meanwhile.")
    return await _changed(tx, fee_id)


async def delete_fee(tx: Tx, fee_id: UUID) -> Fee:
    """Delete a fee; return what it was. Raises FeeNotFound."""
    fee = await store.fee(tx, fee_id)
    await store.delete_fee(tx, fee_id)
    _announce(tx, fee, removed=True)
    return fee


async def _changed(tx: Tx, fee_id: UUID) -> Fee:
    fee = await store.fee(tx, fee_id)
    _announce(tx, fee, removed=False)
    return fee


def _announce(tx: Tx, fee: Fee, *, removed: bool) -> None:
    tx.emit(FeeChanged(fee_id=fee.id, channel_id=fee.channel_id, code=fee.code, removed=removed))
    tx.notify(RULES_TOPIC, str(fee.channel_id))
