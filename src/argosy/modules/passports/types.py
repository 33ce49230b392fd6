"""Passports: what identifies them, what is said in them, and who may read what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

Level = Literal["model", "batch", "item"]
Access = Literal["public", "interest", "authority"]
State = Literal["draft", "published", "withdrawn"]
Kind = Literal["text", "number", "boolean", "date", "link"]

LEVELS: Final[tuple[Level, ...]] = ("model", "batch", "item")
ORDER: Final[dict[Access, int]] = {"public": 0, "interest": 1, "authority": 2}
"""Who sees more sees all that who sees less does."""
MOST_DAYS: Final = 3660
MOST_ACCESSES: Final = 200
MOST_SCHEMAS: Final = 200

Code = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", examples=["batteries"])]
Locale = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
Label = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Labels = Annotated[
    dict[Locale, Label], Meta(min_length=1, max_length=50, examples=[{"en": "Weight"}])
]
Short = Annotated[str, Meta(max_length=200)]
Uri = Annotated[
    str, Meta(max_length=500, pattern="^https://[!-~]+$", examples=["https://keeper.example/1"])
]


class Key(NamedTuple):
    """What a passport is of: a GTIN of 14 digits, and of it a lot, a serial number, or both; what
    is empty is not said. `lot` and `serial` are plain, not percent-encoded.
    """

    gtin: str
    lot: str = ""
    serial: str = ""

    @property
    def level(self) -> Level:
        """A model, a batch of it, or one item."""
        if self.serial:
            return "item"
        return "batch" if self.lot else "model"


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A heading of a passport. `labels` are by locale."""

    code: Code
    labels: Labels


class DataPoint(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Something that passports of a product group say. `unit` as in `Ah`; `access`: who may read
    it; `required`: passports of these levels cannot be published without it; `source`: the rule
    that wants it.
    """

    code: Code
    group: Code
    labels: Labels
    kind: Kind = "text"
    unit: Annotated[str, Meta(max_length=20)] = ""
    access: Access = "public"
    required: Annotated[tuple[Level, ...], Meta(max_length=3)] = ()
    source: Short = ""


class SchemaFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What passports of a product group say, in the order in which it is shown."""

    title: Label
    groups: Annotated[tuple[Group, ...], Meta(min_length=1, max_length=30)]
    points: Annotated[tuple[DataPoint, ...], Meta(min_length=1, max_length=300)]


class Schema(SchemaFields, frozen=True, kw_only=True):
    """A kept schema. One that comes with the program (`shipped`) is not changed here."""

    code: str
    version: int = 1
    shipped: bool = False


class Value(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What a passport says at a data point. Numbers are decimal, as in `12.5`, days as in
    `2027-02-18`, booleans `true` or `false`; texts may be given once a `locale`. `source`: where
    the figure comes from, such as a test report.
    """

    code: Code
    value: Annotated[str, Meta(min_length=1, max_length=5000, pattern=r"\S")]
    locale: Locale | None = None
    source: Short = ""


class Backup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The service provider that keeps a backup copy of the passport, and where that is."""

    name: Label
    uri: Uri


class Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What staff say in a passport besides what the shop knows of the product. `schema`: the code
    of its product group's; `importer_id`: a party; `facilities`: unique facility identifiers.
    """

    schema: str | None = None
    values: tuple[Value, ...] = ()
    importer_id: UUID | None = None
    facilities: tuple[str, ...] = ()
    backup: Backup | None = None


class Operator(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An economic operator at the time of publication. `identifier`: its unique operator
    identifier; `eori`: its number for customs.
    """

    name: str
    trade_name: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str
    email: str = ""
    website: str = ""
    identifier: str = ""
    eori: str = ""


class PassportFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document, by its key in storage; `locale`: the language it is in, if in one."""

    role: str
    key: str
    locale: str | None = None
    title: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A data point with its values, as it was published."""

    point: DataPoint
    values: tuple[Value, ...]


class Contents(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that a passport said when it was published; nothing in it is looked up later.
    `titles` and `warnings` are by locale ("" where the language is not known).
    """

    titles: dict[str, str]
    brand: str = ""
    sku: str = ""
    commodity_code: str = ""
    origin_country: str = ""
    manufacturer: Operator | None = None
    responsible: Operator | None = None
    importer: Operator | None = None
    facilities: tuple[str, ...] = ()
    documents: tuple[PassportFile, ...] = ()
    warnings: dict[str, str] = {}
    schema: str | None = None
    groups: tuple[Group, ...] = ()
    said: tuple[Said, ...] = ()
    backup: Backup | None = None


class NewPassport(msgspec.Struct, frozen=True, kw_only=True):
    """A passport to be: of which variant, and what it is called in lists."""

    key: Key
    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    draft: Draft | None = None


class Passport(msgspec.Struct, frozen=True, kw_only=True):
    """A passport. `edition` is the number of the published one, 0: none yet. It outlives its
    product; `sku` and `title` are what that was called when the passport was last written.
    """

    id: UUID
    gtin: str
    lot: str
    serial: str
    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    state: State
    draft: Draft
    edition: int
    withdrawn_at: datetime | None
    reason: str
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> Key:
        """What it is of."""
        return Key(self.gtin, self.lot, self.serial)


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """What a passport said since `published_at`. Editions are never changed and never removed."""

    passport_id: UUID
    n: int
    contents: Contents
    published_at: datetime


class PassportAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A link with which somebody reads more than the public does, until it expires or is
    revoked.
    """

    id: UUID
    passport_id: UUID
    reader: str
    level: Access
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
