"""Read passports, their editions, schemas and access links."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from argosy.modules.passports import rules, store
from argosy.modules.passports.errors import (
    DigitalLinkInvalid,
    PassportAccessOver,
    PassportNotFound,
    PassportSchemaNotFound,
)
from argosy.modules.passports.types import (
    Access,
    Edition,
    Key,
    Passport,
    PassportAccess,
    Schema,
    State,
)
from argosy.runtime.credentials import is_token, token_hash
from argosy.runtime.db import Tx

_LAST: Final = UUID(int=2**128 - 1)
_MOST_EDITIONS: Final = 2**31 - 1
MOST_SHOWN: Final = 10_000


async def passport_by_id(tx: Tx, passport_id: UUID) -> Passport:
    """One passport. Raises PassportNotFound."""
    found = await store.passport_by_id(tx, passport_id)
    if found is None:
        raise PassportNotFound("There is no such passport.")
    return found


async def passport_page(
    tx: Tx,
    *,
    after: UUID | None = None,
    limit: int,
    state: State | None = None,
    product_id: UUID | None = None,
    q: str | None = None,
) -> list[Passport]:
    """The latest first. `q` is a whole GTIN, lot, serial number or SKU."""
    gtin = None
    if q is not None:
        try:
            gtin = rules.gtin_14(q)
        except DigitalLinkInvalid:
            gtin = None
    return await store.passport_page(
        tx, after or _LAST, limit, state=state, product_id=product_id, q=q, gtin=gtin
    )


async def shown_passport(tx: Tx, key: Key) -> tuple[Passport, Edition]:
    """What a Digital Link leads to: the passport of exactly this, else of its batch, else of its
    model, with what it says now; also if it is withdrawn. Raises PassportNotFound.
    """
    found = await store.shown_passport(tx, key)
    newest = None if found is None else await store.newest_edition(tx, found.id)
    if found is None or newest is None:
        raise PassportNotFound("There is no published passport here.")
    return found, newest


async def edition_of(tx: Tx, passport_id: UUID, n: int | None = None) -> Edition:
    """What a passport said in an edition, or says now. Raises PassportNotFound."""
    if n is None:
        found = await store.newest_edition(tx, passport_id)
    else:
        found = await store.edition(tx, passport_id, n)
    if found is None:
        raise PassportNotFound("The passport has no such edition.")
    return found


async def edition_page(
    tx: Tx, passport_id: UUID, *, before: int | None = None, limit: int
) -> list[Edition]:
    """Editions of a passport, the newest first."""
    return await store.edition_page(tx, passport_id, before or _MOST_EDITIONS, limit)


async def reader_of(tx: Tx, passport: Passport, token: str | None) -> Access:
    """How much a reader may see: the public part without a token. Raises PassportAccessOver."""
    if token is None:
        return "public"
    level = None
    if is_token(token, "ppa"):
        level = await store.access_by_token(tx, token_hash(token), passport)
    if level is None:
        raise PassportAccessOver("This access link is not good here any more.")
    return level


async def shown_of_products(
    tx: Tx, product_ids: Collection[UUID]
) -> dict[UUID, list[tuple[str, str]]]:
    """Published passports of models by product, as (sku, path). One statement, none for none."""
    if not product_ids:
        return {}
    found: dict[UUID, list[tuple[str, str]]] = {}
    for product_id, gtin, sku in await store.shown_of_products(tx, product_ids, MOST_SHOWN):
        found.setdefault(product_id, []).append((sku, rules.link_path(Key(gtin))))
    return found


async def schema_by_code(tx: Tx, code: str) -> Schema:
    """A schema, of the shop or the program. Raises PassportSchemaNotFound."""
    found = rules.SHIPPED.get(code) or await store.schema_by_code(tx, code)
    if found is None:
        raise PassportSchemaNotFound("There is no such schema.")
    return found


async def list_schemas(tx: Tx, *, after: str | None = None, limit: int) -> list[Schema]:
    """Schemas by code, those of the program among them."""
    own = await store.schema_page(tx, after or "", limit)
    shipped = [one for one in rules.SHIPPED.values() if one.code > (after or "")]
    return sorted([*own, *shipped], key=lambda one: one.code)[:limit]


async def access_page(
    tx: Tx, passport_id: UUID, *, after: UUID | None = None, limit: int
) -> list[PassportAccess]:
    """Access links of a passport, the latest first."""
    return await store.access_page(tx, passport_id, after or _LAST, limit)


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these storage keys do editions name."""
    keys = [ref for ref in refs if "." in ref]  # ids of entries have none
    return await store.named_media(tx, keys) if keys else set()
