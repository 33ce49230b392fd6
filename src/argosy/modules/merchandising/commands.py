"""Saying what comes first and last. Each change notifies the caches of every process."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.merchandising import store
from argosy.modules.merchandising.errors import RuleChangedMeanwhile, RuleInvalid
from argosy.modules.merchandising.rules import check_rule
from argosy.modules.merchandising.types import Rule, SetRule
from argosy.runtime.db import Tx

TOPIC: Final = "merchandising"
MAX_RULES: Final = 500


def topic_of(channel_id: UUID) -> str:
    """The cache topic of whatever was ordered by a channel's rules."""
    return f"{TOPIC}:{channel_id.hex}"


async def create_rule(tx: Tx, channel_id: UUID, given: SetRule) -> Rule:
    """Add a rule to a channel. Raises RuleInvalid."""
    checked, rule_id = check_rule(given), new_id()
    if await store.count_rules(tx, channel_id) >= MAX_RULES:
        raise RuleInvalid(
            f"A channel has at most {MAX_RULES} rules.", cure="Delete rules that have ended."
        )
    await store.insert_rule(tx, rule_id, channel_id, checked)
    return await _changed(tx, rule_id)


async def update_rule(tx: Tx, rule_id: UUID, given: SetRule, *, expected_version: int) -> Rule:
    """Replace a rule's settings. Raises RuleNotFound, RuleInvalid, RuleChangedMeanwhile."""
    if await store.update_rule(tx, rule_id, expected_version, check_rule(given)) is None:
        await store.rule(tx, rule_id)
        raise RuleChangedMeanwhile("The rule was changed meanwhile.")
    return await _changed(tx, rule_id)


async def delete_rule(tx: Tx, rule_id: UUID) -> Rule:
    """Delete a rule; return what it was. Raises RuleNotFound."""
    rule = await store.rule(tx, rule_id)
    await store.delete_rule(tx, rule_id)
    tx.notify(TOPIC, rule.channel_id.hex)
    return rule


async def _changed(tx: Tx, rule_id: UUID) -> Rule:
    rule = await store.rule(tx, rule_id)
    tx.notify(TOPIC, rule.channel_id.hex)
    return rule
