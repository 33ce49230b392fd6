"""The list of carts, the latest changed first, by keyset: who fills which, which are given up."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import idna
import msgspec

from argosy.kernel import paging
from argosy.kernel.email import Email
from argosy.kernel.text import folded
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "cart_list.sql")

Position = tuple[datetime, UUID]
"""(updated_at, id) of the last cart of the page before."""

CartStatus = Literal[
    "open", "placing", "awaiting_action", "placed", "abandoned", "merged", "expired"
]
"""A cart is its state, but one that is over was `abandoned` with something in it, `merged` into its
customer's other cart at sign-in, or is `expired`: empty.
"""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
_FIRST_ID = UUID(int=0)


class CartFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which carts; None leaves a filter out.

    `email` finds carts that name the address, and those of the account that has it (`account_id`).
    `changed_until` is the first instant that is not in the range any more.
    """

    channel_id: UUID | None = None
    customer_id: UUID | None = None
    email: Email | None = None
    account_id: UUID | None = None
    status: CartStatus | None = None
    changed_since: datetime | None = None
    changed_until: datetime | None = None


class CartRow(msgspec.Struct, frozen=True, kw_only=True):
    """One cart in a list. `email` is what the cart says, `account_email` what its customer's
    account does. Of who is erased neither is told, nor the customer.
    """

    id: UUID
    channel_id: UUID
    customer_id: UUID | None
    email: str
    account_email: str
    currency: str
    status: CartStatus
    lines: int
    units: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


async def list_carts(
    tx: Tx, filters: CartFilters, *, before: Position | None, limit: int
) -> list[CartRow]:
    """Up to `limit` carts changed before `before`, the latest first. One statement. A cart that was
    placed as it was made, by a purchase in one call, is in no list: its order is.

    What no index serves is looked for among `LOOK` carts (kernel/paging.py): where fewer than
    `limit` come back, `look_end` says whether the list goes on.
    """
    whose = _whose(filters)
    rows = await tx.many(
        SQL.carts_of_person if whose else SQL.carts_recent,
        *_start(filters, before),
        limit,
        paging.LOOK if _narrowed(filters) else limit,
        filters.changed_since or _BEGINNING,
        tx.now,
        filters.channel_id,
        filters.customer_id,
        filters.status,
        *whose,
    )
    return [CartRow(**dict(row)) for row in rows]


async def look_end(tx: Tx, filters: CartFilters, before: Position | None) -> Position | None:
    """The last cart that `list_carts` looked at when it found too few; None if it saw the end of
    the list. One statement at most.
    """
    if not _narrowed(filters):
        return None
    whose = _whose(filters)
    row = await tx.maybe(
        SQL.carts_of_person_end if whose else SQL.carts_recent_end,
        *_start(filters, before),
        filters.changed_since or _BEGINNING,
        paging.LOOK,
        *whose,
    )
    return None if row is None else (row["updated_at"], row["id"])


async def carts_by_ids(tx: Tx, cart_ids: Collection[UUID]) -> dict[UUID, CartRow]:
    """Those of the carts that exist. One statement."""
    rows = await tx.many(SQL.carts_by_ids, tx.now, list(cart_ids))
    return {row["id"]: CartRow(**dict(row)) for row in rows}


def _start(filters: CartFilters, before: Position | None) -> Position:
    until = (filters.changed_until or _END_OF_TIME, _FIRST_ID)
    return until if before is None else min(before, until)


def _narrowed(filters: CartFilters) -> bool:
    """Whether anything is asked for beside the range of an index."""
    return msgspec.structs.replace(filters, changed_since=None, changed_until=None) != CartFilters()


def _whose(filters: CartFilters) -> tuple[list[str], UUID | None] | tuple[()]:
    """The forms of the address and the account that the list is read by; nothing for all carts."""
    if filters.email is not None:
        return _forms(filters.email), filters.account_id
    return ([], filters.customer_id) if filters.customer_id is not None else ()


def _forms(email: Email) -> list[str]:
    """How a cart may have the address: as typed, and with its domain in either script."""
    local, _, domain = email.normalised.rpartition("@")
    forms = {folded(email.shown), email.normalised}
    with suppress(idna.IDNAError):
        forms.add(f"{local}@{idna.decode(domain)}")
    return sorted(forms)
