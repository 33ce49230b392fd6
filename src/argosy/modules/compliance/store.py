"""The only file of compliance that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from argosy.modules.compliance.errors import PartyCodeTaken, PartyInUse, PartyNotFound
from argosy.modules.compliance.types import (
    Finding,
    Missing,
    Party,
    PartyFields,
    Policy,
    Sheet,
    SheetKey,
    SheetText,
)
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


def _columns(party: PartyFields) -> tuple[str, ...]:
    return (
        party.code,
        party.name,
        party.trade_name,
        party.street,
        party.postal_code,
        party.city,
        party.country,
        party.email,
        party.website,
        party.identifier,
        party.eori,
    )


async def insert_party(tx: Tx, party_id: UUID, party: PartyFields) -> None:
    """Raises PartyCodeTaken."""
    try:
        await tx.run(SQL.insert_party, party_id, *_columns(party), tx.now)
    except IntegrityError as error:
        raise _refused(error) from error


async def update_party(tx: Tx, party_id: UUID, party: PartyFields) -> int:
    """The new version. Raises PartyCodeTaken."""
    try:
        row = await tx.one(SQL.update_party, party_id, *_columns(party), tx.now)
    except IntegrityError as error:
        raise _refused(error) from error
    version: int = row["version"]
    return version


async def delete_party(tx: Tx, party_id: UUID) -> None:
    """Raises PartyInUse."""
    try:
        await tx.run(SQL.delete_party, party_id)
    except IntegrityError as error:
        raise _refused(error) from error


def _refused(error: IntegrityError) -> Exception:
    match constraint(error):
        case "party_code_unique":
            return PartyCodeTaken("Another party has this code.", field="code")
        case "sheet_manufacturer_known" | "sheet_responsible_known":
            return PartyInUse("Products or brands name this party.")
        case _:
            other: Exception = error
            return other


async def lock_party(tx: Tx, party_id: UUID) -> Party | None:
    """The party, locked."""
    row = await tx.maybe(SQL.lock_party, party_id)
    return None if row is None else Party(**dict(row))


async def parties_by_id(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Party]:
    """Those that there are. No statement for none."""
    if not ids:
        return {}
    rows = await tx.many(SQL.parties_by_id, sorted(ids))
    return {row["id"]: Party(**dict(row)) for row in rows}


async def parties_by_code(tx: Tx, codes: Collection[str]) -> dict[str, Party]:
    """Those that there are. No statement for none."""
    if not codes:
        return {}
    rows = await tx.many(SQL.parties_by_code, sorted(codes))
    return {row["code"]: Party(**dict(row)) for row in rows}


async def party_page(tx: Tx, after: str, limit: int) -> list[Party]:
    """Parties by code."""
    return [Party(**dict(row)) for row in await tx.many(SQL.party_page, after, limit)]


async def sheet_refs_of_party(
    tx: Tx, party_id: UUID, after: SheetKey, limit: int
) -> list[SheetKey]:
    """What names the party, in order, after `after`."""
    rows = await tx.many(SQL.sheet_refs_of_party, party_id, *after, limit)
    return [SheetKey(row["subject"], row["ref"]) for row in rows]


async def lock_sheet(tx: Tx, key: SheetKey) -> Sheet | None:
    """The sheet, locked."""
    row = await tx.maybe(SQL.lock_sheet, *key)
    return None if row is None else _sheet(row)


async def sheets_of(
    tx: Tx, product_ids: Collection[UUID], brand_keys: Collection[str]
) -> dict[SheetKey, Sheet]:
    """The sheets of these products and brands, those that there are."""
    rows = await tx.many(SQL.sheets_of, [str(one) for one in product_ids], list(brand_keys))
    return {SheetKey(row["subject"], row["ref"]): _sheet(row) for row in rows}


def _sheet(row: Record) -> Sheet:
    return Sheet(
        manufacturer_id=row["manufacturer_id"],
        responsible_id=row["responsible_id"],
        text=msgspec.convert(row["body"], SheetText),
        version=row["version"],
    )


async def write_sheet(tx: Tx, key: SheetKey, sheet: Sheet, expected: int) -> int | None:
    """The new version; None when it is not at `expected` any more. Raises PartyNotFound."""
    try:
        row = await tx.maybe(
            SQL.write_sheet,
            *key,
            sheet.manufacturer_id,
            sheet.responsible_id,
            msgspec.to_builtins(sheet.text),
            expected,
            tx.now,
        )
    except IntegrityError as error:
        fields = {
            "sheet_manufacturer_known": "manufacturer_id",
            "sheet_responsible_known": "responsible_id",
        }
        if (field := fields.get(constraint(error) or "")) is None:
            raise
        raise PartyNotFound("There is no such party.", field=field) from error
    return None if row is None else row["version"]


async def delete_sheets(tx: Tx, product_ids: Collection[UUID]) -> None:
    """Those of these products."""
    await tx.run(SQL.delete_sheets, [str(one) for one in product_ids])


async def policies(tx: Tx) -> list[Policy]:
    """Those of the channels that have one."""
    return [
        Policy(
            channel_id=row["channel_id"],
            mode=row["mode"],
            languages=tuple(row["languages"]),
            version=row["version"],
        )
        for row in await tx.many(SQL.policies)
    ]


async def write_policy(tx: Tx, policy: Policy, expected: int) -> int | None:
    """The new version; None when it is not at `expected` any more."""
    row = await tx.maybe(
        SQL.write_policy,
        policy.channel_id,
        policy.mode,
        list(policy.languages),
        expected,
        tx.now,
    )
    return None if row is None else row["version"]


async def labelled_categories(tx: Tx) -> list[UUID]:
    """Categories whose products have an energy label."""
    return [row["category_id"] for row in await tx.many(SQL.labelled_categories)]


async def save_labelled(tx: Tx, category_ids: Sequence[UUID]) -> None:
    """Have exactly these."""
    await tx.run(SQL.drop_labelled, list(category_ids))
    await tx.run(SQL.add_labelled, list(category_ids))


async def passport_categories(tx: Tx) -> list[UUID]:
    """Categories whose products have a product passport."""
    return [row["category_id"] for row in await tx.many(SQL.passport_categories)]


async def save_passport_categories(tx: Tx, category_ids: Sequence[UUID]) -> None:
    """Have exactly these."""
    await tx.run(SQL.drop_passport_categories, list(category_ids))
    await tx.run(SQL.add_passport_categories, list(category_ids))


async def save_findings(tx: Tx, product_ids: Collection[UUID], findings: Sequence[Finding]) -> None:
    """Have exactly these findings of these products. Two statements at most."""
    products = [one.product_id for one in findings]
    channels = [one.channel_id for one in findings]
    await tx.run(SQL.drop_findings, list(product_ids), products, channels)
    if findings:
        missing = [msgspec.to_builtins(one.missing) for one in findings]
        await tx.run(SQL.write_findings, channels, products, missing, tx.now)


async def findings_page(
    tx: Tx, channel_id: UUID | None, after: tuple[UUID, UUID], limit: int
) -> list[Finding]:
    """Findings of a channel, or of all, by product and channel, those after `after`."""
    if channel_id is None:
        rows = await tx.many(SQL.findings_page, *after, limit)
    else:
        rows = await tx.many(SQL.findings_of_channel, channel_id, after[0], limit)
    return [
        Finding(
            channel_id=row["channel_id"],
            product_id=row["product_id"],
            missing=msgspec.convert(row["missing"], tuple[Missing, ...]),
            found_at=row["found_at"],
        )
        for row in rows
    ]


async def known_findings(tx: Tx, product_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """As (product, channel)."""
    rows = await tx.many(SQL.known_findings, list(product_ids))
    return {(row["product_id"], row["channel_id"]) for row in rows}


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Those of these storage keys that documents name."""
    return {row["ref"] for row in await tx.many(SQL.named_media, list(refs))}
