"""Signing in and out, registering, a new password: the doors of an account.

What the pages say is the same whether or not an account exists (DOMAIN.md rule 38).
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.modules import customers
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only, own_path
from argosy.web.passkey_views import offered
from argosy.web.storefront.arriving import arrive
from argosy.web.storefront.people import person_of, session_cookie
from argosy.web.storefront.showing import lead_to, personal_page
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.visitors import visitor_of

_LONGEST_CODE = 200


@get("/account/sign-in", include_in_schema=False)
async def show_sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Two forms: for who has an account, and for who wants one."""
    site = await site_of(request)
    back = own_path(request.query_params.get("back", ""), site.path("/account"))
    if await person_of(request) is not None:
        return lead_to(back)
    return await doors(request, site, back=back)


@post("/account/sign-in", include_in_schema=False, guards=[own_pages_only])
async def sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Open a session; what lies in the cart comes along."""
    site, form = await site_of(request), await read_form(request)
    back = own_path(form["back"], site.path("/account"))
    app = shop(request)
    try:
        session = await customers.sign_in(
            app.db,
            app.passwords,
            email=form["email"][:254],
            password=form["password"][:1000],
            user_agent=request.headers.get("user-agent", ""),
        )
    except ArgosyError as refusal:
        return await doors(request, site, back=back, form=form, refusal=refusal)
    return await arrive(request, site, session, back)


@post("/account/register", include_in_schema=False, guards=[own_pages_only])
async def register(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Wish for an account. The answer is the same if there is one already."""
    site, form = await site_of(request), await read_form(request)
    app = shop(request)
    wish = customers.Register(
        email=form["email"][:254],
        password=form["password"][:1000],
        name=form["name"][:120],
        locale=site.locale,
    )
    try:
        await customers.register(app.db, app.passwords, wish)
    except ArgosyError as refusal:
        return await doors(request, site, form=form, refusal=refusal, door="register")
    return await doors(request, site, form=Form({"email": form["email"]}), said="registered")


@post("/account/sign-out", include_in_schema=False, guards=[own_pages_only])
async def sign_out(request: Request[Any, Any, Any]) -> Response[bytes]:
    """End this session."""
    site, person = await site_of(request), await person_of(request)
    if person is not None:
        app = shop(request)
        async with app.db.transaction() as tx:
            await customers.sign_out(tx, person)
        app.cache.forget(customers.SESSIONS_TOPIC, str(person.customer_id))
    return lead_to(site.path("/"), cookies=[session_cookie(request, "")])


@get("/account/forgot", include_in_schema=False)
async def show_forgot(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Ask for a mail with which a new password can be set."""
    return await _page(request, await site_of(request), "forgot", {"sent": False, "refusal": None})


@post("/account/forgot", include_in_schema=False, guards=[own_pages_only])
async def ask_reset(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Send that mail, if there is an account; the answer is the same if not."""
    site, form = await site_of(request), await read_form(request)
    try:
        await customers.ask_reset(shop(request).db, form["email"][:254])
    except ArgosyError as refusal:
        return await _page(request, site, "forgot", {"sent": False, "refusal": refusal})
    return await _page(request, site, "forgot", {"sent": True, "refusal": None})


@get("/account/reset", include_in_schema=False)
async def show_reset(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Set a new password with the code of the mail."""
    code = request.query_params.get("code", "")[:_LONGEST_CODE]
    values = {"code": code, "refusal": None}
    return await _page(request, await site_of(request), "reset", values)


@post("/account/reset", include_in_schema=False, guards=[own_pages_only])
async def reset(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The new password holds, all sessions end; sign in with it."""
    site, form = await site_of(request), await read_form(request)
    app = shop(request)
    code = form["code"][:_LONGEST_CODE]
    try:
        await customers.reset_password(
            app.db,
            app.passwords,
            secret_key=app.settings.secret_key.get_secret_value(),
            text=code,
            new=form["password"][:1000],
        )
    except ArgosyError as refusal:
        return await _page(request, site, "reset", {"code": code, "refusal": refusal})
    return await doors(request, site, said="reset")


@get("/account/confirm", include_in_schema=False)
async def show_confirm(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A link in a mail leads here; a click confirms, so that a mail scanner does not."""
    code = request.query_params.get("code", "")[:_LONGEST_CODE]
    values = {"code": code, "done": False, "refusal": None}
    return await _page(request, await site_of(request), "confirm", values)


@post("/account/confirm", include_in_schema=False, guards=[own_pages_only])
async def confirm(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Verify an address, change to it, or take a change back: as the mail said."""
    site, form = await site_of(request), await read_form(request)
    app, code = shop(request), form["code"][:_LONGEST_CODE]
    secret = app.settings.secret_key.get_secret_value()
    refusal: ArgosyError | None = None
    try:
        async with app.db.transaction() as tx:
            await customers.confirm_email(tx, secret_key=secret, text=code)
    except ArgosyError as error:
        refusal = error
    values = {"code": code, "done": refusal is None, "refusal": refusal}
    return await _page(request, site, "confirm", values)


async def doors(
    request: Request[Any, Any, Any],
    site: Site,
    *,
    back: str = "",
    form: Form | None = None,
    refusal: ArgosyError | None = None,
    door: str = "sign_in",
    said: str = "",
) -> Response[bytes]:
    """All ways in; `refusal` is shown at the `door` that did not open."""
    values = {
        "back": back or site.path("/account"),
        "form": form or Form(),
        "refusal": refusal,
        "door": door,
        "said": said,
        "passkeys": offered(request),
    }
    return await _page(request, site, "sign_in", values)


async def _page(
    request: Request[Any, Any, Any], site: Site, name: str, values: dict[str, Any]
) -> Response[bytes]:
    refusal = values["refusal"]
    answer = await personal_page(
        request,
        site,
        f"storefront/account/{name}.html",
        values,
        visitor=visitor_of(request, site),
        status=200 if refusal is None else refusal.http_status,
    )
    # Codes of mails stand in addresses: they must not be told to where a link leads.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


ROUTES: list[HTTPRouteHandler] = [
    show_sign_in,
    sign_in,
    register,
    sign_out,
    show_forgot,
    ask_reset,
    show_reset,
    reset,
    show_confirm,
    confirm,
]
