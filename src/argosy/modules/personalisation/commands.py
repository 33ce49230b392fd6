"""Say what products ask."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from argosy.kernel.personal import Input
from argosy.modules.personalisation import rules, store
from argosy.modules.personalisation.errors import PersonalisationChangedMeanwhile
from argosy.modules.personalisation.events import PersonalisationChanged
from argosy.modules.personalisation.types import Personalisation
from argosy.runtime.db import Tx


async def set_inputs(
    tx: Tx, product_id: UUID, inputs: Sequence[Input], *, expected: int | None = None
) -> Personalisation:
    """Have a product ask exactly this; without inputs, nothing. The same again changes nothing.

    The product exists: the caller sees to it. Codes that were asked by stay known, so that answers
    to them in carts are told. `expected`: the version that was read. Raises PersonalisationInvalid,
    PersonalisationChangedMeanwhile.
    """
    rules.check_inputs(inputs)
    found = await store.personalisations_of(tx, [product_id])
    before = found[0] if found else Personalisation(product_id=product_id)
    if expected in (None, before.version) and before.inputs == tuple(inputs):
        return before
    asked = rules.asked_next(before.asked, inputs)
    base = before.version if expected is None else expected
    saved = await store.save_personalisation(tx, product_id, asked, base)
    if saved is None:
        raise PersonalisationChangedMeanwhile(
            "The inputs were changed meanwhile.", version=before.version
        )
    tx.emit(PersonalisationChanged(product_id=product_id, version=saved))
    return Personalisation(product_id=product_id, asked=asked, version=saved)


async def forget_inputs(tx: Tx, product_ids: Collection[UUID]) -> None:
    """Forget what products asked that are gone. A repeat does nothing."""
    await store.drop_personalisations(tx, product_ids)
