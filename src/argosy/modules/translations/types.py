"""What a text of the catalogue says in another language, and whether people have approved it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

Kind = Literal["product", "variant", "category", "collection", "brand", "attribute", "option"]
State = Literal["draft", "approved"]

FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "product": ("title", "description", "seo_title", "seo_description"),
    "variant": ("title",),
    "category": ("name", "description"),
    "collection": ("title", "description", "seo_title", "seo_description"),
    "brand": ("description", "seo_title", "seo_description"),
    "attribute": ("label",),
    "option": ("name",),
}
"""The fields of each kind that can be translated; see VALUES for those that name a value."""

VALUES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "product": ("attribute:", "input:"),
    "variant": ("attribute:",),
    "attribute": ("choice:",),
    "option": ("value:",),
}
"""How the fields begin that name a text attribute, what shoppers are asked (`input:engraving`, and
of a choice `input:font:serif`), a choice, or a value of an option.
"""


class Place(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A text of the catalogue: `entity` is the id of a thing (as UUID), the code of an attribute,
    or the name of an option.
    """

    kind: Kind
    entity: str
    field: str


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A translation to be kept. `source_hash` is that of the text that was translated. `html`: it
    is markup, which is known of fields that always are.
    """

    place: Place
    locale: str
    value: str
    source_hash: bytes
    state: State = "approved"
    html: bool = False


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """A translation that is kept."""

    place: Place
    locale: str
    value: str
    source_hash: bytes
    state: State
    version: int
    updated_at: datetime


Spoken = Mapping[tuple[str, str], Mapping[str, Mapping[str, str]]]
"""Approved translations: by kind and entity, then by field, then by locale."""


class Said(msgspec.Struct, frozen=True):
    """A text as it is shown. `locale`: its language; None where nobody told that of the source."""

    text: str
    locale: str | None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Markup and placeholders of a source that a translation has not, or has besides."""

    missing: tuple[str, ...]
    added: tuple[str, ...]
