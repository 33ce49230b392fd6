"""The profile of a customer, changed by themselves or by staff."""

from __future__ import annotations

from uuid import UUID

import msgspec

from argosy.kernel.text import tidy
from argosy.modules.customers import rules, store
from argosy.modules.customers.commands.account import SESSIONS_TOPIC
from argosy.modules.customers.types import ChangeProfile, Customer
from argosy.runtime.db import Tx


async def change_profile(
    tx: Tx, customer_id: UUID, change: ChangeProfile, *, version: int | None = None
) -> Customer:
    """Change name, telephone number or locale. A number must carry its country code.

    Raises CustomerNotFound, CustomerChanged when `version` is not the present one, ProfileInvalid,
    PhoneInvalid.
    """
    before = await store.lock_customer(tx, customer_id)
    wanted = msgspec.structs.replace(
        before,
        name=before.name if change.name is None else rules.checked_name(change.name),
        phone=before.phone if change.phone is None else rules.check_phone(tidy(change.phone)),
        locale=before.locale if change.locale is None else rules.checked_locale(change.locale),
    )
    return await store.change_profile(tx, wanted, before.version if version is None else version)


async def end_all_sessions(tx: Tx, customer_id: UUID) -> None:
    """Sign the customer out everywhere. Raises CustomerNotFound."""
    await store.lock_customer(tx, customer_id)
    await store.end_sessions(tx, customer_id)
    tx.notify(SESSIONS_TOPIC, str(customer_id))
