"""Stylesheets, scripts and icons, vendored in the package and named by their content.

`/assets/shop.3f2a9c01.css` never changes, so it is kept for good; a release with another stylesheet
has another name. Everything is read once, when the process starts, and compressed then. What a
theme has in its folder `static` goes before ours, or beside it.
"""

import gzip
import mimetypes
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.web.auth import shop
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


class _Assets(NamedTuple):
    by_source: dict[str, _Asset]
    by_name: dict[str, _Asset]


def _read(folder: Traversable) -> dict[str, _Asset]:
    return {
        entry.name: _Asset(entry.name, entry.read_bytes())
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.is_file() and not entry.name.startswith(".")
    }


_OURS = _read(files("argosy.web.pages") / "static")


@lru_cache(maxsize=8)
def _of(theme: str) -> _Assets:
    own = Path(theme) / "static" if theme else None
    found = _OURS | (_read(own) if own is not None and own.is_dir() else {})
    return _Assets(found, {asset.name: asset for asset in found.values()})


def asset_url(source: str, theme: str = "") -> str:
    """Where `static/<source>` is served. Raises KeyError for a file that is not there."""
    return f"/assets/{_of(theme).by_source[source].name}"


def has_asset(source: str, theme: str = "") -> bool:
    """Whether there is `static/<source>`."""
    return source in _of(theme).by_source


def asset_text(source: str) -> str:
    """What is in our own `static/<source>`. Raises KeyError for a file that is not there."""
    return _OURS[source].body.decode()


@get("/assets/{name:str}", include_in_schema=False)
async def get_asset(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    """A file of the package or the theme, compressed for whoever takes that."""
    asset = _of(shop(request).settings.theme).by_name.get(name)
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
