"""What a path of the shop leads to: for whoever serves the shop's pages."""

from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import encode
from argosy.modules.paths import Gone, Here, Kind, Moved, PathGone, PathInvalid, PathUnknown, Scope
from argosy.web.auth import PUBLISHABLE, channel_context, shop
from argosy.workflows.addressing import api_path, locate

AskedPath = Annotated[
    str,
    Parameter(
        min_length=1, max_length=2000, description="As the shopper asked: `/products/radiant-tee`."
    ),
]
AskedLocale = Annotated[
    str | None,
    Parameter(
        pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$",
        description="The language of the page, `de` or `de-AT`; the channel's own unless given.",
    ),
]


class PathView(msgspec.Struct, frozen=True, kw_only=True):
    """What is at a path. `path` is where it belongs, `api` where this API tells more of it.

    `moved`: send the browser on to `path` (301), which may be an address elsewhere; then there is
    no `kind`.
    """

    status: Literal["here", "moved"]
    path: str
    kind: Kind | None
    id: str | None
    api: str | None


@get(
    "/v1/resolve",
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses={
        200: ResponseSpec(PathView, description="The path is right.", generate_examples=False),
        301: ResponseSpec(
            PathView,
            description="It is elsewhere now. `Location` asks for the new path here, or leads to "
            "another site; the body says the same.",
            generate_examples=False,
        ),
    },
    problems=[PathUnknown, PathGone, PathInvalid],
)
async def resolve_path(
    request: Request[Any, Any, Any], path: AskedPath, locale: AskedLocale = None
) -> Response[PathView]:
    """What a path of the shop leads to in this channel and language: a product, a category, where
    it has moved to (301), or that it is gone for good (410).

    Former paths, redirects of the staff and deleted things are followed to their end: one answer,
    one redirect.
    """
    channel = await channel_context(request)
    scope = Scope(channel_id=channel.id, locale=channel.locale if locale is None else locale)
    async with shop(request).db.reading() as tx:
        found = await locate(tx, path, scope)
        match found:
            case (
                Here(thing=thing, path=now, shown=True) | Moved(target=now, thing=thing, shown=True)
            ):
                api = None if thing is None else await api_path(tx, thing)
            case Gone(replacement=replacement):
                raise PathGone(f"{path[:80]!r} is gone.", field="path", replacement=replacement)
            case _:
                raise PathUnknown(f"Nothing is at {path[:80]!r} in this channel.", field="path")
    view = PathView(
        status="here" if isinstance(found, Here) else "moved",
        path=now,
        kind=None if thing is None else thing.kind,
        id=None if thing is None else encode(thing.kind, thing.id),
        api=api,
    )
    if isinstance(found, Here):
        return Response(view, headers={"Cache-Control": "no-cache"})
    asked = {"path": now} | ({} if locale is None else {"locale": locale})
    location = f"/v1/resolve?{urlencode(asked)}" if now.startswith("/") else quote(now, safe=_URL)
    headers = {"Location": location, "Cache-Control": "no-cache"}
    return Response(view, status_code=301, headers=headers)


_URL = ":/?#[]@!$&'()*+,;=%-._~"

ROUTES: list[HTTPRouteHandler] = [resolve_path]
