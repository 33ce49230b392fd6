"""Tax classes, zones, dated rates and the shipped data packs."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import channels, staff, tax
from argosy.runtime.db import Tx
from argosy.web.api.admin.tax_forms import (
    NewTaxZoneBody,
    TaxClassBody,
    TaxClassList,
    TaxClassRow,
    TaxPackBody,
    TaxPackLoaded,
    TaxRateBody,
    TaxZoneBody,
    TaxZoneRow,
    shown_pack,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, require_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

_REDUCED_RATE = {
    "tax_class": "reduced",
    "code": "IS.reduced",
    "name": "VAT 11 %",
    "jurisdiction": "IS",
    "rate": "0.11",
}


@get(
    "/admin/v1/tax-classes",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
)
async def list_tax_classes(request: Request[Any, Any, Any]) -> TaxClassList:
    """All tax classes. Products name theirs by its code."""
    async with shop(request).db.reading() as tx:
        found = await tax.tax_classes(tx)
    return TaxClassList(items=[TaxClassRow(code=each.code, name=each.name) for each in found])


@put(
    "/admin/v1/tax-classes/{code:str}",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[tax.TaxClassUnknown],
    example={"name": "Printed books"},
)
async def set_tax_class(
    request: Request[Any, Any, Any], code: str, data: TaxClassBody
) -> TaxClassRow:
    """Create a tax class, or rename it."""
    async with shop(request).db.transaction() as tx:
        found = await tax.set_tax_class(tx, tax.TaxClass(code=code, name=data.name))
        await staff.audit(tx, actor(request), "tax_class.set", code, None, {"name": data.name})
    return TaxClassRow(code=found.code, name=found.name)


@get(
    "/admin/v1/tax-zones",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
)
async def list_tax_zones(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[TaxZoneRow]:
    """Tax zones by code, each with its places and rates."""
    filters = filters_of("tax-zones")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await tax.list_zones(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(rows, limit=limit, filters=filters, keys=lambda z: [z.code], show=TaxZoneRow.of)


@post(
    "/admin/v1/tax-zones",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[
        tax.TaxZoneInvalid,
        tax.TaxRateInvalid,
        tax.TaxZoneCodeTaken,
        tax.TaxRateOverlaps,
        tax.TaxClassUnknown,
        channels.ChannelNotFound,
    ],
    responses={201: ResponseSpec(TaxZoneRow, description="The new zone.")},
    example={
        "code": "IS",
        "name": "Iceland",
        "areas": [{"country": "IS"}],
        "rates": [
            {
                "tax_class": "standard",
                "code": "IS.standard",
                "name": "VAT 24 %",
                "jurisdiction": "IS",
                "rate": "0.24",
            }
        ],
    },
)
async def create_tax_zone(
    request: Request[Any, Any, Any], data: NewTaxZoneBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Create a tax zone with its rates."""
    zone, rates = data.command(), [rate.command() for rate in data.rates]

    async def work(tx: Tx) -> tax.Zone:
        await check_channel(tx, zone.channel_id)
        made = await tax.create_zone(tx, zone, rates)
        await note(tx, request, "tax_zone.created", None, made)
        return made

    return await once(request, work, show=TaxZoneRow.of)


@get(
    "/admin/v1/tax-zones/{zone_id:str}",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
    problems=[tax.TaxZoneNotFound],
)
async def get_tax_zone(request: Request[Any, Any, Any], zone_id: str) -> Response[TaxZoneRow]:
    """A tax zone with its places and rates."""
    async with shop(request).db.reading() as tx:
        return tagged(await tax.zone_by_id(tx, of_zone(zone_id)))


@put(
    "/admin/v1/tax-zones/{zone_id:str}",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[
        tax.TaxZoneNotFound,
        tax.TaxZoneInvalid,
        tax.TaxZoneCodeTaken,
        tax.TaxZoneChanged,
        channels.ChannelNotFound,
    ],
    example={
        "code": "IS",
        "name": "Iceland and Liechtenstein",
        "areas": [{"country": "IS"}, {"country": "LI"}],
    },
)
async def replace_tax_zone(
    request: Request[Any, Any, Any], zone_id: str, data: TaxZoneBody, if_match: RequiredIfMatch
) -> Response[TaxZoneRow]:
    """Replace the settings and places of a tax zone; its rates stay."""
    found, zone, version = of_zone(zone_id), data.command(), expected_version(request)

    async def work(tx: Tx, before: tax.Zone) -> tax.Zone:
        await check_channel(tx, zone.channel_id)
        return await tax.update_zone(tx, found, zone, expected_version=version or before.version)

    return tagged(await changing(request, found, "tax_zone.changed", work))


@delete(
    "/admin/v1/tax-zones/{zone_id:str}",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[tax.TaxZoneNotFound],
)
async def delete_tax_zone(
    request: Request[Any, Any, Any], zone_id: str, if_match: RequiredIfMatch
) -> None:
    """Delete a tax zone with its rates. Orders keep the rates that they were placed with."""
    async with shop(request).db.transaction() as tx:
        zone = await tax.delete_zone(tx, of_zone(zone_id))
        require_version(request, zone.version)
        await note(tx, request, "tax_zone.deleted", zone, None)


