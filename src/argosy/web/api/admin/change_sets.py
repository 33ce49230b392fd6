"""Change sets: making them, staging edits, what they do, and what others did in the meantime."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.kernel.wall_clock import TimeOutOfRange, in_utc
from argosy.modules import changesets, channels, staff
from argosy.modules.changesets import ChangeSet
from argosy.runtime.db import Tx
from argosy.web.api.admin.change_set_forms import (
    ChangeSetBody,
    ChangeSetView,
    ConflictsView,
    EditsBody,
    EditView,
    ProductPreviewView,
    QuotePreviewBody,
    QuotePreviewView,
    ResolutionBody,
    entity_of,
)
from argosy.web.api.admin.shipping import of_channel
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.examples import example_id
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import change_preview, change_staging
from argosy.workflows.quoting import NotPurchasable

AnyRequest = Request[Any, Any, Any]
PATH = "/admin/v1/change-sets"
ONE = f"{PATH}/{{change_set_id:str}}"
READS = [requires("changes:read")]
WRITES = [requires("changes:write")]
At = Annotated[datetime | None, Parameter(description="As of this instant; now without it.")]
_HELD = [
    changesets.ChangeSetNotFound,
    changesets.ChangeSetChanged,
    changesets.ChangeSetStateWrong,
]


def set_id_of(text: str) -> UUID:
    """The id of a change set. Raises MalformedId."""
    return decode("change_set", text, field="change_set_id")


def tagged(found: ChangeSet) -> Response[ChangeSetView]:
    """A set with its version as the tag."""
    return Response(ChangeSetView.of(found), headers={"ETag": version_tag(found.version)})


@get(PATH, tags=["Change sets"], security=ADMINISTRATION, guards=READS)
async def list_change_sets(
    request: AnyRequest,
    in_state: Annotated[
        changesets.State | None, Parameter(query="state", description="Only sets that are so.")
    ] = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[ChangeSetView]:
    """Change sets, the newest first."""
    filters = filters_of("change-sets", state=in_state)
    keys = after(cursor, filters, length=2)
    async with shop(request).db.reading() as tx:
        rows = await changesets.list_change_sets(
            tx, state=in_state, after=_place(keys), limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda one: (one.created_at.isoformat(), str(one.id)),
        show=ChangeSetView.of,
    )


def _place(keys: list[str | int | None] | None) -> tuple[datetime, UUID] | None:
    if keys is None:
        return None
    try:
        return datetime.fromisoformat(str(keys[0])), UUID(str(keys[1]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong here.", field="cursor") from error


@post(
    PATH,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=[changesets.EditInvalid],
    responses={201: ResponseSpec(ChangeSetView, description="The new, empty draft.")},
)
async def create_change_set(
    request: AnyRequest, data: ChangeSetBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make an empty change set, to stage edits in."""

    async def run(tx: Tx) -> ChangeSet:
        who = actor(request)
        made = await changesets.create_change_set(tx, data.name, note=data.note, by=who.name)
        subject = encode("change_set", made.id)
        await staff.audit(tx, who, "change_set.created", subject, None, {"name": made.name})
        return made

    return await once(request, run, show=ChangeSetView.of)


@get(
    ONE,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=READS,
    problems=[changesets.ChangeSetNotFound],
)
async def get_change_set(request: AnyRequest, change_set_id: str) -> Response[ChangeSetView]:
    """A change set, and where it stands."""
    async with shop(request).db.reading() as tx:
        return tagged(await changesets.change_set_by_id(tx, set_id_of(change_set_id)))


@patch(
    ONE,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=[changesets.EditInvalid, *_HELD],
)
async def rename_change_set(
    request: AnyRequest, change_set_id: str, data: ChangeSetBody, if_match: RequiredIfMatch
) -> Response[ChangeSetView]:
    """Give a change set another name and note."""
    async with shop(request).db.transaction() as tx:
        found = await changesets.rename_change_set(
            tx,
            set_id_of(change_set_id),
            data.name,
            data.note,
            expected_version=expected_version(request),
        )
        shown = {"name": found.name}
        await staff.audit(tx, actor(request), "change_set.renamed", change_set_id, None, shown)
    return tagged(found)


@patch(
    f"{ONE}/edits",
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=[
        changesets.EditInvalid,
        changesets.ChangeSetConflicts,
        changesets.ChangeSetTooLarge,
        *_HELD,
    ],
    example={
        "edits": [{"entity_id": example_id("product"), "change": {"title": "Radiant Tee 2"}}],
        "mode": "merge",
    },
)
async def stage_edits(
    request: AnyRequest, change_set_id: str, data: EditsBody, if_match: RequiredIfMatch
) -> Response[ChangeSetView]:
    """Stage edits in a draft, all or none. Each is tried as the direct change would be, and refused
    for the same reasons; nothing of it takes effect.
    """
    who, wishes = actor(request), data.wishes()
    async with shop(request).db.transaction() as tx:
        found = await change_staging.stage(
            tx,
            set_id_of(change_set_id),
            wishes,
            by=who.name,
            mode=data.mode,
            expected_version=expected_version(request),
        )
        shown = {"staged": [edit.entity_id for edit in data.edits]}
        await staff.audit(tx, who, "change_set.staged", change_set_id, None, shown)
    return tagged(found)


