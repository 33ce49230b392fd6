"""The only file of merchandising that runs SQL; statements live in store.sql."""

from __future__ import annotations

from uuid import UUID

import msgspec

from argosy.modules.merchandising.errors import RuleNotFound
from argosy.modules.merchandising.types import Rule, SetRule
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def rules(
    tx: Tx,
    *,
    channel_id: UUID | None = None,
    rule_id: UUID | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[Rule]:
    """Rules, the older ones first."""
    return [_rule(row) for row in await tx.many(SQL.rules, channel_id, rule_id, after, limit)]


async def rule(tx: Tx, rule_id: UUID) -> Rule:
    """Raises RuleNotFound."""
    found = await rules(tx, rule_id=rule_id, limit=1)
    if not found:
        raise RuleNotFound("There is no such merchandising rule.")
    return found[0]


async def count_rules(tx: Tx, channel_id: UUID) -> int:
    """How many rules the channel has; until the end of `tx` nobody else can add one."""
    return int((await tx.one(SQL.count_rules, channel_id))["rules"])


async def insert_rule(tx: Tx, rule_id: UUID, channel_id: UUID, given: SetRule) -> None:
    """Add a rule."""
    await tx.run(SQL.insert_rule, rule_id, channel_id, *_values(given), tx.now)


async def update_rule(tx: Tx, rule_id: UUID, version: int, given: SetRule) -> int | None:
    """The new version, None if it is another by now."""
    row = await tx.maybe(SQL.update_rule, rule_id, version, *_values(given), tx.now)
    return None if row is None else int(row["version"])


async def delete_rule(tx: Tx, rule_id: UUID) -> None:
    """Remove a rule."""
    await tx.run(SQL.delete_rule, rule_id)


def _values(given: SetRule) -> tuple[object, ...]:
    return (
        given.name,
        given.act,
        given.scope,
        given.terms,
        list(given.queries),
        given.category_id,
        given.locale,
        given.strength,
        given.priority,
        given.starts_at,
        given.ends_at,
        given.active,
    )


def _rule(row: Record) -> Rule:
    return msgspec.convert(dict(row), Rule)
