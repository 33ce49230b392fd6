"""Locations: warehouses, shops and others that hold stock."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import inventory, staff
from argosy.modules.inventory import Location
from argosy.runtime.db import Tx
from argosy.web.addresses import AddressBody
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

Code = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, examples=["main"])
]
Name = Annotated[
    str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=200, examples=["Main warehouse"])
]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", max_length=2, examples=["DE"])]


class NewLocationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new location. `country` is where its parcels start."""

    code: Code
    name: Name
    country: Country
    address: AddressBody | None = None


class LocationChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; a member left out (or null) stays.

    A location that is not `active` sells nothing; what it holds for orders stays with them.
    """

    code: Code | None = None
    name: Name | None = None
    country: Country | None = None
    address: AddressBody | None = None
    active: bool | None = None


class LocationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A place that holds stock."""

    id: str
    code: str
    name: str
    country: str
    address: AddressBody | None
    active: bool
    version: int

    @classmethod
    def of(cls, location: Location) -> "LocationRow":
        """As answers show it."""
        return cls(
            id=encode("location", location.id),
            code=location.code,
            name=location.name,
            country=location.country,
            address=msgspec.convert(location.address, AddressBody) if location.address else None,
            active=location.active,
            version=location.version,
        )


@get(
    "/admin/v1/locations",
    tags=["Stock"],
    security=ADMINISTRATION,
    guards=[requires("inventory:read")],
)
async def list_locations(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[LocationRow]:
    """Locations by code."""
    filters = filters_of("locations")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await inventory.list_locations(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(rows, limit=limit, filters=filters, keys=lambda x: [x.code], show=LocationRow.of)


@post(
    "/admin/v1/locations",
    tags=["Stock"],
    security=ADMINISTRATION,
    guards=[requires("inventory:write")],
    problems=[inventory.LocationCodeTaken],
    example={"code": "main", "name": "Main warehouse", "country": "DE"},
    responses={201: ResponseSpec(LocationRow, description="The new location.")},
)
async def create_location(
    request: Request[Any, Any, Any], data: NewLocationBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Open a location. Channels name the locations they sell from."""

    async def work(tx: Tx) -> Location:
        made = await inventory.create_location(
            tx,
            code=data.code,
            name=data.name,
            country=data.country,
            address=msgspec.structs.asdict(data.address) if data.address else None,
        )
        await note(tx, request, "location.opened", None, made)
        return made

    return await once(request, work, show=LocationRow.of)


@get(
    "/admin/v1/locations/{location_id:str}",
    tags=["Stock"],
    security=ADMINISTRATION,
    guards=[requires("inventory:read")],
    problems=[inventory.LocationNotFound],
)
async def get_location(request: Request[Any, Any, Any], location_id: str) -> Response[LocationRow]:
    """A location."""
    found = decode("location", location_id, field="location_id")
    async with shop(request).db.reading() as tx:
        return tagged(await inventory.location_by_id(tx, found))


@patch(
    "/admin/v1/locations/{location_id:str}",
    tags=["Stock"],
    security=ADMINISTRATION,
    guards=[requires("inventory:write")],
    problems=[
        inventory.LocationNotFound,
        inventory.LocationChanged,
        inventory.LocationCodeTaken,
    ],
    example={"name": "Central warehouse"},
)
async def change_location(
    request: Request[Any, Any, Any],
    location_id: str,
    data: LocationChangeBody,
    if_match: RequiredIfMatch,
) -> Response[LocationRow]:
    """Change a location, or close it (`active: false`)."""
    found = decode("location", location_id, field="location_id")
    given = {name: v for name, v in msgspec.structs.asdict(data).items() if v is not None}
    if data.address is not None:
        given["address"] = msgspec.structs.asdict(data.address)
    async with shop(request).db.transaction() as tx:
        before = await inventory.location_by_id(tx, found)
        expected = expected_version(request)
        given["version"] = before.version if expected is None else expected
        changed = await inventory.update_location(tx, msgspec.structs.replace(before, **given))
        await note(tx, request, "location.changed", before, changed)
    return tagged(changed)


def tagged(location: Location) -> Response[LocationRow]:
    """An answer with the location's version as its ETag."""
    return Response(LocationRow.of(location), headers={"ETag": version_tag(location.version)})


async def note(
    tx: Tx,
    request: Request[Any, Any, Any],
    action: str,
    before: Location | None,
    changed: Location,
) -> None:
    """Tell the audit trail what a location was and is."""
    await staff.audit(
        tx,
        actor(request),
        action,
        encode("location", changed.id),
        None if before is None else msgspec.to_builtins(LocationRow.of(before)),
        msgspec.to_builtins(LocationRow.of(changed)),
    )


ROUTES = [list_locations, create_location, get_location, change_location]
