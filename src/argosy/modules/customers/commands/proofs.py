"""Mailed proofs: resetting a password, confirming, changing and taking back an e-mail address."""

from __future__ import annotations

from uuid import UUID

from argosy.kernel.email import checked_email
from argosy.kernel.passwords import check_password
from argosy.modules.customers import rules, store
from argosy.modules.customers.commands.account import (
    SESSIONS_TOPIC,
    check_current_password,
    insert_proof,
    replace_password,
)
from argosy.modules.customers.errors import ProofInvalid
from argosy.modules.customers.events import (
    EmailChanged,
    EmailProofAsked,
    EmailVerified,
    PasswordResetAsked,
)
from argosy.modules.customers.types import Identity, IssueReset, Proof
from argosy.runtime.attempts import claim_attempt, forget_attempts
from argosy.runtime.credentials import Passwords, bucket, unsealed
from argosy.runtime.db import Database, Tx

_EMAIL_PURPOSES = ("verify", "change_email", "undo_email")
_FREE_RESETS = 3


async def ask_reset(db: Database, email: str) -> None:
    """Ask for a mail with which the password can be set anew.

    Only queues IssueReset, so that the request does exactly the same for an address without an
    account. Raises EmailInvalid, TooManyTries.
    """
    address = checked_email(email)
    tries = bucket("customer-reset", address.normalised)
    await claim_attempt(db, tries, free_tries=_FREE_RESETS)
    async with db.transaction() as tx:
        tx.enqueue(IssueReset(email_normalised=address.normalised), dedupe=tries.hex())


async def issue_reset(tx: Tx, job: IssueReset) -> None:
    """The worker's part of `ask_reset`. Emits PasswordResetAsked when there is an account.

    A second run makes a second proof; both are good until one is used.
    """
    customer = await store.customer_by_email(tx, job.email_normalised)
    if customer is not None:
        proof_id = await insert_proof(tx, customer.id, "reset", customer.email)
        tx.emit(PasswordResetAsked(customer_id=customer.id, proof_id=proof_id))


async def reset_password(
    db: Database, passwords: Passwords, *, secret_key: str, text: str, new: str
) -> None:
    """Set a new password with the text from the mail; all sessions end, and the address is proved.

    Raises ProofInvalid, PasswordWeak, SignInBusy. Emits PasswordChanged, EmailVerified. A text is
    good once: a second call raises ProofInvalid.
    """
    proof_id = unsealed(secret_key, "reset", text)
    async with db.reading() as tx:
        proof = None if proof_id is None else await store.proof(tx, proof_id)
    if proof is None:
        raise _proof_invalid()
    check_password(new, email=proof.email, shortest=rules.SHORTEST_PASSWORD, field="new_password")
    hashed = await passwords.hash(new)
    async with db.transaction() as tx:
        if await store.use_proof(tx, proof.id) is None:
            raise _proof_invalid()
        await replace_password(tx, proof.customer_id, hashed)
        if await store.verify_email(tx, proof.customer_id, proof.email):
            tx.emit(EmailVerified(customer_id=proof.customer_id))
        await forget_attempts(tx, bucket("customer", checked_email(proof.email).normalised))


async def ask_verification(db: Database, identity: Identity) -> None:
    """Mail the signed-in customer a proof of their address. Emits EmailProofAsked.

    Raises TooManyTries.
    """
    await claim_attempt(
        db, bucket("customer-verify", str(identity.customer_id)), free_tries=_FREE_RESETS
    )
    async with db.transaction() as tx:
        proof_id = await insert_proof(tx, identity.customer_id, "verify", identity.email)
        tx.emit(EmailProofAsked(customer_id=identity.customer_id, proof_id=proof_id))


async def ask_email_change(
    db: Database, passwords: Passwords, identity: Identity, *, email: str, password: str
) -> None:
    """Ask to change the address; it changes when the mail to the new one is answered.

    The answer is the same when the new address has an account already: only its mailbox can tell.
    Raises EmailInvalid, PasswordWrong, TooManyTries, SignInBusy. Emits EmailProofAsked.
    """
    address = checked_email(email)
    await check_current_password(db, passwords, identity, password, field="password")
    async with db.transaction() as tx:
        await store.void_proofs(tx, identity.customer_id, ["change_email"])
        proof_id = await insert_proof(tx, identity.customer_id, "change_email", address.shown)
        tx.emit(EmailProofAsked(customer_id=identity.customer_id, proof_id=proof_id))


async def confirm_email(tx: Tx, *, secret_key: str, text: str) -> None:
    """Do what the mailed text proves: verify an address, change to it, or take a change back.

    A change ends all sessions and gives the old address a week to undo it (DOMAIN.md Q2).
    Raises ProofInvalid, EmailTaken. Emits EmailVerified or EmailChanged.
    """
    proof = await _used(tx, secret_key, text)
    match proof.purpose:
        case "verify":
            if await store.verify_email(tx, proof.customer_id, proof.email):
                tx.emit(EmailVerified(customer_id=proof.customer_id))
            tx.notify(SESSIONS_TOPIC, str(proof.customer_id))
        case "change_email":
            before = await store.lock_customer(tx, proof.customer_id)
            undo_id = await insert_proof(tx, before.id, "undo_email", before.email)
            await _set_email(tx, proof)
            tx.emit(EmailChanged(customer_id=before.id, proof_id=undo_id))
        case _:
            await store.lock_customer(tx, proof.customer_id)
            await _set_email(tx, proof)
            await store.void_proofs(tx, proof.customer_id, ["reset", "change_email", "undo_email"])
            tx.emit(EmailVerified(customer_id=proof.customer_id))


async def _used(tx: Tx, secret_key: str, text: str) -> Proof:
    found = (
        (purpose, proof_id)
        for purpose in _EMAIL_PURPOSES
        if (proof_id := unsealed(secret_key, purpose, text)) is not None
    )
    purpose_and_id: tuple[str, UUID] | None = next(found, None)
    proof = None if purpose_and_id is None else await store.use_proof(tx, purpose_and_id[1])
    if proof is None:
        raise _proof_invalid()
    return proof


async def _set_email(tx: Tx, proof: Proof) -> None:
    if not await store.set_email(tx, proof.customer_id, checked_email(proof.email)):
        raise _proof_invalid()
    await store.end_sessions(tx, proof.customer_id)
    await store.void_proofs(tx, proof.customer_id, ["sign_in"])
    tx.notify(SESSIONS_TOPIC, str(proof.customer_id))


def _proof_invalid() -> ProofInvalid:
    return ProofInvalid("This text is not, or no longer, valid.", field="token")
