"""Imports that are planned, looked at, applied and taken back, as the administration runs them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import imports, staff
from argosy.runtime.db import Tx
from argosy.web.api.admin.imports import NewImport
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.mapped_imports import with_mapping
from argosy.workflows.product_applying import ApplyImportPlan
from argosy.workflows.product_planning import MakeImportPlan
from argosy.workflows.product_reverting import RevertImportPlan

AnyRequest = Request[Any, Any, Any]
Percent = Annotated[int, Meta(ge=0, le=1_000_000)]
GroupName = Annotated[str, Meta(min_length=1, max_length=200, examples=["price_change"])]
_READS = [requires("catalog:read")]
_WRITES = [requires("catalog:write")]


class NewPlan(NewImport, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan of an import: what `POST /admin/v1/imports` takes, and from where on something is an
    outlier, in per cent: a price that moves, the products that lose a value, the records that are
    refused. `absent`: products that the file does not name stay (`keep`) or are archived.
    `normalise`: brands, colours, sizes and measures are put in the shop's own words.
    """

    absent: Literal["keep", "archive"] = "keep"
    normalise: bool = False
    price_percent: Percent = 50
    loss_percent: Percent = 10
    reject_percent: Percent = 10


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """Outliers of one kind: `count` of `total`. The plan waits until they are acknowledged."""

    name: str
    count: int
    total: int
    acknowledged_by: str | None
    acknowledged_at: datetime | None


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """A plan: how far it is, what it decided, what became of it, and what blocks it.

    While it is applied, `windows` is `awaited` when it waits for the shop windows to show what it
    has written, and `behind` when it no longer does, because they do not catch up (no worker runs);
    it has waited `awaited_ms` milliseconds in all.
    """

    id: str
    format: str
    file_name: str
    actor: str
    state: imports.PlanState
    rows_total: int | None
    rows_read: int
    creates: int
    updates: int
    unchanged: int
    rejects: int
    warnings: int
    applied: int
    same: int
    conflicts: int
    failed: int
    reverted: int
    kept: int
    message: str
    windows: imports.Windows
    awaited_ms: int
    created_at: datetime
    planned_at: datetime | None
    applied_at: datetime | None
    reverted_at: datetime | None
    outliers: tuple[GroupView, ...] = ()

    @classmethod
    def of(cls, plan: imports.Plan, groups: tuple[GroupView, ...] = ()) -> "PlanView":
        """As answers show it."""
        fields = {f: getattr(plan, f) for f in cls.__struct_fields__ if f != "outliers"}
        return cls(**fields | {"id": encode("import_plan", plan.id)}, outliers=groups)


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One difference: a path such as `variants[MUG-1].prices.usd`, before and after."""

    path: str
    before: Any
    after: Any


class RowIssueView(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a record, where it stands in the file, and why."""

    row: int
    column: str
    severity: Literal["error", "warning"]
    code: str
    message: str


class NormalisedView(msgspec.Struct, frozen=True, kw_only=True):
    """A value that stood otherwise in the file. `settled`: `value` was put in the place of `raw`;
    otherwise `raw` stays, and the normaliser asks. `confidence` 1 is certain.
    """

    path: str
    kind: str
    raw: str
    value: str
    rule: str
    confidence: float
    settled: bool


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided about one record of the file, and what became of it."""

    number: int
    line: int
    key: str
    kind: imports.RecordKind
    decision: imports.Decision
    state: imports.RowState
    product_id: str | None
    row_hash: str | None
    changes: tuple[ChangeView, ...]
    issues: tuple[RowIssueView, ...]
    normalised: tuple[NormalisedView, ...]

    @classmethod
    def of(cls, row: imports.Row) -> "RowView":
        """As answers show it."""
        return cls(
            number=row.seq,
            line=row.line,
            key=row.key,
            kind=row.kind,
            decision=row.decision,
            state=row.state,
            product_id=None if row.product_id is None else encode("product", row.product_id),
            row_hash=row.row_hash,
            changes=tuple(
                ChangeView(path=c.path, before=c.before, after=c.after) for c in row.changes
            ),
            issues=tuple(RowIssueView(**msgspec.structs.asdict(i)) for i in row.issues),
            normalised=tuple(NormalisedView(**msgspec.structs.asdict(n)) for n in row.normalised),
        )


class OutlierView(msgspec.Struct, frozen=True, kw_only=True):
    """A change that looks like a mistake."""

    line: int
    key: str
    path: str
    before: Any
    after: Any


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kinds of outliers, by name, that are right."""

    names: Annotated[tuple[GroupName, ...], Meta(min_length=1, max_length=1000)]


