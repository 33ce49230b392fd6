"""Decide what a product input changes, from what is there: the tri-state merge (DOMAIN.md E3).

Pure: `plan` reads a `Known` and an input and answers with what to write, or why not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from argosy.modules.catalog.rules import attribute_planning, fields, gtins
from argosy.modules.catalog.types import (
    AttributeDefinition,
    Fault,
    Media,
    MediaInput,
    Option,
    ProductInput,
    ProductRow,
    Publication,
    PublicationInput,
    Rejected,
    Unchanged,
    Variant,
    VariantInput,
)

Mode = Literal["any", "create", "update"]


class Known(msgspec.Struct, kw_only=True):
    """What is stored about the products that a batch of inputs names, and what the batch claims."""

    products: dict[UUID, ProductRow]
    by_external: dict[str, ProductRow]
    by_slug: dict[str, ProductRow]
    variants: dict[UUID, Variant]
    by_sku: dict[str, Variant]
    by_variant_external: dict[str, Variant]
    others: dict[UUID, list[Variant]]
    """All variants, for products whose options lose something or whose variants are replaced."""
    last_position: dict[UUID, int]
    media: dict[UUID, list[Media]]
    links: dict[UUID, list[tuple[UUID, str]]]
    publications: dict[UUID, list[Publication]]
    categories: dict[str, UUID]
    attributes: dict[str, AttributeDefinition]
    taken_slugs: set[str]
    now: datetime
    new_id: Callable[[], UUID]
    referable: set[str] = msgspec.field(default_factory=set)
    """Slugs, present and former, of the products that attributes refer to."""
    gtins: gtins.Holders = msgspec.field(default_factory=dict)
    claimed: set[tuple[str, str]] = msgspec.field(default_factory=set)


class Planned(msgspec.Struct, kw_only=True):
    """Everything to write for one product."""

    product: ProductRow
    before: ProductRow | None
    variants: list[Variant] = msgspec.field(default_factory=list)
    variant_ids: dict[str, UUID] = msgspec.field(default_factory=dict)
    media: list[Media] = msgspec.field(default_factory=list)
    media_gone: list[UUID] = msgspec.field(default_factory=list)
    links: list[tuple[UUID, int]] = msgspec.field(default_factory=list)
    links_gone: list[UUID] = msgspec.field(default_factory=list)
    publications: list[Publication] = msgspec.field(default_factory=list)
    unpublished: list[UUID] = msgspec.field(default_factory=list)
    new_attributes: list[AttributeDefinition] = msgspec.field(default_factory=list)
    faults: list[Fault] = msgspec.field(default_factory=list)
    warnings: list[Fault] = msgspec.field(default_factory=list)
    missing_media: set[str] = msgspec.field(default_factory=set)

    @property
    def only_variants(self) -> bool:
        """Whether nothing differs from what is stored but variants."""
        before = self.before
        return before is not None and not (
            msgspec.structs.replace(self.product, import_hash=before.import_hash) != before
            or self.media or self.media_gone or self.links or self.links_gone
            or self.publications or self.unpublished
        )  # fmt: skip

    @property
    def changed(self) -> bool:
        """Whether anything but the import mark differs from what is stored."""
        return bool(self.variants) or not self.only_variants

    def fault(self, column: str, code: str, message: str) -> None:
        """Note one reason against the input."""
        self.faults.append(Fault(column=column, code=code, message=message))


def plan(change: ProductInput, known: Known, mode: Mode) -> Planned | Unchanged | Rejected:
    """What to write for `change`. In mode `create` the product must be new, in `update` known."""
    current, faults = identified(change, known, mode)
    if faults:
        return Rejected(faults=tuple(faults))
    if current and not change.reapply and current.import_hash == change.import_hash:
        return Unchanged(product_id=current.id)
    if path := fields.unstorable(change):
        message = "The text holds a NUL character, which no text may."
        return Rejected(faults=(Fault(column=path, code="text_invalid", message=message),))
    change = attribute_planning.with_stored_values(change, known.attributes)
    base = current or _blank(change, known)
    made = Planned(product=fields.merged_product(base, change), before=current)
    _plan_fields(made, change, known)
    _plan_media(made, change, known)
    _plan_attributes(made, change, known, mode)
    _plan_variants(made, change, known)
    shared = gtins.shared(made.variants, known.variants, made.variant_ids, known.gtins)
    # A file may hold what was said of it elsewhere; who writes one product means what it says.
    (made.warnings if mode == "any" else made.faults).extend(shared)
    _plan_categories(made, change, known)
    _plan_publications(made, change, known)
    _claim(made, known)
    if made.warnings:
        # The next import of the same row may find what was missing.
        made.product = msgspec.structs.replace(made.product, import_hash=None)
    return Rejected(faults=tuple(made.faults)) if made.faults else made


def identified(
    change: ProductInput, known: Known, mode: Mode
) -> tuple[ProductRow | None, list[Fault]]:
    """The stored product that the input means, and what speaks against it."""
    if not isinstance(change.id, UnsetType):
        found = known.products.get(change.id)
        missing = Fault(column="id", code="product_not_found", message="No such product.")
        return found, [] if found else [missing]
    by_external = known.by_external.get(change.external_id) if change.external_id else None
    by_slug = known.by_slug.get(change.slug) if change.slug else None
    by_sku = _owner_of_skus(change, known)
    found = by_external or by_slug or by_sku
    if mode == "create" and found:
        column = "external_id" if by_external else "slug" if by_slug else "variants"
        codes = {"external_id": "external_id_taken", "slug": "slug_taken", "variants": "sku_taken"}
        message = f"The product {found.slug!r} has it already."
        return None, [Fault(column=column, code=codes[column], message=message)]
    if mode == "update" and not found:
        return None, [Fault(column="", code="product_not_found", message="No such product.")]
    given = change.external_id or None
    if found and given and found.external_id and found.external_id != given:
        column, code = ("slug", "slug_taken") if by_slug else ("variants", "sku_taken")
        message = f"It belongs to the product with the external id {found.external_id!r}."
        return None, [Fault(column=column, code=code, message=message)]
    return found, []


def narrowed(old: Sequence[Option], new: Sequence[Option]) -> bool:
    """Whether variants that fitted the old options may not fit the new ones."""
    values = {o.name: set(o.values) for o in new}
    return {o.name for o in old} != values.keys() or any(
        not set(o.values) <= values[o.name] for o in old
    )


def target_options(current: Sequence[Option], change: ProductInput) -> tuple[Option, ...]:
    """The options after the change: those given, or the old ones with the variants' new values."""
    if not isinstance(change.options, UnsetType):
        return tuple(change.options or ())
    return fields.options_with(current, _given(change.variants))


