"""Product passports as the administration's API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.modules import passports
from argosy.modules.passports import (
    MOST_DAYS,
    Backup,
    Code,
    DataPoint,
    Draft,
    Edition,
    Group,
    Label,
    Level,
    Passport,
    PassportAccess,
    Schema,
    SchemaFields,
    State,
    Value,
)
from argosy.web.passport_views import PassportContentsView

Facility = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Part = Annotated[str, Meta(max_length=20)]


class DraftBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a passport says besides what the shop knows of the product; all of it is replaced.
    `schema`: the code of a product group's; `facilities`: unique facility identifiers; `backup`:
    who keeps a copy, and where.
    """

    schema: Code | None = None
    values: Annotated[tuple[Value, ...], Meta(max_length=600)] = ()
    importer_id: str | None = None
    facilities: Annotated[tuple[Facility, ...], Meta(max_length=50)] = ()
    backup: Backup | None = None

    def draft(self) -> Draft:
        """As it is kept. Raises MalformedId."""
        importer = self.importer_id
        return Draft(
            schema=self.schema,
            values=self.values,
            importer_id=decode("party", importer, field="importer_id") if importer else None,
            facilities=self.facilities,
            backup=self.backup,
        )


class NewPassportBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passport of a variant with a GTIN; with `lot` or `serial` of a batch or an item of it."""

    variant_id: str
    lot: Part = ""
    serial: Part = ""


class PassportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A passport in the list. `path` is where it is read, below the shop's public address;
    `edition` what is published (0: nothing yet).
    """

    id: str
    gtin: str
    lot: str
    serial: str
    level: Level
    path: str
    variant_id: str
    product_id: str
    sku: str
    title: str
    state: State
    edition: int
    withdrawn_at: datetime | None
    reason: str
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, passport: Passport) -> "PassportRow":
        """As answers show it."""
        return cls(**_common(passport))


class PassportView(PassportRow, frozen=True, kw_only=True):
    """A passport, and what is to be published next."""

    schema: str | None
    values: list[Value]
    importer_id: str | None
    facilities: list[str]
    backup: Backup | None

    @classmethod
    def of(cls, passport: Passport) -> "PassportView":
        """As answers show it."""
        draft = passport.draft
        importer = draft.importer_id
        return cls(
            **_common(passport),
            schema=draft.schema,
            values=list(draft.values),
            importer_id=encode("party", importer) if importer else None,
            facilities=list(draft.facilities),
            backup=draft.backup,
        )


def _common(one: Passport) -> dict[str, Any]:
    kept = (
        "gtin", "lot", "serial", "sku", "title", "state", "edition", "withdrawn_at", "reason",
        "version", "created_at", "updated_at",
    )  # fmt: skip
    return {name: getattr(one, name) for name in kept} | {
        "id": encode("passport", one.id),
        "level": one.key.level,
        "path": passports.link_path(one.key),
        "variant_id": encode("variant", one.variant_id),
        "product_id": encode("product", one.product_id),
    }


def shown_draft(passport: Passport) -> dict[str, Any]:
    """As the audit trail keeps it."""
    names = ("schema", "values", "importer_id", "facilities", "backup")
    view: dict[str, Any] = msgspec.to_builtins(PassportView.of(passport))
    return {name: view[name] for name in names}


class WithdrawBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the passport does not hold any more; whoever reads it is told."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class EditionRow(msgspec.Struct, frozen=True, kw_only=True):
    """Since when a passport says what."""

    edition: int
    published_at: datetime
    points: int

    @classmethod
    def of(cls, edition: Edition) -> "EditionRow":
        """As answers show it."""
        points = len(edition.contents.said)
        return cls(edition=edition.n, published_at=edition.published_at, points=points)


class EditionView(msgspec.Struct, frozen=True, kw_only=True):
    """All that a passport says since `published_at`, restricted values among it; null: what it
    would say if it were published now.
    """

    edition: int
    published_at: datetime | None
    contents: PassportContentsView

    @classmethod
    def of(cls, edition: Edition) -> "EditionView":
        """As answers show it to staff."""
        return cls(
            edition=edition.n,
            published_at=edition.published_at,
            contents=PassportContentsView.of(edition.contents, "authority"),
        )


class NewAccessBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may read more than the public: persons with a legitimate interest (`interest`), or all
    of it (`authority`), for so many days.
    """

    reader: Label
    level: Literal["interest", "authority"]
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 90


class AccessView(msgspec.Struct, frozen=True, kw_only=True):
    """An access link. `url` and `token` are only in the answer that makes it."""

    id: str
    reader: str
    level: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    token: str | None = None
    url: str | None = None

    @classmethod
    def of(cls, access: PassportAccess, token: str | None = None, link: str = "") -> "AccessView":
        """As answers show it."""
        return cls(
            id=encode("passport_access", access.id),
            reader=access.reader,
            level=access.level,
            created_at=access.created_at,
            expires_at=access.expires_at,
            revoked_at=access.revoked_at,
            token=token,
            url=f"{link}?access={token}" if token else None,
        )


class NewSchemaBody(SchemaFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schema of the shop's own."""

    code: Code


class SchemaView(msgspec.Struct, frozen=True, kw_only=True):
    """What passports of a product group say. `shipped`: it comes with the program and is not
    changed; copy it to one of your own.
    """

    id: str
    code: str
    title: str
    groups: list[Group]
    points: list[DataPoint]
    version: int
    shipped: bool

    @classmethod
    def of(cls, schema: Schema) -> "SchemaView":
        """As answers show it."""
        return cls(
            id=schema.code,
            code=schema.code,
            title=schema.title,
            groups=list(schema.groups),
            points=list(schema.points),
            version=schema.version,
            shipped=schema.shipped,
        )


def fields_of(body: SchemaFields) -> SchemaFields:
    """What of a body the island keeps."""
    return SchemaFields(**{name: getattr(body, name) for name in SchemaFields.__struct_fields__})
