"""Registering, signing in, passwords and mailed proofs, without telling who has an account."""

from __future__ import annotations

import asyncio

import pytest

from argosy.drill.clock import MovableClock
from argosy.modules.customers import (
    CredentialsWrong,
    EmailTaken,
    IssueReset,
    PasswordWrong,
    ProofInvalid,
    Register,
    SessionEnded,
    ask_email_change,
    ask_reset,
    ask_verification,
    change_password,
    confirm_email,
    customer_by_email,
    customer_by_id,
    end_all_sessions,
    issue_reset,
    proof_text,
    register,
    reset_password,
    sign_in,
    sign_out,
)
from argosy.runtime.attempts import TooManyTries
from argosy.runtime.db import Database, counting_statements
from tests.modules.customers.making import (
    PASSWORD,
    SECRET_KEY,
    a_customer,
    a_token,
    cheap_passwords,
    events,
    last_proof,
    who,
)


async def is_over(db: Database, token: str) -> bool:
    try:
        await who(db, token)
    except SessionEnded:
        return True
    return False


async def test_38_an_account_is_found_by_any_writing_of_its_address(db: Database) -> None:
    passwords = cheap_passwords()
    wish = Register(email=" Ann@Bücher.example ", password=PASSWORD)
    await register(db, passwords, wish)
    session = await sign_in(db, passwords, email="ANN@xn--bcher-kva.EXAMPLE", password=PASSWORD)
    assert session.customer.email == "Ann@Bücher.example"


async def test_38_registering_looks_the_same_for_a_known_and_a_new_address(db: Database) -> None:
    passwords = cheap_passwords()
    await a_customer(db, passwords)
    seen = set()
    for email in ("ann@example.com", "new@example.com"):
        before = passwords.hashings
        with counting_statements() as counter:
            await register(db, passwords, Register(email=email, password="some other password"))
        seen.add((tuple(counter.names), counter.transactions, passwords.hashings - before))
    assert len(seen) == 1
    with pytest.raises(CredentialsWrong):  # the account and its password are untouched
        await sign_in(db, passwords, email="ann@example.com", password="some other password")
    await sign_in(db, passwords, email="ann@example.com", password=PASSWORD)
    assert len(await events(db, "registration_repeated")) == 1
    assert len(await events(db, "customer_registered")) == 2


async def test_38_failing_to_sign_in_looks_the_same_for_known_and_unknown(db: Database) -> None:
    passwords = cheap_passwords()
    await a_customer(db, passwords)
    seen = set()
    for email in ("ann@example.com", "nobody@example.com"):
        before = passwords.hashings
        with counting_statements() as counter, pytest.raises(CredentialsWrong) as refused:
            await sign_in(db, passwords, email=email, password="this is not it")
        seen.add(
            (
                tuple(counter.names),
                counter.transactions,
                passwords.hashings - before,
                refused.value.message,
            )
        )
    assert len(seen) == 1
    assert next(iter(seen))[2] == 1


async def test_38_asking_for_a_reset_looks_the_same_for_known_and_unknown(db: Database) -> None:
    passwords = cheap_passwords()
    await a_customer(db, passwords)
    seen = set()
    for email in ("ann@example.com", "nobody@example.com"):
        with counting_statements() as counter:
            await ask_reset(db, email)
        seen.add((tuple(counter.names), counter.transactions))
    assert len(seen) == 1


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
async def test_38_tries_are_limited_whether_or_not_the_account_exists(
    db: Database, email: str
) -> None:
    passwords = cheap_passwords()
    await a_customer(db, passwords)
    for _ in range(5):
        with pytest.raises(CredentialsWrong):
            await sign_in(db, passwords, email=email, password="this is not it")
    hashings = passwords.hashings
    with pytest.raises(TooManyTries) as paused:
        await sign_in(db, passwords, email=email, password=PASSWORD)
    assert paused.value.retry_after is not None
    assert 28 <= paused.value.retry_after <= 31
    assert passwords.hashings == hashings


