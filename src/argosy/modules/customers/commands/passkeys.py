"""Passkeys of shoppers: setting one up, naming and removing it, signing in with it.

A passkey stands beside the password and opens the same account. Nothing here tells whether an
account exists: who signs in names none, and every refusal is the same (DOMAIN.md rule 38). One that
counts backwards may have been copied (WebAuthn 6.1.1): it is refused and marked from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.customers import rules, store
from argosy.modules.customers.commands.account import check_current_password, open_session
from argosy.modules.customers.errors import PasskeyNotFound, ProfileInvalid
from argosy.modules.customers.events import PasskeyAdded, PasskeyRemoved
from argosy.modules.customers.types import Identity, KnownPasskey, SignedIn
from argosy.runtime import passkeys
from argosy.runtime.attempts import claim_attempt, forget_attempts
from argosy.runtime.credentials import Passwords, bucket
from argosy.runtime.db import Database, Tx
from argosy.runtime.passkeys import Ceremony, Holder, KnownCredential, RelyingParty


async def ask_for_new_passkey(
    db: Database, passwords: Passwords, identity: Identity, party: RelyingParty, *, password: str
) -> Ceremony:
    """What the browser needs to make a passkey for the signed-in customer, in this session.

    The password is asked for once the sign-in is older than fifteen minutes. Raises PasswordWrong,
    TooManyTries, SignInBusy, ProfileInvalid when there are twenty already, CustomerNotFound.
    """
    if not rules.signed_in_lately(identity, db.clock()):
        await check_current_password(db, passwords, identity, password, field="password")
    async with db.reading() as tx:
        customer = await store.customer(tx, identity.customer_id)
        known = await store.passkeys_of(tx, identity.customer_id)
        now = tx.now
    if len(known) >= passkeys.MOST_PASSKEYS:
        raise ProfileInvalid(f"An account has at most {passkeys.MOST_PASSKEYS} passkeys.")
    return passkeys.ask_for_new(
        party,
        Holder(id=customer.id, name=customer.email, title=customer.name),
        purpose="shopper enrol",
        bound_to=str(identity.session_id),
        now=now,
        known=[
            KnownCredential(credential_id=one.credential_id, transports=one.transports)
            for one in known
        ],
        verified=False,
    )


async def add_passkey(
    db: Database,
    identity: Identity,
    party: RelyingParty,
    *,
    token: str,
    answer: Mapping[str, Any],
    name: str,
) -> UUID:
    """Store the passkey that the browser made; its id. Emits PasskeyAdded.

    Raises PasskeyRefused (also for a second call), ProfileInvalid, CustomerNotFound.
    """
    named = rules.checked_passkey_name(name)
    challenge = await passkeys.take_challenge(
        db, party, token, purpose="shopper enrol", bound_to=str(identity.session_id)
    )
    made = passkeys.new_credential(party, challenge, answer, verified=False)
    passkey_id = new_id()
    async with db.transaction() as tx:
        await store.lock_customer(tx, identity.customer_id)
        if not await store.insert_passkey(
            tx, passkey_id, identity.customer_id, name=named, made=made
        ):
            raise passkeys.refused()
        tx.emit(PasskeyAdded(customer_id=identity.customer_id))
    return passkey_id


async def rename_passkey(tx: Tx, customer_id: UUID, passkey_id: UUID, name: str) -> None:
    """Raises PasskeyNotFound, ProfileInvalid."""
    if not await store.rename_passkey(
        tx, passkey_id, customer_id, rules.checked_passkey_name(name)
    ):
        raise PasskeyNotFound("There is no such passkey.")


async def remove_passkey(tx: Tx, customer_id: UUID, passkey_id: UUID) -> None:
    """It opens the account no longer. Raises PasskeyNotFound. Emits PasskeyRemoved."""
    if not await store.remove_passkey(tx, passkey_id, customer_id):
        raise PasskeyNotFound("There is no such passkey.")
    tx.emit(PasskeyRemoved(customer_id=customer_id))


async def ask_for_passkey(db: Database, party: RelyingParty) -> Ceremony:
    """What the browser needs to sign in with any passkey that it holds for this site. Nothing is
    read or stored.
    """
    return passkeys.ask_for_one(party, purpose="shopper sign-in", now=db.clock(), verified=False)


async def sign_in_by_passkey(
    db: Database,
    party: RelyingParty,
    *,
    token: str,
    answer: Mapping[str, Any],
    user_agent: str = "",
) -> SignedIn:
    """Open a session as `sign_in` does. Raises PasskeyRefused for whatever is wrong, TooManyTries,
    CredentialsWrong when the password changed at this very moment.
    """
    challenge = await passkeys.take_challenge(db, party, token, purpose="shopper sign-in")
    claimed = passkeys.claimed_by(answer)
    async with db.reading() as tx:
        known = await store.passkey(tx, claimed.credential_id)
    if known is None or claimed.holder not in {None, known.customer_id}:
        raise passkeys.refused()
    tries = bucket("customer-passkey", str(known.customer_id))
    await claim_attempt(db, tries)
    count = passkeys.counted(party, challenge, answer, public_key=known.public_key, verified=False)
    async with db.transaction() as tx:
        if await _used(tx, known, count):
            await forget_attempts(tx, tries)
            stored, _ = await store.password_of(tx, known.customer_id)
            assert stored is not None, "only erased customers have none, and they are not found"
            return await open_session(tx, known.customer_id, stored, user_agent)
    raise passkeys.refused()


async def _used(tx: Tx, known: KnownPasskey, count: int) -> bool:
    """Note the use; False when it counted backwards, which is marked (and must be committed)."""
    row = await store.lock_passkey(tx, known.id)
    if row is None or row.copied_at is not None:
        return False
    if passkeys.went_back(row.sign_count, count):
        await store.mark_copied(tx, known.id)
        return False
    await store.note_passkey(tx, known.id, count)
    return True
