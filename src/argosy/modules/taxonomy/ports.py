"""What a file of product categories must be turned into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from argosy.modules.taxonomy.types import System


class NodeSource(Protocol):
    """A published taxonomy, read as a stream."""

    @property
    def system(self) -> System:
        """Whose it is."""
        ...

    def nodes(self) -> Iterator[tuple[str, str]]:
        """Each category once, as (code, path)."""
        ...
