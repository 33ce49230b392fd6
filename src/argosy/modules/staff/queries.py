"""Reading use cases of staff: who is asking, and the lists of the administration."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from argosy.modules.staff import rules, store
from argosy.modules.staff.errors import KeyExpired, SecretKeyUnknown, SessionEnded
from argosy.modules.staff.types import (
    Actor,
    ApiKey,
    AuditEntry,
    AuditFilter,
    Factor,
    Member,
    PublishableKey,
    Role,
)
from argosy.runtime.credentials import is_token, token_hash
from argosy.runtime.db import Tx

After = tuple[datetime, UUID] | None


async def actor_by_session(tx: Tx, token: str) -> Actor:
    """Who is signed in with this staff session token. One statement.

    Raises SessionEnded when it is unknown, expired, idle for longer than two hours or ended, or
    when the member is disabled.
    """
    actor = None
    if is_token(token, "staff"):
        actor = await store.session_actor(tx, token_hash(token), rules.SESSION_IDLE)
    if actor is None:
        raise SessionEnded("The session has ended.", cure="Sign in again.")
    return actor


async def actor_by_secret_key(tx: Tx, token: str) -> Actor:
    """Whose secret key this is, with the scopes that the key and its owner both have now
    (DOMAIN.md Q6). One statement.

    Raises SecretKeyUnknown (also when revoked, or its owner disabled), KeyExpired.
    """
    row = None
    if is_token(token, "sk"):
        row = await store.key_actor(tx, token_hash(token), tx.now.date())
    if row is None or (row["owner_id"] is not None and not row["owner_active"]):
        raise SecretKeyUnknown("This secret key is not valid.")
    _check_in_time(row["expires_at"], tx.now)
    scopes = frozenset(row["scopes"])
    if row["owner_id"] is not None:
        scopes = rules.shared(scopes, row["owner_scopes"])
    return Actor(
        kind="key",
        id=row["id"],
        name=row["name"],
        scopes=scopes,
        owner_id=row["owner_id"],
        expires_at=row["expires_at"],
    )


async def publishable_key(tx: Tx, token: str) -> PublishableKey | None:
    """What a storefront's key stands for; None when unknown or revoked. One statement.

    Whether it has expired is for the caller, who keeps the answer: see PublishableKey.expires_at.
    """
    if not is_token(token, "pk"):
        return None
    row = await store.publishable_key(tx, token_hash(token))
    if row is None:
        return None
    return PublishableKey(
        key_id=row["id"], channel_id=row["channel_id"], expires_at=row["expires_at"]
    )


async def list_roles(tx: Tx) -> list[Role]:
    """All roles, from the widest to the narrowest."""
    return await store.roles(tx)


async def list_factors(tx: Tx, member_id: UUID) -> list[Factor]:
    """A member's second factors and the recovery codes that are left, the oldest first."""
    return await store.factors(tx, member_id)


async def member_by_id(tx: Tx, member_id: UUID) -> Member:
    """Raises MemberNotFound."""
    return await store.member(tx, member_id)


async def member_by_email(tx: Tx, normalised: str) -> Member | None:
    """The member with this compared form of the e-mail address (kernel/email.py)."""
    return await store.member_by_email(tx, normalised)


async def list_members(tx: Tx, *, after: After = None, limit: int) -> list[Member]:
    """Newest first; `after` is the (created_at, id) of the last one seen."""
    return await store.members(tx, after, limit)


async def key_by_id(tx: Tx, key_id: UUID) -> ApiKey:
    """Raises KeyNotFound."""
    return await store.key(tx, key_id)


async def list_keys(
    tx: Tx,
    *,
    after: After = None,
    limit: int,
    kind: str | None = None,
    channel_id: UUID | None = None,
) -> list[ApiKey]:
    """Newest first, ended ones included; `after` is the (created_at, id) of the last one seen."""
    return await store.keys(tx, after, limit, kind=kind, channel_id=channel_id)


async def list_audit(
    tx: Tx, wanted: AuditFilter, *, after: After = None, limit: int
) -> list[AuditEntry]:
    """Newest first; `after` is the (at, id) of the last entry seen."""
    return await store.audit_entries(tx, wanted, after, limit)


def _check_in_time(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise KeyExpired(
            "This key has expired.", cure="Make a new one.", expired_at=expires_at.isoformat()
        )
