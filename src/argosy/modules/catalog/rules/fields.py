"""What makes a product whole: slugs, SKUs, GTINs, option matrices, windows.

Pure. `check_*` functions return the faults that they found, with column paths; the others compute.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import nh3
from msgspec import UNSET, UnsetType

from argosy.kernel.wall_clock import check_year, in_utc
from argosy.modules.catalog.types import (
    AttributeValue,
    CategoryInput,
    Fault,
    Media,
    Option,
    ProductFields,
    ProductInput,
    ProductRow,
    Publication,
    Variant,
    VariantFields,
    VariantInput,
)

MAX_VARIANTS_PER_PRODUCT = 10_000

_NOT_WORD = re.compile(r"[\W_]+")
_NO_SLUG = re.compile(r"[?#\\\x00-\x1f\x7f]")
_TEXT_DEFAULTS = ("description", "brand", "product_type", "seo_title", "seo_description")


def check_slug(slug: str) -> Iterator[Fault]:
    """A slug is one step of a path as it stands there: `?`, `#` and `\\` would end the path or be
    read as another, and so would two dots.
    """
    if _NO_SLUG.search(slug) or slug in {".", ".."}:
        message = f"{slug[:80]!r} cannot stand in an address: leave out ?, # and backslashes."
        yield Fault(column="slug", code="slug_invalid", message=message)


def slugify(text: str) -> str:
    """A slug from any text: `Crème Brûlée!` gives `creme-brulee`. Letters of other scripts stay."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).replace("ß", "ss")
    joined = unicodedata.normalize("NFC", plain).replace("'", "").replace("’", "")
    return _NOT_WORD.sub("-", joined).strip("-")[:120].rstrip("-")


def slug_candidates(title: str, product_id: UUID) -> tuple[str, ...]:
    """Slugs to try for a new product, in order; the last is as unique as its id."""
    base = slugify(title) or "product"
    return (base, *(f"{base}-{n}" for n in range(2, 10)), f"{base}-{product_id.hex[-10:]}")


def sku_key(sku: str) -> str:
    """What two equal SKUs have in common (E2): no spaces around, lower case."""
    return sku.strip().lower()


def bare_gtin(text: str) -> str:
    """A GTIN without the spaces and hyphens that people write in it."""
    return re.sub(r"[\s-]", "", text)


def gtin_is_valid(gtin: str) -> bool:
    """GTIN-8, -12, -13 or -14 with a right check digit (GS1 general specifications, 7.9)."""
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", gtin, re.ASCII):
        return False
    weighted = (int(d) * (3 if place % 2 else 1) for place, d in enumerate(reversed(gtin)))
    return sum(weighted) % 10 == 0


def sanitised(html: str) -> str:
    """HTML with everything removed that could run, load or frame something."""
    return nh3.clean(html)


def check_options(options: Sequence[Option]) -> Iterator[Fault]:
    """Names differ, and the values of each differ; without regard to case."""
    names = [o.name.strip().lower() for o in options]
    if len(set(names)) != len(names):
        yield Fault(column="options", code="option_repeated", message="Two options share a name.")
    for option in options:
        values = [v.strip().lower() for v in option.values]
        if len(set(values)) != len(values) or not values:
            message = f"The values of {option.name!r} are missing or repeat."
            yield Fault(column="options", code="option_values", message=message)


def check_variant_options(
    options: Mapping[str, str], allowed: Sequence[Option], column: str
) -> Iterator[Fault]:
    """A variant has one value for each option of its product, from the list, and no others."""
    known = {o.name: o.values for o in allowed}
    for name in known.keys() - options.keys():
        message = f"The option {name!r} of the product is missing."
        yield Fault(column=f"{column}.options", code="option_missing", message=message)
    for name, value in options.items():
        if name not in known:
            message = f"The product has no option {name!r}."
            yield Fault(column=f"{column}.options", code="option_unknown", message=message)
        elif value not in known[name]:
            message = f"{value!r} is not a value of the option {name!r}."
            yield Fault(column=f"{column}.options.{name}", code="option_value", message=message)


def options_with(options: Sequence[Option], variants: Sequence[VariantInput]) -> tuple[Option, ...]:
    """The options, with the values that the variants bring added in order of appearance."""
    values = {o.name: list(o.values) for o in options}
    for variant in variants:
        for name, value in (variant.options or {}).items():
            if value not in values.setdefault(name, []):
                values[name].append(value)
    return tuple(Option(name=n, values=tuple(v)) for n, v in values.items())


def variant_title(options: Mapping[str, str], order: Sequence[Option]) -> str:
    """`M / Black`: the values in the order of the product's options."""
    return " / ".join(options[o.name] for o in order if o.name in options)


def market_instant(given: datetime, zone: str) -> datetime:
    """A time of day without offset is in the market's zone (E10); the answer is in UTC.

    A time that a clock change skips counts as the moment after the change; one that it repeats, as
    the first of the two. Raises TimeOutOfRange.
    """
    if given.tzinfo is None:
        check_year(given, "publish_from")
        given = given.replace(tzinfo=ZoneInfo(zone))
    found = in_utc(given, "publish_from")
    assert found is not None
    return found


