"""How many examples a property is tried on: few on every change, many when somebody looks."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

DEEP: Final = "deep"
_MORE: Final = 25


def examples(usual: int) -> int:
    """So many, and 25 times as many with `--hypothesis-profile=deep`."""
    return usual * _MORE if settings.get_current_profile_name() == DEEP else usual
