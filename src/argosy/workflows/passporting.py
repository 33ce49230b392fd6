"""Product passports: made of what the shop knows of a variant, and what staff say besides.

a variant with a GTIN --open_passport--> Passport (a draft)
a passport --contents_of--> Contents: product, variant, parties, sheet and draft, as they are now
           --publish_passport--> Edition: exactly that, for good

What was published is never looked up again, so it stays as it was when the product changes or goes.
"""

from __future__ import annotations

from uuid import UUID

from argosy.modules import catalog, compliance, passports, translations
from argosy.modules.catalog import ProductRow, Variant
from argosy.modules.compliance import Party, PartyNotFound
from argosy.modules.passports import (
    Contents,
    Draft,
    Edition,
    GtinTaken,
    NewPassport,
    Operator,
    Passport,
    PassportFile,
    PassportInvalid,
)
from argosy.runtime.db import Tx
from argosy.workflows.regulating import Sheets, gather_sheets


async def open_passport(
    tx: Tx, variant_id: UUID, *, lot: str = "", serial: str = "", draft: Draft | None = None
) -> Passport:
    """A passport of a variant, or of a lot or item of it, that is not published yet.

    Raises VariantNotFound, PassportInvalid (no GTIN), DigitalLinkInvalid, and what
    `passports.create_passport` raises.
    """
    variant = await catalog.variant_by_id(tx, variant_id)
    if variant.gtin is None:
        message = "The variant has no GTIN, by which passports are found."
        raise PassportInvalid(message, field="variant_id")
    if draft is not None:
        await check_importer(tx, draft)
    product = (await catalog.product_by_id(tx, variant.product_id)).row
    new = NewPassport(
        key=passports.key_of(variant.gtin, lot, serial),
        variant_id=variant.id,
        product_id=variant.product_id,
        sku=variant.sku,
        title=_called(product, variant),
        draft=draft,
    )
    return await passports.create_passport(tx, new)


def _called(product: ProductRow, variant: Variant) -> str:
    return f"{product.title} {variant.title}".strip()


async def check_importer(tx: Tx, draft: Draft) -> None:
    """Raise PartyNotFound for an importer that is in nobody's address book."""
    if draft.importer_id is None:
        return
    if not await compliance.parties_by_id(tx, [draft.importer_id]):
        raise PartyNotFound("There is no such party.", field="importer_id")


async def contents_of(tx: Tx, passport: Passport) -> tuple[Contents, str]:
    """What the passport would say if it were published now, and what it is called in lists.

    Of a product that is gone, it is what was known last: raises VariantNotFound if nothing was.
    Raises PartyNotFound, PassportSchemaNotFound, GtinTaken.
    """
    found = await catalog.variants_by_ids(tx, [passport.variant_id])
    if found:
        known, title = await _known(tx, passport, found[0])
    elif passport.edition:
        known = (await passports.edition_of(tx, passport.id)).contents
        title = passport.title
    else:
        raise catalog.VariantNotFound("The variant of this passport is gone.")
    draft = passport.draft
    schema = await passports.schema_by_code(tx, draft.schema) if draft.schema else None
    importer = await _importer(tx, draft)
    said = passports.said_by(draft, schema)
    named = {one.point.group for one in said}
    contents = Contents(
        titles=known.titles,
        brand=known.brand,
        sku=known.sku,
        commodity_code=known.commodity_code,
        origin_country=known.origin_country,
        manufacturer=known.manufacturer,
        responsible=known.responsible,
        documents=known.documents,
        warnings=known.warnings,
        importer=importer,
        facilities=draft.facilities,
        schema=draft.schema,
        groups=tuple(one for one in schema.groups if one.code in named) if schema else (),
        said=said,
        backup=draft.backup,
    )
    return contents, title


async def _known(tx: Tx, passport: Passport, variant: Variant) -> tuple[Contents, str]:
    if variant.gtin is not None and passports.gtin_14(variant.gtin) != passport.gtin:
        raise GtinTaken("The variant has another GTIN now: open a passport of that.", field="gtin")
    product = (await catalog.product_by_id(tx, variant.product_id)).row
    sheets = await gather_sheets(tx, [(product.id, product.brand)])
    sheet = sheets.of(product.id, product.brand)
    contents = Contents(
        titles=await _titles(tx, product),
        brand=product.brand,
        sku=variant.sku,
        commodity_code=variant.hs_code or "",
        origin_country=variant.origin_country or "",
        manufacturer=_operator(sheets, sheet.manufacturer_id),
        responsible=_operator(sheets, sheet.responsible_id),
        documents=tuple(
            PassportFile(role=one.role, key=one.key, locale=one.locale, title=one.title)
            for one in sheet.text.documents
        ),
        warnings=dict(sorted(sheet.text.warnings.items())),
    )
    return contents, _called(product, variant)


async def _titles(tx: Tx, product: ProductRow) -> dict[str, str]:
    """The title as it is kept, under the source locale, and translations that are approved."""
    thing = ("product", str(product.id))
    source, spoken = await translations.spoken(tx, [thing])
    told = spoken.get(thing, {}).get("title", {})
    return {source or "": product.title} | dict(sorted(told.items()))


def _operator(sheets: Sheets, party_id: UUID | None) -> Operator | None:
    return None if party_id is None else _named(sheets.parties[party_id])


def _named(party: Party) -> Operator:
    return Operator(**{name: getattr(party, name) for name in Operator.__struct_fields__})


async def _importer(tx: Tx, draft: Draft) -> Operator | None:
    if draft.importer_id is None:
        return None
    found = await compliance.parties_by_id(tx, [draft.importer_id])
    if draft.importer_id not in found:
        raise PartyNotFound("The importer is in the address book no more.", field="importer_id")
    return _named(found[draft.importer_id])


async def publish_passport(tx: Tx, passport_id: UUID) -> tuple[Passport, Edition]:
    """Have the passport say what the shop knows now. Two at once make one edition.

    Raises PassportNotFound, PassportIncomplete, and what `contents_of` raises.
    """
    passport = await passports.lock_passport(tx, passport_id)
    contents, title = await contents_of(tx, passport)
    edition = await passports.publish(tx, passport, contents, title)
    return await passports.passport_by_id(tx, passport_id), edition
