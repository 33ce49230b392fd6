"""Downloads of a variant: on which terms it is delivered as files, and the files."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode
from argosy.modules import downloads
from argosy.modules.downloads import PolicyNotFound
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import confirm_page, faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.product_media import FORM_LIMIT_BYTES
from argosy.web.admin.product_variants import VARIANTS
from argosy.web.admin.sheets import of_variant, sheet
from argosy.web.admin.showing import Notice, lead_to, say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Row, Things, form_page, held_of, row_of, save_one, shaped
from argosy.web.api.admin import downloads as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.private_files import private_file
from argosy.web.spooling import UploadEmpty, pieces_of, spooled
from argosy.workflows import downloading

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/downloads"
_ONE = f"{PATH}/{{variant_id:str}}"
_READ, _WRITE = [may("catalog:read")], [own_pages_only, may("catalog:write")]
_NOTHING: Row = {
    "deliver_when": "captured", "asks_consent": True, "most_downloads": 5, "days": 365,
    "version": 0, "files": [],
}  # fmt: skip
WORDS = {
    "deliver_when": (N_("Files are given"), ""),
    "deliver_when:captured": (N_("when the order is paid"), ""),
    "deliver_when:authorised": (N_("as soon as the money is held"), ""),
    "asks_consent": (
        N_("Ask buyers before files are given within the time of withdrawal"),
        N_("Who does not agree gets them when that time is over."),
    ),
    "most_downloads": (
        N_("Downloads of each unit"),
        N_("Of all its files together. Empty: any number."),
    ),
    "days": (N_("Days"), N_("From when the files could be had. Empty: for good.")),
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request, words=WORDS)


def _terms(request: AnyRequest, variant_id: str) -> Things:
    kind = sheet(
        request,
        variant_id,
        path=PATH,
        title=N_("Downloads"),
        called="",
        home=f"{PATH}/{variant_id}",
        area="catalog",
        one=api.get_variant_downloads,
        change=api.put_variant_downloads,
        param="variant_id",
        shaping=_shaping,
        find=of_variant(api.get_variant_downloads, PolicyNotFound, _NOTHING),
        template="admin/downloads.html",
    )
    name = say(request, N_("Downloads"))
    return kind._replace(called=lambda row: f"{name}: {row['sku']}", more=_nothing_sent)


@get(_ONE, include_in_schema=False, guards=_READ)
async def show_downloads(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """The terms, and the files with their versions."""
    return await _page(request, variant_id)


@post(_ONE, include_in_schema=False, guards=_WRITE)
async def save_terms(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Deliver the variant as files, on these terms."""
    return await save_one(request, _terms(request, variant_id), variant_id)


@post(
    f"{_ONE}/files",
    include_in_schema=False,
    guards=_WRITE,
    request_max_body_size=FORM_LIMIT_BYTES,
)
async def send_file(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Another file, or with `file_id` a new version of one."""
    app, sent = shop(request), await request.form()
    texts = {name: value for name, value in sent.items() if isinstance(value, str)}
    file, known = sent.get("file"), texts.get("file_id", "")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise UploadEmpty("Choose a file.", field="file")
        name, limit = file.filename[-downloads.MAX_NAME :], app.settings.upload_limit_bytes
        async with spooled(pieces_of(file), limit=limit) as path:
            if known:
                note = api.note_of(request, "version_added")
                wanted = decode("download_file", known, field="file_id")
                await downloading.add_version(app, wanted, path, file_name=name, note=note)
            else:
                await downloading.add_file(
                    app,
                    _variant(variant_id),
                    path,
                    title=texts.get("title", "").strip() or name,
                    file_name=name,
                    note=api.note_of(request, "added"),
                )
    except ArgosyError as refusal:
        return await _page(request, variant_id, refusal, texts.get("title", ""))
    return lead_to(request, f"{PATH}/{variant_id}", Notice(say(request, N_("The file is stored."))))


@get(
    f"{_ONE}/files/{{file_id:str}}/{{number:int}}",
    include_in_schema=False,
    guards=[may("catalog:write")],
)
async def get_file(
    request: AnyRequest, variant_id: str, file_id: str, number: int
) -> Stream | Response[bytes]:
    """The bytes of a version, for staff. Raises DownloadFileNotFound."""
    async with shop(request).db.reading() as tx:
        found = await downloads.file_version(tx, decode("download_file", file_id), number)
    tag = f'"{found.sha256.hex()[:40]}"'
    return await private_file(request, found.storage_key, found.file_name, tag)


@post(f"{_ONE}/retire", include_in_schema=False, guards=_WRITE)
async def retire(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Sell a file no longer; who bought it keeps it."""
    form = await read_form(request)
    await ask(request, api.retire_download_file, file_id=form["file_id"])
    said = say(request, N_("The file is not sold any more; who bought it keeps it."))
    return lead_to(request, f"{PATH}/{variant_id}", Notice(said))


@get(f"{_ONE}/withdraw", include_in_schema=False, guards=[may("catalog:write")])
async def ask_withdraw(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """What withdrawing a version does, before it is done."""
    back = f"{PATH}/{variant_id}"
    fields = {name: request.query_params.get(name, "")[:60] for name in ("file_id", "number")}
    return confirm_page(
        request,
        title=say(request, N_("Withdraw a version")),
        says=[
            say(request, N_("Nobody gets it any more, those who bought it neither.")),
            say(request, N_("Its bytes are deleted; buyers get the version before it.")),
        ],
        path=f"{back}/withdraw",
        back=back,
        button=say(request, N_("Withdraw and delete it")),
        fields=fields,
    )


@post(f"{_ONE}/withdraw", include_in_schema=False, guards=_WRITE)
async def withdraw(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Give a version to nobody any more."""
    form = await read_form(request)
    if form["sure"] != "yes":
        asked: Response[bytes] = await ask_withdraw.fn(request, variant_id)
        return asked
    number = whole_number(form["number"], least=1, most=10**6) or 0
    await ask(request, api.withdraw_download_version, file_id=form["file_id"], number=number)
    said = say(request, N_("The version is withdrawn."))
    return lead_to(request, f"{PATH}/{variant_id}", Notice(said))


async def _page(
    request: AnyRequest, variant_id: str, refusal: ArgosyError | None = None, title: str = ""
) -> Response[bytes]:
    # The page leads to its variant; saving leads back here, where files are added.
    kind = _terms(request, variant_id)._replace(
        title=N_("The variant"), home=f"{VARIANTS}/{variant_id}"
    )

    async def more(
        request: AnyRequest, row: Row | None, document: Document, form: Form
    ) -> dict[str, Any]:
        found = await _nothing_sent(request, row, document, form)
        return found | {"file_faults": faults_of(refusal, ["title", "file"]), "typed": title}

    row = await row_of(request, kind, variant_id)
    return await form_page(
        request, kind._replace(more=more), row, held_of(kind, row), refusal=refusal
    )


async def _nothing_sent(
    _request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    assert row is not None
    return {
        "files": row["files"],
        "delivered": row["version"] > 0,
        "file_faults": faults_of(None, []),
        "typed": "",
        "variant_path": f"{VARIANTS}/{row['variant_id']}",
    }


def _variant(text: str) -> UUID:
    return decode("variant", text, field="variant_id")


ROUTES: list[HTTPRouteHandler] = [
    show_downloads,
    save_terms,
    send_file,
    get_file,
    retire,
    ask_withdraw,
    withdraw,
]
