"""Reading fees."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from argosy.modules.fees import store
from argosy.modules.fees.types import Fee
from argosy.runtime.db import Tx

MAX_FEES: Final = 1000


async def fee_by_id(tx: Tx, fee_id: UUID) -> Fee:
    """Raises FeeNotFound."""
    return await store.fee(tx, fee_id)


async def list_fees(
    tx: Tx,
    *,
    channel_id: UUID | None = None,
    after: tuple[UUID, str] | None = None,
    limit: int = MAX_FEES,
) -> list[Fee]:
    """Fees in the order of channel and code, those after the (channel, code) given."""
    return await store.fees(tx, channel_id=channel_id, after=after, limit=limit)
