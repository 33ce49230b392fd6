"""A kit on its page: what is in it, and what of it a shopper chooses."""

from __future__ import annotations

from typing import Literal

import msgspec

from argosy.kernel.money import Money


class KitItemDocument(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of a variant in each kit. `slug` is null if the channel does not show it."""

    variant_id: str
    sku: str
    title: str
    variant_title: str
    slug: str | None
    quantity: int


class KitOptionDocument(KitItemDocument, frozen=True, kw_only=True):
    """What can be chosen by its `code`. `extra` is what it adds to the price of a kit."""

    code: str
    extra: Money | None
    availability: Literal["in_stock", "out_of_stock"]


class KitGroupDocument(msgspec.Struct, frozen=True, kw_only=True):
    """From `least` to `most` of the options; `defaults` if nothing is said. Where it `repeats`, an
    option may be taken more than once. Send the codes under `code` in a line's configuration.
    """

    code: str
    name: str
    least: int
    most: int
    repeats: bool
    defaults: list[str]
    options: list[KitOptionDocument]


class KitDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant consists of that is sold as one."""

    items: list[KitItemDocument]
    groups: list[KitGroupDocument]
