"""Merchandising: which products a merchant puts first or last, where, and when.

Owns schema `merchandising` (rules that pin, boost and bury). Emits nothing. It orders what search
and listings found and never adds what cannot be bought; what a product is, it is told.
"""

from argosy.modules.merchandising.commands import (
    TOPIC,
    create_rule,
    delete_rule,
    topic_of,
    update_rule,
)
from argosy.modules.merchandising.errors import (
    RuleChangedMeanwhile,
    RuleInvalid,
    RuleNotFound,
)
from argosy.modules.merchandising.queries import list_rules, rule_by_id, rules_of
from argosy.modules.merchandising.rules import (
    bounded,
    due,
    next_change,
    normal_query,
    order_of_found,
    pinned,
    places_of_listed,
)
from argosy.modules.merchandising.types import (
    Act,
    Asked,
    Listed,
    Place,
    Rule,
    Scope,
    SetRule,
    Standing,
    Terms,
)

__all__ = [
    "TOPIC",
    "Act",
    "Asked",
    "Listed",
    "Place",
    "Rule",
    "RuleChangedMeanwhile",
    "RuleInvalid",
    "RuleNotFound",
    "Scope",
    "SetRule",
    "Standing",
    "Terms",
    "bounded",
    "create_rule",
    "delete_rule",
    "due",
    "list_rules",
    "next_change",
    "normal_query",
    "order_of_found",
    "pinned",
    "places_of_listed",
    "rule_by_id",
    "rules_of",
    "topic_of",
    "update_rule",
]
