"""Where a path of the shop leads: names of the catalogue, of channels and languages, redirects.

In this order: what has the name now; what people told; what had the name formerly, and if that was
deleted, what was decided to answer for it. Everything that leads on is followed to its end, so that
a browser is sent on once (DOMAIN.md E8, E9).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote
from uuid import UUID

from argosy.kernel.ids import encode
from argosy.modules import brands, catalog, collections, paths, projections
from argosy.modules.paths import (
    Ending,
    Gone,
    Here,
    Kind,
    Moved,
    NameTaken,
    RedirectInvalid,
    Scope,
    Thing,
    Unknown,
)
from argosy.reads import path_targets as reads
from argosy.runtime.db import Record, Tx
from argosy.runtime.subscriptions import Delivered

Found = Here | Moved | Gone | Unknown

_NAMED_BY: dict[str, tuple[Kind, str]] = {
    catalog.ProductChanged.TYPE: ("product", "product_id"),
    catalog.ProductDeleted.TYPE: ("product", "product_id"),
    catalog.CategoryChanged.TYPE: ("category", "category_id"),
    catalog.CategoryDeleted.TYPE: ("category", "category_id"),
    collections.CollectionChanged.TYPE: ("collection", "collection_id"),
    collections.CollectionDeleted.TYPE: ("collection", "collection_id"),
    brands.BrandChanged.TYPE: ("brand", "brand_id"),
    brands.BrandDeleted.TYPE: ("brand", "brand_id"),
}
_TRIES = 50


async def locate(tx: Tx, path: str, scope: Scope) -> Found:
    """What a path answers in a channel and language. Raises PathInvalid.

    Two statements for a path that is somebody's, a few more for one that leads on.
    """
    asked = paths.checked_path(path)
    at: str | None = asked
    seen: set[str] = set()
    thing: Thing | None = None
    while at is not None and thing is None and at not in seen:
        seen.add(at)
        thing = await _holder(tx, at, scope)
        if thing is not None:
            break
        told = await reads.redirect_at(tx, at, scope.channel_id, paths.preference(scope.locale))
        if told is not None and told["answer"] == "gone":
            return Gone(replacement=await _replacement(tx, told, scope))
        if told is not None:
            thing, at = _thing(told), told["target"]
            if at is not None and not at.startswith("/"):
                return Moved(target=at)
            continue
        thing = await _former_holder(tx, at, scope)
        if thing is None:
            # A redirect may lead to a page that somebody else serves.
            return Unknown() if at == asked else Moved(target=at)
    assert thing is not None, "redirects are kept without loops"
    return await _at_its_end(tx, thing, scope, asked)


async def _at_its_end(tx: Tx, thing: Thing, scope: Scope, asked: str) -> Found:
    """Where the thing is now, or what answers for it. Endings cannot go round: see `end_thing`."""
    locales = paths.preference(scope.locale)
    is_replacement = False
    while True:
        found = await reads.address(tx, thing.kind, thing.id, scope.channel_id, locales)
        if found is not None:
            name, shown = found
            path = paths.path_of(thing.kind, name)
            if is_replacement:
                return Gone(replacement=path if shown else None)
            if path == asked:
                return Here(thing=thing, path=path, shown=shown)
            return Moved(target=path, thing=thing, shown=shown)
        ending = await reads.ending(tx, thing.id)
        if ending is None or ending["target_id"] is None:
            return Gone()
        is_replacement = is_replacement or ending["answer"] == "gone"
        thing = Thing(kind=ending["target_kind"], id=ending["target_id"])


async def _replacement(tx: Tx, told: Record, scope: Scope) -> str | None:
    thing = _thing(told)
    if thing is None:
        target: str | None = told["target"]
        return target
    match await _at_its_end(tx, thing, scope, ""):
        case Moved(target=target, shown=True):
            return target
        case _:
            return None


def _thing(row: Record) -> Thing | None:
    return Thing(kind=row["target_kind"], id=row["target_id"]) if row["target_id"] else None


async def _holder(tx: Tx, path: str, scope: Scope) -> Thing | None:
    named = paths.thing_of(path)
    if named is None:
        return None
    kind, name = named
    found = await reads.holder(tx, kind, name, scope.channel_id, paths.preference(scope.locale))
    return Thing(kind=kind, id=found) if found else None


async def _former_holder(tx: Tx, path: str, scope: Scope) -> Thing | None:
    named = paths.thing_of(path)
    if named is None:
        return None
    kind, name = named
    locales = paths.preference(scope.locale)
    found = await reads.former_holder(tx, kind, name, scope.channel_id, locales)
    return Thing(kind=kind, id=found) if found else None


async def api_path(tx: Tx, thing: Thing) -> str | None:
    """Where the storefront API tells of a thing: by its own slug, whatever it is called here."""
    found = await reads.address(tx, thing.kind, thing.id, paths.EVERYWHERE, [])
    if found is None:
        return None
    match thing.kind:
        case "category":
            return f"/v1/products?category={encode('category', thing.id)}"
        case kind:
            return f"/v1{quote(paths.path_of(kind, found[0]))}"


# --- names and endings ---------------------------------------------------------------------------


async def name_thing(
    tx: Tx, thing: Thing, scope: Scope, name: str | None, *, expected: int | None = None
) -> None:
    """Call a thing so in a channel, a language or both; None: as in the next wider scope.
    `expected`: the version of the name there that was read, 0 for none.

    Raises NameChanged; NameTaken also for a name that is another's own, and where without a name
    the thing would be called like another; NotFound of its kind, PathInvalid, RedirectInvalid.
    """
    await exists(tx, thing)
    if thing.kind == "product":
        # In the channel's further languages it is shown under this name.
        await projections.mark_changed(tx, [thing.id], tx.now)
    if name is None:
        if await paths.clear_name(tx, thing, scope, expected=expected):
            await _check_apart(tx, thing, scope)
        return
    given = await paths.assign_name(tx, thing, scope, name, expected=expected)
    owner = await reads.own_name_holder(tx, thing.kind, given)
    if owner is not None and owner != thing.id:
        raise NameTaken(
            f"Another {thing.kind} is called {given[:80]!r} wherever it has no other name.",
            field="name",
            taken_by=encode(thing.kind, owner),
        )


async def _check_apart(tx: Tx, thing: Thing, scope: Scope) -> None:
    """What was numbered there because another goes by its slug must not go by that again (E8)."""
    for row in await reads.collisions(tx, thing.kind, [thing.id]):
        theirs = Scope(channel_id=row["channel_id"], locale=row["locale"])
        if row["id"] != thing.id or not paths.overlap(theirs, scope):
            continue
        at = paths.narrowed(theirs, scope)
        locales = paths.preference(at.locale)
        found = await reads.address(tx, thing.kind, thing.id, at.channel_id, locales)
        if found is not None and found[0] == row["name"]:
            raise NameTaken(
                f"Another {thing.kind} is called {found[0][:80]!r} there.",
                field="name",
                cure="Give it another name there, or rename the other one first.",
            )


async def end_thing(tx: Tx, thing: Thing, ending: Ending) -> None:
    """Decide what answers for a thing that this transaction deletes.

    Raises RedirectInvalid for the thing itself, NotFound for a target that does not exist.
    """
    if ending.target == thing:
        raise RedirectInvalid("What is deleted cannot answer for itself.", field="target")
    if ending.target is not None:
        await exists(tx, ending.target)
    await paths.end_thing(tx, thing, ending)


async def exists(tx: Tx, thing: Thing) -> None:
    """Raises PathUnknown if there is no such thing."""
    if await reads.address(tx, thing.kind, thing.id, paths.EVERYWHERE, [""]) is None:
        raise paths.PathUnknown(f"There is no such {thing.kind}.", field="id")


async def retire_names(tx: Tx, events: Sequence[Delivered]) -> None:
    """Whoever deleted a thing: its names are free for others."""
    await paths.retire_names(tx, sorted({_named(e).id for e in events}))


async def part_names(tx: Tx, events: Sequence[Delivered]) -> None:
    """Two things must not be called alike in a channel and language (E8).

    When a thing takes a slug that another one goes by in some scope, it gets a number there.
    """
    changed: dict[Kind, set[UUID]] = {}
    for event in events:
        thing = _named(event)
        changed.setdefault(thing.kind, set()).add(thing.id)
    for kind, ids in sorted(changed.items()):
        for row in await reads.collisions(tx, kind, ids):
            scope = Scope(channel_id=row["channel_id"], locale=row["locale"])
            await _numbered(tx, Thing(kind=kind, id=row["id"]), scope, row["name"])


async def _numbered(tx: Tx, thing: Thing, scope: Scope, name: str) -> None:
    for number in range(2, _TRIES):
        candidate = f"{name[:190]}-{number}"
        if await reads.own_name_holder(tx, thing.kind, candidate) is None:
            try:
                await paths.assign_name(tx, thing, scope, candidate)
            except NameTaken:
                continue
            if thing.kind == "product":
                await projections.mark_changed(tx, [thing.id], tx.now)
            return
    await paths.assign_name(tx, thing, scope, f"{name[:150]}-{thing.id.hex[-12:]}")


def _named(event: Delivered) -> Thing:
    kind, field = _NAMED_BY[event.type]
    return Thing(kind=kind, id=UUID(event.data[field]))