@get(
    f"{ONE}/edits",
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=READS,
    problems=[changesets.ChangeSetNotFound],
)
async def list_change_set_edits(
    request: AnyRequest, change_set_id: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[EditView]:
    """The edits of a change set, each with the fields that it changes."""
    set_id = set_id_of(change_set_id)
    filters = filters_of("change-set-edits", change_set=set_id)
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        await changesets.change_set_by_id(tx, set_id)
        rows = await changesets.list_edits(tx, set_id, after=_entity(keys), limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda e: (str(e.entity_id),), show=EditView.of
    )


def _entity(keys: list[str | int | None] | None) -> UUID | None:
    if keys is None:
        return None
    try:
        return UUID(str(keys[0]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong here.", field="cursor") from error


@delete(
    f"{ONE}/edits/{{entity_id:str}}",
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=[changesets.EditNotFound, *_HELD],
)
async def remove_edit(
    request: AnyRequest, change_set_id: str, entity_id: str, if_match: RequiredIfMatch
) -> None:
    """Leave a product or promotion out of a change set again."""
    _, entity = entity_of(entity_id)
    async with shop(request).db.transaction() as tx:
        held = await changesets.hold_change_set(
            tx, set_id_of(change_set_id), expected_version=expected_version(request)
        )
        await changesets.remove_edits(tx, held, [entity])
        shown = {"removed": [entity_id]}
        await staff.audit(tx, actor(request), "change_set.staged", change_set_id, None, shown)


@get(
    f"{ONE}/conflicts",
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=READS,
    problems=[changesets.ChangeSetNotFound, changesets.ChangeSetTooLarge],
)
async def list_conflicts(request: AnyRequest, change_set_id: str) -> ConflictsView:
    """Fields of the set that others have changed since they were staged, and who did. Publishing
    stops at these; fields that only one side changed are merged.
    """
    async with shop(request).db.reading() as tx:
        found = await change_staging.conflicts_of(tx, set_id_of(change_set_id))
    return ConflictsView.of(found)


@post(
    f"{ONE}/edits/{{entity_id:str}}/resolution",
    status_code=200,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=[
        changesets.EditNotFound,
        changesets.EditInvalid,
        changesets.ChangeSetConflicts,
        *_HELD,
    ],
    responses={200: ResponseSpec(ChangeSetView, description="The set without these conflicts.")},
    example={"version": 1, "theirs": ["title"]},
)
async def resolve_conflict(  # noqa: PLR0917 - what a request carries
    request: AnyRequest,
    change_set_id: str,
    entity_id: str,
    data: ResolutionBody,
    if_match: RequiredIfMatch,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Decide about the conflicts of an edit: leave fields to the others, insist on the rest."""
    kind, entity = entity_of(entity_id)

    async def run(tx: Tx) -> ChangeSet:
        who = actor(request)
        found = await change_staging.resolve(
            tx,
            set_id_of(change_set_id),
            kind,
            entity,
            theirs=data.theirs,
            seen_version=data.version,
            by=who.name,
            expected_version=expected_version(request),
        )
        shown = {"resolved": entity_id, "theirs": data.theirs}
        await staff.audit(tx, who, "change_set.resolved", change_set_id, None, shown)
        return found

    return await once(request, run, show=ChangeSetView.of, status=200)


@get(
    f"{ONE}/preview/products/{{product_id:str}}",
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=READS,
    problems=[
        changesets.ChangeSetNotFound,
        changesets.EditNotFound,
        changesets.EditInvalid,
        changesets.ChangeSetTooLarge,
        channels.ChannelNotFound,
        TimeOutOfRange,
    ],
)
async def preview_product(
    request: AnyRequest,
    change_set_id: str,
    product_id: str,
    channel_id: Annotated[str, Parameter(max_length=60, description="Id of the channel.")],
    at: At = None,
) -> ProductPreviewView:
    """A product of the set as its channel would show it at an instant, without and with the set.
    Nobody else sees it.
    """
    app = shop(request)
    instant = in_utc(at, "at") or app.db.clock()
    found = await change_preview.preview_product(
        app,
        set_id_of(change_set_id),
        decode("product", product_id, field="product_id"),
        of_channel(channel_id),
        instant,
    )
    return ProductPreviewView.of(instant, found)


@post(
    f"{ONE}/preview/quote",
    status_code=200,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=READS,
    problems=[
        changesets.ChangeSetNotFound,
        changesets.EditInvalid,
        changesets.ChangeSetTooLarge,
        channels.ChannelNotFound,
        NotPurchasable,
        TimeOutOfRange,
    ],
    example={
        "channel_id": example_id("channel"),
        "lines": [{"variant_id": example_id("variant"), "quantity": 2}],
    },
)
async def preview_quote(
    request: AnyRequest, change_set_id: str, data: QuotePreviewBody
) -> QuotePreviewView:
    """What a purchase would cost at an instant, by its prices and promotions then, without and with
    the set.
    """
    app = shop(request)
    instant = in_utc(data.at, "at") or app.db.clock()
    found = await change_preview.preview_quote(
        app, set_id_of(change_set_id), of_channel(data.channel_id), data.trial(), instant
    )
    return QuotePreviewView.of(instant, found)


ROUTES: list[HTTPRouteHandler] = [
    list_change_sets,
    create_change_set,
    get_change_set,
    rename_change_set,
    stage_edits,
    list_change_set_edits,
    remove_edit,
    list_conflicts,
    resolve_conflict,
    preview_product,
    preview_quote,
]
