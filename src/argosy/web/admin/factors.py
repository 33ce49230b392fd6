"""The second step of signing in: codes of an authenticator app, recovery codes."""

from typing import Any

import segno
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError, Unauthenticated
from argosy.kernel.ids import decode, encode
from argosy.modules import staff
from argosy.web.admin.access import (
    HOME,
    SECOND_STEP,
    SIGN_IN,
    TICKET,
    cookie_of,
    own_cookie,
    session_cookie,
    staff_only,
)
from argosy.web.admin.editing import confirm_page, faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, refusal_text, say
from argosy.web.auth import actor, request_id, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only, own_path
from argosy.web.passkey_views import offered

AnyRequest = Request[Any, Any, Any]

ME = "/admin/me"
_LONGEST = 40


@get(SECOND_STEP, include_in_schema=False)
async def show_second_step(request: AnyRequest) -> Response[bytes]:
    """Ask for the code."""
    back = own_path(request.query_params.get("back", ""), HOME)
    if not cookie_of(request, TICKET):
        return lead_to(request, SIGN_IN)
    by_passkey = request.query_params.get("passkey", "")[:1]
    return second_step_page(request, Form({"back": back, "passkey": by_passkey}), None)


@post(SECOND_STEP, include_in_schema=False, guards=[own_pages_only])
async def second_step(request: AnyRequest) -> Response[bytes]:
    """Take the code, and open the session."""
    form, app = await read_form(request), shop(request)
    try:
        opened = await staff.finish_sign_in(
            app.db,
            secret_key=_key(request),
            ticket=cookie_of(request, TICKET)[:200],
            code=form["code"][:_LONGEST],
            user_agent=request.headers.get("user-agent", ""),
            request_id=request_id(request),
        )
    except Unauthenticated as ended:
        forget = [own_cookie(request, TICKET, "", seconds=0)]
        return lead_to(
            request, SIGN_IN, Notice(refusal_text(request, ended), "bad"), cookies=forget
        )
    except ArgosyError as refusal:
        return second_step_page(request, form, refusal)
    cookies = [session_cookie(request, opened.token), own_cookie(request, TICKET, "", seconds=0)]
    return lead_to(request, own_path(form["back"], HOME), cookies=cookies)


@post(f"{ME}/apps", include_in_schema=False, guards=[own_pages_only, staff_only])
async def add_app(request: AnyRequest) -> Response[bytes]:
    """Show what the authenticator app needs."""
    form = await read_form(request)
    async with shop(request).db.transaction() as tx:
        made = await staff.add_one_time_codes(
            tx, actor(request), secret_key=_key(request), name=form["name"][:120]
        )
    code = segno.make(made.uri, error="m", micro=False)
    values = {
        "factor_id": encode("factor", made.id),
        "secret": " ".join(made.secret[at : at + 4] for at in range(0, len(made.secret), 4)),
        "picture": code.svg_inline(scale=4, border=2, dark="#000", light="#fff"),
    }
    return _enrolling(request, values, None)


@post(
    f"{ME}/apps/{{factor_id:str}}/confirm",
    include_in_schema=False,
    guards=[own_pages_only, staff_only],
)
async def confirm_app(request: AnyRequest, factor_id: str) -> Response[bytes]:
    """Take the first code; show the recovery codes, if these are the first."""
    form = await read_form(request)
    try:
        codes = await staff.confirm_one_time_codes(
            shop(request).db,
            actor(request),
            decode("factor", factor_id, field="factor_id"),
            form["code"][:_LONGEST],
            secret_key=_key(request),
        )
    except staff.CodeWrong as refusal:
        values = {"factor_id": factor_id, "secret": "", "picture": ""}
        return _enrolling(request, values, refusal)
    if codes:
        return codes_page(request, codes)
    return lead_to(request, ME, Notice(say(request, N_("The app is set up."))))


@get(f"{ME}/apps/{{factor_id:str}}/remove", include_in_schema=False, guards=[staff_only])
async def ask_remove_app(request: AnyRequest, factor_id: str) -> Response[bytes]:
    """Say what removing an app means."""
    return confirm_page(
        request,
        title=say(request, N_("Remove the authenticator app")),
        says=[
            say(request, N_("Its codes no longer open your account.")),
            say(
                request,
                N_(
                    "If it is your last one, you sign in by password alone, and your recovery"
                    " codes end."
                ),
            ),
        ],
        path=f"{ME}/apps/{encode('factor', decode('factor', factor_id))}/remove",
        back=ME,
        button=say(request, N_("Remove it")),
        crumbs=[Crumb(say(request, N_("My account")), ME)],
    )


@post(
    f"{ME}/apps/{{factor_id:str}}/remove",
    include_in_schema=False,
    guards=[own_pages_only, staff_only],
)
async def remove_app(request: AnyRequest, factor_id: str) -> Response[bytes]:
    """Stop using an app."""
    found = decode("factor", factor_id, field="factor_id")
    async with shop(request).db.transaction() as tx:
        await staff.remove_factor(tx, actor(request), found)
    return lead_to(request, ME, Notice(say(request, N_("The app is removed."))))


@post(f"{ME}/recovery-codes", include_in_schema=False, guards=[own_pages_only, staff_only])
async def new_codes(request: AnyRequest) -> Response[bytes]:
    """Ten new recovery codes."""
    async with shop(request).db.transaction() as tx:
        codes = await staff.new_recovery_codes(tx, actor(request), secret_key=_key(request))
    return codes_page(request, codes)


def second_step_page(
    request: AnyRequest, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    """The form for a code, and for a passkey if the member has one."""
    values = {
        "form": form,
        "passkey": bool(form["passkey"]) and offered(request),
        "faults": faults_of(refusal, ["code"]),
    }
    title = say(request, N_("Second step of signing in"))
    return admin_page(request, "admin/second_step.html", values, title=title, refusal=refusal)


def _enrolling(
    request: AnyRequest, values: dict[str, Any], refusal: ArgosyError | None
) -> Response[bytes]:
    return admin_page(
        request,
        "admin/app.html",
        values | {"faults": faults_of(refusal, ["code"])},
        title=say(request, N_("Set up an authenticator app")),
        crumbs=[Crumb(say(request, N_("My account")), ME)],
        refusal=refusal,
    )


def codes_page(request: AnyRequest, codes: tuple[str, ...]) -> Response[bytes]:
    """The recovery codes, shown this once."""
    return admin_page(
        request,
        "admin/recovery_codes.html",
        {"codes": codes},
        title=say(request, N_("Your recovery codes")),
        crumbs=[Crumb(say(request, N_("My account")), ME)],
    )


def _key(request: AnyRequest) -> str:
    return shop(request).settings.secret_key.get_secret_value()


ROUTES: list[HTTPRouteHandler] = [
    show_second_step,
    second_step,
    add_app,
    confirm_app,
    ask_remove_app,
    remove_app,
    new_codes,
]
