"""What media asks of others: somebody to decode and draw pictures, apart from everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from argosy.modules.media.types import Cut, Picture


class Studio(Protocol):
    """Decodes pictures in a process of its own, bounded in memory, pixels and time."""

    async def draw(self, content: bytes, cuts: Sequence[Cut] = ()) -> Picture:
        """Look at a picture and draw these cuts of it.

        In sRGB, turned as the camera says, without any metadata. Raises PictureRefused for what
        cannot be decoded, StudioFailed when the process ended or took too long.
        """
        ...

    async def close(self) -> None:
        """End the process."""
        ...
