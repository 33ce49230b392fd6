"""Whom an account belongs to is told by mail when what opens it has changed."""

from __future__ import annotations

import asyncio
import dataclasses
import email
import email.policy
from pathlib import Path

import msgspec
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.test_passkeys import enrolled as staff_passkey
from tests.web.back_office.test_second_factor import enrolled as staff_app
from tests.web.identity.making import PASSWORD, Shop
from tests.web.identity.test_passkeys import ME, enrolled

from argosy.adapters.email.folder import FolderMailer
from argosy.drill.clock import MovableClock
from argosy.kernel.ids import decode
from argosy.modules import customers, staff
from argosy.runtime.statements import Statement
from argosy.runtime.subscriptions import deliver, register
from argosy.workflows.app import App
from argosy.workflows.reactions import JOBS, subscriptions
from argosy.workflows.telling import SendNotice

KINDS = {kind.NAME: kind for kind in (SendNotice, staff.TellMember)}
TAKE = Statement(
    "test",
    "many",
    "delete from jobs.pgqueuer where entrypoint = any($1) returning entrypoint, payload",
    "test",
)


async def hear(app: App) -> None:
    """Hear all that was announced, however long other tests keep older transactions open."""
    (about,) = (one for one in subscriptions(app) if one.name == "tell_holder")
    unheard = (
        "select exists (select from runtime.outbox o, runtime.subscription s"
        " where s.name = 'tell_holder' and (o.xid, o.id) > (s.xid, s.id))"
    )
    async with asyncio.timeout(30):
        while await app.db.pool.fetchval(unheard):
            await deliver(app.db, about)
            await asyncio.sleep(0.02)


async def mails(app: App, folder: Path) -> dict[str, list[str]]:
    """Do the jobs, each twice; the subjects of the new mails by address."""
    async with app.db.transaction() as tx:
        jobs = await tx.many(TAKE, list(KINDS))
    for job in jobs:
        kind = KINDS[job["entrypoint"]]
        _, command = msgspec.json.decode(job["payload"], type=tuple[str | None, kind])
        for _ in range(2):
            await JOBS[kind](app, command)
    return emptied(folder)


def emptied(folder: Path) -> dict[str, list[str]]:
    """What lies in the folder, which is empty then."""
    found: dict[str, list[str]] = {}
    for path in folder.glob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert " UTC. If it was you" in text
        assert "If that was not you" in text
        assert "/admin/me" in text or "/account/passkeys" in text
        found.setdefault(mail["to"], []).append(mail["subject"])
        path.unlink()
    return {to: sorted(subjects) for to, subjects in found.items()}


async def test_the_holder_is_told_what_now_opens_the_account(
    shop: Shop, clock: MovableClock, tmp_path: Path
) -> None:
    folder = tmp_path / "mails"
    app = dataclasses.replace(shop.app, mailer=FolderMailer(folder, "Shop <shop@example.com>"))
    await register(app.db, [one for one in subscriptions(app) if one.name == "tell_holder"])

    ann = await shop.shopper_session()
    await enrolled(shop, ann)
    (passkey,) = (await shop.send("GET", ME, token=ann)).json()["items"]
    await shop.send("DELETE", f"{ME}/{passkey['id']}", token=ann)
    change = {"current_password": PASSWORD, "new_password": "four other random words"}
    await shop.send("POST", "/v1/customers/me/password", change, token=ann)
    await hear(app)
    assert await mails(app, folder) == {
        "ann@example.com": [
            "A passkey was added to your account",
            "A passkey was removed from your account",
            "Your password was changed",
        ]
    }

    await staff_app(await at_desk(shop, "owner"), clock)
    await staff_passkey(await at_desk(shop, "owner", email="paul@example.com"))
    async with app.db.reading() as tx:
        member = await staff.member_by_email(tx, "olga@example.com")
        assert member is not None
        factors = await staff.list_factors(tx, member.id)
    assert await mails(app, folder) == {
        "olga@example.com": ["An authenticator app was added to your account"],
        "paul@example.com": ["A passkey was added to your account"],
    }
    owner = staff.Actor(
        kind="staff",
        id=member.id,
        name="Olga",
        scopes=frozenset({"*"}),
        proved_at=clock.now(),
    )
    async with app.db.transaction() as tx:
        await staff.new_recovery_codes(tx, owner, secret_key="x" * 32)
        await staff.remove_factor(tx, owner, factors[0].id)
        await staff.remove_factors_of(tx, owner, member.id)
    assert await mails(app, folder) == {
        "olga@example.com": [
            "A second factor was removed from your account",
            "New recovery codes were made for your account",
            "Your second factors were removed",
        ]
    }

    # Who was erased in the meantime is told nothing, and stops no queue.
    bob = await shop.shopper_session("bob@example.com")
    await enrolled(shop, bob)
    await hear(app)
    me = (await shop.send("GET", "/v1/customers/me", token=bob)).json()["id"]
    async with app.db.transaction() as tx:
        await customers.erase_customer(tx, decode("customer", me))
    assert await mails(app, folder) == {}
