"""What the law wants said beside products, in product files: read with a page, written with a
batch, judged before anything of the batch stays.

Records without `compliance` cost no statement; nor does an export where no product has a sheet, but
for the one that finds out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from argosy.kernel.errors import ArgosyError
from argosy.modules import compliance
from argosy.modules.catalog import Fault, Upserted
from argosy.modules.compliance import Sheet, SheetText
from argosy.runtime.db import Tx
from argosy.workflows.complying import faults, unfit, write_sheet
from argosy.workflows.product_record import ProductRecord
from argosy.workflows.regulating import product_sheet
from argosy.workflows.typed_products import ProductsUnfit

Written = Sequence[tuple[ProductRecord, Upserted]]


async def read_sheets(tx: Tx, product_ids: Sequence[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """The `compliance` of these products' records, of those that have any."""
    sheets = await compliance.sheets_of(tx, product_ids)
    named = {
        party
        for sheet in sheets.values()
        for party in (sheet.manufacturer_id, sheet.responsible_id)
        if party is not None
    }
    codes = {k: party.code for k, party in (await compliance.parties_by_id(tx, named)).items()}
    return {
        UUID(key.ref): _record(sheet, codes) for key, sheet in sheets.items() if not sheet.is_empty
    }


def _record(sheet: Sheet, codes: Mapping[UUID, str]) -> dict[str, Any]:
    """Everything that is said, in one order."""
    text = msgspec.to_builtins(sheet.text)
    parties = {"manufacturer": sheet.manufacturer_id, "responsible": sheet.responsible_id}
    return {
        **{name: codes.get(party) if party else None for name, party in parties.items()},
        **text,
        "warnings": dict(sorted(text["warnings"].items())),
        "documents": list(text["documents"]),
        "passports": list(text["passports"]),
        "exempt": dict(sorted(text["exempt"].items())),
    }


async def write_sheets(tx: Tx, written: Written, places: Sequence[int]) -> set[UUID]:
    """Write what records say and judge what is published; the products whose sheets changed.

    Absent is kept, null or empty removes all (DOMAIN.md E3). Raises ProductsUnfit, by `places`.
    """
    given = [
        (place, record, outcome.product_id)
        for place, (record, outcome) in zip(places, written, strict=True)
        if not isinstance(record.compliance, UnsetType)
    ]
    refused: dict[int, list[Fault]] = {}
    changed: set[UUID] = set()
    codes = {
        code
        for _, record, _ in given
        if record.compliance
        for code in (record.compliance.manufacturer, record.compliance.responsible)
        if code
    }
    parties = {code: one.id for code, one in (await compliance.parties_by_code(tx, codes)).items()}
    for place, record, product_id in given:
        try:
            sheet = _sheet(record, parties)
            before, after = await write_sheet(tx, product_sheet(product_id), sheet)
        except ArgosyError as error:
            column = f"compliance.{error.field}" if error.field else "compliance"
            refused[place] = [Fault(column=column, code=error.code, message=error.message)]
            continue
        if before != after:
            changed.add(product_id)
    published = {
        outcome.product_id: place
        for place, (record, outcome) in zip(places, written, strict=True)
        if record.publications is not UNSET or record.status is not UNSET
    }
    for product_id, lacking in (await unfit(tx, list(published))).items():
        refused.setdefault(published[product_id], []).extend(faults(lacking))
    if refused:
        raise ProductsUnfit(refused)
    return changed


def _sheet(record: ProductRecord, parties: Mapping[str, UUID]) -> Sheet:
    said = record.compliance
    if not said:
        return Sheet()
    for field, code in (("manufacturer", said.manufacturer), ("responsible", said.responsible)):
        if code and code not in parties:
            raise compliance.PartyNotFound(f"There is no party {code!r}.", field=field)
    return Sheet(
        manufacturer_id=parties[said.manufacturer] if said.manufacturer else None,
        responsible_id=parties[said.responsible] if said.responsible else None,
        text=SheetText(**{name: getattr(said, name) for name in SheetText.__struct_fields__}),
    )
