"""The places of the back office: what sidebar, shortcuts and command palette lead to."""

from collections.abc import Iterable
from typing import NamedTuple

from argosy.modules.staff import Actor, covers


def N_(text: str) -> str:  # noqa: N802 - the usual name of gettext's marker
    """Mark a text that a page will say, so that its translation is asked for."""
    return text


GROUPS = (
    "",
    N_("Sales"),
    N_("Catalogue"),
    N_("Shop window"),
    N_("Imports and data"),
    N_("Conformity"),
    N_("Stock"),
    N_("Prices and taxes"),
    N_("Money"),
    N_("People"),
    N_("System"),
)
"""The groups of the sidebar, in order. The first one has no heading."""


class Entry(NamedTuple):
    """A place. `scope`: who may see it. `key`: pressed after `g` it leads there. `words`: by which
    the palette finds it too. `icon`: one of `admin/_icons.html`.
    """

    name: str
    path: str
    group: str = ""
    scope: str | None = None
    key: str = ""
    icon: str = "dot"
    words: str = ""
    position: int = 50


def ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """By group, then position. Raises AssertionError for a shortcut that is taken twice."""
    found = sorted(entries, key=lambda entry: (GROUPS.index(entry.group), entry.position))
    keys = [entry.key for entry in found if entry.key]
    assert len(keys) == len(set(keys)), f"a shortcut leads to two places: {sorted(keys)}"
    return tuple(found)


def visible(entries: Iterable[Entry], actor: Actor) -> list[Entry]:
    """The places that this person may see."""
    return [entry for entry in entries if entry.scope is None or covers(actor.scopes, entry.scope)]


def grouped(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """The places under the headings of the sidebar; groups without any are left out."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.group, []).append(entry)
    return list(found.items())
