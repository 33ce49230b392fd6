"""The SQL of the catalog: a typed function for each statement of store.sql; those of attributes are
in attributes.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from argosy.kernel.errors import ArgosyError
from argosy.modules.catalog.errors import (
    CatalogVersionConflict,
    CategoryPathTaken,
    CategoryTooDeep,
    ExternalIdTaken,
    MediaRepeated,
    ProductNotFound,
    SkuTaken,
    SlugTaken,
    VariantOptionsTaken,
)
from argosy.modules.catalog.types import (
    Category,
    ImportIssue,
    ImportRun,
    Media,
    Product,
    ProductRow,
    Publication,
    Variant,
)
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements("argosy.modules.catalog")
T = TypeVar("T")

_TAKEN: dict[str, tuple[type[ArgosyError], str, str]] = {
    "variant_sku_unique": (SkuTaken, "sku", "Another variant has this SKU."),
    "variant_options_unique": (
        VariantOptionsTaken,
        "options",
        "Another active variant of the product has these options.",
    ),
    "variant_external_id_unique": (ExternalIdTaken, "external_id", "Another variant has it."),
    "product_external_id_unique": (ExternalIdTaken, "external_id", "Another product has it."),
    "product_slug_unique": (SlugTaken, "slug", "Another product has this slug."),
    "category_path_unique": (CategoryPathTaken, "slug", "A category has this path."),
    "media_once_per_product": (MediaRepeated, "product_id", "The product shows this file already."),
    "media_product": (ProductNotFound, "product_id", "There is no such product."),
    "category_parent": (
        CatalogVersionConflict,
        "parent_id",
        "The tree was changed at the same time; read it again.",
    ),
    "category_depth": (CategoryTooDeep, "parent_id", "The tree may have twelve levels."),
}


@contextmanager
def _constraints() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        known = _TAKEN.get(constraint(error) or "")
        if known is None:
            raise
        kind, field, message = known
        raise kind(message, field=field) from error


def _as(kind: type[T], rows: Iterable[Record]) -> list[T]:
    return [msgspec.convert(dict(row), kind) for row in rows]


def _rows(items: Iterable[msgspec.Struct]) -> list[object]:
    return [msgspec.to_builtins(item) for item in items]


async def lock_products(
    tx: Tx,
    *,
    ids: Sequence[UUID],
    external_ids: Sequence[str] = (),
    slugs: Sequence[str] = (),
    skus: Sequence[str] = (),
    variant_external_ids: Sequence[str] = (),
    variant_ids: Sequence[UUID] = (),
) -> list[ProductRow]:
    """The products that any of these names, locked in the order of their ids."""
    rows = await tx.many(
        SQL.lock_products, ids, external_ids, slugs, skus, variant_external_ids, variant_ids
    )
    return _as(ProductRow, rows)


async def variants_named(
    tx: Tx, skus: Sequence[str], external_ids: Sequence[str], ids: Sequence[UUID]
) -> list[tuple[str | None, Variant]]:
    """The variants with these SKUs, external ids or ids, each with the SKU that it was asked by.

    PostgreSQL alone decides which SKUs are equal: its lower case is not quite Python's.
    """
    found = []
    for row in await tx.many(SQL.variants_named, skus, external_ids, ids):
        values = dict(row)
        found.append((values.pop("given"), msgspec.convert(values, Variant)))
    return found


async def variants_of_products(tx: Tx, product_ids: Sequence[UUID]) -> list[Variant]:
    """All variants of these products, in display order. For few products or few variants only."""
    return _as(Variant, await tx.many(SQL.variants_of_products, product_ids))


async def last_positions(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The highest variant position of each product that has variants."""
    rows = await tx.many(SQL.last_positions, product_ids)
    return {r["product_id"]: r["position"] for r in rows}


async def taken_slugs(tx: Tx, slugs: Sequence[str]) -> set[str]:
    """Which of these slugs products have."""
    return {r["slug"] for r in await tx.many(SQL.taken_slugs, slugs)}


