"""What the law wants said beside products, as the administration's API takes and shows it."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.modules.compliance import (
    Area,
    Document,
    EnergyLabel,
    Missing,
    Mode,
    Party,
    PartyFields,
    PassportLink,
    Policy,
    Sheet,
    SheetText,
)

Line = Annotated[str, Meta(max_length=200)]
Language = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
Text = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class PartyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A manufacturer or responsible person. `country` is ISO 3166-1 alpha-2; `email` or `website`
    is the electronic address at which they can be reached. Product passports give `identifier`, the
    unique operator identifier, and `eori`, the number of an importer for customs.
    """

    code: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]
    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
    trade_name: Line = ""
    street: Line = ""
    postal_code: Annotated[str, Meta(max_length=20)] = ""
    city: Line = ""
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    email: Annotated[str, Meta(max_length=254)] = ""
    website: Annotated[str, Meta(max_length=500)] = ""
    identifier: Annotated[str, Meta(max_length=100)] = ""
    eori: Annotated[str, Meta(max_length=17, examples=["DE1234567"])] = ""

    def fields(self) -> PartyFields:
        """As the address book takes it."""
        return PartyFields(**msgspec.structs.asdict(self))


class PartyView(msgspec.Struct, frozen=True, kw_only=True):
    """A party of the address book."""

    id: str
    code: str
    name: str
    trade_name: str
    street: str
    postal_code: str
    city: str
    country: str
    email: str
    website: str
    identifier: str
    eori: str
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, party: Party) -> "PartyView":
        """As answers show it."""
        return cls(**msgspec.structs.asdict(party) | {"id": encode("party", party.id)})


class SheetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the law wants said beside a product; all of it is replaced. `warnings` are plain texts
    by locale; `needs_warnings`: whether any are due at all. `exempt`: why an area of the rules does
    not apply, for example `{"product_safety": "An antique."}`. `passports` are digital product
    passports that others keep.
    """

    manufacturer_id: str | None = None
    responsible_id: str | None = None
    warnings: Annotated[dict[Language, Text], Meta(max_length=50)] = {}
    needs_warnings: bool | None = None
    documents: Annotated[tuple[Document, ...], Meta(max_length=100)] = ()
    energy: EnergyLabel | None = None
    exempt: dict[Area, Reason] = {}
    passports: Annotated[tuple[PassportLink, ...], Meta(max_length=1000)] = ()

    def sheet(self) -> Sheet:
        """As it is kept. Raises MalformedId."""
        maker, person = self.manufacturer_id, self.responsible_id
        names = SheetText.__struct_fields__
        return Sheet(
            manufacturer_id=decode("party", maker, field="manufacturer_id") if maker else None,
            responsible_id=decode("party", person, field="responsible_id") if person else None,
            text=SheetText(**{name: getattr(self, name) for name in names}),
        )


class LackingView(msgspec.Struct, frozen=True, kw_only=True):
    """What a product lacks in the channel of this code."""

    channel: str
    missing: list[Missing]


class SheetView(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about the product or brand of this id. `lacking`: what is missing, with
    what its brand says, in each channel that judges its products.
    """

    id: str
    manufacturer_id: str | None
    responsible_id: str | None
    warnings: dict[str, str]
    needs_warnings: bool | None
    documents: list[Document]
    energy: EnergyLabel | None
    exempt: dict[str, str]
    passports: list[PassportLink]
    version: int
    lacking: list[LackingView] = []

    @classmethod
    def of(cls, subject: str, sheet: Sheet) -> "SheetView":
        """As answers show it."""
        maker, person, text = sheet.manufacturer_id, sheet.responsible_id, sheet.text
        return cls(
            id=subject,
            manufacturer_id=encode("party", maker) if maker else None,
            responsible_id=encode("party", person) if person else None,
            warnings=text.warnings,
            needs_warnings=text.needs_warnings,
            documents=list(text.documents),
            energy=text.energy,
            exempt=msgspec.to_builtins(text.exempt),
            passports=list(text.passports),
            version=sheet.version,
        )


def shown_sheet(sheet: Sheet) -> dict[str, Any]:
    """As the audit trail keeps it."""
    view: dict[str, Any] = msgspec.to_builtins(SheetView.of("", sheet))
    return {name: value for name, value in view.items() if name not in {"id", "lacking", "version"}}


class PolicyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a channel does about products that lack something: nothing (`off`), report them (`warn`)
    or refuse to publish them (`refuse`). `languages`: in which warnings must be there besides one
    of each country.
    """

    mode: Mode
    languages: Annotated[tuple[Language, ...], Meta(max_length=30)] = ()


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel does about products that lack something."""

    id: str
    mode: Mode
    languages: list[str]
    version: int

    @classmethod
    def of(cls, policy: Policy) -> "PolicyView":
        """As answers show it."""
        return cls(
            id=encode("channel", policy.channel_id),
            mode=policy.mode,
            languages=list(policy.languages),
            version=policy.version,
        )


class LabelledBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Categories whose products, and those below, need an energy label, or a product passport."""

    category_ids: Annotated[tuple[str, ...], Meta(max_length=200)]


class LabelledView(msgspec.Struct, frozen=True, kw_only=True):
    """Categories whose products, and those below, need an energy label, or a product passport."""

    category_ids: list[str]


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """A product that is published in the channel of this code and lacks something there."""

    id: str
    channel: str
    slug: str
    title: str
    brand: str
    missing: list[Missing]
    found_at: datetime | None
