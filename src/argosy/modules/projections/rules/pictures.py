"""How the shop window shows photographs and files (pure)."""

from __future__ import annotations

from typing import Final

import msgspec

from argosy.kernel.external_video import embedded_at, is_video_key
from argosy.kernel.ids import encode
from argosy.modules.projections.types import (
    FocalDocument,
    MediaDocument,
    PlaceholderDocument,
    RenditionDocument,
    SourceMedia,
)

_WIDEST_ON_CARD: Final = {"none": 640, "square": 320}


def media_url(storage_key: str) -> str:
    """Where a stored file is served."""
    return embedded_at(storage_key) if is_video_key(storage_key) else f"/media/{storage_key}"


def shown_media(media: SourceMedia, locale: str) -> MediaDocument:
    """As a channel of this locale shows it."""
    return MediaDocument(
        id=encode("media", media.id),
        url=media_url(media.storage_key),
        kind=media.kind,
        content_type=media.content_type,
        alt=_alt(media, locale),
        alts=media.alts,
        width=media.width,
        height=media.height,
        focal=_focal(media),
        placeholder=PlaceholderDocument(colour=media.colour, blurhash=media.blurhash)
        if media.colour and media.blurhash
        else None,
        renditions=[
            RenditionDocument(
                url=media_url(r.key), width=r.width, height=r.height, format=r.format, crop=r.crop
            )
            for r in media.renditions
        ],
    )


def _alt(media: SourceMedia, locale: str) -> str:
    """The text in the locale, else in its language, else the one that is in no language."""
    language = locale.split("-", maxsplit=1)[0]
    return media.alts.get(locale) or media.alts.get(language) or media.alt


def _focal(media: SourceMedia) -> FocalDocument | None:
    if media.focal_x is None or media.focal_y is None:
        return None
    return FocalDocument(x=media.focal_x, y=media.focal_y)


def on_card(image: MediaDocument | None) -> MediaDocument | None:
    """The picture with the renditions that a list needs: a page has many of them."""
    if image is None:
        return None
    few = [r for r in image.renditions if r.width <= _WIDEST_ON_CARD[r.crop]]
    return msgspec.structs.replace(image, renditions=few, alts={})