async def write_products(tx: Tx, products: Sequence[ProductRow]) -> dict[UUID, int]:
    """Insert or update; the new version of each. Raises SlugTaken, ExternalIdTaken."""
    with _constraints():
        rows = await tx.many(SQL.write_products, _rows(products), tx.now)
    return {r["id"]: r["version"] for r in rows}


async def mark_imported(tx: Tx, products: Sequence[ProductRow]) -> None:
    """Remember the hash of the imported row, and change nothing else."""
    marks = [{"id": p.id, "import_hash": p.import_hash} for p in products]
    await tx.run(SQL.mark_imported, marks)


async def keep_redirects(
    tx: Tx, kind: str, paths: Sequence[str], target_ids: Sequence[UUID]
) -> None:
    """Former paths lead to their targets from now on."""
    await tx.run(SQL.keep_redirects, kind, paths, target_ids, tx.now)


async def drop_redirects(tx: Tx, kind: str, paths: Sequence[str]) -> None:
    """A path that is in use again leads to nobody else."""
    await tx.run(SQL.drop_redirects, kind, paths)


async def redirected(tx: Tx, kind: str, path: str) -> UUID | None:
    """Where a former path leads."""
    row = await tx.maybe(SQL.redirected, kind, path)
    return row["target_id"] if row else None


async def write_variants(tx: Tx, variants: Sequence[Variant]) -> dict[UUID, int]:
    """Insert or update; the new version of each.

    Raises SkuTaken, ExternalIdTaken, VariantOptionsTaken.
    """
    with _constraints():
        rows = await tx.many(SQL.write_variants, _rows(variants), tx.now)
    return {r["id"]: r["version"] for r in rows}


async def delete_variant(tx: Tx, variant_id: UUID) -> tuple[str, UUID] | None:
    """Remove a variant; its SKU and product, or None if there was none."""
    row = await tx.maybe(SQL.delete_variant, variant_id)
    return (row["sku"], row["product_id"]) if row else None


async def media_of_products(tx: Tx, product_ids: Sequence[UUID]) -> list[Media]:
    """Media by product, in display order."""
    return _as(Media, await tx.many(SQL.media_of_products, product_ids))


async def write_media(tx: Tx, media: Sequence[Media]) -> None:
    """Insert or update by id. Raises MediaRepeated, ProductNotFound."""
    with _constraints():
        await tx.run(SQL.write_media, _rows(media), tx.now)


async def clear_variant_media(tx: Tx, media_id: UUID) -> None:
    """No variant shows this photograph any longer."""
    await tx.run(SQL.clear_variant_media, media_id, tx.now)


async def delete_media(tx: Tx, media_ids: Sequence[UUID]) -> None:
    """Forget media; the stored files stay."""
    await tx.run(SQL.delete_media, media_ids)


async def media_by_ids(tx: Tx, media_ids: Sequence[UUID]) -> list[Media]:
    """Media in no particular order."""
    return _as(Media, await tx.many(SQL.media_by_ids, media_ids))


async def media_page(tx: Tx, before: UUID | None, limit: int) -> list[Media]:
    """Media, newest first."""
    return _as(Media, await tx.many(SQL.media_page, before, limit))


async def categories_at(tx: Tx, paths: Sequence[str]) -> list[Category]:
    """The categories with these paths."""
    return _as(Category, await tx.many(SQL.categories_at, paths))


async def all_categories(tx: Tx) -> list[Category]:
    """The whole tree, by path."""
    return _as(Category, await tx.many(SQL.all_categories))


async def category_by_id(tx: Tx, category_id: UUID) -> Category | None:
    """One category."""
    row = await tx.maybe(SQL.category_by_id, category_id)
    return msgspec.convert(dict(row), Category) if row else None


async def lock_category(tx: Tx, category_id: UUID) -> Category | None:
    """One category, locked."""
    row = await tx.maybe(SQL.lock_category, category_id)
    return msgspec.convert(dict(row), Category) if row else None


