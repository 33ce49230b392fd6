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
from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Job
from argosy.modules import customers, staff
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App
from argosy.workflows.mailing import locale_of_reader, send_account_mail


class SendNotice(Job, frozen=True, kw_only=True):
    """Tell a customer what was done to their account. `reason` is the type of the event."""

    NAME: ClassVar[str] = "customers.send_notice"

    event_id: UUID
    customer_id: UUID
    reason: str
    at: datetime


TO_CUSTOMERS: Mapping[str, str] = {
    customers.PasskeyAdded.TYPE: "passkey_added",
    customers.PasskeyRemoved.TYPE: "passkey_removed",
    customers.PasswordChanged.TYPE: "password_changed",
}
"""What is told of an event: the branch of `mails/account/customer.html`."""


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
        if customer.erased_at is not None or not customer.email:
            return
        locale = await locale_of_reader(tx, app.settings, customer.locale)
    values = {"what": TO_CUSTOMERS[job.reason], "at": job.at, "shop": app.settings.public_url}
    key = f"notice-{job.event_id}"
    await send_account_mail(app, key, customer.email, "customer", locale, values)


async def tell_member(app: App, job: staff.TellMember) -> None:
    """Mail a staff member, in English: what language they read is not known.

    Raises MailUnavailable: try again.
    """
    async with app.db.reading() as tx:
        member = await staff.member_by_id(tx, job.member_id)
    values = {"what": job.what, "at": job.at, "shop": app.settings.public_url}
    await send_account_mail(app, f"notice-{job.notice_id}", member.email, "staff", "en", values)
