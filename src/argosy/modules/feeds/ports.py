"""Who fetches files from elsewhere."""

from __future__ import annotations

from typing import Protocol

from argosy.modules.feeds.types import Asked, FetchOutcome


class Fetcher(Protocol):
    """Fetches a file over the network, bounded in size and time, and from public addresses only."""

    async def fetch(self, asked: Asked) -> FetchOutcome:
        """One file. Never raises for what the network or the server does."""
        ...
