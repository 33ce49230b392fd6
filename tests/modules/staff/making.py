"""Staff for tests, made through the face. Cheap password parameters: the tests count hashings."""

from __future__ import annotations

from argosy.modules.staff import (
    SYSTEM,
    Actor,
    AddMember,
    Member,
    actor_by_session,
    add_member,
    sign_in,
)
from argosy.runtime.credentials import Passwords
from argosy.runtime.db import Database

PASSWORD = "four random words here"


def cheap_passwords(**given: int) -> Passwords:
    settings = {"memory_kib": 64, "passes": 1, "lanes": 1} | given
    return Passwords(**settings)


async def a_member(
    db: Database,
    passwords: Passwords,
    *,
    email: str = "olga@example.com",
    roles: tuple[str, ...] = ("owner",),
    actor: Actor = SYSTEM,
) -> Member:
    new = AddMember(email=email, name=email.partition("@")[0], password=PASSWORD, roles=roles)
    return await add_member(db, passwords, actor, new)


async def signed_in(db: Database, passwords: Passwords, email: str) -> Actor:
    session = await sign_in(db, passwords, email=email, password=PASSWORD)
    async with db.reading() as tx:
        return await actor_by_session(tx, session.token)
