"""Relations: what is shown beside a product: cross-sells, up-sells, accessories, replacements.

Owns schema `relations`. Emits RelationsChanged. Knows products by id only; whether a related one is
shown is the shop window's business.
"""

from argosy.modules.relations.commands import forget_products, set_relations
from argosy.modules.relations.errors import RelationsInvalid
from argosy.modules.relations.events import RelationsChanged
from argosy.modules.relations.queries import all_after, relations_of
from argosy.modules.relations.types import KINDS, MAX_RELATED, Relation, RelationKind

__all__ = [
    "KINDS",
    "MAX_RELATED",
    "Relation",
    "RelationKind",
    "RelationsChanged",
    "RelationsInvalid",
    "all_after",
    "forget_products",
    "relations_of",
    "set_relations",
]
