"""Mail through a server that speaks SMTP, and into a folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from argosy.adapters.email import FolderMailer, SmtpMailer
from argosy.adapters.email.smtp import MailUnavailable
from argosy.modules.customers.ports import Mail

MAIL = Mail(key="proof-1", to="ann@example.com", subject="Grüße", text="Your code:\n\n    abc\n")


class Server:
    """An SMTP server on a loopback port that keeps what it is given, or refuses everybody."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.mails: list[bytes] = []
        self.recipients: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.upper().partition(" ")[0]
            if verb == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            if verb == "RCPT" and self.refuses:
                writer.write(b"451 try later\r\n")
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")
            else:
                if verb == "RCPT":
                    self.recipients.append(line)
                writer.write(b"250 ok\r\n")
        await writer.drain()
        writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_mail_is_handed_over_with_its_own_id() -> None:
    server = Server()
    async with server.running() as url:
        await SmtpMailer(url, "Shop <shop@example.com>").send(MAIL)
    (raw,) = server.mails
    message = message_from_bytes(raw, policy=policy.default)
    assert [r.lower() for r in server.recipients] == ["rcpt to:<ann@example.com>"]
    assert (message["To"], message["Subject"]) == ("ann@example.com", "Grüße")
    assert message["Message-ID"] == "<proof-1@example.com>"
    assert "    abc" in message.get_content()


async def test_a_server_that_refuses_or_is_away_is_asked_again_later() -> None:
    server = Server(refuses=True)
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
