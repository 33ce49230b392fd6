"""Redirects that the staff makes, and names of things in a channel or language of their own."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import channels, paths, staff
from argosy.modules.paths import (
    EVERYWHERE,
    Name,
    NameChanged,
    NameTaken,
    PathInvalid,
    PathUnknown,
    Redirect,
    RedirectInvalid,
    RedirectNotFound,
    Scope,
    Thing,
)
from argosy.modules.paths.ports import RedirectRow
from argosy.runtime.db import Tx
from argosy.web.api.admin.endings import thing_named
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.addressing import exists, name_thing
from argosy.workflows.redirecting import take_redirects, target_text

AnyRequest = Request[Any, Any, Any]
Locale = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]
LongPath = Annotated[str, Meta(min_length=1, max_length=2000)]


class RedirectBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A redirect. `to` is the id of a product or category, a path, or an https address; the path of
    a product or category is kept as that, so that the redirect follows it. `answer` "gone" says
    that nothing is there any more (410); `to` is then what may be shown instead. Without `channel`
    (its code) and `locale` it holds everywhere.
    """

    path: LongPath
    to: LongPath | None = None
    channel: Annotated[str, Meta(min_length=1, max_length=63)] | None = None
    locale: Locale | None = None
    answer: Literal["moved", "gone"] = "moved"

    def row(self, number: int) -> RedirectRow:
        """As a line of a file."""
        return RedirectRow(
            row=number,
            path=self.path,
            to=self.to or "",
            channel=self.channel or "",
            locale=self.locale or "",
            answer=self.answer,
        )


class RedirectsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Redirects to make, or to make anew where there is one for the path, channel and locale."""

    redirects: Annotated[list[RedirectBody], Meta(min_length=1, max_length=1000)]


class RedirectRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A redirect that was not taken: its number in the request (from 1), the member, and why."""

    row: int
    column: str
    reason: str


