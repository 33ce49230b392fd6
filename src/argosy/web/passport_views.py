"""A product passport as answers show it, to whom who may read what of it."""

from datetime import datetime
from typing import Any

import msgspec

from argosy.modules import passports
from argosy.modules.passports import (
    Access,
    Backup,
    Contents,
    Edition,
    Group,
    Kind,
    Level,
    Operator,
    Passport,
    Said,
    State,
    Value,
)


class PassportFileView(msgspec.Struct, frozen=True, kw_only=True):
    """A document. `url` is relative to the API's origin; `locale`: the language it is in."""

    role: str
    url: str
    locale: str | None
    title: str


class PassportPointView(msgspec.Struct, frozen=True, kw_only=True):
    """A data point with its values. `labels` are by locale; `source`: the rule that wants it."""

    code: str
    group: str
    labels: dict[str, str]
    kind: Kind
    unit: str
    access: Access
    source: str
    values: list[Value]

    @classmethod
    def of(cls, said: Said) -> "PassportPointView":
        """As answers show it."""
        point = said.point
        return cls(
            code=point.code,
            group=point.group,
            labels=point.labels,
            kind=point.kind,
            unit=point.unit,
            access=point.access,
            source=point.source,
            values=list(said.values),
        )


class PassportContentsView(msgspec.Struct, frozen=True, kw_only=True):
    """What a passport says. `titles` and `warnings` are by locale ("" where the language is not
    known); `points` hold no more than the reader may see.
    """

    titles: dict[str, str]
    brand: str
    sku: str
    commodity_code: str
    origin_country: str
    manufacturer: Operator | None
    responsible_person: Operator | None
    importer: Operator | None
    facilities: list[str]
    documents: list[PassportFileView]
    warnings: dict[str, str]
    schema: str | None
    groups: list[Group]
    points: list[PassportPointView]
    backup: Backup | None

    @classmethod
    def of(cls, contents: Contents, reader: Access) -> "PassportContentsView":
        """What this reader may see of them."""
        seen = passports.seen_by(contents, reader)
        return cls(
            titles=seen.titles,
            brand=seen.brand,
            sku=seen.sku,
            commodity_code=seen.commodity_code,
            origin_country=seen.origin_country,
            manufacturer=seen.manufacturer,
            responsible_person=seen.responsible,
            importer=seen.importer,
            facilities=list(seen.facilities),
            documents=[
                PassportFileView(
                    role=one.role, url=f"/media/{one.key}", locale=one.locale, title=one.title
                )
                for one in seen.documents
            ],
            warnings=seen.warnings,
            schema=seen.schema,
            groups=list(seen.groups),
            points=[PassportPointView.of(one) for one in seen.said],
            backup=seen.backup,
        )


class ShownPassportView(msgspec.Struct, frozen=True, kw_only=True):
    """A published passport. `link` is the address in its data carrier, a GS1 Digital Link; `level`
    says whether it is of the model, a batch or one item. `access`: what of it this answer shows.
    `withdrawn_at`: since when it does not hold any more, and `reason` why.
    """

    link: str
    gtin: str
    lot: str
    serial: str
    level: Level
    state: State
    edition: int
    published_at: datetime
    withdrawn_at: datetime | None
    reason: str
    access: Access
    contents: PassportContentsView

    @classmethod
    def of(
        cls, base: str, passport: Passport, edition: Edition, reader: Access
    ) -> "ShownPassportView":
        """As answers show it. `base` is the shop's public address."""
        return cls(
            link=base + passports.link_path(passport.key),
            gtin=passport.gtin,
            lot=passport.lot,
            serial=passport.serial,
            level=passport.key.level,
            state=passport.state,
            edition=edition.n,
            published_at=edition.published_at,
            withdrawn_at=passport.withdrawn_at,
            reason=passport.reason,
            access=reader,
            contents=PassportContentsView.of(edition.contents, reader),
        )


def passport_headers(reader: Access) -> dict[str, str]:
    """What caches may do with it: the public part is for all, for a short while."""
    if reader == "public":
        return {"Cache-Control": "public, max-age=60"}
    return {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}


def as_json(view: Any) -> bytes:
    """Encoded as the API's answers are."""
    return msgspec.json.encode(view)
