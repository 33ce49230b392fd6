"""The only file of passports that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from argosy.modules.passports.types import (
    Access,
    Contents,
    Draft,
    Edition,
    Key,
    NewPassport,
    Passport,
    PassportAccess,
    Schema,
    SchemaFields,
    State,
)
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


def _schema(row: Record) -> Schema:
    fields = msgspec.convert(row["body"], SchemaFields)
    return Schema(
        **{name: getattr(fields, name) for name in SchemaFields.__struct_fields__},
        code=row["code"],
        version=row["version"],
    )


def _body(fields: SchemaFields) -> dict[str, Any]:
    names = SchemaFields.__struct_fields__
    return {name: msgspec.to_builtins(getattr(fields, name)) for name in names}


async def schema_page(tx: Tx, after: str, limit: int) -> list[Schema]:
    """Schemas of the shop by code."""
    return [_schema(row) for row in await tx.many(SQL.schema_page, after, limit)]


async def schema_by_code(tx: Tx, code: str) -> Schema | None:
    """One of the shop's own."""
    row = await tx.maybe(SQL.schema_by_code, code)
    return None if row is None else _schema(row)


async def hold_schema(tx: Tx, code: str) -> Schema | None:
    """One of the shop's own, kept from being removed until the transaction ends."""
    row = await tx.maybe(SQL.hold_schema, code)
    return None if row is None else _schema(row)


async def lock_schema(tx: Tx, code: str) -> Schema | None:
    """One of the shop's own, locked."""
    row = await tx.maybe(SQL.lock_schema, code)
    return None if row is None else _schema(row)


async def add_schema(tx: Tx, code: str, fields: SchemaFields) -> bool:
    """False: there is one of this code."""
    return await tx.maybe(SQL.add_schema, code, _body(fields), tx.now) is not None


async def change_schema(tx: Tx, code: str, fields: SchemaFields) -> None:
    """Have it say exactly this."""
    await tx.run(SQL.change_schema, code, _body(fields), tx.now)


async def count_schemas(tx: Tx) -> int:
    """How many the shop has of its own."""
    return cast(int, (await tx.one(SQL.count_schemas))["n"])


async def schema_used(tx: Tx, code: str) -> bool:
    """Whether the draft of a passport names it."""
    return cast(bool, (await tx.one(SQL.schema_used, code))["used"])


async def drop_schema(tx: Tx, code: str) -> None:
    """Remove it."""
    await tx.run(SQL.drop_schema, code)


async def claim_gtin(tx: Tx, gtin: str, variant_id: UUID, product_id: UUID) -> UUID:
    """Have the GTIN be of this variant, unless it is of one already; of which it is."""
    await tx.run(SQL.claim_gtin, gtin, variant_id, product_id, tx.now)
    return cast(UUID, (await tx.one(SQL.model_of, gtin))["variant_id"])


def _passport(row: Record) -> Passport:
    return Passport(**dict(row) | {"draft": msgspec.convert(row["draft"], Draft)})


async def add_passport(tx: Tx, passport_id: UUID, new: NewPassport, draft: Draft) -> bool:
    """False: there is one of this key."""
    said = msgspec.to_builtins(draft)
    row = await tx.maybe(
        SQL.add_passport,
        passport_id,
        *new.key,
        new.variant_id,
        new.product_id,
        new.sku,
        new.title,
        said,
        tx.now,
    )
    return row is not None


async def passport_by_id(tx: Tx, passport_id: UUID) -> Passport | None:
    """One passport."""
    row = await tx.maybe(SQL.passport_by_id, passport_id)
    return None if row is None else _passport(row)


async def lock_passport(tx: Tx, passport_id: UUID) -> Passport | None:
    """One passport, locked."""
    row = await tx.maybe(SQL.lock_passport, passport_id)
    return None if row is None else _passport(row)


async def shown_passport(tx: Tx, key: Key) -> Passport | None:
    """The nearest that was ever published: of this, of its batch, of its model."""
    row = await tx.maybe(SQL.shown_passport, *key)
    return None if row is None else _passport(row)


async def draft_of_model(tx: Tx, gtin: str) -> Draft | None:
    """What the passport of the model says, or is going to."""
    row = await tx.maybe(SQL.model_passport, gtin)
    return None if row is None else msgspec.convert(row["draft"], Draft)


