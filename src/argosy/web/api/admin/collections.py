"""Collections as the administration makes and fills them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.kernel.wall_clock import in_utc
from argosy.modules import catalog, channels, collections, staff
from argosy.modules.collections import (
    Collection,
    CollectionFields,
    CollectionKind,
    CollectionSort,
    NewCollection,
    Pass,
    Rules,
    Window,
)
from argosy.runtime.db import Tx
from argosy.web.api.admin.catalog_views import given
from argosy.web.api.admin.endings import (
    ENDING_REFUSALS,
    MovedTo,
    Replacement,
    ending_of,
    shown_ending,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.examples import example_id
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.collecting import (
    change_collection,
    create_collection,
    delete_collection,
    place_member,
    remove_member,
    set_members,
)

AnyRequest = Request[Any, Any, Any]
Slug = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^/\s]+$")]
Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Html = Annotated[str, Meta(max_length=20_000)]
ShortText = Annotated[str, Meta(max_length=500)]
Place = Annotated[int, Meta(ge=0, le=1_000_000)]
Instant = Annotated[datetime, Meta(tz=True)]
Ids = Annotated[tuple[str, ...], Meta(max_length=500)]


class WindowBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when (that instant on) until when (before it) a channel shows the collection; a channel
    of `channels` without a window always does.
    """

    channel_id: Annotated[str, Meta(max_length=100)]
    starts_at: Instant | None = None
    ends_at: Instant | None = None


Windows = Annotated[tuple[WindowBody, ...], Meta(max_length=500, examples=[[]])]


class CollectionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new collection: with `rules` they decide what is in it, without you do. It is shown in
    `channels`; a slug is made of the title unless given.
    """

    title: Title
    slug: Slug | None = None
    description: Html = ""
    rules: Rules | None = None
    sort: CollectionSort = "position"
    position: Place = 0
    media_id: str | None = None
    seo_title: ShortText = ""
    seo_description: Annotated[str, Meta(max_length=2000)] = ""
    channels: Ids = ()
    windows: Windows = ()


class CollectionChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a collection; what is left out stays."""

    title: Title | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    description: Html | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET
    sort: CollectionSort | UnsetType = UNSET
    position: Place | UnsetType = UNSET
    media_id: str | UnsetType | None = UNSET
    seo_title: ShortText | UnsetType = UNSET
    seo_description: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
    channels: Ids | UnsetType = UNSET
    windows: Windows | UnsetType = UNSET


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """How far products were looked through since the collection last changed."""

    state: Literal["running", "done"]
    done: int
    total: int
    started_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, found: Pass) -> "Looking":
        """As answers show it."""
        return cls(
            state="running" if found.finished_at is None else "done",
            done=found.done,
            total=found.total,
            started_at=found.started_at,
            finished_at=found.finished_at,
        )


class AdminCollection(msgspec.Struct, frozen=True, kw_only=True):
    """A collection with its rules and channels. `looking` tells how far the last change of it has
    got through the products; null when there was none that concerns them.
    """

    id: str
    slug: str
    title: str
    description: str
    kind: CollectionKind
    rules: Rules | None
    sort: CollectionSort
    position: int
    media_id: str | None
    seo_title: str
    seo_description: str
    channels: list[str]
    windows: list[WindowBody]
    version: int
    created_at: datetime
    updated_at: datetime
    looking: Looking | None = None

    @classmethod
    def of(cls, one: Collection, looking: Pass | None = None) -> "AdminCollection":
        """As answers show it."""
        return cls(
            **msgspec.structs.asdict(one)
            | {
                "id": encode("collection", one.id),
                "media_id": encode("media", one.media_id) if one.media_id else None,
                "channels": [encode("channel", c) for c in one.channels],
                "windows": [
                    WindowBody(
                        channel_id=encode("channel", each.channel_id),
                        starts_at=each.starts_at,
                        ends_at=each.ends_at,
                    )
                    for each in one.windows
                ],
                "looking": Looking.of(looking) if looking else None,
            }
        )


