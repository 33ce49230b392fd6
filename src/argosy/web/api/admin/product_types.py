"""Product types: their schemas, what a new one would break, and how complete products are."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import catalog, producttypes, staff
from argosy.modules.producttypes import ProductType, Schema, TypeVersion
from argosy.reads.type_breaks import Broken, Problem
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import typed_products
from argosy.workflows.typed_products import Adopted, Impact

AnyRequest = Request[Any, Any, Any]


class TypeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people call a type."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]


class TypeView(msgspec.Struct, frozen=True, kw_only=True):
    """A product type. `published` is the number of the version in force, null before the first."""

    code: str
    label: str
    published: int | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, kind: ProductType) -> "TypeView":
        """As answers show it."""
        return cls(**msgspec.structs.asdict(kind))


class TypeList(msgspec.Struct, frozen=True, kw_only=True):
    """All types, by code."""

    items: list[TypeView]


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a schema: a draft while `published_at` is null, then for ever the same."""

    type: str
    number: int
    schema: Schema
    saved_at: datetime
    published_at: datetime | None
    published_by: str

    @classmethod
    def of(cls, version: TypeVersion) -> "VersionView":
        """As answers show it."""
        fields = msgspec.structs.asdict(version)
        return cls(type=fields.pop("type_code"), **fields)


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with an attribute: `missing` (in these channels), a `value` that the schema
    does not allow, or an attribute that the type does not have (`unknown`).
    """

    attribute: str
    problem: Literal["missing", "value", "unknown"]
    channel_ids: list[str]

    @classmethod
    def of(cls, problem: Problem) -> "ProblemView":
        """As answers show it."""
        ids = problem.channel_ids or ()
        return cls(
            attribute=problem.code,
            problem=problem.problem,
            channel_ids=[encode("channel", channel_id) for channel_id in ids],
        )


class BrokenView(msgspec.Struct, frozen=True, kw_only=True):
    """A product that the draft would break."""

    id: str
    slug: str
    title: str
    problems: list[ProblemView]

    @classmethod
    def of(cls, broken: Broken) -> "BrokenView":
        """As answers show it."""
        return cls(
            id=encode("product", broken.id),
            slug=broken.slug,
            title=broken.title,
            problems=[ProblemView.of(problem) for problem in broken.problems],
        )


class ProblemCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many products have a problem with an attribute."""

    attribute: str
    problem: str
    products: int


class ImpactView(msgspec.Struct, frozen=True, kw_only=True):
    """What the draft would break: products of the type, those that break, and by what."""

    products: int
    broken: int
    problems: list[ProblemCount]

    @classmethod
    def of(cls, impact: Impact) -> "ImpactView":
        """As answers show it, the most frequent first."""
        found = sorted(impact.problems.items(), key=lambda item: (-item[1], item[0]))
        return cls(
            products=impact.products,
            broken=impact.broken,
            problems=[
                ProblemCount(attribute=code, problem=problem, products=count)
                for (code, problem), count in found
            ],
        )


class AdoptBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which products: those without a type whose free `product_type` is this text. `after`: go on
    behind the `last` of the answer before.
    """

    product_type: Annotated[str, msgspec.Meta(max_length=500)]
    after: Annotated[str, msgspec.Meta(max_length=60)] | None = None


class RefusedView(msgspec.Struct, frozen=True, kw_only=True):
    """A product that does not fit the type, and why."""

    id: str
    faults: list[catalog.Fault]


class AdoptedView(msgspec.Struct, frozen=True, kw_only=True):
    """Up to 200 products: how many have the type now, and those that do not fit it. `last` null:
    there are no more.
    """

    adopted: int
    refused: list[RefusedView]
    last: str | None

    @classmethod
    def of(cls, done: Adopted) -> "AdoptedView":
        """As answers show it."""
        return cls(
            adopted=done.adopted,
            refused=[
                RefusedView(id=encode("product", product_id), faults=list(faults))
                for product_id, faults in done.refused
            ],
            last=None if done.last is None else encode("product", done.last),
        )


@get(
    "/admin/v1/product-types",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_types(request: AnyRequest) -> TypeList:
    """All product types."""
    async with shop(request).db.reading() as tx:
        found = await producttypes.list_types(tx)
    return TypeList(items=[TypeView.of(kind) for kind in found])


@put(
    "/admin/v1/product-types/{code:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[producttypes.SchemaInvalid],
    example={"label": "Backpack"},
)
async def save_type(request: AnyRequest, code: str, data: TypeBody) -> Response[TypeView]:
    """Make a type, or call it otherwise. It asks nothing of products before its first version."""
    async with shop(request).db.transaction() as tx:
        made = await producttypes.save_type(tx, code, data.label.strip())
        if made.updated_at == tx.now:
            await staff.audit(tx, actor(request), "product_type.saved", code, None, given_of(data))
    return _tagged(made)


@get(
    "/admin/v1/product-types/{code:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[producttypes.TypeNotFound],
)
async def get_type(request: AnyRequest, code: str) -> Response[TypeView]:
    """A product type."""
    async with shop(request).db.reading() as tx:
        return _tagged(await producttypes.type_by_code(tx, code))


@get(
    "/admin/v1/product-types/{code:str}/versions",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[producttypes.TypeNotFound],
)
async def list_versions(
    request: AnyRequest, code: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[VersionView]:
    """The versions of a type's schema, the newest first; a draft comes before them."""
    filters = filters_of("product-type-versions", code=code)
    keys = after(cursor, filters, length=1)
    before = None if keys is None else _number(keys[0])
    async with shop(request).db.reading() as tx:
        await producttypes.type_by_code(tx, code)
        rows = await producttypes.versions_of(tx, code, before=before, limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda v: [v.number], show=VersionView.of
    )


