"""Which fields a mapping can fill, what is wrong with a mapping, and what a column may be. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from rapidfuzz import fuzz

from argosy.modules.mappings.errors import MappingInvalid
from argosy.modules.mappings.types import (
    CategoryPath,
    Constant,
    Default,
    Join,
    Rule,
    Split,
    Suggestion,
    Template,
    Transform,
)
from argosy.modules.mappings.types import Mapping as Document

Kind = Literal["text", "list", "whole", "amount", "truth", "value"]


class Field(NamedTuple):
    """A field of the product format that a column can fill. `key`: what follows the last point is
    a code or name of the shop's own.
    """

    kind: Kind
    about: str
    words: tuple[str, ...] = ()
    key: bool = False
    clearable: bool = True


_PLAIN: Final[Mapping[str, Field]] = {
    "external_id": Field("text", "What the other system knows the product by.", (
        "id", "product id", "item id", "article number", "artikelnummer", "artnr", "handle")),
    "slug": Field("text", "The product's place in addresses.", ("url key", "permalink"),
                  clearable=False),
    "title": Field("text", "Its name.", (
        "name", "product name", "bezeichnung", "artikelname", "titel", "titre", "nombre"),
        clearable=False),
    "description": Field("text", "Its description; HTML is cleaned.", (
        "body", "body html", "long description", "beschreibung", "text")),
    "brand": Field("text", "Its maker.", (
        "vendor", "manufacturer", "marke", "hersteller", "marque", "marca")),
    "product_type": Field("text", "What kind of thing it is, in words.", (
        "type", "produkttyp", "warengruppe")),
    "type_code": Field("text", "The code of its product type."),
    "tax_class": Field("text", "The code of its tax class.", ("steuerklasse", "tax code")),
    "shipping_class": Field("text", "The code of its shipping class.", ("versandklasse",)),
    "status": Field("text", "`draft`, `active` or `archived`.", ("state", "published"),
                    clearable=False),
    "seo_title": Field("text", "Title for search engines.", ("meta title",)),
    "seo_description": Field("text", "Description for search engines.", ("meta description",)),
    "categories": Field("list", "Paths of categories, or with `category` their names.", (
        "category", "kategorie", "kategorien", "breadcrumb", "google product category")),
    "channels": Field("list", "Codes of the channels that show it.", ("kanal",)),
    "media": Field("list", "File names of photographs.", (
        "image", "images", "picture", "bild", "bilder", "image link", "photo")),
    "variant.sku": Field("text", "Stock keeping unit: what a variant is known by.", (
        "sku", "variant sku", "article no", "item number", "bestellnummer"), clearable=False),
    "variant.external_id": Field("text", "What the other system knows the variant by.", (
        "variant id",)),
    "variant.gtin": Field("text", "EAN, UPC or other GTIN.", (
        "gtin", "ean", "upc", "barcode", "ean13", "isbn")),
    "variant.title": Field("text", "A name of its own.", ("variant title",)),
    "variant.weight_g": Field("whole", "Weight in grams; use `unit` to `g` for others.", (
        "weight", "gewicht", "grams", "poids")),
    "variant.length_mm": Field("whole", "Length as packed, in millimetres.", ("length", "lange")),
    "variant.width_mm": Field("whole", "Width as packed, in millimetres.", ("width", "breite")),
    "variant.height_mm": Field("whole", "Height as packed, in millimetres.", ("height", "hohe")),
    "variant.requires_shipping": Field("truth", "Whether it is sent."),
    "variant.tracks_inventory": Field("truth", "Whether its stock is counted.", (
        "manage stock", "lagerfuhrung")),
    "variant.tax_class": Field("text", "The code of its own tax class."),
    "variant.hs_code": Field("text", "Customs tariff number.", (
        "hs code", "zolltarifnummer", "commodity code", "taric")),
    "variant.origin_country": Field("text", "Country of origin, two letters.", (
        "origin", "country of origin", "ursprungsland", "made in")),
    "variant.status": Field("text", "`active` or `archived`."),
    "variant.media": Field("text", "File name of its photograph.", ("variant image",)),
}  # fmt: skip
_KEYED: Final[Mapping[str, Field]] = {
    "attributes": Field("value", "A value of the product's attribute of this code.", key=True),
    "fields": Field("value", "A custom field of the product.", key=True),
    "option": Field("text", "The variant's value of the option of this name.", key=True,
                    clearable=False),
    "variant.attributes": Field("value", "A value of the variant's attribute.", key=True),
    "variant.fields": Field("value", "A custom field of the variant.", key=True),
    "variant.price": Field("amount", "Its price in the price list of this code.", (
        "price", "preis", "vk", "verkaufspreis", "prix", "precio", "list price"), key=True),
    "variant.compare_at": Field("amount", "The former price shown beside that one.", (
        "compare at price", "uvp", "rrp", "msrp"), key=True, clearable=False),
    "variant.stock": Field("whole", "How many are on the shelf at the location of this code.", (
        "stock", "quantity", "qty", "bestand", "menge", "lagerbestand", "inventory"), key=True,
        clearable=False),
}  # fmt: skip
FIELDS: Final[Mapping[str, Field]] = {**_PLAIN, **_KEYED}
"""All fields; those with `key` are written with a code behind them: `variant.price.eur`."""

LEAST_SIMILAR: Final = 85
MAX_COLUMNS: Final = 1000
_NEEDS_NO_COLUMN = (Constant, Template)
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def field_of(name: str) -> tuple[Field, str] | None:
    """The field that is called so, and the code behind it (empty where it has none)."""
    if name in _PLAIN:
        return _PLAIN[name], ""
    for prefix, field in _KEYED.items():
        key = name.removeprefix(f"{prefix}.")
        if key != name and 0 < len(key) <= 120:
            return field, key
    return None


def placeholders(text: str) -> list[str]:
    """The columns that a template names; an empty name is the value itself."""
    return _PLACEHOLDER.findall(text)


def filled(text: str, value: str, cells: Mapping[str, str]) -> str:
    """A template with its cells; empty where all of them are."""
    names = placeholders(text)
    found = {name: cells.get(name, "") if name else value for name in names}
    if names and not any(found.values()):
        return ""
    return " ".join(_PLACEHOLDER.sub(lambda match: found[match.group(1)], text).split(" ")).strip()


def check(document: Document) -> None:
    """Raises MappingInvalid for the first rule that cannot be used, saying which."""
    seen: set[str] = set()
    for number, rule in enumerate(document.rules):
        problem = next(_problems(rule), None)
        if problem is None and rule.field in seen:
            problem = f"{rule.field!r} is given twice."
        if problem:
            raise MappingInvalid(problem, field=f"rules[{number}]")
        seen.add(rule.field)
    variant = any(n.startswith(("variant.", "option.")) for n in seen)
    if variant and "variant.sku" not in seen:
        raise MappingInvalid(
            "A rule for 'variant.sku' is missing: variants are known by it.", field="rules"
        )
    if not seen & {"external_id", "slug", "variant.sku"}:
        raise MappingInvalid(
            "Nothing says which product a row is: map external_id, slug or variant.sku.",
            field="rules",
        )
    for name in seen:
        wanted = f"variant.price.{name.removeprefix('variant.compare_at.')}"
        if name.startswith("variant.compare_at.") and wanted not in seen:
            raise MappingInvalid(f"{name!r} needs a rule for {wanted!r}.", field="rules")


def _problems(rule: Rule) -> Iterator[str]:
    found = field_of(rule.field)
    if found is None:
        yield f"There is no field {rule.field!r}."
        return
    field, _ = found
    if not rule.reads and not any(isinstance(t, _NEEDS_NO_COLUMN) for t in rule.transforms):
        yield f"{rule.field!r} needs a column, or a constant or template."
    if rule.empty == "clear" and not field.clearable:
        yield f"{rule.field!r} cannot be cleared."
    for transform in rule.transforms:
        if isinstance(transform, CategoryPath) and rule.field != "categories":
            yield "Only 'categories' takes the transform 'category'."


def columns_of(document: Document) -> set[str]:
    """All columns that a mapping reads."""
    found = {column for rule in document.rules for column in rule.reads}
    for rule in document.rules:
        for transform in rule.transforms:
            if isinstance(transform, Template):
                found.update(name for name in placeholders(transform.text) if name)
    if document.group_by:
        found.add(document.group_by)
    return found


def folded(text: str) -> str:
    """A name as names are compared: without case, accents and anything but letters and digits."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())


