"""The only file of paths that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.paths.types import Ending, GivenRedirect, Kind, Name, Redirect, Scope, Thing
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def lock_names(tx: Tx) -> None:
    """Nobody else gives a name until this transaction ends."""
    await tx.run(SQL.lock_names)


async def holders(tx: Tx, thing: Thing, name: str) -> list[tuple[UUID, Scope]]:
    """Other things of the kind that have this name somewhere."""
    rows = await tx.many(SQL.holders, thing.kind, name, thing.id)
    return [(r["entity_id"], _scope(r)) for r in rows]


async def release(tx: Tx, thing: Thing, scope: Scope) -> int:
    """The name that the thing has in the scope becomes a former one; how many there were."""
    return await tx.run(SQL.release, thing.id, scope.channel_id, scope.locale, tx.now)


async def take(tx: Tx, thing: Thing, scope: Scope, name: str) -> None:
    """Give the name to the thing, whosever it was."""
    channel_id, locale = scope.channel_id, scope.locale
    await tx.run(SQL.take, thing.kind, name, channel_id, locale, thing.id, tx.now)


async def remember(tx: Tx, kind: Kind, names: Sequence[str], ids: Sequence[UUID]) -> None:
    """Former names of everywhere lead to their things from now on."""
    await tx.run(SQL.remember, kind, names, ids, tx.now)


async def forget(tx: Tx, kind: Kind, names: Sequence[str]) -> None:
    """Names of everywhere that are in use again lead to nobody else."""
    await tx.run(SQL.forget, kind, names)


async def retire(tx: Tx, ids: Sequence[UUID]) -> None:
    """All names of deleted things become former ones."""
    await tx.run(SQL.retire, ids, tx.now)


async def present_names(tx: Tx, kind: Kind, ids: Sequence[UUID]) -> list[Name]:
    """Names that these things have now, in channels and languages of their own."""
    return [_name(row) for row in await tx.many(SQL.present_names, kind, ids)]


async def names_of(tx: Tx, entity_id: UUID) -> list[Name]:
    """Names that a thing has and had, the present ones first."""
    return [_name(row) for row in await tx.many(SQL.names_of, entity_id)]


def _name(row: Record) -> Name:
    return Name(
        thing=Thing(kind=row["kind"], id=row["entity_id"]),
        scope=_scope(row),
        name=row["name"],
        present=row["present"],
        version=row["version"] if row["present"] else 0,
    )


async def end_thing(tx: Tx, thing: Thing, ending: Ending) -> None:
    """Note what answers for a deleted thing."""
    kind, target_id = _target(ending.target)
    await tx.run(SQL.end_thing, thing.id, thing.kind, ending.answer, kind, target_id, tx.now)


async def lock_redirects(tx: Tx) -> None:
    """Nobody else writes a redirect until this transaction ends."""
    await tx.run(SQL.lock_redirects)


async def edges(tx: Tx) -> dict[str, dict[Scope, str]]:
    """By path and scope: the path that its redirect leads to."""
    found: dict[str, dict[Scope, str]] = {}
    for row in await tx.many(SQL.edges):
        found.setdefault(row["path"], {})[_scope(row)] = row["target"]
    return found


async def save_redirects(
    tx: Tx, ids: Sequence[UUID], given: Sequence[GivenRedirect]
) -> tuple[int, int]:
    """Insert or replace by path and scope; how many are new, and how many were replaced."""
    rows = await tx.many(
        SQL.save_redirects,
        ids,
        [g.path for g in given],
        [g.scope.channel_id for g in given],
        [g.scope.locale for g in given],
        [g.answer for g in given],
        [_target(g.thing)[0] for g in given],
        [_target(g.thing)[1] for g in given],
        [g.target for g in given],
        tx.now,
    )
    created = sum(r["created"] for r in rows)
    return created, len(rows) - created


async def delete_redirect(tx: Tx, redirect_id: UUID) -> Redirect | None:
    """Remove a redirect; what it was."""
    row = await tx.maybe(SQL.delete_redirect, redirect_id)
    return _redirect(row) if row else None


async def redirect_by_id(tx: Tx, redirect_id: UUID) -> Redirect | None:
    """One redirect."""
    row = await tx.maybe(SQL.redirect_by_id, redirect_id)
    return _redirect(row) if row else None


async def redirect_page(
    tx: Tx,
    *,
    prefix: str | None,
    channel_id: UUID | None,
    locale: str | None,
    after: tuple[str, UUID, str],
    limit: int,
) -> list[Redirect]:
    """Redirects by path, channel and locale."""
    rows = await tx.many(SQL.redirect_page, prefix, channel_id, locale, *after, limit)
    return [_redirect(r) for r in rows]


def _scope(row: Record) -> Scope:
    return Scope(channel_id=row["channel_id"], locale=row["locale"])


def _target(thing: Thing | None) -> tuple[Kind | None, UUID | None]:
    return (thing.kind, thing.id) if thing else (None, None)


def _redirect(row: Record) -> Redirect:
    thing = Thing(kind=row["target_kind"], id=row["target_id"]) if row["target_id"] else None
    return Redirect(
        id=row["id"],
        path=row["path"],
        scope=_scope(row),
        answer=row["answer"],
        thing=thing,
        target=row["target"],
        made_at=row["made_at"],
    )
