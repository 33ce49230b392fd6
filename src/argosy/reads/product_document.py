"""What the shop window is made from: catalog, prices, stock and channels read together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "product_document.sql")


class CategoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A category with the number of products that the channel shows in it and below. `said`: what
    it is called in other languages, as (field, locale, text).
    """

    id: UUID
    parent_id: UUID | None
    slug: str
    name: str
    path: str
    description: str
    products: int
    said: list[tuple[str, str, str]] | None = None
    source_locale: str | None = None


async def product_sources(
    tx: Tx,
    product_ids: Sequence[UUID],
    *,
    price_list_ids: Iterable[UUID],
    location_ids: Iterable[UUID],
    variant_ids: Sequence[UUID] | None = None,
) -> dict[UUID, str]:
    """The JSON of each product that exists, with the prices of these lists and the stock there.

    One statement for any number of products. Only active variants, and of those only `variant_ids`
    where they are given; no prices that are over. Lists that belong to no channel (a customer's own
    prices) are never asked for (DOMAIN.md C10).
    """
    rows = await tx.many(
        SQL.product_sources,
        product_ids,
        list(price_list_ids),
        list(location_ids),
        tx.now,
        variant_ids,
    )
    return {row["id"]: row["source"] for row in rows}


class OfProduct(NamedTuple):
    """Some variants of a product. Large: it has very many."""

    product_id: UUID
    variant_ids: list[UUID]
    large: bool


async def products_of_variants(tx: Tx, variant_ids: Collection[UUID]) -> set[UUID]:
    """The products that these variants belong to."""
    rows = await tx.many(SQL.products_of_variants, list(variant_ids))
    return {row["product_id"] for row in rows}


async def variants_by_product(
    tx: Tx, variant_ids: Collection[UUID], *, large: int
) -> list[OfProduct]:
    """These variants by product; the products of more than `large` variants are large."""
    rows = await tx.many(SQL.variants_by_product, list(variant_ids), large)
    return [OfProduct(row["product_id"], row["variant_ids"], row["large"]) for row in rows]


async def large_products(tx: Tx, product_ids: Collection[UUID], large: int) -> set[UUID]:
    """Those of the products that have more than `large` variants."""
    rows = await tx.many(SQL.large_products, list(product_ids), large)
    return {row["id"] for row in rows}


async def active_variants(
    tx: Tx, product_id: UUID, after: tuple[int, UUID], limit: int
) -> list[tuple[int, UUID]]:
    """The next active variants of a product as (position, id), in display order."""
    rows = await tx.many(SQL.active_variants_after, product_id, *after, limit)
    return [(row["position"], row["id"]) for row in rows]


async def has_prices_ahead(tx: Tx, product_id: UUID, price_list_ids: Iterable[UUID]) -> bool:
    """Whether a price of the product in one of these lists begins or ends in the future."""
    row = await tx.one(SQL.has_prices_ahead, product_id, list(price_list_ids), tx.now)
    ahead: bool = row["ahead"]
    return ahead


async def products_priced_in(tx: Tx, list_id: UUID, after: UUID, limit: int) -> list[UUID]:
    """Products with a price in a list, in order of their ids, after `after`."""
    rows = await tx.many(SQL.products_priced_in, list_id, after, limit)
    return [row["product_id"] for row in rows]


async def products_of_categories(tx: Tx, category_ids: Collection[UUID]) -> set[UUID]:
    """The products in these categories and below, and those that are shown there still."""
    ids = list(category_ids)
    rows = await tx.many(SQL.products_of_categories, ids, [str(i) for i in ids])
    return {row["product_id"] for row in rows}


async def collected_after(tx: Tx, collection_id: UUID, after: UUID, limit: int) -> list[UUID]:
    """Products that are in a collection or shown there still, in order of their ids."""
    rows = await tx.many(SQL.collected_after, collection_id, after, limit)
    return [row["id"] for row in rows]


async def count_collected(tx: Tx, collection_id: UUID) -> int:
    """How many products `collected_after` goes through."""
    count: int = (await tx.one(SQL.count_collected, collection_id))["products"]
    return count


async def product_ids_after(tx: Tx, after: UUID, limit: int) -> list[UUID]:
    """Ids of all products in order, those after `after`."""
    return [row["id"] for row in await tx.many(SQL.product_ids_after, after, limit)]


async def which_exist(tx: Tx, product_ids: Collection[UUID]) -> set[UUID]:
    """Those of the products that there are."""
    return {row["id"] for row in await tx.many(SQL.which_exist, list(product_ids))}


async def products_having(tx: Tx, codes: Collection[str], after: UUID, limit: int) -> list[UUID]:
    """Products with a value of any of the attributes, in order of their ids, after `after`."""
    rows = await tx.many(SQL.products_having, list(codes), after, limit)
    return [row["id"] for row in rows]


async def orphans_after(tx: Tx, after: UUID, limit: int) -> list[UUID]:
    """Products that are shown somewhere and do not exist any more, those after `after`."""
    return [row["id"] for row in await tx.many(SQL.orphans_after, after, limit)]


async def count_products(tx: Tx) -> int:
    """How many products the catalogue has."""
    count: int = (await tx.one(SQL.count_products))["products"]
    return count


async def published_not_shown(tx: Tx, channel_id: UUID) -> int:
    """How many active products are published in the channel and not shown: mostly unpriced ones."""
    count: int = (await tx.one(SQL.published_without_price, channel_id, tx.now))["products"]
    return count


async def category_tree(tx: Tx, channel_id: UUID) -> list[CategoryRow]:
    """The categories in which the channel shows something, in display order."""
    rows = await tx.many(SQL.category_tree, channel_id)
    return [CategoryRow(**dict(row)) for row in rows]


async def listable(tx: Tx, channel_id: UUID, window_id: UUID | None = None) -> list[Record]:
    """Categories (term, category_id, path), facets (code, label) and collections (term, collection,
    sort) of the listings of a channel, or of one of its windows.
    """
    return await tx.many(SQL.listable, window_id or channel_id, channel_id, tx.now)


async def slug_now(tx: Tx, channel_id: UUID, former: str, at: datetime) -> str | None:
    """The slug of the product that had this one, if the channel shows it (DOMAIN.md E8)."""
    row = await tx.maybe(SQL.product_of_former_slug, channel_id, former, at)
    return None if row is None else row["slug"]


async def slugs_in(tx: Tx, product_id: UUID, window_ids: Collection[UUID]) -> dict[UUID, str]:
    """By window, the slug under which it shows the product now; one statement."""
    rows = await tx.many(SQL.slugs_in, product_id, list(window_ids), tx.now)
    return {row["channel_id"]: row["slug"] for row in rows}


async def category_now(tx: Tx, former_path: str) -> UUID | None:
    """The category that had this path (DOMAIN.md E9)."""
    row = await tx.maybe(SQL.category_of_former_path, former_path)
    return None if row is None else row["target_id"]
