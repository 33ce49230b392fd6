"""Registering, signing in and out, changing the password.

None of it tells whether an account exists: known and unknown addresses take the same statements
and the same hashings, and get the same answer (DOMAIN.md rule 38).
"""

from __future__ import annotations

from uuid import UUID

from argosy.kernel.email import checked_email
from argosy.kernel.ids import new_id
from argosy.kernel.passwords import check_password
from argosy.modules.customers import rules, store
from argosy.modules.customers.errors import CredentialsWrong, CustomerNotFound, PasswordWrong
from argosy.modules.customers.events import (
    CustomerRegistered,
    PasswordChanged,
    RegistrationRepeated,
)
from argosy.modules.customers.types import Identity, Proof, Register, SignedIn
from argosy.runtime.attempts import claim_attempt, forget_attempts
from argosy.runtime.credentials import Passwords, bucket, new_token, token_hash
from argosy.runtime.db import Database, Tx

SESSIONS_TOPIC = "customer_sessions"
"""Cache topic: the payload is the id of a customer whose sessions or identity changed."""

USER_AGENT_LONGEST = 300


async def register(db: Database, passwords: Passwords, wish: Register) -> None:
    """Make an account, or tell the holder of the one that has this address; the caller cannot see
    which. Emits CustomerRegistered or RegistrationRepeated, each with a proof to mail.

    Raises EmailInvalid, PasswordWeak, ProfileInvalid, SignInBusy, TooManyTries.
    """
    email = checked_email(wish.email)
    check_password(wish.password, email=email.shown, shortest=rules.SHORTEST_PASSWORD)
    name, locale = rules.checked_name(wish.name), rules.checked_locale(wish.locale)
    await claim_attempt(db, bucket("customer-registration", email.normalised))
    hashed = await passwords.hash(wish.password)
    async with db.transaction() as tx:
        found = await store.register(
            tx, new_id(), email, password_hash=hashed, name=name, locale=locale
        )
        if found is None:
            return  # Two registrations at once: the other one emits.
        customer_id, shown, is_new = found
        purpose = "verify" if is_new else "reset"
        proof_id = await insert_proof(tx, customer_id, purpose, shown)
        if is_new:
            tx.emit(CustomerRegistered(customer_id=customer_id, proof_id=proof_id))
        else:
            tx.emit(RegistrationRepeated(customer_id=customer_id, proof_id=proof_id))


async def sign_in(
    db: Database, passwords: Passwords, *, email: str, password: str, user_agent: str = ""
) -> SignedIn:
    """Open a session of at most 30 days, 14 days idle. Each sign-in gives a new token.

    Raises EmailInvalid, TooManyTries, SignInBusy, and CredentialsWrong alike for a wrong password
    and an unknown address.
    """
    address = checked_email(email)
    tries = bucket("customer", address.normalised)
    await claim_attempt(db, tries)
    async with db.reading() as tx:
        known = await store.credentials(tx, address.normalised)
    customer_id, stored = known or (None, None)
    right = await passwords.matches(password, stored)
    if customer_id is None or stored is None or not right:
        raise _credentials_wrong()
    if passwords.is_outdated(stored):
        fresh = await passwords.hash(password)
        async with db.reading() as tx:
            await store.replace_hash(tx, customer_id, stored, fresh)
        stored = fresh
    async with db.transaction() as tx:
        await forget_attempts(tx, tries)
        return await open_session(tx, customer_id, stored, user_agent)


async def sign_out(tx: Tx, identity: Identity) -> None:
    """End this session. Repeating it does nothing."""
    await store.end_session(tx, identity.session_id)
    tx.notify(SESSIONS_TOPIC, str(identity.customer_id))


async def change_password(
    db: Database,
    passwords: Passwords,
    identity: Identity,
    *,
    current: str,
    new: str,
    user_agent: str = "",
) -> SignedIn:
    """Change the password; all sessions end and a new one is opened (DOMAIN.md Q2).

    Raises PasswordWeak, PasswordWrong when `current` is not the password, TooManyTries,
    CustomerNotFound, SignInBusy. Emits PasswordChanged.
    """
    check_password(
        new, email=identity.email, shortest=rules.SHORTEST_PASSWORD, field="new_password"
    )
    await check_current_password(db, passwords, identity, current, field="current_password")
    hashed = await passwords.hash(new)
    async with db.transaction() as tx:
        await replace_password(tx, identity.customer_id, hashed)
        return await open_session(tx, identity.customer_id, hashed, user_agent)


async def check_current_password(
    db: Database, passwords: Passwords, identity: Identity, password: str, *, field: str
) -> None:
    """The step before a sensitive change. Raises PasswordWrong, TooManyTries, SignInBusy."""
    tries = bucket("customer-password", str(identity.customer_id))
    await claim_attempt(db, tries)
    async with db.reading() as tx:
        stored, _ = await store.password_of(tx, identity.customer_id)
    if not await passwords.matches(password, stored):
        raise PasswordWrong("The password is wrong.", field=field)
    async with db.reading() as tx:
        await forget_attempts(tx, tries)


async def replace_password(tx: Tx, customer_id: UUID, hashed: str) -> None:
    """Set the password, end all sessions, make mailed proofs void (Q2). Emits PasswordChanged."""
    if not await store.set_password(tx, customer_id, hashed):
        raise CustomerNotFound("There is no such customer.")
    await store.end_sessions(tx, customer_id)
    await store.void_proofs(tx, customer_id, ["reset", "change_email", "sign_in"])
    tx.notify(SESSIONS_TOPIC, str(customer_id))
    tx.emit(PasswordChanged(customer_id=customer_id))


async def open_session(tx: Tx, customer_id: UUID, checked_hash: str, user_agent: str) -> SignedIn:
    """A new session with a new token. Raises CredentialsWrong if the password changed meanwhile."""
    token = new_token("shopper")
    expires_at = tx.now + rules.SESSION_LENGTH
    customer = await store.open_session(
        tx,
        new_id(),
        customer_id,
        token_hash(token),
        checked_hash=checked_hash,
        user_agent=user_agent[:USER_AGENT_LONGEST],
        expires_at=expires_at,
    )
    if customer is None:
        raise _credentials_wrong()
    return SignedIn(token=token, expires_at=expires_at, customer=customer)


async def insert_proof(tx: Tx, customer_id: UUID, purpose: str, email: str) -> UUID:
    """Store a proof that is good for as long as its purpose allows; its id, for the event."""
    proof = Proof(
        id=new_id(),
        customer_id=customer_id,
        purpose=purpose,
        email=email,
        expires_at=tx.now + rules.PROOF_LENGTH[purpose],
    )
    await store.insert_proof(tx, proof)
    return proof.id


def _credentials_wrong() -> CredentialsWrong:
    return CredentialsWrong(
        "E-mail address or password are wrong.",
        cure="Check both, or ask for a new password with POST /v1/password-resets.",
    )
