"""What the law wants said beside products: sheets, policies of channels, and what is missing."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import brands, catalog, channels, compliance, staff
from argosy.modules.compliance import Finding, Policy, Sheet, SheetKey
from argosy.runtime.db import Tx
from argosy.web.api.admin.compliance_views import (
    FindingView,
    LabelledBody,
    LabelledView,
    LackingView,
    PolicyBody,
    PolicyView,
    SheetBody,
    SheetView,
    shown_sheet,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.examples import example_id
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import complying
from argosy.workflows.media_keeping import hold
from argosy.workflows.regulating import product_sheet

AnyRequest = Request[Any, Any, Any]

ChannelFilter = Annotated[
    str | None, Parameter(max_length=60, description="Only in this channel: its id or its code.")
]
_CHANNELS = 1000
_EXAMPLE = {
    "manufacturer_id": example_id("party"),
    "responsible_id": None,
    "warnings": {"en": "Not for children under 3 years: small parts."},
    "needs_warnings": True,
}
_REFUSALS = (
    compliance.ComplianceVersionConflict,
    compliance.DocumentFileUnknown,
    compliance.PartyNotFound,
    compliance.SheetInvalid,
)


@get(
    "/admin/v1/products/{product_id:str}/compliance",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.ProductNotFound],
)
async def get_product_sheet(request: AnyRequest, product_id: str) -> Response[SheetView]:
    """What the law wants said beside a product, and what is missing of it."""
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        await catalog.product_by_id(tx, found)
        sheet = await compliance.sheet_of(tx, product_sheet(found))
        return await _answer(tx, found, sheet)


@put(
    "/admin/v1/products/{product_id:str}/compliance",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.ProductNotFound, *_REFUSALS],
    example=_EXAMPLE,
)
async def set_product_sheet(
    request: AnyRequest, product_id: str, data: SheetBody, if_match: RequiredIfMatch
) -> Response[SheetView]:
    """Say exactly this beside a product. Its ETag is `"0"` where nothing was said yet."""
    found, version = decode("product", product_id, field="product_id"), expected_version(request)
    sheet = data.sheet()
    await hold(shop(request), [one.key for one in data.documents])
    async with shop(request).db.transaction() as tx:
        before, one = await complying.save_product_sheet(tx, found, sheet, expected_version=version)
        if before != one:
            old, new = shown_sheet(before), shown_sheet(one)
            await staff.audit(tx, actor(request), "product.regulated", product_id, old, new)
        return await _answer(tx, found, one)


async def _answer(tx: Tx, product_id: UUID, sheet: Sheet) -> Response[SheetView]:
    lacking = [
        LackingView(channel=one.channel, missing=list(one.missing))
        for one in await complying.missing_of(tx, product_id)
    ]
    view = SheetView.of(encode("product", product_id), sheet)
    view = msgspec.structs.replace(view, lacking=lacking)
    return Response(view, headers={"ETag": version_tag(sheet.version)})


@get(
    "/admin/v1/brands/{brand_id:str}/compliance",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[brands.BrandNotFound],
)
async def get_brand_sheet(request: AnyRequest, brand_id: str) -> Response[SheetView]:
    """What is said of a brand's products unless they say something else."""
    async with shop(request).db.reading() as tx:
        brand = await brands.brand_by_id(tx, decode("brand", brand_id, field="brand_id"))
        sheet = await compliance.sheet_of(tx, SheetKey("brand", brand.key))
    return Response(SheetView.of(brand_id, sheet), headers={"ETag": version_tag(sheet.version)})


@put(
    "/admin/v1/brands/{brand_id:str}/compliance",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[brands.BrandNotFound, *_REFUSALS],
    example=_EXAMPLE,
)
async def set_brand_sheet(
    request: AnyRequest, brand_id: str, data: SheetBody, if_match: RequiredIfMatch
) -> Response[SheetView]:
    """Say exactly this of a brand's products by default; an energy label is a product's own. Pages
    follow within minutes.
    """
    found, version = decode("brand", brand_id, field="brand_id"), expected_version(request)
    sheet = data.sheet()
    await hold(shop(request), [one.key for one in data.documents])
    async with shop(request).db.transaction() as tx:
        brand = await brands.brand_by_id(tx, found)
        before, one = await complying.save_brand_sheet(
            tx, brand.key, sheet, expected_version=version
        )
        if before != one:
            old, new = shown_sheet(before), shown_sheet(one)
            await staff.audit(tx, actor(request), "brand.regulated", brand_id, old, new)
    return Response(SheetView.of(brand_id, one), headers={"ETag": version_tag(one.version)})


@get(
    "/admin/v1/channels/{channel_id:str}/compliance",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[channels.ChannelNotFound],
)
async def get_compliance_policy(request: AnyRequest, channel_id: str) -> Response[PolicyView]:
    """What a channel does about products that lack something."""
    found = decode("channel", channel_id, field="channel_id")
    async with shop(request).db.reading() as tx:
        await channels.channel_by_id(tx, found)
        policy = (await compliance.policies(tx)).get(found, Policy(channel_id=found))
    return Response(PolicyView.of(policy), headers={"ETag": version_tag(policy.version)})


