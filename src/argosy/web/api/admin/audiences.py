"""Who is shown what is not for everybody: audiences of a channel, and restrictions to them."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import audiences, channels, customers, staff
from argosy.modules.audiences import Audience, Restriction, SetAudience, SubjectKind
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

AnyRequest = Request[Any, Any, Any]
Id = Annotated[str, msgspec.Meta(max_length=60)]
Code = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, examples=["trade"])
]
_KINDS: dict[str, SubjectKind] = {"chn": "channel", "prd": "product", "var": "variant"}


class AudienceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An audience: customers of any of the groups; without groups, all who are signed in. Who fits
    several belongs to the one of the highest priority.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["Trade customers"])]
    groups: Annotated[list[Code], msgspec.Meta(max_length=50, examples=[[]])] = []
    priority: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 0


class AudienceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An audience. Until its shop window is `ready`, its customers see what everybody sees."""

    code: str
    name: str
    groups: list[str]
    priority: int
    ready: bool

    @classmethod
    def of(cls, one: Audience) -> "AudienceRow":
        """As answers show it."""
        return cls(
            code=one.code,
            name=one.name,
            groups=list(one.groups),
            priority=one.priority,
            ready=one.ready,
        )


class AudienceList(msgspec.Struct, frozen=True, kw_only=True):
    """The audiences of a channel, the strongest first; never more than one page."""

    items: list[AudienceRow]
    next_cursor: str | None = None


class RestrictionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is for these audiences only: a product, a variant, or all of the channel. Others are not
    shown the `goods`, or not told the `price`; they can buy neither.
    """

    subject: Id
    audiences: Annotated[list[Code], msgspec.Meta(min_length=1, max_length=8)]
    hides: Literal["goods", "price"] = "goods"


class RestrictionsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 restrictions, set together or not at all."""

    restrictions: Annotated[
        list[RestrictionBody], msgspec.Meta(min_length=1, max_length=audiences.MAX_AT_ONCE)
    ]


class RestrictionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is for some audiences only."""

    subject: str
    audiences: list[str]
    hides: Literal["goods", "price"]

    @classmethod
    def of(cls, one: Restriction) -> "RestrictionRow":
        """As answers show it."""
        return cls(
            subject=encode(one.subject_kind, one.subject_id),
            audiences=list(one.audiences),
            hides=one.hides,
        )


class SubjectsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 products, variants, or the channel."""

    subjects: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=audiences.MAX_AT_ONCE)]


class RestrictionsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """How many are new, different or lifted."""

    changed: int


@get(
    "/admin/v1/channels/{channel_id:str}/audiences",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:read")],
    problems=[channels.ChannelNotFound],
)
async def list_audiences(request: AnyRequest, channel_id: str) -> AudienceList:
    """The audiences of a channel."""
    async with shop(request).db.reading() as tx:
        channel = await channels.channel_by_id(tx, _channel(channel_id))
        found = await audiences.list_audiences(tx, channel.id)
    return AudienceList(items=[AudienceRow.of(one) for one in found])


@put(
    "/admin/v1/channels/{channel_id:str}/audiences/{code:str}",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:write")],
    problems=[
        channels.ChannelNotFound,
        customers.GroupNotFound,
        audiences.AudienceInvalid,
        audiences.TooManyAudiences,
    ],
)
async def set_audience(
    request: AnyRequest, channel_id: str, code: str, data: AudienceBody
) -> AudienceRow:
    """Make an audience so, or change it. A new one gets a shop window of its own, which takes as
    long as projecting all products. Repeating it changes nothing.
    """
    async with shop(request).db.transaction() as tx:
        channel = await channels.channel_by_id(tx, _channel(channel_id))
        for group in data.groups:
            await customers.group_by_code(tx, group)
        wish = SetAudience(
            code=code, name=data.name, groups=tuple(data.groups), priority=data.priority
        )
        made = await audiences.set_audience(tx, channel.id, wish)
        what = msgspec.structs.asdict(data) | {"code": code}
        await staff.audit(tx, actor(request), "audience.set", channel_id, None, what)
    return AudienceRow.of(made)


