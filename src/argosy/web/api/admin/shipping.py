"""Shipping classes, zones and methods."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import channels, shipping, staff
from argosy.runtime.db import Tx
from argosy.web.api.admin.shipping_forms import (
    NewShippingMethodBody,
    ShippingClassBody,
    ShippingClassList,
    ShippingClassRow,
    ShippingMethodBody,
    ShippingMethodRow,
    ShippingZoneBody,
    ShippingZoneRow,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, require_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

ChannelFilter = Annotated[
    str | None, Parameter(max_length=60, description="Only methods of this channel.")
]


@get(
    "/admin/v1/shipping-classes",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:read")],
)
async def list_shipping_classes(request: Request[Any, Any, Any]) -> ShippingClassList:
    """All shipping classes. Products name theirs by its code."""
    async with shop(request).db.reading() as tx:
        found = await shipping.shipping_classes(tx)
    return ShippingClassList(items=[ShippingClassRow(code=c.code, name=c.name) for c in found])


@put(
    "/admin/v1/shipping-classes/{code:str}",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:write")],
    problems=[shipping.ShippingMethodInvalid],
    example={"name": "Frozen goods"},
)
async def set_shipping_class(
    request: Request[Any, Any, Any], code: str, data: ShippingClassBody
) -> ShippingClassRow:
    """Create a shipping class, or rename it."""
    wanted = shipping.ShippingClass(code=code, name=data.name)
    async with shop(request).db.transaction() as tx:
        found = await shipping.set_shipping_class(tx, wanted)
        what = {"name": data.name}
        await staff.audit(tx, actor(request), "shipping_class.set", code, None, what)
    return ShippingClassRow(code=found.code, name=found.name)


@get(
    "/admin/v1/shipping-zones",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:read")],
)
async def list_shipping_zones(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[ShippingZoneRow]:
    """Shipping zones by code."""
    filters = filters_of("shipping-zones")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await shipping.list_zones(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda z: [z.code], show=ShippingZoneRow.of
    )


@post(
    "/admin/v1/shipping-zones",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:write")],
    problems=[shipping.ShippingZoneInvalid, shipping.ShippingCodeTaken],
    responses={201: ResponseSpec(ShippingZoneRow, description="The new zone.")},
    example={"code": "dach", "name": "DACH", "areas": [{"country": "DE"}, {"country": "AT"}]},
)
async def create_shipping_zone(
    request: Request[Any, Any, Any], data: ShippingZoneBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Create a shipping zone."""

    async def work(tx: Tx) -> shipping.Zone:
        made = await shipping.create_zone(tx, data.command())
        await note_zone(tx, request, "shipping_zone.created", None, made)
        return made

    return await once(request, work, show=ShippingZoneRow.of)


@get(
    "/admin/v1/shipping-zones/{zone_id:str}",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:read")],
    problems=[shipping.ShippingZoneNotFound],
)
async def get_shipping_zone(
    request: Request[Any, Any, Any], zone_id: str
) -> Response[ShippingZoneRow]:
    """A shipping zone."""
    async with shop(request).db.reading() as tx:
        return tagged_zone(await shipping.zone_by_id(tx, of_zone(zone_id)))


@put(
    "/admin/v1/shipping-zones/{zone_id:str}",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:write")],
    problems=[
        shipping.ShippingZoneNotFound,
        shipping.ShippingZoneInvalid,
        shipping.ShippingCodeTaken,
        shipping.ShippingChanged,
    ],
    example={"code": "dach", "name": "DACH", "areas": [{"country": "DE"}, {"country": "CH"}]},
)
async def replace_shipping_zone(
    request: Request[Any, Any, Any],
    zone_id: str,
    data: ShippingZoneBody,
    if_match: RequiredIfMatch,
) -> Response[ShippingZoneRow]:
    """Replace the settings and places of a shipping zone."""
    found = of_zone(zone_id)
    async with shop(request).db.transaction() as tx:
        before = await shipping.zone_by_id(tx, found)
        version = expected_version(request) or before.version
        zone = await shipping.update_zone(tx, found, data.command(), expected_version=version)
        await note_zone(tx, request, "shipping_zone.changed", before, zone)
    return tagged_zone(zone)


@delete(
    "/admin/v1/shipping-zones/{zone_id:str}",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:write")],
    problems=[shipping.ShippingZoneNotFound, shipping.ShippingZoneUsed],
)
async def delete_shipping_zone(
    request: Request[Any, Any, Any], zone_id: str, if_match: RequiredIfMatch
) -> None:
    """Delete a shipping zone that no method serves."""
    async with shop(request).db.transaction() as tx:
        zone = await shipping.delete_zone(tx, of_zone(zone_id))
        require_version(request, zone.version)
        await note_zone(tx, request, "shipping_zone.deleted", zone, None)


@get(
    "/admin/v1/shipping-methods",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:read")],
)
async def list_shipping_methods(
    request: Request[Any, Any, Any],
    limit: Limit = 24,
    cursor: CursorText = None,
    channel_id: ChannelFilter = None,
) -> Page[ShippingMethodRow]:
    """Shipping methods by channel and code."""
    channel = None if channel_id is None else of_channel(channel_id)
    filters = filters_of("shipping-methods", channel_id=channel_id)
    keys = channel_and_code(after(cursor, filters, length=2))
    async with shop(request).db.reading() as tx:
        rows = await shipping.list_methods(tx, channel_id=channel, after=keys, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda m: [m.channel_id.hex, m.code],
        show=ShippingMethodRow.of,
    )


