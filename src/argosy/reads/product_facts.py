"""What promotions select goods by that a cart's own reading does not bring."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from argosy.kernel.ids import encode
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "product_facts.sql")


class ProductFacts(NamedTuple):
    """Words for selectors: categories by id and by path, with all above; collections by id and by
    slug; attributes by code. `product_type` is the code of its type.
    """

    slug: str
    brand: str
    categories: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]]
    collections: tuple[str, ...] = ()
    product_type: str = ""


async def product_facts(
    tx: Tx, product_ids: Collection[UUID], channel_id: UUID | None = None
) -> dict[UUID, ProductFacts]:
    """The facts of the products that exist, in one statement, with the collections of a channel;
    without one, those that people put them into.
    """
    rows = await tx.many(SQL.product_facts, list(product_ids), channel_id)
    return {
        row["id"]: ProductFacts(
            slug=row["slug"],
            brand=row["brand"],
            categories=tuple(
                word
                for category_id, path in row["categories"]
                for word in (encode("category", UUID(category_id)), path)
            ),
            attributes={
                code: words for code, value in row["attributes"].items() if (words := _words(value))
            },
            collections=tuple(
                word
                for collection_id, slug in row["collections"]
                for word in (encode("collection", UUID(collection_id)), slug)
            ),
            product_type=row["type_code"] or "",
        )
        for row in rows
    }


def _words(value: Any) -> tuple[str, ...]:
    match value:
        case bool():
            return ("true" if value else "false",)
        case str():
            return (value,)
        case {"number": number}:
            return (str(number),)
        case list():
            return tuple(str(one) for one in value)
    return ()