def replaces_variants(change: ProductInput) -> bool:
    """Whether the variants that the change does not name are to be archived."""
    if isinstance(change.variants, UnsetType):
        return False
    return not change.variants or "variants" in change.replace


def _given(variants: tuple[VariantInput, ...] | UnsetType | None) -> tuple[VariantInput, ...]:
    return () if isinstance(variants, UnsetType) or variants is None else variants


def _owner_of_skus(change: ProductInput, known: Known) -> ProductRow | None:
    for variant in _given(change.variants):
        stored = _stored_variant(variant, known)
        if stored:
            return known.products.get(stored.product_id)
    return None


def _stored_variant(change: VariantInput, known: Known) -> Variant | None:
    if not isinstance(change.id, UnsetType):
        return known.variants.get(change.id)
    if change.sku is not UNSET and change.sku:
        found = known.by_sku.get(fields.sku_key(change.sku))
        if found:
            return found
    return known.by_variant_external.get(change.external_id) if change.external_id else None


def _blank(change: ProductInput, known: Known) -> ProductRow:
    new_id = known.new_id()
    slug = ""
    if not change.slug and change.title:
        slug = next(
            s for s in fields.slug_candidates(change.title, new_id)
            if s not in known.taken_slugs and ("slug", s) not in known.claimed
        )  # fmt: skip
    return ProductRow(
        id=new_id, external_id=None, slug=slug, title="", description="", brand="",
        product_type="", type_code=None, tax_class="standard", shipping_class="standard",
        status="draft", seo_title="", seo_description="", options=(), attributes={}, rating=None,
        import_hash=None, version=0, created_at=known.now, updated_at=known.now,
    )  # fmt: skip


