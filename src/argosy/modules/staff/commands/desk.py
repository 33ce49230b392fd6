"""Sessions, members and keys. Each administrative change is audited in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.kernel.email import checked_email
from argosy.kernel.ids import encode, new_id
from argosy.kernel.passwords import check_password
from argosy.modules.staff import rules, store
from argosy.modules.staff.errors import (
    CredentialsWrong,
    LastOwner,
    MemberNotFound,
    NotAPerson,
    PasswordWrong,
    SecondFactorNeeded,
    StaffInvalid,
)
from argosy.modules.staff.types import (
    Actor,
    AddMember,
    ApiKey,
    ChangeMember,
    CreatedKey,
    Member,
    Role,
    SignedIn,
)
from argosy.runtime.attempts import claim_attempt, forget_attempts
from argosy.runtime.credentials import Passwords, bucket, new_token, token_hash
from argosy.runtime.db import Database, Tx

KEYS_TOPIC = "keys"
"""Cache topic: the payload is the id of a publishable key that is no longer valid."""

_USER_AGENT_LONGEST = 300


async def audit(  # noqa: PLR0917 - it reads as a sentence
    tx: Tx,
    actor: Actor,
    action: str,
    subject: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Add an entry to the append-only trail, in the transaction of what it tells. One INSERT.

    `action` is `<thing>.<past participle>` (`product.published`), `subject` a public id, `before`
    and `after` what changed: no secrets, and of shoppers ids only.
    """
    await store.insert_audit(
        tx, new_id(), actor, action=action, subject=subject, before=before, after=after
    )


async def sign_in(
    db: Database,
    passwords: Passwords,
    *,
    email: str,
    password: str,
    user_agent: str = "",
    request_id: str = "",
) -> SignedIn:
    """Open a session of at most 12 hours, 2 hours idle. Each sign-in gives a new token.

    Raises SecondFactorNeeded with a `ticket` for `finish_sign_in` when the member has a second
    factor; EmailInvalid, TooManyTries, SignInBusy, and CredentialsWrong alike for a wrong password,
    an unknown address and a disabled member: statements and hashings are the same for all three
    (DOMAIN.md rule 38).
    """
    address = checked_email(email)
    tries = bucket("staff", address.normalised)
    await claim_attempt(db, tries)
    async with db.reading() as tx:
        known = await store.credentials(tx, address.normalised)
    member_id, stored, active = known or (None, None, False)
    right = await passwords.matches(password, stored)
    if member_id is None or stored is None or not active or not right:
        raise _credentials_wrong()
    stored = await _with_present_parameters(db, passwords, member_id, password, stored)
    async with db.transaction() as tx:
        await forget_attempts(tx, tries)
        ticket = None
        factors = await store.factors(tx, member_id)
        if rules.has_factor(factors):
            ticket = new_token("ticket")
            await store.insert_ticket(
                tx, token_hash(ticket), member_id, stored, tx.now + rules.TICKET_LENGTH
            )
        else:
            return await open_session(tx, member_id, stored, user_agent, request_id)
    kinds = [one.kind for one in factors if one.confirmed_at is not None]
    raise SecondFactorNeeded(
        "A second factor is needed.", ticket=ticket, methods=rules.ways_to_prove(kinds)
    )


async def sign_out(tx: Tx, actor: Actor) -> None:
    """End the session that `actor` came with. Repeating it does nothing."""
    if actor.session_id is not None and await store.end_session(tx, actor.session_id):
        await audit(tx, actor, "session.ended", _member_ref(actor.id))


async def change_own_password(
    db: Database,
    passwords: Passwords,
    actor: Actor,
    *,
    current: str,
    new: str,
    user_agent: str = "",
) -> SignedIn:
    """Change the password of the signed-in member; all sessions end and a new one is opened (Q2).

    The present password is proof enough for who has nothing else; who has a second factor must
    have shown it lately, so that a stolen password and an open browser are not enough.
    Raises NotAPerson, ProofNeeded, PasswordWeak, PasswordWrong when `current` is not the password,
    TooManyTries.
    """
    if actor.kind != "staff" or actor.id is None:
        raise NotAPerson("Only a signed-in staff member has a password.")
    if actor.factors:
        rules.check_proved(actor, db.clock())
    check_password(new, email=actor.email, shortest=rules.SHORTEST_PASSWORD, field="new_password")
    await claim_attempt(db, bucket("staff-password", str(actor.id)))
    async with db.reading() as tx:
        stored, _ = await store.password_hash(tx, actor.id)
    if not await passwords.matches(current, stored):
        raise PasswordWrong("The current password is wrong.", field="current_password")
    new_hash = await passwords.hash(new)
    async with db.transaction() as tx:
        await forget_attempts(tx, bucket("staff-password", str(actor.id)))
        await _replace_password(tx, actor, actor.id, new_hash)
        return await open_session(tx, actor.id, new_hash, user_agent, actor.request_id)