class RedirectsDone(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the redirects. Each is in one of the counts."""

    created: int
    changed: int
    unchanged: int
    failed: int
    faults: list[RedirectRefused]


class RedirectView(msgspec.Struct, frozen=True, kw_only=True):
    """A redirect that somebody made. `to` is an id, a path or an address."""

    id: str
    path: str
    to: str | None
    channel_id: str | None
    locale: str | None
    answer: Literal["moved", "gone"]
    made_at: datetime

    @classmethod
    def of(cls, redirect: Redirect) -> "RedirectView":
        """As answers show it."""
        return cls(
            id=encode("redirect", redirect.id),
            path=redirect.path,
            to=target_text(redirect) or None,
            channel_id=_channel(redirect.scope),
            locale=redirect.scope.locale or None,
            answer=redirect.answer,
            made_at=redirect.made_at,
        )


class NameBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to call something in a channel, a language or both. `name` is a slug, of a category a
    whole path; null: as in the next wider channel and language, at last its own slug. `version` is
    that of the name there which was read (0: it had none); left out, whichever there is is changed.
    """

    name: Annotated[str, Meta(min_length=1, max_length=1000)] | None
    channel_id: str | None = None
    locale: Locale | None = None
    version: Annotated[int, Meta(ge=0, le=2**53)] | None = None


class NameView(msgspec.Struct, frozen=True, kw_only=True):
    """A name in a channel (null: all) and language (null: all). One that is not `present` any more
    leads to the thing still; its `version` is 0. That of a present one guards changes.
    """

    name: str
    path: str
    channel_id: str | None
    locale: str | None
    present: bool
    version: int


class NameList(msgspec.Struct, frozen=True, kw_only=True):
    """Names that something has and had besides its own slug."""

    items: list[NameView]


def _channel(scope: Scope) -> str | None:
    return None if scope.channel_id == EVERYWHERE else encode("channel", scope.channel_id)


@get(
    "/admin/v1/redirects",
    tags=["Paths"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_redirects(
    request: AnyRequest,
    *,
    prefix: Annotated[
        str | None, Parameter(max_length=2000, description="Only paths that begin so.")
    ] = None,
    channel_id: Annotated[
        str | None, Parameter(max_length=100, description="Only those of this channel.")
    ] = None,
    locale: Annotated[
        str | None, Parameter(max_length=20, description="Only those of this language.")
    ] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[RedirectView]:
    """Redirects that the staff made, by path. What former slugs lead to by themselves is not
    listed: ask `GET /v1/resolve`.
    """
    channel = decode("channel", channel_id, field="channel_id") if channel_id else None
    filters = filters_of("redirects", prefix=prefix, channel=channel, locale=locale)
    keys = after(cursor, filters, length=3)
    async with shop(request).db.reading() as tx:
        rows = await paths.list_redirects(
            tx,
            prefix=prefix,
            channel_id=channel,
            locale=locale,
            after=None if keys is None else _place(keys),
            limit=limit + 1,
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda r: (r.path, r.scope.channel_id.hex, r.scope.locale),
        show=RedirectView.of,
    )


def _place(keys: list[str | int | None]) -> tuple[str, UUID, str]:
    path, channel, locale = map(str, keys)
    try:
        return path, UUID(hex=channel), locale
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


@post(
    "/admin/v1/redirects",
    tags=["Paths"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    status_code=200,
    responses={
        200: ResponseSpec(
            RedirectsDone, description="What became of them.", generate_examples=False
        )
    },
    example={"redirects": [{"path": "/old/tee.html", "to": "/products/radiant-tee"}]},
)
async def save_redirects(
    request: AnyRequest, data: RedirectsBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make redirects, or make them anew. One that cannot be taken is reported and keeps no other
    out; none that closes a loop is taken. The same ones again change nothing.
    """
    rows = [one.row(number) for number, one in enumerate(data.redirects, start=1)]

    async def run(tx: Tx) -> RedirectsDone:
        done = await take_redirects(tx, rows, actor(request))
        return RedirectsDone(
            created=done.created,
            changed=done.changed,
            unchanged=done.unchanged,
            failed=done.failed,
            faults=[RedirectRefused(**msgspec.structs.asdict(fault)) for fault in done.faults],
        )

    return await once(request, run, status=200)


@get(
    "/admin/v1/redirects/{redirect_id:str}",
    tags=["Paths"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[RedirectNotFound],
)
async def get_redirect(request: AnyRequest, redirect_id: str) -> RedirectView:
    """A redirect."""
    found = decode("redirect", redirect_id, field="redirect_id")
    async with shop(request).db.reading() as tx:
        return RedirectView.of(await paths.redirect_by_id(tx, found))


@delete(
    "/admin/v1/redirects/{redirect_id:str}",
    tags=["Paths"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[RedirectNotFound],
)
async def delete_redirect(request: AnyRequest, redirect_id: str) -> None:
    """Remove a redirect."""
    found = decode("redirect", redirect_id, field="redirect_id")
    async with shop(request).db.transaction() as tx:
        gone = await paths.delete_redirect(tx, found)
        shown = {"path": gone.path, "to": target_text(gone), "answer": gone.answer}
        await staff.audit(tx, actor(request), "redirect.deleted", redirect_id, shown)


@get(
    "/admin/v1/names/{entity_id:str}",
    tags=["Paths"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[PathUnknown],
)
async def list_names(request: AnyRequest, entity_id: str) -> NameList:
    """What a product or category is and was called in channels and languages of its own."""
    thing = thing_named(entity_id, field="entity_id")
    async with shop(request).db.reading() as tx:
        await exists(tx, thing)
        return _shown(await paths.names_of(tx, thing.id))


@put(
    "/admin/v1/names/{entity_id:str}",
    tags=["Paths"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        PathUnknown,
        PathInvalid,
        RedirectInvalid,
        NameTaken,
        NameChanged,
        channels.ChannelNotFound,
    ],
    example={"name": "strahlend-shirt", "locale": "de"},
)
async def set_name(request: AnyRequest, entity_id: str, data: NameBody) -> NameList:
    """Call a product or category otherwise in a channel, a language or both. Names are unique
    there; the one it had leads to it from now on. Repeating it changes nothing.
    """
    thing = thing_named(entity_id, field="entity_id")
    channel_id = data.channel_id
    channel = decode("channel", channel_id, field="channel_id") if channel_id else None
    scope = Scope(channel_id=channel or EVERYWHERE, locale=data.locale or "")
    async with shop(request).db.transaction() as tx:
        if channel is not None:
            await channels.channel_by_id(tx, channel)
        before = await _name_in(tx, thing, scope)
        await name_thing(tx, thing, scope, data.name, expected=data.version)
        if data.name != before:
            where = {"channel_id": channel_id, "locale": data.locale}
            old, new = {"name": before, **where}, {"name": data.name, **where}
            await staff.audit(tx, actor(request), "name.changed", entity_id, old, new)
        return _shown(await paths.names_of(tx, thing.id))


async def _name_in(tx: Tx, thing: Thing, scope: Scope) -> str | None:
    names = await paths.names_of(tx, thing.id)
    return next((n.name for n in names if n.present and n.scope == scope), None)


def _shown(names: list[Name]) -> NameList:
    return NameList(
        items=[
            NameView(
                name=n.name,
                path=paths.path_of(n.thing.kind, n.name),
                channel_id=_channel(n.scope),
                locale=n.scope.locale or None,
                present=n.present,
                version=n.version,
            )
            for n in names
        ]
    )


ROUTES: list[HTTPRouteHandler] = [
    list_redirects,
    save_redirects,
    get_redirect,
    delete_redirect,
    list_names,
    set_name,
]
