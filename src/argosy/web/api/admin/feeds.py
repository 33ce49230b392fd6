"""Feeds: files at addresses that are pulled by a schedule and imported."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.kernel.wall_clock import ZoneUnknown
from argosy.modules import channels, feeds, mappings, staff
from argosy.modules.feeds import Feed, FeedFields, FeedOptions, Run
from argosy.runtime.db import Tx
from argosy.web.api.admin.catalog_views import given
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.feeding import request_pull, sealed_secret

AnyRequest = Request[Any, Any, Any]
FeedCode = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$", examples=["supplier-a"])]
FeedName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Url = Annotated[
    str, Meta(min_length=1, max_length=2000, examples=["https://supplier.example/products.csv"])
]
Schedule = Annotated[str, Meta(min_length=9, max_length=100, examples=["0 5 * * *"])]
Zone = Annotated[str, Meta(min_length=1, max_length=100, examples=["Europe/Berlin"])]
MappingCode = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$")]
UserName = Annotated[str, Meta(max_length=200, pattern=r"^[^:\x00-\x1f]*$")]
Secret = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[\x20-\x7e]+$")]
_READS = [requires("catalog:read")]
_WRITES = [requires("catalog:write")]
_REFUSALS: list[Any] = [
    feeds.FeedAddressRefused,
    feeds.ScheduleInvalid,
    feeds.FeedInvalid,
    mappings.MappingNotFound,
    ZoneUnknown,
]


class NewFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new feed. `schedule` is five fields of cron on the clocks of `zone`; without a zone, those
    of the first channel that it publishes in, or UTC. `secret` is the password or token.
    """

    code: FeedCode
    name: FeedName
    url: Url
    schedule: Schedule
    zone: Zone | None = None
    format: feeds.FileFormat = "mapped"
    mapping: MappingCode | None = None
    options: FeedOptions = FeedOptions()
    auth: feeds.AuthKind = "none"
    auth_user: UserName = ""
    secret: Secret | None = None


class FeedBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a feed; what is left out stays. A `secret` of null is forgotten."""

    name: FeedName | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    schedule: Schedule | UnsetType = UNSET
    zone: Zone | UnsetType = UNSET
    format: feeds.FileFormat | UnsetType = UNSET
    mapping: MappingCode | UnsetType | None = UNSET
    options: FeedOptions | UnsetType = UNSET
    auth: feeds.AuthKind | UnsetType = UNSET
    auth_user: UserName | UnsetType = UNSET
    secret: Secret | UnsetType | None = UNSET


class PullBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`fresh`: plan the file also when it is the one that was imported last."""

    fresh: bool = False


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """One pull: `waiting` means that its plan waits for a person. `code` says why it failed."""

    id: str
    state: feeds.RunState
    asked_by: str
    fresh: bool
    plan_id: str | None
    byte_size: int | None
    code: str
    message: str
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> "RunView":
        """As answers show it."""
        fields = {f: getattr(run, f) for f in cls.__struct_fields__}
        return cls(
            **fields
            | {
                "id": encode("feed_run", run.id),
                "plan_id": encode("import_plan", run.plan_id) if run.plan_id else None,
            }
        )


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, without its secret. `failures` counts pulls since the last good one."""

    id: str
    code: str
    name: str
    url: str
    format: feeds.FileFormat
    mapping: str | None
    options: FeedOptions
    schedule: str
    zone: str
    state: feeds.FeedState
    auth: feeds.AuthKind
    auth_user: str
    next_at: datetime
    last_good_at: datetime | None
    failures: int
    version: int
    author: str
    created_at: datetime
    updated_at: datetime
    last_run: RunView | None = None

    @classmethod
    def of(cls, feed: Feed, last: Run | None = None) -> "FeedView":
        """As answers show it."""
        fields = {f: getattr(feed, f) for f in cls.__struct_fields__ if f != "last_run"}
        return cls(
            **fields | {"id": encode("feed", feed.id)},
            last_run=RunView.of(last) if last else None,
        )


def shown(feed: Feed) -> dict[str, Any]:
    """A feed as the audit trail tells it."""
    view = msgspec.to_builtins(FeedView.of(feed))
    kept = ("code", "name", "url", "format", "mapping", "options", "schedule", "zone", "state",
            "auth", "auth_user")  # fmt: skip
    return {name: view[name] for name in kept}


def _headers(feed: Feed) -> dict[str, str]:
    return {"ETag": version_tag(feed.version)}


async def checked_mapping(tx: Tx, code: str | UnsetType | None) -> None:
    """Raises MappingNotFound."""
    if isinstance(code, str):
        await mappings.mapping_by_code(tx, code)


async def zone_of(tx: Tx, options: FeedOptions) -> str:
    """The zone of the first channel that a feed publishes in, or UTC."""
    if not options.channels:
        return "UTC"
    known = {c.code: c.time_zone for c in await channels.list_channels(tx)}
    return next((known[code] for code in options.channels if code in known), "UTC")


@get("/admin/v1/feeds", tags=["Imports"], security=ADMINISTRATION, guards=_READS)
async def list_import_feeds(
    request: AnyRequest, limit: Limit = 24, cursor: CursorText = None
) -> Page[FeedView]:
    """Feeds by code, each with its last pull."""
    f = filters_of("admin-feeds")
    keys = after(cursor, f, length=1)
    async with shop(request).db.reading() as tx:
        rows = await feeds.list_feeds(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
        last = await feeds.last_runs(tx, [row.id for row in rows])
    return page_of(
        rows, limit=limit, filters=f, keys=lambda r: (r.code,),
        show=lambda r: FeedView.of(r, last.get(r.id)),
    )  # fmt: skip


@post(
    "/admin/v1/feeds",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[*_REFUSALS, feeds.FeedExists],
    responses={201: ResponseSpec(data_container=FeedView, description="The new feed.")},
    example={
        "code": "supplier-a",
        "name": "Supplier A",
        "url": "https://supplier.example/products.jsonl",
        "format": "jsonl",
        "schedule": "0 5 * * *",
        "zone": "Europe/Berlin",
    },
)
async def create_feed(
    request: AnyRequest, data: NewFeed, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Add a feed. It is pulled the next time that its schedule names; its plan applies itself when
    nothing in it looks like a mistake, and waits for a person otherwise.
    """
    app, who = shop(request), actor(request)
    fields = {k: v for k, v in msgspec.structs.asdict(data).items()
              if k not in {"code", "secret", "zone"}}  # fmt: skip

    async def run(tx: Tx) -> Feed:
        await checked_mapping(tx, data.mapping)
        made = await feeds.create_feed(
            tx,
            data.code,
            FeedFields(**fields, zone=data.zone or await zone_of(tx, data.options)),
            secret=sealed_secret(app.settings, data.secret),
            author=who.name,
            http_hosts=app.settings.feed_http_hosts,
        )
        await staff.audit(tx, who, "feed.created", encode("feed", made.id), None, shown(made))
        return made

    return await once(request, run, show=FeedView.of, headers=_headers)


@get(
    "/admin/v1/feeds/{code:str}",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_READS,
    problems=[feeds.FeedNotFound],
)
async def get_feed(request: AnyRequest, code: str) -> Response[FeedView]:
    """A feed with its last pull."""
    async with shop(request).db.reading() as tx:
        found = await feeds.feed_by_code(tx, code)
        last = await feeds.last_runs(tx, [found.id])
    return Response(FeedView.of(found, last.get(found.id)), headers=_headers(found))


@patch(
    "/admin/v1/feeds/{code:str}",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[*_REFUSALS, feeds.FeedNotFound, feeds.FeedVersionConflict],
    example={"schedule": "30 6 * * 1-5"},
)
async def alter_feed(
    request: AnyRequest, code: str, data: FeedBody, if_match: RequiredIfMatch
) -> Response[FeedView]:
    """Change a feed. The next file counts as new."""
    app, version = shop(request), expected_version(request)
    fields = given(data)
    secret = data.secret
    fields.pop("secret", None)
    async with app.db.transaction() as tx:
        await checked_mapping(tx, data.mapping)
        before, one = await feeds.update_feed(
            tx,
            code,
            FeedFields(**fields),
            secret=secret if isinstance(secret, UnsetType) else sealed_secret(app.settings, secret),
            expected_version=version,
            http_hosts=app.settings.feed_http_hosts,
        )
        if before != one:
            told = {**shown(one), "secret_changed": secret is not UNSET}
            subject = encode("feed", one.id)
            await staff.audit(tx, actor(request), "feed.changed", subject, shown(before), told)
    return Response(FeedView.of(one), headers=_headers(one))


