"""Keeping contracts and what came of them. Their price lists and assignments are the caller's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.contracts import rules, store
from argosy.modules.contracts.errors import ContractChanged, ContractEnded
from argosy.modules.contracts.events import ContractClosed, ContractSet
from argosy.modules.contracts.types import Contract, SetContract, Worked
from argosy.runtime.db import Tx

REFRESHED_EVERY: Final = timedelta(hours=1)
"""So often prices by formula follow list prices and costs."""
TRIED_AGAIN_AFTER: Final = timedelta(minutes=5)


async def keep_contract(
    tx: Tx, terms: SetContract, *, price_list_id: UUID, assignments: Sequence[UUID]
) -> Contract:
    """Keep a new contract with its price list and to whom that is offered; its prices are due.

    Raises ContractInvalid, ContractCodeTaken.
    """
    rules.check_contract(terms)
    contract_id = new_id()
    await store.insert_contract(
        tx, contract_id, terms, price_list_id=price_list_id, assignments=assignments
    )
    tx.emit(ContractSet(contract_id=contract_id, version=1))
    return await store.contract(tx, contract_id)


async def change_contract(
    tx: Tx, before: Contract, terms: SetContract, *, version: int, assignments: Sequence[UUID]
) -> Contract:
    """Change the terms; code and channel stay. Its prices are due.

    Raises ContractInvalid, ContractEnded, ContractChanged.
    """
    rules.check_contract(terms)
    if before.state == "ended":
        raise ContractEnded("The contract has ended.")
    if not await store.change_contract(tx, before.id, version, terms, assignments):
        raise ContractChanged("The contract was changed meanwhile.")
    tx.emit(ContractSet(contract_id=before.id, version=version + 1))
    return await store.contract(tx, before.id)


async def end_contract(tx: Tx, contract_id: UUID) -> None:
    """End a contract for good. Raises ContractNotFound, ContractEnded."""
    before = await store.contract(tx, contract_id)
    if not await store.end_contract(tx, before.id):
        raise ContractEnded("The contract has ended already.")
    tx.emit(ContractClosed(contract_id=before.id))


async def claim_due(tx: Tx) -> UUID | None:
    """A contract whose prices are to be worked out anew now, put off for others."""
    found = await store.due(tx, 1)
    if not found:
        return None
    await store.put_off(tx, found[0], tx.now + TRIED_AGAIN_AFTER)
    return found[0]


async def ask_for_refresh(tx: Tx, contract_id: UUID) -> Contract:
    """Have the prices worked out anew soon. Raises ContractNotFound, ContractEnded."""
    found = await store.contract(tx, contract_id)
    if found.state == "ended":
        raise ContractEnded("The contract has ended.")
    await store.put_off(tx, contract_id, tx.now)
    return found


async def keep_worked(tx: Tx, contract_id: UUID, found: Sequence[Worked], at: datetime) -> None:
    """Keep what a refresh that began at `at` found for some variants."""
    await store.save_worked(tx, contract_id, found, at)


async def finish_refresh(tx: Tx, contract_id: UUID, at: datetime) -> list[UUID]:
    """A refresh that began at `at` is done; the variants that no clause is about any more."""
    await store.refreshed(tx, contract_id, at, tx.now + REFRESHED_EVERY)
    return await store.forget_worked(tx, contract_id, at)
