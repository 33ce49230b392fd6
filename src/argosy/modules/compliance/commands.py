"""Keep parties, sheets, policies and findings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules.compliance import rules, store
from argosy.modules.compliance.errors import ComplianceVersionConflict, PartyNotFound
from argosy.modules.compliance.events import SheetChanged
from argosy.modules.compliance.types import (
    Finding,
    Party,
    PartyFields,
    Policy,
    Sheet,
    SheetKey,
)
from argosy.runtime.db import Tx


async def create_party(tx: Tx, given: PartyFields) -> Party:
    """A new party. Raises PartyCodeTaken, SheetInvalid."""
    rules.check_party(given)
    made = Party(
        **msgspec.structs.asdict(given),
        id=new_id(),
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
    )
    await store.insert_party(tx, made.id, given)
    return made


async def update_party(
    tx: Tx, party_id: UUID, given: PartyFields, *, expected_version: int | None = None
) -> tuple[Party, Party]:
    """The party before and after. Raises PartyNotFound, ComplianceVersionConflict, PartyCodeTaken,
    SheetInvalid.
    """
    before = await _locked_party(tx, party_id, expected_version)
    rules.check_party(given)
    after = msgspec.structs.replace(before, **msgspec.structs.asdict(given))
    if after == before:
        return before, before
    version = await store.update_party(tx, party_id, given)
    return before, msgspec.structs.replace(after, version=version, updated_at=tx.now)


async def delete_party(tx: Tx, party_id: UUID, *, expected_version: int | None = None) -> Party:
    """Remove a party that nothing names. Raises PartyNotFound, PartyInUse and
    ComplianceVersionConflict.
    """
    before = await _locked_party(tx, party_id, expected_version)
    await store.delete_party(tx, party_id)
    return before


async def _locked_party(tx: Tx, party_id: UUID, expected_version: int | None) -> Party:
    found = await store.lock_party(tx, party_id)
    if found is None:
        raise PartyNotFound("There is no such party.")
    _check_version(found.version, expected_version)
    return found


def _check_version(version: int, expected: int | None) -> None:
    if expected is not None and expected != version:
        raise ComplianceVersionConflict(
            "It was changed since you read it.", current_version=version
        )


async def save_sheet(
    tx: Tx, key: SheetKey, sheet: Sheet, *, expected_version: int | None = None
) -> tuple[Sheet, Sheet]:
    """Say exactly this about a product, or by default of a brand: the sheet before and after. One
    that nobody wrote yet is of version 0. Repeating it changes nothing.

    Raises SheetInvalid, PartyNotFound, ComplianceVersionConflict.
    """
    rules.check_sheet(sheet)
    before = await store.lock_sheet(tx, key) or Sheet()
    _check_version(before.version, expected_version)
    if msgspec.structs.replace(sheet, version=before.version) == before:
        return before, before
    version = await store.write_sheet(tx, key, sheet, before.version)
    if version is None:
        raise ComplianceVersionConflict("It was changed since you read it.")
    if key.subject == "product":
        tx.emit(SheetChanged(product_id=UUID(key.ref)))
    return before, msgspec.structs.replace(sheet, version=version)


async def save_policy(
    tx: Tx, policy: Policy, *, expected_version: int | None = None
) -> tuple[Policy, Policy]:
    """What a channel does about products that lack something, before and after.

    Raises ComplianceVersionConflict.
    """
    held = {one.channel_id: one for one in await store.policies(tx)}
    before = held.get(policy.channel_id, Policy(channel_id=policy.channel_id))
    _check_version(before.version, expected_version)
    if msgspec.structs.replace(policy, version=before.version) == before:
        return before, before
    version = await store.write_policy(tx, policy, before.version)
    if version is None:
        raise ComplianceVersionConflict("It was changed since you read it.")
    return before, msgspec.structs.replace(policy, version=version)


async def save_labelled(tx: Tx, category_ids: Sequence[UUID]) -> list[UUID]:
    """Have products in exactly these categories, and below, need an energy label; which they were
    before. Repeating it changes nothing.
    """
    before = await store.labelled_categories(tx)
    if set(before) != set(category_ids):
        await store.save_labelled(tx, category_ids)
    return before


async def save_passport_categories(tx: Tx, category_ids: Sequence[UUID]) -> list[UUID]:
    """Have products in exactly these categories, and below, need a product passport; which they
    were before. Repeating it changes nothing.
    """
    before = await store.passport_categories(tx)
    if set(before) != set(category_ids):
        await store.save_passport_categories(tx, category_ids)
    return before


async def save_findings(tx: Tx, product_ids: Collection[UUID], findings: Sequence[Finding]) -> None:
    """Have exactly these findings of these products."""
    if product_ids:
        await store.save_findings(tx, product_ids, findings)


async def forget_products(tx: Tx, product_ids: Collection[UUID]) -> None:
    """Nothing is said of products that are gone."""
    await store.delete_sheets(tx, product_ids)
    await store.save_findings(tx, product_ids, ())
