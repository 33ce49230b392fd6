"""Fields: what a shop wants to know of its things beyond what everybody's things have.

Owns schema `fields`: definitions, made at run time, and values of products, variants, customers,
carts and orders. Emits FieldDefined and ProductFieldsChanged. Knows the things by id only, and
never asks whether they are there. No purchase reads or writes it: orders get what their carts had
by an event. Notifies `rules` of what is defined: promotions may compare it.
"""

from argosy.modules.fields.commands import (
    DropField,
    change_field,
    copy_to_orders,
    define_field,
    delete_field,
    drop_values,
    forget_values,
    lock_values,
    set_values,
)
from argosy.modules.fields.errors import (
    FieldChanged,
    FieldCodeTaken,
    FieldInvalid,
    FieldNotFound,
    FieldsClosed,
    FilterInvalid,
    ValuesChanged,
    ValuesInvalid,
)
from argosy.modules.fields.events import FieldDefined, ProductFieldsChanged
from argosy.modules.fields.queries import (
    MAX_FILTERS,
    fields_look_end,
    filters_of,
    find_by_fields,
    list_fields,
    named_media,
    rarest_first,
    shown,
    values_of,
    values_of_each,
)
from argosy.modules.fields.rules import plain_number, values_version
from argosy.modules.fields.types import (
    MAX_DEFINITIONS,
    MAX_TEXT,
    DefineField,
    FieldDefinition,
    FieldFault,
    FieldFilter,
    FieldValue,
    Kind,
    Subject,
    Visible,
)

__all__ = [
    "MAX_DEFINITIONS",
    "MAX_FILTERS",
    "MAX_TEXT",
    "DefineField",
    "DropField",
    "FieldChanged",
    "FieldCodeTaken",
    "FieldDefined",
    "FieldDefinition",
    "FieldFault",
    "FieldFilter",
    "FieldInvalid",
    "FieldNotFound",
    "FieldValue",
    "FieldsClosed",
    "FilterInvalid",
    "Kind",
    "ProductFieldsChanged",
    "Subject",
    "ValuesChanged",
    "ValuesInvalid",
    "Visible",
    "change_field",
    "copy_to_orders",
    "define_field",
    "delete_field",
    "drop_values",
    "fields_look_end",
    "filters_of",
    "find_by_fields",
    "forget_values",
    "list_fields",
    "lock_values",
    "named_media",
    "plain_number",
    "rarest_first",
    "set_values",
    "shown",
    "values_of",
    "values_of_each",
    "values_version",
]
