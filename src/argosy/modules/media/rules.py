"""Which renditions a picture gets, and what they show of it (pure).

Widths are never more than the picture has; a square shows as much as it can, with the focal point
as near to its middle as the edges allow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from argosy.modules.media.types import Cut, Focal, Format, Rendition

RASTER: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""Types that renditions are made of. An SVG is sharp at every size already."""

WIDTHS: Final = (320, 640, 960, 1600)
SQUARES: Final = (320, 640)
FALLBACK_WIDTH: Final = 960
"""JPEG is for what reads neither AVIF nor WebP (mails, old feeds): one size of it is enough."""
MODERN: Final[tuple[Format, ...]] = ("avif", "webp")
CENTRE: Final = Focal(x=0.5, y=0.5)


def is_raster(content_type: str) -> bool:
    """Whether renditions are made of files of this type."""
    return content_type in RASTER


def cuts(width: int, height: int, focal: Focal | None = None) -> list[Cut]:
    """All renditions of a picture of this size, the smallest of each crop first."""
    whole = (0, 0, width, height)
    widths = [w for w in WIDTHS if w <= width] or [width]
    found = [
        Cut(box=whole, width=w, height=_scaled(height, w, width), format=f, crop="none")
        for w in widths
        for f in MODERN
    ]
    fallback = max((w for w in widths if w <= FALLBACK_WIDTH), default=widths[0])
    found.append(
        Cut(
            box=whole,
            width=fallback,
            height=_scaled(height, fallback, width),
            format="jpeg",
            crop="none",
        )
    )
    side = min(width, height)
    box = square(width, height, focal or CENTRE)
    found += [
        Cut(box=box, width=s, height=s, format=f, crop="square")
        for s in [s for s in SQUARES if s <= side] or [side]
        for f in MODERN
    ]
    return found


def smallest(renditions: Iterable[Rendition], formats: Collection[Format]) -> Rendition | None:
    """The smallest whole picture in one of these formats: of those as narrow, the one of the fewest
    bytes.
    """
    fit = [one for one in renditions if one.crop == "none" and one.format in formats]
    return min(fit, key=lambda one: (one.width, one.byte_size, one.key), default=None)


def square(width: int, height: int, focal: Focal) -> tuple[int, int, int, int]:
    """The largest square of the picture with the focal point nearest to its middle."""
    side = min(width, height)
    left = min(max(round(focal.x * width - side / 2), 0), width - side)
    upper = min(max(round(focal.y * height - side / 2), 0), height - side)
    return left, upper, left + side, upper + side


def _scaled(length: int, to: int, of: int) -> int:
    """`length` in the same measure in which `of` becomes `to`; at least one pixel."""
    return max(1, (length * to * 2 + of) // (of * 2))
