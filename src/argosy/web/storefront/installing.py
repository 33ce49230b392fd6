"""What lets a browser install the shop as an app, and say so when there is no connection."""

import re
from hashlib import sha256
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.web.auth import shop
from argosy.web.pages.assets import asset_text, asset_url
from argosy.web.pages.templating import POLICY
from argosy.web.storefront.showing import HTML, part
from argosy.web.storefront.sites import Site, site_of

_ICONS = (
    ("icon.svg", "any", "image/svg+xml", "any"),
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-mask-512.png", "512x512", "image/png", "maskable"),
)
_PAPER = "#fdfcfa"
_NOT_OF_THE_SHOP = ("/@", "/~", "/admin", "/v1/", "/webhooks/", "/media/", "/schema", "/health")
_PRESENT = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}


@get("/manifest.webmanifest", include_in_schema=False)
async def show_manifest(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The shop as an app (W3C Web Application Manifest)."""
    site, theme = await site_of(request), shop(request).settings.theme
    told = {
        "id": site.path("/"),
        "name": site.channel.name,
        "short_name": site.channel.name,
        "lang": site.locale,
        "dir": site.direction,
        "start_url": site.path("/"),
        "scope": site.path("/"),
        "display": "minimal-ui",
        "background_color": _PAPER,
        "theme_color": _PAPER,
        "icons": [
            {"src": asset_url(name, theme), "sizes": sizes, "type": kind, "purpose": purpose}
            for name, sizes, kind, purpose in _ICONS
        ],
    }
    body = msgspec.json.encode(told)
    return Response(body, media_type="application/manifest+json", headers=_PRESENT)


@get("/offline", include_in_schema=False)
async def show_offline(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What is shown without a connection: the same to everybody, for it is kept."""
    page = _offline(request, await site_of(request))
    return Response(page.encode(), media_type=HTML, headers=_PRESENT)


@get("/sw.js", include_in_schema=False)
async def show_worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The service worker of this shop and language, whose scope is all that begins as its path."""
    site = await site_of(request)
    page = _offline(request, site)
    kept = [site.path("/offline"), *sorted(set(re.findall(r'"(/assets/[^"]+)"', page)))]
    facts = {
        "scope": site.path("/"),
        "offline": kept[0],
        "kept": kept,
        "others": _NOT_OF_THE_SHOP,
        "version": sha256(page.encode()).hexdigest()[:12],
    }
    body = f"const SHOP = {msgspec.json.encode(facts).decode()};\n{asset_text('worker.js')}"
    return Response(body.encode(), media_type="text/javascript; charset=utf-8", headers=_PRESENT)


def _offline(request: Request[Any, Any, Any], site: Site) -> str:
    return part(request, site, "storefront/offline.html", {})


ROUTES: list[HTTPRouteHandler] = [show_manifest, show_offline, show_worker]
