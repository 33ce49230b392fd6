"""What options and attributes say of a product: in its documents, and as facets of listings. Pure.

DOMAIN.md E7: the terms of a variant's own attributes are its own, so that a listing that is
narrowed by two of them finds products with one variant that has both.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator

import msgspec
import nh3

from argosy.modules.projections.rules.pictures import media_url
from argosy.modules.projections.rules.sizes import size_position
from argosy.modules.projections.types import (
    AttributeDocument,
    FacetTerm,
    SourceAttribute,
    SourceOption,
    SourceProduct,
    SourceVariant,
)

RESERVED_CODES = frozenset(
    {"category", "collection", "cursor", "expand", "facets", "fields", "in_stock", "limit"}
    | {"locale", "price_max", "price_min", "q", "sort"}
)
_MAX_TERM = 100
_AFTER_OPTIONS = 1000


def facet_code(name: str) -> str:
    """The query parameter for an option or attribute: `Shoe size` is asked for as `shoe_size`."""
    code = re.sub(r"\W+", "_", _folded(name))[:_MAX_TERM].strip("_") or "option"
    return f"option_{code}" if code in RESERVED_CODES else code


def facet_value(text: str) -> str:
    """The comparison form of a facet's value: case, width and runs of space do not matter."""
    return " ".join(_folded(text).split())[:_MAX_TERM].rstrip()


def _folded(text: str) -> str:
    # Folding can undo the normal form and the normal form can uncover capitals: twice settles it
    # (Unicode, section 3.13, NFKC_Casefold).
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", text).replace("\x00", "")


def _by_position(attribute: SourceAttribute) -> tuple[int, str]:
    return attribute.position, attribute.code


class _Measured(msgspec.Struct, frozen=True):
    number: str
    unit: str


class _Number(msgspec.Struct, frozen=True):
    number: str
    unit: str | None = None
    canonical: _Measured | None = None


def _values(attribute: SourceAttribute) -> list[tuple[str, str]]:
    """The values as (what is compared, words), one for each that a listing can be narrowed by.

    Numbers are compared in their canonical unit: 1 lb and 453.59237 g are one (DOMAIN.md E6).
    """
    decode = msgspec.json.decode
    match attribute.kind:
        case "boolean":
            words = ["Yes" if decode(attribute.value, type=bool) else "No"]
        case "number":
            return [_number(decode(attribute.value, type=_Number), attribute.unit)]
        case "integer":
            words = [str(decode(attribute.value, type=int))]
        case "choice" | "swatch" | "product_reference" | "category_reference":
            words = decode(attribute.value, type=list[str])
        case "rich_text":
            bare = nh3.clean(decode(attribute.value, type=str), tags=set())
            words = [" ".join(html.unescape(bare).split())]
        case _:
            words = [decode(attribute.value, type=str)]
    return [(word, attribute.words.get(word, word)) for word in words]


def _number(number: _Number, usual_unit: str | None) -> tuple[str, str]:
    unit = number.unit or usual_unit
    label = f"{number.number} {unit}" if unit else number.number
    if number.canonical is None:
        return label, label
    return f"{number.canonical.number} {number.canonical.unit}", label


def attribute_documents(attributes: Iterable[SourceAttribute]) -> list[AttributeDocument]:
    """The attributes as pages show them, in display order."""
    return [_document(a) for a in sorted(attributes, key=_by_position)]


def _document(attribute: SourceAttribute) -> AttributeDocument:
    values = _values(attribute)
    swatches = {
        label: shown for value, label in values if (shown := _swatch(attribute, value)) is not None
    }
    return AttributeDocument(
        code=attribute.code,
        label=attribute.label,
        kind=attribute.kind,
        value=attribute.value,
        unit=attribute.unit,
        text=", ".join(label for _, label in values),
        swatches=swatches,
        url=media_url(values[0][0]) if attribute.kind == "file" else None,
        searchable=attribute.searchable,
    )


def _swatch(attribute: SourceAttribute, choice: str) -> str | None:
    """What the choice looks like: a colour, or the address of an image."""
    shown = attribute.swatches.get(choice)
    return shown if not shown or shown.startswith("#") else media_url(shown)


def product_terms(source: SourceProduct) -> Iterator[FacetTerm]:
    """Facet values that every variant of the product has: its brand and its attributes."""
    if brand := facet_value(source.brand):
        yield FacetTerm("brand", brand, source.brand, facet_label="Brand")
    yield from attribute_terms(source.attributes)


def attribute_terms(attributes: Iterable[SourceAttribute]) -> Iterator[FacetTerm]:
    """The facet values of these attributes, for those that are facets."""
    for attribute in attributes:
        if not attribute.facet:
            continue
        code = facet_code(attribute.code)
        places = {choice: n for n, choice in enumerate(attribute.choices)}
        for compared, text in _values(attribute):
            if value := facet_value(compared):
                yield FacetTerm(
                    code,
                    value,
                    text,
                    places.get(compared, 0),
                    attribute.label,
                    attribute.unit,
                    _AFTER_OPTIONS + attribute.position,
                    is_defined=True,
                    swatch=_swatch(attribute, compared),
                )


class OptionTerms:
    """Facet values by option; most variants share them, so each is made once per product."""

    def __init__(self, options: tuple[SourceOption, ...]) -> None:
        self._made: dict[tuple[str, str], FacetTerm] = {}
        self._named = {o.name: o for o in options}
        self._places = {
            (o.name, value): (n, m)
            for n, o in enumerate(options)
            for m, value in enumerate(o.values)
        }

    def of(self, variant: SourceVariant) -> Iterator[FacetTerm]:
        for name, label in variant.options.items():
            term = self._made.get((name, label))
            if term is None:
                place, position = self._places.get((name, label), (0, 0))
                position = size_position(label, position)
                option = self._named.get(name) or SourceOption(name=name)
                term = self._made[name, label] = FacetTerm(
                    facet_code(name),
                    facet_value(label),
                    option.words.get(label, label),
                    position,
                    option.label or name,
                    None,
                    1 + place,
                )
            if term.value:
                yield term
