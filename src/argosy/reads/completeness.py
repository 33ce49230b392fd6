"""What products have, for their scores; and products by their score."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "completeness.sql")

_FIRST = (-1, UUID(int=0))


class ChannelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that the product is published in; `priced`: all its active variants are."""

    channel_id: UUID
    code: str
    priced: bool


class ScoreFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a product has."""

    id: UUID
    type_code: str | None
    described: bool
    photographed: bool
    held: frozenset[str]
    channels: tuple[ChannelFacts, ...]


class Scored(NamedTuple):
    """A product with its score in a channel."""

    product_id: UUID
    channel_id: UUID
    score: int


async def score_facts(tx: Tx, product_ids: Collection[UUID]) -> list[ScoreFacts]:
    """What these products have, those that exist, by id. One statement."""
    rows = await tx.many(SQL.score_facts, list(product_ids), tx.now)
    return [msgspec.convert(dict(row), ScoreFacts) for row in rows]


async def less_complete(
    tx: Tx,
    channel_id: UUID,
    *,
    below: int,
    type_code: str | None,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[Scored]:
    """Products whose score in the channel is below, the least complete first. By an index."""
    rows = await tx.many(
        SQL.complete_between, channel_id, below, *(after or _FIRST), type_code, limit
    )
    return [Scored(row["product_id"], channel_id, row["score"]) for row in rows]
