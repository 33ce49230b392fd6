"""Files for translators: all texts with what they say in a language, and taking them in again."""

import io
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter
from litestar.response import Stream

from argosy.adapters.tabular import FileUnreadable
from argosy.adapters.tabular.translations import TranslationCsv, write_rows, write_translations
from argosy.adapters.tabular.xliff import TranslationXliff, Version, xliff_frame, xliff_unit
from argosy.modules import translations
from argosy.modules.translations import SourceLocaleUnknown, TranslationInvalid
from argosy.modules.translations.ports import TranslationRow, TranslationSource
from argosy.runtime.db import Database
from argosy.web.api.admin.imports import UploadKey
from argosy.web.api.admin.translations import Kind, Locale
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.spooling import discard
from argosy.workflows.translating import KINDS, Status
from argosy.workflows.translation_files import FileReport, State, Taking, export_file, take_file

AnyRequest = Request[Any, Any, Any]
Format = Literal["csv", "xliff", "xliff2"]
SHOWN_FAULTS = 500
_VERSIONS: dict[str, Version] = {"xliff": "1.2", "xliff2": "2.0"}
_BATCH = 500


class NewTranslationImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An uploaded file of translations (`POST /admin/v1/uploads`). Unless `apply` it is planned:
    nothing changes. `state`: whether they are approved, as the file says or all the same.
    `accept_broken`: also those that lost or gained markup or placeholders.
    """

    upload: UploadKey
    format: Format = "csv"
    state: State = "file"
    accept_broken: bool = False
    apply: bool = False


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """What is not taken of a file: where, and why."""

    row: int
    column: str
    reason: str


class TranslationImportView(msgspec.Struct, frozen=True, kw_only=True):
    """What a file does, or would do unless `applied`. Each row is in one of the counts; `stale` are
    among the new and changed ones. `faults` are the first of those that `failed`.
    """

    rows: int
    created: int
    changed: int
    unchanged: int
    empty: int
    failed: int
    stale: int
    applied: bool
    faults: list[FaultView]

    @classmethod
    def of(cls, report: FileReport) -> "TranslationImportView":
        """As answers show it."""
        counts = msgspec.structs.asdict(report)
        counts["faults"] = [
            FaultView(row=one.row, column=one.column, reason=one.reason)
            for one in report.faults[:SHOWN_FAULTS]
        ]
        return cls(**counts)


@get(
    "/admin/v1/translation-files",
    tags=["Translations"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    media_type="text/csv",
    problems=[TranslationInvalid, SourceLocaleUnknown],
)
async def export_translations(
    request: AnyRequest,
    *,
    locale: Locale,
    form: Annotated[
        Format, Parameter(query="format", description="CSV, or XLIFF 1.2 (`xliff`) or 2.0.")
    ] = "csv",
    kind: Annotated[
        Kind | None, Parameter(description="Only texts of things of this kind.")
    ] = None,
    status: Annotated[
        list[Status] | None,
        Parameter(description="Only texts that stand so; all unless given."),
    ] = None,
) -> Stream:
    """All texts with what they say in a language, for translators. Imported again, the file changes
    nothing.
    """
    db = shop(request).db
    async with db.reading() as tx:
        source = await translations.source_locale(tx)
    if form != "csv" and source is None:
        raise SourceLocaleUnknown("Nobody told in which language the catalogue is written.")
    translations.checked_locale(locale)
    rows = export_file(
        db,
        locale,
        kinds=KINDS if kind is None else (kind,),
        statuses=status or ("missing", "stale", "draft", "current"),
    )
    ending = "csv" if form == "csv" else "xlf"
    headers = {
        "Content-Disposition": f'attachment; filename="translations-{locale}.{ending}"',
        "Cache-Control": "no-store",
    }
    if form == "csv":
        return Stream(_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
    lines = _xliff(rows, _VERSIONS[form], source or "", locale)
    return Stream(lines, media_type="application/x-xliff+xml", headers=headers)


async def _csv(rows: AsyncIterator[TranslationRow]) -> AsyncIterator[str]:
    out = io.StringIO()
    write_translations(out, ())
    async for batch in _batches(rows):
        write_rows(out, batch)
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


async def _xliff(
    rows: AsyncIterator[TranslationRow], version: Version, source: str, locale: str
) -> AsyncIterator[str]:
    start, end = xliff_frame(version, source, locale)
    yield start
    number = 0
    async for batch in _batches(rows):
        units = [xliff_unit(version, number + n, row) for n, row in enumerate(batch, start=1)]
        number += len(batch)
        yield "".join(units)
    yield end


async def _batches(rows: AsyncIterator[TranslationRow]) -> AsyncIterator[list[TranslationRow]]:
    batch: list[TranslationRow] = []
    async for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


@post(
    "/admin/v1/translation-imports",
    tags=["Translations"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    status_code=200,
    problems=[FileUnreadable],
    example={"upload": "upload-0197cdb4dc937121aea682c2383614aa.bin", "format": "csv"},
)
async def import_translations(
    request: AnyRequest, data: NewTranslationImport
) -> TranslationImportView:
    """Plan or apply a file of translations. Those of an older text are kept as stale. The same file
    again changes nothing.
    """
    with tempfile.NamedTemporaryFile(prefix="argosy-translations-", delete=False) as handle:
        path = Path(handle.name)
    try:
        if not await shop(request).storage.take_upload(data.upload, path):
            raise FileUnreadable("The uploaded file is gone; upload it again.", field="upload")
        report = await _take(shop(request).db, path, data, request)
    finally:
        discard(path)
    return TranslationImportView.of(report)


async def _take(
    db: Database, path: Path, data: NewTranslationImport, request: AnyRequest
) -> FileReport:
    source: TranslationSource = (
        TranslationCsv(path) if data.format == "csv" else TranslationXliff(path)
    )
    taking = Taking(state=data.state, broken=data.accept_broken)
    return await take_file(db, source, taking, apply=data.apply, actor=actor(request))


ROUTES: list[HTTPRouteHandler] = [export_translations, import_translations]
