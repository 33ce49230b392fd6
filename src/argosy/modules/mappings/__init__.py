"""Mappings: how files of any shape are read as products, saved as data under a code.

Owns schema `mappings`: mappings with all their versions. Emits nothing. Never reads a file: the
readers of tables do what a mapping says.
"""

from argosy.modules.mappings.commands import create_mapping, delete_mapping, replace_mapping
from argosy.modules.mappings.errors import (
    MappingExists,
    MappingInvalid,
    MappingNotFound,
    MappingVersionConflict,
)
from argosy.modules.mappings.queries import list_mappings, mapping_by_code, versions_of
from argosy.modules.mappings.rules import (
    FIELDS,
    Field,
    check,
    columns_of,
    field_of,
    filled,
    folded,
    is_filling,
    suggest,
)
from argosy.modules.mappings.types import (
    CategoryPath,
    Constant,
    DateFormat,
    DecimalSeparator,
    Default,
    InUnit,
    Join,
    Lookup,
    Mapping,
    Number,
    Rule,
    SavedMapping,
    Split,
    Suggestion,
    Template,
    Transform,
    Trim,
    Truth,
)

__all__ = [
    "FIELDS",
    "CategoryPath",
    "Constant",
    "DateFormat",
    "DecimalSeparator",
    "Default",
    "Field",
    "InUnit",
    "Join",
    "Lookup",
    "Mapping",
    "MappingExists",
    "MappingInvalid",
    "MappingNotFound",
    "MappingVersionConflict",
    "Number",
    "Rule",
    "SavedMapping",
    "Split",
    "Suggestion",
    "Template",
    "Transform",
    "Trim",
    "Truth",
    "check",
    "columns_of",
    "create_mapping",
    "delete_mapping",
    "field_of",
    "filled",
    "folded",
    "is_filling",
    "list_mappings",
    "mapping_by_code",
    "replace_mapping",
    "suggest",
    "versions_of",
]
