"""Documents on PostgreSQL: numbers without gaps, whatever is rolled back and however many: B20."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from argosy.drill.clock import MovableClock
from argosy.kernel.address import Address
from argosy.kernel.ids import new_id
from argosy.modules.invoices import (
    Corrected,
    Document,
    DocumentNotFound,
    DraftDocument,
    Entity,
    EntityChanged,
    EntityCodeTaken,
    EntityInvalid,
    EntityNotFound,
    GroupSum,
    Item,
    Party,
    SetEntity,
    create_entity,
    document_by_id,
    documents_of_order,
    entity_by_id,
    entity_of_channel,
    issue,
    list_documents,
    list_entities,
    update_entity,
)
from argosy.runtime.db import Database

BERLIN = Address(country="DE", postal_code="10115", city="Berlin", line1="Hauptstr. 1")
CHANNEL = UUID(int=1)


def seller(**more: Any) -> SetEntity:
    settings: dict[str, Any] = {
        "code": "ltd", "name": "Example Ltd", "address": BERLIN, "tax_id": "DE136695976",
        "channel_ids": (CHANNEL,), "time_zone": "Europe/Berlin",
    }  # fmt: skip
    return SetEntity(**(settings | more))


def draft(order: UUID, **more: Any) -> DraftDocument:
    item = Item(
        key="cln_1", kind="line", name="Shirt", category="S", rate=Decimal("0.19"), net_minor=1000,
        tax_minor=190,
    )  # fmt: skip
    group = GroupSum(category="S", rate=Decimal("0.19"), net_minor=1000, tax_minor=190)
    settings: dict[str, Any] = {
        "kind": "invoice", "order_id": order, "order_number": "E-1", "currency": "EUR",
        "seller": Party(name="Example Ltd"), "buyer": Party(name="Ann"),
        "tax_date": date(2026, 3, 1), "items": (item,), "groups": (group,),
    }  # fmt: skip
    return DraftDocument(**(settings | more))


async def an_entity(db: Database, **more: Any) -> Entity:
    async with db.transaction() as tx:
        return await create_entity(tx, seller(**more))


async def issued(db: Database, entity: Entity, source: str, **more: Any) -> Document:
    async with db.transaction() as tx:
        return await issue(tx, entity, draft(new_id(), **more), source=source)


class Regretted(Exception):
    """Whoever issued it rolls back."""


async def test_B20_concurrent_rollbacks_burn_no_number(db: Database) -> None:
    entity = await an_entity(db)

    async def attempt(n: int) -> str | None:
        try:
            async with db.transaction() as tx:
                document = await issue(tx, entity, draft(new_id()), source=f"s{n}")
                await asyncio.sleep(0.001 * (n % 3))
                if n % 3 == 0:
                    raise Regretted
                return document.number
        except Regretted:
            return None

    found = await asyncio.gather(*(attempt(n) for n in range(60)))
    numbers = sorted(number for number in found if number)
    year = db.clock().year
    assert numbers == [f"INV-{year}-{n:06d}" for n in range(1, 41)]
    async with db.reading() as tx:
        kept = await list_documents(tx, limit=100)
    assert sorted(one.sequence for one in kept) == list(range(1, 41))


async def test_B20_each_kind_entity_and_year_counts_for_itself(
    db: Database, clock: MovableClock
) -> None:
    entity, other = await an_entity(db), await an_entity(db, code="inc", channel_ids=())
    year = clock.now().year
    new_year = datetime(year + 1, 1, 1, tzinfo=UTC)
    clock.advance(seconds=(new_year - clock.now()).total_seconds() - 5400)
    first = await issued(db, entity, "a")
    assert (await issued(db, other, "b")).number == f"INV-{year}-000001"
    corrects = Corrected(id=first.id, number=first.number, issued_on=first.issued_on)
    credit = await issued(db, entity, "c", kind="credit_note", corrects=corrects)
    assert first.number == f"INV-{year}-000001"
    assert credit.number == f"CRN-{year}-000001"
    # 22:30 UTC is 23:30 in Berlin; an hour later it is the new year there, not yet in UTC.
    clock.advance(seconds=3600)
    second = await issued(db, entity, "d")
    assert (second.number, second.issued_on) == (f"INV-{year + 1}-000001", date(year + 1, 1, 1))
    plain = await an_entity(db, code="plain", channel_ids=(), yearly=False, invoice_prefix="R")
    assert (await issued(db, plain, "e")).number == "R000001"


async def test_B20_the_same_source_is_issued_once(db: Database) -> None:
    entity = await an_entity(db)
    first = await issued(db, entity, "order:1:invoice:1")
    assert await issued(db, entity, "order:1:invoice:1") == first
    assert (await issued(db, entity, "order:1:invoice:2")).sequence == 2
    async with db.reading() as tx:
        assert await document_by_id(tx, first.id) == first
        assert await documents_of_order(tx, first.content.order_id) == [first]
        with pytest.raises(DocumentNotFound):
            await document_by_id(tx, new_id())


async def test_what_is_issued_never_changes(db: Database) -> None:
    await issued(db, await an_entity(db), "a")
    for change in (
        "update invoices.document set issued_on = issued_on",
        "delete from invoices.document",
        "truncate invoices.document cascade",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.pool.execute(change)


async def test_sums_that_are_not_those_of_the_items_are_not_issued(db: Database) -> None:
    entity = await an_entity(db)
    wrong = GroupSum(category="S", rate=Decimal("0.19"), net_minor=999, tax_minor=191)
    with pytest.raises(AssertionError):
        await issued(db, entity, "a", groups=(wrong,))


async def test_an_entity_is_set_up_and_changed_by_who_has_read_it(db: Database) -> None:
    made = await an_entity(db)
    async with db.transaction() as tx:
        assert await entity_of_channel(tx, CHANNEL) == made
        changed = await update_entity(
            tx, made.id, seller(name="Example SE", channel_ids=()), expected_version=1
        )
    assert (changed.name, changed.version, changed.channel_ids) == ("Example SE", 2, ())
    async with db.reading() as tx:
        assert await entity_of_channel(tx, CHANNEL) is None
        assert await list_entities(tx) == [changed]
        assert await list_entities(tx, after="ltd") == []
        with pytest.raises(EntityNotFound):
            await entity_by_id(tx, new_id())
    with pytest.raises(EntityChanged):
        async with db.transaction() as tx:
            await update_entity(tx, made.id, seller(), expected_version=1)


async def test_a_channel_sells_for_one_entity_and_codes_are_taken_once(db: Database) -> None:
    await an_entity(db)
    for more, field in (({}, "code"), ({"code": "inc"}, "channel_ids")):
        with pytest.raises(EntityCodeTaken) as taken:
            await an_entity(db, **more)
        assert taken.value.field == field


async def test_B20_numbering_cannot_change_once_numbers_were_given(db: Database) -> None:
    entity = await an_entity(db)
    async with db.transaction() as tx:
        entity = await update_entity(tx, entity.id, seller(invoice_prefix="A-"), expected_version=1)
    await issued(db, entity, "a")
    for more in ({"invoice_prefix": "B-"}, {"yearly": False, "invoice_prefix": "A-"}):
        with pytest.raises(EntityInvalid):
            async with db.transaction() as tx:
                await update_entity(tx, entity.id, seller(**more), expected_version=2)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"code": "No"}, "code"),
        ({"name": " "}, "name"),
        ({"address": Address(country="DE")}, "address"),
        ({"channel_ids": (CHANNEL, CHANNEL)}, "channel_ids"),
        ({"invoice_prefix": "no spaces"}, "invoice_prefix"),
        ({"credit_prefix": "INV-"}, "credit_prefix"),
        ({"time_zone": "Mars"}, "time_zone"),
    ],
)
async def test_what_cannot_be_an_entity_is_refused(
    db: Database, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(EntityInvalid) as refused:
        await an_entity(db, **more)
    assert refused.value.field == field
