"""Three-way merges of images, and arithmetic of tri-state inputs. Pure.

base ----staged by the set----> mine
  \\---changed by others since--> theirs       merged(base, mine, theirs): both, and what clashes
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from argosy.modules.changesets.types import ChangeSet, Clash, Image, Side, State

MAX_EDITS: Final = 1_000
MAX_VARIANTS: Final = 20_000
"""What one transaction takes: so many edits, of products with so many variants together."""

TRANSITIONS: Final[Mapping[State, tuple[State, ...]]] = {
    "draft": ("scheduled", "published", "cancelled"),
    "scheduled": ("draft", "published", "cancelled"),
    "published": ("rolled_back",),
    "rolled_back": (),
    "cancelled": (),
}

STATES: Final[tuple[State, ...]] = tuple(TRANSITIONS)

# What identifies the entries of a list; every other list is one value.
_KEYED: Final[Mapping[str, tuple[str, ...]]] = {
    "variants": ("sku",),
    "publications": ("channel",),
    "media": ("key", "file"),
}
_MERGED: Final = frozenset({"attributes", "fields", "prices"})
_LISTED: Final = frozenset({"categories", "publications"})


class _Absent:
    """The value of a key that is not there; None is a value."""


_ABSENT: Final = _Absent()


def may_become(change_set: ChangeSet, state: State) -> bool:
    """Whether the set can be moved there."""
    return state in TRANSITIONS[change_set.state]


# --- merging images ------------------------------------------------------------------------------


def merged(
    base: Image, mine: Image, theirs: Image, *, taking: Side = "theirs"
) -> tuple[Image, list[Clash]]:
    """What others made of the thing with the set's own changes on top, and where both changed the
    same field differently; there, the side that is `taking` decides.
    """
    merging = _Merging(taking, [])
    found = merging.value("", "", _Three(base, mine, theirs))
    return found, merging.clashes


class _Three(NamedTuple):
    """One value in its three versions."""

    base: Any
    mine: Any
    theirs: Any

    def map(self, turn: Callable[[Any], Any]) -> _Three:
        return _Three(turn(self.base), turn(self.mine), turn(self.theirs))


class _Merging(NamedTuple):
    """Which side decides where both changed a field, and where that was so far."""

    taking: Side
    clashes: list[Clash]

    def value(self, path: str, name: str, three: _Three) -> Any:
        base, mine, theirs = three
        if mine in (base, theirs):
            return theirs
        if base == theirs:
            return mine
        if isinstance(mine, dict) and isinstance(theirs, dict):
            return self.keys(path, three.map(lambda one: one if isinstance(one, dict) else {}))
        keys = _KEYED.get(name)
        if keys and isinstance(mine, list) and isinstance(theirs, list):
            listed = three.map(lambda one: _by_key(one if isinstance(one, list) else [], keys))
            return self.entries(path, listed)
        return self.clash(path, three)

    def clash(self, path: str, three: _Three) -> Any:
        shown = three.map(lambda one: None if one is _ABSENT else one)
        self.clashes.append(Clash(path=path, **shown._asdict()))
        return three.mine if self.taking == "mine" else three.theirs

    def keys(self, path: str, three: _Three) -> Image:
        found: Image = {}
        for key in [*three.theirs, *(key for key in three.mine if key not in three.theirs)]:
            inner = f"{path}.{key}" if path else key
            value = self.value(inner, key, three.map(_at(key)))
            if value is not _ABSENT:
                found[key] = value
        return found

    def entries(self, path: str, three: _Three) -> list[Any]:
        found: Image = {}
        for key in [*three.theirs, *(key for key in three.mine if key not in three.theirs)]:
            value = self.value(f"{path}[{key}]", "", three.map(_at(key)))
            if value is not _ABSENT:
                found[key] = value
        common = [key for key in three.base if key in three.mine and key in three.theirs]
        order = three.map(lambda entries: [key for key in entries if key in common])
        chosen = self.value(f"{path} (order)", "", order)
        if chosen == order.theirs:
            return list(found.values())
        ordered = [key for key in three.mine if key in found]
        return [found[key] for key in [*ordered, *(key for key in found if key not in ordered)]]


def _at(key: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda image: image.get(key, _ABSENT)


def _by_key(entries: Sequence[Any], keys: Sequence[str]) -> dict[str, Any]:
    return {_key(entry, keys) or str(number): entry for number, entry in enumerate(entries)}


def _key(entry: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((str(entry[key]) for key in keys if entry.get(key)), "")


def narrowed(image: Image, skus: Collection[str]) -> Image:
    """The image with these of its variants only (SKUs as they are stored)."""
    if "variants" not in image:
        return image
    kept = [variant for variant in image["variants"] if variant["sku"] in skus]
    return {**image, "variants": kept}


def differing(before: Image, after: Image) -> set[str]:
    """The SKUs of variants that are not the same in both."""
    old, new = (_by_key(image.get("variants", ()), ("sku",)) for image in (before, after))
    return {sku for sku in old.keys() | new.keys() if old.get(sku) != new.get(sku)}


def transition(present: Image, wanted: Image) -> Image:
    """The tri-state input that makes a product what is `wanted`; {} where it is that already.

    Both have the same variants. Collections that are replaced say so.
    """
    change: Image = {}
    for key, value in wanted.items():
        now = present.get(key)
        if key in {"variants", "kind"} or now == value:
            continue
        if key in _MERGED:
            change[key] = _exchanged(now, value)
            continue
        change[key] = value
        if key in _KEYED or key == "categories":
            change[f"{key}_mode"] = "replace"
    for key in _MERGED & (present.keys() - wanted.keys()):
        change[key] = dict.fromkeys(present[key])
    if "media" in change:
        change["media"] = _with_texts_removed(present["media"], wanted["media"])
    old = _by_key(present.get("variants", ()), ("sku",))
    variants = [
        {"sku": sku, **inner}
        for sku, variant in _by_key(wanted.get("variants", ()), ("sku",)).items()
        if (inner := transition(old[sku], variant))
    ]
    if variants:
        change["variants"] = variants
    return change


def _exchanged(now: Mapping[str, Any] | None, wanted: Mapping[str, Any] | None) -> Image:
    old, new = now or {}, wanted or {}
    gone = {key: None for key in old if key not in new}
    return {**gone, **{key: value for key, value in new.items() if old.get(key) != value}}


def _with_texts_removed(now: Sequence[Image], wanted: Sequence[Image]) -> list[Image]:
    """Texts in languages are merged, so those that are to go must be named."""
    texts = {entry["key"]: entry.get("alts") or {} for entry in now}
    return [
        {**entry, "alts": alts}
        if (alts := {**dict.fromkeys(texts.get(entry["key"], {})), **(entry.get("alts") or {})})
        else entry
        for entry in wanted
    ]


# --- tri-state inputs ----------------------------------------------------------------------------


def combined(first: Image, then: Image) -> Image:
    """One input that does what these two do one after the other."""
    found = dict(first)
    for key, value in then.items():
        found[key] = _combined_value(key, first.get(key), value, then)
        if key in _LISTED and value and key in first and not first[key]:
            # All were removed first.
            found[f"{key}_mode"] = "replace"
    return found


def _combined_value(key: str, old: Any, new: Any, change: Image) -> Any:
    replaces = change.get(f"{key}_mode") == "replace"
    if key in _MERGED and isinstance(old, dict) and isinstance(new, dict) and new and not replaces:
        return {**old, **new}
    keys = _KEYED.get(key)
    if keys and isinstance(old, list) and isinstance(new, list) and new and not replaces:
        listed = _by_key(old, keys)
        for name, entry in _by_key(new, keys).items():
            listed[name] = combined(listed[name], entry) if name in listed else entry
        return list(listed.values())
    if key == "categories" and isinstance(old, list) and new and not replaces:
        return [*old, *(path for path in new if path not in old)]
    return new


def explicit(change: Image, present: Image) -> Image:
    """The input with each value named that it removes by clearing a whole mapping, so that what
    others add later is not removed, and so that inputs can be combined.
    """
    found = dict(change)
    for key in _MERGED & change.keys():
        if not change[key]:
            found[key] = dict.fromkeys(present.get(key) or {})
    if isinstance(change.get("variants"), list):
        old = _by_key(present.get("variants", ()), ("sku",))
        found["variants"] = [explicit(v, old.get(v["sku"], {})) for v in change["variants"]]
    return found


def without(change: Image, paths: Iterable[str]) -> Image:
    """The input without what it says of the fields at these paths (`Clash.path`)."""
    gone = {path.removesuffix(" (order)") for path in paths}
    return _without("", change, gone)


def _without(path: str, change: Image, gone: Collection[str]) -> Image:
    found: Image = {}
    for key, value in change.items():
        inner = f"{path}.{key}" if path else key
        kept = _without_value(inner, key, value, gone)
        if kept is not _ABSENT:
            found[key] = kept
    return {
        key: value
        for key, value in found.items()
        if not key.endswith("_mode") or key.removesuffix("_mode") in found
    }


def _without_value(path: str, name: str, value: Any, gone: Collection[str]) -> Any:
    if path in gone:
        return _ABSENT
    if not any(one.startswith((f"{path}.", f"{path}[")) for one in gone):
        return value
    keys = _KEYED.get(name)
    if keys and isinstance(value, list):
        entries = []
        for entry in value:
            where = f"{path}[{_key(entry, keys)}]"
            left = {} if where in gone else _without(where, entry, gone)
            if left.keys() - set(keys):
                entries.append(left)
        return entries or _ABSENT
    if isinstance(value, dict):
        return _without(path, value, gone) or _ABSENT
    # The clash lies within what the input replaces as a whole.
    return _ABSENT