@post(
    "/admin/v1/tax-zones/{zone_id:str}/rates",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[
        tax.TaxZoneNotFound,
        tax.TaxRateInvalid,
        tax.TaxRateOverlaps,
        tax.TaxClassUnknown,
    ],
    responses={201: ResponseSpec(TaxZoneRow, description="The zone with the new rate.")},
    example=_REDUCED_RATE,
)
async def add_tax_rate(
    request: Request[Any, Any, Any],
    zone_id: str,
    data: TaxRateBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Add a rate to a tax zone. An earlier one must end first: they never overlap."""
    found = of_zone(zone_id)

    async def work(tx: Tx) -> tax.Zone:
        changed = await tax.add_rate(tx, found, data.command())
        await note(tx, request, "tax_rate.added", None, changed)
        return changed

    return await once(request, work, show=TaxZoneRow.of)


@put(
    "/admin/v1/tax-zones/{zone_id:str}/rates/{rate_id:str}",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[
        tax.TaxZoneNotFound,
        tax.TaxRateNotFound,
        tax.TaxRateInvalid,
        tax.TaxRateOverlaps,
        tax.TaxClassUnknown,
    ],
    example=_REDUCED_RATE | {"valid_until": "2030-01-01"},
)
async def replace_tax_rate(
    request: Request[Any, Any, Any], zone_id: str, rate_id: str, data: TaxRateBody
) -> Response[TaxZoneRow]:
    """Replace a rate, for instance to end it on a day. Orders keep their rates."""
    found, rate = of_zone(zone_id), decode("tax_rate", rate_id, field="rate_id")

    async def work(tx: Tx, _: tax.Zone) -> tax.Zone:
        return await tax.update_rate(tx, found, rate, data.command())

    return tagged(await changing(request, found, "tax_rate.changed", work))


@delete(
    "/admin/v1/tax-zones/{zone_id:str}/rates/{rate_id:str}",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[tax.TaxZoneNotFound, tax.TaxRateNotFound],
)
async def delete_tax_rate(request: Request[Any, Any, Any], zone_id: str, rate_id: str) -> None:
    """Remove a rate from a tax zone."""
    found, rate = of_zone(zone_id), decode("tax_rate", rate_id, field="rate_id")

    async def work(tx: Tx, _: tax.Zone) -> tax.Zone:
        return await tax.delete_rate(tx, found, rate)

    await changing(request, found, "tax_rate.deleted", work)


@post(
    "/admin/v1/tax-packs",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    status_code=200,
    problems=[channels.ChannelNotFound],
    responses={200: ResponseSpec(TaxPackLoaded, description="What was created.")},
    example={"pack": "eu-vat"},
)
async def load_tax_pack(
    request: Request[Any, Any, Any], data: TaxPackBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Create the zones and rates of a shipped data pack. Loading it again changes nothing."""
    channel = None
    if data.channel_id is not None:
        channel = decode("channel", data.channel_id, field="channel_id")

    async def work(tx: Tx) -> tax.PackLoaded:
        await check_channel(tx, channel)
        done = await tax.load_tax_pack(tx, data.pack, channel_id=channel)
        what = {"zones_created": done.zones_created, "rates_created": done.rates_created}
        await staff.audit(tx, actor(request), "tax_pack.loaded", data.pack, None, what)
        return done

    return await once(request, work, status=200, show=shown_pack)


def of_zone(text: str) -> UUID:
    """The id of a tax zone in a path. Raises MalformedId."""
    return decode("tax_zone", text, field="zone_id")


async def check_channel(tx: Tx, channel_id: UUID | None) -> None:
    """Raise ChannelNotFound if a channel is named that does not exist."""
    if channel_id is not None:
        await channels.channel_by_id(tx, channel_id)


async def changing(
    request: Request[Any, Any, Any],
    zone_id: UUID,
    action: str,
    work: Callable[[Tx, tax.Zone], Awaitable[tax.Zone]],
) -> tax.Zone:
    """Change a zone in one transaction, and tell the audit trail what it was and is."""
    async with shop(request).db.transaction() as tx:
        before = await tax.zone_by_id(tx, zone_id)
        changed = await work(tx, before)
        await note(tx, request, action, before, changed)
    return changed


async def note(
    tx: Tx,
    request: Request[Any, Any, Any],
    action: str,
    before: tax.Zone | None,
    changed: tax.Zone | None,
) -> None:
    """Tell the audit trail what a zone was and is."""
    zone = changed or before
    assert zone is not None
    await staff.audit(
        tx,
        actor(request),
        action,
        encode("tax_zone", zone.id),
        None if before is None else msgspec.to_builtins(TaxZoneRow.of(before)),
        None if changed is None else msgspec.to_builtins(TaxZoneRow.of(changed)),
    )


def tagged(zone: tax.Zone) -> Response[TaxZoneRow]:
    """An answer with the zone's version as its ETag."""
    return Response(TaxZoneRow.of(zone), headers={"ETag": version_tag(zone.version)})


ROUTES = [
    list_tax_classes,
    set_tax_class,
    list_tax_zones,
    create_tax_zone,
    get_tax_zone,
    replace_tax_zone,
    delete_tax_zone,
    add_tax_rate,
    replace_tax_rate,
    delete_tax_rate,
    load_tax_pack,
]
