"""The record of the product file format, typed: docs/reference/product-jsonl.md says what it means.

Every key may be left out (kept), null (cleared) or empty (all removed): DOMAIN.md E3. Collections
are merged by what identifies their entries, or replaced where `<collection>_mode` is "replace".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.personal import Characters, FileFormat, InputKind
from argosy.modules.catalog import (
    AcrossVariants,
    AttributeDefinition,
    AttributeKind,
    AttributeLevel,
    Bound,
    CategoryInput,
    Fault,
    ProductFields,
    Swatch,
    VariantFields,
)
from argosy.modules.compliance import SheetText
from argosy.modules.fields import FieldValue
from argosy.modules.pricing import SetPrice

FORMAT_NAME = "argosy.products"
FORMAT_VERSION = 1

Mode = Literal["merge", "replace"]
Fields = dict[str, FieldValue | None] | UnsetType | None
Amount = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")]
Instant = Annotated[datetime, Meta(tz=True)]
Locale = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
Quantity = Annotated[int, Meta(ge=0, le=1_000_000_000)]
MixGroup = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]


class FormatRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="format"):
    """The first line: what this file is."""

    name: str
    version: int


class AttributeRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="attribute"):
    """The definition of an attribute, before the first product that has it."""

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    label: Annotated[str, Meta(min_length=1, max_length=120)]
    type: AttributeKind
    unit: Annotated[str, Meta(max_length=20)] | None = None
    choices: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()
    facet: bool = False
    position: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    dimension: Annotated[str, Meta(max_length=40)] | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    max_values: Annotated[int, Meta(ge=1, le=100)] | None = None
    swatches: dict[str, Swatch] = {}
    level: AttributeLevel = "product"
    across_variants: AcrossVariants = "any"
    localisable: bool = False
    searchable: bool = True

    def definition(self) -> AttributeDefinition:
        """The catalog's word for it."""
        fields = msgspec.structs.asdict(self)
        return AttributeDefinition(kind=fields.pop("type"), **fields)


class CategoryRecord(CategoryInput, frozen=True, kw_only=True, tag_field="kind", tag="category"):
    """A category, before the first product in it and after its parent."""


class MediaRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A photograph: by the name of its file, or by the key it has in storage, or both."""

    file: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    key: Annotated[str, Meta(max_length=100)] | None = None
    alt: Annotated[str, Meta(max_length=1000)] | UnsetType | None = UNSET
    alts: (
        Annotated[dict[Locale, Annotated[str, Meta(max_length=1000)] | None], Meta(max_length=100)]
        | UnsetType
        | None
    ) = UNSET


class PublicationRecord(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Shown in the channel from and until these instants; without an offset, in its time zone."""

    channel: str
    from_: datetime | UnsetType | None = UNSET
    until: datetime | UnsetType | None = UNSET


class PriceRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}
):
    """An amount in major units of the list's currency, from a quantity on, in [from, until). Prices
    with one `mix_group` count their units together, in lists whose tiers are by `mix`.
    """

    amount: Amount
    compare_at: Amount | None = None
    min_quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    from_: Instant | None = None
    until: Instant | None = None
    mix_group: MixGroup | None = None


Amounts = dict[Annotated[str, Meta(pattern="^[A-Z]{3}$")], Amount]


class InputPriceRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an answer adds to a unit, in major units by currency: once, or for each character beyond
    `free`.
    """

    amount: Amounts
    per: Literal["unit", "character"] = "unit"
    free: Annotated[int, Meta(ge=0, le=500)] = 0


class InputChoiceRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What can be chosen, with what it adds to a unit."""

    code: str
    label: str
    amount: Amounts = {}


class InputRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What shoppers are asked about a product."""

    code: str
    label: str
    kind: InputKind = "text"
    required: bool = False
    longest: int = 60
    characters: Characters = "any"
    choices: Annotated[tuple[InputChoiceRecord, ...], Meta(max_length=50)] = ()
    least: int | None = None
    most: int | None = None
    decimals: int = 0
    price: InputPriceRecord | None = None
    accepts: tuple[FileFormat, ...] = ()
    most_bytes: int | None = None


class VariantRecord(VariantFields, frozen=True, kw_only=True):
    """A variant, known by its SKU or external id, with its prices by list and stock by location."""

    media: str | UnsetType | None = UNSET
    prices: (
        dict[str, Annotated[tuple[PriceRecord, ...], Meta(max_length=200)] | None]
        | UnsetType
        | None
    ) = UNSET
    stock: dict[str, Quantity | None] | UnsetType = UNSET
    fields: Fields = UNSET


class ComplianceRecord(SheetText, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """What the law wants said beside the product. Parties are named by their codes."""

    manufacturer: Annotated[str, Meta(max_length=63)] | None = None
    responsible: Annotated[str, Meta(max_length=63)] | None = None


class ProductRecord(ProductFields, frozen=True, kw_only=True, tag_field="kind", tag="product"):
    """A product with everything on it."""

    categories: Annotated[tuple[str, ...], Meta(max_length=200)] | UnsetType | None = UNSET
    categories_mode: Mode = "merge"
    media: Annotated[tuple[MediaRecord, ...], Meta(max_length=500)] | UnsetType | None = UNSET
    media_mode: Mode = "merge"
    publications: (
        Annotated[tuple[PublicationRecord, ...], Meta(max_length=200)] | UnsetType | None
    ) = UNSET
    publications_mode: Mode = "merge"
    attributes_mode: Mode = "merge"
    variants: Annotated[tuple[VariantRecord, ...], Meta(max_length=10_000)] | UnsetType | None = (
        UNSET
    )
    variants_mode: Mode = "merge"
    fields: Fields = UNSET
    inputs: Annotated[tuple[InputRecord, ...], Meta(max_length=10)] | UnsetType | None = UNSET
    compliance: ComplianceRecord | UnsetType | None = UNSET

    @property
    def key(self) -> str:
        """What to call the product in a report."""
        if self.external_id or self.slug:
            return str(self.external_id or self.slug)
        variants = () if isinstance(self.variants, UnsetType) else self.variants or ()
        return next((str(v.sku) for v in variants if v.sku), "")


Record = FormatRecord | AttributeRecord | CategoryRecord | ProductRecord


def decoded(data: Mapping[str, object]) -> Record | Fault:
    """The typed record, or the first thing in it that is not of its type."""
    try:
        record: Record = msgspec.convert(data, Record)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        column = path.rstrip("`").removeprefix(".").replace("[...]", "")
        return Fault(column=column, code="type", message=message + ".")
    except RecursionError:
        return Fault(column="", code="type", message="The record is nested too deeply.")
    return record


def unknown_fields(data: Mapping[str, object]) -> Iterator[str]:
    """Paths of keys that the format does not have, such as `variants[].colour`."""
    kind = {"product": ProductRecord, "category": CategoryRecord, "attribute": AttributeRecord,
            "format": FormatRecord}.get(str(data.get("kind")))  # fmt: skip
    if kind is None:
        return
    known = _names(kind)
    yield from (key for key in data if key not in known)
    said = data.get("compliance")
    if isinstance(said, dict):
        extra = said.keys() - _names(ComplianceRecord)
        yield from (f"compliance.{name}" for name in sorted(extra))
    for key, inner in (("variants", VariantRecord), ("media", MediaRecord),
                       ("publications", PublicationRecord)):  # fmt: skip
        names = _names(inner)
        for entry in _entries(data.get(key)):
            yield from (f"{key}[].{name}" for name in entry if name not in names)
            for prices in _values(entry.get("prices")):
                for price in _entries(prices):
                    extra = price.keys() - _names(PriceRecord)
                    yield from (f"{key}[].prices.{name}" for name in sorted(extra))


@cache
def _names(kind: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(kind.__struct_encode_fields__) | {"kind"}


def _entries(value: object) -> list[dict[str, Any]]:
    return [e for e in value if isinstance(e, dict)] if isinstance(value, list) else []


def _values(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else []


def price_record(price: SetPrice, amount: str, compare_at: str | None) -> PriceRecord:
    """The record of a price whose amounts are already in major units."""
    return PriceRecord(
        amount=amount, compare_at=compare_at, min_quantity=price.min_quantity,
        priority=price.priority, from_=price.valid_from, until=price.valid_until,
        mix_group=price.mix_group,
    )  # fmt: skip


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one line of a product file."""
    [root], components = msgspec.json.schema_components(
        [Record],
        ref_template="#/$defs/{name}",
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of an Argosy product file (JSON Lines)",
        **_tidied(root),
        "$defs": {name: _tidied(part) for name, part in sorted(components.items())},
    }


def _tidied(node: Any) -> Any:
    """Descriptions on one line each, so that the file reads well."""
    if isinstance(node, dict):
        return {k: re.sub(r"\s+", " ", v) if k == "description" and isinstance(v, str)
                else _tidied(v) for k, v in node.items()}  # fmt: skip
    return [_tidied(item) for item in node] if isinstance(node, list) else node
