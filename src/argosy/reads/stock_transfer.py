"""A stock transfer as its journal tells it: what left, what arrived, what is still on its way."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "stock_transfer.sql")


class TransferItem(msgspec.Struct, frozen=True, kw_only=True):
    """One variant of a transfer: `sent` = received + lost + in_transit, in stock units."""

    variant_id: UUID
    sent: int
    received: int
    lost: int

    @property
    def in_transit(self) -> int:
        """What neither arrived nor was given up."""
        return self.sent - self.received - self.lost


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Both legs of a transfer (DOMAIN.md F11)."""

    id: UUID
    source: UUID
    target: UUID
    reason: str
    actor: str
    created_at: datetime
    items: tuple[TransferItem, ...]


async def read_transfer(tx: Tx, transfer_id: UUID, *, lock: bool = False) -> Transfer | None:
    """The transfer with this id. With `lock` other receipts wait until this transaction ends."""
    head = await tx.maybe(SQL.lock_transfer if lock else SQL.find_transfer, str(transfer_id))
    if head is None:
        return None
    rows = await tx.many(SQL.transfer_items, str(transfer_id))
    expected = [row for row in rows if row["expected"]]
    return Transfer(
        id=transfer_id,
        source=next(row["location_id"] for row in rows if row["sent"]),
        target=expected[0]["location_id"],
        reason=head["reason"],
        actor=head["actor"],
        created_at=head["created_at"],
        items=tuple(
            TransferItem(
                variant_id=row["variant_id"],
                sent=int(row["expected"]),
                received=int(row["received"] or 0),
                lost=int(row["lost"] or 0),
            )
            for row in expected
        ),
    )
