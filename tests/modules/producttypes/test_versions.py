"""Types and versions of their schemas in PostgreSQL."""

from __future__ import annotations

import asyncpg
import pytest

from argosy.modules import producttypes
from argosy.modules.producttypes import AttributeFacts, Schema, TypeAttribute
from argosy.runtime.db import Database

KNOWN = {"care": AttributeFacts(code="care", kind="text", level="product")}


async def draft(db: Database, schema: Schema, expected: int | None = None) -> int:
    async with db.transaction() as tx:
        kind, made = await producttypes.save_draft(
            tx, "bag", schema, attributes=KNOWN, channels=(), expected_version=expected
        )
    assert kind.version > (expected or 0)
    return made.number


async def publish(db: Database) -> producttypes.TypeVersion:
    async with db.transaction() as tx:
        return (await producttypes.publish_draft(tx, "bag", by="ann"))[1]


@pytest.fixture
async def shop(db: Database) -> Database:
    async with db.transaction() as tx:
        await producttypes.save_type(tx, "bag", "Bag")
    return db


async def test_a_draft_is_replaced_until_it_is_published(shop: Database) -> None:
    assert await draft(shop, Schema()) == 1
    assert await draft(shop, Schema(missing="block")) == 1
    assert (await publish(shop)).schema.missing == "block"
    with pytest.raises(producttypes.NothingToPublish):
        await publish(shop)
    assert await draft(shop, Schema(attributes=(TypeAttribute(code="care"),))) == 2
    async with shop.reading() as tx:
        assert (await producttypes.type_by_code(tx, "bag")).published == 1
        versions = await producttypes.versions_of(tx, "bag")
        assert [(v.number, v.published_by) for v in versions] == [(2, ""), (1, "ann")]
        in_force = await producttypes.schemas_in_force(tx, ["bag", "hat"])
    assert in_force == {"bag": Schema(missing="block")}


async def test_a_published_version_never_changes(shop: Database) -> None:
    await draft(shop, Schema())
    await publish(shop)
    for statement in (
        "update producttypes.type_version set published_by = 'eve'",
        "delete from producttypes.type_version",
    ):
        async with shop.pool.acquire() as connection:
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(statement)


async def test_a_schema_that_makes_no_sense_is_not_saved(shop: Database) -> None:
    with pytest.raises(producttypes.SchemaInvalid) as caught:
        await draft(shop, Schema(attributes=(TypeAttribute(code="nothing"),)))
    assert caught.value.details["faults"][0]["column"] == "attributes[0].code"


async def test_who_read_an_older_version_is_told(shop: Database) -> None:
    await draft(shop, Schema(), expected=1)
    with pytest.raises(producttypes.TypeChanged):
        await draft(shop, Schema(), expected=1)


async def test_codes_are_codes_and_types_are_there(shop: Database) -> None:
    async with shop.transaction() as tx:
        with pytest.raises(producttypes.SchemaInvalid):
            await producttypes.save_type(tx, "No!", "No")
        with pytest.raises(producttypes.TypeNotFound):
            await producttypes.type_by_code(tx, "hat")
        with pytest.raises(producttypes.TypeNotFound):
            await producttypes.draft_of(tx, "hat")
