"""A mail server of the tests' own, that speaks enough SMTP for ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class MailServer:
    """An SMTP server on a loopback port that keeps what it is given, or refuses everybody."""

    def __init__(self, *, refuses: str = "") -> None:
        """`refuses`: how it answers each recipient (`451 try later`)."""
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
                writer.write(f"{self.refuses}\r\n".encode())
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
