"""Address book, profile, consent, export and erasure."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from argosy.drill.clock import MovableClock
from argosy.modules.customers import (
    AddressBookFull,
    AddressInvalid,
    AddressNotFound,
    ChangeProfile,
    CredentialsWrong,
    CustomerChanged,
    CustomerNotFound,
    PasswordWrong,
    PhoneInvalid,
    ProfileInvalid,
    Register,
    SessionEnded,
    add_address,
    address_by_id,
    change_address,
    change_profile,
    customer_by_id,
    erase_myself,
    export_customer,
    forget_ended,
    list_addresses,
    list_consents,
    list_customers,
    record_consent,
    register,
    remove_address,
    sign_in,
)
from argosy.runtime.db import Database
from tests.modules.customers.making import (
    HOME,
    PASSWORD,
    a_customer,
    a_token,
    cheap_passwords,
    events,
    who,
)


async def test_addresses_are_kept_in_normal_form_with_one_default_of_each_kind(
    db: Database,
) -> None:
    me = (await a_customer(db, cheap_passwords())).customer_id
    async with db.transaction() as tx:
        home = await add_address(tx, me, HOME)
        work = await add_address(
            tx, me, msgspec.structs.replace(HOME, company=" Argo  GmbH "), default_billing=True
        )
    assert (home.default_shipping, home.default_billing) == (True, True)  # the first one
    assert work.address.company == "Argo GmbH"
    async with db.transaction() as tx:
        await change_address(tx, me, work.id, default_shipping=True)
        moved = await change_address(
            tx, me, home.id, address=msgspec.structs.replace(HOME, postal_code="10 117")
        )
        book = await list_addresses(tx, me)
    assert [(a.id, a.default_shipping, a.default_billing) for a in book] == [
        (home.id, False, False),
        (work.id, True, True),
    ]
    assert moved.address.postal_code == "10117"
    with pytest.raises(AddressInvalid):
        async with db.transaction() as tx:
            await add_address(tx, me, msgspec.structs.replace(HOME, postal_code="1"))


async def test_an_address_of_somebody_else_is_not_there(db: Database) -> None:
    passwords = cheap_passwords()
    mine = (await a_customer(db, passwords)).customer_id
    theirs = (await a_customer(db, passwords, "bob@example.com")).customer_id
    async with db.transaction() as tx:
        entry = await add_address(tx, mine, HOME)
    async with db.transaction() as tx:
        with pytest.raises(AddressNotFound):
            await address_by_id(tx, theirs, entry.id)
        with pytest.raises(AddressNotFound):
            await change_address(tx, theirs, entry.id, default_billing=False)
        with pytest.raises(AddressNotFound):
            await remove_address(tx, theirs, entry.id)
        await remove_address(tx, mine, entry.id)
        assert await list_addresses(tx, mine) == []


async def test_an_address_book_has_an_end(db: Database) -> None:
    me = (await a_customer(db, cheap_passwords())).customer_id
    async with db.transaction() as tx:
        for _ in range(50):
            await add_address(tx, me, HOME)
        with pytest.raises(AddressBookFull):
            await add_address(tx, me, HOME)


async def test_a_profile_changes_by_its_version(db: Database) -> None:
    me = (await a_customer(db, cheap_passwords())).customer_id
    async with db.transaction() as tx:
        before = await customer_by_id(tx, me)
        after = await change_profile(
            tx, me, ChangeProfile(phone="+49 30 123456", locale="de-AT"), version=before.version
        )
    assert (after.name, after.phone, after.locale) == ("Ann Lee", "+4930123456", "de-AT")
    refusals = [
        (ChangeProfile(name="x"), before.version, CustomerChanged),
        (ChangeProfile(phone="030 123456"), None, PhoneInvalid),
        (ChangeProfile(locale="<b>"), None, ProfileInvalid),
        (ChangeProfile(name="a\x00b"), None, ProfileInvalid),
    ]
    for change, version, refusal in refusals:
        with pytest.raises(refusal):
            async with db.transaction() as tx:
                await change_profile(tx, me, change, version=version)
    with pytest.raises(CustomerNotFound):
        async with db.transaction() as tx:
            await change_profile(tx, uuid4(), ChangeProfile(name="x"))


async def test_Q5_consents_are_a_record_that_cannot_be_rewritten(db: Database) -> None:
    me = (await a_customer(db, cheap_passwords())).customer_id
    async with db.transaction() as tx:
        for granted in (True, False):
            await record_consent(
                tx,
                me,
                purpose="newsletter",
                document_version="2026-01",
                granted=granted,
                source="account page",
            )
        record = await list_consents(tx, me)
    assert [c.granted for c in record] == [True, False]
    async with db.pool.acquire() as connection:
        for statement in (
            "update customers.consent set granted = true",
            "delete from customers.consent",
        ):
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await connection.execute(statement)
    with pytest.raises(ProfileInvalid):
        async with db.transaction() as tx:
            await record_consent(
                tx, me, purpose="News Letter", document_version="1", granted=True, source="x"
            )


async def test_39_the_export_holds_everything_and_reads_back(db: Database) -> None:
    me = (await a_customer(db, cheap_passwords())).customer_id
    async with db.transaction() as tx:
        await add_address(tx, me, HOME)
        await record_consent(
            tx, me, purpose="terms", document_version="1", granted=True, source="checkout"
        )
        export = await export_customer(tx, me)
    tree = msgspec.json.decode(msgspec.json.encode(export))
    assert tree["customer"]["email"] == "ann@example.com"
    assert tree["addresses"][0]["address"]["line1"] == "Hauptstr. 1"
    assert tree["consents"][0]["purpose"] == "terms"
    assert len(tree["sessions"]) == 1
    assert "password" not in msgspec.json.encode(export).decode()


async def test_39_erasure_leaves_an_id_and_nothing_of_the_person(db: Database) -> None:
    passwords = cheap_passwords()
    me = await a_customer(db, passwords)
    token = await a_token(db, passwords)
    async with db.transaction() as tx:
        await add_address(tx, me.customer_id, HOME)
        await change_profile(tx, me.customer_id, ChangeProfile(phone="+4930123456"))
        await record_consent(
            tx, me.customer_id, purpose="terms", document_version="1", granted=True, source="shop"
        )
    with pytest.raises(PasswordWrong):
        await erase_myself(db, passwords, me, password="not it at all")
    await erase_myself(db, passwords, me, password=PASSWORD)
    async with db.pool.acquire() as connection:
        text = ""
        for table in ("customer", "address", "session", "proof", "consent"):
            for row in await connection.fetch(f"select t::text from customers.{table} t"):
                text += row[0]
    for personal in ("ann@example.com", "Ann", "Hauptstr", "4930123456", "argon2"):
        assert personal not in text
    assert "terms" in text  # the proof of consent stays, under the id alone
    assert [e["customer_id"] for e in await events(db, "customer_erased")] == [str(me.customer_id)]
    with pytest.raises(SessionEnded):
        await who(db, token)
    with pytest.raises(CredentialsWrong):
        await sign_in(db, passwords, email="ann@example.com", password=PASSWORD)
    await register(db, passwords, Register(email="ann@example.com", password=PASSWORD))
    fresh = await who(db, await a_token(db, passwords))
    assert fresh.customer_id != me.customer_id
    async with db.reading() as tx:
        assert (await customer_by_id(tx, me.customer_id)).erased_at is not None


async def test_customers_are_listed_newest_first_and_found_by_address(db: Database) -> None:
    passwords = cheap_passwords()
    for email in ("a@example.com", "b@example.com", "c@example.com"):
        await register(db, passwords, Register(email=email, password=PASSWORD))
    async with db.reading() as tx:
        page = await list_customers(tx, limit=2)
        rest = await list_customers(tx, limit=9, after=(page[1].created_at, page[1].id))
        found = await list_customers(tx, limit=9, email_normalised="b@example.com")
    assert [c.email[0] for c in page + rest] == ["c", "b", "a"]
    assert [c.email for c in found] == ["b@example.com"]


async def test_housekeeping_forgets_what_has_ended(db: Database, clock: MovableClock) -> None:
    passwords = cheap_passwords()
    await a_customer(db, passwords)
    clock.advance(days=40)
    kept = await a_token(db, passwords)
    async with db.transaction() as tx:
        assert await forget_ended(tx, tx.now - timedelta(days=1)) == 2  # a session and a proof
        assert await forget_ended(tx, tx.now - timedelta(days=1)) == 0
    await who(db, kept)