def suggest(
    columns: Sequence[str],
    *,
    attributes: Mapping[str, str],
    price_list: str | None = None,
    location: str | None = None,
) -> list[Suggestion]:
    """What each column may be, by its name alone; a field is suggested once.

    `attributes` are codes with their labels. Prices and stock are suggested where `price_list` and
    `location` say where they belong.
    """
    names = _names(attributes, price_list, location)
    taken: set[str] = set()
    found: dict[str, Suggestion] = {}
    # The surest first, so that `Name` is the title and not `Name of the colour`.
    ranked = sorted(
        (
            (-confidence, number, column, field, reason)
            for number, column in enumerate(columns[:MAX_COLUMNS])
            for field, confidence, reason in _candidates(column, names)
        ),
        key=lambda one: one[:2],
    )
    for confidence, _, column, field, reason in ranked:
        if column not in found and field not in taken:
            taken.add(field)
            rule = Rule(field=field, column=column, transforms=_usual(field))
            found[column] = Suggestion(
                column=column, field=field, confidence=-confidence, reason=reason, rule=rule
            )
    nothing = {"field": None, "confidence": 0.0, "rule": None}
    return [
        found.get(column) or Suggestion(column=column, reason="none", **nothing)  # type: ignore[arg-type]
        for column in columns[:MAX_COLUMNS]
    ]


