"""What the attributes of a product input and of its variants mean for the plan. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec
from msgspec import UnsetType

from argosy.modules.catalog.rules import attributes, fields
from argosy.modules.catalog.types import (
    AttributeDefinition,
    AttributeLevel,
    AttributeValue,
    Fault,
    Media,
    ProductInput,
    VariantInput,
)

Definitions = Mapping[str, AttributeDefinition]
Given = Mapping[str, AttributeValue | None]

_REFERENCES = {"product_reference": "product", "category_reference": "category"}


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks against the values of an input, and the attributes that are met first in it."""

    faults: list[Fault]
    new: list[AttributeDefinition]


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """What files the attributes name: storage keys by code, and what could not be found."""

    keys: dict[str, str]
    left_out: set[str]
    faults: list[Fault]
    warnings: list[Fault]


def variants_of(change: ProductInput) -> tuple[VariantInput, ...]:
    """The variants that an input names."""
    return () if isinstance(change.variants, UnsetType) else change.variants or ()


def names_attributes(change: ProductInput) -> bool:
    """Whether the input gives the product or a variant attributes."""
    return not isinstance(change.attributes, UnsetType) or any(
        not isinstance(v.attributes, UnsetType) for v in variants_of(change)
    )


def codes_given(change: ProductInput) -> Iterator[str]:
    """The attributes that the input gives the product or a variant; what is no code is left out."""
    for _, given, _ in _given(change):
        yield from filter(attributes.is_code, given)


def with_stored_values(change: ProductInput, known: Definitions) -> ProductInput:
    """The input with its values as they are kept."""
    if not names_attributes(change):
        return change
    if change.attributes:
        stored = attributes.stored_values(change.attributes, known)
        change = msgspec.structs.replace(change, attributes=stored)
    if isinstance(change.variants, UnsetType) or not change.variants:
        return change
    variants = tuple(
        msgspec.structs.replace(v, attributes=attributes.stored_values(v.attributes, known))
        if v.attributes
        else v
        for v in change.variants
    )
    return msgspec.structs.replace(change, variants=variants)


def read_attributes(change: ProductInput, known: Definitions) -> Read:
    """Check every value that the input gives; unknown codes are defined by their first value."""
    faults: list[Fault] = []
    new: dict[str, AttributeDefinition] = {}
    for path, given, level in _given(change):
        met = {code: one for code in given if (one := known.get(code) or new.get(code))}
        faults += attributes.check_attributes(given, met, level=level, path=path)
        for code, value in given.items():
            if value is not None and code not in known and code not in new:
                new[code] = attributes.inferred_definition(code, value, level)
    return Read(faults=faults, new=list(new.values()))


def _given(
    change: ProductInput,
) -> Iterator[tuple[str, Given, AttributeLevel]]:
    if not isinstance(change.attributes, UnsetType) and change.attributes:
        yield "attributes", change.attributes, "product"
    for number, variant in enumerate(variants_of(change)):
        if not isinstance(variant.attributes, UnsetType) and variant.attributes:
            yield f"variants[{number}].attributes", variant.attributes, "variant"


def references(change: ProductInput, known: Definitions) -> Iterator[tuple[str, str, str]]:
    """What the input refers to: (column, "product" or "category", slug or path)."""
    for path, given, _ in _given(change):
        for code, value in given.items():
            what = _REFERENCES.get(known[code].kind) if code in known else None
            if what and isinstance(value, tuple):
                yield from ((f"{path}.{code}", what, target) for target in value)


def dangling(
    change: ProductInput,
    known: Definitions,
    *,
    products: Collection[str],
    categories: Collection[str],
) -> Iterator[Fault]:
    """A fault for each product or category that is referred to and is not there."""
    for column, what, target in references(change, known):
        if target not in (products if what == "product" else categories):
            message = f"There is no {what} {target!r}."
            yield Fault(column=column, code="reference_unknown", message=message)


def read_files(
    given: Given, known: Definitions, media: Sequence[Media], missing: Collection[str]
) -> Files:
    """The storage keys of the files that attributes name, which must be media of the product."""
    found = Files(keys={}, left_out=set(), faults=[], warnings=[])
    for code, value in given.items():
        if code not in known or known[code].kind != "file" or not isinstance(value, str):
            continue
        entry = fields.media_named(value, media)
        if entry is not None:
            found.keys[code] = entry.storage_key
            continue
        message = f"The product has no file {value!r}."
        fault = Fault(column=f"attributes.{code}", code="file_unknown", message=message)
        found.left_out.add(code)
        (found.warnings if value in missing else found.faults).append(fault)
    return found