class Doing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`overwrite`: products that somebody has changed in the meantime are written all the same;
    otherwise they are left alone and reported.
    """

    overwrite: bool = False


@post(
    "/admin/v1/import-plans",
    status_code=202,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    responses={202: ResponseSpec(data_container=PlanView, description="It will be made soon.")},
)
async def create_import_plan(
    request: AnyRequest, data: NewPlan, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Plan an import of an uploaded file: nothing of the shop changes. It is made in the
    background: watch its `state`, look at its rows and outliers, then apply it.
    """
    options = msgspec.to_builtins(data)
    upload, format_name = options.pop("upload"), options.pop("format")
    options["photographs_key"] = options.pop("photographs")
    mapping = options.pop("mapping")

    async def run(tx: Tx) -> imports.Plan:
        who = actor(request)
        plan_id = await imports.request_plan(
            tx,
            format_name=format_name,
            file_name=data.file_name,
            storage_key=upload,
            options=await with_mapping(tx, options, mapping) if mapping else options,
            actor=who.name,
        )
        tx.enqueue(MakeImportPlan(plan_id=plan_id))
        shown = {"format": format_name, "file_name": data.file_name}
        subject = encode("import_plan", plan_id)
        await staff.audit(tx, who, "import.planned", subject, None, shown)
        return await imports.plan_by_id(tx, plan_id)

    return await once(request, run, show=PlanView.of, status=202)


@get("/admin/v1/import-plans", tags=["Imports"], security=ADMINISTRATION, guards=_READS)
async def list_import_plans(
    request: AnyRequest, limit: Limit = 24, cursor: CursorText = None
) -> Page[PlanView]:
    """Import plans, the newest first. Their outliers are shown with each plan alone."""
    f = filters_of("import-plans")
    keys = after(cursor, f, length=2)
    async with shop(request).db.reading() as tx:
        rows = await imports.list_plans(tx, after=_place(keys), limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=f, keys=lambda p: (p.created_at.isoformat(), str(p.id)),
        show=PlanView.of,
    )  # fmt: skip


