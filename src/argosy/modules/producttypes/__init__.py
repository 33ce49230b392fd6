"""Product types: what a kind of product must say of itself, and how far each product does.

Owns schema `producttypes`: types, the versions of their schemas (a published one never changes)
and the scores of products by channel. Emits ProductTypePublished. Knows products, attributes and
channels by id or code only: what they hold is told to it.
"""

from argosy.modules.producttypes.commands import (
    lock_type,
    publish_draft,
    save_draft,
    save_scores,
    save_type,
)
from argosy.modules.producttypes.errors import (
    NothingToPublish,
    SchemaBreaksProducts,
    SchemaInvalid,
    TypeChanged,
    TypeNotFound,
)
from argosy.modules.producttypes.events import ProductTypePublished
from argosy.modules.producttypes.queries import (
    draft_of,
    list_types,
    schemas_in_force,
    scores_of,
    type_by_code,
    version_of,
    versions_of,
)
from argosy.modules.producttypes.rules import BUILT_IN, is_required, score
from argosy.modules.producttypes.types import (
    AttributeFacts,
    Group,
    Lack,
    Missing,
    ProductScore,
    ProductType,
    Schema,
    SchemaFault,
    Score,
    TypeAttribute,
    TypeVersion,
    Weights,
)

__all__ = [
    "BUILT_IN",
    "AttributeFacts",
    "Group",
    "Lack",
    "Missing",
    "NothingToPublish",
    "ProductScore",
    "ProductType",
    "ProductTypePublished",
    "Schema",
    "SchemaBreaksProducts",
    "SchemaFault",
    "SchemaInvalid",
    "Score",
    "TypeAttribute",
    "TypeChanged",
    "TypeNotFound",
    "TypeVersion",
    "Weights",
    "draft_of",
    "is_required",
    "list_types",
    "lock_type",
    "publish_draft",
    "save_draft",
    "save_scores",
    "save_type",
    "schemas_in_force",
    "score",
    "scores_of",
    "type_by_code",
    "version_of",
    "versions_of",
]
