"""Photographs, videos and files for everybody, kept for good by whoever gets them."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream

from argosy.modules import media
from argosy.modules.catalog import MediaNotFound
from argosy.modules.media import Format, Rendition, smallest
from argosy.runtime.cache import Fill
from argosy.web.auth import shop
from argosy.web.etag import is_fresh
from argosy.web.ranges import RangeUnsatisfiable, part_wanted
from argosy.workflows.app import App

AnyRequest = Request[Any, Any, Any]

FOREVER = "public, max-age=31536000, immutable"
REDIRECTED = "public, max-age=3600"
FOR_A_DAY = "public, max-age=86400"
FOR_A_MINUTE = "public, max-age=60"
# An SVG that is opened by itself may style itself and show pictures it carries, and nothing else.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; sandbox"
Key = Annotated[
    str,
    Parameter(max_length=100, description="The name of the file, as other answers give it."),
]


# Renditions are made anew with another focal point; those that wait are made within seconds.
_DRAWN, _UNDRAWN = timedelta(hours=1), timedelta(seconds=10)
_ANSWERS = {
    206: ResponseSpec(None, description="The part that `Range` asked for."),
    302: ResponseSpec(None, description="Where the shop's CDN has it."),
}


@get(
    "/media/{key:str}",
    tags=["Media"],
    problems=[MediaNotFound, RangeUnsatisfiable],
    media_type="application/octet-stream",
    responses=_ANSWERS,
)
async def get_media(request: AnyRequest, key: Key) -> Stream | Response[bytes]:
    """A photograph, video or file. The name is made from the content, so that it can be kept for
    good. One `Range` of bytes is honoured.
    """
    return await _file(request, key, {"Cache-Control": FOREVER})


@get(
    "/media/{key:str}/thumbnail",
    tags=["Media"],
    problems=[MediaNotFound, RangeUnsatisfiable],
    media_type="application/octet-stream",
    responses=_ANSWERS,
)
async def get_thumbnail(request: AnyRequest, key: Key) -> Stream | Response[bytes]:
    """The smallest rendition of a photograph in a format that the caller reads (by `Accept`; JPEG,
    which all read, is the largest). The file itself until there are renditions, and of what has
    none.
    """
    read = request.headers.get("accept", "")
    modern: tuple[Format, ...] = ("avif", "webp")
    formats = [one for one in modern if f"image/{one}" in read] or ["jpeg"]
    found = smallest(await _renditions(shop(request), key), formats)
    kept = FOR_A_DAY if found else FOR_A_MINUTE
    headers = {"Cache-Control": kept, "Vary": "Accept"}
    return await _file(request, found.key if found else key, headers)


async def _renditions(app: App, key: str) -> tuple[Rendition, ...]:
    async def load() -> Fill[tuple[Rendition, ...]]:
        async with app.db.reading() as tx:
            asset = (await media.assets_of(tx, [key])).get(key)
            # Not kept: anybody may ask for any name.
            if asset is None:
                raise MediaNotFound("There is no such file.")
            age = _DRAWN if asset.renditions else _UNDRAWN
            size = 200 * len(asset.renditions)
            return Fill(asset.renditions, topics=(), size=size, expires_at=tx.now + age)

    try:
        return await app.cache.get(("renditions", key), load)
    except MediaNotFound:
        return ()


async def _file(request: AnyRequest, key: str, more: dict[str, str]) -> Stream | Response[bytes]:
    storage = shop(request).storage
    size = await storage.size(key)
    if size is None:
        raise MediaNotFound("There is no such file.")
    tag, kind = f'"{key}"', storage.content_type(key)
    shown = kind.startswith(("image/", "video/"))
    headers = {
        "Content-Type": kind,
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{key}"',
        **more,
    }
    if is_fresh(request, tag):
        return Response(b"", status_code=304, headers=headers)
    elsewhere = await storage.public_url(key)
    if elsewhere is not None:
        # Not for good: where files lie may change.
        moved = {**more, "Location": elsewhere, "Cache-Control": REDIRECTED}
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


ROUTES: list[HTTPRouteHandler] = [get_media, get_thumbnail]