@delete(
    "/admin/v1/feeds/{code:str}",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[feeds.FeedNotFound, feeds.FeedVersionConflict],
)
async def delete_feed(request: AnyRequest, code: str, if_match: RequiredIfMatch) -> None:
    """Remove a feed with the record of its pulls. What it imported stays."""
    version = expected_version(request)
    async with shop(request).db.transaction() as tx:
        gone = await feeds.delete_feed(tx, code, expected_version=version)
        subject = encode("feed", gone.id)
        await staff.audit(tx, actor(request), "feed.deleted", subject, shown(gone))


@post(
    "/admin/v1/feeds/{code:str}/pause",
    status_code=200,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[feeds.FeedNotFound],
    responses={200: ResponseSpec(data_container=FeedView, description="Paused.")},
)
async def pause_feed(
    request: AnyRequest, code: str, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Stop pulling a feed by its schedule."""
    return await _set_paused(request, code, paused=True)


@post(
    "/admin/v1/feeds/{code:str}/resume",
    status_code=200,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[feeds.FeedNotFound],
    responses={200: ResponseSpec(data_container=FeedView, description="Active again.")},
)
async def resume_feed(
    request: AnyRequest, code: str, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Go on with a paused feed, from the next time that its schedule names."""
    return await _set_paused(request, code, paused=False)


async def _set_paused(request: AnyRequest, code: str, *, paused: bool) -> Response[bytes]:
    async def run(tx: Tx) -> Feed:
        before, one = await feeds.set_paused(tx, code, paused=paused)
        if before.state != one.state:
            action = "feed.paused" if paused else "feed.resumed"
            await staff.audit(tx, actor(request), action, encode("feed", one.id))
        return one

    return await once(request, run, show=FeedView.of, headers=_headers, status=200)


@post(
    "/admin/v1/feeds/{code:str}/runs",
    status_code=202,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[feeds.FeedNotFound, feeds.FeedBusy],
    responses={202: ResponseSpec(data_container=RunView, description="It will be pulled soon.")},
)
async def pull_feed(
    request: AnyRequest, code: str, data: PullBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Pull a feed now, whether it is paused or not, in the background: watch its runs."""

    async def run(tx: Tx) -> RunView:
        who = actor(request)
        run_id = await request_pull(tx, code, asked_by=who.name, fresh=data.fresh)
        subject = encode("feed", (await feeds.feed_by_code(tx, code)).id)
        await staff.audit(tx, who, "feed.pulled", subject, None, {"fresh": data.fresh})
        made = await feeds.run_by_id(tx, run_id)
        assert made is not None, run_id
        return RunView.of(made)

    return await once(request, run, status=202)


@get(
    "/admin/v1/feeds/{code:str}/runs",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_READS,
    problems=[feeds.FeedNotFound],
)
async def list_feed_runs(
    request: AnyRequest, code: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[RunView]:
    """Pulls of a feed, the newest first."""
    f = filters_of("feed-runs", code=code)
    keys = after(cursor, f, length=1)
    before = decode("feed_run", str(keys[0]), field="cursor") if keys else None
    async with shop(request).db.reading() as tx:
        found = await feeds.feed_by_code(tx, code)
        rows = await feeds.runs_of(tx, found.id, before=before, limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=f, keys=lambda r: (encode("feed_run", r.id),), show=RunView.of
    )


ROUTES: list[HTTPRouteHandler] = [
    list_import_feeds,
    create_feed,
    get_feed,
    alter_feed,
    delete_feed,
    pause_feed,
    resume_feed,
    pull_feed,
    list_feed_runs,
]
