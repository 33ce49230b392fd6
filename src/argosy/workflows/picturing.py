"""Photographs that collections and brands are shown with, in all the sizes that there are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from argosy.modules import media, projections
from argosy.modules.projections import MediaDocument, SourceMedia
from argosy.reads.pictures import pictures
from argosy.runtime.db import Tx

_SOON: Final = timedelta(minutes=1)


async def shown_pictures(
    tx: Tx, media_ids: Iterable[UUID | None], locale: str
) -> dict[UUID, MediaDocument]:
    """By id, as a channel of this locale shows them; without those that were removed. One statement
    at most.
    """
    found = await pictures(tx, {one for one in media_ids if one is not None})
    sources = (msgspec.convert(dict(row), SourceMedia) for row in found.values())
    return {one.id: projections.shown_media(one, locale) for one in sources}


def looked_at_again(
    tx: Tx, found: dict[UUID, MediaDocument], ends: datetime | None = None
) -> datetime | None:
    """When what shows these ends: at `ends`, or soon while one of them waits for its renditions."""
    waits = any(one.content_type in media.RASTER and not one.renditions for one in found.values())
    if not waits:
        return ends
    soon = tx.now + _SOON
    return soon if ends is None else min(ends, soon)
