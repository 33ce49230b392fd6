"""Who is signed in on the pages: a session of the account, kept in a cookie that no script reads.

The session is the one of the API (30 days, 14 idle, ended by a change of password); it holds for
all shops of the same address. Signing in makes a new one each time, so that nobody can be given one
beforehand.
"""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import Cookie

from argosy.kernel.errors import Unauthenticated
from argosy.modules.customers import Identity
from argosy.web.auth import identity_of
from argosy.web.pages.guarding import is_secure
from argosy.web.storefront.sites import Site
from argosy.workflows.cart_desk import Seller

SESSION = "argosy_session"
_DAYS = 30
_LONGEST = 500


async def person_of(request: Request[Any, Any, Any]) -> Identity | None:
    """The signed-in customer; None for a guest, and for a session that has ended."""
    token = request.cookies.get(SESSION, "")
    if not token or len(token) > _LONGEST:
        return None
    try:
        return await identity_of(request, token)
    except Unauthenticated:
        return None


async def seller_of(request: Request[Any, Any, Any], site: Site) -> Seller:
    """Who sells to whom: the customer's own prices, taxes and cart are theirs alone."""
    person = await person_of(request)
    return Seller(site.channel, None if person is None else person.customer_id, site.locale)


def session_cookie(request: Request[Any, Any, Any], token: str) -> Cookie:
    """What makes the browser remember the session; an empty token makes it forget."""
    return Cookie(
        key=SESSION,
        value=token,
        path="/",
        max_age=_DAYS * 86_400 if token else 0,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )


def to_sign_in(request: Request[Any, Any, Any], site: Site) -> Response[bytes]:
    """Sign in first, then come back to this page."""
    back = quote(site.path(request.scope["path"]), safe="")
    headers = {
        "Location": site.path(f"/account/sign-in?back={back}"),
        "Cache-Control": "no-store",
    }
    return Response(b"", status_code=303, headers=headers)
