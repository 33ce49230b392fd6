"""The address book of manufacturers and responsible persons."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import compliance, staff
from argosy.modules.compliance import Party
from argosy.runtime.db import Tx
from argosy.web.api.admin.compliance_views import PartyBody, PartyView
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.complying import change_party

AnyRequest = Request[Any, Any, Any]

_EXAMPLE = {
    "code": "ridge",
    "name": "Ridge Outdoor Ltd",
    "street": "12 Mill Lane",
    "postal_code": "LS1 4AB",
    "city": "Leeds",
    "country": "GB",
    "email": "safety@ridge.example",
}


def _shown(party: Party) -> dict[str, Any]:
    view = msgspec.to_builtins(PartyView.of(party))
    return {k: v for k, v in view.items() if k not in {"created_at", "updated_at", "version"}}


def _headers(party: Party) -> dict[str, str]:
    return {"ETag": version_tag(party.version)}


@get(
    "/admin/v1/parties",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_parties(
    request: AnyRequest, limit: Limit = 50, cursor: CursorText = None
) -> Page[PartyView]:
    """Manufacturers and responsible persons, by code."""
    filters = filters_of("parties")
    keys = after(cursor, filters, length=1)
    last = None if keys is None else str(keys[0])
    async with shop(request).db.reading() as tx:
        rows = await compliance.list_parties(tx, after=last, limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda one: (one.code,), show=PartyView.of
    )


@post(
    "/admin/v1/parties",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[compliance.PartyCodeTaken, compliance.SheetInvalid],
    responses={201: ResponseSpec(data_container=PartyView, description="The new party.")},
    example=_EXAMPLE,
)
async def make_party(
    request: AnyRequest, data: PartyBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Add a manufacturer or responsible person to the address book."""

    async def run(tx: Tx) -> Party:
        made = await compliance.create_party(tx, data.fields())
        subject = encode("party", made.id)
        await staff.audit(tx, actor(request), "party.created", subject, None, _shown(made))
        return made

    return await once(request, run, show=PartyView.of, headers=_headers)


@get(
    "/admin/v1/parties/{party_id:str}",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[compliance.PartyNotFound],
)
async def get_party(request: AnyRequest, party_id: str) -> Response[PartyView]:
    """A party of the address book."""
    async with shop(request).db.reading() as tx:
        found = await compliance.party_by_id(tx, decode("party", party_id, field="party_id"))
    return Response(PartyView.of(found), headers=_headers(found))


@put(
    "/admin/v1/parties/{party_id:str}",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        compliance.PartyNotFound,
        compliance.PartyCodeTaken,
        compliance.ComplianceVersionConflict,
        compliance.SheetInvalid,
    ],
    example=_EXAMPLE,
)
async def alter_party(
    request: AnyRequest, party_id: str, data: PartyBody, if_match: RequiredIfMatch
) -> Response[PartyView]:
    """Replace what is known of a party. The pages of its products follow within minutes."""
    found, version = decode("party", party_id, field="party_id"), expected_version(request)
    async with shop(request).db.transaction() as tx:
        before, one = await change_party(tx, found, data.fields(), expected_version=version)
        if before != one:
            old, new = _shown(before), _shown(one)
            await staff.audit(tx, actor(request), "party.changed", party_id, old, new)
    return Response(PartyView.of(one), headers=_headers(one))


@delete(
    "/admin/v1/parties/{party_id:str}",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        compliance.PartyNotFound,
        compliance.PartyInUse,
        compliance.ComplianceVersionConflict,
    ],
)
async def drop_party(request: AnyRequest, party_id: str, if_match: RequiredIfMatch) -> None:
    """Remove a party that no product and no brand names."""
    found, version = decode("party", party_id, field="party_id"), expected_version(request)
    async with shop(request).db.transaction() as tx:
        gone = await compliance.delete_party(tx, found, expected_version=version)
        await staff.audit(tx, actor(request), "party.deleted", party_id, _shown(gone))


ROUTES: list[HTTPRouteHandler] = [list_parties, make_party, get_party, alter_party, drop_party]