def _place(keys: list[str | int | None] | None) -> tuple[datetime, UUID] | None:
    if keys is None:
        return None
    try:
        return datetime.fromisoformat(str(keys[0])), UUID(str(keys[1]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong here.", field="cursor") from error


@get(
    "/admin/v1/import-plans/{plan_id:str}",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_READS,
    problems=[imports.PlanNotFound],
)
async def get_import_plan(request: AnyRequest, plan_id: str) -> PlanView:
    """A plan: its state, its counts and its kinds of outliers."""
    found = decode("import_plan", plan_id, field="plan_id")
    async with shop(request).db.reading() as tx:
        return await _whole(tx, found)


async def _whole(tx: Tx, plan_id: UUID) -> PlanView:
    plan = await imports.plan_by_id(tx, plan_id)
    groups = await imports.groups_of(tx, plan_id)
    return PlanView.of(plan, tuple(GroupView(**msgspec.structs.asdict(g)) for g in groups))


@get(
    "/admin/v1/import-plans/{plan_id:str}/rows",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_READS,
    problems=[imports.PlanNotFound],
)
async def list_plan_rows(  # noqa: PLR0917 - the parameters of a list
    request: AnyRequest,
    plan_id: str,
    decision: Annotated[
        imports.Decision | None, Parameter(description="Only rows that were decided so.")
    ] = None,
    row_state: Annotated[
        imports.RowState | None, Parameter(query="state", description="Only rows that are so now.")
    ] = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[RowView]:
    """The records of the file in their order: what is decided, the differences, what is wrong."""
    found = decode("import_plan", plan_id, field="plan_id")
    f = filters_of("plan-rows", plan=found, decision=decision, state=row_state)
    keys = after(cursor, f, length=1)
    async with shop(request).db.reading() as tx:
        await imports.plan_by_id(tx, found)
        rows = await imports.rows_of(
            tx, found, after=_number(keys), decision=decision, state=row_state, limit=limit + 1
        )
    return page_of(rows, limit=limit, filters=f, keys=lambda r: (r.seq,), show=RowView.of)


def _number(keys: list[str | int | None] | None) -> int:
    if keys is None:
        return -1
    if not isinstance(keys[0], int):
        raise CursorInvalid("This cursor does not belong here.", field="cursor")
    return keys[0]


@get(
    "/admin/v1/import-plans/{plan_id:str}/outliers",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_READS,
    problems=[imports.PlanNotFound],
)
async def list_plan_outliers(
    request: AnyRequest,
    plan_id: str,
    name: Annotated[
        str, Parameter(min_length=1, max_length=200, description="Of the plan's `outliers`.")
    ],
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[OutlierView]:
    """The first thousand outliers of one name."""
    found = decode("import_plan", plan_id, field="plan_id")
    f = filters_of("plan-outliers", plan=found, name=name)
    keys = after(cursor, f, length=1)
    async with shop(request).db.reading() as tx:
        await imports.plan_by_id(tx, found)
        rows = await imports.outliers_of(tx, found, name, after=_number(keys), limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=f, keys=lambda r: (r[0],), show=lambda r: _outlier(r[1])
    )


def _outlier(outlier: imports.Outlier) -> OutlierView:
    return OutlierView(**{f: getattr(outlier, f) for f in OutlierView.__struct_fields__})


@post(
    "/admin/v1/import-plans/{plan_id:str}/acknowledgements",
    status_code=200,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[imports.PlanNotFound, imports.PlanStateWrong, imports.OutlierUnknown],
    responses={200: ResponseSpec(data_container=PlanView, description="Acknowledged.")},
)
async def acknowledge_outliers(
    request: AnyRequest, plan_id: str, data: Acknowledgement, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Say that outliers of these names are right, so that the plan can be applied."""
    found = decode("import_plan", plan_id, field="plan_id")

    async def run(tx: Tx) -> PlanView:
        who = actor(request)
        names = await imports.acknowledge(tx, found, data.names, actor=who.name)
        if names:
            await staff.audit(tx, who, "import.acknowledged", plan_id, None, {"names": names})
        return await _whole(tx, found)

    return await once(request, run, status=200)


@post(
    "/admin/v1/import-plans/{plan_id:str}/apply",
    status_code=202,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[imports.PlanNotFound, imports.PlanStateWrong, imports.OutliersUnacknowledged],
    responses={202: ResponseSpec(data_container=PlanView, description="It is being applied.")},
)
async def apply_import_plan(
    request: AnyRequest, plan_id: str, data: Doing, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Do what the plan says, in the background. Products that were changed since it was made are
    reported and not overwritten, unless `overwrite` is true.
    """
    found = decode("import_plan", plan_id, field="plan_id")

    async def run(tx: Tx) -> PlanView:
        await imports.begin_apply(tx, found, overwrite=data.overwrite)
        tx.enqueue(ApplyImportPlan(plan_id=found))
        shown = {"overwrite": data.overwrite}
        await staff.audit(tx, actor(request), "import.applied", plan_id, None, shown)
        return await _whole(tx, found)

    return await once(request, run, status=202)


@post(
    "/admin/v1/import-plans/{plan_id:str}/revert",
    status_code=202,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[imports.PlanNotFound, imports.PlanStateWrong],
    responses={202: ResponseSpec(data_container=PlanView, description="It is being reverted.")},
)
async def revert_import_plan(
    request: AnyRequest, plan_id: str, data: Doing, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Put back everything that the import changed, in the background. Products that were changed
    or sold since are reported and left as they are, unless `overwrite` is true.
    """
    found = decode("import_plan", plan_id, field="plan_id")

    async def run(tx: Tx) -> PlanView:
        await imports.begin_revert(tx, found, overwrite=data.overwrite)
        tx.enqueue(RevertImportPlan(plan_id=found))
        shown = {"overwrite": data.overwrite}
        await staff.audit(tx, actor(request), "import.reverted", plan_id, None, shown)
        return await _whole(tx, found)

    return await once(request, run, status=202)


@post(
    "/admin/v1/import-plans/{plan_id:str}/discard",
    status_code=200,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[imports.PlanNotFound, imports.PlanStateWrong],
    responses={200: ResponseSpec(data_container=PlanView, description="Discarded.")},
)
async def discard_import_plan(
    request: AnyRequest, plan_id: str, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Never apply this plan."""
    found = decode("import_plan", plan_id, field="plan_id")

    async def run(tx: Tx) -> PlanView:
        await imports.discard_plan(tx, found)
        await staff.audit(tx, actor(request), "import.discarded", plan_id)
        return await _whole(tx, found)

    return await once(request, run, status=200)


ROUTES: list[HTTPRouteHandler] = [
    create_import_plan,
    list_import_plans,
    get_import_plan,
    list_plan_rows,
    list_plan_outliers,
    acknowledge_outliers,
    apply_import_plan,
    revert_import_plan,
    discard_import_plan,
]
