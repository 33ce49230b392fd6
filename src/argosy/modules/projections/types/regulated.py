"""What the law wants said beside a product, as the storefront shows it."""

from __future__ import annotations

import msgspec


class PartyDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A manufacturer or responsible person, and where they can be reached."""

    name: str
    trade_name: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str
    email: str = ""
    website: str = ""


class ProductFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A manual, a declaration and the like. `role`: `manual`, `safety`, `conformity` or `warranty`.
    `url` is relative to the API's origin; `locale` is the language it is in, if in one.
    """

    role: str
    url: str
    title: str = ""
    locale: str | None = None


class EnergyDocument(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={"class_": "class"},
):
    """The energy efficiency class and the range of classes on the label (`best` to `worst`), the
    pictures of label and product information sheet, and the model's page in EPREL.
    """

    class_: str
    best: str
    worst: str
    label: str | None = None
    sheet: str | None = None
    registration: str | None = None
    register: str | None = None


class PassportReference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A digital product passport: where its data carrier leads (relative to the API's origin if the
    shop keeps it), and the SKU of the variant that it is of, none: of all of them.
    """

    uri: str
    sku: str | None = None


class RegulatedDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the law wants said beside a product. `warnings` is plain text, in `warnings_locale`;
    `responsible_person`: who answers for it in the EU.
    """

    manufacturer: PartyDocument | None = None
    responsible_person: PartyDocument | None = None
    warnings: str = ""
    warnings_locale: str | None = None
    documents: list[ProductFile] = []
    energy: EnergyDocument | None = None
    passports: list[PassportReference] = []
