"""Sending a private file to whoever may have it: saved and never shown, in parts if asked for."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Stream

from argosy.modules.catalog import MediaNotFound
from argosy.web.auth import shop
from argosy.web.etag import is_fresh
from argosy.web.ranges import part_wanted

_ELSEWHERE: Final = timedelta(minutes=5)
PRIVATE: Final = "private, no-store"


async def private_file(
    request: Request[Any, Any, Any], key: str, file_name: str, tag: str
) -> Stream | Response[bytes]:
    """The file under a key of the private storage, by us or by a signed address of the bucket that
    is good for five minutes. Whatever it is, a browser only saves it: its type is not told, and not
    to be guessed (the edge says `nosniff`). Raises MediaNotFound, RangeUnsatisfiable.
    """
    storage = shop(request).storage.private
    size = await storage.size(key)
    if size is None:
        raise MediaNotFound("There is no such file.")
    headers = {
        "Content-Type": "application/octet-stream",
        "Cache-Control": PRIVATE,
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Content-Disposition": f'attachment; filename="{key[33:]}"; '
        f"filename*=UTF-8''{quote(file_name, safe='')}",
    }
    if is_fresh(request, tag):
        return Response(b"", status_code=304, headers=headers)
    elsewhere = await storage.address(key, expires_in=_ELSEWHERE)
    if elsewhere is not None:
        moved = {
            "Location": elsewhere, "Cache-Control": PRIVATE, "Referrer-Policy": "no-referrer",
        }  # fmt: skip
        return Response(b"", status_code=302, headers=moved)
    part = part_wanted(request, size, tag)
    headers["Content-Length"] = str(part.stop - part.start)
    if not part.whole:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return Stream(
        storage.stream(key, part.start, part.stop),
        status_code=200 if part.whole else 206,
        headers=headers,
    )


async def private_picture(request: Request[Any, Any, Any], key: str, tag: str) -> Response[bytes]:
    """A small WebP picture that we drew ourselves, to be shown on our pages and nowhere else.
    Raises MediaNotFound.
    """
    storage = shop(request).storage.private
    size = await storage.size(key)
    if size is None:
        raise MediaNotFound("There is no such file.")
    headers = {
        "Content-Type": "image/webp",
        "Cache-Control": PRIVATE,
        "ETag": tag,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Content-Disposition": 'inline; filename="picture.webp"',
    }
    if is_fresh(request, tag):
        return Response(b"", status_code=304, headers=headers)
    content = b"".join([piece async for piece in storage.stream(key, 0, size)])
    return Response(content, headers=headers, media_type="image/webp")
