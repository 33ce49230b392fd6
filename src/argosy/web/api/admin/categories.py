"""The category tree and the definitions of attributes, as the administration changes them."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, staff
from argosy.modules.catalog import (
    AcrossVariants,
    AttributeDefinition,
    AttributeKind,
    AttributeLevel,
    Category,
)
from argosy.modules.paths import Thing
from argosy.runtime.db import Tx
from argosy.web.api.admin.catalog_views import CategoryView, changes, given
from argosy.web.api.admin.endings import (
    ENDING_REFUSALS,
    MovedTo,
    Replacement,
    ending_of,
    shown_ending,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import IfMatch, RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.workflows.addressing import end_thing

AnyRequest = Request[Any, Any, Any]
CategoryMade = {201: ResponseSpec(data_container=CategoryView, description="The new category.")}

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Slug = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^/\s]+$")]
Text = Annotated[str, Meta(max_length=20_000)]
Position = Annotated[int, Meta(ge=0, le=1_000_000)]


class CategoryTree(msgspec.Struct, frozen=True, kw_only=True):
    """The whole tree, ordered by path: parents stand before their children."""

    items: list[CategoryView]


class NewCategory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new category. Without a parent it is a root; without a slug, one is made of the name."""

    name: Name
    parent_id: str | None = None
    slug: Slug | None = None
    description: Text = ""
    position: Position = 0


class CategoryBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a category. `parent_id` moves it, null makes it a root."""

    name: Name | UnsetType = UNSET
    parent_id: str | UnsetType | None = UNSET
    slug: Slug | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    position: Position | UnsetType = UNSET


class AttributeView(msgspec.Struct, frozen=True, kw_only=True):
    """The definition of an attribute. Without `choices`, a choice may have any value. `version`
    guards a change (`If-Match: "v3"`).
    """

    code: str
    label: str
    kind: AttributeKind
    unit: str | None
    choices: tuple[str, ...]
    facet: bool
    position: int
    dimension: str | None
    minimum: str | None
    maximum: str | None
    max_values: int | None
    swatches: dict[str, str]
    level: AttributeLevel
    across_variants: AcrossVariants
    localisable: bool
    searchable: bool
    version: int

    @classmethod
    def of(cls, definition: AttributeDefinition, version: int) -> "AttributeView":
        """As answers show it."""
        return cls(**msgspec.structs.asdict(definition), version=version)


class AttributeList(msgspec.Struct, frozen=True, kw_only=True):
    """All definitions, in display order."""

    items: list[AttributeView]


class AttributeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The definition of an attribute; what is left out is as it mostly is.

    `unit`: the usual one of a number. `dimension`: refuse units that measure something else.
    `minimum`, `maximum`: inclusive, numbers in `unit`, or dates. `choices`: of a choice or swatch;
    `max_values` 1 makes it a single one. `swatches`: by choice, `#rrggbb` or the storage key of an
    image. `level`: whether products or variants have it. `across_variants`: the active variants of
    a product must differ in it (`unique`) or agree (`same`). `facet`: shoppers narrow listings by
    it. `searchable`: a search finds its words. `localisable`: its texts may be translated.
    """

    label: Annotated[str, Meta(min_length=1, max_length=120)]
    kind: AttributeKind
    unit: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    choices: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=1000)
    ] = ()
    facet: bool = False
    position: Position = 0
    dimension: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    minimum: catalog.Bound | None = None
    maximum: catalog.Bound | None = None
    max_values: Annotated[int, Meta(ge=1, le=100)] | None = None
    swatches: Annotated[dict[str, catalog.Swatch], Meta(max_length=1000)] = {}
    level: AttributeLevel = "product"
    across_variants: AcrossVariants = "any"
    localisable: bool = False
    searchable: bool = True


