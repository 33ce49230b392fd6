"""Kits: what a variant consists of that is sold as one and kept in stock as its parts.

Owns schema `kits`. Emits KitChanged. Knows variants by id only: that they exist, what they cost and
what of them is in stock is the business of workflows. No kit is in a kit.
"""

from argosy.modules.kits.commands import drop_kit, forget_kits, set_kit
from argosy.modules.kits.errors import (
    KitChangedMeanwhile,
    KitInvalid,
    KitNested,
    KitNotFound,
)
from argosy.modules.kits.events import KitChanged
from argosy.modules.kits.queries import kit_of, kits_after, kits_of, kits_with
from argosy.modules.kits.rules import available, check_bill, chosen, normal
from argosy.modules.kits.types import (
    MAX_GROUPS,
    MAX_ITEMS,
    MAX_OPTIONS,
    MAX_PARTS,
    Choice,
    ChoiceProblem,
    Kit,
    Part,
)

__all__ = [
    "MAX_GROUPS",
    "MAX_ITEMS",
    "MAX_OPTIONS",
    "MAX_PARTS",
    "Choice",
    "ChoiceProblem",
    "Kit",
    "KitChanged",
    "KitChangedMeanwhile",
    "KitInvalid",
    "KitNested",
    "KitNotFound",
    "Part",
    "available",
    "check_bill",
    "chosen",
    "drop_kit",
    "forget_kits",
    "kit_of",
    "kits_after",
    "kits_of",
    "kits_with",
    "normal",
    "set_kit",
]
