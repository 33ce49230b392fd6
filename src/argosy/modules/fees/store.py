"""The only file of fees that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import msgspec

from argosy.modules.fees.errors import FeeCodeTaken, FeeNotFound
from argosy.modules.fees.types import Fee, SetFee
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def fees(
    tx: Tx,
    *,
    channel_id: UUID | None = None,
    fee_id: UUID | None = None,
    after: tuple[UUID, str] | None = None,
    limit: int,
) -> list[Fee]:
    """Fees by channel and code."""
    last_channel, last_code = after or (None, None)
    rows = await tx.many(SQL.fees, channel_id, fee_id, last_channel, last_code, limit)
    return [_fee(row) for row in rows]


async def fee(tx: Tx, fee_id: UUID) -> Fee:
    """Raises FeeNotFound."""
    found = await fees(tx, fee_id=fee_id, limit=1)
    if not found:
        raise FeeNotFound("There is no such fee.")
    return found[0]


async def insert_fee(tx: Tx, fee_id: UUID, channel_id: UUID, given: SetFee) -> None:
    """Raises FeeCodeTaken."""
    with _named():
        await tx.run(SQL.insert_fee, fee_id, channel_id, *_values(given), tx.now)


async def update_fee(tx: Tx, fee_id: UUID, version: int, given: SetFee) -> int | None:
    """The new version, None if it is another by now. Raises FeeCodeTaken."""
    with _named():
        row = await tx.maybe(SQL.update_fee, fee_id, version, *_values(given), tx.now)
    return None if row is None else int(row["version"])


async def delete_fee(tx: Tx, fee_id: UUID) -> bool:
    """Whether there was such a fee."""
    return await tx.run(SQL.delete_fee, fee_id) == 1


def _values(given: SetFee) -> tuple[object, ...]:
    return (
        given.code,
        given.kind,
        given.name,
        given.per,
        given.amount_minor,
        given.percent,
        given.cap_minor,
        given.with_shipping,
        given.tax_class,
        given.labels,
        given.when,
        given.returned,
        given.position,
        given.active,
    )


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if constraint(error) == "fee_code_unique":
            raise FeeCodeTaken("This code is taken.", field="code") from error
        raise


def _fee(row: Record) -> Fee:
    fields = dict(row)
    return msgspec.convert(fields | {"when": fields.pop("conditions")}, Fee)
