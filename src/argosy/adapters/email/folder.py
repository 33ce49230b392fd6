"""Development's mailbox: each mail a file, to be opened by whoever tries the shop."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from argosy.adapters.email.message import composed
from argosy.modules.customers.ports import Mail


class FolderMailer:
    """Writes `<key>.eml` into a folder that only its owner may read. Sends nothing."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Put the mail into the folder; a repeat writes the same file."""
        await asyncio.to_thread(self._write, mail)

    def _write(self, mail: Mail) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{mail.key}.eml"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(bytes(composed(mail, self._sender)))
