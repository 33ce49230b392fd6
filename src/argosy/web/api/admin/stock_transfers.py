"""Stock transfers: units leave one location, are on their way, and arrive or are lost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode, new_id
from argosy.kernel.paging import Page
from argosy.modules import catalog, inventory, staff
from argosy.modules.inventory import MAX_QUANTITY, Demand
from argosy.reads.stock_transfer import Transfer
from argosy.runtime.db import Tx
from argosy.web.api.admin.inventory import READ, WRITE
from argosy.web.api.admin.stock_forms import Id, Reason
from argosy.web.auth import actor, request_id, shop
from argosy.web.examples import example_id
from argosy.web.idempotent import KeyHeader, once
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, filters_of, page_of
from argosy.workflows.stock_transfers import (
    SendTransfer,
    receive_transfer,
    send_transfer,
    transfer_by_id,
)

_LINES = msgspec.Meta(min_length=1, max_length=200)
_NUMBER = Annotated[int, msgspec.Meta(ge=0, le=MAX_QUANTITY)]


class TransferLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of a variant."""

    variant_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)]


class TransferBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes from where to where, and why. `arrived`: it is there already, nothing is in
    transit.
    """

    reason: Reason
    from_location_id: Id
    to_location_id: Id
    items: Annotated[list[TransferLine], _LINES]
    arrived: bool = False


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of a variant, so many arrived, and so many will not."""

    variant_id: Id
    received: _NUMBER = 0
    lost: _NUMBER = 0


class ReceiptBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What arrived of a transfer. `loss_reason` is needed where something was lost."""

    items: Annotated[list[ReceiptLine], _LINES]
    loss_reason: Reason | None = None


class TransferItemView(msgspec.Struct, frozen=True, kw_only=True):
    """`sent` = received + lost + in_transit. What is in transit is `incoming` at the target."""

    variant_id: str
    sent: int
    received: int
    lost: int
    in_transit: int


class TransferView(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer and how far it has come; `done` when nothing is in transit any more."""

    id: str
    from_location_id: str
    to_location_id: str
    reason: str
    actor: str
    created_at: datetime
    done: bool
    items: list[TransferItemView]

    @classmethod
    def of(cls, transfer: Transfer) -> "TransferView":
        """As answers show it."""
        return cls(
            id=encode("transfer", transfer.id),
            from_location_id=encode("location", transfer.source),
            to_location_id=encode("location", transfer.target),
            reason=transfer.reason,
            actor=transfer.actor,
            created_at=transfer.created_at,
            done=all(item.in_transit == 0 for item in transfer.items),
            items=[
                TransferItemView(
                    variant_id=encode("variant", item.variant_id),
                    sent=item.sent,
                    received=item.received,
                    lost=item.lost,
                    in_transit=item.in_transit,
                )
                for item in transfer.items
            ],
        )