def _names(
    attributes: Mapping[str, str], price_list: str | None, location: str | None
) -> dict[str, tuple[str, Literal["exact", "synonym"]]]:
    """By folded name: the field, and whether that is its own name."""
    found: dict[str, tuple[str, Literal["exact", "synonym"]]] = {}
    ends = {
        "variant.price": price_list,
        "variant.compare_at": price_list,
        "variant.stock": location,
    }
    for name, field in FIELDS.items():
        end = ends.get(name)
        if field.key and not end:
            continue
        full = f"{name}.{end}" if end else name
        found.setdefault(folded(full), (full, "exact"))
        for word in (name.rpartition(".")[2], *field.words):
            found.setdefault(folded(word), (full, "synonym"))
    for code, label in attributes.items():
        for word in (code, label):
            found.setdefault(folded(word), (f"attributes.{code}", "exact"))
    return found


def _candidates(
    column: str, names: Mapping[str, tuple[str, Literal["exact", "synonym"]]]
) -> Iterator[tuple[str, float, Literal["exact", "synonym", "similar"]]]:
    plain = folded(column)
    if plain in names:
        field, reason = names[plain]
        yield field, 1.0 if reason == "exact" else 0.95, reason
        return
    if len(plain) < 4:
        return
    for name, (field, _) in names.items():
        score = fuzz.ratio(plain, name) if len(name) >= 4 else 0
        if score >= LEAST_SIMILAR:
            yield field, round(score / 100 * 0.9, 3), "similar"


def _usual(field: str) -> tuple[Transform, ...]:
    match field:
        case "categories":
            return (Split(separator="|"), CategoryPath())
        case "media" | "channels":
            return (Split(separator=","),)
    return ()


def is_filling(transform: Transform) -> bool:
    """Whether it can make a value where there is none."""
    return isinstance(transform, Constant | Default | Template | Join)
