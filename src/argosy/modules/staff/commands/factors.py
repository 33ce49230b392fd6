"""The second step of signing in: one-time codes (RFC 6238), recovery codes, who must have them.

A code is taken once: the time step it belongs to is stored, and only a later one is taken after it
(RFC 6238 5.2), also when two requests bring the same code at once. Tries are counted by member, so
that a stolen password does not buy guesses.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from uuid import UUID

import pyotp

from argosy.kernel.ids import encode, new_id
from argosy.modules.staff import rules, store
from argosy.modules.staff.commands.desk import audit, open_session, scopes_now
from argosy.modules.staff.errors import (
    CodeWrong,
    FactorNotFound,
    NotAPerson,
    PasswordWrong,
    TicketEnded,
)
from argosy.modules.staff.types import (
    Actor,
    FactorChange,
    NewOneTimeCodes,
    Role,
    SignedIn,
    TellMember,
)
from argosy.runtime.attempts import claim_attempt, forget_attempts
from argosy.runtime.credentials import (
    Passwords,
    bucket,
    is_token,
    keyed_hash,
    locked,
    token_hash,
    unlocked,
)
from argosy.runtime.db import Database, Tx

ISSUER = "Argosy"
_STEP_S = 30
_WINDOW = 1


async def finish_sign_in(
    db: Database,
    *,
    secret_key: str,
    ticket: str,
    code: str,
    user_agent: str = "",
    request_id: str = "",
) -> SignedIn:
    """Open the session that `sign_in` asked a second factor for. A ticket holds for five minutes.

    Raises TicketEnded, TooManyTries, CodeWrong, and CredentialsWrong when the member was disabled
    or the password changed meanwhile.
    """
    async with db.reading() as tx:
        held = None
        if is_token(ticket, "ticket"):
            held = await store.ticket(tx, token_hash(ticket))
    if held is None:
        raise TicketEnded("This sign-in took too long, or was finished.", cure="Begin again.")
    member_id, checked_hash = held
    tries = bucket("staff-factor", str(member_id))
    await claim_attempt(db, tries)
    async with db.transaction() as tx:
        used = await _use_code(tx, member_id, code, secret_key)
        if used is not None and await store.end_ticket(tx, token_hash(ticket)):
            await forget_attempts(tx, tries)
            return await open_session(
                tx, member_id, checked_hash, user_agent, request_id, factor=used
            )
    raise _code_wrong()


async def prove(
    db: Database,
    passwords: Passwords,
    actor: Actor,
    *,
    secret_key: str,
    password: str = "",
    code: str = "",
) -> None:
    """Show once more who is at the keyboard, before a dangerous act: by a code if one has a second
    factor, else by the password. It holds for the session, for fifteen minutes. With a passkey:
    `prove_by_passkey`.

    Raises NotAPerson, TooManyTries, CodeWrong, PasswordWrong.
    """
    member_id = person_of(actor)
    tries = bucket("staff-factor", str(member_id))
    await claim_attempt(db, tries)
    async with db.reading() as tx:
        factors = await store.factors(tx, member_id)
        stored, _ = await store.password_hash(tx, member_id)
    by_code = rules.has_factor(factors)
    if not by_code and not await passwords.matches(password, stored):
        raise PasswordWrong("The password is wrong.", field="password")
    async with db.transaction() as tx:
        if by_code and await _use_code(tx, member_id, code, secret_key) is None:
            raise _code_wrong()
        await forget_attempts(tx, tries)
        if actor.session_id is not None:
            await store.prove_session(tx, actor.session_id)
        await audit(tx, actor, "session.proved", ref(member_id))


async def add_one_time_codes(
    tx: Tx, actor: Actor, *, secret_key: str, name: str = ""
) -> NewOneTimeCodes:
    """Begin to use an authenticator app. It counts from `confirm_one_time_codes` on; an earlier one
    that was not confirmed is dropped. Raises NotAPerson, ProofNeeded, StaffInvalid.
    """
    member_id = person_of(actor)
    rules.check_proved(actor, tx.now)
    secret = pyotp.random_base32()
    factor_id = new_id()
    await store.drop_unconfirmed(tx, member_id)
    await store.insert_factor(
        tx,
        factor_id,
        member_id,
        kind="totp",
        name=rules.checked_name(name or "Authenticator"),
        secret=locked(secret_key, secret),
    )
    await audit(tx, actor, "staff.factor_begun", ref(member_id), None, {"kind": "totp"})
    uri = pyotp.TOTP(secret).provisioning_uri(name=actor.email, issuer_name=ISSUER)
    return NewOneTimeCodes(id=factor_id, secret=secret, uri=uri)


async def confirm_one_time_codes(
    db: Database, actor: Actor, factor_id: UUID, code: str, *, secret_key: str
) -> tuple[str, ...]:
    """Prove that the app shows the right codes; from now on signing in asks for one. The answer is
    ten recovery codes, shown here and never again; empty if there are some already.

    Raises NotAPerson, FactorNotFound, TooManyTries, CodeWrong.
    """
    member_id = person_of(actor)
    await claim_attempt(db, bucket("staff-enrol", str(member_id)))
    async with db.transaction() as tx:
        secret = await store.unconfirmed_secret(tx, factor_id, member_id)
        if secret is None:
            raise FactorNotFound("There is nothing to confirm.", cure="Begin anew.")
        step = _step_of(unlocked(secret_key, secret), code, tx.now)
        if step is None or not await store.take_step(tx, factor_id, step):
            raise _code_wrong()
        await store.confirm_factor(tx, factor_id)
        await forget_attempts(tx, bucket("staff-enrol", str(member_id)))
        await audit(tx, actor, "staff.factor_added", ref(member_id), None, {"kind": "totp"})
        tell(tx, member_id, "codes_added")
        if await store.count_recovery(tx, member_id):
            return ()
        return await make_recovery(tx, member_id, secret_key)


async def new_recovery_codes(tx: Tx, actor: Actor, *, secret_key: str) -> tuple[str, ...]:
    """Ten new codes, each good for one sign-in without the app; the old ones end. Shown here and
    never again. Raises NotAPerson, ProofNeeded, FactorNotFound without a factor.
    """
    member_id = person_of(actor)
    rules.check_proved(actor, tx.now)
    if not rules.has_factor(await store.factors(tx, member_id)):
        raise FactorNotFound("Set up an authenticator app first.")
    codes = await make_recovery(tx, member_id, secret_key)
    await audit(tx, actor, "staff.recovery_codes_made", ref(member_id))
    tell(tx, member_id, "recovery_codes_made")
    return codes


async def remove_factor(tx: Tx, actor: Actor, factor_id: UUID) -> None:
    """Stop using a factor of one's own; with the last one the recovery codes end too.

    Raises NotAPerson, ProofNeeded, FactorNotFound.
    """
    member_id = person_of(actor)
    rules.check_proved(actor, tx.now)
    if not await store.remove_factor(tx, factor_id, member_id):
        raise FactorNotFound("There is no such factor.")
    if not rules.has_factor(await store.factors(tx, member_id)):
        await store.remove_factors(tx, member_id)
    await audit(tx, actor, "staff.factor_removed", ref(member_id))
    tell(tx, member_id, "factor_removed")


async def remove_factors_of(tx: Tx, actor: Actor, member_id: UUID) -> None:
    """Let a member in by password alone, whose phone and codes are lost; all their sessions end.

    Raises MemberNotFound, BeyondOwnRights when they may do more than `actor`, ProofNeeded.
    """
    rules.check_proved(actor, tx.now)
    member = await store.lock_member(tx, member_id)
    rules.check_within_rights(actor, scopes_now(await store.roles(tx), member))
    await store.remove_factors(tx, member_id)
    await store.end_sessions(tx, member_id)
    await audit(tx, actor, "staff.factors_reset", ref(member_id))
    tell(tx, member_id, "factors_reset")


async def require_factor(tx: Tx, actor: Actor, role_name: str, *, required: bool) -> Role:
    """Whether people of a role must have a second factor. Who has none may do nothing but set one
    up, from their next request on. Raises RoleUnknown, BeyondOwnRights, ProofNeeded.
    """
    rules.check_proved(actor, tx.now)
    known = await store.roles(tx)
    rules.check_within_rights(actor, rules.scopes_of(known, [role_name]))
    before = next(role for role in known if role.name == role_name)
    after = await store.require_factor(tx, role_name, required)
    await audit(
        tx,
        actor,
        "role.changed",
        role_name,
        {"second_factor": before.second_factor},
        {"second_factor": after.second_factor},
    )
    return after


async def _use_code(tx: Tx, member_id: UUID, code: str, secret_key: str) -> str | None:
    """Take a one-time code or a recovery code; by which kind of factor, None if it is wrong."""
    neat = rules.neat_code(code)
    if len(neat) == rules.CODE_DIGITS and neat.isdigit():
        for factor_id, secret in await store.one_time_secrets(tx, member_id):
            step = _step_of(unlocked(secret_key, secret), neat, tx.now)
            if step is not None and await store.take_step(tx, factor_id, step):
                return "totp"
        return None
    hashed = keyed_hash(secret_key, "recovery code", f"{member_id}:{neat}")
    return "recovery" if await store.use_recovery(tx, member_id, hashed) else None


def _step_of(secret: str | None, code: str, now: datetime) -> int | None:
    """The time step that `code` belongs to: this one, the one before or after; else None."""
    if secret is None:
        return None
    codes, present = pyotp.TOTP(secret, interval=_STEP_S), int(now.timestamp()) // _STEP_S
    neat = rules.neat_code(code).encode()
    right = [
        step
        for step in range(present - _WINDOW, present + _WINDOW + 1)
        if hmac.compare_digest(codes.at(step * _STEP_S).encode(), neat)
    ]
    return max(right, default=None)


async def make_recovery(tx: Tx, member_id: UUID, secret_key: str) -> tuple[str, ...]:
    """Ten new recovery codes; the old ones end."""
    codes = tuple(
        "".join(secrets.choice(rules.RECOVERY_LETTERS) for _ in range(rules.RECOVERY_LENGTH))
        for _ in range(rules.RECOVERY_CODES)
    )
    hashes = [keyed_hash(secret_key, "recovery code", f"{member_id}:{code}") for code in codes]
    await store.replace_recovery(tx, member_id, [new_id() for _ in codes], hashes)
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


def person_of(actor: Actor) -> UUID:
    """The member who acts. Raises NotAPerson for a key."""
    if actor.kind != "staff" or actor.id is None:
        raise NotAPerson("Only a signed-in staff member has a second factor.")
    return actor.id


def tell(tx: Tx, member_id: UUID, what: FactorChange) -> None:
    """Have the member told by mail what was done to their account, by whomever."""
    tx.enqueue(TellMember(notice_id=new_id(), member_id=member_id, what=what, at=tx.now))


def ref(member_id: UUID) -> str:
    """The member as the audit trail names them."""
    return encode("staff", member_id)


def _code_wrong() -> CodeWrong:
    return CodeWrong(
        "This code is wrong, or was used already.",
        field="code",
        cure="Wait for the next code of the app, or use a recovery code.",
    )