async def test_two_registrations_at_once_make_one_account(db: Database) -> None:
    passwords = cheap_passwords()
    wish = Register(email="ann@example.com", password=PASSWORD)
    await asyncio.gather(*[register(db, passwords, wish) for _ in range(4)])
    assert len(await events(db, "customer_registered")) == 1


async def test_tokens_and_passwords_are_not_in_the_database(db: Database) -> None:
    passwords = cheap_passwords()
    await a_customer(db, passwords)
    token = await a_token(db, passwords)
    async with db.pool.acquire() as connection:
        rows = await connection.fetch(
            "select t::text from customers.customer t union all "
            "select t::text from customers.session t union all "
            "select t::text from customers.proof t union all "
            "select t::text from runtime.outbox t"
        )
    proof = await last_proof(db, "customer_registered")
    text = " ".join(row[0] for row in rows)
    assert token not in text
    assert PASSWORD not in text
    assert proof_text(SECRET_KEY, proof) not in text


async def test_a_session_ends_by_age_idleness_and_signing_out(
    db: Database, clock: MovableClock
) -> None:
    passwords = cheap_passwords()
    await a_customer(db, passwords)
    idle = await a_token(db, passwords)
    clock.advance(days=13)
    assert not await is_over(db, idle)
    clock.advance(days=14, minutes=1)
    assert await is_over(db, idle)
    old = await a_token(db, passwords)
    for _ in range(3):
        clock.advance(days=9)
        assert not await is_over(db, old)
    clock.advance(days=3, minutes=1)
    assert await is_over(db, old)
    left, kept = await a_token(db, passwords), await a_token(db, passwords)
    gone = await who(db, left)
    async with db.transaction() as tx:
        await sign_out(tx, gone)
    assert await is_over(db, left)
    assert not await is_over(db, kept)
    async with db.transaction() as tx:
        await end_all_sessions(tx, gone.customer_id)
    assert await is_over(db, kept)


async def test_Q2_changing_the_password_ends_all_sessions_and_opens_one(db: Database) -> None:
    passwords = cheap_passwords()
    me = await a_customer(db, passwords)
    other = await a_token(db, passwords)
    with pytest.raises(PasswordWrong):
        await change_password(db, passwords, me, current="not it at all", new="a newer password")
    assert not await is_over(db, other)
    fresh = await change_password(db, passwords, me, current=PASSWORD, new="a newer password")
    assert await is_over(db, other)
    assert not await is_over(db, fresh.token)
    assert len(await events(db, "password_changed")) == 1
    with pytest.raises(CredentialsWrong):
        await sign_in(db, passwords, email="ann@example.com", password=PASSWORD)


async def test_the_mailed_text_sets_a_password_once_and_proves_the_address(
    db: Database, clock: MovableClock
) -> None:
    passwords = cheap_passwords()
    me = await a_customer(db, passwords)
    old = await a_token(db, passwords)
    async with db.transaction() as tx:
        await issue_reset(tx, IssueReset(email_normalised="ann@example.com"))
        await issue_reset(tx, IssueReset(email_normalised="nobody@example.com"))
    assert len(await events(db, "password_reset_asked")) == 1
    proof = await last_proof(db, "password_reset_asked")
    assert proof.email == "ann@example.com"
    text = proof_text(SECRET_KEY, proof)

    async def reset(text: str) -> None:
        await reset_password(
            db, passwords, secret_key=SECRET_KEY, text=text, new="a newer password"
        )

    forged = proof_text("another secret key", proof)
    for wrong in (forged, text[:-1], text + "0", "", "x" * 80, proof.id.hex):
        with pytest.raises(ProofInvalid):
            await reset(wrong)
    await reset(text)
    with pytest.raises(ProofInvalid):
        await reset(text)
    assert await is_over(db, old)
    await sign_in(db, passwords, email="ann@example.com", password="a newer password")
    async with db.reading() as tx:
        assert (await customer_by_id(tx, me.customer_id)).email_verified_at is not None

    async with db.transaction() as tx:
        await issue_reset(tx, IssueReset(email_normalised="ann@example.com"))
    late = proof_text(SECRET_KEY, await last_proof(db, "password_reset_asked"))
    clock.advance(minutes=61)
    with pytest.raises(ProofInvalid):
        await reset(late)


