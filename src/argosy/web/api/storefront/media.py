"""Photographs, videos and files for everybody, kept for good by whoever gets them."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream

from argosy.modules.catalog import MediaNotFound
from argosy.web.auth import shop
from argosy.web.etag import is_fresh
from argosy.web.ranges import RangeUnsatisfiable, part_wanted

FOREVER = "public, max-age=31536000, immutable"
REDIRECTED = "public, max-age=3600"
# An SVG that is opened by itself may style itself and show pictures it carries, and nothing else.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; sandbox"
Key = Annotated[
    str,
    Parameter(max_length=100, description="The name of the file, as other answers give it."),
]


@get(
    "/media/{key:str}",
    tags=["Media"],
    problems=[MediaNotFound, RangeUnsatisfiable],
    media_type="application/octet-stream",
    responses={
        206: ResponseSpec(None, description="The part that `Range` asked for."),
        302: ResponseSpec(None, description="Where the shop's CDN has it."),
    },
)
async def get_media(request: Request[Any, Any, Any], key: Key) -> Stream | Response[bytes]:
    """A photograph, video or file. The name is made from the content, so that it can be kept for
    good. One `Range` of bytes is honoured.
    """
    storage = shop(request).storage
    size = await storage.size(key)
    if size is None:
        raise MediaNotFound("There is no such file.")
    tag, kind = f'"{key}"', storage.content_type(key)
    shown = kind.startswith(("image/", "video/"))
    headers = {
        "Content-Type": kind,
        "Cache-Control": FOREVER,
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{key}"',
    }
    if is_fresh(request, tag):
        return Response(b"", status_code=304, headers=headers)
    elsewhere = await storage.public_url(key)
    if elsewhere is not None:
        # Not for good: where files lie may change.
        moved = {"Location": elsewhere, "Cache-Control": REDIRECTED}
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


ROUTES: list[HTTPRouteHandler] = [get_media]
