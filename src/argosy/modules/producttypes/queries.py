"""Read types, their versions and the scores of products."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.modules.producttypes import store
from argosy.modules.producttypes.errors import NothingToPublish, TypeNotFound
from argosy.modules.producttypes.types import ProductScore, ProductType, Schema, TypeVersion
from argosy.runtime.db import Tx

_NEWEST = 2**31 - 1


async def list_types(tx: Tx) -> list[ProductType]:
    """Every type, by code."""
    return await store.all_types(tx)


async def type_by_code(tx: Tx, code: str) -> ProductType:
    """One type. Raises TypeNotFound."""
    found = await store.type_of(tx, code)
    if found is None:
        raise TypeNotFound("There is no such product type.", field="code")
    return found


async def draft_of(tx: Tx, code: str) -> TypeVersion:
    """The draft of a type. Raises TypeNotFound, NothingToPublish."""
    draft = await store.draft_of(tx, code)
    if draft is None:
        await type_by_code(tx, code)
        raise NothingToPublish("The type has no draft.")
    return draft


async def version_of(tx: Tx, code: str, number: int) -> TypeVersion:
    """One version of a type. Raises TypeNotFound."""
    found = await store.version_of(tx, code, number)
    if found is None:
        raise TypeNotFound("There is no such version of the type.", field="number")
    return found


async def versions_of(
    tx: Tx, code: str, *, before: int | None = None, limit: int = 50
) -> list[TypeVersion]:
    """Versions of a type, the newest first, those with a number below `before`."""
    return await store.version_page(tx, code, _NEWEST if before is None else before, limit)


async def schemas_in_force(tx: Tx, codes: Collection[str]) -> dict[str, Schema | None]:
    """The schemas of these types, which stay in force until the transaction ends.

    None for a type that never had one published; a type that does not exist is left out.
    """
    return await store.share_types(tx, codes)


async def scores_of(tx: Tx, product_ids: Collection[UUID]) -> list[ProductScore]:
    """How complete these products are, by channel. One statement."""
    return await store.scores_of(tx, product_ids)
