"""Groups and segments of customers on PostgreSQL."""

from __future__ import annotations

from uuid import UUID

import pytest

from argosy.modules.customers import (
    CustomerNotFound,
    GroupChanged,
    GroupCodeTaken,
    GroupInvalid,
    GroupNotFound,
    add_members,
    create_group,
    delete_group,
    erase_customer,
    export_customer,
    group_by_code,
    groups_of,
    list_groups,
    list_members,
    remove_members,
    rename_group,
)
from argosy.runtime.db import Database
from tests.modules.customers.making import a_customer, cheap_passwords, events


@pytest.fixture
async def ann(db: Database) -> UUID:
    return (await a_customer(db, cheap_passwords())).customer_id


@pytest.fixture
async def bob(db: Database) -> UUID:
    return (await a_customer(db, cheap_passwords(), "bob@example.com")).customer_id


async def made(db: Database, *codes: str) -> None:
    async with db.transaction() as tx:
        for code in codes:
            await create_group(tx, code, code.title())


async def put(db: Database, code: str, *customers: UUID) -> int:
    async with db.transaction() as tx:
        return await add_members(tx, code, customers)


async def test_groups_have_unique_sane_codes(db: Database) -> None:
    await made(db, "dealers")
    with pytest.raises(GroupCodeTaken):
        await made(db, "dealers")
    for code, name, field in (("No Code", "x", "code"), ("x", " ", "name")):
        with pytest.raises(GroupInvalid) as caught:
            async with db.transaction() as tx:
                await create_group(tx, code, name)
        assert caught.value.field == field


async def test_a_group_is_renamed_by_one_editor_at_a_time(db: Database) -> None:
    await made(db, "dealers")
    async with db.transaction() as tx:
        renamed = await rename_group(tx, "dealers", " Our  dealers ", expected_version=1)
    assert (renamed.name, renamed.version, renamed.kind) == ("Our dealers", 2, "group")
    with pytest.raises(GroupChanged):
        async with db.transaction() as tx:
            await rename_group(tx, "dealers", "Again", expected_version=1)
    with pytest.raises(GroupNotFound):
        async with db.transaction() as tx:
            await rename_group(tx, "none", "Again", expected_version=1)


async def test_members_come_and_go_and_each_change_is_told_once(
    db: Database, ann: UUID, bob: UUID
) -> None:
    await made(db, "dealers", "staff")
    assert await put(db, "dealers", ann, bob) == 2
    assert await put(db, "dealers", ann) == 0
    assert await put(db, "staff", ann) == 1
    async with db.transaction() as tx:
        assert [g.code for g in await groups_of(tx, ann)] == ["dealers", "staff"]
        assert [g.code for g in await groups_of(tx, bob)] == ["dealers"]
        assert [c.id for c in await list_members(tx, "dealers", limit=9)] == sorted([ann, bob])
        first = min(ann, bob)
        assert [c.id for c in await list_members(tx, "dealers", after=first, limit=9)] == [
            max(ann, bob)
        ]
        assert [g.code for g in await list_groups(tx, after="dealers", limit=9)] == ["staff"]
        assert await remove_members(tx, "dealers", [bob]) == 1
    async with db.transaction() as tx:
        assert await remove_members(tx, "dealers", [bob]) == 0
    told = await events(db, "customer_groups_changed")
    assert [(e["customer_id"], e["groups"]) for e in told[-2:]] == [
        (str(ann), ["dealers", "staff"]),
        (str(bob), []),
    ]
    assert len(told) == 4


async def test_who_does_not_exist_keeps_all_out(db: Database, ann: UUID) -> None:
    await made(db, "dealers")
    with pytest.raises(CustomerNotFound):
        await put(db, "dealers", ann, UUID(int=7))
    with pytest.raises(GroupNotFound):
        await put(db, "none", ann)
    with pytest.raises(GroupInvalid):
        await put(db, "dealers")
    async with db.reading() as tx:
        assert await groups_of(tx, ann) == []


async def test_a_deleted_group_has_no_members(db: Database, ann: UUID) -> None:
    await made(db, "dealers")
    await put(db, "dealers", ann)
    async with db.transaction() as tx:
        await delete_group(tx, "dealers")
    async with db.reading() as tx:
        assert await groups_of(tx, ann) == []
        with pytest.raises(GroupNotFound):
            await group_by_code(tx, "dealers")
    assert (await events(db, "customer_groups_changed"))[-1]["groups"] == []


async def test_a_person_is_told_their_groups_and_leaves_them_when_erased(
    db: Database, ann: UUID
) -> None:
    await made(db, "dealers")
    await put(db, "dealers", ann)
    async with db.transaction() as tx:
        assert [g.code for g in (await export_customer(tx, ann)).groups] == ["dealers"]
        await erase_customer(tx, ann)
        assert await list_members(tx, "dealers", limit=9) == []
    with pytest.raises(CustomerNotFound):
        await put(db, "dealers", ann)
