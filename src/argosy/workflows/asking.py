"""What products ask of shoppers: how it is said, and how shop windows show it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from argosy.kernel.money import Money
from argosy.kernel.personal import Input
from argosy.modules import catalog, personalisation
from argosy.modules.personalisation import Personalisation, PersonalisationInvalid
from argosy.modules.projections import InputChoiceDocument, InputDocument, SourceProduct
from argosy.reads.kit_facts import group_codes_of
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered


async def set_inputs(
    tx: Tx, product_id: UUID, inputs: Sequence[Input], *, expected: int | None = None
) -> Personalisation:
    """Have the product ask exactly this. `expected`: the version that was read (0: none).

    Raises ProductNotFound, PersonalisationInvalid, PersonalisationChangedMeanwhile.
    """
    if not await catalog.products_by_ids(tx, [product_id]):
        raise catalog.ProductNotFound("There is no such product.", field="product_id")
    personalisation.check_inputs(inputs)
    await _check_apart(tx, product_id, inputs)
    return await personalisation.set_inputs(tx, product_id, inputs, expected=expected)


async def _check_apart(tx: Tx, product_id: UUID, inputs: Sequence[Input]) -> None:
    """Answers and the choices of kits stand side by side in a line's configuration."""
    taken = await group_codes_of(tx, product_id) if inputs else set()
    for n, one in enumerate(inputs):
        if one.code in taken:
            raise PersonalisationInvalid(
                "A kit of this product chooses by this code.", field=f"inputs[{n}].code"
            )


async def forget_inputs(tx: Tx, events: Sequence[Delivered]) -> None:
    """Products that are gone ask nothing."""
    if events:
        await personalisation.forget_inputs(tx, {UUID(e.data["product_id"]) for e in events})


def with_inputs(source: SourceProduct, currency: str) -> SourceProduct:
    """The product with what it asks of shoppers who pay in that currency."""
    asked = source.asked
    assert asked is not None
    shown = tuple(_shown(one, currency) for one in personalisation.offered_in(asked, currency))
    return msgspec.structs.replace(source, inputs=shown)


def _shown(one: Input, currency: str) -> InputDocument:
    def money(minor: int | None) -> Money | None:
        return Money(minor, currency) if minor else None

    price = one.price
    return InputDocument(
        code=one.code,
        label=one.label,
        kind=one.kind,
        required=one.required,
        longest=one.longest,
        characters=one.characters,
        choices=[
            InputChoiceDocument(
                code=each.code, label=each.label, price=money(each.amount.get(currency))
            )
            for each in one.choices
        ],
        least=one.least,
        most=one.most,
        decimals=one.decimals,
        price=None if price is None else money(price.amount.get(currency)),
        per="unit" if price is None else price.per,
        free=0 if price is None else price.free,
        accepts=list(one.accepts or personalisation.FORMATS) if one.kind == "file" else [],
        most_bytes=one.most_bytes,
    )
