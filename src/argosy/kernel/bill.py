"""A bill of materials: what a kit is made of, as it is stored and read. DOMAIN.md E11, F12.

Words only: who may write one is decided in `modules/kits`, what it costs in `workflows/kit_lines`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

KitPrice = Literal["own", "sum"]
"""`own`: the kit's own price of the price lists; `sum`: its components' prices, less something."""


class BillItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many units of a variant in every kit."""

    variant_id: UUID
    quantity: int = 1


class BillOption(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What can be chosen in a group, once or (where the group repeats) several times.

    `extra` is what a choice adds to the price of a kit, in minor units by currency, in the tax mode
    of the channel. An option with extras is not offered in a currency that has none.
    """

    code: str
    variant_id: UUID
    quantity: int = 1
    extra: dict[str, int] = {}


class BillGroup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From `least` to `most` of the options; `defaults` are taken where nothing is said.

    `repeats`: the same option may be taken more than once.
    """

    code: str
    name: str
    options: tuple[BillOption, ...]
    least: int = 1
    most: int = 1
    repeats: bool = False
    defaults: tuple[str, ...] = ()


class Bill(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one unit of a kit consists of.

    `percent_off` (a percentage, "10" is a tenth) and `amount_off` (minor units by currency) are
    what a kit that costs the `sum` of its components is cheaper.
    """

    items: tuple[BillItem, ...] = ()
    groups: tuple[BillGroup, ...] = ()
    price: KitPrice = "own"
    percent_off: Decimal | None = None
    amount_off: dict[str, int] = {}

    def variants(self) -> frozenset[UUID]:
        """All variants that may be in the kit."""
        options = (one.variant_id for group in self.groups for one in group.options)
        return frozenset([*(item.variant_id for item in self.items), *options])
