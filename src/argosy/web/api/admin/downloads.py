"""Variants that are delivered as files: on which terms, the files with their versions, and what
orders downloaded.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, downloads, staff
from argosy.modules.downloads import File, Policy
from argosy.runtime.db import Tx
from argosy.web.api.admin.uploading import FileUpload, received
from argosy.web.api.storefront.downloads import LineDownloadsView
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.private_files import private_file
from argosy.web.ranges import RangeUnsatisfiable
from argosy.workflows import downloading
from argosy.workflows.downloading import Note

AnyRequest = Request[Any, Any, Any]
FileName = Annotated[
    str, Parameter(min_length=1, max_length=200, description="What buyers save it as.")
]
Title = Annotated[str, Parameter(min_length=1, max_length=200, description="What buyers read.")]
VersionNumber = Annotated[int, Parameter(ge=1, le=100, description="The version.")]


class PolicyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When files are given: once the order's money is `captured`, or at the latest when it is
    `authorised`. `asks_consent`: within the time of withdrawal only to who asked for that. Each
    unit allows `most_downloads` of all its files together, for so many `days`; null: no limit.
    """

    deliver_when: Literal["captured", "authorised"] = "captured"
    asks_consent: bool = True
    most_downloads: Annotated[int, Meta(ge=1, le=downloads.MOST_DOWNLOADS)] | None = 5
    days: Annotated[int, Meta(ge=1, le=downloads.MOST_DAYS)] | None = 365


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a file. Buyers get the newest that is not withdrawn."""

    version: int
    file_name: str
    byte_size: int
    sha256: str
    added_at: datetime
    withdrawn_at: datetime | None


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """A file with its versions, the oldest first. Since `retired_at` nobody buys it any more."""

    id: str
    variant_id: str
    title: str
    added_at: datetime
    retired_at: datetime | None
    versions: list[VersionView]

    @classmethod
    def of(cls, file: File) -> "FileView":
        """As answers show it."""
        return cls(
            id=encode("download_file", file.id),
            variant_id=encode("variant", file.variant_id),
            title=file.title,
            added_at=file.added_at,
            retired_at=file.retired_at,
            versions=[
                VersionView(
                    version=one.n,
                    file_name=one.file_name,
                    byte_size=one.byte_size,
                    sha256=one.sha256.hex(),
                    added_at=one.added_at,
                    withdrawn_at=one.withdrawn_at,
                )
                for one in file.versions
            ],
        )


class VariantDownloadsView(PolicyBody, frozen=True, kw_only=True):
    """How a variant is delivered, and its files. `version` guards changes of the terms
    (`If-Match`).
    """

    variant_id: str
    version: int
    files: list[FileView]

    @classmethod
    def of(cls, policy: Policy, files: list[File]) -> "VariantDownloadsView":
        """As answers show it."""
        return cls(
            variant_id=encode("variant", policy.variant_id),
            version=policy.version,
            files=[FileView.of(file) for file in files],
            **terms(policy),
        )


class DownloadView(msgspec.Struct, frozen=True, kw_only=True):
    """A download that was counted."""

    line_id: str
    file_id: str
    version: int
    begun_at: datetime


class OrderAuditView(msgspec.Struct, frozen=True, kw_only=True):
    """What an order may download, and the latest 200 downloads that were counted."""

    items: list[LineDownloadsView]
    downloads: list[DownloadView]


class ExtendBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many downloads more, and until so many days from now at least."""

    more: Annotated[int, Meta(ge=0, le=1000)] = 0
    days: Annotated[int, Meta(ge=0, le=3650)] = 0


def terms(policy: Policy) -> dict[str, Any]:
    """What a policy says, as the audit trail has it."""
    return {
        "deliver_when": policy.deliver_when,
        "asks_consent": policy.asks_consent,
        "most_downloads": policy.most_downloads,
        "days": policy.days,
    }