async def passport_page(
    tx: Tx,
    after: UUID,
    limit: int,
    *,
    state: State | None,
    product_id: UUID | None,
    q: str | None,
    gtin: str | None,
) -> list[Passport]:
    """The latest first, those before `after`. `q` is a lot, serial number or SKU, `gtin` the same
    as a GTIN.
    """
    rows = await tx.many(SQL.passport_page, after, state, product_id, q, gtin, limit)
    return [_passport(row) for row in rows]


async def shown_of_products(
    tx: Tx, product_ids: Collection[UUID], limit: int
) -> list[tuple[UUID, str, str]]:
    """Published passports of models, as (product, gtin, sku)."""
    rows = await tx.many(SQL.shown_of_products, sorted(product_ids), limit)
    return [(row["product_id"], row["gtin"], row["sku"]) for row in rows]


async def save_draft(tx: Tx, passport_id: UUID, draft: Draft) -> None:
    """What is to be published next."""
    await tx.run(SQL.save_draft, passport_id, msgspec.to_builtins(draft), tx.now)


def _edition(row: Record) -> Edition:
    return Edition(**dict(row) | {"contents": msgspec.convert(row["contents"], Contents)})


async def newest_edition(tx: Tx, passport_id: UUID) -> Edition | None:
    """What it says now."""
    row = await tx.maybe(SQL.newest_edition, passport_id)
    return None if row is None else _edition(row)


async def edition(tx: Tx, passport_id: UUID, n: int) -> Edition | None:
    """What it said once."""
    row = await tx.maybe(SQL.edition, passport_id, n)
    return None if row is None else _edition(row)


async def edition_page(tx: Tx, passport_id: UUID, before: int, limit: int) -> list[Edition]:
    """Its editions, the newest first."""
    return [_edition(row) for row in await tx.many(SQL.edition_page, passport_id, before, limit)]


async def publish(tx: Tx, passport: Passport, contents: Contents, title: str) -> int:
    """Add an edition; its number."""
    n = passport.edition + 1
    keys = sorted({one.key for one in contents.documents})
    await tx.run(SQL.add_edition, passport.id, n, msgspec.to_builtins(contents), keys, tx.now)
    await tx.run(SQL.publish, passport.id, n, contents.sku, title, tx.now)
    return n


async def withdraw(tx: Tx, passport_id: UUID, reason: str) -> None:
    """Have it not hold any more."""
    await tx.run(SQL.withdraw, passport_id, reason, tx.now)


async def add_access(tx: Tx, access: PassportAccess, token_hash: bytes) -> None:
    """Let somebody read more."""
    one = access
    await tx.run(
        SQL.add_access,
        one.id,
        one.passport_id,
        one.reader,
        one.level,
        token_hash,
        one.created_at,
        one.expires_at,
    )


async def count_access(tx: Tx, passport_id: UUID) -> int:
    """How many links of it are good."""
    return cast(int, (await tx.one(SQL.count_access, passport_id, tx.now))["n"])


async def access_page(tx: Tx, passport_id: UUID, before: UUID, limit: int) -> list[PassportAccess]:
    """Links of a passport, the latest first."""
    rows = await tx.many(SQL.access_page, passport_id, before, limit)
    return [PassportAccess(**dict(row)) for row in rows]


async def lock_access(tx: Tx, passport_id: UUID, access_id: UUID) -> PassportAccess | None:
    """A link of a passport, locked."""
    row = await tx.maybe(SQL.lock_access, passport_id, access_id)
    return None if row is None else PassportAccess(**dict(row))


async def revoke_access(tx: Tx, access_id: UUID, at: datetime) -> None:
    """Let nobody read by it."""
    await tx.run(SQL.revoke_access, access_id, at)


async def access_by_token(tx: Tx, token_hash: bytes, passport: Passport) -> Access | None:
    """How much the holder of a link may read of the passport; None: the link is not good."""
    row = await tx.maybe(SQL.access_by_token, token_hash, tx.now, passport.id, passport.gtin)
    return None if row is None else cast(Access, row["level"])


async def named_media(tx: Tx, refs: Collection[str]) -> set[str]:
    """Those of these storage keys that editions name."""
    return {row["key"] for row in await tx.many(SQL.named_media, list(refs))}
