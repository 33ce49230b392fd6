"""Facts that personalisation announces."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class PersonalisationChanged(Event, frozen=True, kw_only=True):
    """A product asks other things of shoppers, or nothing any more."""

    TYPE: ClassVar[str] = "argosy.personalisation.personalisation_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID
    version: int
