"""Consent and erasure (DOMAIN.md rule 39, Q4, Q5)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.customers import rules, store
from argosy.modules.customers.commands.account import SESSIONS_TOPIC, check_current_password
from argosy.modules.customers.commands.groups import GROUPS_TOPIC
from argosy.modules.customers.events import CustomerErased
from argosy.modules.customers.types import Consent, Identity
from argosy.runtime.credentials import Passwords
from argosy.runtime.db import Database, Tx


async def record_consent(
    tx: Tx,
    customer_id: UUID,
    *,
    purpose: str,
    document_version: str,
    granted: bool,
    source: str,
) -> Consent:
    """Add what a person agreed to, or withdrew, to the append-only record.

    Raises ProfileInvalid, CustomerNotFound.
    """
    name, version = rules.checked_consent(purpose, document_version)
    await store.lock_customer(tx, customer_id)
    consent = Consent(
        purpose=name, document_version=version, granted=granted, source=source, at=tx.now
    )
    await store.insert_consent(tx, new_id(), customer_id, consent)
    return consent


async def erase_customer(tx: Tx, customer_id: UUID) -> None:
    """Pseudonymise the person: nothing personal is left here, the id stays for the books.

    Sessions, addresses and proofs are deleted; consents stay as proof, under the id alone. The
    e-mail address can be registered again. Raises CustomerNotFound, also for one erased before.
    Emits CustomerErased, on which other parts do their share.
    """
    await store.lock_customer(tx, customer_id)
    await store.erase_customer(tx, customer_id)
    tx.notify(SESSIONS_TOPIC, str(customer_id))
    tx.notify(GROUPS_TOPIC, str(customer_id))
    tx.emit(CustomerErased(customer_id=customer_id))


async def erase_myself(
    db: Database, passwords: Passwords, identity: Identity, *, password: str
) -> None:
    """As `erase_customer`, for the signed-in person with their password. Raises PasswordWrong,
    TooManyTries, SignInBusy.
    """
    await check_current_password(db, passwords, identity, password, field="password")
    async with db.transaction() as tx:
        await erase_customer(tx, identity.customer_id)


async def forget_ended(tx: Tx, before: datetime) -> int:
    """Housekeeping: delete sessions and proofs that ended before; how many there were."""
    return await store.forget(tx, before)
