"""Turn a product record of a file into what the catalog, pricing and inventory take. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from argosy.modules import catalog
from argosy.modules.catalog import Fault, MediaInput, ProductFields, ProductInput, VariantFields
from argosy.modules.catalog import VariantInput as Variant
from argosy.modules.catalog.ports import SourceRecord, StoredFile
from argosy.workflows.product_offers import Found, Offers, References, offers, publications
from argosy.workflows.product_record import ProductRecord, VariantRecord

Files = Mapping[str, StoredFile | Fault | None]
"""By the name of the file, or "key:" and its key in storage: what became of it."""


# As JSON writes it, also in the name of an unknown field, which is kept with the row of a plan.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Prepared(msgspec.Struct, kw_only=True):
    """A record on its way in. `keys` say what it is known by, for reports of repetitions;
    `unknown` are codes that do not exist here.
    """

    source: SourceRecord
    record: ProductRecord
    input: ProductInput
    offers: Offers
    keys: list[str]
    faults: list[Fault]
    unknown: list[Fault]
    row_hash: str


def prepared(
    source: SourceRecord, record: ProductRecord, known: References, files: Files
) -> Prepared:
    """Everything that the record says, with codes and files resolved, and all that is wrong."""
    found = Found()
    shown = publications(record, known, found)
    read = offers(record, known, found)
    media = _media(record, files, found)
    variants: tuple[Variant, ...] | UnsetType | None = UNSET
    if not isinstance(record.variants, UnsetType):
        variants = tuple(_variant(v) for v in record.variants or ())
        _check_skus(variants, found)
    fields = {f: getattr(record, f) for f in ProductFields.__struct_fields__}
    content = msgspec.json.encode(source.data, order="deterministic")
    row_hash = hashlib.sha256(content).hexdigest()
    if b"\\u0000" in content and _NUL.search(content):
        message = "The text holds a NUL character, which no text may."
        found.faults.append(Fault(column="", code="text_invalid", message=message))
    return Prepared(
        source=source,
        record=record,
        input=ProductInput(
            **fields,
            categories=record.categories,
            media=media,
            publications=shown,
            variants=variants,
            replace=_replaced(record),
            # What is left out now may be there next time: only a whole import is remembered.
            import_hash=UNSET if found.unknown else row_hash,
        ),
        offers=read,
        keys=_keys(record, variants or ()),
        faults=found.faults,
        unknown=found.unknown,
        row_hash=row_hash,
    )


def _replaced(record: ProductRecord) -> frozenset[catalog.Collection]:
    modes: dict[catalog.Collection, str] = {
        "attributes": record.attributes_mode,
        "categories": record.categories_mode,
        "media": record.media_mode,
        "publications": record.publications_mode,
        "variants": record.variants_mode,
    }
    return frozenset(name for name, mode in modes.items() if mode == "replace")


def _variant(record: VariantRecord) -> Variant:
    fields = {f: getattr(record, f) for f in VariantFields.__struct_fields__}
    return Variant(**fields, media=record.media)


def _check_skus(variants: Sequence[Variant], found: Found) -> None:
    for number, variant in enumerate(variants):
        if variant.sku is UNSET:
            column, message = f"variants[{number}].sku", "In a file, every variant needs its SKU."
            found.faults.append(Fault(column=column, code="sku_missing", message=message))


def _media(
    record: ProductRecord, files: Files, found: Found
) -> tuple[MediaInput, ...] | UnsetType | None:
    if isinstance(record.media, UnsetType) or record.media is None:
        return record.media
    entries = []
    for number, entry in enumerate(record.media):
        stored = files.get(f"key:{entry.key}") if entry.key else None
        if not isinstance(stored, StoredFile) and entry.file:
            stored = files.get(entry.file)
        if isinstance(stored, Fault):
            found.faults.append(msgspec.structs.replace(stored, column=f"media[{number}]"))
        elif stored is None:
            entries.append(
                MediaInput(source=entry.file or entry.key, alt=entry.alt, alts=entry.alts)
            )
        else:
            entries.append(
                catalog.media_input(stored, source=entry.file, alt=entry.alt, alts=entry.alts)
            )
    return tuple(entries)


def _keys(record: ProductRecord, variants: Sequence[Variant]) -> list[str]:
    keys = [f"SKU {catalog.sku_key(v.sku)!r}" for v in variants if isinstance(v.sku, str)]
    if record.external_id:
        keys.append(f"external id {record.external_id!r}")
    if record.slug:
        keys.append(f"slug {record.slug!r}")
    return keys
