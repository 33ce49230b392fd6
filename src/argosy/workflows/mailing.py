"""Mails to customers: each event that carries a proof becomes a job, and the job a mail.

The secret in the mail is computed when it is written and stored nowhere. A proof that was used or
has expired in the meantime is not mailed. The job may run twice; the mail has one id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from argosy.kernel.events import Job
from argosy.modules import channels, customers
from argosy.modules.customers.ports import Mail
from argosy.runtime.db import Tx
from argosy.runtime.settings import Settings
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App


class SendProof(Job, frozen=True, kw_only=True):
    """Write the mail that a proof waits for."""

    NAME: ClassVar[str] = "customers.send_proof"

    proof_id: UUID
    reason: str


class _About(NamedTuple):
    """What a mail is about (as `mails/account/proof.html` names it), and the page that it opens."""

    what: str
    page: str


_CONFIRM = _About("confirm", "/account/confirm")

WORDS = {
    customers.CustomerRegistered.TYPE: _CONFIRM,
    customers.RegistrationRepeated.TYPE: _About("repeated", "/account/reset"),
    customers.PasswordResetAsked.TYPE: _About("reset", "/account/reset"),
    customers.EmailProofAsked.TYPE: _CONFIRM,
    customers.EmailChanged.TYPE: _About("changed", "/account/confirm"),
    customers.SignInLinkAsked.TYPE: _About("sign_in", "/account/link"),
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
        customer = await customers.customer_by_id(tx, proof.customer_id)
        locale = await locale_of_reader(tx, app.settings, customer.locale)
    about = WORDS[job.reason]
    secret = customers.proof_text(app.settings.secret_key.get_secret_value(), proof)
    values = {
        "what": about.what,
        "secret": secret,
        "link": f"{app.settings.public_url}{about.page}?{urlencode({'code': secret})}",
        "expires_at": proof.expires_at,
    }
    await send_account_mail(app, f"proof-{proof.id}", proof.email, "proof", locale, values)


async def locale_of_reader(tx: Tx, settings: Settings, locale: str) -> str:
    """The language to write in to somebody whose own is `locale`; where that is empty, the one of
    the shop that opens at `/`.
    """
    if locale:
        return locale
    known = [one for one in await channels.list_channels(tx) if one.active]
    first = min(known, key=lambda one: (one.code != settings.shop_channel, one.code), default=None)
    return "en" if first is None else first.locale


async def send_account_mail(  # noqa: PLR0917 - the parts of one mail
    app: App, key: str, to: str, name: str, locale: str, values: Mapping[str, Any]
) -> None:
    """Mail what the template `mails/account/<name>.html` says. Raises MailUnavailable: try again;
    MailRefused.
    """
    assert app.mailer is not None, "the worker has a mailer"
    assert app.scribe is not None, "entry/wiring.py gives one"
    words = app.scribe.of_account(name, locale, values)
    mail = Mail(key=key, to=to, subject=words.subject, text=words.text, html=words.html)
    await app.mailer.send(mail)
