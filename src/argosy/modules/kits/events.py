"""Facts that kits announces."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class KitChanged(Event, frozen=True, kw_only=True):
    """A variant consists of other things than before; `gone`: it is no kit any more."""

    TYPE: ClassVar[str] = "argosy.kits.kit_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "variant"
    SUBJECT_FIELD: ClassVar[str] = "variant_id"

    variant_id: UUID
    version: int
    gone: bool = False