@post(
    "/admin/v1/shipping-methods",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:write")],
    problems=[
        channels.ChannelNotFound,
        shipping.ShippingMethodInvalid,
        shipping.ShippingCodeTaken,
    ],
    responses={201: ResponseSpec(ShippingMethodRow, description="The new method.")},
    example={
        "channel_id": encode("channel", UUID(int=1)),
        "code": "parcel",
        "name": "Parcel",
        "pricing": "price",
        "zone_ids": [encode("shipping_zone", UUID(int=1))],
        "tiers": [
            {"from_value": 0, "price_minor": 490},
            {"from_value": 5000, "price_minor": 0},
        ],
    },
)
async def create_shipping_method(
    request: Request[Any, Any, Any], data: NewShippingMethodBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Create a way to ship in a channel."""
    channel, method = of_channel(data.channel_id), data.command()
    carriers = shop(request).carriers

    async def work(tx: Tx) -> shipping.Method:
        await channels.channel_by_id(tx, channel)
        made = await shipping.create_method(tx, channel, method, carriers=carriers)
        await note_method(tx, request, "shipping_method.created", None, made)
        return made

    return await once(request, work, show=ShippingMethodRow.of)


@get(
    "/admin/v1/shipping-methods/{method_id:str}",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:read")],
    problems=[shipping.ShippingMethodNotFound],
)
async def get_shipping_method(
    request: Request[Any, Any, Any], method_id: str
) -> Response[ShippingMethodRow]:
    """A shipping method."""
    async with shop(request).db.reading() as tx:
        return tagged_method(await shipping.method_by_id(tx, of_method(method_id)))


@put(
    "/admin/v1/shipping-methods/{method_id:str}",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:write")],
    problems=[
        shipping.ShippingMethodNotFound,
        shipping.ShippingMethodInvalid,
        shipping.ShippingCodeTaken,
        shipping.ShippingChanged,
    ],
    example={
        "code": "parcel",
        "name": "Parcel",
        "pricing": "flat",
        "zone_ids": [encode("shipping_zone", UUID(int=1))],
        "tiers": [{"from_value": 0, "price_minor": 490}],
    },
)
async def replace_shipping_method(
    request: Request[Any, Any, Any],
    method_id: str,
    data: ShippingMethodBody,
    if_match: RequiredIfMatch,
) -> Response[ShippingMethodRow]:
    """Replace a shipping method. Orders keep the price that they were placed with."""
    found = of_method(method_id)
    async with shop(request).db.transaction() as tx:
        before = await shipping.method_by_id(tx, found)
        version = expected_version(request) or before.version
        method = await shipping.update_method(
            tx,
            found,
            data.command(),
            expected_version=version,
            carriers=shop(request).carriers,
        )
        await note_method(tx, request, "shipping_method.changed", before, method)
    return tagged_method(method)


@delete(
    "/admin/v1/shipping-methods/{method_id:str}",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:write")],
    problems=[shipping.ShippingMethodNotFound],
)
async def delete_shipping_method(
    request: Request[Any, Any, Any], method_id: str, if_match: RequiredIfMatch
) -> None:
    """Delete a shipping method."""
    async with shop(request).db.transaction() as tx:
        method = await shipping.delete_method(tx, of_method(method_id))
        require_version(request, method.version)
        await note_method(tx, request, "shipping_method.deleted", method, None)


def of_zone(text: str) -> UUID:
    """The id of a shipping zone in a path. Raises MalformedId."""
    return decode("shipping_zone", text, field="zone_id")


def of_method(text: str) -> UUID:
    """The id of a shipping method in a path. Raises MalformedId."""
    return decode("shipping_method", text, field="method_id")


def of_channel(text: str) -> UUID:
    """The id of a channel. Raises MalformedId."""
    return decode("channel", text, field="channel_id")


def channel_and_code(keys: list[str | int | None] | None) -> tuple[UUID, str] | None:
    """Where a page of methods starts. Raises CursorInvalid."""
    if keys is None:
        return None
    try:
        return UUID(hex=str(keys[0])), str(keys[1])
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


async def note_zone(
    tx: Tx,
    request: Request[Any, Any, Any],
    action: str,
    before: shipping.Zone | None,
    changed: shipping.Zone | None,
) -> None:
    """Tell the audit trail what a zone was and is."""
    zone = changed or before
    assert zone is not None
    await staff.audit(
        tx,
        actor(request),
        action,
        encode("shipping_zone", zone.id),
        None if before is None else msgspec.to_builtins(ShippingZoneRow.of(before)),
        None if changed is None else msgspec.to_builtins(ShippingZoneRow.of(changed)),
    )


async def note_method(
    tx: Tx,
    request: Request[Any, Any, Any],
    action: str,
    before: shipping.Method | None,
    changed: shipping.Method | None,
) -> None:
    """Tell the audit trail what a method was and is."""
    method = changed or before
    assert method is not None
    await staff.audit(
        tx,
        actor(request),
        action,
        encode("shipping_method", method.id),
        None if before is None else msgspec.to_builtins(ShippingMethodRow.of(before)),
        None if changed is None else msgspec.to_builtins(ShippingMethodRow.of(changed)),
    )


def tagged_zone(zone: shipping.Zone) -> Response[ShippingZoneRow]:
    """An answer with the zone's version as its ETag."""
    return Response(ShippingZoneRow.of(zone), headers={"ETag": version_tag(zone.version)})


def tagged_method(method: shipping.Method) -> Response[ShippingMethodRow]:
    """An answer with the method's version as its ETag."""
    return Response(ShippingMethodRow.of(method), headers={"ETag": version_tag(method.version)})


ROUTES = [
    list_shipping_classes,
    set_shipping_class,
    list_shipping_zones,
    create_shipping_zone,
    get_shipping_zone,
    replace_shipping_zone,
    delete_shipping_zone,
    list_shipping_methods,
    create_shipping_method,
    get_shipping_method,
    replace_shipping_method,
    delete_shipping_method,
]
