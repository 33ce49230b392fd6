"""Kits in files: a JSON object a line, components by SKU, amounts in major units.

    {"sku": "PICNIC", "items": [{"sku": "MUG", "quantity": 2}], "groups": [...]}

What is exported and imported again is the same, line by line; a file may be imported again and
again. Products come first: a kit and what is in it have to be there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from argosy.kernel.bill import Bill, BillGroup, BillItem, BillOption, KitPrice
from argosy.kernel.errors import ArgosyError
from argosy.kernel.money import InexactAmount, Money, UnknownCurrency
from argosy.modules import catalog, kits
from argosy.modules.catalog.ports import SourceRecord
from argosy.runtime.db import Database, Tx
from argosy.workflows.kitting import set_kit

BATCH: Final = 200
MAX_FAULTS: Final = 10_000

Sku = Annotated[str, Meta(min_length=1, max_length=120)]
Amount = Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")]
Amounts = dict[Annotated[str, Meta(pattern="^[A-Z]{3}$")], Amount]


class ItemRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of a variant in every kit."""

    sku: Sku
    quantity: int = 1


class OptionRecord(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What can be chosen; `extra` by currency."""

    code: str
    sku: Sku
    quantity: int = 1
    extra: Amounts = {}


class GroupRecord(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A group to choose from."""

    code: str
    name: str
    options: tuple[OptionRecord, ...]
    least: int = 1
    most: int = 1
    repeats: bool = False
    defaults: tuple[str, ...] = ()


class KitRecord(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A kit by its SKU. Without items and groups the variant is no kit any more."""

    sku: Sku
    items: tuple[ItemRecord, ...] = ()
    groups: tuple[GroupRecord, ...] = ()
    price: KitPrice = "own"
    percent_off: Decimal | None = None
    amount_off: Amounts = {}


class KitFault(msgspec.Struct, frozen=True, kw_only=True):
    """What was not taken of a file: where, and why."""

    row: int
    column: str
    reason: str


class KitImport(msgspec.Struct, kw_only=True):
    """What an import did; each line of the file is in one of the last three counts."""

    rows: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    faults: list[KitFault] = []

    def fail(self, row: int, column: str, reason: str) -> None:
        """Count a line that was not taken."""
        self.failed += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(KitFault(row=row, column=column, reason=reason))


class _Unknown(Exception):
    """A component that the catalogue does not have. Never leaves this file."""

    def __init__(self, column: str, sku: str) -> None:
        super().__init__(sku)
        self.column = column
        self.sku = sku


async def import_kits(db: Database, records: Iterable[SourceRecord]) -> KitImport:
    """Have each variant of the file consist of what the file says; kits that are not in it are left
    alone, and a faulty line as well. The same file again changes nothing.
    """
    done = KitImport()
    waiting = iter(records)
    while batch := list(islice(waiting, BATCH)):
        read = [(one.row, found) for one in batch if (found := _read(one, done)) is not None]
        async with db.transaction() as tx:
            skus = {sku for _, record in read for sku in _skus(record)}
            ids = await catalog.variant_ids_by_sku(tx, sorted(skus)) if skus else {}
            for row, record in read:
                await _take(tx, row, record, ids, done)
    done.faults.sort(key=lambda fault: fault.row)
    return done


def _read(source: SourceRecord, done: KitImport) -> KitRecord | None:
    done.rows += 1
    if source.faults:
        done.fail(source.row, source.faults[0].column, source.faults[0].message)
        return None
    try:
        return msgspec.convert(source.data, KitRecord)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        done.fail(source.row, path.rstrip("`").removeprefix("."), f"{message}.")
        return None


def _skus(record: KitRecord) -> list[str]:
    inside = [one.sku for one in record.items]
    inside += [option.sku for group in record.groups for option in group.options]
    return [record.sku, *inside]


async def _take(
    tx: Tx, row: int, record: KitRecord, ids: Mapping[str, UUID], done: KitImport
) -> None:
    try:
        kit_id = _id(ids, "sku", record.sku)
        before = (await kits.kits_of(tx, [kit_id])).get(kit_id)
        if not record.items and not record.groups:
            if before is not None:
                await kits.drop_kit(tx, kit_id)
            done.changed += before is not None
            done.unchanged += before is None
            return
        async with tx.savepoint():
            after = await set_kit(tx, kit_id, _bill(record, ids))
        done.changed += after != before
        done.unchanged += after == before
    except _Unknown as unknown:
        done.fail(row, unknown.column, f"There is no variant {unknown.sku!r}.")
    except (InexactAmount, UnknownCurrency) as error:
        done.fail(row, "extra", f"{error}.")
    except ArgosyError as error:
        done.fail(row, error.field or "", error.message)


def _id(ids: Mapping[str, UUID], column: str, sku: str) -> UUID:
    found = ids.get(catalog.sku_key(sku))
    if found is None:
        raise _Unknown(column, sku)
    return found


def _bill(record: KitRecord, ids: Mapping[str, UUID]) -> Bill:
    return Bill(
        items=tuple(
            BillItem(variant_id=_id(ids, f"items[{n}].sku", one.sku), quantity=one.quantity)
            for n, one in enumerate(record.items)
        ),
        groups=tuple(
            BillGroup(
                code=group.code,
                name=group.name,
                least=group.least,
                most=group.most,
                repeats=group.repeats,
                defaults=group.defaults,
                options=tuple(
                    BillOption(
                        code=one.code,
                        variant_id=_id(ids, f"groups[{n}].options[{m}].sku", one.sku),
                        quantity=one.quantity,
                        extra=_minor(one.extra),
                    )
                    for m, one in enumerate(group.options)
                ),
            )
            for n, group in enumerate(record.groups)
        ),
        price=record.price,
        percent_off=record.percent_off,
        amount_off=_minor(record.amount_off),
    )


def _minor(amounts: Amounts) -> dict[str, int]:
    return {
        currency: Money.from_decimal(Decimal(text), currency).minor
        for currency, text in amounts.items()
    }


def _major(amounts: Mapping[str, int]) -> Amounts:
    return {
        currency: str(Money(minor, currency).to_decimal()) for currency, minor in amounts.items()
    }


async def export_kits(db: Database) -> AsyncIterator[dict[str, Any]]:
    """Every kit as the record that it is made from, by the age of its variant. One that has lost a
    component cannot be made again, and is left out.
    """
    after = UUID(int=0)
    while True:
        async with db.reading() as tx:
            found = await kits.kits_after(tx, after, BATCH)
            wanted = {one for kit in found for one in (kit.variant_id, *kit.bill.variants())}
            variants = await catalog.variants_by_ids(tx, sorted(wanted)) if wanted else []
        skus = {variant.id: variant.sku for variant in variants}
        for kit in found:
            if skus.keys() >= {kit.variant_id, *kit.bill.variants()}:
                yield _plain(_record(kit, skus))
        if len(found) < BATCH:
            return
        after = found[-1].variant_id


def _plain(record: KitRecord) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(record))
    return document


def _record(kit: kits.Kit, skus: Mapping[UUID, str]) -> KitRecord:
    bill = kit.bill
    return KitRecord(
        sku=skus[kit.variant_id],
        items=tuple(
            ItemRecord(sku=skus[one.variant_id], quantity=one.quantity) for one in bill.items
        ),
        groups=tuple(_group(group, skus) for group in bill.groups),
        price=bill.price,
        percent_off=bill.percent_off,
        amount_off=_major(bill.amount_off),
    )


def _group(group: BillGroup, skus: Mapping[UUID, str]) -> GroupRecord:
    options: Sequence[OptionRecord] = [
        OptionRecord(
            code=one.code,
            sku=skus[one.variant_id],
            quantity=one.quantity,
            extra=_major(one.extra),
        )
        for one in group.options
    ]
    return GroupRecord(
        code=group.code,
        name=group.name,
        least=group.least,
        most=group.most,
        repeats=group.repeats,
        defaults=group.defaults,
        options=tuple(options),
    )