async def add_member(db: Database, passwords: Passwords, actor: Actor, new: AddMember) -> Member:
    """Add a person. Raises EmailInvalid, PasswordWeak, StaffInvalid, RoleUnknown, MemberExists,
    ProofNeeded, BeyondOwnRights when the roles hold more than `actor` may do.
    """
    rules.check_proved(actor, db.clock())
    email = checked_email(new.email)
    name = rules.checked_name(new.name)
    check_password(new.password, email=email.shown, shortest=rules.SHORTEST_PASSWORD)
    hashed = await passwords.hash(new.password)
    names = tuple(dict.fromkeys(new.roles))
    async with db.transaction() as tx:
        rules.check_within_rights(actor, rules.scopes_of(await store.roles(tx), names))
        member = await store.insert_member(
            tx, new_id(), email, name=name, password_hash=hashed, roles=names
        )
        await audit(tx, actor, "staff.added", _member_ref(member.id), None, _shown(member))
    return member


async def change_member(
    tx: Tx, actor: Actor, member_id: UUID, change: ChangeMember, *, version: int | None = None
) -> Member:
    """Change name, roles or activity. Disabling a member ends their sessions, and their keys stop.

    Raises MemberNotFound, MemberChanged when `version` is not the present one, RoleUnknown,
    BeyondOwnRights, LastOwner, ProofNeeded.
    """
    rules.check_proved(actor, tx.now)
    owners = await store.lock_owners(tx)
    before = await store.lock_member(tx, member_id)
    known = await store.roles(tx)
    roles = before.roles if change.roles is None else tuple(dict.fromkeys(change.roles))
    rules.check_within_rights(actor, scopes_now(known, before) | rules.scopes_of(known, roles))
    wanted = msgspec.structs.replace(
        before,
        name=before.name if change.name is None else rules.checked_name(change.name),
        roles=roles,
        active=before.active if change.active is None else change.active,
    )
    stays_owner = wanted.active and rules.EVERYTHING in rules.scopes_of(known, roles)
    if owners == [member_id] and not stays_owner:
        raise LastOwner("This is the only active owner.", cure="Make somebody else an owner first.")
    after = await store.update_member(tx, wanted, before.version if version is None else version)
    if before.active and not after.active:
        await store.end_sessions(tx, member_id)
    await audit(tx, actor, "staff.changed", _member_ref(member_id), _shown(before), _shown(after))
    return after


async def set_password(
    db: Database, passwords: Passwords, actor: Actor, member_id: UUID, new: str
) -> None:
    """Give a member a new password; all their sessions end.

    Raises MemberNotFound, PasswordWeak, ProofNeeded, BeyondOwnRights when they may do more than
    `actor`.
    """
    rules.check_proved(actor, db.clock())
    async with db.reading() as tx:
        _, email = await store.password_hash(tx, member_id)
    check_password(new, email=email, shortest=rules.SHORTEST_PASSWORD)
    hashed = await passwords.hash(new)
    async with db.transaction() as tx:
        member = await store.lock_member(tx, member_id)
        rules.check_within_rights(actor, scopes_now(await store.roles(tx), member))
        await _replace_password(tx, actor, member_id, hashed)
        await forget_attempts(tx, bucket("staff", checked_email(email).normalised))


async def create_publishable_key(
    tx: Tx, actor: Actor, *, name: str, channel_id: UUID, expires_at: datetime | None = None
) -> CreatedKey:
    """A key for a storefront of one channel. It identifies the channel and opens nothing else.

    Raises StaffInvalid, ProofNeeded.
    """
    rules.check_proved(actor, tx.now)
    return await _create_key(tx, actor, name=name, expires_at=expires_at, channel_id=channel_id)


async def create_secret_key(
    tx: Tx, actor: Actor, *, name: str, scopes: tuple[str, ...], expires_at: datetime | None = None
) -> CreatedKey:
    """A key for a machine in the administration. Its token is in the answer and nowhere else.

    Raises ProofNeeded, ScopeUnknown, StaffInvalid, BeyondOwnRights when the scopes go beyond those
    of `actor` (DOMAIN.md Q6). A key made with a key ends no later than that one and is revoked with
    it.
    """
    rules.check_proved(actor, tx.now)
    wanted = rules.checked_scopes(scopes)
    rules.check_within_rights(actor, wanted)
    return await _create_key(tx, actor, name=name, expires_at=expires_at, scopes=wanted)