async def test_a_text_for_one_purpose_is_none_for_another(db: Database) -> None:
    passwords = cheap_passwords()
    await a_customer(db, passwords)
    verify = proof_text(SECRET_KEY, await last_proof(db, "customer_registered"))
    with pytest.raises(ProofInvalid):
        await reset_password(
            db, passwords, secret_key=SECRET_KEY, text=verify, new="a newer password"
        )
    async with db.transaction() as tx:
        await issue_reset(tx, IssueReset(email_normalised="ann@example.com"))
    reset = proof_text(SECRET_KEY, await last_proof(db, "password_reset_asked"))
    with pytest.raises(ProofInvalid):
        async with db.transaction() as tx:
            await confirm_email(tx, secret_key=SECRET_KEY, text=reset)


async def test_G10_an_address_is_verified_by_the_mailed_text(db: Database) -> None:
    passwords = cheap_passwords()
    me = await a_customer(db, passwords)
    assert not me.email_verified
    await ask_verification(db, me)
    text = proof_text(SECRET_KEY, await last_proof(db, "email_proof_asked"))
    async with db.transaction() as tx:
        await confirm_email(tx, secret_key=SECRET_KEY, text=text)
    assert (await who(db, await a_token(db, passwords))).email_verified
    assert len(await events(db, "email_verified")) == 1


async def test_Q2_an_address_changes_by_mail_and_can_be_taken_back(db: Database) -> None:
    passwords = cheap_passwords()
    me = await a_customer(db, passwords)
    old_session = await a_token(db, passwords)
    with pytest.raises(PasswordWrong):
        await ask_email_change(db, passwords, me, email="new@example.com", password="not it")
    await ask_email_change(db, passwords, me, email="New@example.com", password=PASSWORD)
    asked = await last_proof(db, "email_proof_asked")
    assert asked.email == "New@example.com"  # the mail goes to the new address
    assert not await is_over(db, old_session)  # nothing has changed yet
    async with db.transaction() as tx:
        await confirm_email(tx, secret_key=SECRET_KEY, text=proof_text(SECRET_KEY, asked))
    assert await is_over(db, old_session)
    with pytest.raises(CredentialsWrong):
        await sign_in(db, passwords, email="ann@example.com", password=PASSWORD)
    session = await a_token(db, passwords, "new@example.com")
    undo = await last_proof(db, "email_changed")
    assert undo.email == "ann@example.com"  # the notice goes to the old address
    async with db.transaction() as tx:
        await confirm_email(tx, secret_key=SECRET_KEY, text=proof_text(SECRET_KEY, undo))
    assert await is_over(db, session)
    await sign_in(db, passwords, email="ann@example.com", password=PASSWORD)


async def test_38_changing_to_a_taken_address_shows_only_in_its_mailbox(db: Database) -> None:
    passwords = cheap_passwords()
    me = await a_customer(db, passwords)
    await a_customer(db, passwords, "taken@example.com")
    seen = set()
    for email in ("taken@example.com", "free@example.com"):
        before = passwords.hashings
        with counting_statements() as counter:
            await ask_email_change(db, passwords, me, email=email, password=PASSWORD)
        seen.add((tuple(counter.names), passwords.hashings - before))
        if email.startswith("taken"):
            text = proof_text(SECRET_KEY, await last_proof(db, "email_proof_asked"))
            with pytest.raises(EmailTaken):
                async with db.transaction() as tx:
                    await confirm_email(tx, secret_key=SECRET_KEY, text=text)
    assert len(seen) == 1
    async with db.reading() as tx:
        found = await customer_by_email(tx, "taken@example.com")
    assert found is not None
    assert found.id != me.customer_id


async def test_events_carry_ids_and_nothing_personal(db: Database) -> None:
    passwords = cheap_passwords()
    me = await a_customer(db, passwords)
    await ask_email_change(db, passwords, me, email="new@example.com", password=PASSWORD)
    async with db.pool.acquire() as connection:
        rows = await connection.fetch("select data::text from runtime.outbox")
    assert rows
    assert not any("@" in row[0] or "Ann" in row[0] for row in rows)
