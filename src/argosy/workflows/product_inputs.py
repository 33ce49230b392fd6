"""What products ask of shoppers in product files: read with a page, written with a batch.

Records without `inputs` cost no statement. Amounts are in major units, as everywhere in files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UnsetType

from argosy.kernel.money import InexactAmount, Money, UnknownCurrency
from argosy.kernel.personal import Input, InputChoice, InputPrice
from argosy.modules import personalisation
from argosy.modules.catalog import Upserted
from argosy.modules.personalisation import PersonalisationInvalid
from argosy.runtime.db import Tx
from argosy.workflows.asking import set_inputs
from argosy.workflows.product_record import (
    InputChoiceRecord,
    InputPriceRecord,
    InputRecord,
    ProductRecord,
)


async def read_inputs(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The inputs of these products as records, of those that ask something. One statement."""
    found = await personalisation.inputs_of_products(tx, product_ids)
    return {
        product_id: [msgspec.to_builtins(record_of(each)) for each in one.inputs]
        for product_id, one in found.items()
        if one.inputs
    }


async def write_inputs(tx: Tx, written: Sequence[tuple[ProductRecord, Upserted]]) -> set[UUID]:
    """Write what records say of inputs; the products of which something changed.

    Absent is kept, null or empty asks nothing any more, others are taken as a whole (DOMAIN.md E3).
    Raises PersonalisationInvalid.
    """
    given = {
        outcome.product_id: tuple(input_of(one, n) for n, one in enumerate(record.inputs or ()))
        for record, outcome in written
        if not isinstance(record.inputs, UnsetType)
    }
    if not given:
        return set()
    stored = await personalisation.inputs_of_products(tx, sorted(given))
    changed = set()
    for product_id in sorted(given):
        before = stored.get(product_id)
        if given[product_id] != (() if before is None else before.inputs):
            await set_inputs(tx, product_id, given[product_id])
            changed.add(product_id)
    return changed


def record_of(one: Input) -> InputRecord:
    """An input as files have it."""
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    fields["choices"] = tuple(
        InputChoiceRecord(code=each.code, label=each.label, amount=_major(each.amount))
        for each in one.choices
    )
    if one.price is not None:
        price = one.price
        fields["price"] = InputPriceRecord(
            amount=_major(price.amount), per=price.per, free=price.free
        )
    return InputRecord(**fields)


def input_of(record: InputRecord, n: int) -> Input:
    """The n-th input of a record, as it is stored. Raises PersonalisationInvalid."""
    field = f"inputs[{n}]"
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    fields["choices"] = tuple(
        InputChoice(
            code=each.code,
            label=each.label,
            amount=_minor(each.amount, f"{field}.choices[{m}].amount"),
        )
        for m, each in enumerate(record.choices)
    )
    if record.price is not None:
        price = record.price
        fields["price"] = InputPrice(
            amount=_minor(price.amount, f"{field}.price.amount"), per=price.per, free=price.free
        )
    return Input(**fields)


def _major(amounts: Mapping[str, int]) -> dict[str, str]:
    return {
        currency: str(Money(minor, currency).to_decimal())
        for currency, minor in sorted(amounts.items())
    }


def _minor(amounts: Mapping[str, str], field: str) -> dict[str, int]:
    try:
        return {
            currency: Money.from_decimal(Decimal(text), currency).minor
            for currency, text in sorted(amounts.items())
        }
    except (InexactAmount, UnknownCurrency) as error:
        raise PersonalisationInvalid(f"{error}.", field=field) from error
