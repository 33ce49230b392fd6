"""Where files lie, what they take, how far a move has come, and what a clean-up would free."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.api.admin import media_storage as api
from argosy.web.auth import shop
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/media"
_ASKED = N_("It is under way: the figures change when it is done.")


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_media(request: AnyRequest) -> Response[bytes]:
    """Figures as of the last look through all files, which the worker takes once a day."""
    told = await ask(request, api.get_media_storage)
    values = {
        "found": msgspec.convert(told, api.MediaStorageView),
        "settings": shop(request).settings,
    }
    title = say(request, N_("Media storage"))
    return admin_page(request, "admin/media_files.html", values, title=title)


@post(f"{PATH}/look", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def look(request: AnyRequest) -> Response[bytes]:
    """Have the worker look through all files now; nothing is deleted."""
    await ask(request, api.clean_up_media, data={"delete": "nothing"})
    return lead_to(request, PATH, Notice(say(request, _ASKED), "info"))


@get(f"{PATH}/clean", include_in_schema=False, guards=[may("catalog:write")])
async def ask_to_clean(request: AnyRequest) -> Response[bytes]:
    """What a clean-up does, before it does it."""
    loose = "unshown" in request.query_params
    days = shop(request).settings.media_grace_days
    says = [
        say(request, N_("Files that nothing names for %(days)s days are deleted."), days=days),
        say(request, N_("What orders, imports that can be undone or texts name is kept.")),
    ]
    if loose:
        words = N_(
            "Before that, entries older than %(days)s days are deleted that no product, brand or "
            "collection shows; their files follow after as many days."
        )
        says.insert(0, say(request, words, days=days))
    return confirm_page(
        request,
        title=say(request, N_("Clean up files")),
        says=says,
        path=f"{PATH}/clean",
        back=PATH,
        button=say(request, N_("Delete them")),
        fields={"unshown": "yes"} if loose else {},
        crumbs=[Crumb(say(request, N_("Media storage")), PATH)],
    )


@post(f"{PATH}/clean", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def clean(request: AnyRequest) -> Response[bytes]:
    """Have the worker delete what nothing names."""
    form = await request.form()
    what = "entries" if form.get("unshown") == "yes" else "files"
    await ask(request, api.clean_up_media, data={"delete": what})
    return lead_to(request, PATH, Notice(say(request, _ASKED), "info"))


ROUTES: list[HTTPRouteHandler] = [show_media, look, ask_to_clean, clean]
ENTRIES = (
    Entry(
        N_("Media storage"),
        PATH,
        N_("Imports and data"),
        "catalog:read",
        key="d",
        icon="media",
        words="pictures files videos storage s3 bucket clean up disk",
        position=60,
    ),
)
