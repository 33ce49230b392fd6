"""Fees and deposits of a channel."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import channels, fees, staff
from argosy.runtime.db import Tx
from argosy.web.api.admin.fee_forms import FeeBody, FeeRow, NewFeeBody
from argosy.web.api.admin.shipping import channel_and_code, of_channel
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, require_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.fee_trials import check_taxed

ChannelFilter = Annotated[
    str | None, Parameter(max_length=60, description="Only fees of this channel.")
]
DEPOSIT = {
    "code": "bottle",
    "kind": "deposit",
    "name": "Bottle deposit",
    "per": "unit",
    "amount_minor": 25,
    "returned": True,
    "when": {"shipping_classes": ["bottles"]},
}


@get(
    "/admin/v1/fees",
    tags=["Fees"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
)
async def list_fees(
    request: Request[Any, Any, Any],
    limit: Limit = 24,
    cursor: CursorText = None,
    channel_id: ChannelFilter = None,
) -> Page[FeeRow]:
    """Fees by channel and code."""
    channel = None if channel_id is None else of_channel(channel_id)
    filters = filters_of("fees", channel_id=channel_id)
    keys = channel_and_code(after(cursor, filters, length=2))
    async with shop(request).db.reading() as tx:
        rows = await fees.list_fees(tx, channel_id=channel, after=keys, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda fee: [fee.channel_id.hex, fee.code],
        show=FeeRow.of,
    )


@post(
    "/admin/v1/fees",
    tags=["Fees"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[channels.ChannelNotFound, fees.FeeInvalid, fees.FeeCodeTaken],
    responses={201: ResponseSpec(FeeRow, description="The new fee.")},
    example={"channel_id": encode("channel", UUID(int=1)), **DEPOSIT},
)
async def create_fee(
    request: Request[Any, Any, Any], data: NewFeeBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Create a fee of a channel. Carts show it from the next look on."""
    channel, fee = of_channel(data.channel_id), data.command()

    async def work(tx: Tx) -> fees.Fee:
        await channels.channel_by_id(tx, channel)
        await check_taxed(tx, channel, fee)
        made = await fees.create_fee(tx, channel, fee)
        await note_fee(tx, request, "fee.created", None, made)
        return made

    return await once(request, work, show=FeeRow.of)


@get(
    "/admin/v1/fees/{fee_id:str}",
    tags=["Fees"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[fees.FeeNotFound],
)
async def get_fee(request: Request[Any, Any, Any], fee_id: str) -> Response[FeeRow]:
    """A fee."""
    async with shop(request).db.reading() as tx:
        return tagged(await fees.fee_by_id(tx, of_fee(fee_id)))


@put(
    "/admin/v1/fees/{fee_id:str}",
    tags=["Fees"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[fees.FeeNotFound, fees.FeeInvalid, fees.FeeCodeTaken, fees.FeeChangedMeanwhile],
    example=DEPOSIT | {"amount_minor": 15},
)
async def replace_fee(
    request: Request[Any, Any, Any], fee_id: str, data: FeeBody, if_match: RequiredIfMatch
) -> Response[FeeRow]:
    """Replace a fee. Orders keep what they were placed with."""
    found = of_fee(fee_id)
    async with shop(request).db.transaction() as tx:
        before = await fees.fee_by_id(tx, found)
        version = expected_version(request) or before.version
        wish = data.command()
        await check_taxed(tx, before.channel_id, wish)
        fee = await fees.update_fee(tx, found, wish, expected_version=version)
        await note_fee(tx, request, "fee.changed", before, fee)
    return tagged(fee)


@delete(
    "/admin/v1/fees/{fee_id:str}",
    tags=["Fees"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[fees.FeeNotFound],
)
async def delete_fee(
    request: Request[Any, Any, Any], fee_id: str, if_match: RequiredIfMatch
) -> None:
    """Delete a fee. Orders keep what they were placed with."""
    async with shop(request).db.transaction() as tx:
        fee = await fees.delete_fee(tx, of_fee(fee_id))
        require_version(request, fee.version)
        await note_fee(tx, request, "fee.deleted", fee, None)


def of_fee(text: str) -> UUID:
    """The id of a fee in a path. Raises MalformedId."""
    return decode("fee", text, field="fee_id")


async def note_fee(
    tx: Tx,
    request: Request[Any, Any, Any],
    action: str,
    before: fees.Fee | None,
    changed: fees.Fee | None,
) -> None:
    """Tell the audit trail what a fee was and is."""
    fee = changed or before
    assert fee is not None
    await staff.audit(
        tx,
        actor(request),
        action,
        encode("fee", fee.id),
        None if before is None else msgspec.to_builtins(FeeRow.of(before)),
        None if changed is None else msgspec.to_builtins(FeeRow.of(changed)),
    )


def tagged(fee: fees.Fee) -> Response[FeeRow]:
    """An answer with the fee's version as its ETag."""
    return Response(FeeRow.of(fee), headers={"ETag": version_tag(fee.version)})


ROUTES = [list_fees, create_fee, get_fee, replace_fee, delete_fee]
