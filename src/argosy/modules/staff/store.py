"""The only file of staff that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from argosy.kernel.email import Email
from argosy.modules.staff.errors import (
    KeyNotFound,
    MemberChanged,
    MemberExists,
    MemberNotFound,
    RoleUnknown,
)
from argosy.modules.staff.types import (
    Actor,
    ApiKey,
    AuditEntry,
    AuditFilter,
    Factor,
    KnownPasskey,
    Member,
    Role,
)
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.passkeys import NewCredential
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def roles(tx: Tx) -> list[Role]:
    """All roles, from the widest to the narrowest."""
    return [_role(row) for row in await tx.many(SQL.roles)]


async def insert_member(
    tx: Tx,
    member_id: UUID,
    email: Email,
    *,
    name: str,
    password_hash: str,
    roles: Sequence[str],
) -> Member:
    """Raises MemberExists when the e-mail address is taken."""
    try:
        row = await tx.one(
            SQL.insert_member,
            member_id,
            email.shown,
            email.normalised,
            name,
            password_hash,
            list(roles),
            tx.now,
        )
    except IntegrityError as error:
        if constraint(error) == "member_email_unique":
            raise MemberExists(
                "A staff member with this e-mail address exists already.", field="email"
            ) from error
        raise
    return _member(row)


async def member(tx: Tx, member_id: UUID) -> Member:
    """Raises MemberNotFound."""
    return _found(await tx.maybe(SQL.member, member_id))


async def member_by_email(tx: Tx, normalised: str) -> Member | None:
    """The member with this compared form of the e-mail address."""
    row = await tx.maybe(SQL.member_by_email, normalised)
    return None if row is None else _member(row)


async def lock_member(tx: Tx, member_id: UUID) -> Member:
    """Raises MemberNotFound."""
    return _found(await tx.maybe(SQL.lock_member, member_id))


async def members(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> list[Member]:
    """Newest first, those after the keyset."""
    at, last = after or (None, None)
    return [_member(row) for row in await tx.many(SQL.members, at, last, limit)]


async def update_member(tx: Tx, member: Member, version: int) -> Member:
    """Compare-and-set on `version`. Raises MemberChanged."""
    row = await tx.maybe(
        SQL.update_member,
        member.id,
        version,
        member.name,
        list(member.roles),
        member.active,
        tx.now,
    )
    if row is None:
        raise MemberChanged("This staff member was changed meanwhile.")
    return _member(row)


async def lock_owners(tx: Tx) -> list[UUID]:
    """The active members who may do everything."""
    return [row["id"] for row in await tx.many(SQL.lock_owners)]


async def credentials(tx: Tx, normalised: str) -> tuple[UUID, str, bool] | None:
    """Id, password hash and whether active, of the account with this e-mail address."""
    row = await tx.maybe(SQL.credentials, normalised)
    return None if row is None else (row["id"], row["password_hash"], row["active"])


async def password_hash(tx: Tx, member_id: UUID) -> tuple[str, str]:
    """The member's password hash and e-mail address. Raises MemberNotFound."""
    row = await tx.maybe(SQL.password_hash, member_id)
    if row is None:
        raise MemberNotFound("There is no such staff member.")
    return row["password_hash"], row["email"]


async def set_password(tx: Tx, member_id: UUID, new_hash: str) -> bool:
    """False when there is no such member."""
    return await tx.run(SQL.set_password, member_id, new_hash, tx.now) == 1


async def replace_hash(tx: Tx, member_id: UUID, old_hash: str, new_hash: str) -> None:
    """The same password under newer parameters; nothing if it was changed meanwhile."""
    await tx.run(SQL.replace_hash, member_id, old_hash, new_hash)


async def open_session(
    tx: Tx,
    session_id: UUID,
    member_id: UUID,
    token_hash: bytes,
    *,
    checked_hash: str,
    user_agent: str,
    expires_at: datetime,
) -> Member | None:
    """None when the member was disabled, or the password changed, since it was checked."""
    row = await tx.maybe(
        SQL.open_session,
        session_id,
        member_id,
        token_hash,
        user_agent,
        expires_at,
        tx.now,
        checked_hash,
    )
    return None if row is None else _member(row)


async def session_actor(tx: Tx, token_hash: bytes, idle: timedelta) -> Actor | None:
    """Whose session this is, if it still runs."""
    row = await tx.maybe(SQL.session_actor, token_hash, tx.now, idle)
    if row is None:
        return None
    return Actor(
        kind="staff",
        id=row["id"],
        name=row["name"],
        # Who has yet to set up the second factor that a role asks for may do nothing else.
        scopes=frozenset() if row["must_enrol"] else frozenset(row["scopes"]),
        owner_id=row["id"],
        session_id=row["session_id"],
        roles=tuple(row["roles"]),
        email=row["email"],
        proved_at=row["proved_at"],
        must_enrol=row["must_enrol"],
        factors=tuple(sorted(row["factors"])),
    )


