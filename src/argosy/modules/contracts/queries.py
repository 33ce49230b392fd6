"""Reading contracts and what came of them."""

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.contracts import store
from argosy.modules.contracts.types import Contract, Worked
from argosy.runtime.db import Tx


async def contract_by_id(tx: Tx, contract_id: UUID) -> Contract:
    """Raises ContractNotFound."""
    return await store.contract(tx, contract_id)


async def contract_of_list(tx: Tx, price_list_id: UUID) -> Contract | None:
    """The contract whose prices are in this price list."""
    return await store.contract_of_list(tx, price_list_id)


async def list_contracts(tx: Tx, *, after: str | None = None, limit: int) -> list[Contract]:
    """Contracts by code, ended ones too, those after the code given."""
    return await store.contracts(tx, after=after, limit=limit)


async def worked_of(tx: Tx, contract_id: UUID, variant_ids: Sequence[UUID]) -> dict[UUID, Worked]:
    """What a contract makes of these variants."""
    found = await store.worked(
        tx, contract_id, variant_ids=variant_ids, after=None, limit=max(1, len(variant_ids))
    )
    return {one.variant_id: one for one in found}


async def list_worked(
    tx: Tx, contract_id: UUID, *, after: UUID | None = None, limit: int
) -> list[Worked]:
    """What a contract makes of all its variants, by variant."""
    return await store.worked(tx, contract_id, variant_ids=None, after=after, limit=limit)