@delete(
    "/admin/v1/channels/{channel_id:str}/audiences/{code:str}",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:write")],
    problems=[channels.ChannelNotFound, audiences.AudienceNotFound],
)
async def end_audience(request: AnyRequest, channel_id: str, code: str) -> None:
    """End an audience. Its customers see what everybody sees; what is for it alone is shown to
    nobody until that restriction is lifted.
    """
    async with shop(request).db.transaction() as tx:
        channel = await channels.channel_by_id(tx, _channel(channel_id))
        await audiences.end_audience(tx, channel.id, code)
        await staff.audit(tx, actor(request), "audience.ended", channel_id, {"code": code}, None)


@get(
    "/admin/v1/channels/{channel_id:str}/restrictions",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:read")],
    problems=[channels.ChannelNotFound],
)
async def list_restrictions(
    request: AnyRequest, channel_id: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[RestrictionRow]:
    """What is for some audiences only."""
    filters = filters_of("restrictions", channel=channel_id)
    last = _last(after(cursor, filters, length=1))
    async with shop(request).db.reading() as tx:
        channel = await channels.channel_by_id(tx, _channel(channel_id))
        rows = await audiences.list_restrictions(tx, channel.id, after=last, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda one: [one.subject_id.hex],
        show=RestrictionRow.of,
    )


@post(
    "/admin/v1/channels/{channel_id:str}/restrictions",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:write")],
    status_code=200,
    problems=[
        channels.ChannelNotFound,
        audiences.RestrictionInvalid,
        audiences.TooManyRestrictions,
    ],
    responses={200: ResponseSpec(RestrictionsChanged, description="What changed.")},
    example={"restrictions": [{"subject": encode("product", UUID(int=1)), "audiences": ["trade"]}]},
)
async def set_restrictions(
    request: AnyRequest,
    channel_id: str,
    data: RestrictionsBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Show products, variants or the channel to audiences only, or tell only them the prices."""
    place = _channel(channel_id)
    wanted = [
        _restriction(one, f"restrictions.{index}") for index, one in enumerate(data.restrictions)
    ]

    async def work(tx: Tx) -> int:
        await channels.channel_by_id(tx, place)
        changed = await audiences.restrict(tx, place, wanted)
        what = {"changed": changed}
        await staff.audit(tx, actor(request), "restrictions.set", channel_id, None, what)
        return changed

    return await once(request, work, status=200, show=lambda n: RestrictionsChanged(changed=n))


@post(
    "/admin/v1/channels/{channel_id:str}/restrictions/removal",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:write")],
    status_code=200,
    problems=[channels.ChannelNotFound, audiences.RestrictionInvalid],
    responses={200: ResponseSpec(RestrictionsChanged, description="How many were lifted.")},
    example={"subjects": [encode("product", UUID(int=1))]},
)
async def lift_restrictions(
    request: AnyRequest, channel_id: str, data: SubjectsBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Show to everybody again."""
    place = _channel(channel_id)
    wanted = [_subject(text, f"subjects.{n}")[1] for n, text in enumerate(data.subjects)]

    async def work(tx: Tx) -> int:
        await channels.channel_by_id(tx, place)
        lifted = await audiences.lift_restrictions(tx, place, wanted)
        what = {"changed": lifted}
        await staff.audit(tx, actor(request), "restrictions.lifted", channel_id, None, what)
        return lifted

    return await once(request, work, status=200, show=lambda n: RestrictionsChanged(changed=n))


def _channel(text: str) -> UUID:
    return decode("channel", text, field="channel_id")


def _restriction(given: RestrictionBody, field: str) -> Restriction:
    kind, subject_id = _subject(given.subject, f"{field}.subject")
    return Restriction(
        subject_kind=kind,
        subject_id=subject_id,
        hides=given.hides,
        audiences=tuple(given.audiences),
    )


def _subject(text: str, field: str) -> tuple[SubjectKind, UUID]:
    kind = _KINDS.get(text.partition("_")[0])
    if kind is None:
        raise audiences.RestrictionInvalid(
            "Only a product, a variant or the channel can be restricted.",
            field=field,
            cure="Send the id of one: prd_..., var_... or chn_....",
        )
    return kind, decode(kind, text, field=field)


def _last(keys: list[str | int | None] | None) -> UUID | None:
    if keys is None:
        return None
    try:
        return UUID(hex=str(keys[0]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


ROUTES = [
    list_audiences,
    set_audience,
    end_audience,
    list_restrictions,
    set_restrictions,
    lift_restrictions,
]
