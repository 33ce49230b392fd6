"""Moving stock between locations: it leaves one, is on its way, and arrives or is lost (F11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from argosy.modules import inventory
from argosy.modules.inventory import Demand, TransferInvalid, TransferNotFound
from argosy.reads.stock_transfer import Transfer, read_transfer
from argosy.runtime.db import Tx
from argosy.workflows.stock_facts import check_variants


class SendTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """Units that leave `source` for `target`; `arrived`: they are there already."""

    id: UUID
    source: UUID
    target: UUID
    lines: tuple[Demand, ...]
    reason: str
    actor: str
    arrived: bool = False
    correlation: str | None = None


async def send_transfer(tx: Tx, cmd: SendTransfer) -> Transfer:
    """Take the units off the shelf of the source; the target expects them, or has them at once.

    Raises VariantNotFound, LocationNotFound, TransferInvalid, QuantityInvalid. Applied once by id.
    """
    await check_variants(tx, [line.variant_id for line in cmd.lines], field="items")
    await inventory.dispatch_transfer(
        tx,
        cmd.id,
        cmd.lines,
        source=cmd.source,
        target=cmd.target,
        actor=cmd.actor,
        reason=cmd.reason,
        correlation=cmd.correlation,
    )
    if cmd.arrived:
        await inventory.receive_transfer(
            tx, cmd.id, "at_once", cmd.lines, target=cmd.target, actor=cmd.actor
        )
    return await transfer_by_id(tx, cmd.id)


async def receive_transfer(
    tx: Tx,
    transfer_id: UUID,
    receipt: str,
    received: Sequence[Demand],
    lost: Mapping[UUID, int],
    *,
    loss_reason: str,
    actor: str,
) -> Transfer:
    """Put on the target's shelf what arrived, and expect no more what was lost.

    Raises TransferNotFound, TransferInvalid (more than is on its way with this transfer). Applied
    once by `receipt`.
    """
    transfer = await transfer_by_id(tx, transfer_id, lock=True)
    coming = {item.variant_id: item.in_transit for item in transfer.items}
    claimed = dict.fromkeys({line.variant_id for line in received} | lost.keys(), 0)
    for line in received:
        claimed[line.variant_id] += line.quantity
    for variant_id, quantity in lost.items():
        claimed[variant_id] += quantity
    for variant_id, quantity in claimed.items():
        if quantity > coming.get(variant_id, 0):
            raise TransferInvalid(
                "More than is on its way with this transfer.",
                field="items",
                cure=f"Receive at most {coming.get(variant_id, 0)} of this variant.",
            )
    await inventory.receive_transfer(
        tx,
        transfer_id,
        receipt,
        received,
        target=transfer.target,
        actor=actor,
        lost=lost,
        loss_reason=loss_reason,
    )
    return await transfer_by_id(tx, transfer_id)


async def transfer_by_id(tx: Tx, transfer_id: UUID, *, lock: bool = False) -> Transfer:
    """The transfer with this id. Raises TransferNotFound. `lock`: see `read_transfer`."""
    transfer = await read_transfer(tx, transfer_id, lock=lock)
    if transfer is None:
        raise TransferNotFound("There is no such transfer.", field="transfer_id")
    return transfer
