"""Products from a file, step by step: upload, look at the plan, allow it, apply, take back."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, channels, imports, inventory, mappings, pricing, staff
from argosy.modules.imports import Plan
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.editing import confirm_page, faults_of
from argosy.web.admin.lists import CSV_BATCH, PAGE, Column, Empty, csv_of, listing_of, url_of
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.product_media import FORM_LIMIT_BYTES
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, piece, refusal_text, say
from argosy.web.admin.states import State
from argosy.web.api.admin.import_plans import NewPlan
from argosy.web.auth import actor, shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import after, filters_of, page_of
from argosy.web.spooling import UploadEmpty, pieces_of, spooled
from argosy.workflows.mapped_imports import with_mapping
from argosy.workflows.product_applying import ApplyImportPlan
from argosy.workflows.product_planning import MakeImportPlan
from argosy.workflows.product_reverting import RevertImportPlan

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/imports"
FORMATS = (
    ("shopify", "Shopify (CSV)"),
    ("magento", "Magento (CSV)"),
    ("saleor", "Saleor (JSON)"),
    ("spree", "Spree (CSV)"),
    ("icecat", "Icecat (JSON Lines)"),
    ("jsonl", "Argosy (JSON Lines)"),
)
MAPPING_PATH = f"{PATH}/mapping"
_CARRIED = ("price_list", "location", "channels", "absent", "skip_unknown", "normalise", "mapping")
STATES = {
    "queued": State(N_("Waits for its turn"), "warn"),
    "planning": State(N_("Is being planned"), "warn"),
    "planned": State(N_("Planned"), "warn"),
    "applying": State(N_("Is being applied"), "warn"),
    "applied": State(N_("Applied"), "good"),
    "reverting": State(N_("Is being taken back"), "warn"),
    "reverted": State(N_("Taken back")),
    "failed": State(N_("Failed"), "bad"),
    "discarded": State(N_("Discarded")),
}
DECISIONS = {
    "create": N_("New"),
    "update": N_("Changed"),
    "unchanged": N_("Unchanged"),
    "reject": N_("Refused"),
    "note": N_("Notes"),
}
_MOVING = ("queued", "planning", "applying", "reverting")
_FIELDS = ("file", "format", "mapping", "price_list", "location", "channels", "absent")
_MOST_LISTS = 200
_ROWS = 25
_OUTLIERS_SHOWN = 5


def plan_path(plan_id: UUID) -> str:
    """The page of a plan."""
    return f"{PATH}/{encode('import_plan', plan_id)}"


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_plans(request: AnyRequest) -> Response[bytes]:
    """Import plans, the newest first. One statement."""
    page = await _page(request, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("import_plan", row.id),
        row_path=lambda row: plan_path(row.id),
        empty=Empty(
            say(request, N_("No imports yet")),
            say(
                request,
                N_("A file of products is planned first: you see what it would change before it"
                   " changes anything, and can take it back afterwards."),
            ),
            say(request, N_("Import a file")),
            f"{PATH}/new",
        ),
    )  # fmt: skip
    title = say(request, N_("Imports"))
    return admin_page(request, "admin/imports.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_plans(request: AnyRequest) -> Stream:
    """The list as a file."""

    async def read(cursor: str | None) -> Page[Plan]:
        return await _page(request, cursor, CSV_BATCH)

    return csv_of("imports", _columns(request), read)


async def _page(request: AnyRequest, cursor: str | None, limit: int) -> Page[Plan]:
    filters = filters_of("admin imports")
    place = newest_after(cursor, filters)
    async with shop(request).db.reading() as tx:
        rows = await imports.list_plans(tx, after=place, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: newest_keys(row.created_at, row.id),
        show=lambda row: row,
    )


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("file", say(request, N_("File")), lambda row: row.file_name),
        Column("state", say(request, N_("State")), lambda row: say(request, _state(row).label)),
        Column("creates", say(request, N_("New")), lambda row: row.creates, "number"),
        Column("updates", say(request, N_("Changed")), lambda row: row.updates, "number"),
        Column("rejects", say(request, N_("Refused")), lambda row: row.rejects, "number"),
        Column("by", say(request, N_("By")), lambda row: row.actor, "muted", narrow=False),
        Column(
            "made", say(request, N_("Made")), lambda row: row.created_at, "instant", narrow=False
        ),
    ]  # fmt: skip


def _state(plan: Plan) -> State:
    return STATES[plan.state]


@get(f"{PATH}/new", include_in_schema=False, guards=[may("catalog:write")])
async def new_import(request: AnyRequest) -> Response[bytes]:
    """The first step: a file and where its prices and stock go. Four statements."""
    return await _new(request, {"absent": "keep"}, None)


@post(
    f"{PATH}/new",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
    request_max_body_size=FORM_LIMIT_BYTES,
)
async def plan_import(request: AnyRequest) -> Response[bytes]:
    """Take the file and have the plan made; nothing of the shop changes."""
    sent = await request.form()
    form = {name: value for name, value in sent.items() if isinstance(value, str)}
    file = sent.get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise UploadEmpty("Choose a file.", field="file")
        key = await kept(request, file)
        if form.get("format") == "mapped":
            return lead_to(request, mapping_step(form, key, file.filename[-200:]))
        wanted = {
            "upload": key,
            "format": form.get("format", ""),
            "file_name": file.filename[-200:],
            "price_list": form.get("price_list") or None,
            "location": form.get("location") or None,
            "channels": [form["channels"]] if form.get("channels") else [],
            "absent": form.get("absent", "keep"),
            "skip_unknown": form.get("skip_unknown") == "yes",
            "normalise": form.get("normalise") == "yes",
        }
        plan_id = await requested(request, checked_plan(wanted))
    except ArgosyError as refusal:
        return await _new(request, form, refusal)
    return lead_to(request, plan_path(plan_id))


def mapping_step(form: Mapping[str, str], upload: str, file_name: str) -> str:
    """The page where the columns of an upload are told."""
    carried = {name: form.get(name, "") for name in _CARRIED}
    carried |= {"upload": upload, "file_name": file_name}
    return f"{MAPPING_PATH}?{urlencode({k: v for k, v in carried.items() if v})}"


def checked_plan(wanted: Mapping[str, object]) -> NewPlan:
    """A plan as the API takes it. Raises CatalogInputInvalid."""
    try:
        return msgspec.convert(wanted, NewPlan)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise catalog.CatalogInputInvalid(message, field=path.rstrip("`") or None) from error


async def kept(request: AnyRequest, file: UploadFile) -> str:
    """The uploaded file set aside for the job; its key. Raises UploadEmpty, RequestTooLarge."""
    limit = shop(request).settings.upload_limit_bytes
    async with spooled(pieces_of(file), limit=limit) as path:
        key = await shop(request).storage.put_upload(path, suffix=".bin")
    async with shop(request).db.transaction() as tx:
        await staff.audit(tx, actor(request), "upload.received", key)
    return key


async def requested(request: AnyRequest, data: NewPlan) -> UUID:
    """Have the plan made; its id. Raises MappingNotFound."""
    options = msgspec.to_builtins(data)
    upload, format_name = options.pop("upload"), options.pop("format")
    options["photographs_key"] = options.pop("photographs")
    mapping = options.pop("mapping")
    async with shop(request).db.transaction() as tx:
        plan_id = await imports.request_plan(
            tx,
            format_name=format_name,
            file_name=data.file_name,
            storage_key=upload,
            options=await with_mapping(tx, options, mapping) if mapping else options,
            actor=actor(request).name,
        )
        tx.enqueue(MakeImportPlan(plan_id=plan_id))
        shown = {"format": format_name, "file_name": data.file_name}
        subject = encode("import_plan", plan_id)
        await staff.audit(tx, actor(request), "import.planned", subject, None, shown)
    return plan_id


async def _new(
    request: AnyRequest, form: Mapping[str, str], refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        lists = await pricing.list_price_lists(tx, limit=_MOST_LISTS)
        places = await inventory.list_locations(tx)
        known = await channels.list_channels(tx)
        saved = await mappings.list_mappings(tx, limit=_MOST_LISTS)
    none = ("", say(request, N_("None")))
    values = {
        "form": Form(dict(form)),
        "formats": [("mapped", say(request, N_("Any shape (CSV, XLSX, JSON Lines)"))), *FORMATS],
        "mappings": [
            ("", say(request, N_("Suggest one"))),
            *((one.code, one.name) for one in saved),
        ],
        "lists": [none, *((one.code, f"{one.name} ({one.currency})") for one in lists)],
        "locations": [none, *((one.code, one.name) for one in places)],
        "channels": [none, *((one.code, one.name) for one in known)],
        "faults": faults_of(refusal, list(_FIELDS)),
    }
    return admin_page(
        request,
        "admin/import_new.html",
        values,
        title=say(request, N_("Import a file")),
        crumbs=[_to_imports(request)],
        refusal=refusal,
    )


def _to_imports(request: AnyRequest) -> Crumb:
    return Crumb(say(request, N_("Imports")), PATH)


@get(f"{PATH}/{{plan_id:str}}", include_in_schema=False, guards=[may("catalog:read")])
async def show_plan(request: AnyRequest, plan_id: str) -> Response[bytes]:
    """The plan: how far it is, its counts, what looks like a mistake, its rows with changes."""
    found = decode("import_plan", plan_id, field="plan_id")
    async with shop(request).db.reading() as tx:
        values = await _read(request, tx, found)
    title = values["plan"].file_name
    return admin_page(
        request, "admin/import.html", values, title=title, crumbs=[_to_imports(request)]
    )


@get(f"{PATH}/{{plan_id:str}}/progress", include_in_schema=False, guards=[may("catalog:read")])
async def show_progress(request: AnyRequest, plan_id: str) -> Response[bytes]:
    """How far it is, for the page that waits; it is loaded anew when there is more to see."""
    found = decode("import_plan", plan_id, field="plan_id")
    async with shop(request).db.reading() as tx:
        plan = await imports.plan_by_id(tx, found)
    answer = piece(request, "admin/_import_progress.html", _progress(plan))
    if plan.state not in _MOVING:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress(plan: Plan) -> dict[str, Any]:
    done, total = plan.rows_read, plan.rows_total
    if plan.state in {"applying", "reverting"}:
        done = plan.applied + plan.same + plan.conflicts + plan.failed
        done, total = (
            (done, plan.creates + plan.updates)
            if plan.state == "applying"
            else (plan.reverted + plan.kept, plan.applied)
        )
    return {
        "plan": plan,
        "path": plan_path(plan.id),
        "state": _state(plan),
        "moving": plan.state in _MOVING,
        "done": done,
        "total": total,
    }


async def _read(request: AnyRequest, tx: Tx, plan_id: UUID) -> dict[str, Any]:
    """What the page shows. Four statements, and one for each kind of outlier."""
    plan = await imports.plan_by_id(tx, plan_id)
    groups = await imports.groups_of(tx, plan_id)
    outliers = [
        (
            one,
            [found for _, found in await imports.outliers_of(
                tx, plan_id, one.name, after=-1, limit=_OUTLIERS_SHOWN
            )],
        )
        for one in groups
    ]  # fmt: skip
    asked = request.query_params.get("decision", "")
    decision = next((one for one in DECISIONS if one == asked), None)
    filters = filters_of("admin plan rows", plan=plan_id, decision=decision)
    keys = after(request.query_params.get("cursor"), filters, length=1)
    last = keys[0] if keys and isinstance(keys[0], int) else -1
    rows = await imports.rows_of(
        tx, plan_id, after=last, decision=decision, state=None, limit=_ROWS + 1  # type: ignore[arg-type]
    )  # fmt: skip
    page = page_of(
        rows, limit=_ROWS, filters=filters, keys=lambda row: [row.seq], show=lambda row: row
    )
    path = plan_path(plan_id)
    following = {"decision": decision or "", "cursor": page.next_cursor or ""}
    return _progress(plan) | {
        "outliers": outliers,
        "open": [one.name for one in groups if one.acknowledged_at is None],
        "rows": page.items,
        "decisions": [("", N_("All")), *DECISIONS.items()],
        "decision": decision or "",
        "said": DECISIONS,
        "product": lambda row: encode("product", row.product_id) if row.product_id else "",
        "following": url_of(path, following) if page.next_cursor else "",
    }


@post(
    f"{PATH}/{{plan_id:str}}/acknowledge",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def acknowledge(request: AnyRequest, plan_id: str) -> Response[bytes]:
    """Say that the ticked kinds of outliers are right."""
    found, form = decode("import_plan", plan_id, field="plan_id"), await read_form(request)
    try:
        async with shop(request).db.transaction() as tx:
            names = await imports.acknowledge(
                tx, found, form.every("name"), actor=actor(request).name
            )
            if names:
                shown = {"names": names}
                await staff.audit(tx, actor(request), "import.acknowledged", plan_id, None, shown)
    except ArgosyError as refusal:
        return lead_to(request, plan_path(found), Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, plan_path(found), Notice(say(request, N_("Noted as right."))))


@get(f"{PATH}/{{plan_id:str}}/{{act:str}}", include_in_schema=False, guards=[may("catalog:write")])
async def ask(request: AnyRequest, plan_id: str, act: str) -> Response[bytes]:
    """Ask before a plan is applied, taken back or discarded."""
    found = decode("import_plan", plan_id, field="plan_id")
    async with shop(request).db.reading() as tx:
        plan = await imports.plan_by_id(tx, found)
    if act == "apply":
        title, button = N_("Apply the plan"), N_("Apply it")
        says = [
            say(
                request,
                N_("%(new)s products are made, %(changed)s changed; %(refused)s rows left out."),
                new=plan.creates, changed=plan.updates, refused=plan.rejects,
            ),
            say(request, N_("Products that somebody changed since it was planned are left alone.")),
            say(request, N_("It can be taken back afterwards.")),
        ]  # fmt: skip
    elif act == "revert":
        title, button = N_("Take the import back"), N_("Take it back")
        says = [
            say(
                request, N_("What it changed is put back: %(count)s products."), count=plan.applied
            ),
            say(request, N_("Products that were changed or sold since are left as they are.")),
        ]
    else:
        act, title, button = "discard", N_("Discard the plan"), N_("Discard it")
        says = [say(request, N_("It will never be applied. Plan the file anew if you want to."))]
    return confirm_page(
        request,
        title=say(request, title),
        says=says,
        path=f"{plan_path(found)}/{act}",
        back=plan_path(found),
        button=say(request, button),
        danger=act != "apply",
        crumbs=[_to_imports(request), Crumb(plan.file_name, plan_path(found))],
    )


@post(
    f"{PATH}/{{plan_id:str}}/{{act:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def carry_out(request: AnyRequest, plan_id: str, act: str) -> Response[bytes]:
    """Apply a plan, take it back, or discard it. Sent again, it goes on where it was."""
    found = decode("import_plan", plan_id, field="plan_id")
    try:
        async with shop(request).db.transaction() as tx:
            if act == "apply":
                await imports.begin_apply(tx, found)
                tx.enqueue(ApplyImportPlan(plan_id=found))
                action, shown = "import.applied", {"overwrite": False}
            elif act == "revert":
                await imports.begin_revert(tx, found)
                tx.enqueue(RevertImportPlan(plan_id=found))
                action, shown = "import.reverted", {"overwrite": False}
            else:
                await imports.discard_plan(tx, found)
                action, shown = "import.discarded", {}
            await staff.audit(tx, actor(request), action, plan_id, None, shown or None)
    except ArgosyError as refusal:
        return lead_to(request, plan_path(found), Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, plan_path(found))


ENTRIES = (
    Entry(
        N_("Imports"), PATH, N_("Imports and data"), "catalog:read", icon="download",
        words="upload csv shopify magento file", position=60,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    show_plans,
    export_plans,
    new_import,
    plan_import,
    show_plan,
    show_progress,
    acknowledge,
    ask,
    carry_out,
]
