"""Read parties, sheets, policies and findings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from argosy.modules.compliance import store
from argosy.modules.compliance.errors import PartyNotFound
from argosy.modules.compliance.types import Finding, Party, Policy, Sheet, SheetKey
from argosy.runtime.db import Tx

_FIRST = SheetKey("brand", "")
_NOTHING = (UUID(int=0), UUID(int=0))


async def party_by_id(tx: Tx, party_id: UUID) -> Party:
    """One party. Raises PartyNotFound."""
    found = (await store.parties_by_id(tx, [party_id])).get(party_id)
    if found is None:
        raise PartyNotFound("There is no such party.")
    return found


async def parties_by_id(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Party]:
    """Those that there are. No statement for none."""
    return await store.parties_by_id(tx, ids)


async def parties_by_code(tx: Tx, codes: Collection[str]) -> dict[str, Party]:
    """Those that there are. No statement for none."""
    return await store.parties_by_code(tx, codes)


async def list_parties(tx: Tx, *, after: str | None = None, limit: int) -> list[Party]:
    """Parties by code."""
    return await store.party_page(tx, after or "", limit)


async def sheet_refs_of_party(
    tx: Tx, party_id: UUID, *, after: SheetKey | None = None, limit: int
) -> list[SheetKey]:
    """Which products and brands name a party, in order."""
    return await store.sheet_refs_of_party(tx, party_id, after or _FIRST, limit)


async def sheet_of(tx: Tx, key: SheetKey) -> Sheet:
    """What is said; an empty sheet of version 0 where nothing is."""
    products = [UUID(key.ref)] if key.subject == "product" else []
    brands = [key.ref] if key.subject == "brand" else []
    return (await store.sheets_of(tx, products, brands)).get(key, Sheet())


async def sheets_of(
    tx: Tx, product_ids: Collection[UUID], brand_keys: Collection[str] = ()
) -> dict[SheetKey, Sheet]:
    """The sheets of these products and brands, those that there are. One statement."""
    return await store.sheets_of(tx, product_ids, brand_keys)


async def policies(tx: Tx) -> dict[UUID, Policy]:
    """By channel, of those that have one."""
    return {one.channel_id: one for one in await store.policies(tx)}


async def labelled_categories(tx: Tx) -> list[UUID]:
    """Categories whose products, and those below, have an energy label."""
    return await store.labelled_categories(tx)


async def passport_categories(tx: Tx) -> list[UUID]:
    """Categories whose products, and those below, have a product passport."""
    return await store.passport_categories(tx)


async def findings_page(
    tx: Tx,
    channel_id: UUID | None,
    *,
    after: tuple[UUID, UUID] | None = None,
    limit: int,
) -> list[Finding]:
    """Products that lack something in a channel, or in any (None), by their ids and the channels'.
    `after`: the last (product, channel) that was seen.
    """
    return await store.findings_page(tx, channel_id, after or _NOTHING, limit)


async def known_findings(tx: Tx, product_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Which of these products are found lacking already, as (product, channel)."""
    return await store.known_findings(tx, product_ids) if product_ids else set()


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these storage keys do documents of products or brands name."""
    keys = [ref for ref in refs if "." in ref]  # ids of entries have none
    return await store.named_media(tx, keys) if keys else set()
