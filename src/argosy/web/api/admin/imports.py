"""Imports and the export of products, as the administration runs them."""

import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, staff
from argosy.runtime.db import Database, Tx
from argosy.web.api.admin.uploading import FileUpload, received
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit
from argosy.workflows.mapped_imports import with_mapping
from argosy.workflows.product_export import export_products
from argosy.workflows.product_import import RunProductImport

AnyRequest = Request[Any, Any, Any]
UploadKey = Annotated[
    str,
    Meta(
        pattern="^upload-[0-9a-f]{32}\\.[a-z.]{1,12}$",
        examples=["upload-0197cdb4dc937121aea682c2383614aa.csv"],
    ),
]
ShortCode = Annotated[str, Meta(min_length=1, max_length=63)]


class UploadView(msgspec.Struct, frozen=True, kw_only=True):
    """A received file, to be named in an import within seven days."""

    upload: str


class NewImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An import of an uploaded file, with the photographs of an uploaded ZIP archive.

    Shopify, Magento and Icecat files need `price_list`; a file's stock goes to `location`, and what
    it calls published is shown in `channels`. `skip_unknown`: codes that do not exist are left out
    with a warning, where they would be an error. `reapply`: rows that were imported before,
    unchanged, count again. A `mapped` file (CSV, XLSX or JSON Lines of any shape) is read by the
    saved `mapping`.
    """

    upload: UploadKey
    format: Literal["jsonl", "shopify", "magento", "saleor", "spree", "icecat", "mapped"]
    file_name: Annotated[str, Meta(min_length=1, max_length=200)] = "upload"
    photographs: UploadKey | None = None
    mapping: ShortCode | None = None
    price_list: ShortCode | None = None
    location: ShortCode | None = None
    channels: Annotated[tuple[ShortCode, ...], Meta(max_length=100)] = ()
    decimal_separator: Literal["auto", ".", ","] = "auto"
    skip_unknown: bool = False
    reapply: bool = False


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """An import: how far it is and what became of its products. Its report is read page by page."""

    id: str
    format: str
    file_name: str
    state: Literal["queued", "running", "done", "failed"]
    lines_total: int | None
    lines_done: int
    created: int
    updated: int
    unchanged: int
    failed: int
    warnings: int
    message: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, run: catalog.ImportRun) -> "ImportView":
        """As answers show it."""
        fields = {f: getattr(run, f) for f in cls.__struct_fields__}
        return cls(**fields | {"id": encode("import", run.id)})


class IssueView(msgspec.Struct, frozen=True, kw_only=True):
    """What was not taken, where it stands in the file, and why. `key` is of the product."""

    row: int
    column: str
    key: str
    severity: Literal["error", "warning"]
    code: str
    message: str


@post(
    "/admin/v1/uploads",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    operation_class=FileUpload,
    request_max_body_size=None,
)
async def upload_file(request: AnyRequest) -> UploadView:
    """Upload a file to import from (JSON Lines, CSV, either of them packed with gzip; XLSX), or a
    ZIP archive with photographs, as the body of the request.
    """
    app = shop(request)
    async with received(request, app.settings.upload_limit_bytes) as path:
        key = await app.storage.put_upload(path, suffix=".bin")
    async with app.db.transaction() as tx:
        await staff.audit(tx, actor(request), "upload.received", key)
    return UploadView(upload=key)


@post(
    "/admin/v1/imports",
    status_code=202,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    responses={202: ResponseSpec(data_container=ImportView, description="It will run soon.")},
)
async def create_import(
    request: AnyRequest, data: NewImport, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Import products from an uploaded file. It runs in the background: watch its `state`.

    Rows that are faulty are reported with row, column and reason; the others are kept. The same
    file again changes nothing.
    """
    options: dict[str, object] = {
        "price_list": data.price_list,
        "location": data.location,
        "channels": list(data.channels),
        "decimal_separator": data.decimal_separator,
        "skip_unknown": data.skip_unknown,
        "reapply": data.reapply,
        "photographs_key": data.photographs,
    }

    async def run(tx: Tx) -> catalog.ImportRun:
        who = actor(request)
        run_id = await catalog.request_import(
            tx,
            format_name=data.format,
            file_name=data.file_name,
            storage_key=data.upload,
            options=await with_mapping(tx, options, data.mapping) if data.mapping else options,
            actor=who.name,
        )
        tx.enqueue(RunProductImport(run_id=run_id))
        shown = {"format": data.format, "file_name": data.file_name}
        await staff.audit(tx, who, "import.requested", encode("import", run_id), None, shown)
        return await catalog.import_by_id(tx, run_id)

    return await once(request, run, show=ImportView.of, status=202)


@get(
    "/admin/v1/imports",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_imports(
    request: AnyRequest, limit: Limit = 24, cursor: CursorText = None
) -> Page[ImportView]:
    """Imports, the newest first."""
    async with shop(request).db.reading() as tx:
        page = await catalog.list_imports(tx, cursor=cursor, limit=limit)
    return Page(items=[ImportView.of(r) for r in page.items], next_cursor=page.next_cursor)


@get(
    "/admin/v1/imports/{import_id:str}",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.ImportNotFound],
)
async def get_import(request: AnyRequest, import_id: str) -> ImportView:
    """An import: its state and counts."""
    found = decode("import", import_id, field="import_id")
    async with shop(request).db.reading() as tx:
        return ImportView.of(await catalog.import_by_id(tx, found))


@get(
    "/admin/v1/imports/{import_id:str}/issues",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.ImportNotFound],
)
async def list_issues(
    request: AnyRequest, import_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[IssueView]:
    """The report of an import: everything that it did not take, in the order of the file."""
    found = decode("import", import_id, field="import_id")
    async with shop(request).db.reading() as tx:
        await catalog.import_by_id(tx, found)
        page = await catalog.issues_of_import(tx, found, cursor=cursor, limit=limit)
    items = [IssueView(**msgspec.structs.asdict(issue)) for issue in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@get(
    "/admin/v1/exports/products",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    media_type="application/x-ndjson",
)
async def export_all_products(request: AnyRequest) -> Stream:
    """All products with everything, as JSON Lines. Imported again, it changes nothing."""
    headers = {"Content-Disposition": 'attachment; filename="products.jsonl"'}
    return Stream(_lines(shop(request).db), media_type="application/x-ndjson", headers=headers)


async def _lines(db: Database) -> AsyncIterator[bytes]:
    """The export in parts of a few hundred kilobytes."""
    part = io.BytesIO()
    async for record in export_products(db):
        part.write(msgspec.json.encode(record))
        part.write(b"\n")
        if part.tell() > 200_000:
            yield part.getvalue()
            part = io.BytesIO()
    yield part.getvalue()


ROUTES: list[HTTPRouteHandler] = [
    upload_file,
    create_import,
    list_imports,
    get_import,
    list_issues,
    export_all_products,
]