@get(
    "/admin/v1/variants/{variant_id:str}/downloads",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[downloads.PolicyNotFound],
)
async def get_variant_downloads(
    request: AnyRequest, variant_id: str
) -> Response[VariantDownloadsView]:
    """How a variant is delivered as files, and the files."""
    async with shop(request).db.reading() as tx:
        return await _shown(tx, await downloads.policy_of(tx, _variant(variant_id)))


@put(
    "/admin/v1/variants/{variant_id:str}/downloads",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.VariantNotFound, downloads.PolicyChangedMeanwhile],
    example={"deliver_when": "captured", "asks_consent": True, "most_downloads": 5, "days": 365},
)
async def put_variant_downloads(
    request: AnyRequest, variant_id: str, data: PolicyBody, if_match: RequiredIfMatch
) -> Response[VariantDownloadsView]:
    """Have a variant delivered as files. Set `requires_shipping` and `tracks_inventory` of the
    variant to false besides: then it needs no shipping and no stock. What was bought before keeps
    its terms. A variant without a policy has the version `"v0"`.
    """
    found, expected = _variant(variant_id), expected_version(request)
    wanted = Policy(variant_id=found, **msgspec.structs.asdict(data))
    async with shop(request).db.transaction() as tx:
        before = (await downloads.policies_of(tx, [found])).get(found)
        policy = await downloading.set_policy(tx, wanted, expected=expected)
        if policy != before:
            old = None if before is None else terms(before)
            who = actor(request)
            await staff.audit(tx, who, "downloads.set", variant_id, old, terms(policy))
        return await _shown(tx, policy)


@post(
    "/admin/v1/variants/{variant_id:str}/download-files",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    operation_class=FileUpload,
    request_max_body_size=None,
    problems=[downloads.PolicyNotFound, downloads.DownloadsInvalid],
    responses={201: ResponseSpec(data_container=FileView, description="The file.")},
)
async def add_download_file(
    request: AnyRequest, variant_id: str, title: Title, file_name: FileName
) -> Response[FileView]:
    """Give buyers of a variant another file. Send its bytes as the body, of any type and as large
    as `ARGOSY_UPLOAD_LIMIT_BYTES` says. It is kept where no public route reads, and only ever sent
    as something to be saved.
    """
    app, found = shop(request), _variant(variant_id)
    async with received(request, app.settings.upload_limit_bytes) as path:
        file = await downloading.add_file(
            app, found, path, title=title, file_name=file_name, note=note_of(request, "added")
        )
    return Response(FileView.of(file), status_code=201)


@post(
    "/admin/v1/download-files/{file_id:str}/versions",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    operation_class=FileUpload,
    request_max_body_size=None,
    problems=[downloads.DownloadFileNotFound, downloads.DownloadsInvalid],
    responses={201: ResponseSpec(data_container=FileView, description="The file.")},
)
async def add_download_version(
    request: AnyRequest, file_id: str, file_name: FileName
) -> Response[FileView]:
    """Give buyers a new version of a file: those who bought it before get it, too."""
    app, found = shop(request), _file(file_id)
    async with received(request, app.settings.upload_limit_bytes) as path:
        file = await downloading.add_version(
            app, found, path, file_name=file_name, note=note_of(request, "version_added")
        )
    return Response(FileView.of(file), status_code=201)


@delete(
    "/admin/v1/download-files/{file_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    status_code=200,
    problems=[downloads.DownloadFileNotFound],
)
async def retire_download_file(request: AnyRequest, file_id: str) -> FileView:
    """Give a file to nobody who buys from now on. Who bought it keeps it."""
    found = _file(file_id)
    async with shop(request).db.transaction() as tx:
        file = await downloads.retire_file(tx, found)
        await note_of(request, "retired")(tx, file)
    return FileView.of(file)


@delete(
    "/admin/v1/download-files/{file_id:str}/versions/{number:int}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    status_code=200,
    problems=[downloads.DownloadFileNotFound],
)
async def withdraw_download_version(
    request: AnyRequest, file_id: str, number: VersionNumber
) -> FileView:
    """Give a version to nobody any more and delete its bytes; buyers get the one before it."""
    note = note_of(request, "version_withdrawn")
    return FileView.of(await downloading.withdraw(shop(request), _file(file_id), number, note))


