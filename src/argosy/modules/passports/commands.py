"""Make passports, publish and withdraw them, keep schemas, let somebody read more."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules.passports import rules, store
from argosy.modules.passports.errors import (
    GtinTaken,
    PassportAccessesFull,
    PassportAccessNotFound,
    PassportChangedMeanwhile,
    PassportInvalid,
    PassportNotFound,
    PassportNotPublished,
    PassportSchemaInUse,
    PassportSchemaNotFound,
    PassportSchemaTaken,
    PassportTaken,
)
from argosy.modules.passports.events import PassportPublished, PassportWithdrawn
from argosy.modules.passports.types import (
    MOST_ACCESSES,
    MOST_DAYS,
    MOST_SCHEMAS,
    Access,
    Contents,
    Draft,
    Edition,
    NewPassport,
    Passport,
    PassportAccess,
    Schema,
    SchemaFields,
)
from argosy.runtime.credentials import new_token, token_hash
from argosy.runtime.db import Tx

_MARK = "ppa"


# --- passports -----------------------------------------------------------------------------------


async def create_passport(tx: Tx, new: NewPassport) -> Passport:
    """A passport that is not published yet. One of a batch or an item begins with what that of its
    model says, unless a draft is given.

    Raises PassportTaken, GtinTaken, PassportInvalid, PassportSchemaNotFound.
    """
    draft = new.draft
    if draft is None:
        draft = await store.draft_of_model(tx, new.key.gtin) or Draft()
    rules.check_draft(draft, await _held_schema(tx, draft))
    owner = await store.claim_gtin(tx, new.key.gtin, new.variant_id, new.product_id)
    if owner != new.variant_id:
        raise GtinTaken("Passports of this GTIN are of another variant.", field="variant_id")
    passport_id = new_id()
    if not await store.add_passport(tx, passport_id, new, draft):
        raise PassportTaken("There is a passport of this GTIN, lot and serial number already.")
    return await lock_passport(tx, passport_id)


async def lock_passport(
    tx: Tx, passport_id: UUID, *, expected_version: int | None = None
) -> Passport:
    """A passport, locked. Raises PassportNotFound, PassportChangedMeanwhile."""
    found = await store.lock_passport(tx, passport_id)
    if found is None:
        raise PassportNotFound("There is no such passport.")
    if expected_version is not None and expected_version != found.version:
        raise PassportChangedMeanwhile(
            "It was changed since you read it.", current_version=found.version
        )
    return found


async def save_draft(
    tx: Tx, passport_id: UUID, draft: Draft, *, expected_version: int | None = None
) -> tuple[Passport, Passport]:
    """Have exactly this be published next: the passport before and after. Repeating it changes
    nothing.

    Raises PassportNotFound, PassportChangedMeanwhile, PassportInvalid, PassportSchemaNotFound.
    """
    before = await lock_passport(tx, passport_id, expected_version=expected_version)
    rules.check_draft(draft, await _held_schema(tx, draft))
    if draft == before.draft:
        return before, before
    await store.save_draft(tx, passport_id, draft)
    return before, await lock_passport(tx, passport_id)


async def publish(tx: Tx, passport: Passport, contents: Contents, title: str) -> Edition:
    """Have a locked passport say this from now on. What it says already is not published twice.

    Raises PassportIncomplete, PassportInvalid.
    """
    schema = await _held_schema(tx, passport.draft)
    rules.check_draft(passport.draft, schema)  # the schema may have changed since it was written
    rules.require(passport.draft, schema, passport.key.level)
    held = await store.newest_edition(tx, passport.id)
    if held is not None and held.contents == contents and passport.state == "published":
        return held
    n = await store.publish(tx, passport, contents, title)
    link = rules.link_path(passport.key)
    tx.emit(
        PassportPublished(
            passport_id=passport.id,
            product_id=passport.product_id,
            variant_id=passport.variant_id,
            edition=n,
            link=link,
        )
    )
    return Edition(passport_id=passport.id, n=n, contents=contents, published_at=tx.now)


async def withdraw(tx: Tx, passport_id: UUID, reason: str) -> tuple[Passport, Passport]:
    """Have a passport not hold any more, before and after. It stays readable and says so; it may be
    published anew. Repeating it changes nothing.

    Raises PassportNotFound, PassportNotPublished.
    """
    before = await lock_passport(tx, passport_id)
    if before.state == "draft":
        raise PassportNotPublished("The passport was never published.")
    if before.state == "withdrawn":
        return before, before
    await store.withdraw(tx, passport_id, reason)
    link = rules.link_path(before.key)
    tx.emit(
        PassportWithdrawn(
            passport_id=before.id,
            product_id=before.product_id,
            variant_id=before.variant_id,
            link=link,
            reason=reason,
        )
    )
    return before, await lock_passport(tx, passport_id)


# --- schemas -------------------------------------------------------------------------------------


async def _held_schema(tx: Tx, draft: Draft) -> Schema | None:
    if draft.schema is None:
        return None
    held = rules.SHIPPED.get(draft.schema) or await store.hold_schema(tx, draft.schema)
    if held is None:
        raise PassportSchemaNotFound(f"There is no schema {draft.schema!r}.", field="schema")
    return held


async def create_schema(tx: Tx, code: str, fields: SchemaFields) -> Schema:
    """A schema of the shop's own. Raises PassportSchemaTaken, PassportInvalid."""
    rules.check_schema(fields)
    if await store.count_schemas(tx) >= MOST_SCHEMAS:
        raise PassportInvalid(f"A shop keeps at most {MOST_SCHEMAS} schemas.", field="code")
    if code in rules.SHIPPED or not await store.add_schema(tx, code, fields):
        raise PassportSchemaTaken("There is a schema of this code already.", field="code")
    return _schema(code, fields, 1)


