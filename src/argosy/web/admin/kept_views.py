"""Views of one's own: a list with its filters, kept under a name beside the usual ones."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import views
from argosy.web.admin.access import HOME, staff_only
from argosy.web.admin.calling import ask
from argosy.web.admin.lists import SavedView, url_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Notice, lead_to, refusal_text, say
from argosy.web.api.admin import views as api
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/views"
_FILTER = "f."


async def with_own(
    request: AnyRequest, place: str, usual: Sequence[SavedView] = ()
) -> list[SavedView]:
    """The views of a list: the usual ones, then those of the person. One statement."""
    who = actor(request)
    if who.id is None:
        return list(usual)
    async with shop(request).db.reading() as tx:
        kept = await views.views_of(tx, who.id, place)
    own = [SavedView(one.name, one.filters, encode("view", one.id)) for one in kept]
    if own and not usual:
        usual = [SavedView(say(request, N_("All")), {})]
    return [*usual, *own]


@post(PATH, include_in_schema=False, guards=[own_pages_only, staff_only])
async def keep(request: AnyRequest) -> Response[bytes]:
    """Keep the filters that a list was shown with."""
    form = await read_form(request)
    filters = _filters(form)
    path = url_of(form["place"], filters)
    data = {"place": form["place"], "name": form["name"], "filters": filters}
    try:
        await ask(request, api.keep_view, data=data)
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    said = say(request, N_("The view is kept, for you alone."))
    return lead_to(request, path, Notice(said))


@post(
    f"{PATH}/{{view_id:str}}/forget", include_in_schema=False, guards=[own_pages_only, staff_only]
)
async def forget(request: AnyRequest, view_id: str) -> Response[bytes]:
    """Forget a view."""
    form = await read_form(request)
    place = form["place"] or HOME
    try:
        await ask(request, api.forget_view, view_id=view_id)
    except ArgosyError as refusal:
        return lead_to(request, place, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, place, Notice(say(request, N_("The view is forgotten."))))


def _filters(form: Form) -> dict[str, str]:
    return {
        name.removeprefix(_FILTER): value
        for name, value in form.items()
        if name.startswith(_FILTER) and value
    }


ROUTES: list[HTTPRouteHandler] = [keep, forget]
