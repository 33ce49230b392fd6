"""Views: lists with filters that somebody asks for often."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

MAX_VIEWS: Final = 30


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own view of the list at `place` (its path), under a name."""

    id: UUID
    member_id: UUID
    place: str
    name: str
    filters: Mapping[str, str]
    made_at: datetime
