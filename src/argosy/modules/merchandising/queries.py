"""Reading rules."""

from __future__ import annotations

from uuid import UUID

from argosy.modules.merchandising import store
from argosy.modules.merchandising.types import Rule
from argosy.runtime.db import Tx


async def rule_by_id(tx: Tx, rule_id: UUID) -> Rule:
    """Raises RuleNotFound."""
    return await store.rule(tx, rule_id)


async def list_rules(
    tx: Tx, *, channel_id: UUID | None = None, after: UUID | None = None, limit: int
) -> list[Rule]:
    """Rules, the older ones first, those after the id given."""
    return await store.rules(tx, channel_id=channel_id, after=after, limit=limit)


async def rules_of(tx: Tx, channel_id: UUID) -> list[Rule]:
    """All rules of a channel, ended ones too. One statement."""
    return await store.rules(tx, channel_id=channel_id, limit=2**31 - 1)