def _plan_fields(made: Planned, change: ProductInput, known: Known) -> None:
    product, before = made.product, made.before
    if not product.title.strip():
        made.fault("title", "title_missing", "A product needs a title.")
    if before is None or before.slug != product.slug:
        # One that is there already stays: its address is known.
        made.faults.extend(fields.check_slug(product.slug))
    if (other := known.by_slug.get(product.slug)) and other.id != product.id:
        made.fault("slug", "slug_taken", f"Another product has the slug {product.slug!r}.")
    other = known.by_external.get(product.external_id) if product.external_id else None
    if other and other.id != product.id:
        message = f"The product {other.slug!r} has the external id {product.external_id!r}."
        made.fault("external_id", "external_id_taken", message)
    options = target_options(before.options if before else (), change)
    made.product = msgspec.structs.replace(product, options=options)
    made.faults.extend(fields.check_options(options))


def _plan_media(made: Planned, change: ProductInput, known: Known) -> None:
    if isinstance(change.media, UnsetType):
        return
    stored = known.media.get(made.product.id, [])
    if not change.media:
        made.media_gone = [m.id for m in stored]
        return
    entries = []
    for number, given in enumerate(change.media):
        merged = _merged_media(given, stored, made.product.id, known)
        if merged:
            entries.append(merged)
            continue
        made.missing_media.add(given.source or "")
        message = f"{given.source!r} was not found and was left out."
        made.warnings.append(
            Fault(column=f"media[{number}].file", code="media_missing", message=message)
        )
    listed = list({m.id: m for m in entries}.values())
    kept = [m for m in stored if m.id not in {e.id for e in listed}]
    if "media" in change.replace:
        made.media_gone, kept = [m.id for m in kept], []
    order = listed if not kept else _appended(stored, listed, key=lambda m: m.id)
    final = [msgspec.structs.replace(m, position=n) for n, m in enumerate(order)]
    made.media = [m for m in final if m not in stored]


def _merged_media(
    given: MediaInput, stored: Sequence[Media], owner: UUID, known: Known
) -> Media | None:
    same = next(
        (m for m in stored if given.storage_key and m.storage_key == given.storage_key), None
    )
    same = same or next((m for m in stored if given.source and m.source == given.source), None)
    alt = same.alt if same else ""
    if not isinstance(given.alt, UnsetType):
        alt = given.alt or ""
    alts = fields.merged_alts(same.alts if same else {}, given.alts)
    if given.storage_key is None:
        return msgspec.structs.replace(same, alt=alt, alts=alts) if same else None
    return Media(
        id=same.id if same else known.new_id(),
        product_id=owner,
        storage_key=given.storage_key,
        sha256=given.sha256,
        content_type=given.content_type,
        byte_size=given.byte_size,
        width=given.width,
        height=given.height,
        alt=alt,
        alts=alts,
        position=same.position if same else 0,
        kind=given.kind,
        source=given.source or (same.source if same else None),
    )


def _plan_attributes(made: Planned, change: ProductInput, known: Known, mode: Mode) -> None:
    read = attribute_planning.read_attributes(change, known.attributes)
    made.faults.extend(read.faults)
    made.new_attributes = read.new
    dangling = attribute_planning.dangling(
        change, known.attributes, products=known.referable, categories=known.categories
    )
    # A file may bring what it refers to further on; who writes one product means one that is there.
    (made.warnings if mode == "any" else made.faults).extend(dangling)
    if isinstance(change.attributes, UnsetType) or not change.attributes:
        return
    shown = [m for m in known.media.get(made.product.id, []) if m.id not in made.media_gone]
    files = attribute_planning.read_files(
        change.attributes, known.attributes, [*made.media, *shown], made.missing_media
    )
    made.faults.extend(files.faults)
    made.warnings.extend(files.warnings)
    values = {c: files.keys.get(c, v) for c, v in made.product.attributes.items()}
    kept = {c: v for c, v in values.items() if c not in files.left_out}
    made.product = msgspec.structs.replace(made.product, attributes=kept)


