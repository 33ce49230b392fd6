"""Who is asking: the storefront's channel, the shopper, the actor of the administration.

Storefront requests name their channel by a publishable key (`X-Publishable-Key: pk_...`), which is
safe to expose and opens nothing, and the shopper by a session token (`Authorization: Bearer
shopper_...`). Administration requests carry a staff session (`Bearer staff_...`) or a secret key
(`Bearer sk_...`). Channels and shopper sessions are kept in the process (runtime/cache.py), so that
the hot paths ask the database nothing; a revocation is notified to every process at its commit.
Staff sessions and secret keys are looked up each time, in one statement.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.openapi.spec import Components, SecurityScheme

from argosy.kernel.errors import Unauthenticated
from argosy.modules import channels, customers, staff
from argosy.modules.channels import Channel
from argosy.modules.customers import Identity
from argosy.modules.staff import Actor
from argosy.runtime.cache import Fill
from argosy.web.kept import storefront_key
from argosy.workflows.app import App

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
Security = list[dict[str, list[str]]]

KEY_HEADER = "X-Publishable-Key"
KEPT_AT_MOST = timedelta(minutes=10)
"""For how long a shopper's session is not looked up again."""


class PublishableKeyMissing(Unauthenticated):
    """Storefront requests name their channel: send the channel's publishable key in the header
    `X-Publishable-Key`. `argosy keys list` or `/admin/v1/keys` show it.
    """

    code = "auth.publishable_key_missing"
    usual_cure = (
        "Send the channel's publishable key in the header `X-Publishable-Key`; `argosy keys list`"
        " shows it."
    )


class PublishableKeyInvalid(Unauthenticated):
    """The publishable key is unknown or revoked, or its channel is not active. Use the key that
    `argosy keys list` or `/admin/v1/keys` show for the channel.
    """

    code = "auth.publishable_key_invalid"
    usual_cure = (
        "Use the key that `argosy keys list` or `GET /admin/v1/keys` shows for the channel."
    )


class BearerMalformed(Unauthenticated):
    """The `Authorization` header is not `Bearer <token>`. Send the token as it was given."""

    code = "auth.header_malformed"
    usual_cure = "Send `Authorization: Bearer <token>` with the token as it was given."


class Shopper(msgspec.Struct, frozen=True, kw_only=True):
    """Who shops: a signed-in customer, or a guest (`customer_id` None)."""

    customer_id: UUID | None = None
    session_id: UUID | None = None
    email: str = ""
    email_verified: bool = False


GUEST = Shopper()


def shop(request: Connection) -> App:
    """The handles that workflows need."""
    app: App = request.app.state.shop
    return app


async def channel_context(request: Connection) -> Channel:
    """The channel of the storefront that asks. No statement while it is kept.

    Raises PublishableKeyMissing, PublishableKeyInvalid, KeyExpired.
    """
    token = request.headers.get(KEY_HEADER)
    if not token:
        raise PublishableKeyMissing(
            "The publishable key is missing.",
            field=KEY_HEADER,
            cure=f"Send the channel's `pk_` key in the header {KEY_HEADER}.",
        )
    app = shop(request)
    key = storefront_key(token)
    channel: Channel | None = app.cache.peek(key)
    if channel is None:
        channel = await app.cache.get(key, lambda: _channel_of_key(app, token))
    return channel


async def shopper(request: Connection) -> Shopper:
    """The shopper of this request; a guest when no token is sent. Raises SessionEnded for a token
    that is not valid (any more), so that nobody falls back to being a guest unnoticed.
    """
    token = _bearer(request)
    if token is None:
        return GUEST
    identity = await identity_of(request, token)
    return Shopper(
        customer_id=identity.customer_id,
        session_id=identity.session_id,
        email=identity.email,
        email_verified=identity.email_verified,
    )


async def signed_in(request: Connection) -> Identity:
    """The customer of this request. Raises Unauthenticated, or SessionEnded for an old token."""
    token = _bearer(request)
    if token is None:
        raise Unauthenticated(
            "Sign in first.",
            field="Authorization",
            cure="Send `Authorization: Bearer <token>` with the token of `POST /v1/sessions`.",
        )
    return await identity_of(request, token)


def requires(scope: str) -> Guard:
    """A guard for administration routes: lets in whoever may do `scope` (`orders:write`).

    Raises Unauthenticated, SessionEnded, SecretKeyUnknown, KeyExpired, Forbidden.
    """
    assert scope in staff.SCOPES, f"{scope!r} is not a scope"

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        staff.check_allowed(await _authenticated(connection), scope)

    guard.scope = scope  # type: ignore[attr-defined]  # read by the OpenAPI document
    return guard