async def write_categories(
    tx: Tx, categories: Sequence[tuple[Category, str | None]]
) -> dict[UUID, int]:
    """Insert or update, each with its parent's path; all parents must be stored already.

    Raises CategoryPathTaken, CategoryTooDeep.
    """
    rows = [
        {**msgspec.to_builtins(category), "parent_path": parent_path}
        for category, parent_path in categories
    ]
    with _constraints():
        written = await tx.many(SQL.write_categories, rows, tx.now)
    return {r["id"]: r["version"] for r in written}


async def paths_below(tx: Tx, path: str) -> list[tuple[UUID, str]]:
    """The category at `path` and all below it."""
    pattern = path.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "/%"
    return [(r["id"], r["path"]) for r in await tx.many(SQL.paths_below, path, pattern)]


async def children_of_category(tx: Tx, category_id: UUID) -> list[UUID]:
    """The categories right below."""
    return [r["id"] for r in await tx.many(SQL.children_of_category, category_id)]


async def delete_category(tx: Tx, category_id: UUID) -> None:
    """Remove a category that has no children."""
    await tx.run(SQL.delete_category, category_id)


async def products_in_category(tx: Tx, category_id: UUID) -> list[UUID]:
    """The products that are linked to this very category."""
    return [r["product_id"] for r in await tx.many(SQL.products_in_category, category_id)]


