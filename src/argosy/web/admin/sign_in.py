"""Signing in to the back office, and out."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError, Unauthenticated
from argosy.modules import staff
from argosy.web.admin.access import (
    HOME,
    SECOND_STEP,
    SIGN_IN,
    TICKET,
    TICKET_S,
    own_cookie,
    person_of,
    session_cookie,
    staff_only,
)
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Notice, admin_page, lead_to, say
from argosy.web.auth import actor, request_id, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only, own_path
from argosy.web.passkey_views import offered

AnyRequest = Request[Any, Any, Any]


@get(SIGN_IN, include_in_schema=False)
async def show_sign_in(request: AnyRequest) -> Response[bytes]:
    """The form; who is signed in goes on."""
    back = own_path(request.query_params.get("back", ""), HOME)
    try:
        await person_of(request)
    except Unauthenticated:
        return sign_in_page(request, Form({"back": back}), None)
    return lead_to(request, back)


@post(SIGN_IN, include_in_schema=False, guards=[own_pages_only])
async def sign_in(request: AnyRequest) -> Response[bytes]:
    """Open a session under a new token, whatever the browser held before (no session fixation).

    What is answered to a wrong password, an unknown address and a disabled account is the same.
    """
    form, app = await read_form(request), shop(request)
    back = own_path(form["back"], HOME)
    try:
        opened = await staff.sign_in(
            app.db,
            app.passwords,
            email=form["email"][:254],
            password=form["password"][:1000],
            user_agent=request.headers.get("user-agent", ""),
            request_id=request_id(request),
        )
    except staff.SecondFactorNeeded as needed:
        held = own_cookie(request, TICKET, str(needed.details["ticket"]), seconds=TICKET_S)
        methods = needed.details["methods"]
        by_passkey = "&passkey=1" if isinstance(methods, list) and "passkey" in methods else ""
        step = f"{SECOND_STEP}?back={quote(back, safe='')}{by_passkey}"
        return lead_to(request, step, cookies=[held])
    except ArgosyError as refusal:
        return sign_in_page(request, form, refusal)
    return lead_to(request, back, cookies=[session_cookie(request, opened.token)])


@post("/admin/sign-out", include_in_schema=False, guards=[own_pages_only, staff_only])
async def sign_out(request: AnyRequest) -> Response[bytes]:
    """End the session, here and in the database."""
    async with shop(request).db.transaction() as tx:
        await staff.sign_out(tx, actor(request))
    notice = Notice(say(request, N_("You are signed out.")))
    return lead_to(request, SIGN_IN, notice, cookies=[session_cookie(request, "")])


def sign_in_page(request: AnyRequest, form: Form, refusal: ArgosyError | None) -> Response[bytes]:
    """The doors of the back office."""
    title = say(request, N_("Sign in"))
    values = {"form": form, "passkey": offered(request)}
    return admin_page(request, "admin/sign_in.html", values, title=title, refusal=refusal)


ROUTES: list[HTTPRouteHandler] = [show_sign_in, sign_in, sign_out]
