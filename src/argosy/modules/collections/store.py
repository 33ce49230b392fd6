"""The only file of collections that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from argosy.modules.collections.errors import CollectionSlugTaken
from argosy.modules.collections.types import Collection, Live, Pass, Rules, Window
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def insert_collection(tx: Tx, made: Collection) -> None:
    """Raises CollectionSlugTaken."""
    with _constraints():
        await tx.run(SQL.insert_collection, made.id, *_values(made), tx.now)


async def update_collection(tx: Tx, changed: Collection, version: int) -> int | None:
    """The new version, None if it is not at `version`. Raises CollectionSlugTaken."""
    with _constraints():
        row = await tx.maybe(SQL.update_collection, changed.id, version, *_values(changed), tx.now)
    return row["version"] if row else None


async def touch_collection(tx: Tx, collection_id: UUID) -> Collection | None:
    """Count up the version of a collection whose products changed."""
    return _maybe(await tx.maybe(SQL.touch_collection, collection_id, tx.now))


async def delete_collection(tx: Tx, collection_id: UUID) -> str | None:
    """Remove a collection; its slug, or None if there was none."""
    row = await tx.maybe(SQL.delete_collection, collection_id)
    return row["slug"] if row else None


async def count_collections(tx: Tx) -> int:
    """How many there are."""
    count: int = (await tx.one(SQL.count_collections))["collections"]
    return count


async def collection_by_id(tx: Tx, collection_id: UUID) -> Collection | None:
    """One collection."""
    return _maybe(await tx.maybe(SQL.collection_by_id, collection_id))


async def lock_collection(tx: Tx, collection_id: UUID) -> Collection | None:
    """One collection, locked."""
    return _maybe(await tx.maybe(SQL.lock_collection, collection_id))


async def collection_by_slug(tx: Tx, slug: str, channel_id: UUID) -> Collection | None:
    """The collection with this slug, if the channel shows it."""
    return _maybe(await tx.maybe(SQL.collection_by_slug, slug, channel_id, tx.now))


async def collection_page(tx: Tx, after: str, limit: int) -> list[Collection]:
    """Collections by slug."""
    return [_collection(r) for r in await tx.many(SQL.collection_page, after, limit)]


async def shown_collections(tx: Tx, channel_id: UUID) -> list[Collection]:
    """What a channel shows, in display order."""
    return [_collection(r) for r in await tx.many(SQL.shown_collections, channel_id, tx.now)]


async def next_change(tx: Tx, channel_id: UUID) -> datetime | None:
    """When a window of the channel's collections begins or ends next."""
    at: datetime | None = (await tx.one(SQL.next_change, channel_id, tx.now))["at"]
    return at


async def live(tx: Tx) -> list[Live]:
    """Every collection that some channel shows."""
    return [
        Live(
            id=r["id"],
            slug=r["slug"],
            title=r["title"],
            rules=_rules(r),
            channels=frozenset(r["channels"]),
            windows=_windows(r),
        )
        for r in await tx.many(SQL.live)
    ]


async def memberships(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, int]]:
    """By product: its places in the collections that people put it into."""
    found: dict[UUID, dict[UUID, int]] = {}
    for row in await tx.many(SQL.memberships, list(product_ids)):
        found.setdefault(row["product_id"], {})[row["collection_id"]] = row["position"]
    return found


async def members(
    tx: Tx, collection_id: UUID, after: tuple[int, UUID], limit: int
) -> list[tuple[UUID, int]]:
    """Products and their places, in order."""
    rows = await tx.many(SQL.members, collection_id, *after, limit)
    return [(r["product_id"], r["position"]) for r in rows]


async def count_members(tx: Tx, collection_id: UUID) -> int:
    """How many products people put in."""
    count: int = (await tx.one(SQL.count_members, collection_id))["members"]
    return count


async def place_members(
    tx: Tx, collection_id: UUID, product_ids: Sequence[UUID], positions: Sequence[int]
) -> set[UUID]:
    """Put products in or elsewhere; those for which that was a change."""
    rows = await tx.many(SQL.place_members, collection_id, product_ids, positions)
    return {r["product_id"] for r in rows}


async def keep_members(tx: Tx, collection_id: UUID, product_ids: Sequence[UUID]) -> set[UUID]:
    """Take out all others; which those were."""
    rows = await tx.many(SQL.keep_members, collection_id, product_ids)
    return {r["product_id"] for r in rows}


async def remove_member(tx: Tx, collection_id: UUID, product_id: UUID) -> bool:
    """Take a product out; whether it was in."""
    return bool(await tx.many(SQL.remove_member, collection_id, product_id))


async def forget_products(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """Deleted products are in no collection."""
    await tx.run(SQL.forget_products, product_ids)


async def start_pass(
    tx: Tx, collection_id: UUID, scope: Literal["all", "members"], total: int
) -> None:
    """Look through products from the first one on."""
    await tx.run(SQL.start_pass, collection_id, scope, total, tx.now)


async def pass_under_way(tx: Tx) -> Pass | None:
    """The oldest pass that is not at its end, locked; one that another process has is skipped."""
    row = await tx.maybe(SQL.pass_under_way)
    return msgspec.convert(dict(row), Pass) if row else None


async def move_on(
    tx: Tx, collection_id: UUID, after_id: UUID, count: int, finished_at: datetime | None
) -> None:
    """Note how far a pass is."""
    await tx.run(SQL.move_on, collection_id, after_id, count, finished_at)


async def pass_of(tx: Tx, collection_id: UUID) -> Pass | None:
    """The last pass of a collection."""
    row = await tx.maybe(SQL.pass_of, collection_id)
    return msgspec.convert(dict(row), Pass) if row else None


def _values(c: Collection) -> tuple[object, ...]:
    rules: object = {} if c.rules is None else c.rules
    texts = (c.seo_title, c.seo_description)
    head = (c.slug, c.title, c.description, c.kind, rules, c.sort, c.position, c.media_id)
    return (*head, *texts, list(c.channels), c.windows)


def _rules(row: Record) -> Rules | None:
    return msgspec.convert(row["rules"], Rules) if row["kind"] == "rules" else None


def _windows(row: Record) -> tuple[Window, ...]:
    return msgspec.convert(row["windows"], tuple[Window, ...])


def _collection(row: Record) -> Collection:
    values = dict(row) | {
        "rules": _rules(row),
        "channels": tuple(row["channels"]),
        "windows": _windows(row),
    }
    return Collection(**values)


def _maybe(row: Record | None) -> Collection | None:
    return _collection(row) if row else None


@contextmanager
def _constraints() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if constraint(error) == "collection_slug_unique":
            message = "Another collection has this slug."
            raise CollectionSlugTaken(message, field="slug") from error
        raise


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Those of these entries (ids as text) and storage keys that collections name."""
    return {row["ref"] for row in await tx.many(SQL.named_media, list(refs))}
