"""A kit as it is stored, and what a shopper's choice makes of it."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.bill import Bill

MAX_ITEMS: Final = 20
MAX_GROUPS: Final = 5
MAX_OPTIONS: Final = 30
"""Options of one group."""
MAX_PARTS: Final = 30
"""Fixed items and the most choices of all groups together."""
MAX_UNITS: Final = 1000
"""Of one component in one kit."""

ChoiceProblem = Literal["choice_missing", "choice_invalid"]
"""`choice_missing`: too few were chosen; `choice_invalid`: too many, twice, or not offered."""


class Kit(msgspec.Struct, frozen=True, kw_only=True):
    """The bill of a variant. `version` grows with every change."""

    variant_id: UUID
    bill: Bill
    version: int


class Part(NamedTuple):
    """So many units of a variant in one kit, as chosen. `group` and `option` are empty for what is
    in every kit; `extra_minor` is what the choice adds to the price of one kit.
    """

    variant_id: UUID
    quantity: int
    extra_minor: int = 0
    group: str = ""
    option: str = ""


Choice = tuple[Part, ...]
