"""What other options would make of the variants of a product, before they are saved."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from itertools import product as combined
from math import prod
from uuid import UUID

from argosy.modules.catalog import store
from argosy.modules.catalog.commands.products import raise_faults
from argosy.modules.catalog.errors import ProductNotFound
from argosy.modules.catalog.rules.fields import check_options
from argosy.modules.catalog.store import matrix
from argosy.modules.catalog.types import Option, OptionMatrix
from argosy.runtime.db import Tx

MAX_SHOWN = 200
"""Of each kind, at most this many are named."""
_LOOKED_AT_ONCE = 2_000
_MOST_LOOKED_AT = 20_000


async def option_matrix(
    tx: Tx, product_id: UUID, options: Sequence[Option], *, limit: int = 50
) -> OptionMatrix:
    """Hold the active variants of a product against options that it could have; writes nothing.

    Three statements, and one for each 2,000 combinations until `limit` (at most MAX_SHOWN) are
    found that no variant has; of a matrix of more than 20,000 combinations only the first are
    looked at for them. Raises ProductNotFound, CatalogInputInvalid.
    """
    faults = list(check_options(options))
    if faults:
        raise_faults(faults)
    if not await store.products_by_ids(tx, [product_id]):
        raise ProductNotFound("There is no such product.")
    limit = min(limit, MAX_SHOWN)
    values = {option.name: option.values for option in options}
    found = await matrix.classed(tx, product_id, values, limit)
    makes = prod(len(of) for of in values.values()) - found.keeps
    missing: list[dict[str, str]] = []
    combinations = islice(
        (dict(zip(values, one, strict=True)) for one in combined(*values.values())),
        _MOST_LOOKED_AT,
    )
    while len(missing) < min(makes, limit):
        part = list(islice(combinations, _LOOKED_AT_ONCE))
        if not part:
            break
        free = await matrix.free(tx, product_id, part, limit - len(missing))
        missing += [part[place] for place in free]
    return OptionMatrix(
        keeps=found.keeps,
        makes=makes,
        lacks=found.lacks,
        drops=found.drops,
        missing=tuple(missing),
        lacking=found.lacking,
        dropped=found.dropped,
    )