@get(
    "/admin/v1/categories",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_categories(request: AnyRequest) -> CategoryTree:
    """The whole category tree."""
    async with shop(request).db.reading() as tx:
        tree = await catalog.list_categories(tx)
    return CategoryTree(items=[CategoryView.of(c) for c in tree])


@post(
    "/admin/v1/categories",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        catalog.CategoryNotFound,
        catalog.CatalogInputInvalid,
        catalog.CategoryPathTaken,
        catalog.CategoryTooDeep,
    ],
    responses=CategoryMade,
    example={"name": "Hoodies & Sweatshirts", "slug": "hoodies", "position": 1},
)
async def create_category(
    request: AnyRequest, data: NewCategory, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make a category."""
    parent = decode("category", data.parent_id, field="parent_id") if data.parent_id else None

    async def run(tx: Tx) -> Category:
        made = await catalog.create_category(
            tx,
            parent_id=parent,
            name=data.name.strip(),
            slug=data.slug,
            description=data.description,
            position=data.position,
        )
        subject, shown = encode("category", made.id), {"path": made.path, "name": made.name}
        await staff.audit(tx, actor(request), "category.created", subject, None, shown)
        return made

    return await once(request, run, show=CategoryView.of, headers=_headers)


@get(
    "/admin/v1/categories/{category_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.CategoryNotFound],
)
async def get_category(request: AnyRequest, category_id: str) -> Response[CategoryView]:
    """A category."""
    found = decode("category", category_id, field="category_id")
    async with shop(request).db.reading() as tx:
        category = await catalog.category_by_id(tx, found)
    return Response(CategoryView.of(category), headers=_headers(category))


@patch(
    "/admin/v1/categories/{category_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        catalog.CategoryNotFound,
        catalog.CategoryCycle,
        catalog.CategoryTooDeep,
        catalog.CatalogInputInvalid,
        catalog.CategoryPathTaken,
        catalog.CatalogVersionConflict,
    ],
    example={"name": "Hoodies", "position": 2},
)
async def change_category(
    request: AnyRequest, category_id: str, data: CategoryBody, if_match: RequiredIfMatch
) -> Response[CategoryView]:
    """Rename, move or reorder a category. Its subtree moves along; old paths lead to the new."""
    found, version = decode("category", category_id, field="category_id"), expected_version(request)
    fields = given(data)
    if isinstance(data.parent_id, str):
        fields["parent_id"] = decode("category", data.parent_id, field="parent_id")
    async with shop(request).db.transaction() as tx:
        before = await catalog.category_by_id(tx, found)
        after = await catalog.update_category(tx, found, **fields, expected_version=version)
        old, new = changes(CategoryView.of(before), CategoryView.of(after), None)
        if old != new:
            await staff.audit(tx, actor(request), "category.changed", category_id, old, new)
    return Response(CategoryView.of(after), headers=_headers(after))


@delete(
    "/admin/v1/categories/{category_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        catalog.CategoryNotFound,
        catalog.CategoryNotEmpty,
        catalog.CatalogVersionConflict,
        *ENDING_REFUSALS,
    ],
)
async def delete_category(
    request: AnyRequest,
    category_id: str,
    if_match: RequiredIfMatch,
    moved_to: MovedTo = None,
    replacement: Replacement = None,
) -> None:
    """Remove a category that has none below it. Its products stay in their other categories. Its
    paths answer that it is gone (410), unless you say what they lead to.
    """
    ending = ending_of(moved_to, replacement)
    found, version = decode("category", category_id, field="category_id"), expected_version(request)
    async with shop(request).db.transaction() as tx:
        before = await catalog.category_by_id(tx, found)
        await catalog.delete_category(tx, found, expected_version=version)
        await end_thing(tx, Thing(kind="category", id=found), ending)
        gone = {"path": before.path, "name": before.name, **shown_ending(ending)}
        await staff.audit(tx, actor(request), "category.deleted", category_id, gone)


@get(
    "/admin/v1/attributes",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_attributes(request: AnyRequest) -> AttributeList:
    """The definitions of all attributes."""
    async with shop(request).db.reading() as tx:
        found = await catalog.list_attributes(tx)
        versions = await catalog.attribute_versions(tx)
    return AttributeList(items=[AttributeView.of(one, versions[one.code]) for one in found])


@put(
    "/admin/v1/attributes/{code:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.CatalogInputInvalid, catalog.CatalogVersionConflict],
    example={"label": "Material", "kind": "choice", "choices": ["Wool", "Silk"], "facet": True},
)
async def define_attribute(
    request: AnyRequest, code: str, data: AttributeBody, if_match: IfMatch = None
) -> Response[AttributeView]:
    """Define an attribute, or define it anew. The kind of one that products have stays. One that is
    not there yet has the version `"v0"`.
    """
    expected = expected_version(request)
    definition = AttributeDefinition(code=code, **msgspec.structs.asdict(data))
    async with shop(request).db.transaction() as tx:
        known = {a.code: a for a in await catalog.list_attributes(tx)}
        changed = await catalog.define_attribute(tx, definition, expected_version=expected)
        if changed:
            before = known.get(code)
            old = msgspec.to_builtins(before) if before else None
            new = msgspec.to_builtins(definition)
            await staff.audit(tx, actor(request), "attribute.defined", code, old, new)
        version = (await catalog.attribute_versions(tx, [code]))[code]
    view = AttributeView.of(definition, version)
    return Response(view, headers={"ETag": version_tag(version)})


def _headers(category: Category) -> dict[str, str]:
    return {"ETag": version_tag(category.version)}


ROUTES: list[HTTPRouteHandler] = [
    list_categories,
    create_category,
    get_category,
    change_category,
    delete_category,
    list_attributes,
    define_attribute,
]
