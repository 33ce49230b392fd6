"""Customers for tests, made through the face, with cheap password parameters."""

from __future__ import annotations

from uuid import UUID

from argosy.kernel.address import Address
from argosy.modules.customers import (
    Identity,
    Proof,
    Register,
    identity_by_session,
    register,
    sign_in,
)
from argosy.modules.customers import proof_by_id as find_proof
from argosy.runtime.credentials import Passwords
from argosy.runtime.db import Database

PASSWORD = "a good password"
SECRET_KEY = "the shop's secret key, 32 characters"

HOME = Address(
    country="DE", name="Ann Lee", line1="Hauptstr. 1", city="Berlin", postal_code="10115"
)


def cheap_passwords(**given: int) -> Passwords:
    settings = {"memory_kib": 64, "passes": 1, "lanes": 1} | given
    return Passwords(**settings)


async def a_customer(
    db: Database, passwords: Passwords, email: str = "ann@example.com"
) -> Identity:
    """A registered customer, signed in."""
    await register(db, passwords, Register(email=email, password=PASSWORD, name="Ann Lee"))
    return await who(db, await a_token(db, passwords, email))


async def a_token(db: Database, passwords: Passwords, email: str = "ann@example.com") -> str:
    return (await sign_in(db, passwords, email=email, password=PASSWORD)).token


async def who(db: Database, token: str) -> Identity:
    async with db.reading() as tx:
        return await identity_by_session(tx, token)


async def events(db: Database, kind: str) -> list[dict[str, object]]:
    """The data of all events of a kind (`password_changed`), oldest first."""
    async with db.pool.acquire() as connection:
        rows = await connection.fetch(
            "select data from runtime.outbox where type = $1 order by id",
            f"argosy.customers.{kind}.v1",
        )
    return [row["data"] for row in rows]


async def last_proof(db: Database, kind: str) -> Proof:
    """The proof of the newest event of a kind, as a notifier would read it."""
    data = (await events(db, kind))[-1]
    async with db.reading() as tx:
        proof = await find_proof(tx, UUID(str(data["proof_id"])))
    assert proof is not None
    return proof