class TransferRow(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer in the list. `goods`: of how many variants something was sent."""

    id: str
    reason: str
    actor: str
    created_at: datetime
    goods: int

    @classmethod
    def of(cls, document: inventory.Document) -> "TransferRow":
        """Of the document by which the goods left: each of them leaves one place, and is expected
        at another.
        """
        return cls(
            id=encode("transfer", UUID(document.key.split(":")[1])),
            reason=document.reason,
            actor=document.actor,
            created_at=document.created_at,
            goods=len(document.items) // 2,
        )


_MADE = {201: ResponseSpec(TransferView, description="The transfer, and how far it has come.")}


@post(
    "/admin/v1/stock-transfers",
    **WRITE,
    responses=_MADE,
    problems=[catalog.VariantNotFound, inventory.LocationNotFound, inventory.TransferInvalid],
)
async def transfer_stock(
    request: Request[Any, Any, Any], data: TransferBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Send stock to another location. It leaves the shelf now; there it is `incoming` until a
    receipt says that it arrived, or was lost.
    """
    who = actor(request)
    command = SendTransfer(
        id=new_id(),
        source=decode("location", data.from_location_id, field="from_location_id"),
        target=decode("location", data.to_location_id, field="to_location_id"),
        lines=tuple(
            Demand(variant_id=_variant(line, n), quantity=line.quantity)
            for n, line in enumerate(data.items)
        ),
        reason=data.reason,
        actor=f"{who.kind}:{who.name}",
        arrived=data.arrived,
        correlation=request_id(request),
    )

    async def work(tx: Tx) -> Transfer:
        made = await send_transfer(tx, command)
        await note_transfer(tx, request, "stock.transfer_sent", made)
        return made

    return await once(request, work, show=TransferView.of)


@post(
    "/admin/v1/stock-transfers/{transfer_id:str}/receipts",
    **WRITE,
    responses=_MADE,
    problems=[inventory.TransferNotFound, inventory.TransferInvalid],
    example={"items": [{"variant_id": example_id("variant"), "received": 1}]},
)
async def receive_stock_transfer(
    request: Request[Any, Any, Any],
    transfer_id: str,
    data: ReceiptBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Record what arrived of a transfer, and what was lost on its way. Several receipts may follow
    one transfer; together they never take more than was sent.
    """
    found = decode("transfer", transfer_id, field="transfer_id")
    lines = [
        Arrived(_variant(line, number), line.received, line.lost)
        for number, line in enumerate(data.items)
    ]
    check_receipt(lines, data.loss_reason or "")

    async def work(tx: Tx) -> Transfer:
        return await take_receipt(
            tx, request, found, lines, receipt=str(new_id()), loss_reason=data.loss_reason or ""
        )

    return await once(request, work, show=TransferView.of)


class Arrived(NamedTuple):
    """Of a variant, so many units arrived, and so many will not."""

    variant_id: UUID
    received: int
    lost: int


def check_receipt(lines: Sequence[Arrived], loss_reason: str) -> None:
    """Raises QuantityInvalid of nothing, TransferInvalid for a loss without a reason."""
    if not any(line.received or line.lost for line in lines):
        raise inventory.QuantityInvalid(
            "A receipt says what arrived or was lost.",
            field="items",
            cure="Send `received` or `lost` of at least 1.",
        )
    if any(line.lost for line in lines) and not loss_reason.strip():
        raise inventory.TransferInvalid(
            "A loss has a reason.", field="loss_reason", cure="Say why the units were lost."
        )


async def take_receipt(
    tx: Tx,
    request: Request[Any, Any, Any],
    transfer_id: UUID,
    lines: Sequence[Arrived],
    *,
    receipt: str,
    loss_reason: str,
) -> Transfer:
    """Apply a receipt that was checked, and audit it. Raises TransferNotFound, TransferInvalid."""
    who = actor(request)
    lost: dict[UUID, int] = {}
    for line in lines:
        if line.lost:
            lost[line.variant_id] = lost.get(line.variant_id, 0) + line.lost
    after = await receive_transfer(
        tx,
        transfer_id,
        receipt,
        [Demand(variant_id=one.variant_id, quantity=one.received) for one in lines if one.received],
        lost,
        loss_reason=loss_reason,
        actor=f"{who.kind}:{who.name}",
    )
    await note_transfer(tx, request, "stock.transfer_received", after)
    return after


@get("/admin/v1/stock-transfers", **READ)
async def list_stock_transfers(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[TransferRow]:
    """Transfers, the newest first."""
    filters = filters_of("stock-transfers")
    before = newest_after(cursor, filters)
    async with shop(request).db.reading() as tx:
        rows = await inventory.list_documents(
            tx, before=before, kind="transfer_out", limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: newest_keys(row.created_at, row.id),
        show=TransferRow.of,
    )


@get("/admin/v1/stock-transfers/{transfer_id:str}", **READ, problems=[inventory.TransferNotFound])
async def get_stock_transfer(request: Request[Any, Any, Any], transfer_id: str) -> TransferView:
    """A transfer: what left, what arrived, what was lost and what is on its way."""
    found = decode("transfer", transfer_id, field="transfer_id")
    async with shop(request).db.reading() as tx:
        return TransferView.of(await transfer_by_id(tx, found))


async def note_transfer(
    tx: Tx, request: Request[Any, Any, Any], action: str, transfer: Transfer
) -> None:
    """Put into the audit trail how far a transfer has come."""
    shown = msgspec.to_builtins(TransferView.of(transfer))
    told = {name: shown[name] for name in ("reason", "items")}
    await staff.audit(tx, actor(request), action, shown["id"], None, told)


def _variant(line: TransferLine | ReceiptLine, number: int) -> UUID:
    return decode("variant", line.variant_id, field=f"items.{number}.variant_id")


ROUTES = [
    list_stock_transfers,
    transfer_stock,
    receive_stock_transfer,
    get_stock_transfer,
]