async def revoke_key(tx: Tx, actor: Actor, key_id: UUID) -> ApiKey:
    """End a key, and every key made with it, at once. Repeating it does nothing.

    Raises KeyNotFound, ProofNeeded, BeyondOwnRights for a key that may do more than `actor`.
    """
    rules.check_proved(actor, tx.now)
    key = await store.key(tx, key_id)
    rules.check_within_rights(actor, key.scopes)
    for ended in sorted(await store.revoke_key(tx, key_id)):
        await audit(tx, actor, "key.revoked", encode("key", ended))
        tx.notify(KEYS_TOPIC, str(ended))
    return await store.key(tx, key_id)


async def forget_ended_sessions(tx: Tx, before: datetime) -> int:
    """Housekeeping: delete sessions and tickets that ended before; how many sessions there were."""
    await store.forget_tickets(tx, before)
    return await store.forget_sessions(tx, before)


async def _create_key(
    tx: Tx,
    actor: Actor,
    *,
    name: str,
    expires_at: datetime | None,
    scopes: tuple[str, ...] = (),
    channel_id: UUID | None = None,
) -> CreatedKey:
    if expires_at is not None and not tx.now < expires_at <= tx.now + rules.LONGEST_KEY:
        raise StaffInvalid("A key ends in the future, within ten years.", field="expires_at")
    publishable = channel_id is not None
    if actor.kind == "key" and actor.expires_at is not None and not publishable:
        expires_at = min(expires_at or actor.expires_at, actor.expires_at)
    token = new_token("pk" if publishable else "sk")
    key = ApiKey(
        id=new_id(),
        kind="publishable" if publishable else "secret",
        name=rules.checked_name(name),
        hint=token[-4:],
        public_token=token if publishable else None,
        channel_id=channel_id,
        scopes=scopes,
        created_by=actor.name,
        created_at=tx.now,
        expires_at=expires_at,
        last_used_on=None,
        revoked_at=None,
    )
    # A storefront's key gives no rights, so it neither ends with its maker nor shrinks with them.
    stored = await store.insert_key(
        tx,
        key,
        token_hash(token),
        owner_id=None if publishable else actor.owner_id,
        parent_id=actor.id if actor.kind == "key" and not publishable else None,
    )
    await audit(
        tx, actor, "key.created", encode("key", key.id), None, {"name": key.name, "scopes": scopes}
    )
    return CreatedKey(key=stored, token=token)


async def _with_present_parameters(
    db: Database, passwords: Passwords, member_id: UUID, password: str, stored: str
) -> str:
    if not passwords.is_outdated(stored):
        return stored
    fresh = await passwords.hash(password)
    async with db.reading() as tx:
        await store.replace_hash(tx, member_id, stored, fresh)
    return fresh


async def open_session(
    tx: Tx,
    member_id: UUID,
    checked_hash: str,
    user_agent: str,
    request_id: str,
    *,
    factor: str | None = None,
) -> SignedIn:
    """Open a session of a member whose password has this hash and was checked, and `factor` too.

    Raises CredentialsWrong when the member was disabled or the password changed since.
    """
    token = new_token("staff")
    expires_at = tx.now + rules.SESSION_LENGTH
    member = await store.open_session(
        tx,
        new_id(),
        member_id,
        token_hash(token),
        checked_hash=checked_hash,
        user_agent=user_agent[:_USER_AGENT_LONGEST],
        expires_at=expires_at,
    )
    if member is None:
        raise _credentials_wrong()
    actor = Actor(
        kind="staff",
        id=member.id,
        name=member.name,
        scopes=frozenset(),
        request_id=request_id,
        owner_id=member.id,
    )
    after = None if factor is None else {"factor": factor}
    await audit(tx, actor, "session.opened", _member_ref(member.id), None, after)
    return SignedIn(token=token, expires_at=expires_at, member=member)


async def _replace_password(tx: Tx, actor: Actor, member_id: UUID, hashed: str) -> None:
    if not await store.set_password(tx, member_id, hashed):
        raise MemberNotFound("There is no such staff member.")
    await store.end_sessions(tx, member_id)
    await audit(tx, actor, "staff.password_changed", _member_ref(member_id))


def scopes_now(known: list[Role], member: Member) -> frozenset[str]:
    """What the member's roles allow now."""
    # A role that is gone gives nothing and must not stand in the way of repairing the member.
    held = [role.scopes for role in known if role.name in member.roles]
    return frozenset().union(*held)


def _credentials_wrong() -> CredentialsWrong:
    return CredentialsWrong(
        "E-mail address or password are wrong.",
        cure="Check both, or ask an owner to set a new password.",
    )


def _member_ref(member_id: UUID | None) -> str:
    return "" if member_id is None else encode("staff", member_id)


def _shown(member: Member) -> dict[str, object]:
    return {"name": member.name, "roles": member.roles, "active": member.active}
