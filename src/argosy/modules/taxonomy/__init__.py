"""Taxonomy: what products and categories are in the product categories of Google and Shopify.

Owns schema `taxonomy`. Emits MappingChanged. Knows products and categories by id only; that a
product is what its category is, unless it says otherwise, is decided where both are known.
"""

from argosy.modules.taxonomy.commands import (
    BATCH,
    clear_mapping,
    drop_unlisted,
    forget_things,
    load_nodes,
    map_thing,
)
from argosy.modules.taxonomy.errors import NodeInUse, NodeUnknown
from argosy.modules.taxonomy.events import MappingChanged
from argosy.modules.taxonomy.queries import count_nodes, find_nodes, mappings_of, node_by_code
from argosy.modules.taxonomy.types import SYSTEMS, Mapping, Node, System

__all__ = [
    "BATCH",
    "SYSTEMS",
    "Mapping",
    "MappingChanged",
    "Node",
    "NodeInUse",
    "NodeUnknown",
    "System",
    "clear_mapping",
    "count_nodes",
    "drop_unlisted",
    "find_nodes",
    "forget_things",
    "load_nodes",
    "map_thing",
    "mappings_of",
    "node_by_code",
]
