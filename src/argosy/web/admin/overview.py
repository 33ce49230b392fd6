"""The first page of the back office."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.web.admin.access import HOME, staff_only
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import admin_page, say

AnyRequest = Request[Any, Any, Any]


@get(HOME, include_in_schema=False, guards=[staff_only])
async def show_overview(request: AnyRequest) -> Response[bytes]:
    """Where a day begins."""
    return admin_page(request, "admin/overview.html", {}, title=say(request, N_("Overview")))


ENTRIES = (Entry(N_("Overview"), HOME, key="h", icon="home", position=0, words="home start"),)
ROUTES: list[HTTPRouteHandler] = [show_overview]