async def end_session(tx: Tx, session_id: UUID) -> bool:
    """False when it had ended already."""
    return await tx.run(SQL.end_session, session_id, tx.now) == 1


async def end_sessions(tx: Tx, member_id: UUID) -> int:
    """End all sessions of a member; how many there were."""
    return await tx.run(SQL.end_sessions, member_id, tx.now)


async def forget_sessions(tx: Tx, before: datetime) -> int:
    """Delete sessions that ended before; how many there were."""
    return await tx.run(SQL.forget_sessions, before)


async def insert_key(
    tx: Tx,
    key: ApiKey,
    token_hash: bytes,
    *,
    owner_id: UUID | None,
    parent_id: UUID | None,
) -> ApiKey:
    """Store a new key under the hash of its token."""
    row = await tx.one(
        SQL.insert_key,
        key.id,
        key.kind,
        key.name,
        token_hash,
        key.hint,
        key.public_token,
        key.channel_id,
        list(key.scopes),
        owner_id,
        parent_id,
        key.created_by,
        tx.now,
        key.expires_at,
    )
    return _key(row)


async def key(tx: Tx, key_id: UUID) -> ApiKey:
    """Raises KeyNotFound."""
    row = await tx.maybe(SQL.key, key_id)
    if row is None:
        raise KeyNotFound("There is no such key.")
    return _key(row)


async def keys(
    tx: Tx,
    after: tuple[datetime, UUID] | None,
    limit: int,
    *,
    kind: str | None,
    channel_id: UUID | None,
) -> list[ApiKey]:
    """Newest first, those after the keyset, revoked ones included."""
    at, last = after or (None, None)
    return [_key(row) for row in await tx.many(SQL.keys, at, last, limit, kind, channel_id)]


async def revoke_key(tx: Tx, key_id: UUID) -> list[UUID]:
    """End the key and those made with it; the ones that were still valid."""
    return [row["id"] for row in await tx.many(SQL.revoke_key, key_id, tx.now)]


async def publishable_key(tx: Tx, token_hash: bytes) -> Record | None:
    """id, channel_id and expires_at of a publishable key that is not revoked."""
    return await tx.maybe(SQL.publishable_key, token_hash)


async def key_actor(tx: Tx, token_hash: bytes, today: date) -> Record | None:
    """A secret key that is not revoked, with its owner's present scopes."""
    return await tx.maybe(SQL.key_actor, token_hash, today)


async def insert_audit(
    tx: Tx,
    entry_id: UUID,
    actor: Actor,
    *,
    action: str,
    subject: str,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
) -> None:
    """Add one entry to the trail."""
    await tx.run(
        SQL.insert_audit,
        entry_id,
        tx.now,
        actor.kind,
        actor.id,
        actor.name,
        action,
        subject,
        before,
        after,
        actor.request_id,
    )