async def category_links(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """By product: its categories as (id, path), the main one first."""
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for row in await tx.many(SQL.category_links, product_ids):
        found.setdefault(row["product_id"], []).append((row["category_id"], row["path"]))
    return found


async def write_category_links(tx: Tx, links: Sequence[tuple[UUID, UUID, int]]) -> None:
    """Put products into categories: (product, category, position)."""
    products, categories, positions = zip(*links, strict=True)
    await tx.run(SQL.write_category_links, products, categories, positions)


async def delete_category_links(tx: Tx, links: Sequence[tuple[UUID, UUID]]) -> None:
    """Take products out of categories: (product, category)."""
    products, categories = zip(*links, strict=True)
    await tx.run(SQL.delete_category_links, products, categories)


async def publications_of(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, list[Publication]]:
    """By product: where and when it is shown."""
    found: dict[UUID, list[Publication]] = {}
    for row in await tx.many(SQL.publications_of, product_ids):
        entry = Publication(
            channel_id=row["channel_id"],
            publish_from=row["publish_from"],
            publish_until=row["publish_until"],
        )
        found.setdefault(row["product_id"], []).append(entry)
    return found


async def write_publications(tx: Tx, entries: Sequence[tuple[UUID, Publication]]) -> None:
    """Show products in channels."""
    await tx.run(
        SQL.write_publications,
        [product_id for product_id, _ in entries],
        [p.channel_id for _, p in entries],
        [p.publish_from for _, p in entries],
        [p.publish_until for _, p in entries],
    )


async def delete_publications(tx: Tx, entries: Sequence[tuple[UUID, UUID]]) -> None:
    """Show products in channels no longer: (product, channel)."""
    products, channels = zip(*entries, strict=True)
    await tx.run(SQL.delete_publications, products, channels)


async def products_by_ids(tx: Tx, product_ids: Sequence[UUID]) -> list[tuple[ProductRow, int]]:
    """Products with their number of variants, by id."""
    return [counted(r) for r in await tx.many(SQL.products_by_ids, product_ids)]


async def whole_products(tx: Tx, rows: Sequence[tuple[ProductRow, int]]) -> list[Product]:
    """Products with their media, categories and publications; the order is kept."""
    ids = [row.id for row, _ in rows]
    if not ids:
        return []
    media: dict[UUID, list[Media]] = {}
    for item in await media_of_products(tx, ids):
        assert item.product_id is not None
        media.setdefault(item.product_id, []).append(item)
    links = await category_links(tx, ids)
    publications = await publications_of(tx, ids)
    return [
        Product(
            row=row,
            categories=tuple(path for _, path in links.get(row.id, [])),
            media=tuple(media.get(row.id, [])),
            publications=tuple(publications.get(row.id, [])),
            variant_count=count,
        )
        for row, count in rows
    ]


def counted(row: Record) -> tuple[ProductRow, int]:
    values = dict(row)
    count = values.pop("variant_count")
    return msgspec.convert(values, ProductRow), count


async def product_id_of_slug(tx: Tx, slug: str) -> UUID | None:
    """The product that has this slug now."""
    row = await tx.maybe(SQL.product_id_of_slug, slug)
    return row["id"] if row else None


async def product_ids_after(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """Ids of all products, in the order of their making."""
    return [r["id"] for r in await tx.many(SQL.product_ids_after, after, limit)]


async def count_products(tx: Tx) -> int:
    """How many products there are."""
    count: int = (await tx.one(SQL.count_products))["products"]
    return count


async def variant_page(
    tx: Tx, product_id: UUID, after: tuple[int, UUID], limit: int
) -> list[Variant]:
    """The variants of a product in display order, after (position, id)."""
    return _as(Variant, await tx.many(SQL.variant_page, product_id, *after, limit))


async def skus_page(tx: Tx, after: UUID | None, limit: int) -> list[tuple[UUID, str]]:
    """All variants as (id, SKU), by id."""
    return [(r["id"], r["sku"]) for r in await tx.many(SQL.skus_page, after, limit)]


async def delete_product(tx: Tx, product_id: UUID) -> str | None:
    """Remove a product with all that hangs on it; its slug, or None if there was none."""
    row = await tx.maybe(SQL.delete_product, product_id)
    return row["slug"] if row else None


async def touch_products(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Count up the versions of products whose surroundings changed."""
    rows = await tx.many(SQL.touch_products, product_ids, tx.now)
    return {r["id"]: r["version"] for r in rows}


async def insert_import_run(
    tx: Tx,
    run_id: UUID,
    *,
    format_name: str,
    file_name: str,
    storage_key: str | None,
    options: dict[str, object],
    actor: str,
) -> None:
    """Record an import that is to run."""
    await tx.run(
        SQL.insert_import_run, run_id, format_name, file_name, storage_key, options, actor, tx.now
    )


async def start_import_run(tx: Tx, run_id: UUID) -> bool:
    """Take a waiting or interrupted import; False if it has ended already."""
    return await tx.maybe(SQL.start_import_run, run_id, tx.now) is not None


async def clear_import_issues(tx: Tx, run_id: UUID) -> None:
    """Forget the report of an attempt that was interrupted."""
    await tx.run(SQL.clear_import_issues, run_id)


async def note_import_progress(tx: Tx, run_id: UUID, total: int | None, *counts: int) -> None:
    """Counts so far: done, created, updated, unchanged, failed, warnings."""
    await tx.run(SQL.note_import_progress, run_id, total, *counts)


async def add_import_issues(
    tx: Tx, run_id: UUID, first: int, issues: Sequence[ImportIssue]
) -> None:
    """Append to the report; `first` is the number of the first issue."""
    rows = [{**msgspec.to_builtins(issue), "seq": first + n} for n, issue in enumerate(issues)]
    await tx.run(SQL.add_import_issues, run_id, rows)


async def finish_import_run(tx: Tx, run_id: UUID, state: str, message: str) -> Record | None:
    """End a running import; its counts, or None if it was not running."""
    return await tx.maybe(SQL.finish_import_run, run_id, state, message, tx.now)


async def import_run_by_id(tx: Tx, run_id: UUID) -> ImportRun | None:
    """One import."""
    row = await tx.maybe(SQL.import_run_by_id, run_id)
    return msgspec.convert(dict(row), ImportRun) if row else None


async def import_run_page(
    tx: Tx, before: tuple[datetime, UUID] | None, limit: int
) -> list[ImportRun]:
    """Imports, newest first."""
    at, run_id = before or (None, None)
    return _as(ImportRun, await tx.many(SQL.import_run_page, at, run_id, limit))


async def import_issue_page(
    tx: Tx, run_id: UUID, after: int, limit: int
) -> list[tuple[int, ImportIssue]]:
    """The report of an import as (number, issue), in order."""
    rows = await tx.many(SQL.import_issue_page, run_id, after, limit)
    found = []
    for row in rows:
        values = dict(row)
        found.append((values.pop("seq"), msgspec.convert(values, ImportIssue)))
    return found
