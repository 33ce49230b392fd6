"""Zones, classes and dated rates, as they are stored. Days are calendar days of the channel."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.tax_id import TaxIdEvidence

Treatment = Literal[
    "standard",
    "zero_rated",
    "exempt",
    "reverse_charge",
    "intra_community",
    "export",
    "out_of_scope",
    "margin_scheme",
]


class TaxClass(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of goods that is taxed alike; products name it by `code`."""

    code: str
    name: str


class Area(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place: a country (ISO 3166-1 alpha-2), a region of it, postal codes that begin alike."""

    country: str
    region: str = ""
    postal_prefix: str = ""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """One tax of one jurisdiction on one class, in force on days [valid_from, valid_until).

    `rate` is a ratio: Decimal("0.19") is 19 %. A compound rate applies to the base plus the taxes
    before it (by `position`, then `code`). `source` says where the figure was taken from.
    """

    id: UUID
    tax_class: str
    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    treatment: Treatment = "standard"
    compound: bool = False
    position: int = 0
    valid_from: date | None = None
    valid_until: date | None = None
    source: str = ""
    version: int = 1


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """Where the same taxes are due, for one channel or (None) for all."""

    id: UUID
    code: str
    name: str
    channel_id: UUID | None
    priority: int
    areas: tuple[Area, ...]
    rates: tuple[Rate, ...]
    source: str = ""
    version: int = 1


class SetZone(msgspec.Struct, frozen=True, kw_only=True):
    """A zone to create, or what an existing one shall be. The areas replace the former ones."""

    code: str
    name: str
    areas: tuple[Area, ...]
    channel_id: UUID | None = None
    priority: int = 0
    source: str = ""


class SetRate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate of a zone to create, or what an existing one shall be."""

    tax_class: str
    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    treatment: Treatment = "standard"
    compound: bool = False
    position: int = 0
    valid_from: date | None = None
    valid_until: date | None = None
    source: str = ""


TaxPack = Literal[
    "eu-vat",
    "us-states",
    "ca-sales-tax",
    "gb-vat",
    "ch-vat",
    "no-vat",
    "au-gst",
    "jp-consumption-tax",
]
Put = Literal["created", "updated", "unchanged"]


class PackLoaded(msgspec.Struct, frozen=True, kw_only=True):
    """What loading a data pack did. Zones that exist already are left as they are."""

    name: str
    source: str
    as_of: date
    zones_created: int
    zones_kept: int
    rates_created: int


class PackZone(SetZone, frozen=True, kw_only=True):
    """A zone of a data pack, with its rates."""

    rates: tuple[SetRate, ...] = ()


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A shipped set of zones and rates. `as_of` is the day on which its source was checked."""

    source: str
    as_of: date
    zones: tuple[PackZone, ...]


class TaxId(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed tax id: canonical `value`, ISO `country`, and which register knows it."""

    value: str
    country: str
    register: str


class RegisterAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a register of tax ids said. `silent`: nothing, and `reason` says why.

    `request_id` is its consultation number: the evidence that counts, given to askers who name
    themselves. `name` and `address` are those registered, where the register tells.
    """

    status: Literal["valid", "invalid", "silent"]
    reason: str = ""
    request_id: str = ""
    name: str = ""
    address: str = ""


class TaxIdCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A stored consultation of a register (B7): never changed, never removed."""

    id: UUID
    tax_id: str
    country: str
    register: str
    requester: str
    answer: RegisterAnswer
    asked_at: datetime


class Jurisdiction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an exemption holds, on days [valid_from, valid_until); no region: the whole country."""

    country: str
    valid_from: date
    region: str = ""
    valid_until: date | None = None


ExemptionReason = Literal[
    "resale", "government", "charity", "education", "diplomatic", "agriculture", "industry", "other"
]


class SetCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """An exemption certificate to keep. No `tax_classes`: all goods; no `taxes`: all taxes there.

    `taxes` are codes of rates, where a certificate frees from one of several (PST, not GST).
    `document` says where the paper is.
    """

    number: str
    reason: ExemptionReason
    jurisdictions: tuple[Jurisdiction, ...]
    tax_classes: tuple[str, ...] = ()
    taxes: tuple[str, ...] = ()
    document: str = ""


class Certificate(SetCertificate, frozen=True, kw_only=True):
    """A customer's exemption certificate (B22)."""

    id: UUID
    customer_id: UUID
    revoked_at: datetime | None = None
    version: int = 1


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """What of a buyer decides about taxes: the tax id, the certificates that are not revoked."""

    tax_id: TaxIdEvidence | None = None
    certificates: tuple[Certificate, ...] = ()


NOBODY = Buyer()
"""A buyer of whom nothing is known: everything is taxed."""


class SetTaxPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel decides about taxes.

    `seller_country` is where it sells from, `seller_tax_id` its number there. `waived_price`: who
    keeps a tax that is in the price and not charged (B8): "net" the buyer, "gross" the seller.
    `unverified`: what a VAT id is good for that its register does not confirm now (B7): "charge"
    nothing; "recent" a valid answer of the last `recent_days` still counts; "accept" it counts,
    flagged on the order. Valid answers are asked for again after `recheck_s` seconds.
    `engine` computes the taxes (B16), for the company `engine_company`; it is told of a sale when
    it is `engine_commit`. While it is down, our tables count (B17), except for totals above
    `refuse_above_minor`, which have to wait. `origin` is where goods are sent from; `engine_codes`
    are the engine's codes of our tax classes, and of `shipping`. `ioss_number` is the seller's
    number in the import one-stop shop (B18), where goods are sent from outside the EU;
    `excise_classes` are the tax classes of goods under excise duty, which the scheme excludes.
    """

    seller_country: str = ""
    seller_tax_id: str = ""
    waived_price: Literal["net", "gross"] = "net"
    unverified: Literal["charge", "recent", "accept"] = "charge"
    recheck_s: int = 86_400
    recent_days: int = 30
    engine: str = ""
    engine_company: str = ""
    engine_commit: Literal["placed", "captured"] = "placed"
    refuse_above_minor: int | None = None
    origin: Address | None = None
    engine_codes: dict[str, str] = {}
    ioss_number: str = ""
    excise_classes: tuple[str, ...] = ()


class TaxPolicy(SetTaxPolicy, frozen=True, kw_only=True):
    """A channel's tax policy; version 0: none was set, and this is the default."""

    version: int = 0


class EuroRate(msgspec.Struct, frozen=True, kw_only=True):
    """What one euro was worth in a currency on a day, as `source` published it (A15)."""

    as_of: date
    rate: Decimal
    source: str


class ChannelTaxes(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel's quotes need beside zones: its policy, whether buyers differ at all, and the
    latest rates of its currency against the euro, newest first.
    """

    policy: TaxPolicy = TaxPolicy()
    has_buyers: bool = False
    euro_rates: tuple[EuroRate, ...] = ()


class ImportTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How goods are taxed that come into the EU for a sale (B18): up to `limit_minor` of intrinsic
    value the tax of the destination is charged, and declared under `number`. `euro_rate` is what
    150 EUR were converted by, None in euros.
    """

    number: str
    dispatched_from: str
    limit_minor: int
    euro_rate: EuroRate | None = None


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """Why taxes (all, or those of these rate codes) are not charged, in words for the document."""

    treatment: Treatment
    name: str
    note: str
    taxes: tuple[str, ...] | None = None
    certificates: tuple[str, ...] = ()


class EngineLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is taxed: an amount in the document's tax mode. `tax_code` is the engine's, or empty."""

    key: str
    amount_minor: int
    quantity: int
    item: str
    description: str
    tax_code: str


class EngineDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A sale as a tax engine is told of it (B16). `day` is the tax point; `company` the seller's
    name at the engine; `customer` names the buyer for its certificates there.
    """

    company: str
    customer: str
    currency: str
    day: date
    tax_inclusive: bool
    origin: Address
    destination: Address
    lines: tuple[EngineLine, ...]
    tax_id: str = ""
    exemption: str = ""


class LineTax(msgspec.Struct, frozen=True, kw_only=True):
    """The tax of one jurisdiction on one line, by an engine's word."""

    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    tax_minor: int


class Assessed(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine says is due on each line of a document."""

    lines: dict[str, tuple[LineTax, ...]]

    @property
    def tax_minor(self) -> int:
        """All of it."""
        return sum(part.tax_minor for parts in self.lines.values() for part in parts)


class EngineRefused(msgspec.Struct, frozen=True, kw_only=True):
    """The engine refuses the document as it is; asking again changes nothing."""

    reason: str


class EngineSilent(msgspec.Struct, frozen=True, kw_only=True):
    """The engine did not answer: down, slow, or it refuses our key."""

    reason: str


class Voided(msgspec.Struct, frozen=True, kw_only=True):
    """The engine holds no sale under this code (any more)."""


EngineAnswer = Assessed | EngineRefused | EngineSilent
FilingState = Literal["open", "committed", "to_adjust", "to_void", "voided", "closed", "failed"]


class Filing(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine is told of an order. `degraded`: it was placed with taxes of our tables.

    open: to be told once the order is confirmed. committed. to_adjust, to_void: refunded or
    cancelled since. voided. closed: there was nothing to tell. failed: the engine refuses it, and
    `reason` says why. `due_tax_minor` is the engine's word, `charged_tax_minor` what was charged.
    """

    order_id: UUID
    channel_id: UUID
    engine: str
    state: FilingState
    degraded: bool
    document: EngineDocument
    charged_tax_minor: int
    currency: str
    due_tax_minor: int | None = None
    reason: str = ""
    tries: int = 0
    next_at: datetime | None = None
