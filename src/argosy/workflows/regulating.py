"""What the law wants said beside products, found for any number of them and told in a language.

products, brands --gather_sheets--> Sheets     (three statements at most, two where nothing is said)
a product, a chain of locales --Sheets.shown--> what its page says                         (pure)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from argosy.modules import brands, compliance, passports
from argosy.modules.channels import language_chain
from argosy.modules.compliance import Document, Party, Sheet, SheetKey
from argosy.modules.projections import (
    EnergyDocument,
    PartyDocument,
    PassportReference,
    ProductFile,
    RegulatedDocument,
    SourceProduct,
)
from argosy.runtime.db import Tx
from argosy.workflows.windows import Window

EPREL = "https://eprel.ec.europa.eu/qr/"
"""Where the code on an energy label leads, followed by the registration number."""


class Sheets(msgspec.Struct, frozen=True):
    """What is said about some products and their brands, and who is named."""

    sheets: Mapping[SheetKey, Sheet]
    parties: Mapping[UUID, Party]
    kept: Mapping[UUID, Sequence[tuple[str, str]]]
    """Passports that the shop keeps, by product, as (sku, path)."""

    def of(self, product_id: UUID, brand: str) -> Sheet:
        """What holds for the product: its own sheet over that of its brand."""
        key = brands.brand_key(brand)
        theirs = self.sheets.get(SheetKey("brand", key)) if key else None
        return compliance.merged(self.sheets.get(product_sheet(product_id)), theirs)

    def in_window(self, source: SourceProduct, window: Window) -> SourceProduct:
        """The product with what the window says of it; as it is where nothing is said."""
        if not self.sheets and not self.kept:
            return source
        chain = language_chain(window.channel, window.locale)
        shown = self.shown(source.id, source.brand, chain)
        return source if shown is None else msgspec.structs.replace(source, regulated=shown)

    def shown(self, product_id: UUID, brand: str, chain: Sequence[str]) -> RegulatedDocument | None:
        """What a page in the first language of the chain says; None: nothing."""
        sheet = self.of(product_id, brand)
        warned = compliance.told(sheet.text.warnings, chain)
        found = RegulatedDocument(
            manufacturer=self._party(sheet.manufacturer_id),
            responsible_person=self._party(sheet.responsible_id),
            warnings=warned[1] if warned else "",
            warnings_locale=warned[0] if warned else None,
            documents=[
                ProductFile(
                    role=one.role,
                    url=f"/media/{one.key}",
                    title=one.title,
                    locale=one.locale,
                )
                for one in sheet.text.documents
                if not one.role.startswith("energy_")
            ],
            energy=_energy(sheet, chain),
            passports=self._passports(product_id, sheet),
        )
        return None if found == RegulatedDocument() else found

    def _passports(self, product_id: UUID, sheet: Sheet) -> list[PassportReference]:
        elsewhere = [PassportReference(uri=p.uri, sku=p.sku) for p in sheet.text.passports]
        here = [PassportReference(uri=path, sku=sku) for sku, path in self.kept.get(product_id, ())]
        return elsewhere + here

    def _party(self, party_id: UUID | None) -> PartyDocument | None:
        if party_id is None:
            return None
        party = self.parties[party_id]
        return PartyDocument(
            **{name: getattr(party, name) for name in PartyDocument.__struct_fields__}
        )


def product_sheet(product_id: UUID) -> SheetKey:
    """The key of a product's own sheet."""
    return SheetKey("product", str(product_id))


def _energy(sheet: Sheet, chain: Sequence[str]) -> EnergyDocument | None:
    label = sheet.text.energy
    if label is None:
        return None
    number = label.registration
    return EnergyDocument(
        class_=label.class_,
        best=label.best,
        worst=label.worst,
        label=_file(sheet.text.documents, "energy_label", chain),
        sheet=_file(sheet.text.documents, "energy_sheet", chain),
        registration=number,
        register=EPREL + number if number else None,
    )


def _file(documents: Sequence[Document], role: str, chain: Sequence[str]) -> str | None:
    """The file of a role in the best language; else the one in none."""
    found = {one.locale or "": one.key for one in documents if one.role == role}
    best = compliance.told(found, [*chain, ""])
    return None if best is None else f"/media/{best[1]}"


async def gather_sheets(tx: Tx, products: Iterable[tuple[UUID, str]]) -> Sheets:
    """What is said about these products, given as (id, brand text)."""
    listed = list(products)
    if not listed:
        return Sheets({}, {}, {})
    keys = {key for _, brand in listed if (key := brands.brand_key(brand))}
    sheets = await compliance.sheets_of(tx, [one for one, _ in listed], sorted(keys))
    named = {
        party
        for sheet in sheets.values()
        for party in (sheet.manufacturer_id, sheet.responsible_id)
        if party is not None
    }
    kept = await passports.shown_of_products(tx, [one for one, _ in listed])
    return Sheets(sheets, await compliance.parties_by_id(tx, named), kept)
