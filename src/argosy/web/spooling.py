"""Bytes that come with a request, bounded, in a temporary file and not in memory."""

import asyncio
import tempfile
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from litestar.datastructures import UploadFile

from argosy.kernel.errors import Invalid
from argosy.web.problems import RequestTooLarge

_PIECE: Final = 1_000_000


class UploadEmpty(Invalid):
    """The request has no body. Send the file's bytes as the body, for example with
    `curl --data-binary @file`.
    """

    code = "uploads.empty"
    usual_cure = "Send the file's bytes as the body, for example with `curl --data-binary @file`."


@asynccontextmanager
async def spooled(
    pieces: AsyncIterable[bytes], *, limit: int, field: str = "file", may_be_empty: bool = False
) -> AsyncIterator[Path]:
    """The bytes in a temporary file, for as long as the block runs; it may move the file away.

    Nothing is left behind when they are too many, when the client hangs up in the middle, or when
    the block fails or is cancelled. Raises RequestTooLarge, UploadEmpty, what `pieces` raises.
    """
    handle = tempfile.NamedTemporaryFile(prefix="argosy-upload-", delete=False)  # noqa: SIM115
    path, size = Path(handle.name), 0
    try:
        with handle:
            async for piece in pieces:
                size += len(piece)
                if size > limit:
                    raise RequestTooLarge(f"The file is larger than {limit} bytes.", field=field)
                # Not in the loop: a disk may take its time.
                await asyncio.to_thread(handle.write, piece)
        if not (size or may_be_empty):
            raise UploadEmpty("The file is empty.", field=field)
        yield path
    finally:
        discard(path)


async def pieces_of(file: UploadFile) -> AsyncIterator[bytes]:
    """A file of a form, piece by piece."""
    while piece := await file.read(_PIECE):
        yield piece


def discard(path: Path) -> None:
    """Remove a temporary file; nothing when it has been moved on."""
    path.unlink(missing_ok=True)