@get(
    "/admin/v1/download-files/{file_id:str}/versions/{number:int}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[downloads.DownloadFileNotFound, RangeUnsatisfiable],
    media_type="application/octet-stream",
)
async def get_download_version(
    request: AnyRequest, file_id: str, number: VersionNumber
) -> Stream | Response[bytes]:
    """The bytes of a version, for staff. It counts as nobody's download."""
    async with shop(request).db.reading() as tx:
        found = await downloads.file_version(tx, _file(file_id), number)
    tag = f'"{found.sha256.hex()[:40]}"'
    return await private_file(request, found.storage_key, found.file_name, tag)


@get(
    "/admin/v1/orders/{order_id:str}/downloads",
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
)
async def get_order_downloads(request: AnyRequest, order_id: str) -> OrderAuditView:
    """What an order may download, and what it did. Nothing for an order of other goods."""
    found = decode("order", order_id, field="order_id")
    async with shop(request).db.reading() as tx:
        return await _audit_of(tx, found)


@post(
    "/admin/v1/orders/{order_id:str}/downloads/{line_id:str}/extend",
    status_code=200,
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:write")],
    problems=[downloads.DownloadNotFound],
    responses={200: ResponseSpec(OrderAuditView, description="What it may download now.")},
    example={"more": 3, "days": 30},
)
async def extend_downloads(
    request: AnyRequest,
    order_id: str,
    line_id: str,
    data: ExtendBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Allow a line more downloads, or longer."""
    order: UUID = decode("order", order_id, field="order_id")
    line: UUID = decode("order_line", line_id, field="line_id")

    async def work(tx: Tx) -> OrderAuditView:
        until = tx.now + timedelta(days=data.days) if data.days else None
        await downloads.extend(tx, order, line, more=data.more, until=until)
        given = {"line_id": line_id, "more": data.more, "days": data.days}
        await staff.audit(tx, actor(request), "downloads.extended", order_id, None, given)
        return await _audit_of(tx, order)

    return await once(request, work, status=200)


async def _audit_of(tx: Tx, order_id: UUID) -> OrderAuditView:
    held = await downloading.downloads_of(tx, order_id)
    made = await downloads.downloads_of_order(tx, order_id) if held else []
    return OrderAuditView(
        items=[LineDownloadsView.of(one) for one in held],
        downloads=[
            DownloadView(
                line_id=encode("order_line", one.line_id),
                file_id=encode("download_file", one.file_id),
                version=one.n,
                begun_at=one.begun_at,
            )
            for one in made
        ],
    )


def note_of(request: AnyRequest, what: str) -> Note:
    """Writes down who changed a file."""

    async def note(tx: Tx, file: File) -> None:
        subject = encode("download_file", file.id)
        shown = {
            "variant_id": encode("variant", file.variant_id),
            "title": file.title,
            "versions": [
                [one.n, one.file_name, one.sha256.hex(), one.withdrawn_at is not None]
                for one in file.versions
            ],
        }
        await staff.audit(tx, actor(request), f"download_file.{what}", subject, None, shown)

    return note


async def _shown(tx: Tx, policy: Policy) -> Response[VariantDownloadsView]:
    files = await downloads.files_of_variant(tx, policy.variant_id)
    view = VariantDownloadsView.of(policy, files)
    return Response(view, headers={"ETag": version_tag(policy.version)})


def _variant(text: str) -> UUID:
    return decode("variant", text, field="variant_id")


def _file(text: str) -> UUID:
    return decode("download_file", text, field="file_id")


ROUTES: list[HTTPRouteHandler] = [
    get_variant_downloads,
    put_variant_downloads,
    add_download_file,
    add_download_version,
    retire_download_file,
    withdraw_download_version,
    get_download_version,
    get_order_downloads,
    extend_downloads,
]
