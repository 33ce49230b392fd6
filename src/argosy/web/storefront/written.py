"""Long answers for programs (sitemaps, feeds): written to a file once an hour, given from there.

However many products a shop has, and however many crawlers ask, a server reads its window once an
hour for each file, holds one batch of it at a time, and one request at a time writes.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from io import BufferedReader
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.response import Stream

from argosy.web.auth import shop
from argosy.web.etag import is_fresh
from argosy.workflows.app import App

KEPT_S = 3600
_PIECE_BYTES = 64 * 1024
_FOLDER = "published"


class _Desk:
    """Who writes which file in this process."""

    def __init__(self) -> None:
        self.writing: dict[str, asyncio.Lock] = {}


async def written(
    request: Request[Any, Any, Any],
    name: str,
    make: Callable[[], AsyncIterator[str]],
    *,
    media_type: str = "application/xml; charset=utf-8",
) -> Stream | Response[bytes]:
    """The file `name` of this hour, written if it is not there. Names must be of a known few."""
    app = shop(request)
    hour = int(app.db.clock().timestamp()) // KEPT_S
    tag = f'"{name}-{hour}"'
    headers = {"Cache-Control": f"public, max-age={KEPT_S}", "ETag": tag}
    if is_fresh(request, tag):
        return Response(b"", status_code=304, headers=headers)
    file = await _opened(app, name, hour, make)
    headers["Content-Length"] = str(os.fstat(file.fileno()).st_size)
    return Stream(_pieces(file), media_type=media_type, headers=headers)


async def _opened(
    app: App, name: str, hour: int, make: Callable[[], AsyncIterator[str]]
) -> BufferedReader:
    folder = Path(app.settings.home) / _FOLDER
    target = folder / f"{name}-{hour}"
    lock = app.part(_Desk).writing.setdefault(name, asyncio.Lock())
    async with lock:
        try:
            return await asyncio.to_thread(target.open, "rb")
        except FileNotFoundError:
            await _write(folder, name, target, make)
        return await asyncio.to_thread(target.open, "rb")


async def _write(
    folder: Path, name: str, target: Path, make: Callable[[], AsyncIterator[str]]
) -> None:
    """Write the whole file or none, and drop those of hours before."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    draft = folder / f".{name}-{secrets.token_hex(8)}"
    try:
        with await asyncio.to_thread(draft.open, "wb") as out:
            async for text in make():
                await asyncio.to_thread(out.write, text.encode())
        await asyncio.to_thread(os.replace, draft, target)
    finally:
        await asyncio.to_thread(draft.unlink, missing_ok=True)
    await asyncio.to_thread(_drop_others, folder, name, target)


def _drop_others(folder: Path, name: str, target: Path) -> None:
    for former in folder.glob(f"{name}-*"):
        hour = former.name.removeprefix(f"{name}-")
        if hour.isdigit() and former != target:
            former.unlink(missing_ok=True)


async def _pieces(file: BufferedReader) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