async def audit_entries(
    tx: Tx, wanted: AuditFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[AuditEntry]:
    """Newest first, those after the keyset."""
    at, last = after or (None, None)
    rows = await tx.many(
        SQL.audit_entries,
        at,
        last,
        limit,
        wanted.subject,
        wanted.action,
        wanted.actor_id,
        wanted.since,
        wanted.until,
    )
    return [AuditEntry(**row) for row in rows]


async def prove_session(tx: Tx, session_id: UUID) -> None:
    """The person of this session showed now who they are."""
    await tx.run(SQL.prove_session, session_id, tx.now)


async def insert_ticket(
    tx: Tx, token_hash: bytes, member_id: UUID, checked_hash: str, expires_at: datetime
) -> None:
    """Remember that the password with this hash was right."""
    await tx.run(SQL.insert_ticket, token_hash, member_id, checked_hash, expires_at)


async def ticket(tx: Tx, token_hash: bytes) -> tuple[UUID, str] | None:
    """Whose ticket this is, and the hash of the password that was right; None when it has ended."""
    row = await tx.maybe(SQL.ticket, token_hash, tx.now)
    return None if row is None else (row["member_id"], row["checked_hash"])


async def end_ticket(tx: Tx, token_hash: bytes) -> bool:
    """False when another request was faster."""
    return await tx.run(SQL.end_ticket, token_hash) == 1


async def forget_tickets(tx: Tx, before: datetime) -> int:
    """Delete tickets that ended before; how many there were."""
    return await tx.run(SQL.forget_tickets, before)


async def factors(tx: Tx, member_id: UUID) -> list[Factor]:
    """The member's factors and recovery codes that are left, the oldest first."""
    return [Factor(**row) for row in await tx.many(SQL.factors, member_id)]


async def insert_passkey(
    tx: Tx, factor_id: UUID, member_id: UUID, *, name: str, made: NewCredential
) -> bool:
    """Store a passkey that counts at once; False when it is known already."""
    try:
        done = await tx.run(
            SQL.insert_passkey,
            factor_id,
            member_id,
            name,
            made.public_key,
            made.credential_id,
            made.sign_count,
            list(made.transports),
            tx.now,
        )
    except IntegrityError as error:
        if constraint(error) == "passkey_known_once":
            return False
        raise
    return done == 1


async def passkeys_of(tx: Tx, member_id: UUID) -> list[KnownPasskey]:
    """The member's passkeys, the oldest first."""
    return [_passkey(row) for row in await tx.many(SQL.passkeys_of, member_id)]


async def passkey(tx: Tx, credential_id: bytes) -> KnownPasskey | None:
    """The passkey with this id of its own."""
    row = await tx.maybe(SQL.passkey, credential_id)
    return None if row is None else _passkey(row)


async def lock_passkey(tx: Tx, factor_id: UUID) -> KnownPasskey | None:
    """None when it was removed meanwhile."""
    row = await tx.maybe(SQL.lock_passkey, factor_id)
    return None if row is None else _passkey(row)


async def note_passkey(tx: Tx, factor_id: UUID, sign_count: int) -> None:
    """It was used now, and has signed so often."""
    await tx.run(SQL.note_passkey, factor_id, sign_count, tx.now)


async def mark_copied(tx: Tx, factor_id: UUID) -> None:
    """It counted backwards."""
    await tx.run(SQL.mark_copied, factor_id, tx.now)


async def insert_factor(
    tx: Tx, factor_id: UUID, member_id: UUID, *, kind: str, name: str, secret: bytes
) -> None:
    """Store a factor that is not confirmed yet; `secret` is encrypted."""
    await tx.run(SQL.insert_factor, factor_id, member_id, kind, name, secret, tx.now)


async def drop_unconfirmed(tx: Tx, member_id: UUID) -> None:
    """Drop what was begun and not confirmed."""
    await tx.run(SQL.drop_unconfirmed, member_id)


async def unconfirmed_secret(tx: Tx, factor_id: UUID, member_id: UUID) -> bytes | None:
    """The encrypted secret of one's factor that waits to be confirmed, locked."""
    row = await tx.maybe(SQL.unconfirmed_secret, factor_id, member_id)
    return None if row is None else row["secret"]


async def one_time_secrets(tx: Tx, member_id: UUID) -> list[tuple[UUID, bytes]]:
    """The encrypted secrets of the member's authenticator apps."""
    return [(row["id"], row["secret"]) for row in await tx.many(SQL.one_time_secrets, member_id)]


async def take_step(tx: Tx, factor_id: UUID, step: int) -> bool:
    """False when a code of this time step, or of a later one, was taken before."""
    return await tx.run(SQL.take_step, factor_id, step, tx.now) == 1


async def confirm_factor(tx: Tx, factor_id: UUID) -> None:
    """From now on it counts."""
    await tx.run(SQL.confirm_factor, factor_id, tx.now)


async def remove_factor(tx: Tx, factor_id: UUID, member_id: UUID) -> bool:
    """False when the member has no such factor."""
    return await tx.run(SQL.remove_factor, factor_id, member_id) == 1


async def remove_factors(tx: Tx, member_id: UUID) -> None:
    """Remove all factors and recovery codes of a member."""
    await tx.run(SQL.remove_factors, member_id)


async def replace_recovery(
    tx: Tx, member_id: UUID, ids: Sequence[UUID], hashes: Sequence[bytes]
) -> None:
    """The member's recovery codes are these, and the old ones end."""
    await tx.run(SQL.replace_recovery, member_id, list(ids), list(hashes), tx.now)


async def use_recovery(tx: Tx, member_id: UUID, hashed: bytes) -> bool:
    """False when no code that is left has this hash."""
    return await tx.run(SQL.use_recovery, member_id, hashed, tx.now) == 1


async def count_recovery(tx: Tx, member_id: UUID) -> int:
    """How many recovery codes are left."""
    left: int = (await tx.one(SQL.count_recovery, member_id))["left_over"]
    return left


async def require_factor(tx: Tx, role_name: str, required: bool) -> Role:
    """Raises RoleUnknown."""
    row = await tx.maybe(SQL.require_factor, role_name, required)
    if row is None:
        raise RoleUnknown("There is no such role.", field="role")
    return _role(row)


def _passkey(row: Record) -> KnownPasskey:
    return KnownPasskey(
        factor_id=row["factor_id"],
        member_id=row["member_id"],
        credential_id=row["credential_id"],
        transports=tuple(row["transports"]),
        public_key=row["public_key"],
        sign_count=row["sign_count"],
        copied_at=row["copied_at"],
    )


def _role(row: Record) -> Role:
    return Role(**{**row, "scopes": frozenset(row["scopes"])})


def _found(row: Record | None) -> Member:
    if row is None:
        raise MemberNotFound("There is no such staff member.")
    return _member(row)


def _member(row: Record) -> Member:
    return Member(**{**row, "roles": tuple(row["roles"])})


def _key(row: Record) -> ApiKey:
    used = row["last_used_on"]
    return ApiKey(
        **{
            **row,
            "scopes": tuple(row["scopes"]),
            "last_used_on": used.isoformat() if used else None,
        }
    )