class Members(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The products of a collection by hand, in their order."""

    product_ids: Annotated[tuple[str, ...], Meta(max_length=5000)]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a collection by hand."""

    product_id: str
    position: int


class MemberPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the product stands in the collection: lower ones first."""

    position: Place = 0


class MembersDone(msgspec.Struct, frozen=True, kw_only=True):
    """For how many products it was a change."""

    changed: int


CollectionMade = {201: ResponseSpec(data_container=AdminCollection, description="The new one.")}
REFUSALS = [
    collections.RulesInvalid,
    collections.WindowInvalid,
    collections.CollectionSlugTaken,
    channels.ChannelNotFound,
    catalog.MediaNotFound,
]


def _found(collection_id: str) -> UUID:
    return decode("collection", collection_id, field="collection_id")


async def _channels(tx: Tx, ids: tuple[str, ...]) -> tuple[UUID, ...]:
    found = tuple(decode("channel", one, field="channels") for one in ids)
    for one in found:
        await channels.channel_by_id(tx, one)
    return found


def _windows(given: tuple[WindowBody, ...]) -> tuple[Window, ...]:
    return tuple(
        Window(
            channel_id=decode("channel", one.channel_id, field=f"windows[{n}].channel_id"),
            starts_at=in_utc(one.starts_at, f"windows[{n}].starts_at"),
            ends_at=in_utc(one.ends_at, f"windows[{n}].ends_at"),
        )
        for n, one in enumerate(given)
    )


def _shown(one: Collection) -> dict[str, Any]:
    view = msgspec.to_builtins(AdminCollection.of(one))
    return {k: v for k, v in view.items() if k not in {"created_at", "updated_at", "looking"}}


@get(
    "/admin/v1/collections",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_collections(
    request: AnyRequest, limit: Limit = 50, cursor: CursorText = None
) -> Page[AdminCollection]:
    """Collections by slug."""
    filters = filters_of("admin-collections")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await collections.list_collections(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda c: (c.slug,), show=AdminCollection.of
    )


@post(
    "/admin/v1/collections",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[*REFUSALS, collections.TooManyCollections],
    responses=CollectionMade,
    example={
        "title": "Warm things on sale",
        "rules": {
            "match": "all",
            "conditions": [
                {"field": "title", "op": "contains", "values": ["hoodie", "jacket"]},
                {"field": "sale", "value": True},
            ],
        },
        "sort": "newest",
    },
)
async def make_collection(
    request: AnyRequest, data: CollectionBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make a collection."""

    async def run(tx: Tx) -> Collection:
        media = decode("media", data.media_id, field="media_id") if data.media_id else None
        fields = msgspec.structs.asdict(data) | {
            "slug": data.slug or catalog.slugify(data.title) or "collection",
            "description": catalog.sanitised(data.description),
            "media_id": media,
            "channels": await _channels(tx, data.channels),
            "windows": _windows(data.windows),
        }
        made = await create_collection(tx, NewCollection(**fields))
        subject = encode("collection", made.id)
        await staff.audit(tx, actor(request), "collection.created", subject, None, _shown(made))
        return made

    return await once(request, run, show=AdminCollection.of, headers=_headers)


@get(
    "/admin/v1/collections/{collection_id:str}",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[collections.CollectionNotFound],
)
async def get_collection(request: AnyRequest, collection_id: str) -> Response[AdminCollection]:
    """A collection, and how far its last change has got."""
    async with shop(request).db.reading() as tx:
        one = await collections.collection_by_id(tx, _found(collection_id))
        looking = await collections.pass_of(tx, one.id)
    return Response(AdminCollection.of(one, looking), headers=_headers(one))


@patch(
    "/admin/v1/collections/{collection_id:str}",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        collections.CollectionNotFound,
        collections.CollectionVersionConflict,
        *REFUSALS,
    ],
    example={"title": "Warm things", "sort": "-price"},
)
async def alter_collection(
    request: AnyRequest, collection_id: str, data: CollectionChange, if_match: RequiredIfMatch
) -> Response[AdminCollection]:
    """Change a collection. Other rules have all products looked through, in the background."""
    version = expected_version(request)
    fields = given(data)
    if isinstance(data.media_id, str):
        fields["media_id"] = decode("media", data.media_id, field="media_id")
    if isinstance(data.description, str):
        fields["description"] = catalog.sanitised(data.description)
    async with shop(request).db.transaction() as tx:
        if isinstance(data.channels, tuple):
            fields["channels"] = await _channels(tx, data.channels)
        if isinstance(data.windows, tuple):
            fields["windows"] = _windows(data.windows)
        before, one = await change_collection(
            tx, _found(collection_id), CollectionFields(**fields), expected_version=version
        )
        if before != one:
            old, new = _shown(before), _shown(one)
            subject = encode("collection", one.id)
            await staff.audit(tx, actor(request), "collection.changed", subject, old, new)
        looking = await collections.pass_of(tx, one.id)
    return Response(AdminCollection.of(one, looking), headers=_headers(one))


