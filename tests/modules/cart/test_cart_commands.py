"""Carts on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from uuid import UUID

import msgspec
import pytest

from argosy.drill.clock import MovableClock
from argosy.kernel.address import Address
from argosy.kernel.ids import new_id
from argosy.modules import cart as carts
from argosy.modules.cart.types import Cart
from argosy.runtime.db import Database, counting_statements
from argosy.runtime.idempotency import KeyReused, key_for
from argosy.runtime.statements import Statement

CHANNEL = new_id()


def sql(text: str) -> Statement:
    return Statement("test", "many", text, "test")


async def stored(db: Database, customer_id: UUID | None = None, *quantities: int) -> Cart:
    async with db.reading() as tx:
        cart = carts.new_cart(tx.now, channel_id=CHANNEL, currency="EUR", customer_id=customer_id)
        for quantity in quantities:
            cart, _ = carts.with_line(cart, new_id(), quantity, {}, line_id=new_id())
        assert await carts.write(tx, made=[(cart, None)]) == {cart.id}
    return cart


async def read(db: Database, cart_id: UUID, customer_id: UUID | None = None) -> Cart:
    async with db.reading() as tx:
        return await carts.cart_by_id(tx, cart_id, channel_id=CHANNEL, customer_id=customer_id)


async def test_a_cart_is_read_as_it_was_stored(db: Database, clock: MovableClock) -> None:
    cart = await stored(db, None, 2, 3)
    assert await read(db, cart.id) == cart
    async with db.reading() as tx:
        full = carts.new_cart(
            tx.now,
            channel_id=CHANNEL,
            currency="EUR",
            email="ann@example.com",
            shipping_address=Address(country="DE"),
            billing_address=Address(country="FR"),
            shipping_method="standard",
        )
        assert await carts.write(tx, made=[(full, None)]) == {full.id}
    assert await read(db, full.id) == full
    changed = carts.with_shipping_address(cart, Address(country="DE", city="Köln"))
    changed, _ = carts.with_line(changed, new_id(), 1, {"text": "für Ann"}, line_id=new_id())
    changed = carts.with_mark(carts.touched(changed, clock.now()), carts.mark_of(key_for("a", "b")))
    async with db.reading() as tx:
        assert await carts.write(tx, changed=[(cart, changed)]) == {cart.id}
    assert await read(db, cart.id) == changed
    assert changed.version == cart.version + 1
    cleared = msgspec.structs.replace(changed, lines=(), version=3)
    async with db.reading() as tx:
        await carts.write(tx, changed=[(changed, cleared)])
    assert await read(db, cart.id) == cleared


def with_email(cart: Cart, email: str) -> tuple[Cart, Cart]:
    """As read, as changed."""
    return cart, carts.touched(carts.with_email(cart, email), cart.updated_at)


async def test_a_change_over_an_old_version_changes_nothing(db: Database) -> None:
    cart = await stored(db)
    async with db.reading() as tx:
        assert await carts.write(tx, changed=[with_email(cart, "first@example.com")]) == {cart.id}
        assert await carts.write(tx, changed=[with_email(cart, "second@example.com")]) == set()
    assert (await read(db, cart.id)).email == "first@example.com"


async def test_many_carts_are_saved_by_one_statement_and_each_stands_for_itself(
    db: Database,
) -> None:
    fine, old, gone, placed = [await stored(db, None, 1) for _ in range(4)]
    async with db.transaction() as tx:
        await carts.begin(tx, [(placed.id, key_for("place", "k", b""))])
    stale = msgspec.structs.replace(old, version=99)
    unknown = msgspec.structs.replace(gone, id=new_id())
    changes = [with_email(cart, "ann@example.com") for cart in (fine, stale, unknown, placed)]
    with counting_statements() as count:
        async with db.reading() as tx:
            assert await carts.write(tx, changed=changes) == {fine.id}
    assert count.names == ["write_carts"]
    emails = [(await read(db, cart.id)).email for cart in (fine, old, placed)]
    assert emails == ["ann@example.com", "", ""]


async def test_a_cart_that_somebody_holds_keeps_nobody_waiting(db: Database) -> None:
    held, free = await stored(db), await stored(db)
    changes = [with_email(cart, "ann@example.com") for cart in (held, free)]
    async with db.transaction() as holder:
        await carts.begin(holder, [(held.id, key_for("place", "k", b""))])
        async with db.reading() as tx:
            assert await carts.write(tx, changed=changes) == {free.id}


async def test_G2_the_key_is_kept_with_the_change_or_not_at_all(db: Database) -> None:
    cart = await stored(db)
    mark = carts.mark_of(key_for("cart", "k1", b"body"))
    changed = carts.with_mark(carts.touched(cart, cart.updated_at), mark)
    stale = msgspec.structs.replace(cart, version=99)
    async with db.reading() as tx:
        await carts.write(tx, changed=[(stale, changed)])
        assert not carts.was_applied(await read(db, cart.id), mark)
        await carts.write(tx, changed=[(cart, changed)])
    now = await read(db, cart.id)
    assert carts.was_applied(now, mark)
    assert not carts.was_applied(now, carts.mark_of(key_for("cart", "k2", b"body")))
    assert not carts.was_applied(now, carts.mark_of(key_for("other", "k1", b"body")))
    with pytest.raises(KeyReused):
        carts.was_applied(now, carts.mark_of(key_for("cart", "k1", b"other")))


async def test_creating_twice_with_one_key_makes_one_cart(db: Database) -> None:
    key, other = key_for("cart", "k2", b""), key_for("cart", "k3", b"")

    async def create() -> int:
        async with db.reading() as tx:
            # Twice in one batch too, beside one that has no key and one with its own.
            made = [
                (carts.new_cart(tx.now, channel_id=CHANNEL, currency="EUR"), one)
                for one in (key, key, None, other)
            ]
            created = await carts.write(tx, made=made)
            assert made[2][0].id in created
            return len(created)

    assert sum(await asyncio.gather(*(create() for _ in range(8)))) == 8 + 2
    async with db.reading() as tx:
        assert len(await tx.many(sql("select id from cart.cart"))) == 8 + 2
        known = await carts.key_state(tx, key)
    assert known is not None
    assert known.request_hash == key.request_hash
    assert known.cart_id is not None
    assert (await read(db, known.cart_id)).version == 1


async def test_a_cart_is_only_found_in_its_channel_and_by_its_customer(db: Database) -> None:
    customer = new_id()
    own, guests = await stored(db, customer), await stored(db)
    assert (await read(db, own.id, customer)).id == own.id
    assert (await read(db, guests.id, customer)).id == guests.id
    async with db.reading() as tx:
        for cart_id, channel, who in [
            (own.id, CHANNEL, None),
            (own.id, CHANNEL, new_id()),
            (own.id, new_id(), customer),
            (guests.id, new_id(), None),
            (new_id(), CHANNEL, None),
        ]:
            with pytest.raises(carts.CartNotFound):
                await carts.cart_by_id(tx, cart_id, channel_id=channel, customer_id=who)


async def test_only_one_of_many_begins_and_the_key_is_claimed_with_it(db: Database) -> None:
    cart = await stored(db, None, 1)

    async def begin(n: int) -> carts.Begun:
        async with db.transaction() as tx:
            return (await carts.begin(tx, [(cart.id, key_for("place", str(n), b""))]))[cart.id]

    outcomes = await asyncio.gather(*(begin(n) for n in range(10)))
    begun = [one.cart for one in outcomes if one.cart]
    assert len(begun) == 1
    assert (begun[0].state, begun[0].attempt) == ("placing", 1)
    async with db.transaction() as tx:
        again = await carts.begin(tx, [(cart.id, key_for("place", "0", b""))])
        assert again[cart.id] == (False, None, None)


async def test_moves_follow_the_table_and_the_attempt(db: Database) -> None:
    cart = await stored(db, None, 1)
    async with db.transaction() as tx:
        assert not await carts.move(tx, cart.id, 0, "placed"), "open carts are begun first"
        await carts.begin(tx, [(cart.id, key_for("place", "a", b""))])
        assert not await carts.move(tx, cart.id, 2, "placed"), "another attempt"
        assert await carts.move(tx, cart.id, 1, "awaiting_action")
        assert not await carts.move(tx, cart.id, 1, "placed", origins=("placing",))
        assert await carts.move(tx, cart.id, 1, "placing")
        assert await carts.move(tx, cart.id, 1, "open")
        assert not await carts.move(tx, cart.id, 1, "placed")
        begun = await carts.begin(tx, [(cart.id, key_for("place", "b", b""))], placed=True)
        again = begun[cart.id].cart
        assert again is not None
        assert (again.state, again.attempt) == ("placed", 2)
        assert not await carts.move(tx, cart.id, 2, "open"), "placed is final"


async def test_G9_signing_in_pours_the_guests_cart_into_the_accounts_once(db: Database) -> None:
    customer = new_id()
    account, guest = await stored(db, customer, 1), await stored(db, None, 2, 3)
    answers = []
    for _ in range(2):
        async with db.transaction() as tx:
            answers.append(await carts.merge_carts(tx, guest.id, CHANNEL, customer))
    assert answers[0].cart.id == answers[1].cart.id == account.id
    assert [line.quantity for line in answers[1].cart.lines] == [1, 2, 3]
    assert await read(db, account.id, customer) == answers[1].cart
    over = await read(db, guest.id)
    assert (over.state, over.merged_into, over.lines) == ("expired", account.id, ())
    with pytest.raises(carts.CartExpired, match="over"):
        carts.check_open(over, over.updated_at)


async def test_G9_without_an_account_cart_the_guests_becomes_the_customers(db: Database) -> None:
    customer, guest = new_id(), await stored(db, None, 2)
    for _ in range(2):
        async with db.transaction() as tx:
            result = await carts.merge_carts(tx, guest.id, CHANNEL, customer)
        assert (result.cart.id, result.cart.customer_id) == (guest.id, customer)
    async with db.transaction() as tx:
        with pytest.raises(carts.CartNotFound):
            await carts.merge_carts(tx, guest.id, CHANNEL, new_id())


async def test_untouched_carts_expire_and_are_visited_once(
    db: Database, clock: MovableClock
) -> None:
    full, empty, fresh = await stored(db, None, 1), await stored(db), None
    clock.advance(days=32)
    fresh = await stored(db, None, 1)
    async with db.transaction() as tx:
        assert await carts.expire_due(tx, 10) == 2
    async with db.transaction() as tx:
        assert await carts.expire_due(tx, 10) == 0
    states = [(await read(db, cart.id)).state for cart in (full, empty, fresh)]
    assert states == ["expired", "expired", "open"]
    async with db.reading() as tx:
        events = await tx.many(sql("select data from runtime.outbox"))
    assert [event["data"]["cart_id"] for event in events] == [str(full.id)]
