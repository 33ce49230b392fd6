"""From what the stored variants say to what there is to choose. Pure."""

from __future__ import annotations

import msgspec

from argosy.kernel.money import Money
from argosy.modules.projections.rules.variants import BEST_FIRST
from argosy.modules.projections.types import VariantDocument
from argosy.modules.projections.types.picking import (
    Lead,
    OptionRow,
    PickableOption,
    PickableValue,
    Picker,
    PickRow,
    Seen,
    ValueRow,
)

_decode = msgspec.json.Decoder(VariantDocument).decode


def picker_of(found: PickRow, currency: str) -> Picker:
    """The answer of the picker; prices in the channel's currency."""
    return Picker(
        options=[
            PickableOption(
                code=option.code,
                name=option.name,
                chosen=chosen,
                values=[
                    _value(text, found.values.get((place, text)), currency)
                    for text in option.values
                ],
            )
            for place, (option, chosen) in enumerate(_options(found), start=1)
        ],
        variants=found.variants,
        buyable=found.buyable,
        variant=None if found.body is None else _decode(found.body),
    )


def _options(found: PickRow) -> list[tuple[OptionRow, str | None]]:
    wanted = [*found.wanted, *[None] * len(found.options)]
    return list(zip(found.options, wanted, strict=False))


def _value(text: str, row: ValueRow | None, currency: str) -> PickableValue:
    state = row.state if row else None
    return PickableValue(
        value=text,
        variants=row.variants if row else 0,
        buyable=row.buyable if row else 0,
        availability=None if state is None else BEST_FIRST[state],
        price_min=None if not row or row.lowest is None else Money(row.lowest, currency),
        price_max=None if not row or row.highest is None else Money(row.highest, currency),
    )


def seen_of(found: PickRow) -> Seen:
    """Where every value leads from the variant that the page shows."""
    assert found.body is not None, "a product without variants is not shown"
    return Seen(
        variant=_decode(found.body),
        leads=tuple(
            tuple(_lead(text, found.values.get((place, text))) for text in option.values)
            for place, option in enumerate(found.options, start=1)
        ),
    )


def _lead(text: str, row: ValueRow | None) -> Lead:
    if row is None:
        return Lead(value=text, sku=None, state="absent")
    if row.is_sold_out:
        return Lead(value=text, sku=row.sku, state="sold_out")
    return Lead(value=text, sku=row.sku, state="elsewhere" if row.others else "available")
