"""Pure decisions about files that shoppers send."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from argosy.kernel.personal import FileFormat
from argosy.modules.attachments.errors import AttachmentsFull, TooManyAttachments
from argosy.modules.attachments.types import MAX_NAME, MAX_OF_CART, Held, Room

_FORMATS: Final[Mapping[str, FileFormat]] = {
    "image/jpeg": "jpeg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
}
_SUFFIXES: Final[Mapping[FileFormat, str]] = {
    "jpeg": ".jpg", "png": ".png", "webp": ".webp", "pdf": ".pdf",
}  # fmt: skip
_A_WHILE_S: Final = 3600


def format_of(content_type: str) -> FileFormat | None:
    """What files of that type are called here; None: they are not taken."""
    return _FORMATS.get(content_type)


def kept_name(name: str, of: FileFormat) -> str:
    """The name that the file is saved under: as it was sent, without folders and whatever does not
    print, and with the ending of what it really is.
    """
    base = PurePosixPath(name.replace("\\", "/")).name
    stem = "".join(char for char in base.rpartition(".")[0] or base if char.isprintable())
    return (stem.strip(" .")[:MAX_NAME] or "file") + _SUFFIXES[of]


def check_room(held: Held, byte_size: int, room: Room) -> None:
    """Raise AttachmentsFull or TooManyAttachments unless so many bytes more may be kept."""
    if held.files >= MAX_OF_CART or held.cart_bytes + byte_size > room.cart_bytes:
        raise AttachmentsFull(
            f"A cart holds at most {MAX_OF_CART} files of {room.cart_bytes:,} bytes together.",
            field="file",
        )
    if held.sender_bytes + byte_size > room.sender_bytes:
        raise TooManyAttachments("Too much was sent from this address.", retry_after=_A_WHILE_S)
