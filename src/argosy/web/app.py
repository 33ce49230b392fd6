"""The HTTP application: every handler of `web/`, behind the edge.

Each file under `web/api`, `web/webhooks`, `web/storefront` and `web/admin` exports `ROUTES`, an
explicit list of Litestar handlers; this collects them. Litestar is used plainly: function handlers,
msgspec Structs, the App in the application state, one exception handler (problems.py, with pages
for people around it). The rest is `edge.py`.
"""

import copy
import pkgutil
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Send

from argosy.runtime.cache import Cache
from argosy.web import admin, api, health, openapi, problems, storefront, webhooks
from argosy.web.admin.failures import is_admin_page, respond
from argosy.web.admin.places import Entry, ordered
from argosy.web.api.storefront import carts, purchases
from argosy.web.direct import direct
from argosy.web.edge import EXPOSED_HEADERS, Edge, FindKept, Sent
from argosy.web.kept import Finished, finder
from argosy.web.limits import Limits
from argosy.web.pages import assets
from argosy.web.requests import ShopRequest
from argosy.web.site_paths import LANGUAGE, SITE, split, spoken
from argosy.web.storefront.failures import answer
from argosy.web.storefront.keeping import page_finder
from argosy.workflows.app import App


def create_app(shop: App) -> Litestar:
    """The ASGI application that serves `shop`. It owns nothing: the caller opens and closes `shop`.

    Handlers find it as `request.app.state.shop`. A server may call its `asgi_handler` at once: the
    edge needs nothing of what Litestar does before.
    """
    settings = shop.settings
    described = (*collect_routes(), *health.ROUTES)
    origins = tuple(settings.cors_origins)
    app = copy.copy(_application(described, origins, settings.body_limit_bytes))
    app.state = State()
    app.state.shop = shop
    app.state.handlers = described
    app.state.admin_entries = collect_entries()
    app.state.problem_base = settings.public_url + problems.PROBLEM_PATH
    app.asgi_handler = Edge(
        _routed(app), settings, Limits(settings), _instants(app), _finder(shop.cache)
    )
    return app


def _finder(cache: Cache) -> FindKept:
    """What finds a kept answer: of the API, or a page."""
    answer_to, page_at = finder(cache), page_finder(cache)

    def find(scope: Any, sent: Sent) -> Finished | None:
        if scope["path"].startswith("/v1/"):
            return answer_to(scope, sent)
        return page_at(scope, sent)

    return find


@lru_cache(maxsize=4)
def _application(
    described: tuple[HTTPRouteHandler, ...], cors_origins: tuple[str, ...], body_limit_bytes: int
) -> Litestar:
    """The handlers and their routes, which are the same for every shop that a process serves.

    Litestar reads some 700 signatures for them, a third of a second.
    """
    return Litestar(
        route_handlers=[*described, *problems.ROUTES, *openapi.ROUTES, *collect_pages()],
        request_class=ShopRequest,
        exception_handlers={Exception: _failed},
        cors_config=_cors(cors_origins),
        request_max_body_size=body_limit_bytes,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _routed(app: Litestar) -> ASGIApp:
    """Litestar without its own entrance, which requests to the edge have not passed; the calls of a
    purchase go past its routing too.
    """
    handle = direct(app.asgi_handler, _registered(app, (*carts.HOT, *purchases.HOT)))

    async def route(scope: Any, receive: Receive, send: Send) -> None:
        scope["app"] = scope["litestar_app"] = app
        if scope["path"].startswith(("/@", "/~")):
            scope[SITE], path = split(scope["path"])
            scope[LANGUAGE], scope["path"] = spoken(path)
        scope.setdefault("state", {})
        await handle(scope, receive, send)

    return route


def _registered(app: Litestar, handlers: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """The handlers as `app` registered them: copies that know its limits, while the ones passed in
    belong to whichever application was built last, be it one for the API's document.
    """
    wanted = {handler.fn for handler in handlers}
    return [
        handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.fn in wanted
    ]


def collect_routes() -> list[HTTPRouteHandler]:
    """The handlers of every file under `web/api` and `web/webhooks`, by file name."""
    return _routes_of(api, webhooks)


def collect_pages() -> list[HTTPRouteHandler]:
    """The handlers of pages and of what they load; the API's document does not list them."""
    return [*_routes_of(storefront, admin), *assets.ROUTES]


def collect_entries() -> tuple[Entry, ...]:
    """The places of the back office: `ENTRIES` of every file under `web/admin`."""
    return ordered(entry for file in _files_of(admin) for entry in getattr(file, "ENTRIES", ()))


def _routes_of(*packages: ModuleType) -> list[HTTPRouteHandler]:
    found: list[HTTPRouteHandler] = []
    for package in packages:
        for file in _files_of(package):
            routes: list[Any] = getattr(file, "ROUTES", [])
            found.extend(routes)
    return found


def _files_of(package: ModuleType) -> list[ModuleType]:
    names = (m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + "."))
    return [import_module(name) for name in sorted(names)]


def _failed(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    return respond(request, exc) if is_admin_page(request) else answer(request, exc)


def _instants(app: Litestar) -> list[str]:
    """The names of all query parameters that are points in time."""
    found = set()
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler, _ in route.route_handler_map.values():
                for name, field in handler.parsed_fn_signature.parameters.items():
                    if field.has_inner_subclass_of(datetime) or field.is_subclass_of(datetime):
                        found.add(name)
    return sorted(found)


def _cors(origins: tuple[str, ...]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "X-Order-Token",
            "X-Publishable-Key",
            "X-Request-Id",
        ],
        expose_headers=list(EXPOSED_HEADERS),
        max_age=3600,
    )