async def requires_channel(connection: Connection, _handler: BaseRouteHandler) -> None:
    """A guard for storefront routes that need no more of the channel than that there is one."""
    await channel_context(connection)


async def requires_actor(connection: Connection, _handler: BaseRouteHandler) -> None:
    """A guard for administration routes that anybody of the administration may use (`me`)."""
    await _authenticated(connection)


def actor(request: Connection) -> Actor:
    """Who acts in the administration: for audit and timelines. Only behind `requires(...)`."""
    found: Actor = request.state.actor
    return found


def request_id(request: Connection) -> str:
    """The id under which this request is logged and audited."""
    return str(request.scope.get("argosy.request_id", ""))


PUBLISHABLE: Security = [{"publishable_key": []}]
"""`security` of storefront routes."""
SIGNED_IN: Security = [{"publishable_key": [], "shopper_session": []}]
"""`security` of storefront routes for signed-in customers."""
ADMINISTRATION: Security = [{"staff_session": []}, {"secret_key": []}]
"""`security` of administration routes."""

SECURITY = Components(
    security_schemes={
        "publishable_key": SecurityScheme(
            type="apiKey",
            name=KEY_HEADER,
            security_scheme_in="header",
            description="Names the channel. Safe to expose in a storefront.",
        ),
        "shopper_session": SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="shopper_…",
            description="A customer's session, from `POST /v1/sessions`.",
        ),
        "staff_session": SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="staff_…",
            description="A staff member's session, from `POST /admin/v1/sessions`.",
        ),
        "secret_key": SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="sk_…",
            description="A scoped secret key, from `POST /admin/v1/keys` or `argosy keys create`.",
        ),
    }
)


async def _channel_of_key(app: App, token: str) -> Fill[Channel]:
    async with app.db.reading() as tx:
        key = await staff.publishable_key(tx, token)
        channel = None if key is None else await channels.channel_by_id(tx, key.channel_id)
        now = tx.now
    if key is None or channel is None or not channel.active:
        raise PublishableKeyInvalid("This publishable key is not valid.", field=KEY_HEADER)
    if key.expires_at is not None and key.expires_at <= now:
        raise staff.KeyExpired(
            "This publishable key has expired.",
            field=KEY_HEADER,
            cure="Make a new one.",
            expired_at=key.expires_at.isoformat(),
        )
    return Fill(
        channel,
        topics=(
            f"{staff.KEYS_TOPIC}:{key.key_id}",
            f"{channels.CHANNELS_TOPIC}:{channel.id}",
        ),
        expires_at=key.expires_at,
    )


async def identity_of(request: Connection, token: str) -> Identity:
    """The customer whose session `token` is; no statement while it is kept. Raises SessionEnded."""
    app = shop(request)
    key = ("shopper", token)
    kept: Identity | None = app.cache.peek(key)
    if kept is not None:
        return kept
    return await app.cache.get(key, lambda: _identity_of_session(app, token))


async def _identity_of_session(app: App, token: str) -> Fill[Identity]:
    async with app.db.reading() as tx:
        identity = await customers.identity_by_session(tx, token)
        # Looked up again now and then, so that a session in use is not taken for an idle one.
        until = min(identity.expires_at, tx.now + KEPT_AT_MOST)
    topic = f"{customers.SESSIONS_TOPIC}:{identity.customer_id}"
    return Fill(identity, topics=(topic,), expires_at=until)


async def _authenticated(connection: Connection) -> Actor:
    token = _bearer(connection)
    if token is None:
        raise Unauthenticated(
            "Sign in, or send a secret key.",
            field="Authorization",
            cure="Send `Authorization: Bearer` with a staff session token or a secret key.",
        )
    async with shop(connection).db.reading() as tx:
        if token.startswith("sk_"):
            found = await staff.actor_by_secret_key(tx, token)
        else:
            found = await staff.actor_by_session(tx, token)
    found = msgspec.structs.replace(found, request_id=request_id(connection))
    connection.state.actor = found
    return found


def _bearer(request: Connection) -> str | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    kind, _, token = header.strip().partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise BearerMalformed(
            "The Authorization header is malformed.",
            field="Authorization",
            cure="Send `Authorization: Bearer <token>`.",
        )
    return token.strip()


__all__ = [
    "ADMINISTRATION",
    "GUEST",
    "PUBLISHABLE",
    "SECURITY",
    "SIGNED_IN",
    "Actor",
    "Shopper",
    "actor",
    "channel_context",
    "identity_of",
    "request_id",
    "requires",
    "requires_actor",
    "requires_channel",
    "shop",
    "shopper",
    "signed_in",
]