@delete(
    "/admin/v1/collections/{collection_id:str}",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        collections.CollectionNotFound,
        collections.CollectionVersionConflict,
        *ENDING_REFUSALS,
    ],
)
async def drop_collection(
    request: AnyRequest,
    collection_id: str,
    if_match: RequiredIfMatch,
    moved_to: MovedTo = None,
    replacement: Replacement = None,
) -> None:
    """Remove a collection; its products stay. Its path answers that it is gone (410), unless you
    say what it leads to.
    """
    ending = ending_of(moved_to, replacement)
    found, version = _found(collection_id), expected_version(request)
    async with shop(request).db.transaction() as tx:
        gone = await delete_collection(tx, found, ending, expected_version=version)
        shown = _shown(gone) | shown_ending(ending)
        await staff.audit(tx, actor(request), "collection.deleted", collection_id, shown)


@get(
    "/admin/v1/collections/{collection_id:str}/products",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[collections.CollectionNotFound],
)
async def list_collection_members(
    request: AnyRequest, collection_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[Member]:
    """The products that were put into a collection by hand, in order. What rules let in is listed
    by `GET /v1/products?collection=`.
    """
    found = _found(collection_id)
    filters = filters_of("members", collection=found)
    keys = after(cursor, filters, length=2)
    async with shop(request).db.reading() as tx:
        await collections.collection_by_id(tx, found)
        rows = await collections.list_members(
            tx, found, after=None if keys is None else _place(keys), limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: (row[1], row[0].hex),
        show=lambda row: Member(product_id=encode("product", row[0]), position=row[1]),
    )


def _place(keys: list[str | int | None]) -> tuple[int, UUID]:
    match keys:
        case [int() as position, str() as product] if abs(position) < 2**31:
            try:
                return position, UUID(hex=product)
            except ValueError:
                pass
    raise CursorInvalid("This cursor does not belong to this list.", field="cursor")


FILLING = [
    collections.CollectionNotFound,
    collections.CollectionIsNotManual,
    collections.TooManyMembers,
    catalog.ProductNotFound,
]


@put(
    "/admin/v1/collections/{collection_id:str}/products",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=FILLING,
    example={"product_ids": [example_id("product")]},
)
async def fill_collection(request: AnyRequest, collection_id: str, data: Members) -> MembersDone:
    """Have exactly these products in a collection by hand, in this order."""
    products = [decode("product", one, field="product_ids") for one in data.product_ids]
    async with shop(request).db.transaction() as tx:
        changed = await set_members(tx, _found(collection_id), products)
        if changed:
            counts = {"products": len(set(products)), "changed": len(changed)}
            subject = collection_id
            await staff.audit(tx, actor(request), "collection.filled", subject, None, counts)
    return MembersDone(changed=len(changed))


@put(
    "/admin/v1/collections/{collection_id:str}/products/{product_id:str}",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=FILLING,
    example={"position": 3},
)
async def put_member(
    request: AnyRequest, collection_id: str, product_id: str, data: MemberPlace
) -> MembersDone:
    """Put a product into a collection by hand, or at another place. A repeat changes nothing."""
    product = decode("product", product_id, field="product_id")
    async with shop(request).db.transaction() as tx:
        changed = await place_member(tx, _found(collection_id), product, data.position)
        if changed:
            shown = {"product_id": product_id, "position": data.position}
            subject = collection_id
            await staff.audit(tx, actor(request), "collection.product_put", subject, None, shown)
    return MembersDone(changed=int(changed))


@delete(
    "/admin/v1/collections/{collection_id:str}/products/{product_id:str}",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[collections.CollectionNotFound, collections.CollectionIsNotManual],
)
async def take_member(request: AnyRequest, collection_id: str, product_id: str) -> None:
    """Take a product out of a collection by hand. Nothing happens if it is not in."""
    product = decode("product", product_id, field="product_id")
    async with shop(request).db.transaction() as tx:
        if await remove_member(tx, _found(collection_id), product):
            gone = {"product_id": product_id}
            await staff.audit(tx, actor(request), "collection.product_taken", collection_id, gone)


def _headers(one: Collection) -> dict[str, str]:
    return {"ETag": version_tag(one.version)}


ROUTES: list[HTTPRouteHandler] = [
    list_collections,
    make_collection,
    get_collection,
    alter_collection,
    drop_collection,
    list_collection_members,
    fill_collection,
    put_member,
    take_member,
]