def _plan_variants(made: Planned, change: ProductInput, known: Known) -> None:
    if isinstance(change.variants, UnsetType):
        _check_others(made, known, set())
        return
    next_position = known.last_position.get(made.product.id, -1) + 1
    seen: set[UUID] = set()
    for number, given in enumerate(_given(change.variants)):
        column = f"variants[{number}]"
        stored = _stored_variant(given, known)
        if stored and stored.product_id != made.product.id:
            made.fault(f"{column}.sku", "sku_taken", f"Another product has the SKU {stored.sku!r}.")
            continue
        if stored is None and given.id is not UNSET:
            made.fault(f"{column}.id", "variant_not_found", "No such variant of this product.")
            continue
        base = stored or _blank_variant(made.product.id, next_position, known)
        next_position += stored is None
        variant = _with_media(made, fields.merged_variant(base, given), given, known, column)
        variant = _titled(variant, stored, given, made.product.options)
        if not variant.sku:
            made.fault(f"{column}.sku", "sku_missing", "A variant needs a SKU.")
            continue
        _check_variant(made, variant, stored, column)
        if variant.id in seen or fields.sku_key(variant.sku) in made.variant_ids:
            made.fault(f"{column}.sku", "sku_repeated", f"{variant.sku!r} is here twice.")
        seen.add(variant.id)
        made.variant_ids[fields.sku_key(variant.sku)] = variant.id
        if variant != stored:
            made.variants.append(variant)
    _check_combinations(made)
    if replaces_variants(change):
        others = known.others.get(made.product.id, [])
        made.variants += [
            msgspec.structs.replace(other, status="archived")
            for other in others
            if other.id not in seen and other.status == "active"
        ]
    else:
        _check_others(made, known, seen)


def _check_variant(made: Planned, variant: Variant, stored: Variant | None, column: str) -> None:
    made.faults.extend(fields.check_variant(variant, column))
    if variant.status == "active":
        made.faults.extend(
            fields.check_variant_options(variant.options, made.product.options, column)
        )


def _check_combinations(made: Planned) -> None:
    seen: dict[frozenset[tuple[str, str]], str] = {}
    for variant in made.variants:
        if variant.status != "active":
            continue
        combination = frozenset(variant.options.items())
        other = seen.setdefault(combination, variant.sku)
        if other != variant.sku:
            message = f"{variant.sku!r} and {other!r} have the same options."
            made.fault("variants", "variant_options_taken", message)


def _check_others(made: Planned, known: Known, mentioned: set[UUID]) -> None:
    """The variants that the input does not name must still fit the product's options."""
    for other in known.others.get(made.product.id, []):
        if other.id not in mentioned and other.status == "active":
            for fault in fields.check_variant_options(other.options, made.product.options, ""):
                made.fault("options", fault.code, f"{other.sku}: {fault.message}")


def _blank_variant(product_id: UUID, position: int, known: Known) -> Variant:
    return Variant(
        id=known.new_id(), product_id=product_id, sku="", external_id=None, gtin=None, title="",
        options={}, weight_g=None, dimensions_mm=None, requires_shipping=True,
        tracks_inventory=True, tax_class=None, hs_code=None, origin_country=None,
        attributes={}, position=position, media_id=None, status="active", version=0,
    )  # fmt: skip


