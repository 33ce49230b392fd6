"""Which brand texts are one brand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_MAX_KEY = 100


def brand_key(name: str) -> str:
    """The comparison form of a brand: case, width and runs of space do not matter. It is also the
    value of the facet `brand`.
    """
    for _ in range(2):
        name = unicodedata.normalize("NFKC", name).casefold()
    name = unicodedata.normalize("NFKC", name).replace("\x00", "")
    return " ".join(name.split())[:_MAX_KEY].rstrip()


def slugs_for(slug: str, number: str) -> Iterator[str]:
    """Slugs to try, the last of which nobody else has."""
    slug = slug[:80].strip("-") or "brand"
    yield slug
    for n in range(2, 6):
        yield f"{slug}-{n}"
    yield f"{slug}-{number}"
