"""One's own account: name, roles, language, password, second factors."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import staff
from argosy.web.admin.access import session_cookie, staff_only
from argosy.web.admin.editing import faults_of
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import LANGUAGES, Notice, admin_page, lead_to, say
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import is_secure, own_pages_only
from argosy.web.passkey_views import offered

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/me"
_LANGUAGE = "argosy_language"
_YEAR_S = 31_536_000


@get(PATH, include_in_schema=False, guards=[staff_only])
async def show_me(request: AnyRequest) -> Response[bytes]:
    """Who I am, and what I may change about it."""
    return await _page(request, Form(), None)


@post("/admin/me/password", include_in_schema=False, guards=[own_pages_only, staff_only])
async def change_password(request: AnyRequest) -> Response[bytes]:
    """A new password; all sessions end, and this browser gets a new one."""
    form, app = await read_form(request), shop(request)
    try:
        opened = await staff.change_own_password(
            app.db,
            app.passwords,
            actor(request),
            current=form["current_password"][:1000],
            new=form["new_password"][:1000],
            user_agent=request.headers.get("user-agent", ""),
        )
    except staff.ProofNeeded:
        raise
    except ArgosyError as refusal:
        return await _page(request, form, refusal)
    notice = Notice(
        say(request, N_("Your password is changed. All your other sessions have ended."))
    )
    return lead_to(request, PATH, notice, cookies=[session_cookie(request, opened.token)])


@post("/admin/me/language", include_in_schema=False, guards=[own_pages_only, staff_only])
async def change_language(request: AnyRequest) -> Response[bytes]:
    """The language of the pages in this browser; empty: as the browser asks."""
    form = await read_form(request)
    chosen = form["language"] if form["language"] in LANGUAGES else ""
    cookie = Cookie(
        key=_LANGUAGE,
        value=chosen,
        path="/",
        max_age=_YEAR_S if chosen else 0,
        samesite="lax",
        secure=is_secure(request),
    )
    return lead_to(request, PATH, cookies=[cookie])


async def _page(request: AnyRequest, form: Form, refusal: ArgosyError | None) -> Response[bytes]:
    who = actor(request)
    assert who.id is not None
    async with shop(request).db.reading() as tx:
        found = await staff.list_factors(tx, who.id)
    values = {
        "apps": [
            (encode("factor", one.id), one)
            for one in found
            if one.kind == "totp" and one.confirmed_at is not None
        ],
        "passkeys": [(encode("factor", one.id), one) for one in found if one.kind == "passkey"],
        "offered": offered(request),
        "codes_left": sum(one.kind == "recovery" for one in found),
        "form": form,
        "faults": faults_of(refusal, ["current_password", "new_password"]),
        "language": request.cookies.get(_LANGUAGE, ""),
    }
    title = say(request, N_("My account"))
    return admin_page(request, "admin/me.html", values, title=title, refusal=refusal)


ENTRIES = (Entry(N_("My account"), PATH, "System", icon="user", position=99, words="password me"),)
ROUTES: list[HTTPRouteHandler] = [show_me, change_password, change_language]
