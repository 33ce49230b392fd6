"""Files that shoppers send as answers."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.personal import FileFormat, SentFile

MAX_NAME: Final = 120
MAX_OF_CART: Final = 30
"""How many files a cart may hold; what is in no line is given up after a day."""


class NewAttachment(NamedTuple):
    """A file that lies in the storage already, on its way in. `sender` is a keyed hash of the
    address that it came from.
    """

    cart_id: UUID
    storage_key: str
    picture_key: str | None
    file_name: str
    format: FileFormat
    byte_size: int
    width: int | None
    height: int | None
    sha256: bytes
    sender: bytes


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a cart, or of the order that it became. `picture_key` is a small picture of it that
    we drew; None: it is no picture.
    """

    id: UUID
    cart_id: UUID
    storage_key: str
    picture_key: str | None
    file_name: str
    format: FileFormat
    byte_size: int
    width: int | None
    height: int | None
    sha256: bytes
    sent_at: datetime

    @property
    def sent(self) -> SentFile:
        """As a cart's line knows it."""
        return SentFile(
            id=self.id,
            name=self.file_name,
            format=self.format,
            byte_size=self.byte_size,
            width=self.width,
            height=self.height,
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """What lies in the storage of it."""
        return tuple(key for key in (self.storage_key, self.picture_key) if key is not None)


class Room(NamedTuple):
    """What may be kept: bytes of one cart, and bytes that one address sent within a day."""

    cart_bytes: int
    sender_bytes: int


class Held(NamedTuple):
    """What is kept: files and bytes of the cart, and bytes of the sender's last day."""

    files: int
    cart_bytes: int
    sender_bytes: int
