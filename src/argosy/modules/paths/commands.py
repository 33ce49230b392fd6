"""Give names in a scope, end things, and keep redirects that lead to an end."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from argosy.kernel.ids import encode, new_id
from argosy.modules.paths import rules, store
from argosy.modules.paths.errors import (
    NameChanged,
    NameTaken,
    PathInvalid,
    RedirectInvalid,
    RedirectLoop,
    RedirectNotFound,
)
from argosy.modules.paths.types import (
    Ending,
    GivenRedirect,
    Kind,
    Name,
    Redirect,
    Scope,
    Thing,
)
from argosy.runtime.db import Tx

Refused = PathInvalid | RedirectInvalid | RedirectLoop


async def assign_name(
    tx: Tx, thing: Thing, scope: Scope, name: str, *, expected: int | None = None
) -> str:
    """Call the thing so in this channel and language; the name it had there leads to it (E8).

    Whoever had the name formerly loses it. The caller sees to names of everywhere: a thing's own
    slug is not known here. `expected`: the version that was read (0: it had none there). Raises
    PathInvalid, RedirectInvalid for the locale or for a scope that is everywhere, NameTaken,
    NameChanged.
    """
    name = rules.checked_name(thing.kind, name)
    rules.checked_locale(scope.locale)
    if scope == Scope():
        message = "What a thing is called everywhere is its own slug."
        raise RedirectInvalid(message, field="channel", cure="Name a channel, a language or both.")
    await store.lock_names(tx)
    now = await _check_read(tx, thing, scope, expected)
    for other, where in await store.holders(tx, thing, name):
        if rules.overlap(scope, where):
            raise NameTaken(
                f"Another {thing.kind} is called {name[:80]!r} there.",
                field="name",
                taken_by=encode(thing.kind, other),
            )
    if now is None or now.name != name:
        await store.release(tx, thing, scope)
        await store.take(tx, thing, scope, name)
    return name


async def _check_read(tx: Tx, thing: Thing, scope: Scope, expected: int | None) -> Name | None:
    """The name that the thing has there now. Raises NameChanged."""
    names = await store.present_names(tx, thing.kind, [thing.id])
    now = next((one for one in names if one.scope == scope), None)
    version = now.version if now else 0
    if expected not in (None, version):
        raise NameChanged(
            "What it is called there was changed since you read it.",
            field="version",
            version=version,
        )
    return now


async def clear_name(tx: Tx, thing: Thing, scope: Scope, *, expected: int | None = None) -> bool:
    """The thing goes by its name of a wider scope again; whether it had one here. Raises
    NameChanged when it is no longer at the `expected` version.
    """
    await store.lock_names(tx)
    await _check_read(tx, thing, scope, expected)
    return await store.release(tx, thing, scope) > 0


async def remember_names(
    tx: Tx, kind: Kind, former: Sequence[tuple[str, UUID]], taken: Sequence[str]
) -> None:
    """Names of everywhere changed: the former ones lead to their things, the taken ones to nobody
    else. For kinds whose island keeps no history of its own.
    """
    if former:
        await store.remember(tx, kind, [n for n, _ in former], [i for _, i in former])
    if taken:
        await store.forget(tx, kind, taken)


async def retire_names(tx: Tx, ids: Sequence[UUID]) -> None:
    """Deleted things have their names no longer; the names are free. A repeat does nothing."""
    await store.retire(tx, ids)


async def end_thing(tx: Tx, thing: Thing, ending: Ending) -> None:
    """Decide what answers for a thing that is being deleted: `ending.target` must exist, so that
    one ending leads to the next and never round in a circle.
    """
    await store.retire(tx, [thing.id])
    await store.end_thing(tx, thing, ending)


async def save_redirects(
    tx: Tx, given: Sequence[GivenRedirect]
) -> tuple[int, int, list[tuple[int, Refused]]]:
    """Make redirects, or make them anew by path and scope: how many are new, how many changed, and
    which were refused (by place) and why.

    A refused one keeps no other out. Those that are stored have no loop in any scope: each is
    checked against what is there and the ones before it.
    """
    await store.lock_redirects(tx)
    edges = await store.edges(tx)
    sound: dict[tuple[str, Scope], GivenRedirect] = {}
    refused: list[tuple[int, Refused]] = []
    for place, one in enumerate(given):
        try:
            checked = _checked(one)
            _refuse_loop(checked, edges)
        except (PathInvalid, RedirectInvalid, RedirectLoop) as error:
            refused.append((place, error))
            continue
        at = edges.setdefault(checked.path, {})
        at.pop(checked.scope, None)
        if checked.target and checked.target.startswith("/"):
            at[checked.scope] = checked.target
        sound[checked.path, checked.scope] = checked
    created = changed = 0
    if sound:
        ids = [new_id() for _ in sound]
        created, changed = await store.save_redirects(tx, ids, list(sound.values()))
    return created, changed, refused


def _checked(given: GivenRedirect) -> GivenRedirect:
    rules.checked_locale(given.scope.locale)
    path = rules.checked_path(given.path)
    target = None if given.target is None else rules.checked_target(given.target)
    if given.thing is not None and target is not None:
        raise RedirectInvalid("A redirect has one target.", field="target")
    if given.answer == "moved" and given.thing is None and target is None:
        raise RedirectInvalid("Where the redirect leads is missing.", field="target")
    return msgspec.structs.replace(given, path=path, target=target)


def _refuse_loop(given: GivenRedirect, edges: dict[str, dict[Scope, str]]) -> None:
    if given.target is None or not given.target.startswith("/"):
        return

    def following(path: str) -> list[rules.Edge]:
        found = edges.get(path, {})
        # The redirect that this one replaces is no part of the shop that it makes.
        own = path == given.path
        return [(s, t) for s, t in found.items() if not (own and s == given.scope)]

    way = rules.loop_through(given.path, given.target, given.scope, following)
    if way is not None:
        raise RedirectLoop(
            f"The redirect leads back to {given.path[:80]}.", field="target", chain=way[:20]
        )


async def delete_redirect(tx: Tx, redirect_id: UUID) -> Redirect:
    """Remove a redirect. Raises RedirectNotFound."""
    gone = await store.delete_redirect(tx, redirect_id)
    if gone is None:
        raise RedirectNotFound("There is no such redirect.")
    return gone
