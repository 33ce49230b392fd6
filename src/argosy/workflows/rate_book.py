"""What carriers said lately, in the memory of one process: by the content of the question."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from argosy.modules.shipping import KnownAnswer

_KEPT = 8_192


class _Kept(NamedTuple):
    known: KnownAnswer
    fresh_until: datetime
    honoured_until: datetime


class RateBook:
    """Answers of carriers, bounded. A fresh one is shown; for a while longer, one that was shown
    is honoured when the purchase is placed (DOMAIN.md K2).
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def at(self, now: datetime, *, honoured: bool) -> Callable[[str], KnownAnswer | None]:
        """What is known at that instant, by the key of the question."""

        def look(key: str) -> KnownAnswer | None:
            kept = self._kept.get(key)
            if kept is None:
                return None
            return (
                kept.known
                if now < (kept.honoured_until if honoured else kept.fresh_until)
                else None
            )

        return look

    def keep(self, key: str, known: KnownAnswer, fresh: timedelta, honoured: timedelta) -> None:
        """Remember an answer, unless a later one is known; the oldest makes room."""
        there = self._kept.get(key)
        if there is not None and there.known.asked_at > known.asked_at:
            return
        self._kept[key] = _Kept(known, known.asked_at + fresh, known.asked_at + honoured)
        self._kept.move_to_end(key)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Know nothing."""
        self._kept.clear()