async def change_schema(
    tx: Tx, code: str, fields: SchemaFields, *, expected_version: int | None = None
) -> tuple[Schema, Schema]:
    """A schema before and after. What is published stays as it is; what is published next is judged
    by it.

    Raises PassportSchemaNotFound, PassportSchemaInUse, PassportChangedMeanwhile, PassportInvalid.
    """
    before = await _locked_schema(tx, code, expected_version)
    rules.check_schema(fields)
    after = _schema(code, fields, before.version)
    if after == before:
        return before, before
    await store.change_schema(tx, code, fields)
    return before, msgspec.structs.replace(after, version=before.version + 1)


async def delete_schema(tx: Tx, code: str, *, expected_version: int | None = None) -> Schema:
    """Remove a schema that no passport names.

    Raises PassportSchemaNotFound, PassportSchemaInUse, PassportChangedMeanwhile.
    """
    before = await _locked_schema(tx, code, expected_version)
    if await store.schema_used(tx, code):
        raise PassportSchemaInUse("Passports say what this schema asks.")
    await store.drop_schema(tx, code)
    return before


async def _locked_schema(tx: Tx, code: str, expected_version: int | None) -> Schema:
    if code in rules.SHIPPED:
        raise PassportSchemaInUse("This schema comes with the program.")
    found = await store.lock_schema(tx, code)
    if found is None:
        raise PassportSchemaNotFound("There is no such schema.")
    if expected_version is not None and expected_version != found.version:
        raise PassportChangedMeanwhile(
            "It was changed since you read it.", current_version=found.version
        )
    return found


def _schema(code: str, fields: SchemaFields, version: int) -> Schema:
    named = {name: getattr(fields, name) for name in SchemaFields.__struct_fields__}
    return Schema(**named, code=code, version=version)


# --- access --------------------------------------------------------------------------------------


async def give_access(
    tx: Tx, passport_id: UUID, reader: str, level: Access, days: int
) -> tuple[PassportAccess, str]:
    """Let somebody read more of a passport for so many days; the token is told only here. One of a
    model is good for its batches and items, too.

    Raises PassportNotFound, PassportInvalid, PassportAccessesFull.
    """
    if level == "public" or not 1 <= days <= MOST_DAYS:
        raise PassportInvalid(f"A link is for 1 to {MOST_DAYS} days.", field="days")
    await lock_passport(tx, passport_id)
    if await store.count_access(tx, passport_id) >= MOST_ACCESSES:
        raise PassportAccessesFull(f"A passport has at most {MOST_ACCESSES} access links.")
    token = new_token(_MARK)
    access = PassportAccess(
        id=new_id(),
        passport_id=passport_id,
        reader=reader,
        level=level,
        created_at=tx.now,
        expires_at=tx.now + timedelta(days=days),
    )
    await store.add_access(tx, access, token_hash(token))
    return access, token


async def revoke_access(
    tx: Tx, passport_id: UUID, access_id: UUID
) -> tuple[PassportAccess, PassportAccess]:
    """Let nobody read by a link any more, before and after. Repeating it changes nothing.

    Raises PassportAccessNotFound.
    """
    before = await store.lock_access(tx, passport_id, access_id)
    if before is None:
        raise PassportAccessNotFound("The passport has no such access link.")
    if before.revoked_at is not None:
        return before, before
    await store.revoke_access(tx, access_id, tx.now)
    return before, msgspec.structs.replace(before, revoked_at=tx.now)
