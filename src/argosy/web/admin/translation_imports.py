"""Files that come back from translators: first what they would do, then doing it."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import faults_of
from argosy.web.admin.import_plans import kept
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.translations import PATH
from argosy.web.api.admin import translation_files as api
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.spooling import UploadEmpty

AnyRequest = Request[Any, Any, Any]

LIMIT_BYTES = 20_000_000
IMPORT = f"{PATH}/import"
STATES = (
    ("file", N_("as the file says")),
    ("draft", N_("drafts, which nobody is shown")),
    ("approved", N_("approved, and shown")),
)
_ENDINGS = (".xlf", ".xliff", ".xml")
_CARRIED = ("upload", "format", "state", "accept_broken", "name")


@get(IMPORT, include_in_schema=False, guards=[may("catalog:write")])
async def show_import(request: AnyRequest) -> Response[bytes]:
    """Choose a file."""
    return _page(request, {"state": "file"})


@post(
    IMPORT,
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
    request_max_body_size=LIMIT_BYTES,
)
async def plan_import(request: AnyRequest) -> Response[bytes]:
    """Take the file, and tell what it would do; no translation changes."""
    sent = await request.form()
    form = {name: value for name, value in sent.items() if isinstance(value, str)}
    file = sent.get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise UploadEmpty("Choose a file.", field="file")
        name = file.filename[-200:]
        is_xliff = name.lower().removesuffix(".gz").endswith(_ENDINGS)
        form |= {"format": "xliff" if is_xliff else "csv", "name": name}
        form["upload"] = await kept(request, file)
        report = await _asked(request, form, apply=False)
    except ArgosyError as refusal:
        return _page(request, form, refusal=refusal)
    return _page(request, form, report=report)


@post(f"{IMPORT}/apply", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def apply_import(request: AnyRequest) -> Response[bytes]:
    """Take in what was looked at. The same file again changes nothing."""
    form = await read_form(request)
    try:
        report = await _asked(request, form, apply=True)
    except ArgosyError as refusal:
        return _page(request, form, refusal=refusal)
    said = say(
        request,
        N_("%(changed)s translations are taken in; %(failed)s were not."),
        changed=report["created"] + report["changed"],
        failed=report["failed"],
    )
    return lead_to(request, PATH, Notice(said, "bad" if report["failed"] else "good"))


async def _asked(request: AnyRequest, form: dict[str, str], *, apply: bool) -> dict[str, Any]:
    """What the file does. Raises FileUnreadable, Invalid."""
    body = {
        "upload": form.get("upload", ""),
        "format": form.get("format") or "csv",
        "state": form.get("state") or "file",
        "accept_broken": form.get("accept_broken") == "yes",
        "apply": apply,
    }
    found: dict[str, Any] = await ask(request, api.import_translations, data=body)
    return found


def _page(
    request: AnyRequest,
    form: dict[str, str],
    *,
    report: dict[str, Any] | None = None,
    refusal: ArgosyError | None = None,
) -> Response[bytes]:
    counted = {
        "created": N_("new"),
        "changed": N_("changed"),
        "unchanged": N_("the same as here"),
        "empty": N_("left empty"),
        "failed": N_("not taken"),
        "stale": N_("of an older text"),
    }
    values = {
        "form": Form(form),
        "report": report,
        "counts": []
        if report is None
        else [(say(request, label), report[name]) for name, label in counted.items()],
        "changes": 0 if report is None else report["created"] + report["changed"],
        "carried": [(name, form.get(name, "")) for name in _CARRIED],
        "states": [(value, say(request, text)) for value, text in STATES],
        "faults": faults_of(refusal, ["file", "state"], {"upload": "file"}),
        "path": IMPORT,
    }
    return admin_page(
        request,
        "admin/translation_import.html",
        values,
        title=say(request, N_("Import translations")),
        crumbs=[Crumb(say(request, N_("Translations")), PATH)],
        refusal=refusal,
    )


ROUTES: list[HTTPRouteHandler] = [show_import, plan_import, apply_import]
