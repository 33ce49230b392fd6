"""Change the category tree. A cycle cannot be stored (migration 0030); here it gets its name."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from argosy.kernel.ids import new_id
from argosy.modules.catalog import store
from argosy.modules.catalog.commands.products import touch_products
from argosy.modules.catalog.errors import (
    CatalogInputInvalid,
    CatalogVersionConflict,
    CategoryCycle,
    CategoryNotEmpty,
    CategoryNotFound,
)
from argosy.modules.catalog.events import CategoryChanged, CategoryDeleted
from argosy.modules.catalog.rules import fields
from argosy.modules.catalog.types import Category, CategoryInput, Fault
from argosy.runtime.db import Tx


async def upsert_categories(
    tx: Tx, inputs: Sequence[CategoryInput]
) -> tuple[int, list[tuple[CategoryInput, Fault]]]:
    """Create or change categories by path, parents first: how many changed, and which were refused.

    A new category without a name is called by its slug. Repeating the call changes nothing.
    """
    parents = {c.path.rpartition("/")[0] for c in inputs} - {""}
    paths = sorted({c.path for c in inputs} | parents)
    known = {c.path: c for c in await store.categories_at(tx, paths)}
    changed, refused = 0, []
    for level in fields.by_depth(inputs):
        writes: list[tuple[Category, str | None]] = []
        for given in level:
            parent_path = given.path.rpartition("/")[0] or None
            if parent_path and parent_path not in known:
                message = f"There is no category {parent_path!r} to put it under."
                refused.append(
                    (given, Fault(column="path", code="category_unknown", message=message))
                )
                continue
            if given.path not in known and (fault := _fault_of(given.path)):
                refused.append((given, fault))
                continue
            merged = _merged(
                given, known.get(given.path), known[parent_path].id if parent_path else None
            )
            if merged != known.get(given.path):
                known[given.path] = merged
                writes.append((merged, parent_path))
        if writes:
            await store.write_categories(tx, writes)
            await store.drop_redirects(tx, "category", [c.path for c, _ in writes])
        changed += len(writes)
        for category, _ in writes:
            tx.emit(CategoryChanged(category_id=category.id, path=category.path))
    return changed, refused


def _fault_of(path: str) -> Fault | None:
    found = next(fields.check_slug(path.rpartition("/")[2]), None)
    return found and msgspec.structs.replace(found, column="path")


def _check_slug(slug: str) -> None:
    faults = [msgspec.to_builtins(one) for one in fields.check_slug(slug)]
    if faults:
        raise CatalogInputInvalid(faults[0]["message"], field="slug", faults=faults)


def _merged(given: CategoryInput, stored: Category | None, parent_id: UUID | None) -> Category:
    slug = given.path.rpartition("/")[2]
    base = stored or Category(
        id=new_id(), parent_id=parent_id, slug=slug, path=given.path, version=0,
        name=slug.replace("-", " ").capitalize(), description="", position=0,
    )  # fmt: skip
    new: dict[str, object] = {}
    if given.name is not UNSET:
        new["name"] = given.name
    if not isinstance(given.description, UnsetType):
        new["description"] = fields.sanitised(given.description or "")
    if given.position is not UNSET:
        new["position"] = given.position
    return msgspec.structs.replace(base, **new)


async def create_category(
    tx: Tx,
    *,
    parent_id: UUID | None,
    name: str,
    slug: str | None = None,
    description: str = "",
    position: int = 0,
) -> Category:
    """A new category; without a slug, one is made from the name.

    Raises CategoryNotFound for the parent, CategoryPathTaken, CategoryTooDeep, and
    CatalogInputInvalid for a slug that no address can hold.
    """
    _check_slug(slug or "")
    parent = await _existing(tx, parent_id) if parent_id else None
    slug = slug or fields.slugify(name) or "category"
    path = f"{parent.path}/{slug}" if parent else slug
    category = Category(
        id=new_id(), parent_id=parent_id, slug=slug, path=path, name=name,
        description=fields.sanitised(description), position=position, version=1,
    )  # fmt: skip
    await store.write_categories(tx, [(category, parent.path if parent else None)])
    await store.drop_redirects(tx, "category", [path])
    tx.emit(CategoryChanged(category_id=category.id, path=path))
    return category


async def update_category(
    tx: Tx,
    category_id: UUID,
    *,
    parent_id: UUID | UnsetType | None = UNSET,
    name: str | UnsetType = UNSET,
    slug: str | UnsetType = UNSET,
    description: str | UnsetType | None = UNSET,
    position: int | UnsetType = UNSET,
    expected_version: int | None = None,
) -> Category:
    """Rename, move (`parent_id`, None is the root) or reorder; its whole subtree moves with it, and
    the former paths lead to the new ones (E9).

    Raises CategoryNotFound, CatalogVersionConflict, CategoryCycle, CategoryPathTaken,
    CategoryTooDeep, and CatalogInputInvalid for a new slug that no address can hold.
    """
    current = await _existing(tx, category_id, lock=True)
    _check_version(current, expected_version)
    if not isinstance(slug, UnsetType) and slug != current.slug:
        _check_slug(slug)
    new: dict[str, object] = {
        key: value
        for key, value in {"name": name, "slug": slug, "position": position}.items()
        if value is not UNSET
    }
    if not isinstance(description, UnsetType):
        new["description"] = fields.sanitised(description or "")
    parent_path = current.path.rpartition("/")[0] or None
    if not isinstance(parent_id, UnsetType):
        parent_path = await _new_parent_path(tx, current, parent_id)
        new["parent_id"] = parent_id
    changed = msgspec.structs.replace(current, **new)
    changed = msgspec.structs.replace(
        changed, path=f"{parent_path}/{changed.slug}" if parent_path else changed.slug
    )
    if changed == current:
        return current
    below = await store.paths_below(tx, current.path) if changed.path != current.path else []
    versions = await store.write_categories(tx, [(changed, parent_path)])
    if below:
        await store.keep_redirects(tx, "category", [p for _, p in below], [i for i, _ in below])
        fresh = [changed.path + p[len(current.path) :] for _, p in below]
        await store.drop_redirects(tx, "category", fresh)
    previous = current.path if below else None
    tx.emit(CategoryChanged(category_id=category_id, path=changed.path, previous_path=previous))
    return msgspec.structs.replace(changed, version=versions[category_id])


async def delete_category(
    tx: Tx, category_id: UUID, *, expected_version: int | None = None
) -> None:
    """Remove a category without children; its products stay in their others.

    Raises CategoryNotFound, CatalogVersionConflict, CategoryNotEmpty.
    """
    current = await _existing(tx, category_id, lock=True)
    _check_version(current, expected_version)
    if await store.children_of_category(tx, category_id):
        raise CategoryNotEmpty("The category has sub-categories.")
    products = await store.products_in_category(tx, category_id)
    await store.delete_category(tx, category_id)
    await store.keep_redirects(tx, "category", [current.path], [category_id])
    tx.emit(CategoryDeleted(category_id=category_id, path=current.path))
    await touch_products(tx, products)


async def _new_parent_path(tx: Tx, moved: Category, parent_id: UUID | None) -> str | None:
    if parent_id is None:
        return None
    parent = await _existing(tx, parent_id, lock=True)
    if parent.id == moved.id or parent.path.startswith(moved.path + "/"):
        raise CategoryCycle(
            "A category cannot be moved below itself.",
            field="parent_id",
            cure="Choose a parent outside its subtree.",
        )
    return parent.path


async def _existing(tx: Tx, category_id: UUID, *, lock: bool = False) -> Category:
    read = store.lock_category if lock else store.category_by_id
    found = await read(tx, category_id)
    if found is None:
        raise CategoryNotFound("There is no such category.")
    return found


def _check_version(current: Category, expected: int | None) -> None:
    if expected is not None and expected != current.version:
        raise CatalogVersionConflict(
            "It was changed since you read it.", current_version=current.version
        )
