"""What passports of a product group say: schemas of the program, and of the shop's own."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.paging import Page
from argosy.modules import passports, staff
from argosy.modules.passports import Schema, SchemaFields
from argosy.runtime.db import Tx
from argosy.web.api.admin.passport_views import NewSchemaBody, SchemaView, fields_of
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

AnyRequest = Request[Any, Any, Any]
SchemaCode = Annotated[str, Parameter(max_length=63, description="The code of the schema.")]

_READ: dict[str, Any] = {
    "tags": ["Compliance"], "security": ADMINISTRATION, "guards": [requires("catalog:read")],
}  # fmt: skip
_WRITE: dict[str, Any] = {
    "tags": ["Compliance"], "security": ADMINISTRATION, "guards": [requires("catalog:write")],
}  # fmt: skip
_CHANGING = (
    passports.PassportSchemaNotFound, passports.PassportSchemaInUse,
    passports.PassportChangedMeanwhile,
)  # fmt: skip
_EXAMPLE = {
    "title": "Clothes and textiles",
    "groups": [{"code": "fibres", "labels": {"en": "Fibres", "de": "Fasern"}}],
    "points": [
        {
            "code": "recycled_fibres",
            "group": "fibres",
            "labels": {"en": "Recycled fibres"},
            "kind": "number",
            "unit": "%",
            "required": ["model"],
        }
    ],
}


def _headers(schema: Schema) -> dict[str, str]:
    return {"ETag": version_tag(schema.version)}


def _shown(schema: Schema) -> dict[str, Any]:
    view: dict[str, Any] = msgspec.to_builtins(SchemaView.of(schema))
    return {name: view[name] for name in ("code", "title", "groups", "points")}


@get("/admin/v1/passport-schemas", **_READ)
async def list_passport_schemas(
    request: AnyRequest, limit: Limit = 24, cursor: CursorText = None
) -> Page[SchemaView]:
    """Schemas by code, those that come with the program among them."""
    filters = filters_of("passport-schemas")
    keys = after(cursor, filters, length=1)
    last = None if keys is None else str(keys[0])
    async with shop(request).db.reading() as tx:
        rows = await passports.list_schemas(tx, after=last, limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda one: (one.code,), show=SchemaView.of
    )


@post(
    "/admin/v1/passport-schemas",
    **_WRITE,
    problems=[passports.PassportSchemaTaken, passports.PassportInvalid],
    responses={201: ResponseSpec(SchemaView, description="The schema.")},
    example={"code": "textiles", **_EXAMPLE, "title": "Textiles"},
)
async def make_passport_schema(
    request: AnyRequest, data: NewSchemaBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Keep a schema of your own."""

    async def run(tx: Tx) -> Schema:
        made = await passports.create_schema(tx, data.code, fields_of(data))
        new = _shown(made)
        await staff.audit(tx, actor(request), "passport_schema.created", made.code, None, new)
        return made

    return await once(request, run, show=SchemaView.of, headers=_headers)


@get(
    "/admin/v1/passport-schemas/{schema_code:str}",
    **_READ,
    problems=[passports.PassportSchemaNotFound],
)
async def get_passport_schema(request: AnyRequest, schema_code: SchemaCode) -> Response[SchemaView]:
    """A schema."""
    async with shop(request).db.reading() as tx:
        found = await passports.schema_by_code(tx, schema_code)
    return Response(SchemaView.of(found), headers=_headers(found))


@put(
    "/admin/v1/passport-schemas/{schema_code:str}",
    **_WRITE,
    problems=[*_CHANGING, passports.PassportInvalid],
    example=_EXAMPLE,
)
async def alter_passport_schema(
    request: AnyRequest, schema_code: SchemaCode, data: SchemaFields, if_match: RequiredIfMatch
) -> Response[SchemaView]:
    """Replace a schema of your own. What is published stays; what is published next is judged by
    it.
    """
    version = expected_version(request)
    async with shop(request).db.transaction() as tx:
        before, one = await passports.change_schema(tx, schema_code, data, expected_version=version)
        if before != one:
            old, new = _shown(before), _shown(one)
            await staff.audit(tx, actor(request), "passport_schema.changed", schema_code, old, new)
    return Response(SchemaView.of(one), headers=_headers(one))


@delete("/admin/v1/passport-schemas/{schema_code:str}", **_WRITE, problems=_CHANGING)
async def drop_passport_schema(
    request: AnyRequest, schema_code: SchemaCode, if_match: RequiredIfMatch
) -> None:
    """Remove a schema of your own that no passport names."""
    version = expected_version(request)
    async with shop(request).db.transaction() as tx:
        gone = await passports.delete_schema(tx, schema_code, expected_version=version)
        await staff.audit(tx, actor(request), "passport_schema.deleted", schema_code, _shown(gone))


ROUTES: list[HTTPRouteHandler] = [
    list_passport_schemas,
    make_passport_schema,
    get_passport_schema,
    alter_passport_schema,
    drop_passport_schema,
]
