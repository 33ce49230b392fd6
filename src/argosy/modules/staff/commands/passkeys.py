"""Passkeys of staff: setting one up, signing in with one, proving anew with one.

A passkey always checks its person (fingerprint or PIN), so it is two factors in one: it opens a
session alone, or after the password. One that counts backwards may have been copied (WebAuthn
6.1.1): it is refused, marked and audited, until its owner removes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.staff import rules, store
from argosy.modules.staff.commands.desk import audit, open_session
from argosy.modules.staff.commands.factors import make_recovery, person_of, ref, tell
from argosy.modules.staff.errors import StaffInvalid, TicketEnded
from argosy.modules.staff.types import Actor, KnownPasskey, SignedIn
from argosy.runtime import passkeys
from argosy.runtime.attempts import claim_attempt, forget_attempts
from argosy.runtime.credentials import bucket, is_token, token_hash
from argosy.runtime.db import Database, Tx
from argosy.runtime.passkeys import Ceremony, Holder, KnownCredential, RelyingParty


async def ask_for_new_passkey(tx: Tx, actor: Actor, party: RelyingParty) -> Ceremony:
    """What the browser needs to make a passkey for the signed-in member, in this session.

    Raises NotAPerson, ProofNeeded, StaffInvalid when there are twenty already.
    """
    member_id = person_of(actor)
    rules.check_proved(actor, tx.now)
    known = await store.passkeys_of(tx, member_id)
    if len(known) >= passkeys.MOST_PASSKEYS:
        raise StaffInvalid(f"An account has at most {passkeys.MOST_PASSKEYS} passkeys.")
    return passkeys.ask_for_new(
        party,
        Holder(id=member_id, name=actor.email, title=actor.name),
        purpose="staff enrol",
        bound_to=str(actor.session_id),
        now=tx.now,
        known=_credentials(known),
        verified=True,
    )


async def add_passkey(
    db: Database,
    actor: Actor,
    party: RelyingParty,
    *,
    token: str,
    answer: Mapping[str, Any],
    name: str,
) -> tuple[UUID, tuple[str, ...]]:
    """Store the passkey that the browser made; from now on signing in asks for a second factor.

    The answer is its id and ten recovery codes, shown here and never again; none if there are some
    already. Raises NotAPerson, ProofNeeded, StaffInvalid, PasskeyRefused (also for a second call).
    """
    member_id = person_of(actor)
    rules.check_proved(actor, db.clock())
    named = rules.checked_name(name)
    challenge = await passkeys.take_challenge(
        db, party, token, purpose="staff enrol", bound_to=str(actor.session_id)
    )
    made = passkeys.new_credential(party, challenge, answer, verified=True)
    factor_id = new_id()
    async with db.transaction() as tx:
        if not await store.insert_passkey(tx, factor_id, member_id, name=named, made=made):
            raise passkeys.refused()
        await audit(tx, actor, "staff.factor_added", ref(member_id), None, {"kind": "passkey"})
        tell(tx, member_id, "passkey_added")
        if await store.count_recovery(tx, member_id):
            return factor_id, ()
        return factor_id, await make_recovery(tx, member_id, party.secret_key)


async def ask_for_passkey(db: Database, party: RelyingParty, *, ticket: str = "") -> Ceremony:
    """What the browser needs to sign in: with any passkey that it holds for this site, or, after
    the password (`ticket`), with one of that member. Without a ticket nothing is read or stored.

    Raises TicketEnded.
    """
    if not ticket:
        return passkeys.ask_for_one(party, purpose="staff sign-in", now=db.clock(), verified=True)
    async with db.reading() as tx:
        held = await store.ticket(tx, token_hash(ticket)) if is_token(ticket, "ticket") else None
        known = [] if held is None else await store.passkeys_of(tx, held[0])
    if held is None:
        raise TicketEnded("This sign-in took too long, or was finished.", cure="Begin again.")
    return passkeys.ask_for_one(
        party,
        purpose="staff sign-in",
        bound_to=token_hash(ticket).hex(),
        now=db.clock(),
        verified=True,
        known=_credentials(known),
    )


async def sign_in_by_passkey(
    db: Database,
    party: RelyingParty,
    *,
    token: str,
    answer: Mapping[str, Any],
    ticket: str = "",
    user_agent: str = "",
    request_id: str = "",
) -> SignedIn:
    """Open a session with a passkey's answer, alone or as the second step of `ticket`.

    Raises PasskeyRefused for whatever is wrong with it, TooManyTries, TicketEnded, and
    CredentialsWrong when the member was disabled or the password changed meanwhile.
    """
    bound_to = token_hash(ticket).hex() if ticket else ""
    challenge = await passkeys.take_challenge(
        db, party, token, purpose="staff sign-in", bound_to=bound_to
    )
    known = await _known(db, answer)
    tries = bucket("staff-passkey", str(known.member_id))
    await claim_attempt(db, tries)
    count = passkeys.counted(party, challenge, answer, public_key=known.public_key, verified=True)
    async with db.transaction() as tx:
        if await _used(tx, known, count, request_id):
            await forget_attempts(tx, tries)
            checked_hash = await _password_behind(tx, known.member_id, ticket)
            return await open_session(
                tx, known.member_id, checked_hash, user_agent, request_id, factor="passkey"
            )
    raise passkeys.refused()


async def ask_for_own_passkey(tx: Tx, actor: Actor, party: RelyingParty) -> Ceremony:
    """What the browser needs to show, with one of the member's own passkeys, who is there.

    Raises NotAPerson.
    """
    known = await store.passkeys_of(tx, person_of(actor))
    return passkeys.ask_for_one(
        party,
        purpose="staff proof",
        bound_to=str(actor.session_id),
        now=tx.now,
        verified=True,
        known=_credentials(known),
    )


async def prove_by_passkey(
    db: Database, actor: Actor, party: RelyingParty, *, token: str, answer: Mapping[str, Any]
) -> None:
    """As `prove`, with a passkey of the member's own. Raises NotAPerson, PasskeyRefused,
    TooManyTries.
    """
    member_id = person_of(actor)
    tries = bucket("staff-factor", str(member_id))
    await claim_attempt(db, tries)
    challenge = await passkeys.take_challenge(
        db, party, token, purpose="staff proof", bound_to=str(actor.session_id)
    )
    known = await _known(db, answer)
    if known.member_id != member_id:
        raise passkeys.refused()
    count = passkeys.counted(party, challenge, answer, public_key=known.public_key, verified=True)
    async with db.transaction() as tx:
        if await _used(tx, known, count, actor.request_id):
            await forget_attempts(tx, tries)
            if actor.session_id is not None:
                await store.prove_session(tx, actor.session_id)
            await audit(tx, actor, "session.proved", ref(member_id))
            return
    raise passkeys.refused()


def _credentials(known: Sequence[KnownPasskey]) -> list[KnownCredential]:
    return [
        KnownCredential(credential_id=one.credential_id, transports=one.transports) for one in known
    ]


async def _known(db: Database, answer: Mapping[str, Any]) -> KnownPasskey:
    """The passkey that the answer says it is of, if it is one of whom it says it is."""
    claimed = passkeys.claimed_by(answer)
    async with db.reading() as tx:
        known = await store.passkey(tx, claimed.credential_id)
    if known is None or claimed.holder not in {None, known.member_id}:
        raise passkeys.refused()
    return known


async def _used(tx: Tx, known: KnownPasskey, count: int, request_id: str) -> bool:
    """Note the use; False when it counted backwards, which is marked and audited (and must be
    committed before the caller is refused).
    """
    row = await store.lock_passkey(tx, known.factor_id)
    if row is None:
        return False
    if row.copied_at is None and not passkeys.went_back(row.sign_count, count):
        await store.note_passkey(tx, known.factor_id, count)
        return True
    if row.copied_at is None:
        await store.mark_copied(tx, known.factor_id)
        who = Actor(
            kind="staff", id=known.member_id, name="", scopes=frozenset(), request_id=request_id
        )
        counts = {"last": row.sign_count, "shown": count}
        await audit(tx, who, "staff.passkey_copied", ref(known.member_id), None, counts)
        tell(tx, known.member_id, "passkey_copied")
    return False


async def _password_behind(tx: Tx, member_id: UUID, ticket: str) -> str:
    """The hash of the password that was checked, or that holds now where none was asked."""
    if not ticket:
        return (await store.password_hash(tx, member_id))[0]
    held = await store.ticket(tx, token_hash(ticket))
    if held is None or held[0] != member_id or not await store.end_ticket(tx, token_hash(ticket)):
        raise TicketEnded("This sign-in took too long, or was finished.", cure="Begin again.")
    return held[1]