@put(
    "/admin/v1/channels/{channel_id:str}/compliance",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[channels.ChannelNotFound, compliance.ComplianceVersionConflict],
    example={"mode": "warn"},
)
async def set_compliance_policy(
    request: AnyRequest, channel_id: str, data: PolicyBody, if_match: RequiredIfMatch
) -> Response[PolicyView]:
    """Decide what a channel does about products that lack something. Those that it shows already go
    on being shown, and stand in the report.
    """
    found, version = decode("channel", channel_id, field="channel_id"), expected_version(request)
    policy = Policy(channel_id=found, mode=data.mode, languages=data.languages)
    async with shop(request).db.transaction() as tx:
        await channels.channel_by_id(tx, found)
        before, one = await complying.set_policy(tx, policy, expected_version=version)
        if before != one:
            old, new = ({"mode": p.mode, "languages": list(p.languages)} for p in (before, one))
            await staff.audit(tx, actor(request), "channel.compliance", channel_id, old, new)
    return Response(PolicyView.of(one), headers={"ETag": version_tag(one.version)})


@get(
    "/admin/v1/compliance/energy-categories",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def get_energy_categories(request: AnyRequest) -> LabelledView:
    """Categories whose products, and those below, need an energy label."""
    async with shop(request).db.reading() as tx:
        return _labelled(await compliance.labelled_categories(tx))


@put(
    "/admin/v1/compliance/energy-categories",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.CategoryNotFound],
    example={"category_ids": [example_id("category")]},
)
async def set_energy_categories(request: AnyRequest, data: LabelledBody) -> LabelledView:
    """Have exactly these. Repeating it changes nothing."""
    ids = sorted({decode("category", one, field="category_ids") for one in data.category_ids})
    async with shop(request).db.transaction() as tx:
        before = _labelled(await complying.set_labelled(tx, ids))
        after_ = _labelled(ids)
        if set(before.category_ids) != set(after_.category_ids):
            old, new = msgspec.to_builtins(before), msgspec.to_builtins(after_)
            await staff.audit(tx, actor(request), "compliance.labelled", "categories", old, new)
    return after_


@get(
    "/admin/v1/compliance/passport-categories",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def get_passport_categories(request: AnyRequest) -> LabelledView:
    """Categories whose products, and those below, need a digital product passport."""
    async with shop(request).db.reading() as tx:
        return _labelled(await compliance.passport_categories(tx))


@put(
    "/admin/v1/compliance/passport-categories",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.CategoryNotFound],
    example={"category_ids": [example_id("category")]},
)
async def set_passport_categories(request: AnyRequest, data: LabelledBody) -> LabelledView:
    """Have exactly these. Repeating it changes nothing."""
    ids = sorted({decode("category", one, field="category_ids") for one in data.category_ids})
    async with shop(request).db.transaction() as tx:
        before = _labelled(await complying.set_passport_categories(tx, ids))
        after_ = _labelled(ids)
        if set(before.category_ids) != set(after_.category_ids):
            old, new = msgspec.to_builtins(before), msgspec.to_builtins(after_)
            await staff.audit(tx, actor(request), "compliance.passported", "categories", old, new)
    return after_


def _labelled(ids: Sequence[UUID]) -> LabelledView:
    return LabelledView(category_ids=[encode("category", one) for one in ids])


@get(
    "/admin/v1/compliance/findings",
    tags=["Compliance"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[channels.ChannelNotFound],
)
async def list_compliance_findings(
    request: AnyRequest, channel: ChannelFilter = None, limit: Limit = 50, cursor: CursorText = None
) -> Page[FindingView]:
    """Products that are published in a channel and lack what the law of its market wants said, with
    each missing field, its rule and the source of that. A change shows within seconds.
    """
    filters = filters_of("compliance", channel=channel)
    keys = after(cursor, filters, length=2)
    async with shop(request).db.reading() as tx:
        place = None if channel is None else await _channel(tx, channel)
        last = None if keys is None else _position(keys)
        rows = await compliance.findings_page(tx, place, after=last, limit=limit + 1)
        ids = sorted({row.product_id for row in rows})
        products = {p.row.id: p.row for p in await catalog.products_by_ids(tx, ids)}
        codes = {one.id: one.code for one in await channels.list_channels(tx, limit=_CHANNELS)}

    def show(row: Finding) -> FindingView:
        product = products.get(row.product_id)
        return FindingView(
            id=encode("product", row.product_id),
            channel=codes.get(row.channel_id, ""),
            slug=product.slug if product else "",
            title=product.title if product else "",
            brand=product.brand if product else "",
            missing=list(row.missing),
            found_at=row.found_at,
        )

    def key(row: Finding) -> tuple[str, str]:
        return row.product_id.hex, row.channel_id.hex

    return page_of(rows, limit=limit, filters=filters, keys=key, show=show)


async def _channel(tx: Tx, named: str) -> UUID:
    if named.startswith("chn_"):
        return (await channels.channel_by_id(tx, decode("channel", named, field="channel"))).id
    return (await channels.channel_by_code(tx, named)).id


def _position(keys: Sequence[object]) -> tuple[UUID, UUID]:
    product, channel = keys
    try:
        return UUID(hex=str(product)), UUID(hex=str(channel))
    except ValueError:
        message = "This cursor does not belong to this list."
        raise CursorInvalid(message, field="cursor") from None


ROUTES: list[HTTPRouteHandler] = [
    get_product_sheet,
    set_product_sheet,
    get_brand_sheet,
    set_brand_sheet,
    get_compliance_policy,
    set_compliance_policy,
    get_energy_categories,
    set_energy_categories,
    get_passport_categories,
    set_passport_categories,
    list_compliance_findings,
]
