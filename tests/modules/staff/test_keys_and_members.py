"""API keys, rights over other members, and the audit trail."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from argosy.drill.clock import MovableClock
from argosy.modules.staff import (
    SCOPES,
    SYSTEM,
    Actor,
    AuditFilter,
    BeyondOwnRights,
    ChangeMember,
    KeyExpired,
    LastOwner,
    MemberChanged,
    MemberExists,
    MemberNotFound,
    SecretKeyUnknown,
    StaffInvalid,
    actor_by_secret_key,
    audit,
    change_member,
    create_publishable_key,
    create_secret_key,
    key_by_id,
    list_audit,
    list_keys,
    list_members,
    list_roles,
    publishable_key,
    revoke_key,
    set_password,
)
from argosy.runtime.db import Database, counting_statements
from tests.modules.staff.making import a_member, cheap_passwords, signed_in


async def a_secret_key(
    db: Database, actor: Actor = SYSTEM, *scopes: str, hours: int | None = None
) -> str:
    async with db.transaction() as tx:
        ends = None if hours is None else tx.now + timedelta(hours=hours)
        made = await create_secret_key(
            tx, actor, name="till", scopes=scopes or ("orders:read",), expires_at=ends
        )
    return made.token


async def actor_of(db: Database, token: str) -> Actor:
    async with db.reading() as tx:
        return await actor_by_secret_key(tx, token)


async def test_a_secret_key_is_stored_hashed_and_never_shown_again(db: Database) -> None:
    token = await a_secret_key(db)
    assert token.startswith("sk_")
    assert len(token) == 46  # 43 characters of 62: 256 bits
    async with db.pool.acquire() as connection:
        stored = await connection.fetchval("select k::text from staff.api_key k")
    assert token not in stored
    async with db.reading() as tx:
        (key,) = await list_keys(tx, limit=10)
    assert key.public_token is None
    assert key.hint == token[-4:]
    actor = await actor_of(db, token)
    assert (actor.kind, actor.name, actor.scopes) == ("key", "till", {"orders:read"})


async def test_a_key_costs_one_statement_and_notes_the_day_of_its_use(
    db: Database, clock: MovableClock
) -> None:
    token = await a_secret_key(db)
    with counting_statements() as counter:
        await actor_of(db, token)
    assert counter.statements == 1
    async with db.reading() as tx:
        (key,) = await list_keys(tx, limit=10)
    assert key.last_used_on == clock.now().date().isoformat()


async def test_expired_and_revoked_and_unknown_keys_open_nothing(
    db: Database, clock: MovableClock
) -> None:
    short = await a_secret_key(db, SYSTEM, "orders:read", hours=1)
    revoked = await a_secret_key(db)
    actor = await actor_of(db, revoked)
    assert actor.id is not None
    async with db.transaction() as tx:
        ended = await revoke_key(tx, SYSTEM, actor.id)
        again = await revoke_key(tx, SYSTEM, actor.id)
    assert ended.revoked_at == again.revoked_at is not None
    clock.advance(hours=1)
    with pytest.raises(KeyExpired):
        await actor_of(db, short)
    for token in (revoked, "sk_" + "A" * 43, "sk_", "", "pk_" + "A" * 43, short[:-1]):
        with pytest.raises(SecretKeyUnknown):
            await actor_of(db, token)


async def test_a_key_cannot_end_in_the_past_or_be_nameless(db: Database) -> None:
    with pytest.raises(StaffInvalid):
        await a_secret_key(db, SYSTEM, "orders:read", hours=-1)
    with pytest.raises(StaffInvalid):
        async with db.transaction() as tx:
            await create_secret_key(tx, SYSTEM, name="  ", scopes=("orders:read",))


async def test_Q6_a_key_cannot_exceed_its_creator(db: Database) -> None:
    passwords = cheap_passwords()
    await a_member(db, passwords, email="dev@example.com", roles=("developer",))
    developer = await signed_in(db, passwords, "dev@example.com")
    with pytest.raises(BeyondOwnRights):
        await a_secret_key(db, developer, "payments:write")
    token = await a_secret_key(db, developer, "orders:read", "keys:write", hours=5)
    key = await actor_of(db, token)
    with pytest.raises(BeyondOwnRights):
        await a_secret_key(db, key, "events:read")  # the key has less than its owner
    child = await actor_of(db, await a_secret_key(db, key, "orders:read"))
    assert child.expires_at == key.expires_at
    assert child.owner_id == developer.id


async def test_Q6_a_key_shrinks_and_ends_with_its_owner(db: Database) -> None:
    passwords = cheap_passwords()
    member = await a_member(db, passwords, email="dev@example.com", roles=("developer",))
    developer = await signed_in(db, passwords, "dev@example.com")
    token = await a_secret_key(db, developer, "orders:read", "keys:write")
    async with db.transaction() as tx:
        await change_member(tx, SYSTEM, member.id, ChangeMember(roles=("support",)))
    assert (await actor_of(db, token)).scopes == {"orders:read"}
    async with db.transaction() as tx:
        await change_member(tx, SYSTEM, member.id, ChangeMember(active=False))
    with pytest.raises(SecretKeyUnknown):
        await actor_of(db, token)


async def test_revoking_a_key_revokes_what_was_made_with_it(db: Database) -> None:
    parent = await a_secret_key(db, SYSTEM, "keys:write", "orders:read")
    key = await actor_of(db, parent)
    child = await a_secret_key(db, key, "orders:read", "keys:read")
    assert key.id is not None
    async with db.transaction() as tx:
        await revoke_key(tx, SYSTEM, key.id)
    for token in (parent, child):
        with pytest.raises(SecretKeyUnknown):
            await actor_of(db, token)


async def test_a_publishable_key_names_its_channel_and_can_be_shown_again(db: Database) -> None:
    channel = uuid4()
    async with db.transaction() as tx:
        made = await create_publishable_key(tx, SYSTEM, name="web shop", channel_id=channel)
    async with db.reading() as tx:
        found = await publishable_key(tx, made.token)
        shown = await key_by_id(tx, made.key.id)
        assert await publishable_key(tx, "pk_" + "0" * 43) is None
        with pytest.raises(SecretKeyUnknown):
            await actor_by_secret_key(tx, made.token)
    assert found is not None
    assert (found.channel_id, found.key_id) == (channel, made.key.id)
    assert shown.public_token == made.token
    assert shown.scopes == ()
    async with db.transaction() as tx:
        await revoke_key(tx, SYSTEM, made.key.id)
        assert await publishable_key(tx, made.token) is None


async def test_all_scopes_of_the_roles_are_known_words(db: Database) -> None:
    async with db.reading() as tx:
        roles = await list_roles(tx)
    assert roles[0].name == "owner"
    assert {"manager", "support", "finance", "catalogue", "read_only"} <= {r.name for r in roles}
    for role in roles:
        assert role.scopes <= SCOPES | {"*"}, role.name


async def test_members_have_one_address_each_and_are_listed_newest_first(db: Database) -> None:
    passwords = cheap_passwords()
    first = await a_member(db, passwords)
    with pytest.raises(MemberExists):
        await a_member(db, passwords, email="Olga@EXAMPLE.com")
    second = await a_member(db, passwords, email="sam@example.com", roles=("support",))
    async with db.reading() as tx:
        page = await list_members(tx, limit=1)
        rest = await list_members(tx, limit=5, after=(page[0].created_at, page[0].id))
    assert [m.id for m in page + rest] == [second.id, first.id]


async def test_Q6_nobody_manages_members_with_more_rights(db: Database) -> None:
    passwords = cheap_passwords()
    owner = await a_member(db, passwords)
    weak = Actor(kind="key", id=None, name="hr", scopes=frozenset({"staff:write", "orders:write"}))
    with pytest.raises(BeyondOwnRights):
        await a_member(db, passwords, email="x@example.com", actor=weak)
    with pytest.raises(BeyondOwnRights):
        await set_password(db, passwords, weak, owner.id, "a password nobody asked for")
    with pytest.raises(BeyondOwnRights):
        async with db.transaction() as tx:
            await change_member(tx, weak, owner.id, ChangeMember(roles=("support",)))


async def test_an_active_owner_always_remains(db: Database) -> None:
    passwords = cheap_passwords()
    owner = await a_member(db, passwords)
    for change in (ChangeMember(active=False), ChangeMember(roles=("manager",))):
        with pytest.raises(LastOwner):
            async with db.transaction() as tx:
                await change_member(tx, SYSTEM, owner.id, change)
    other = await a_member(db, passwords, email="two@example.com")
    async with db.transaction() as tx:
        await change_member(tx, SYSTEM, owner.id, ChangeMember(active=False))
    with pytest.raises(LastOwner):
        async with db.transaction() as tx:
            await change_member(tx, SYSTEM, other.id, ChangeMember(active=False))


async def test_a_change_of_an_old_version_is_refused(db: Database) -> None:
    passwords = cheap_passwords()
    member = await a_member(db, passwords)
    async with db.transaction() as tx:
        after = await change_member(
            tx, SYSTEM, member.id, ChangeMember(name="Olga"), version=member.version
        )
    assert (after.name, after.version) == ("Olga", member.version + 1)
    with pytest.raises(MemberChanged):
        async with db.transaction() as tx:
            await change_member(
                tx, SYSTEM, member.id, ChangeMember(name="Ola"), version=member.version
            )
    with pytest.raises(MemberNotFound):
        async with db.transaction() as tx:
            await change_member(tx, SYSTEM, UUID(int=1), ChangeMember(name="X"))


async def test_every_change_is_in_the_trail_without_secrets(db: Database) -> None:
    passwords = cheap_passwords()
    await a_member(db, passwords)
    owner = await signed_in(db, passwords, "olga@example.com")
    token = await a_secret_key(db, owner)
    key = await actor_of(db, token)
    assert key.id is not None
    async with db.transaction() as tx:
        await revoke_key(tx, owner, key.id)
    async with db.reading() as tx:
        trail = await list_audit(tx, AuditFilter(), limit=10)
        page = await list_audit(tx, AuditFilter(), limit=10, after=(trail[0].at, trail[0].id))
        mine = await list_audit(tx, AuditFilter(actor_id=owner.id, action="key.created"), limit=10)
        none = await list_audit(tx, AuditFilter(until=trail[-1].at), limit=10)
    assert [entry.action for entry in trail] == [
        "key.revoked",
        "key.created",
        "session.opened",
        "staff.added",
    ]
    assert page == trail[1:]
    assert [e.action for e in mine] == ["key.created"]
    assert mine[0].actor_name == "olga"
    assert mine[0].after == {"name": "till", "scopes": ["orders:read"]}
    assert none == []
    assert trail[-1].actor_kind == "system"
    assert token not in repr(trail)


@pytest.mark.parametrize(
    "statement",
    [
        "update staff.audit set actor_name = 'nobody'",
        "delete from staff.audit",
        "truncate staff.audit",
    ],
)
async def test_the_trail_cannot_be_rewritten(db: Database, statement: str) -> None:
    async with db.transaction() as tx:
        await audit(tx, SYSTEM, "shop.opened", "shop", None, {"open": True})
    async with db.pool.acquire() as connection:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(statement)
        assert await connection.fetchval("select count(*) from staff.audit") == 1
