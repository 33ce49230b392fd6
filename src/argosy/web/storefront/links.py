"""Signing in by a link in a mail.

The link leads to a page with a button, and the button signs in: what only opens links (a mail
scanner, a preview) uses nothing up. The page's address holds the secret, so it tells no other site
where it was (`Referrer-Policy`), and nobody keeps it.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.modules import customers
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.storefront.arriving import arrive
from argosy.web.storefront.showing import personal_page
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.visitors import visitor_of

_LONGEST_CODE = 200


@get("/account/link", include_in_schema=False)
async def show_link(request: Request[Any, Any, Any]) -> Response[bytes]:
    """With the code of a mail: the button that signs in. Without: ask for such a mail."""
    site = await site_of(request)
    code = request.query_params.get("code", "")[:_LONGEST_CODE]
    return await _page(request, site, {"code": code})


@post("/account/link", include_in_schema=False, guards=[own_pages_only])
async def use_link(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Sign in with the code of the mail, or send such a mail; its answer is always the same."""
    site, form, app = await site_of(request), await read_form(request), shop(request)
    code = form["code"][:_LONGEST_CODE]
    try:
        if code:
            session = await customers.sign_in_by_link(
                app.db,
                secret_key=app.settings.secret_key.get_secret_value(),
                text=code,
                user_agent=request.headers.get("user-agent", ""),
            )
            app.cache.forget(customers.SESSIONS_TOPIC, str(session.customer.id))
            return await arrive(request, site, session, site.path("/account"))
        await customers.ask_sign_in_link(app.db, form["email"][:254])
    except ArgosyError as refusal:
        # A used link is not offered again: the form for another one is.
        return await _page(request, site, {"form": form, "refusal": refusal})
    return await _page(request, site, {"sent": True})


async def _page(
    request: Request[Any, Any, Any], site: Site, values: dict[str, Any]
) -> Response[bytes]:
    shown: dict[str, Any] = {"code": "", "sent": False, "refusal": None, "form": Form()} | values
    refusal: ArgosyError | None = shown["refusal"]
    answer = await personal_page(
        request,
        site,
        "storefront/account/link.html",
        shown,
        visitor=visitor_of(request, site),
        status=200 if refusal is None else refusal.http_status,
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


ROUTES: list[HTTPRouteHandler] = [show_link, use_link]