def is_published(publication: Publication, at: datetime) -> bool:
    """In the half-open window [publish_from, publish_until)."""
    until = publication.publish_until
    return publication.publish_from <= at and (until is None or at < until)


def merged_product(current: ProductRow, change: ProductInput) -> ProductRow:
    """`current` with the given fields changed and the cleared ones at their default (E3)."""
    new = {f: v for f in ProductFields.__struct_fields__ if (v := getattr(change, f)) is not UNSET}
    for field in _TEXT_DEFAULTS:
        if new.get(field, "") is None:
            new[field] = ""
    for field, default in (("tax_class", "standard"), ("shipping_class", "standard"),
                           ("status", "draft"), ("options", ())):  # fmt: skip
        if field in new and new[field] is None:
            new[field] = default
    if new.get("description"):
        new["description"] = sanitised(str(new["description"]))
    if not isinstance(change.attributes, UnsetType):
        kept = {} if "attributes" in change.replace or not change.attributes else current.attributes
        new["attributes"] = merged_attributes(kept, change.attributes)
    if not isinstance(change.options, UnsetType) and change.options:
        new["options"] = tuple(
            Option(name=o.name.strip(), values=tuple(v.strip() for v in o.values))
            for o in change.options
        )
    if not isinstance(change.import_hash, UnsetType):
        new["import_hash"] = change.import_hash
    return msgspec.structs.replace(current, **new)


def merged_attributes(
    kept: Mapping[str, AttributeValue], given: Mapping[str, AttributeValue | None] | None
) -> dict[str, AttributeValue]:
    """The kept values with the given ones set, and those given as None removed (E3)."""
    both = {**kept, **(given or {})}
    return {k: v for k, v in sorted(both.items()) if v is not None}


def merged_variant(current: Variant, change: VariantInput) -> Variant:
    """`current` with the given fields changed and the cleared ones at their default (E3)."""
    new = {f: v for f in VariantFields.__struct_fields__ if (v := getattr(change, f)) is not UNSET}
    defaults = {"title": "", "options": {}, "requires_shipping": True, "tracks_inventory": True,
                "status": "active"}  # fmt: skip
    for field, default in defaults.items():
        if field in new and new[field] is None:
            new[field] = default
    if not isinstance(change.attributes, UnsetType):
        kept = current.attributes if change.attributes else {}
        new["attributes"] = merged_attributes(kept, change.attributes)
    if "sku" in new:
        new["sku"] = str(new["sku"]).strip()
    if new.get("gtin"):
        new["gtin"] = bare_gtin(str(new["gtin"]))
    if new.get("gtin") == "":
        new["gtin"] = None
    return msgspec.structs.replace(current, **new)


def check_variant(variant: Variant, column: str) -> Iterator[Fault]:
    """What a variant's own fields must fulfil, whatever its product."""
    if not variant.sku:
        yield Fault(column=f"{column}.sku", code="sku_missing", message="A variant needs a SKU.")
    if variant.gtin is not None and not gtin_is_valid(variant.gtin):
        message = f"{variant.gtin!r} is no GTIN: the length or the check digit is wrong."
        yield Fault(column=f"{column}.gtin", code="gtin_invalid", message=message)


def merged_alts(
    present: Mapping[str, str], given: Mapping[str, str | None] | UnsetType | None
) -> dict[str, str]:
    """Texts by locale after a change: given ones are set, null or empty ones are taken away."""
    if isinstance(given, UnsetType):
        return dict(present)
    merged = {**present, **given} if given is not None else {}
    return {locale: text for locale, text in sorted(merged.items()) if text}


def media_named(name: str, media: Sequence[Media]) -> Media | None:
    """The photograph with this storage key or from this source file."""
    same: Callable[[Media], bool] = lambda m: name in {m.storage_key, m.source}  # noqa: E731
    return next(filter(same, media), None)


def by_depth(inputs: Sequence[CategoryInput]) -> Iterator[list[CategoryInput]]:
    """The inputs in groups, parents before children; a path given twice counts as last given."""
    last = {c.path: c for c in inputs}
    depths = sorted({p.count("/") for p in last})
    for depth in depths:
        yield [c for p, c in last.items() if p.count("/") == depth]


def unstorable(change: msgspec.Struct) -> str | None:
    """The first field with a character that PostgreSQL does not store."""
    if b"\\u0000" not in msgspec.json.encode(change):
        return None
    fields_given = msgspec.to_builtins(change)
    return next((name for name, value in fields_given.items() if _holds_nul(value)), None)


def _holds_nul(value: object) -> bool:
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any(_holds_nul(k) or _holds_nul(v) for k, v in value.items())
        case list() | tuple():
            return any(_holds_nul(item) for item in value)
        case _:
            return False
