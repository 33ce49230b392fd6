"""The published lists of product categories: Google's with ids, Shopify's categories.txt.

3237 - Animals & Pet Supplies > Live Animals
gid://shopify/TaxonomyCategory/ap-1 : Animals & Pet Supplies > Live Animals
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from argosy.adapters.tabular.text import FileUnreadable, open_text
from argosy.modules.taxonomy import System

_LINES: Final[dict[System, re.Pattern[str]]] = {
    "google": re.compile(r"(\d{1,9})\s+-\s+(\S.*)"),
    "shopify": re.compile(r"(gid://shopify/TaxonomyCategory/[a-z0-9-]{1,60})\s+:\s+(\S.*)"),
}
_LONGEST: Final = 1000


class TaxonomyList:
    """A list of one of the two systems. Raises FileUnreadable when it is read."""

    def __init__(self, path: Path, system: System) -> None:
        self._path = path
        self._system: System = system

    @property
    def system(self) -> System:
        """Whose it is."""
        return self._system

    def nodes(self) -> Iterator[tuple[str, str]]:
        """Each category once, as (code, path)."""
        seen: set[str] = set()
        text = open_text(self._path)
        with text.stream as stream:
            for number, line in enumerate(stream, start=1):
                bare = line.strip()
                if not bare or bare.startswith("#"):
                    continue
                found = _LINES[self._system].fullmatch(bare)
                path = "" if found is None else _tidy(found[2])
                if found is None or len(path) > _LONGEST or found[1] in seen:
                    raise FileUnreadable(
                        f"Line {number} is not a category of {self._system.capitalize()}.",
                        field="file",
                        cure="Load the list with ids as it is published, for example"
                        " taxonomy-with-ids.en-US.txt or categories.txt.",
                    )
                seen.add(found[1])
                yield found[1], path
        if not seen:
            raise FileUnreadable("The file holds no category.", field="file")


def _tidy(path: str) -> str:
    return " > ".join(" ".join(step.split()) for step in path.split(">"))
