"""Mappings of files of any shape: what the columns of a supplier's file mean, saved as data."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from argosy.kernel.paging import Page
from argosy.modules import mappings, staff
from argosy.modules.mappings import Mapping, Rule, SavedMapping
from argosy.runtime.db import Tx
from argosy.web.api.admin.imports import ShortCode, UploadKey
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import mapped_imports

AnyRequest = Request[Any, Any, Any]
MappingCode = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$", examples=["supplier-a"])]
MappingName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
_READS = [requires("catalog:read")]
_WRITES = [requires("catalog:write")]
EXAMPLE = {
    "rules": [
        {"field": "external_id", "column": "Art-Nr"},
        {"field": "title", "column": "Bezeichnung", "transforms": [{"do": "trim"}]},
        {"field": "variant.sku", "column": "Art-Nr"},
        {
            "field": "variant.price.eur",
            "column": "VK brutto",
            "transforms": [{"do": "number", "decimal": ","}],
        },
    ]
}


class MappingBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping with its name, as it shall be from now on."""

    name: MappingName
    document: Mapping


class NewMapping(MappingBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new mapping: `code` is what imports and feeds name it by."""

    code: MappingCode


class MappingView(msgspec.Struct, frozen=True, kw_only=True):
    """A saved mapping in one of its versions, and who wrote that."""

    code: str
    name: str
    version: int
    document: Mapping
    author: str
    created_at: datetime

    @classmethod
    def of(cls, saved: SavedMapping) -> "MappingView":
        """As answers show it."""
        return cls(**msgspec.structs.asdict(saved))


class LookInto(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An upload to look into. Prices and stock are suggested for the list and location named."""

    upload: UploadKey
    sheet: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    header_row: Annotated[int, Meta(ge=1, le=100)] = 1
    price_list: ShortCode | None = None
    location: ShortCode | None = None


class ColumnView(msgspec.Struct, frozen=True, kw_only=True):
    """A column, cells of its first rows, and what it may be: `confidence` 1 is certain."""

    column: str
    samples: tuple[str, ...]
    field: str | None
    confidence: float
    reason: Literal["exact", "synonym", "similar", "none"]
    rule: Rule | None


class HeadView(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a file."""

    columns: tuple[ColumnView, ...]


class PreviewOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An upload, and the mapping to try on it: a saved one, or a document that is not saved yet."""

    upload: UploadKey
    mapping: MappingCode | Mapping
    limit: Annotated[int, Meta(ge=1, le=20)] = 5


class PreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """The first products of a file as the mapping makes them, in the shape of product files."""

    products: tuple[mapped_imports.PreviewRecord, ...]


def _shown(saved: SavedMapping) -> dict[str, Any]:
    return {"name": saved.name, "version": saved.version,
            "document": msgspec.to_builtins(saved.document)}  # fmt: skip


def _headers(saved: SavedMapping) -> dict[str, str]:
    return {"ETag": version_tag(saved.version)}


@get("/admin/v1/import-mappings", tags=["Imports"], security=ADMINISTRATION, guards=_READS)
async def list_import_mappings(
    request: AnyRequest, limit: Limit = 24, cursor: CursorText = None
) -> Page[MappingView]:
    """Saved mappings by code, each in its newest version."""
    f = filters_of("import-mappings")
    keys = after(cursor, f, length=1)
    async with shop(request).db.reading() as tx:
        rows = await mappings.list_mappings(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(rows, limit=limit, filters=f, keys=lambda m: (m.code,), show=MappingView.of)


@post(
    "/admin/v1/import-mappings",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[mappings.MappingExists, mappings.MappingInvalid],
    responses={201: ResponseSpec(data_container=MappingView, description="The new mapping.")},
    example={"code": "supplier-a", "name": "Supplier A", "document": EXAMPLE},
)
async def create_import_mapping(
    request: AnyRequest, data: NewMapping, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Save what the columns of a file mean."""

    async def run(tx: Tx) -> SavedMapping:
        who = actor(request)
        made = await mappings.create_mapping(
            tx, code=data.code, name=data.name, document=data.document, author=who.name
        )
        await staff.audit(tx, who, "mapping.created", data.code, None, _shown(made))
        return made

    return await once(request, run, show=MappingView.of, headers=_headers)


@get(
    "/admin/v1/import-mappings/{code:str}",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_READS,
    problems=[mappings.MappingNotFound],
)
async def get_import_mapping(request: AnyRequest, code: str) -> Response[MappingView]:
    """A mapping in its newest version."""
    async with shop(request).db.reading() as tx:
        found = await mappings.mapping_by_code(tx, code)
    return Response(MappingView.of(found), headers=_headers(found))


@put(
    "/admin/v1/import-mappings/{code:str}",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[
        mappings.MappingNotFound,
        mappings.MappingInvalid,
        mappings.MappingVersionConflict,
    ],
    example={"name": "Supplier A, since May", "document": EXAMPLE},
)
async def replace_import_mapping(
    request: AnyRequest, code: str, data: MappingBody, if_match: RequiredIfMatch
) -> Response[MappingView]:
    """Save a new version. Earlier ones stay; plans keep the version that they were made with."""
    version, who = expected_version(request), actor(request)
    async with shop(request).db.transaction() as tx:
        before, saved = await mappings.replace_mapping(
            tx, code, name=data.name, document=data.document, author=who.name,
            expected_version=version,
        )  # fmt: skip
        if before != saved:
            old, new = _shown(before), _shown(saved)
            await staff.audit(tx, who, "mapping.replaced", code, old, new)
    return Response(MappingView.of(saved), headers=_headers(saved))


@delete(
    "/admin/v1/import-mappings/{code:str}",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[mappings.MappingNotFound, mappings.MappingVersionConflict],
)
async def delete_import_mapping(request: AnyRequest, code: str, if_match: RequiredIfMatch) -> None:
    """Remove a mapping with all its versions. Plans that were made with it stay as they are."""
    version = expected_version(request)
    async with shop(request).db.transaction() as tx:
        gone = await mappings.delete_mapping(tx, code, expected_version=version)
        await staff.audit(tx, actor(request), "mapping.deleted", code, _shown(gone))


@get(
    "/admin/v1/import-mappings/{code:str}/versions",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_READS,
    problems=[mappings.MappingNotFound],
)
async def list_import_mapping_versions(
    request: AnyRequest, code: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[MappingView]:
    """The versions of a mapping, the newest first."""
    f = filters_of("mapping-versions", code=code)
    keys = after(cursor, f, length=1)
    before = keys[0] if keys and isinstance(keys[0], int) else None
    async with shop(request).db.reading() as tx:
        rows = await mappings.versions_of(tx, code, before=before, limit=limit + 1)
    return page_of(rows, limit=limit, filters=f, keys=lambda m: (m.version,), show=MappingView.of)


@post(
    "/admin/v1/import-mappings/suggestions",
    status_code=200,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
)
async def suggest_import_mapping(request: AnyRequest, data: LookInto) -> HeadView:
    """Look into an uploaded file: its columns, their first cells, and what each may be by its
    name. Nothing is stored.
    """
    head = await mapped_imports.head_of(
        shop(request), data.upload, sheet=data.sheet, header_row=data.header_row,
        price_list=data.price_list, location=data.location,
    )  # fmt: skip
    return HeadView(
        columns=tuple(
            ColumnView(
                **msgspec.structs.asdict(one),
                samples=tuple(row.get(one.column, "")[:200] for row in head.rows),
            )
            for one in head.suggestions
        )
    )


@post(
    "/admin/v1/import-mappings/previews",
    status_code=200,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[mappings.MappingNotFound, mappings.MappingInvalid],
)
async def preview_import_mapping(request: AnyRequest, data: PreviewOf) -> PreviewView:
    """Try a mapping on the first products of an uploaded file; what is wrong is told with its row
    and column. Nothing is stored.
    """
    document = data.mapping
    if isinstance(document, str):
        async with shop(request).db.reading() as tx:
            document = (await mappings.mapping_by_code(tx, document)).document
    made = await mapped_imports.preview(
        shop(request), data.upload, document, file_name="upload", limit=data.limit
    )
    return PreviewView(products=tuple(made))


ROUTES: list[HTTPRouteHandler] = [
    list_import_mappings,
    create_import_mapping,
    suggest_import_mapping,
    preview_import_mapping,
    get_import_mapping,
    replace_import_mapping,
    delete_import_mapping,
    list_import_mapping_versions,
]
