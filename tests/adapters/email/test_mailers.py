"""Mail through a server that speaks SMTP, and into a folder."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from argosy.adapters.email import FolderMailer, GuardedMailer, SmtpMailer
from argosy.adapters.email.message import composed
from argosy.adapters.email.smtp import MailRefused, MailUnavailable
from argosy.modules.customers.ports import Mail
from tests.mail_server import MailServer

MAIL = Mail(key="proof-1", to="ann@example.com", subject="Grüße", text="Your code:\n\n    abc\n")


async def test_a_mail_is_handed_over_with_its_own_id() -> None:
    server = MailServer()
    async with server.running() as url:
        await SmtpMailer(url, "Shop <shop@example.com>").send(MAIL)
    (raw,) = server.mails
    message = message_from_bytes(raw, policy=policy.default)
    assert [r.lower() for r in server.recipients] == ["rcpt to:<ann@example.com>"]
    assert (message["To"], message["Subject"]) == ("ann@example.com", "Grüße")
    assert message["Message-ID"] == "<proof-1@example.com>"
    assert "    abc" in message.get_content()


async def test_a_server_that_refuses_or_is_away_is_asked_again_later() -> None:
    server = MailServer(refuses="451 try later")
    async with server.running() as url:
        with pytest.raises(MailUnavailable):
            await SmtpMailer(url, "shop@example.com").send(MAIL)
    with pytest.raises(MailUnavailable):
        await SmtpMailer("smtp://127.0.0.1:9", "shop@example.com").send(MAIL)


def test_a_malformed_address_of_a_server_is_refused() -> None:
    with pytest.raises(ValueError, match="ARGOSY_SMTP_URL"):
        SmtpMailer("mail.example.com:25", "shop@example.com")


async def test_a_folder_keeps_one_file_per_mail_for_its_owner_alone(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path / "mail", "shop@localhost")
    for _ in range(2):
        await mailer.send(MAIL)
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "proof-1.eml"
    assert file.stat().st_mode & 0o077 == 0
    assert b"abc" in file.read_bytes()


async def test_what_a_server_refuses_for_good_is_no_reason_to_spare_it() -> None:
    server = MailServer(refuses="550 no such mailbox")
    async with server.running() as url:
        mailer = GuardedMailer(SmtpMailer(url, "shop@example.com"))
        for _ in range(30):
            with pytest.raises(MailRefused):
                await mailer.send(MAIL)
        server.refuses = ""
        await mailer.send(MAIL)
    assert len(server.mails) == 1


async def test_a_server_that_is_away_is_spared_after_some_tries() -> None:
    mailer = GuardedMailer(SmtpMailer("smtp://127.0.0.1:9", "shop@example.com"))
    said = set()
    for _ in range(30):
        with pytest.raises(MailUnavailable) as caught:
            await mailer.send(MAIL)
        said.add(str(caught.value))
    assert any("breaker_open" in one for one in said), said


def test_no_text_of_anybody_adds_a_header_or_a_recipient() -> None:
    evil = "Shop\r\nBcc: eve@example.com\u2028X: y"
    mail = Mail(
        key="order-1", to="ann@example.com", subject=evil, text="t", html="<p>t</p>",
        sender_name=evil + ', "Eve" <eve@example.com>', reply_to="help@example.com",
    )  # fmt: skip
    message = message_from_bytes(bytes(composed(mail, "Old <shop@example.com>")))
    assert message["Bcc"] is None
    assert message["X"] is None
    assert message.get_all("To") == ["ann@example.com"]
    again = message_from_bytes(bytes(composed(mail, "shop@example.com")), policy=policy.default)
    assert [one.addr_spec for one in again["From"].addresses] == ["shop@example.com"]
    assert again["Reply-To"] == "help@example.com"
    assert again["Date"] is not None
    assert [part.get_content_type() for part in again.iter_parts()] == ["text/plain", "text/html"]
