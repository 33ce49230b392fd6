"""Mails to customers: each event that carries a proof becomes a job, and the job a mail.

The secret in the mail is computed when it is written and stored nowhere. A proof that was used or
has expired in the meantime is not mailed. The job may run twice; the mail has one id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from argosy.kernel.events import Job
from argosy.modules import customers
from argosy.modules.customers.ports import Mail
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App


class SendProof(Job, frozen=True, kw_only=True):
    """Write the mail that a proof waits for."""

    NAME: ClassVar[str] = "customers.send_proof"

    proof_id: UUID
    reason: str


class _Words(msgspec.Struct, frozen=True):
    subject: str
    text: str
    page: str


_RESET = _Words(
    "Set a new password",
    "Somebody, we hope you, asked for a new password for the account with this address.",
    "/account/reset",
)
_REPEATED = _Words(
    "You have an account already",
    "Somebody, perhaps you, tried to open an account with this address, which has one. If you "
    "have forgotten the password, set a new one.",
    "/account/reset",
)
_CONFIRM = _Words(
    "Confirm your e-mail address",
    "Please confirm that this address is yours.",
    "/account/confirm",
)
_CHANGED = _Words(
    "Your e-mail address was changed",
    "The account with this address has another address now. If that was not you, take it back.",
    "/account/confirm",
)
_SIGN_IN = _Words(
    "Your link to sign in",
    "With this link you sign in without a password. It leads to a page with a button.",
    "/account/link",
)

WORDS = {
    customers.CustomerRegistered.TYPE: _CONFIRM,
    customers.RegistrationRepeated.TYPE: _REPEATED,
    customers.PasswordResetAsked.TYPE: _RESET,
    customers.EmailProofAsked.TYPE: _CONFIRM,
    customers.EmailChanged.TYPE: _CHANGED,
    customers.SignInLinkAsked.TYPE: _SIGN_IN,
}


async def ask_for_mail(tx: Tx, events: Sequence[Delivered]) -> None:
    """Queue the mail of each proof, once per event."""
    for event in events:
        proof_id = UUID(event.data["proof_id"])
        tx.enqueue(
            SendProof(proof_id=proof_id, reason=event.type), dedupe=f"{event.type}:{proof_id}"
        )


async def send_proof(app: App, job: SendProof) -> None:
    """Mail the proof, unless it was used or has expired. Raises MailUnavailable: try again."""
    async with app.db.reading() as tx:
        proof = await customers.proof_by_id(tx, job.proof_id)
    if proof is None or not proof.email:
        return
    words = WORDS[job.reason]
    secret = customers.proof_text(app.settings.secret_key.get_secret_value(), proof)
    link = f"{app.settings.public_url}{words.page}?{urlencode({'code': secret})}"
    text = (
        f"{words.text}\n\n{link}\n\nYour code, if you are asked for it:\n\n    {secret}\n\n"
        "It is valid until "
        f"{proof.expires_at:%Y-%m-%d %H:%M} UTC. If you did not ask for this, do nothing.\n"
    )
    assert app.mailer is not None, "the worker has a mailer"
    await app.mailer.send(
        Mail(key=f"proof-{proof.id}", to=proof.email, subject=words.subject, text=text)
    )
