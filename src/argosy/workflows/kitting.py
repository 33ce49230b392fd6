"""Saying what kits consist of: components exist, and are goods that a kit may hold (E11)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.kernel.bill import Bill
from argosy.kernel.ids import encode
from argosy.modules import catalog, kits
from argosy.modules.kits import Kit, KitInvalid
from argosy.reads.kit_facts import orphan_kits, tax_classes_of
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered

NEVER_INSIDE = frozenset({"gift_card"})
"""Tax classes of what is no goods: a voucher is taxed when it is redeemed, not with a kit (B13)."""


async def set_kit(tx: Tx, variant_id: UUID, bill: Bill, *, expected: int | None = None) -> Kit:
    """Have the variant consist of exactly this. `expected`: the version that was read (0: none).

    Raises VariantNotFound, KitInvalid, KitNested, KitChangedMeanwhile.
    """
    kits.check_bill(variant_id, bill)
    classes = await tax_classes_of(tx, {variant_id, *bill.variants()})
    if variant_id not in classes:
        raise catalog.VariantNotFound("There is no such variant.", field="variant_id")
    for field, inside in _named(bill):
        if inside not in classes:
            raise catalog.VariantNotFound(
                f"There is no variant {encode('variant', inside)}.", field=field
            )
        if classes[inside] in NEVER_INSIDE:
            raise KitInvalid("A gift card cannot be in a kit.", field=field)
    if classes[variant_id] in NEVER_INSIDE:
        raise KitInvalid("A gift card is no kit.", field="variant_id")
    return await kits.set_kit(tx, variant_id, bill, expected=expected)


def _named(bill: Bill) -> list[tuple[str, UUID]]:
    """Each component with the field that names it."""
    named = [(f"items[{n}].variant_id", one.variant_id) for n, one in enumerate(bill.items)]
    return named + [
        (f"groups[{n}].options[{m}].variant_id", option.variant_id)
        for n, group in enumerate(bill.groups)
        for m, option in enumerate(group.options)
    ]


async def forget_kits(tx: Tx, events: Sequence[Delivered]) -> None:
    """Variants that are gone consist of nothing. Kits that they were in cannot be bought, and say
    so; who owns the catalogue decides what takes their place.
    """
    if events:
        await kits.forget_kits(tx, await orphan_kits(tx))
