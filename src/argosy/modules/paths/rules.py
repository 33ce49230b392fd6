"""What a path is, which scope goes before which, and that redirects lead to an end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from argosy.modules.paths.errors import PathInvalid, RedirectInvalid
from argosy.modules.paths.types import EVERYWHERE, Kind, Name, Scope

MAX_PATH: Final = 2000
PLACES: Final[dict[Kind, str]] = {
    "product": "/products/",
    "category": "/categories/",
    "collection": "/collections/",
    "brand": "/brands/",
}
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_ELSEWHERE = re.compile(r"https://[^\s/?#@\\]+([/?#][^\s\\]*)?")
_NAME = re.compile(r"[^/\s\x00-\x1f\x7f]{1,200}")

Edge = tuple[Scope, str]
"""Where a redirect holds, and the path that it leads to."""


def checked_path(text: str, *, field: str = "path") -> str:
    """A path as it is stored: NFC, without query, fragment and closing slash.

    Raises PathInvalid.
    """
    path = unicodedata.normalize("NFC", text.strip()).partition("#")[0].partition("?")[0]
    path = path.rstrip("/") or path[:1]
    odd = any(c.isspace() or unicodedata.category(c) in {"Cc", "Cs"} for c in path)
    if not path.startswith("/") or "//" in path or "\\" in path or len(path) > MAX_PATH or odd:
        raise PathInvalid(f"{text[:80]!r} is not a path of a shop.", field=field)
    return path


def thing_of(path: str) -> tuple[Kind, str] | None:
    """The kind and the name that a path stands for, None for other pages of the shop."""
    for kind, place in PLACES.items():
        name = path.removeprefix(place)
        if name != path and name and (kind == "category" or "/" not in name):
            return kind, name
    return None


def path_of(kind: Kind, name: str) -> str:
    """Where the shop shows something of this name."""
    return PLACES[kind] + name


def checked_name(kind: Kind, text: str) -> str:
    """A name of its own: one step, of a category up to twelve. Raises PathInvalid."""
    name = unicodedata.normalize("NFC", text.strip())
    steps = name.split("/")
    most = 12 if kind == "category" else 1
    if len(steps) > most or not all(map(_NAME.fullmatch, steps)) or re.search(r"[?#\\]", name):
        raise PathInvalid(f"{text[:80]!r} cannot be a name in a path.", field="name")
    return name


def checked_target(text: str) -> str:
    """A path of the shop, or an address elsewhere (https only). Raises RedirectInvalid."""
    text = text.strip()
    if _ELSEWHERE.fullmatch(text) and len(text) <= MAX_PATH:
        return text
    try:
        return checked_path(text)
    except PathInvalid:
        message = f"{text[:80]!r} is neither a path nor an https address."
        raise RedirectInvalid(message, field="target") from None


def checked_locale(text: str) -> str:
    """A language with perhaps a script and a country, or empty. Raises RedirectInvalid."""
    if text and not _LOCALE.fullmatch(text):
        raise RedirectInvalid("A language is a code like de or de-AT.", field="locale")
    return text


def preference(locale: str) -> tuple[str, ...]:
    """The locales to look in, the best first: de-AT, de, and the empty one."""
    steps = locale.split("-") if locale else []
    return (*("-".join(steps[:n]) for n in range(len(steps), 0, -1)), "")


def name_in(names: Iterable[Name], scope: Scope) -> str | None:
    """The best of these names in a channel and language: of the channel before those of all, then
    of the nearest locale. None: the thing goes by its own slug.
    """
    locales = preference(scope.locale)
    fitting = [
        name
        for name in names
        if name.scope.channel_id in {EVERYWHERE, scope.channel_id} and name.scope.locale in locales
    ]
    best = min(
        fitting,
        key=lambda n: (n.scope.channel_id == EVERYWHERE, locales.index(n.scope.locale)),
        default=None,
    )
    return None if best is None else best.name


def overlap(one: Scope, other: Scope) -> bool:
    """Whether somebody can be in both scopes at once; a name must be one thing's there."""
    return (
        EVERYWHERE in {one.channel_id, other.channel_id} or one.channel_id == other.channel_id
    ) and (one.locale in preference(other.locale) or other.locale in preference(one.locale))


def narrowed(one: Scope, other: Scope) -> Scope:
    """The scope in which both hold; they must overlap."""
    return Scope(
        channel_id=other.channel_id if one.channel_id == EVERYWHERE else one.channel_id,
        locale=max(one.locale, other.locale, key=len),
    )


def loop_through(
    path: str, target: str, scope: Scope, edges: Callable[[str], Iterable[Edge]]
) -> list[str] | None:
    """The paths from `target` back to `path`, if a redirect between them would close a loop.

    `edges` gives the redirects of a path. Followed is every redirect that somebody in `scope` could
    meet, so a shop without a loop here has none for anybody.
    """
    seen: set[tuple[str, Scope]] = set()
    waiting = [(target, scope, [target])]
    while waiting:
        at, within, way = waiting.pop()
        if at == path:
            return way
        if (at, within) in seen:
            continue
        seen.add((at, within))
        for where, following in edges(at):
            if overlap(within, where):
                waiting.append((following, narrowed(within, where), [*way, following]))
    return None