def _with_media(
    made: Planned, variant: Variant, given: VariantInput, known: Known, column: str
) -> Variant:
    if isinstance(given.media, UnsetType):
        return variant
    if given.media is None:
        return msgspec.structs.replace(variant, media_id=None)
    stored = [m for m in known.media.get(made.product.id, []) if m.id not in made.media_gone]
    found = fields.media_named(given.media, [*made.media, *stored])
    if found is None and given.media in made.missing_media:
        return variant
    if found is None:
        made.fault(f"{column}.media", "media_unknown", f"The product has no media {given.media!r}.")
        return variant
    return msgspec.structs.replace(variant, media_id=found.id)


def _titled(
    variant: Variant, stored: Variant | None, given: VariantInput, options: Sequence[Option]
) -> Variant:
    """A title that nobody gave follows the options."""
    made_before = stored is None or stored.title == fields.variant_title(stored.options, options)
    if variant.title and (given.title is not UNSET or not made_before):
        return variant
    return msgspec.structs.replace(variant, title=fields.variant_title(variant.options, options))


def _plan_categories(made: Planned, change: ProductInput, known: Known) -> None:
    if isinstance(change.categories, UnsetType):
        return
    stored = known.links.get(made.product.id, [])
    listed: list[tuple[UUID, str]] = []
    for number, path in enumerate(change.categories or ()):
        found = known.categories.get(path)
        if found is None:
            made.fault(
                f"categories[{number}]", "category_unknown", f"There is no category {path!r}."
            )
        elif (found, path) not in listed:
            listed.append((found, path))
    if not change.categories or "categories" in change.replace:
        made.links_gone = [c for c, path in stored if (c, path) not in listed]
        stored = [link for link in stored if link in listed]
    order = listed if {*stored} <= {*listed} else _appended(stored, listed, key=lambda c: c[0])
    before = {c: n for n, (c, _) in enumerate(known.links.get(made.product.id, []))}
    made.links = [(c, n) for n, (c, _) in enumerate(order) if before.get(c) != n]


def _plan_publications(made: Planned, change: ProductInput, known: Known) -> None:
    if isinstance(change.publications, UnsetType):
        return
    stored = {p.channel_id: p for p in known.publications.get(made.product.id, [])}
    listed: dict[UUID, Publication] = {}
    for number, given in enumerate(change.publications or ()):
        merged = _merged_publication(given, stored.get(given.channel_id), known.now)
        if merged.publish_until and merged.publish_until <= merged.publish_from:
            message = "The end of the window is not after its start."
            made.fault(f"publications[{number}].until", "publication_window", message)
        listed[given.channel_id] = merged
    if not change.publications or "publications" in change.replace:
        made.unpublished = [c for c in stored if c not in listed]
    made.publications = [p for c, p in listed.items() if stored.get(c) != p]


def _merged_publication(
    given: PublicationInput, stored: Publication | None, now: datetime
) -> Publication:
    start, end = given.publish_from, given.publish_until
    if isinstance(start, UnsetType):
        start = stored.publish_from if stored else now
    if isinstance(end, UnsetType):
        end = stored.publish_until if stored else None
    return Publication(channel_id=given.channel_id, publish_from=start or now, publish_until=end)


def _appended(stored: Sequence, listed: Sequence, key: Callable) -> list:  # type: ignore[type-arg]
    """The stored ones in their order, as listed where they are, then those that are new."""
    by_key = {key(item): item for item in listed}
    order = [by_key.pop(key(item), item) for item in stored]
    return [*order, *by_key.values()]


def _claim(made: Planned, known: Known) -> None:
    """Two inputs of one batch may not mean the same product, slug, external id or SKU."""
    wanted: Mapping[tuple[str, str], str] = {
        ("id", str(made.product.id)): "",
        ("slug", made.product.slug): "slug",
        **({("external_id", made.product.external_id): "external_id"}
           if made.product.external_id else {}),
        **{("sku", sku): "variants" for sku in made.variant_ids},
    }  # fmt: skip
    for claim, column in wanted.items():
        if claim in known.claimed:
            made.fault(column, "repeated", f"The {claim[0]} {claim[1]!r} is used twice at once.")
    if not made.faults:
        known.claimed.update(wanted)
        for definition in made.new_attributes:
            known.attributes.setdefault(definition.code, definition)
