"""API keys: publishable ones for storefronts, secret ones for machines.

Creating a key takes no Idempotency-Key: its answer would have to be stored for replaying, and a
secret key is stored nowhere. A key whose answer was lost is revoked and made again.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, delete, get, post

from argosy.kernel.errors import Invalid
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.kernel.wall_clock import in_utc
from argosy.modules import channels, staff
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, filters_of, page_of


class KeyShape(Invalid):
    """A publishable key names one channel and has no scopes; a secret key has scopes and names no
    channel.
    """

    code = "keys.shape"
    usual_cure = (
        "Send a channel and no scopes for a publishable key, scopes and no channel for a secret "
        "one."
    )


class NewKeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new key: `publishable` with a `channel_id`, or `secret` with `scopes`."""

    kind: Annotated[Literal["publishable", "secret"], msgspec.Meta(examples=["secret"])]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120, examples=["Warehouse sync"])]
    channel_id: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    scopes: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=60)]],
        msgspec.Meta(max_length=60, examples=[["orders:read"]]),
    ] = msgspec.field(default_factory=list)
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key. `token` is shown of publishable keys only; of secret ones `hint` is its ending."""

    id: str
    kind: Literal["publishable", "secret"]
    name: str
    hint: str
    token: str | None
    channel_id: str | None
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_on: str | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: staff.ApiKey, token: str | None = None) -> "KeyView":
        """As answers show it; `token` only where it is new."""
        return cls(
            id=encode("key", key.id),
            kind=key.kind,
            name=key.name,
            hint=key.hint,
            token=token or key.public_token,
            channel_id=None if key.channel_id is None else encode("channel", key.channel_id),
            scopes=list(key.scopes),
            created_by=key.created_by,
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_on=key.last_used_on,
            revoked_at=key.revoked_at,
        )


@get("/admin/v1/keys", tags=["Keys"], security=ADMINISTRATION, guards=[requires("keys:read")])
async def list_keys(
    request: Request[Any, Any, Any],
    limit: Limit = 24,
    cursor: CursorText = None,
    kind: Literal["publishable", "secret"] | None = None,
) -> Page[KeyView]:
    """Keys, the newest first, ended ones included."""
    filters = filters_of("keys", kind=kind)
    async with shop(request).db.reading() as tx:
        rows = await staff.list_keys(
            tx, after=newest_after(cursor, filters), limit=limit + 1, kind=kind
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda k: newest_keys(k.created_at, k.id),
        show=KeyView.of,
    )


@post(
    "/admin/v1/keys",
    tags=["Keys"],
    security=ADMINISTRATION,
    guards=[requires("keys:write")],
    problems=[
        staff.ScopeUnknown,
        staff.BeyondOwnRights,
        staff.ProofNeeded,
        staff.StaffInvalid,
        KeyShape,
        channels.ChannelNotFound,
    ],
    example={"kind": "secret", "name": "Warehouse sync", "scopes": ["inventory:write"]},
)
async def create_key(request: Request[Any, Any, Any], data: NewKeyBody) -> KeyView:
    """Make a key. The token of a secret key is in this answer and is never shown again; a key
    cannot have more rights than whoever makes it, and acts only within their present ones.
    """
    async with shop(request).db.transaction() as tx:
        made = await create(tx, actor(request), data)
    return KeyView.of(made.key, made.token)


@get(
    "/admin/v1/keys/{key_id:str}",
    tags=["Keys"],
    security=ADMINISTRATION,
    guards=[requires("keys:read")],
    problems=[staff.KeyNotFound],
)
async def get_key(request: Request[Any, Any, Any], key_id: str) -> KeyView:
    """A key."""
    async with shop(request).db.reading() as tx:
        return KeyView.of(await staff.key_by_id(tx, decode("key", key_id, field="key_id")))


@delete(
    "/admin/v1/keys/{key_id:str}",
    tags=["Keys"],
    security=ADMINISTRATION,
    guards=[requires("keys:write")],
    problems=[staff.KeyNotFound, staff.BeyondOwnRights, staff.ProofNeeded],
)
async def revoke_key(request: Request[Any, Any, Any], key_id: str) -> None:
    """Revoke a key, and every key that was made with it, at once and for good."""
    app, key = shop(request), decode("key", key_id, field="key_id")
    async with app.db.transaction() as tx:
        await staff.revoke_key(tx, actor(request), key)
    app.cache.forget(staff.KEYS_TOPIC, str(key))


async def create(tx: Tx, who: staff.Actor, wanted: NewKeyBody) -> staff.CreatedKey:
    """The key that the body describes. Raises KeyShape, TimeOutOfRange, ChannelNotFound and what
    staff raises.
    """
    expires_at = in_utc(wanted.expires_at, "expires_at")
    if wanted.kind == "secret" and wanted.channel_id is None:
        return await staff.create_secret_key(
            tx, who, name=wanted.name, scopes=tuple(wanted.scopes), expires_at=expires_at
        )
    if wanted.kind == "secret" or wanted.channel_id is None or wanted.scopes:
        raise KeyShape(
            "A publishable key has a channel and no scopes, a secret key scopes and no channel.",
            field="scopes" if wanted.scopes and wanted.channel_id else "channel_id",
        )
    channel = await channels.channel_by_id(
        tx, decode("channel", wanted.channel_id, field="channel_id")
    )
    return await staff.create_publishable_key(
        tx, who, name=wanted.name, channel_id=channel.id, expires_at=expires_at
    )


ROUTES = [list_keys, create_key, get_key, revoke_key]
