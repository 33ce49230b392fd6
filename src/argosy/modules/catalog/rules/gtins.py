"""One GTIN is one item: which variants would share one (DOMAIN.md E2). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from argosy.modules.catalog.types import Fault, Variant

Holders = dict[str, dict[UUID, str]]
"""By GTIN of 14 digits: the active variants that have it, with their SKUs."""

_LENGTHS = (8, 12, 13, 14)


def of_14_digits(gtin: str) -> str:
    """The form in which GTINs are compared: 4006381333931 and 04006381333931 are one item."""
    return gtin.zfill(14)


def written_forms(gtin: str) -> list[str]:
    """All ways in which the same GTIN can be written."""
    full = of_14_digits(gtin)
    return [full[14 - n :] for n in _LENGTHS if not full[: 14 - n].strip("0")]


def shared(
    written: Sequence[Variant],
    stored: Mapping[UUID, Variant],
    order: Mapping[str, UUID],
    holders: Holders,
) -> Iterator[Fault]:
    """The variants to be written whose GTIN is another's, where that is new; `holders` learns of
    those that have theirs alone. `order` are all variants of the input, by SKU.
    """
    for variant in written:
        before = stored.get(variant.id)
        for gtin in {variant.gtin, before.gtin if before else None} - {None}:
            holders.get(of_14_digits(str(gtin)), {}).pop(variant.id, None)
    places = {variant_id: n for n, variant_id in enumerate(order.values())}
    for variant in written:
        if not variant.gtin or variant.status != "active":
            continue
        others = holders.setdefault(of_14_digits(variant.gtin), {})
        before = stored.get(variant.id)
        is_new = before is None or (before.gtin, before.status) != (variant.gtin, "active")
        if others and is_new:
            yield Fault(
                column=f"variants[{places.get(variant.id, 0)}].gtin",
                code="gtin_taken",
                message=f"The variant {next(iter(others.values()))!r} has the GTIN {variant.gtin}.",
            )
        others[variant.id] = variant.sku
