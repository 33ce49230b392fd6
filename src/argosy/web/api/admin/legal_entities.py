"""Legal entities: who sells through which channels, and issues their invoices."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import channels, invoices, staff
from argosy.runtime.db import Tx
from argosy.web.addresses import AddressBody
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

Prefix = Annotated[
    str, msgspec.Meta(pattern="^[A-Za-z0-9/_.-]{0,20}$", max_length=20, examples=["INV-"])
]


class LegalEntityBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who sells. Numbers are a prefix, with `yearly` the year in `time_zone`, and a count without
    gaps. `automatic`: invoices are issued when orders are paid in full, credit notes with refunds.
    """

    code: Annotated[
        str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, examples=["ltd"])
    ]
    name: Annotated[str, msgspec.Meta(pattern=r"\S", max_length=200, examples=["Example Ltd"])]
    address: AddressBody
    tax_id: Annotated[str, msgspec.Meta(max_length=40, examples=["DE136695976"])] = ""
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    registration: Annotated[str, msgspec.Meta(max_length=200)] = ""
    channel_ids: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=60)]], msgspec.Meta(max_length=1000)
    ] = msgspec.field(default_factory=list)
    invoice_prefix: Prefix = "INV-"
    credit_prefix: Prefix = "CRN-"
    yearly: bool = True
    time_zone: Annotated[str, msgspec.Meta(max_length=60, examples=["Europe/Berlin"])] = "UTC"
    automatic: bool = False

    def command(self) -> invoices.SetEntity:
        """The entity to set. Raises MalformedId."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        fields |= {
            "address": self.address.address(),
            "channel_ids": tuple(
                decode("channel", text, field=f"channel_ids.{index}")
                for index, text in enumerate(self.channel_ids)
            ),
        }
        return invoices.SetEntity(**fields)


class LegalEntityRow(msgspec.Struct, frozen=True, kw_only=True):
    """A legal entity."""

    id: str
    code: str
    name: str
    address: AddressBody
    tax_id: str
    email: str
    registration: str
    channel_ids: list[str]
    invoice_prefix: str
    credit_prefix: str
    yearly: bool
    time_zone: str
    automatic: bool
    version: int

    @classmethod
    def of(cls, entity: invoices.Entity) -> "LegalEntityRow":
        """As answers show it."""
        fields = msgspec.structs.asdict(entity) | {
            "id": encode("legal_entity", entity.id),
            "address": AddressBody.of(entity.address),
            "channel_ids": [encode("channel", each) for each in entity.channel_ids],
        }
        return cls(**fields)


_EXAMPLE = {
    "code": "ltd",
    "name": "Example Ltd",
    "address": {"country": "DE", "postal_code": "10115", "city": "Berlin", "line1": "Hauptstr. 1"},
    "tax_id": "DE136695976",
    "time_zone": "Europe/Berlin",
}


@get(
    "/admin/v1/legal-entities",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
)
async def list_legal_entities(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[LegalEntityRow]:
    """Legal entities by code."""
    filters = filters_of("legal-entities")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await invoices.list_entities(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda e: [e.code], show=LegalEntityRow.of
    )


@post(
    "/admin/v1/legal-entities",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[channels.ChannelNotFound, invoices.EntityInvalid, invoices.EntityCodeTaken],
    responses={201: ResponseSpec(LegalEntityRow, description="The new legal entity.")},
    example=_EXAMPLE,
)
async def create_legal_entity(
    request: Request[Any, Any, Any], data: LegalEntityBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Create a legal entity, and say which channels it sells through."""
    wanted = data.command()

    async def work(tx: Tx) -> invoices.Entity:
        await _check_channels(tx, wanted)
        made = await invoices.create_entity(tx, wanted)
        await _note(tx, request, "legal_entity.created", None, made)
        return made

    return await once(request, work, show=LegalEntityRow.of)


@get(
    "/admin/v1/legal-entities/{legal_entity_id:str}",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
    problems=[invoices.EntityNotFound],
)
async def get_legal_entity(
    request: Request[Any, Any, Any], legal_entity_id: str
) -> Response[LegalEntityRow]:
    """A legal entity."""
    async with shop(request).db.reading() as tx:
        return _tagged(await invoices.entity_by_id(tx, _of(legal_entity_id)))


@put(
    "/admin/v1/legal-entities/{legal_entity_id:str}",
    tags=["Invoices"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[
        channels.ChannelNotFound,
        invoices.EntityNotFound,
        invoices.EntityInvalid,
        invoices.EntityCodeTaken,
        invoices.EntityChanged,
    ],
    example=_EXAMPLE | {"registration": "HRB 1234, Amtsgericht Berlin"},
)
async def replace_legal_entity(
    request: Request[Any, Any, Any],
    legal_entity_id: str,
    data: LegalEntityBody,
    if_match: RequiredIfMatch,
) -> Response[LegalEntityRow]:
    """Replace a legal entity. Documents keep what they were issued with; how they are numbered
    cannot change after the first.
    """
    found, wanted = _of(legal_entity_id), data.command()
    async with shop(request).db.transaction() as tx:
        await _check_channels(tx, wanted)
        before = await invoices.entity_by_id(tx, found)
        version = expected_version(request) or before.version
        entity = await invoices.update_entity(tx, found, wanted, expected_version=version)
        await _note(tx, request, "legal_entity.changed", before, entity)
    return _tagged(entity)


async def _check_channels(tx: Tx, wanted: invoices.SetEntity) -> None:
    for channel_id in wanted.channel_ids:
        await channels.channel_by_id(tx, channel_id)


async def _note(
    tx: Tx,
    request: Request[Any, Any, Any],
    action: str,
    before: invoices.Entity | None,
    now: invoices.Entity,
) -> None:
    await staff.audit(
        tx,
        actor(request),
        action,
        encode("legal_entity", now.id),
        None if before is None else msgspec.to_builtins(LegalEntityRow.of(before)),
        msgspec.to_builtins(LegalEntityRow.of(now)),
    )


def _of(text: str) -> UUID:
    return decode("legal_entity", text, field="legal_entity_id")


def _tagged(entity: invoices.Entity) -> Response[LegalEntityRow]:
    return Response(LegalEntityRow.of(entity), headers={"ETag": version_tag(entity.version)})


ROUTES = [list_legal_entities, create_legal_entity, get_legal_entity, replace_legal_entity]
