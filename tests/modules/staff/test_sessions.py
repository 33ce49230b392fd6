"""Signing in, being somebody for a while, and losing it again."""

from __future__ import annotations

import pytest

from argosy.drill.clock import MovableClock
from argosy.modules.staff import (
    SYSTEM,
    ChangeMember,
    CredentialsWrong,
    PasswordWrong,
    SessionEnded,
    actor_by_session,
    change_member,
    change_own_password,
    set_password,
    sign_in,
    sign_out,
)
from argosy.runtime.attempts import TooManyTries
from argosy.runtime.db import Database, counting_statements
from tests.modules.staff.making import PASSWORD, a_member, cheap_passwords, signed_in


async def is_over(db: Database, token: str) -> bool:
    async with db.reading() as tx:
        try:
            await actor_by_session(tx, token)
        except SessionEnded:
            return True
    return False


async def test_a_session_stands_for_the_member_with_the_scopes_of_all_roles(db: Database) -> None:
    passwords = cheap_passwords()
    member = await a_member(db, passwords, roles=("catalogue", "finance"))
    actor = await signed_in(db, passwords, "OLGA@example.com")
    assert (actor.kind, actor.id, actor.name) == ("staff", member.id, "olga")
    assert {"catalog:write", "payments:write"} <= actor.scopes
    assert "staff:write" not in actor.scopes


async def test_the_token_is_not_in_the_database_and_new_at_each_sign_in(db: Database) -> None:
    passwords = cheap_passwords()
    await a_member(db, passwords)
    tokens = [
        (await sign_in(db, passwords, email="olga@example.com", password=PASSWORD)).token
        for _ in range(2)
    ]
    assert tokens[0] != tokens[1]
    async with db.pool.acquire() as connection:
        rows = await connection.fetch("select s::text from staff.session s")
        members = await connection.fetch("select m::text from staff.member m")
    text = " ".join(row[0] for row in rows + members)
    assert not any(token in text for token in tokens)
    assert PASSWORD not in text
    assert "$argon2id$" in text


async def test_a_session_ends_by_age_idleness_and_signing_out(
    db: Database, clock: MovableClock
) -> None:
    passwords = cheap_passwords()
    await a_member(db, passwords)

    async def a_token() -> str:
        return (await sign_in(db, passwords, email="olga@example.com", password=PASSWORD)).token

    idle = await a_token()
    clock.advance(minutes=119)
    assert not await is_over(db, idle)  # this visit keeps it alive
    clock.advance(minutes=119)
    assert not await is_over(db, idle)
    clock.advance(minutes=121)
    assert await is_over(db, idle)

    old = await a_token()
    for _ in range(7):
        clock.advance(minutes=100)
        assert not await is_over(db, old)
    clock.advance(minutes=21)  # 12 hours and a minute
    assert await is_over(db, old)

    left = await a_token()
    async with db.transaction() as tx:
        await sign_out(tx, await actor_by_session(tx, left))
    assert await is_over(db, left)


async def test_Q2_changing_the_password_ends_all_sessions_and_opens_one(db: Database) -> None:
    passwords = cheap_passwords()
    await a_member(db, passwords)
    first = await sign_in(db, passwords, email="olga@example.com", password=PASSWORD)
    actor = await signed_in(db, passwords, "olga@example.com")
    with pytest.raises(PasswordWrong):
        await change_own_password(
            db, passwords, actor, current="not it at all", new="another good password"
        )
    assert not await is_over(db, first.token)
    fresh = await change_own_password(
        db, passwords, actor, current=PASSWORD, new="another good password"
    )
    assert await is_over(db, first.token)
    assert not await is_over(db, fresh.token)
    with pytest.raises(CredentialsWrong):
        await sign_in(db, passwords, email="olga@example.com", password=PASSWORD)
    await sign_in(db, passwords, email="olga@example.com", password="another good password")


async def test_disabling_a_member_or_setting_their_password_ends_their_sessions(
    db: Database,
) -> None:
    passwords = cheap_passwords()
    await a_member(db, passwords)
    other = await a_member(db, passwords, email="sam@example.com", roles=("support",))
    session = await sign_in(db, passwords, email="sam@example.com", password=PASSWORD)
    await set_password(db, passwords, SYSTEM, other.id, "a password given by an owner")
    assert await is_over(db, session.token)
    session = await sign_in(
        db, passwords, email="sam@example.com", password="a password given by an owner"
    )
    async with db.transaction() as tx:
        await change_member(tx, SYSTEM, other.id, ChangeMember(active=False))
    assert await is_over(db, session.token)
    with pytest.raises(CredentialsWrong):
        await sign_in(
            db, passwords, email="sam@example.com", password="a password given by an owner"
        )


async def test_38_failing_looks_the_same_for_known_unknown_and_disabled(db: Database) -> None:
    passwords = cheap_passwords()
    await a_member(db, passwords)
    gone = await a_member(db, passwords, email="gone@example.com", roles=("support",))
    async with db.transaction() as tx:
        await change_member(tx, SYSTEM, gone.id, ChangeMember(active=False))
    seen = set()
    for email, password in [
        ("olga@example.com", "this is not it"),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
    ]:
        before = passwords.hashings
        with counting_statements() as counter, pytest.raises(CredentialsWrong) as refused:
            await sign_in(db, passwords, email=email, password=password)
        seen.add(
            (
                tuple(counter.names),
                counter.transactions,
                passwords.hashings - before,
                refused.value.message,
                refused.value.cure,
            )
        )
    assert len(seen) == 1
    assert next(iter(seen))[2] == 1


@pytest.mark.parametrize("email", ["olga@example.com", "nobody@example.com"])
async def test_38_tries_are_limited_whether_or_not_the_account_exists(
    db: Database, clock: MovableClock, email: str
) -> None:
    passwords = cheap_passwords()
    await a_member(db, passwords)
    for guess in range(5):
        with pytest.raises(CredentialsWrong):
            await sign_in(db, passwords, email=email, password=f"this is not it {guess}")
    hashings = passwords.hashings
    with pytest.raises(TooManyTries):
        await sign_in(db, passwords, email=email, password=PASSWORD)
    assert passwords.hashings == hashings, "a paused try must not cost a hashing"
    clock.advance(minutes=16)
    if email == "olga@example.com":
        await sign_in(db, passwords, email=email, password=PASSWORD)
        for _ in range(4):  # the success wiped the slate
            with pytest.raises(CredentialsWrong):
                await sign_in(db, passwords, email=email, password="this is not it")


async def test_the_pause_doubles_up_to_a_quarter_of_an_hour(
    db: Database, clock: MovableClock
) -> None:
    passwords = cheap_passwords()
    pauses = []
    for _ in range(13):
        try:
            await sign_in(db, passwords, email="eve@example.com", password="guess after guess")
        except CredentialsWrong:
            continue
        except TooManyTries as paused:
            pauses.append(paused.retry_after or 0)
            clock.advance(seconds=pauses[-1])
    assert [p // 10 * 10 for p in pauses[:4]] == [30, 60, 120, 240]
    assert max(pauses) <= 901


async def test_a_hash_with_older_parameters_is_made_anew_at_sign_in(db: Database) -> None:
    await a_member(db, cheap_passwords())
    stronger = cheap_passwords(passes=2)
    await sign_in(db, stronger, email="olga@example.com", password=PASSWORD)
    async with db.pool.acquire() as connection:
        stored = await connection.fetchval("select password_hash from staff.member")
    assert "t=2" in stored
    before = stronger.hashings
    await sign_in(db, stronger, email="olga@example.com", password=PASSWORD)
    assert stronger.hashings - before == 1
