"""Groups and segments of customers, and who belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from argosy.modules.customers import rules, store
from argosy.modules.customers.errors import CustomerNotFound, GroupChanged, GroupInvalid
from argosy.modules.customers.events import CustomerGroupsChanged
from argosy.modules.customers.types import CustomerGroup, GroupKind
from argosy.runtime.db import Tx

GROUPS_TOPIC: Final = "customer_groups"
"""Caches of who belongs where listen here; the payload is a customer id, or `*` for all."""
MAX_MEMBERS: Final = 1000
"""Most members of one change."""


async def create_group(tx: Tx, code: str, name: str, *, kind: GroupKind = "group") -> CustomerGroup:
    """Make an empty group. Raises GroupInvalid, GroupCodeTaken; a retry raises the latter."""
    group = CustomerGroup(
        code=rules.checked_group_code(code),
        name=rules.checked_group_name(name),
        kind=kind,
        version=1,
    )
    await store.insert_group(tx, group)
    return group


async def rename_group(tx: Tx, code: str, name: str, *, expected_version: int) -> CustomerGroup:
    """Rename a group; code and kind are fixed. Raises GroupNotFound, GroupInvalid, GroupChanged."""
    await store.group(tx, code)
    renamed = await store.rename_group(tx, code, expected_version, rules.checked_group_name(name))
    if renamed is None:
        raise GroupChanged("The group was changed meanwhile.")
    return renamed


async def delete_group(tx: Tx, code: str) -> None:
    """Delete a group with its memberships; what is offered to it reaches nobody any more.

    Raises GroupNotFound.
    """
    await store.group(tx, code)
    members = await store.delete_group(tx, code)
    tx.notify(GROUPS_TOPIC, "*")
    await _announce(tx, members)


async def add_members(tx: Tx, code: str, customer_ids: Sequence[UUID]) -> int:
    """Put up to 1,000 customers into a group; return how many were not in it yet.

    Raises GroupNotFound, GroupInvalid, CustomerNotFound naming the first that there is not; then
    none was put in.
    """
    wanted = _members(customer_ids)
    await store.group(tx, code)
    missing = await store.missing_customers(tx, wanted)
    if missing:
        raise CustomerNotFound("There is no such customer.", field="customer_ids")
    return await _changed(tx, await store.add_members(tx, code, wanted))


async def remove_members(tx: Tx, code: str, customer_ids: Sequence[UUID]) -> int:
    """Take customers out of a group; return how many were in it. Raises GroupNotFound."""
    wanted = _members(customer_ids)
    await store.group(tx, code)
    return await _changed(tx, await store.remove_members(tx, code, wanted))


def _members(customer_ids: Sequence[UUID]) -> list[UUID]:
    wanted = sorted(set(customer_ids))
    if not 1 <= len(wanted) <= MAX_MEMBERS:
        raise GroupInvalid(f"From 1 to {MAX_MEMBERS} customers at once.", field="customer_ids")
    return wanted


async def _changed(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    for customer_id in customer_ids:
        tx.notify(GROUPS_TOPIC, str(customer_id))
    await _announce(tx, customer_ids)
    return len(customer_ids)


async def _announce(tx: Tx, customer_ids: Sequence[UUID]) -> None:
    if not customer_ids:
        return
    groups = await store.groups_of_customers(tx, customer_ids)
    for customer_id in customer_ids:
        codes = tuple(group.code for group in groups.get(customer_id, ()))
        tx.emit(CustomerGroupsChanged(customer_id=customer_id, groups=codes))