@put(
    "/admin/v1/product-types/{code:str}/draft",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        producttypes.TypeNotFound,
        producttypes.TypeChanged,
        producttypes.SchemaInvalid,
    ],
    responses={200: ResponseSpec(VersionView, description="The draft.")},
    example={
        "groups": [{"code": "build", "label": "How it is made"}],
        "attributes": [
            {"code": "material", "group": "build", "required": True, "weight": 3},
            {"code": "care", "group": "build"},
        ],
        "missing": "flag",
    },
)
async def save_draft(
    request: AnyRequest, code: str, data: Schema, if_match: RequiredIfMatch
) -> Response[VersionView]:
    """Save the next version of a type's schema; the draft that there is gives way to it."""
    expected = expected_version(request)
    async with shop(request).db.transaction() as tx:
        kind, draft = await typed_products.save_draft(tx, code, data, expected_version=expected)
        shown = {"number": draft.number, "schema": msgspec.to_builtins(data)}
        await staff.audit(tx, actor(request), "product_type.drafted", code, None, shown)
    return Response(VersionView.of(draft), headers={"ETag": version_tag(kind.version)})


@get(
    "/admin/v1/product-types/{code:str}/draft/impact",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[producttypes.TypeNotFound, producttypes.NothingToPublish],
)
async def draft_impact(request: AnyRequest, code: str) -> ImpactView:
    """The dry run of the draft, counted: how many products it would break, and by what."""
    return ImpactView.of(await typed_products.impact_of_draft(shop(request).db, code))


@get(
    "/admin/v1/product-types/{code:str}/draft/broken-products",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[producttypes.TypeNotFound, producttypes.NothingToPublish],
)
async def draft_breaks(
    request: AnyRequest, code: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[BrokenView]:
    """The dry run of the draft: every product that it would break, with what and where."""
    filters = filters_of("product-type-breaks", code=code)
    keys = after(cursor, filters, length=1)
    last = None if keys is None else _uuid(keys[0])
    async with shop(request).db.reading() as tx:
        rows = await typed_products.broken_by_draft(tx, code, after=last, limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda b: [b.id.hex], show=BrokenView.of
    )


@post(
    "/admin/v1/product-types/{code:str}/draft/publish",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    status_code=200,
    problems=[
        producttypes.TypeNotFound,
        producttypes.TypeChanged,
        producttypes.NothingToPublish,
        producttypes.SchemaBreaksProducts,
    ],
    responses={200: ResponseSpec(VersionView, description="The version in force.")},
)
async def publish_draft(
    request: AnyRequest, code: str, if_match: RequiredIfMatch
) -> Response[VersionView]:
    """Put the draft in force, for good. No product is unpublished by it: with `missing: block` it
    is refused while there is one that breaks it, with `flag` such products stay and are listed.
    """
    expected, by = expected_version(request), actor(request)
    async with shop(request).db.transaction() as tx:
        kind, made = await typed_products.publish_draft(
            tx, code, by=by.name, expected_version=expected
        )
        await staff.audit(tx, by, "product_type.published", code, None, {"number": made.number})
    return Response(VersionView.of(made), headers={"ETag": version_tag(kind.version)})


@post(
    "/admin/v1/product-types/{code:str}/adopt",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    status_code=200,
    problems=[producttypes.TypeNotFound],
    example={"product_type": "Bags"},
)
async def adopt(request: AnyRequest, code: str, data: AdoptBody) -> AdoptedView:
    """Give the type to products that name it in words. Repeat it with `last` until that is null."""
    last = None if data.after is None else decode("product", data.after, field="after")
    async with shop(request).db.transaction() as tx:
        done = await typed_products.adopt_label(tx, code, data.product_type, after=last)
        shown = {"product_type": data.product_type, "adopted": done.adopted}
        await staff.audit(tx, actor(request), "product_type.adopted", code, None, shown)
    return AdoptedView.of(done)


def given_of(body: msgspec.Struct) -> dict[str, Any]:
    """What a body says, for the audit trail."""
    shown: dict[str, Any] = msgspec.to_builtins(body)
    return shown


def _number(key: object) -> int:
    if not isinstance(key, int) or not -1 <= key < 2**31:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor")
    return key


def _uuid(key: object) -> UUID:
    try:
        return UUID(hex=str(key))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


def _tagged(kind: ProductType) -> Response[TypeView]:
    return Response(TypeView.of(kind), headers={"ETag": version_tag(kind.version)})


ROUTES: list[HTTPRouteHandler] = [
    list_types,
    save_type,
    get_type,
    list_versions,
    save_draft,
    draft_impact,
    draft_breaks,
    publish_draft,
    adopt,
]
