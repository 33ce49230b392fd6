"""Signing in by a link in a mail.

What is stored of a link is its proof's id; the secret is computed from it with the shop's secret
key when the mail is written, so that a copy of the database opens nothing. Asking tells nothing
about accounts: it only queues a job, the same for every address (DOMAIN.md rule 38).
"""

from __future__ import annotations

from argosy.kernel.email import checked_email
from argosy.modules.customers import store
from argosy.modules.customers.commands.account import SESSIONS_TOPIC, insert_proof, open_session
from argosy.modules.customers.errors import ProofInvalid
from argosy.modules.customers.events import EmailVerified, SignInLinkAsked
from argosy.modules.customers.types import IssueSignInLink, SignedIn
from argosy.runtime.attempts import claim_attempt, forget_attempts
from argosy.runtime.credentials import bucket, unsealed
from argosy.runtime.db import Database, Tx

PURPOSE = "sign_in"
_FREE_LINKS = 3


async def ask_sign_in_link(db: Database, email: str) -> None:
    """Ask for a mail with a link that signs in, good once and for fifteen minutes.

    Only queues IssueSignInLink, so that the request does exactly the same for an address without
    an account. Raises EmailInvalid, TooManyTries.
    """
    address = checked_email(email)
    tries = bucket("customer-link", address.normalised)
    await claim_attempt(db, tries, free_tries=_FREE_LINKS)
    async with db.transaction() as tx:
        tx.enqueue(IssueSignInLink(email_normalised=address.normalised), dedupe=tries.hex())


async def issue_sign_in_link(tx: Tx, job: IssueSignInLink) -> None:
    """The worker's part of `ask_sign_in_link`. Emits SignInLinkAsked when there is an account.

    A second run makes a second proof; both are good until one is used.
    """
    customer = await store.customer_by_email(tx, job.email_normalised)
    if customer is not None:
        proof_id = await insert_proof(tx, customer.id, PURPOSE, customer.email)
        tx.emit(SignInLinkAsked(customer_id=customer.id, proof_id=proof_id))


async def sign_in_by_link(
    db: Database, *, secret_key: str, text: str, user_agent: str = ""
) -> SignedIn:
    """Open a session with the text from the mail; other links end, and the address is proved.

    The password and what it opens stay as they are. Raises ProofInvalid: also for a second call,
    and for a link that was mailed to an address which the account has no more. Emits EmailVerified.
    """
    proof_id = unsealed(secret_key, PURPOSE, text)
    if proof_id is None:
        raise _proof_invalid()
    async with db.transaction() as tx:
        proof = await store.use_proof(tx, proof_id)
        if proof is None:
            raise _proof_invalid()
        stored, email = await store.password_of(tx, proof.customer_id)
        if email != proof.email or stored is None:
            raise _proof_invalid()
        await store.void_proofs(tx, proof.customer_id, [PURPOSE])
        if await store.verify_email(tx, proof.customer_id, proof.email):
            tx.emit(EmailVerified(customer_id=proof.customer_id))
            tx.notify(SESSIONS_TOPIC, str(proof.customer_id))
        await forget_attempts(tx, bucket("customer-link", checked_email(email).normalised))
        return await open_session(tx, proof.customer_id, stored, user_agent)


def _proof_invalid() -> ProofInvalid:
    return ProofInvalid("This link is not, or no longer, valid.", field="token")
