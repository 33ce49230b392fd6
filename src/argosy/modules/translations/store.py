"""The only file of translations that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from argosy.modules.translations.types import Given, Place, Translation
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def put_texts(tx: Tx, given: Sequence[Given]) -> list[tuple[Place, str]]:
    """Keep translations; those that are new or different, as (place, locale)."""
    places = _columns([one.place for one in given])
    rows = await tx.many(
        SQL.put_texts,
        *places,
        [one.locale for one in given],
        [one.value for one in given],
        [one.source_hash for one in given],
        [one.state for one in given],
        tx.now,
    )
    return [(_place(row), row["locale"]) for row in rows]


async def lock_text(tx: Tx, place: Place, locale: str) -> Translation | None:
    """One translation."""
    row = await tx.maybe(SQL.lock_text, place.kind, place.entity, place.field, locale)
    return None if row is None else _translation(row)


async def remove_texts(tx: Tx, wanted: Sequence[tuple[Place, str]]) -> list[tuple[Place, str]]:
    """Remove translations; those that there were."""
    places = _columns([place for place, _ in wanted])
    rows = await tx.many(SQL.remove_texts, *places, [locale for _, locale in wanted])
    return [(_place(row), row["locale"]) for row in rows]


async def forget(tx: Tx, entities: Collection[tuple[str, str]]) -> None:
    """Remove all translations of things, as (kind, entity)."""
    await tx.run(SQL.forget, *_pairs(entities))


async def approved(
    tx: Tx, entities: Collection[tuple[str, str]]
) -> tuple[str | None, list[tuple[Place, str, str]]]:
    """The language of the catalogue, and approved translations of things, as (place, locale,
    value).
    """
    rows = await tx.many(SQL.approved, *_pairs(entities))
    source = next((row["locale"] for row in rows if not row["kind"]), None)
    return source, [(_place(row), row["locale"], row["value"]) for row in rows if row["kind"]]


async def texts_of(tx: Tx, entities: Collection[tuple[str, str]]) -> list[Translation]:
    """All translations of things."""
    return [_translation(row) for row in await tx.many(SQL.texts_of, *_pairs(entities))]


async def source_locale(tx: Tx) -> str | None:
    """The language of the catalogue itself."""
    row = await tx.maybe(SQL.source_locale)
    return None if row is None else row["locale"]


async def set_source_locale(tx: Tx, locale: str | None) -> None:
    """Tell the language of the catalogue itself; None: unknown."""
    if locale is None:
        await tx.run(SQL.forget_source_locale)
    else:
        await tx.run(SQL.set_source_locale, locale)


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Those of these storage keys that translated texts hold."""
    return {row["ref"] for row in await tx.many(SQL.named_media, list(refs))}


def _pairs(entities: Collection[tuple[str, str]]) -> tuple[list[str], list[str]]:
    ordered = sorted(entities)
    return [kind for kind, _ in ordered], [entity for _, entity in ordered]


def _columns(places: Sequence[Place]) -> tuple[list[str], list[str], list[str]]:
    return [p.kind for p in places], [p.entity for p in places], [p.field for p in places]


def _place(row: Record) -> Place:
    return Place(kind=row["kind"], entity=row["entity"], field=row["field"])


def _translation(row: Record) -> Translation:
    return Translation(
        place=_place(row),
        locale=row["locale"],
        value=row["value"],
        source_hash=row["source_hash"],
        state=row["state"],
        version=row["version"],
        updated_at=row["updated_at"],
    )
