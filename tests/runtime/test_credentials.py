"""Hashing beside the event loop, tokens, sealed texts and counted tries."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from argosy.drill.clock import MovableClock
from argosy.runtime.attempts import TooManyTries, claim_attempt, forget_old_attempts
from argosy.runtime.credentials import (
    Passwords,
    SignInBusy,
    bucket,
    is_token,
    new_token,
    sealed,
    token_hash,
    unsealed,
)
from argosy.runtime.db import Database


def cheap(**given: int) -> Passwords:
    return Passwords(**({"memory_kib": 64, "passes": 1, "lanes": 1} | given))


async def test_hashing_leaves_the_event_loop_free() -> None:
    passwords = Passwords(memory_kib=32768, passes=4, lanes=1, threads=1)
    turns = 0
    hashing = asyncio.create_task(passwords.hash("a good password"))
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 100
    passwords.close()


async def test_a_flood_of_sign_ins_is_turned_away() -> None:
    passwords = cheap(threads=1, queue=3)
    results = await asyncio.gather(
        *[passwords.hash("a good password") for _ in range(10)], return_exceptions=True
    )
    refused = [r for r in results if isinstance(r, SignInBusy)]
    assert len(refused) == 7
    assert passwords.hashings == 3
    assert await passwords.matches("a good password", str(results[0]))  # places are free again


async def test_an_absent_account_costs_a_hashing_and_never_matches() -> None:
    passwords = cheap()
    assert not await passwords.matches("anything at all", None)
    assert passwords.hashings == 1
    assert not await passwords.matches("anything at all", "not a hash")


async def test_the_same_password_typed_elsewhere_matches() -> None:
    passwords = cheap()
    composed, decomposed = "Zo\u00eb's password", "Zoe\u0308's password"
    assert await passwords.matches(decomposed, await passwords.hash(composed))


def test_tokens_are_long_random_and_of_their_kind() -> None:
    tokens = {new_token("sk") for _ in range(1000)}
    assert len(tokens) == 1000
    for token in tokens:
        assert is_token(token, "sk")
        assert not is_token(token, "pk")
    for wrong in ("", "sk_", "sk_" + "ä" * 43, "sk_" + "-" * 43, new_token("sk") + "0"):
        assert not is_token(wrong, "sk")
    assert len(token_hash("sk_x")) == 32


@given(st.text(max_size=100))
def test_a_sealed_text_cannot_be_made_up(text: str) -> None:
    value = uuid4()
    made = sealed("key", "reset", value)
    assert unsealed("key", "reset", made) == value
    assert unsealed("other key", "reset", made) is None
    assert unsealed("key", "verify", made) is None
    if text != made:
        assert unsealed("key", "reset", text) is None
        assert unsealed("key", "reset", made + text[:1]) == (None if text else value)


async def test_parallel_guesses_cannot_overrun_the_limit(db: Database) -> None:
    tries = bucket("test", "ann")
    results = await asyncio.gather(
        *[claim_attempt(db, tries) for _ in range(12)], return_exceptions=True
    )
    assert sum(r is None for r in results) == 5
    assert sum(isinstance(r, TooManyTries) for r in results) == 7
    await claim_attempt(db, bucket("test", "bob"))


async def test_tries_are_forgotten_after_a_day(db: Database, clock: MovableClock) -> None:
    tries = bucket("test", "ann")
    for _ in range(4):
        await claim_attempt(db, tries)
    clock.advance(days=1, minutes=1)
    await claim_attempt(db, tries)  # counts as the first again
    await claim_attempt(db, tries)
    clock.advance(days=1, minutes=1)
    async with db.transaction() as tx:
        assert await forget_old_attempts(tx) == 1
