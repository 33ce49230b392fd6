"""Photographs and files for everybody, kept for good by whoever gets them."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter
from litestar.response import File

from argosy.modules.catalog import MediaNotFound
from argosy.web.auth import shop
from argosy.web.etag import is_fresh

FOREVER = "public, max-age=31536000, immutable"
Key = Annotated[
    str,
    Parameter(max_length=100, description="The name of the file, as other answers give it."),
]


@get(
    "/media/{key:str}",
    tags=["Media"],
    problems=[MediaNotFound],
    media_type="application/octet-stream",
)
async def get_media(request: Request[Any, Any, Any], key: Key) -> File | Response[bytes]:
    """A photograph or file. The name is made from the content, so that it can be kept for good."""
    storage = shop(request).storage
    path = storage.find(key)
    if path is None:
        raise MediaNotFound("There is no such file.")
    tag = f'"{key}"'
    headers = {"Cache-Control": FOREVER, "ETag": tag, "Content-Security-Policy": "sandbox"}
    if is_fresh(request, tag):
        return Response(b"", status_code=304, headers=headers)
    kind = storage.content_type(key)
    return File(
        path,
        filename=key,
        media_type=kind,
        headers=headers,
        content_disposition_type="inline" if kind.startswith("image/") else "attachment",
    )


ROUTES: list[HTTPRouteHandler] = [get_media]
