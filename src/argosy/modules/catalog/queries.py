"""Read the catalog. Lists are paged by keyset (DOMAIN.md P1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from argosy.kernel.errors import Invalid
from argosy.kernel.paging import CursorInvalid, Page, decode_cursor, encode_cursor
from argosy.modules.catalog import store
from argosy.modules.catalog.errors import (
    CategoryNotFound,
    ImportNotFound,
    MediaNotFound,
    ProductNotFound,
    VariantNotFound,
)
from argosy.modules.catalog.rules import fields
from argosy.modules.catalog.store import attributes, listing, naming
from argosy.modules.catalog.types import (
    AttributeDefinition,
    Category,
    ImportIssue,
    ImportRun,
    LooseEntry,
    Media,
    Product,
    ProductStatus,
    Variant,
)
from argosy.runtime.db import Tx

_FIRST = (-1, UUID(int=0))
_READ_AT_ONCE = 5_000


async def product_by_id(tx: Tx, product_id: UUID) -> Product:
    """One product. Raises ProductNotFound."""
    found = await products_by_ids(tx, [product_id])
    if not found:
        raise ProductNotFound("There is no such product.")
    return found[0]


async def product_id_by_slug(tx: Tx, slug: str) -> UUID:
    """The product with this slug, now or formerly (E9). Raises ProductNotFound."""
    found = await store.product_id_of_slug(tx, slug)
    found = found or await store.redirected(tx, "product", slug)
    if found is None:
        raise ProductNotFound("There is no product with this slug.")
    return found


async def products_by_ids(tx: Tx, product_ids: Sequence[UUID]) -> list[Product]:
    """Those of the products that exist, by id. Four statements, whatever their number."""
    return await store.whole_products(tx, await store.products_by_ids(tx, product_ids))


async def list_products(
    tx: Tx,
    *,
    status: ProductStatus | None = None,
    search: str | None = None,
    category_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Product]:
    """Products, newest first. `search` is the beginning of a title or of a SKU, in any case.

    Where very many begin so, they are looked for among `LOOK` products at a time
    (kernel/paging.py).
    """
    filters = f"{status}|{search}|{category_id}"
    before = _instant_and_id(cursor, filters) if cursor else None
    like = None if not search else _like(search)
    width = 0 if like is None else await listing.search_width(tx, like)
    rows = await listing.product_page(
        tx,
        status=status,
        like=like,
        category_id=category_id,
        before=before,
        limit=limit + 1,
        width=width,
    )
    end = None
    if len(rows) > limit:
        end = rows[limit - 1][0].created_at, rows[limit - 1][0].id
    elif width >= listing.WIDE:
        end = await listing.product_look_end(tx, before)
    items = await store.whole_products(tx, rows[:limit])
    following = encode_cursor([end[0].isoformat(), str(end[1])], filters) if end else None
    return Page(items=items, next_cursor=following)


async def product_ids_after(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """Ids of all products in the order of their making: the spine of an export."""
    return await store.product_ids_after(tx, after, limit)


async def count_products(tx: Tx) -> int:
    """How many products there are."""
    return await store.count_products(tx)


async def variants_of(
    tx: Tx, product_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> Page[Variant]:
    """The variants of a product, in display order, page by page."""
    after = _FIRST
    if cursor:
        position, variant_id = decode_cursor(cursor, str(product_id), length=2)
        after = (_int(position), _uuid(variant_id))
    rows = await store.variant_page(tx, product_id, after, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = encode_cursor([last.position, str(last.id)], str(product_id)) if last else None
    return Page(items=rows[:limit], next_cursor=following)


async def variants_of_products(tx: Tx, product_ids: Sequence[UUID]) -> list[Variant]:
    """All variants of a few products, by product and in display order (for exports)."""
    return await store.variants_of_products(tx, product_ids)


async def variant_by_id(tx: Tx, variant_id: UUID) -> Variant:
    """One variant. Raises VariantNotFound."""
    found = await store.variants_named(tx, [], [], [variant_id])
    if not found:
        raise VariantNotFound("There is no such variant.")
    return found[0][1]


async def variants_by_ids(tx: Tx, variant_ids: Sequence[UUID]) -> list[Variant]:
    """Those of the variants that exist, in no particular order. One statement."""
    return [v for _, v in await store.variants_named(tx, [], [], list(variant_ids))]


async def find_variant_by_sku(tx: Tx, sku: str) -> Variant | None:
    """The variant with this SKU, without regard to case and edges (E2)."""
    found = await store.variants_named(tx, [sku.strip()], [], [])
    return found[0][1] if found else None


async def variants_beginning(tx: Tx, words: str, limit: int) -> list[tuple[Variant, str]]:
    """Variants whose SKUs begin so, in any case, with the titles of their products: of a catalogue
    of any size only those are read.
    """
    return await listing.variants_beginning(tx, _like(words), limit)


async def variant_ids_by_sku(tx: Tx, skus: Sequence[str]) -> dict[str, UUID]:
    """By SKU (trimmed, lower case): the variant, for those that exist. One statement."""
    found = await store.variants_named(tx, sorted({s.strip() for s in skus}), [], [])
    return {fields.sku_key(given): v.id for given, v in found if given is not None}


async def skus_page(tx: Tx, after: UUID | None, limit: int) -> list[tuple[UUID, str]]:
    """All variants as (id, SKU), by id, for exports of what hangs on them."""
    return await store.skus_page(tx, after, limit)


async def list_categories(tx: Tx) -> list[Category]:
    """The whole tree, ordered by path."""
    return await store.all_categories(tx)


async def categories_at(tx: Tx, paths: Collection[str]) -> list[Category]:
    """The categories at these paths as they are now, in no particular order."""
    return await store.categories_at(tx, sorted(paths)) if paths else []


async def category_by_id(tx: Tx, category_id: UUID) -> Category:
    """One category. Raises CategoryNotFound."""
    found = await store.category_by_id(tx, category_id)
    if found is None:
        raise CategoryNotFound("There is no such category.")
    return found


async def category_by_path(tx: Tx, path: str) -> Category:
    """The category at this path, now or formerly (E9). Raises CategoryNotFound."""
    found = await store.categories_at(tx, [path])
    if found:
        return found[0]
    target = await store.redirected(tx, "category", path)
    if target is None:
        raise CategoryNotFound("There is no category with this path.")
    return await category_by_id(tx, target)


async def list_attributes(tx: Tx) -> list[AttributeDefinition]:
    """Every attribute definition, in display order."""
    return await attributes.all_attributes(tx)


async def attribute_versions(tx: Tx, codes: Collection[str] | None = None) -> dict[str, int]:
    """The versions of these attributes, or of all, by code."""
    return await attributes.attribute_versions(tx, codes)


async def attributes_named(tx: Tx, codes: Collection[str]) -> list[AttributeDefinition]:
    """The attributes with these codes, in display order."""
    return await attributes.attributes_named(tx, codes)


async def media_by_id(tx: Tx, media_id: UUID) -> Media:
    """One photograph or file. Raises MediaNotFound."""
    found = await store.media_by_ids(tx, [media_id])
    if not found:
        raise MediaNotFound("There is no such media.")
    return found[0]


async def list_media(tx: Tx, *, cursor: str | None = None, limit: int = 50) -> Page[Media]:
    """Media, newest first."""
    before = _uuid(decode_cursor(cursor, "media", length=1)[0]) if cursor else None
    rows = await store.media_page(tx, before, limit + 1)
    following = encode_cursor([str(rows[limit - 1].id)], "media") if len(rows) > limit else None
    return Page(items=rows[:limit], next_cursor=following)


async def import_by_id(tx: Tx, run_id: UUID) -> ImportRun:
    """One import. Raises ImportNotFound."""
    found = await store.import_run_by_id(tx, run_id)
    if found is None:
        raise ImportNotFound("There is no such import.")
    return found


async def list_imports(tx: Tx, *, cursor: str | None = None, limit: int = 50) -> Page[ImportRun]:
    """Imports, newest first."""
    before = _instant_and_id(cursor, "imports") if cursor else None
    rows = await store.import_run_page(tx, before, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = (
        encode_cursor([last.created_at.isoformat(), str(last.id)], "imports") if last else None
    )
    return Page(items=rows[:limit], next_cursor=following)


async def issues_of_import(
    tx: Tx, run_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> Page[ImportIssue]:
    """The report of an import, in the order of the file."""
    after = _int(decode_cursor(cursor, str(run_id), length=1)[0]) if cursor else -1
    rows = await store.import_issue_page(tx, run_id, after, limit + 1)
    following = encode_cursor([rows[limit - 1][0]], str(run_id)) if len(rows) > limit else None
    return Page(items=[issue for _, issue in rows[:limit]], next_cursor=following)


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these does the catalogue name: ids of media entries as text, and storage keys.

    Entries, swatches, values of products and variants, and what texts of products and categories
    hold. Many short statements; texts and values are only read for what nothing else names.
    """
    found = await naming.named_media(tx, refs)
    keys = [ref for ref in refs if "." in ref]  # ids of entries have none
    for look in (naming.named_in_products, naming.named_in_variants):
        after: UUID | None = UUID(int=0)
        while after is not None and (rest := [r for r in keys if r not in found]):
            named, after = await look(tx, rest, after, _READ_AT_ONCE)
            found |= named
    return found


async def unshown_entries(
    tx: Tx, before: datetime, *, after: UUID = _FIRST[1], limit: int
) -> list[LooseEntry]:
    """Media entries without a product that were made before then, by id. Others may show them."""
    return await naming.entries_unshown(tx, before, after, limit)


def _like(search: str) -> str:
    escaped = search.strip().lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return escaped + "%"


def _instant_and_id(cursor: str, filters: str) -> tuple[datetime, UUID]:
    at, row_id = decode_cursor(cursor, filters, length=2)
    try:
        return datetime.fromisoformat(str(at)), _uuid(row_id)
    except ValueError as error:
        raise _bad_cursor() from error


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise _bad_cursor() from error


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise _bad_cursor()
    return value


def _bad_cursor() -> Invalid:
    return CursorInvalid("This cursor does not belong to this list.", field="cursor")
