"""Mails to whom an account belongs, when what opens it has changed: told to the person, so that
somebody else's hand does not stay unnoticed.

  PasskeyAdded, PasskeyRemoved, PasswordChanged -- tell_holder --> job: SendNotice
  staff commands --> job: staff.TellMember

A mail names what happened and when, and where to undo it; it carries no secret and no link that
does anything by itself. A job may run twice; the mail has one id. Erased customers get none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

from argosy.kernel.events import Job
from argosy.modules import customers, staff
from argosy.modules.customers.ports import Mail
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App


class SendNotice(Job, frozen=True, kw_only=True):
    """Tell a customer what was done to their account. `reason` is the type of the event."""

    NAME: ClassVar[str] = "customers.send_notice"

    event_id: UUID
    customer_id: UUID
    reason: str
    at: datetime


class _Words(NamedTuple):
    subject: str
    text: str


TO_CUSTOMERS: Mapping[str, _Words] = {
    customers.PasskeyAdded.TYPE: _Words(
        "A passkey was added to your account",
        "A passkey was added to the account with this address. Whoever holds it can sign in.",
    ),
    customers.PasskeyRemoved.TYPE: _Words(
        "A passkey was removed from your account",
        "A passkey was removed from the account with this address. It signs nobody in any more.",
    ),
    customers.PasswordChanged.TYPE: _Words(
        "Your password was changed",
        "The password of the account with this address was changed.",
    ),
}

TO_STAFF: Mapping[staff.FactorChange, _Words] = {
    "passkey_added": _Words(
        "A passkey was added to your account",
        "A passkey was added to your account in the back office. Whoever holds it can sign in.",
    ),
    "passkey_copied": _Words(
        "A passkey of yours may have been copied",
        "A passkey of your account in the back office counted backwards, so somebody may hold a"
        " copy of it. It is refused since. Remove it, and set up another one.",
    ),
    "codes_added": _Words(
        "An authenticator app was added to your account",
        "Signing in to the back office with your account asks for the codes of an app from now on.",
    ),
    "factor_removed": _Words(
        "A second factor was removed from your account",
        "A passkey or an authenticator app was removed from your account in the back office.",
    ),
    "factors_reset": _Words(
        "Your second factors were removed",
        "Somebody who manages staff removed all passkeys, apps and recovery codes of your account"
        " in the back office, and ended its sessions. Your password alone signs you in.",
    ),
    "recovery_codes_made": _Words(
        "New recovery codes were made for your account",
        "New recovery codes were made for your account in the back office; earlier ones are void.",
    ),
}


async def tell_holder(tx: Tx, events: Sequence[Delivered]) -> None:
    """Queue the mail of each event, once."""
    for event in events:
        notice = SendNotice(
            event_id=event.event_id,
            customer_id=UUID(event.data["customer_id"]),
            reason=event.type,
            at=event.occurred_at,
        )
        tx.enqueue(notice, dedupe=f"notice:{event.event_id}")


async def send_notice(app: App, job: SendNotice) -> None:
    """Mail the holder of an account. Raises MailUnavailable: try again."""
    async with app.db.reading() as tx:
        customer = await customers.customer_by_id(tx, job.customer_id)
    if customer.erased_at is None and customer.email:
        help_text = (
            "If that was not you, set a new password and look at your passkeys:"
            f"\n\n{app.settings.public_url}/account/forgot"
            f"\n{app.settings.public_url}/account/passkeys"
        )
        words = TO_CUSTOMERS[job.reason]
        await _mail(app, f"notice-{job.event_id}", customer.email, words, job.at, help_text)


async def tell_member(app: App, job: staff.TellMember) -> None:
    """Mail a staff member. Raises MailUnavailable: try again."""
    async with app.db.reading() as tx:
        member = await staff.member_by_id(tx, job.member_id)
    help_text = (
        "If that was not you, change your password, look at what else signs you in, and tell"
        f" whoever manages staff:\n\n{app.settings.public_url}/admin/me"
    )
    await _mail(app, f"notice-{job.notice_id}", member.email, TO_STAFF[job.what], job.at, help_text)


async def _mail(  # noqa: PLR0917 - the parts of one mail
    app: App, key: str, to: str, words: _Words, at: datetime, help_text: str
) -> None:
    assert app.mailer is not None, "the worker has a mailer"
    text = (
        f"{words.text}\n\nThat was at {at:%Y-%m-%d %H:%M} UTC. If it was you, there is nothing to"
        f" do.\n\n{help_text}\n"
    )
    await app.mailer.send(Mail(key=key, to=to, subject=words.subject, text=text))
