"""The only file of contracts that runs SQL; statements live in store.sql."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.contracts.errors import ContractCodeTaken, ContractNotFound
from argosy.modules.contracts.types import Contract, SetContract, Worked
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def insert_contract(
    tx: Tx,
    contract_id: UUID,
    terms: SetContract,
    *,
    price_list_id: UUID,
    assignments: Sequence[UUID],
) -> None:
    """Raises ContractCodeTaken."""
    try:
        await tx.run(
            SQL.insert_contract,
            contract_id,
            terms.code,
            terms.channel_id,
            terms,
            price_list_id,
            list(assignments),
            tx.now,
        )
    except IntegrityError as error:
        if constraint(error) == "contract_code_unique":
            raise ContractCodeTaken(f"There is a contract {terms.code!r}.", field="code") from error
        raise


async def change_contract(
    tx: Tx, contract_id: UUID, version: int, terms: SetContract, assignments: Sequence[UUID]
) -> bool:
    """Whether the contract was active and of that version."""
    row = await tx.maybe(
        SQL.change_contract, contract_id, version, terms, list(assignments), tx.now
    )
    return row is not None


async def end_contract(tx: Tx, contract_id: UUID) -> bool:
    """Whether it was active."""
    return await tx.maybe(SQL.end_contract, contract_id, tx.now) is not None


async def contract(tx: Tx, contract_id: UUID) -> Contract:
    """Raises ContractNotFound."""
    found = await tx.many(SQL.contracts, contract_id, None, None, 1)
    if not found:
        raise ContractNotFound("There is no such contract.")
    return _contract(found[0])


async def contract_of_list(tx: Tx, price_list_id: UUID) -> Contract | None:
    """The contract whose prices are in the list."""
    found = await tx.many(SQL.contracts, None, price_list_id, None, 1)
    return _contract(found[0]) if found else None


async def contracts(tx: Tx, *, after: str | None, limit: int) -> list[Contract]:
    """Contracts by code."""
    return [_contract(row) for row in await tx.many(SQL.contracts, None, None, after, limit)]


async def due(tx: Tx, limit: int) -> list[UUID]:
    """Active contracts whose prices are to be worked out anew, the longest due first."""
    return [row["id"] for row in await tx.many(SQL.due, tx.now, limit)]


async def put_off(tx: Tx, contract_id: UUID, until: datetime) -> None:
    """Work them out at that time."""
    await tx.run(SQL.put_off, contract_id, until)


async def refreshed(tx: Tx, contract_id: UUID, at: datetime, due_at: datetime) -> None:
    """They were worked out."""
    await tx.run(SQL.refreshed, contract_id, at, due_at)


async def worked(
    tx: Tx,
    contract_id: UUID,
    *,
    variant_ids: Sequence[UUID] | None,
    after: UUID | None,
    limit: int,
) -> list[Worked]:
    """What the contract makes of variants, by variant."""
    wanted = None if variant_ids is None else list(variant_ids)
    rows = await tx.many(SQL.worked, contract_id, wanted, after, limit)
    return [
        msgspec.convert({**row, "cuts": tuple(row["cuts"])}, Worked, strict=False) for row in rows
    ]


async def save_worked(tx: Tx, contract_id: UUID, found: Sequence[Worked], at: datetime) -> None:
    """Keep what the contract makes of variants."""
    await tx.run(
        SQL.save_worked,
        contract_id,
        [one.variant_id for one in found],
        [one.amount_minor for one in found],
        [one.line for one in found],
        [" ".join(one.cuts) for one in found],
        [one.anchor_minor for one in found],
        [one.anchored_at for one in found],
        at,
    )


async def forget_worked(tx: Tx, contract_id: UUID, before: datetime) -> list[UUID]:
    """The variants that were not come upon since, which are forgotten."""
    return [row["variant_id"] for row in await tx.many(SQL.forget_worked, contract_id, before)]


def _contract(row: Record) -> Contract:
    return Contract(
        id=row["id"],
        version=row["version"],
        state=row["state"],
        terms=msgspec.convert(row["terms"], SetContract),
        price_list_id=row["price_list_id"],
        assignments=tuple(row["assignments"]),
        refreshed_at=row["refreshed_at"],
    )
