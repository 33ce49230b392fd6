"""Stylesheets, scripts and icons, vendored in the package and named by their content.

`/assets/shop.3f2a9c01.css` never changes, so it is kept for good; a release with another stylesheet
has another name. Everything is read once, when the process starts, and compressed then.
"""

import gzip
import mimetypes
from hashlib import sha256
from importlib.resources import files
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.web.problems import RouteUnknown

_FOREVER = "public, max-age=31536000, immutable"
_PRESSED = (".css", ".js", ".svg", ".json")


class _Asset:
    __slots__ = ("body", "kind", "name", "pressed")

    def __init__(self, name: str, body: bytes) -> None:
        stem, _, suffix = name.rpartition(".")
        self.name = f"{stem}.{sha256(body).hexdigest()[:12]}.{suffix}"
        self.body = body
        self.kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.pressed = gzip.compress(body, 9, mtime=0) if name.endswith(_PRESSED) else None


def _read() -> dict[str, _Asset]:
    folder = files("argosy.web.pages") / "static"
    return {
        entry.name: _Asset(entry.name, entry.read_bytes())
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.is_file()
    }


_BY_SOURCE = _read()
_BY_NAME = {asset.name: asset for asset in _BY_SOURCE.values()}


def asset_url(source: str) -> str:
    """Where `static/<source>` is served. Raises KeyError for a file that is not there."""
    return f"/assets/{_BY_SOURCE[source].name}"


def asset_text(source: str) -> str:
    """What is in `static/<source>`. Raises KeyError for a file that is not there."""
    return _BY_SOURCE[source].body.decode()


@get("/assets/{name:str}", include_in_schema=False)
async def get_asset(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    """A file of the package, compressed for whoever takes that."""
    asset = _BY_NAME.get(name)
    if asset is None:
        raise RouteUnknown("There is no such asset.")
    headers = {"Cache-Control": _FOREVER, "ETag": f'"{asset.name}"', "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers)
    body = asset.body
    if asset.pressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = asset.pressed
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=asset.kind, headers=headers)


ROUTES: list[HTTPRouteHandler] = [get_asset]
