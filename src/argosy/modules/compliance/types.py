"""Parties, sheets, policies, and what a rule looks at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

Mode = Literal["off", "warn", "refuse"]
Area = Literal["product_safety", "energy_label", "product_passport"]
Role = Literal["manual", "safety", "conformity", "warranty", "energy_label", "energy_sheet"]
Subject = Literal["product", "brand"]
Locale = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
EnergyClass = Annotated[str, Meta(pattern=r"^(A\+{0,3}|[B-G])$", examples=["C"])]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
_EXAMPLE_KEY = "0a1b2c3d4e" * 4 + ".pdf"
Warning_ = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stored file that goes with a product, by its key in storage. `locale`: the language it is
    in; none: in no language, or in several.
    """

    role: Role
    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{40}\.[a-z0-9]{3,4}$", examples=[_EXAMPLE_KEY])]
    locale: Locale | None = None
    title: Annotated[str, Meta(max_length=200)] = ""


class EnergyLabel(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"class_": "class"},
):
    """The energy efficiency class, the range of classes on the label (`best` to `worst`), and the
    number under which the model is registered in EPREL.
    """

    class_: EnergyClass
    best: EnergyClass = "A"
    worst: EnergyClass = "G"
    registration: Annotated[str, Meta(pattern=r"^[0-9]{1,10}$")] | None = None


class PassportLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A digital product passport that somebody else keeps: the unique product identifier as the
    address in its data carrier. `sku`: the variant that it is of; none: it is of all of them.
    """

    uri: Annotated[
        str,
        Meta(
            max_length=500,
            pattern="^https://[!-~]+$",
            examples=["https://id.maker.example/01/09506000134352"],
        ),
    ]
    sku: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class SheetText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sheet says besides its parties. `warnings` are plain texts by locale;
    `needs_warnings`: whether any are due (null: nobody has decided). `exempt`: why an area of the
    rules does not apply. `passports`: digital product passports that others keep.
    """

    warnings: Annotated[dict[Locale, Warning_], Meta(max_length=50)] = {}
    needs_warnings: bool | None = None
    documents: Annotated[tuple[Document, ...], Meta(max_length=100)] = ()
    energy: EnergyLabel | None = None
    exempt: dict[Area, Reason] = {}
    passports: Annotated[tuple[PassportLink, ...], Meta(max_length=1000)] = ()


class SheetKey(NamedTuple):
    """What a sheet is about: a product by its id, or a brand by its key."""

    subject: Subject
    ref: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about a product, or of all products of a brand that say nothing else."""

    manufacturer_id: UUID | None = None
    responsible_id: UUID | None = None
    text: SheetText = SheetText()
    version: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return (
            self.manufacturer_id is None
            and self.responsible_id is None
            and self.text == SheetText()
        )


class PartyFields(msgspec.Struct, frozen=True, kw_only=True):
    """A manufacturer or responsible person, and where they can be reached. `country` is ISO 3166-1
    alpha-2. `trade_name`: a registered trade name or mark, where that is not the name.
    `identifier`: the unique operator identifier that product passports give (a GLN, an LEI or
    another), `eori` the number of an importer for customs.
    """

    code: str
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


class Party(PartyFields, frozen=True, kw_only=True):
    """A party of the address book."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel does about products that lack something. `languages`: in which warnings must
    be there besides what the countries of the channel want.
    """

    channel_id: UUID
    mode: Mode = "off"
    languages: tuple[str, ...] = ()
    version: int = 0


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules look at. `sheet`: product and brand together. `labelled`: it is of a kind that
    has an energy label. `needs_passport`: it is of a kind that has a product passport;
    `passported`: there is one of each variant, here or elsewhere.
    """

    sheet: Sheet
    manufacturer: PartyFields | None
    responsible: PartyFields | None
    pictured: bool
    labelled: bool
    needs_passport: bool = False
    passported: bool = False


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """Where a channel sells: its countries, each with its languages, any of which people there
    understand; and languages that are wanted besides.
    """

    countries: Mapping[str, frozenset[str]]
    languages: tuple[str, ...] = ()


class Missing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a product lacks for a market, by which rule. `country` and `language`: for whom."""

    rule: str
    field: str
    source: str
    country: str = ""
    language: str = ""


class Rule(NamedTuple):
    """A rule: in which countries it holds, what it wants, and where that is written."""

    code: str
    area: Area
    field: str
    countries: frozenset[str]
    source: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a product that is published in a channel lacks there."""

    channel_id: UUID
    product_id: UUID
    missing: tuple[Missing, ...]
    found_at: datetime | None = None
