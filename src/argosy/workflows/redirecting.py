"""Redirects that people make, one by one or from a file.

A target that is the path of a thing is kept as the thing, so that the redirect follows it when it
is renamed. What a thing has as its path already needs no redirect, and a redirect there would never
be met: it is refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import PREFIXES, decode, encode
from argosy.modules import channels, paths, staff
from argosy.modules.paths import GivenRedirect, Here, RedirectInvalid, Scope, Thing
from argosy.modules.paths.ports import RedirectFault, RedirectRow, RedirectSource
from argosy.modules.staff import Actor
from argosy.runtime.db import Database, Tx
from argosy.workflows.addressing import exists, locate

BATCH: Final = 500
MAX_FAULTS: Final = 10_000

_KIND_OF_PREFIX: Final[dict[str, paths.Kind]] = {
    PREFIXES[kind]: kind for kind in paths.KINDS if kind in PREFIXES
}


class RedirectImport(msgspec.Struct, kw_only=True):
    """What an import did, so far. Each row is in one of the four counts."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    faults: list[RedirectFault] = []


async def take_redirects(
    tx: Tx, rows: Sequence[RedirectRow], actor: Actor = staff.SYSTEM
) -> RedirectImport:
    """Make these redirects, or make them anew. A refused one is reported and keeps no other out."""
    done = RedirectImport(rows=len(rows))
    scopes = await _scopes(tx, rows)
    sound: list[tuple[int, GivenRedirect]] = []
    for row in rows:
        try:
            sound.append((row.row, await _given(tx, row, scopes)))
        except ArgosyError as error:
            _note(done, row.row, error)
    created, changed, refused = await paths.save_redirects(tx, [given for _, given in sound])
    for place, refusal in refused:
        _note(done, sound[place][0], refusal)
    done.created, done.changed = created, changed
    done.unchanged = done.rows - done.failed - created - changed
    if created + changed:
        counts = {"created": created, "changed": changed}
        await staff.audit(tx, actor, "redirects.saved", "redirects", None, counts)
    return done


async def import_redirects(
    db: Database, source: RedirectSource, *, actor: Actor = staff.SYSTEM
) -> RedirectImport:
    """Take a file of redirects, a batch a transaction. The same file again changes nothing."""
    done = RedirectImport()
    stream = source.rows()
    while batch := list(islice(stream, BATCH)):
        for fault in batch:
            if isinstance(fault, RedirectFault):
                done.rows += 1
                _keep(done, fault)
        rows = [row for row in batch if isinstance(row, RedirectRow)]
        if rows:
            async with db.transaction() as tx:
                part = await take_redirects(tx, rows, actor)
            done.rows += part.rows
            done.created += part.created
            done.changed += part.changed
            done.unchanged += part.unchanged
            for fault in part.faults:
                _keep(done, fault)
    return done


async def export_redirects(db: Database) -> AsyncIterator[RedirectRow]:
    """Every redirect as the row that it is made from."""
    last: paths.Redirect | None = None
    number = 1
    while True:
        async with db.reading() as tx:
            found = await paths.redirects_after(tx, last, BATCH)
            codes = {
                i: (await channels.channel_by_id(tx, i)).code
                for i in {r.scope.channel_id for r in found} - {paths.EVERYWHERE}
            }
        for one in found:
            number += 1
            yield RedirectRow(
                row=number,
                path=one.path,
                to=target_text(one),
                channel=codes.get(one.scope.channel_id, ""),
                locale=one.scope.locale,
                answer=one.answer,
            )
        if len(found) < BATCH:
            return
        last = found[-1]


def target_text(redirect: paths.Redirect) -> str:
    """Where a redirect leads, as it is given: an id, a path or an address."""
    if redirect.thing is not None:
        return encode(redirect.thing.kind, redirect.thing.id)
    return redirect.target or ""


async def _scopes(tx: Tx, rows: Sequence[RedirectRow]) -> dict[str, Scope | ArgosyError]:
    """By code: the channel as a scope, or what is wrong with it."""
    found: dict[str, Scope | ArgosyError] = {"": Scope()}
    for code in {row.channel for row in rows} - {""}:
        try:
            found[code] = Scope(channel_id=(await channels.channel_by_code(tx, code)).id)
        except ArgosyError as error:
            found[code] = error
    return found


async def _given(tx: Tx, row: RedirectRow, scopes: dict[str, Scope | ArgosyError]) -> GivenRedirect:
    known = scopes[row.channel]
    if isinstance(known, ArgosyError):
        raise known
    scope = Scope(channel_id=known.channel_id, locale=paths.checked_locale(row.locale))
    path = paths.checked_path(row.path, field="from")
    here = await locate(tx, path, scope)
    if isinstance(here, Here):
        raise RedirectInvalid(
            f"This is the path of a {here.thing.kind}.",
            field="from",
            cure="Change its slug or delete it: then its former path leads on by itself.",
        )
    thing, target = await _target(tx, row.to, scope)
    return GivenRedirect(path=path, scope=scope, answer=row.answer, thing=thing, target=target)


async def _target(tx: Tx, to: str, scope: Scope) -> tuple[Thing | None, str | None]:
    if not to:
        return None, None
    kind = _KIND_OF_PREFIX.get(to.partition("_")[0])
    if kind is not None and not to.startswith(("/", "https:")):
        named = Thing(kind=kind, id=decode(kind, to, field="to"))
        await exists(tx, named)
        return named, None
    target = paths.checked_target(to)
    if target.startswith("/"):
        found = await locate(tx, target, scope)
        if isinstance(found, Here):
            return found.thing, None
    return None, target


def _note(done: RedirectImport, row: int, error: ArgosyError) -> None:
    reason = f"{error.message} {error.cure}".strip()
    if isinstance(error, paths.RedirectLoop):
        chain = error.details["chain"]
        assert isinstance(chain, list)
        reason = f"{error.message} The way back: {' > '.join(chain)}."
    _keep(done, RedirectFault(row=row, column=error.field or "", reason=reason))


def _keep(done: RedirectImport, fault: RedirectFault) -> None:
    done.failed += 1
    if len(done.faults) < MAX_FAULTS:
        done.faults.append(fault)
