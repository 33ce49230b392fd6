"""How two images of a product differ, and what an image is known by. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from argosy.modules.imports.types import Change, Image

MAX_CHANGES: Final = 500
"""Differences kept for one row; there is one more, `...`, when there were more."""

_KEYED: Final[Mapping[str, tuple[str, ...]]] = {
    "variants": ("sku",),
    "publications": ("channel",),
    "media": ("key", "file"),
    "options": ("name",),
}
# Sales move stock and reviews move ratings all the time: neither means that a person was at work.
_BY_THEMSELVES: Final = frozenset({"rating"})


def differences(before: Image | None, after: Image) -> list[Change]:
    """What differs, in the order of the format; nothing for a product that is new."""
    if before is None:
        return []
    found: list[Change] = []
    for change in _walk("", "", before, after):
        if len(found) == MAX_CHANGES:
            found.append(Change(path="...", before=None, after=None))
            break
        found.append(change)
    return found


def _walk(path: str, name: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    keys = _KEYED.get(name)
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            inner = f"{path}.{key}" if path else key
            yield from _walk(inner, key, before.get(key), after.get(key))
    elif keys and isinstance(before, list) and isinstance(after, list):
        old, new = _by_key(before, keys), _by_key(after, keys)
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _walk(f"{path}[{key}]", "", old.get(key), new.get(key))
        if [k for k in old if k in new] != [k for k in new if k in old]:
            yield Change(path=f"{path} (order)", before=list(old), after=list(new))
    else:
        yield Change(path=path, before=before, after=after)


def _by_key(entries: Sequence[Any], keys: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, entry in enumerate(entries):
        key = next((str(entry[k]) for k in keys if entry.get(k)), str(number))
        found[key] = entry
    return found


def settled(image: Image) -> Image:
    """The image without what changes by itself: stock and ratings."""
    kept = {key: value for key, value in image.items() if key not in _BY_THEMSELVES}
    if "variants" in kept:
        kept["variants"] = [
            {key: value for key, value in variant.items() if key != "stock"}
            for variant in kept["variants"]
        ]
    return kept


def image_hash(image: Image) -> str:
    """The SHA-256 of what people change of a product: equal when nobody was at work between."""
    content = msgspec.json.encode(settled(image), order="deterministic")
    return hashlib.sha256(content).hexdigest()
