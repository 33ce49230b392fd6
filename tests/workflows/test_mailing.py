"""From a registration to the mail, and from the mail to a verified address."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from tests.web.identity.making import PASSWORD, a_shop

from argosy.drill.clock import MovableClock
from argosy.modules import customers
from argosy.modules.customers.ports import Mail
from argosy.runtime.statements import Statement
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App
from argosy.workflows.mailing import WORDS, SendProof, ask_for_mail, send_proof
from argosy.workflows.reactions import ON


def sql(text: str) -> Statement:
    return Statement("test", "many", text, "test")


class Box:
    """A mailer that keeps the mails."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)


async def mailed(app: App) -> None:
    """What the worker does: events to jobs, jobs to mails; each twice, as may happen."""
    async with app.db.transaction() as tx:
        rows = await tx.many(
            sql(
                "select event_id, type, subject, seq, data, trace, occurred_at"
                " from runtime.outbox where data ? 'proof_id' order by id"
            )
        )
        events: Sequence[Delivered] = [Delivered(**dict(row)) for row in rows]
        await ask_for_mail(tx, events)
        await ask_for_mail(tx, events)
    async with app.db.reading() as tx:
        jobs = await tx.many(
            sql("select payload from jobs.pgqueuer where entrypoint = 'customers.send_proof'")
        )
    decode = msgspec.json.Decoder(tuple[str | None, SendProof]).decode
    for job in jobs:
        await send_proof(app, decode(job["payload"])[1])


async def test_G10_a_mailed_code_verifies_the_address_and_is_used_once(
    database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    async with a_shop(database_url, clock, str(tmp_path)) as shop:
        box = Box()
        app = dataclasses.replace(shop.app, mailer=box)
        body = {"email": "Ann@example.com", "password": PASSWORD, "name": "Ann"}
        assert (await shop.send("POST", "/v1/customers", body)).status_code == 202
        await mailed(app)
        (mail,) = box.mails
        assert (mail.to, mail.subject) == ("Ann@example.com", "Confirm your e-mail address")
        code = re.findall(r"^    (\S+)$", mail.text, re.MULTILINE)[0]

        answer = await shop.send("POST", "/v1/email-proofs", {"token": code})
        assert answer.status_code < 300, answer.text
        again = await shop.send("POST", "/v1/email-proofs", {"token": code})
        assert again.status_code >= 400, "a proof is used once"
        async with app.db.reading() as tx:
            found = await customers.customer_by_email(tx, "ann@example.com")
        assert found is not None
        assert found.email_verified_at is not None

        await mailed(app)
        assert len(box.mails) == 1, "a used proof is not mailed again"


async def test_a_mail_of_an_account_speaks_the_customers_language_or_the_shops(
    database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    async with a_shop(database_url, clock, str(tmp_path)) as shop:
        box = Box()
        app = dataclasses.replace(shop.app, mailer=box)
        for name, locale in (("ann", "de-AT"), ("bob", ""), ("eve", "fi")):
            body = {"email": f"{name}@example.com", "password": PASSWORD, "name": name}
            body |= {"locale": locale} if locale else {}
            assert (await shop.send("POST", "/v1/customers", body)).status_code == 202
        await app.db.pool.execute("update channels.channel set locale = 'de'")
        await mailed(app)
        said = {mail.to: mail for mail in box.mails}
        assert said["ann@example.com"].subject == "Bestätigen Sie Ihre E-Mail-Adresse"
        assert "Er gilt bis" in said["ann@example.com"].text
        assert said["bob@example.com"].subject == "Bestätigen Sie Ihre E-Mail-Adresse"
        assert said["eve@example.com"].subject == "Confirm your e-mail address"
        assert '<html lang="de-AT"' in said["ann@example.com"].html
        link = re.findall(
            r"^http\S+/account/confirm\?code=\S+$", said["ann@example.com"].text, re.MULTILINE
        )
        assert len(link) == 1


async def test_a_proof_that_is_gone_is_not_mailed(
    database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    async with a_shop(database_url, clock, str(tmp_path)) as shop:
        box = Box()
        app = dataclasses.replace(shop.app, mailer=box)
        job = SendProof(proof_id=UUID(int=1), reason=customers.PasswordResetAsked.TYPE)
        await send_proof(app, job)
        assert box.mails == []


@pytest.mark.parametrize("event", [e for e, r in ON.items() if ask_for_mail in r])
def test_every_event_that_is_mailed_has_words_and_a_proof(event: type) -> None:
    assert event.TYPE in WORDS
    assert "proof_id" in event.__struct_fields__
