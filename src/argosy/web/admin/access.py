"""Who is at the pages of the back office: a staff session in a cookie that no script can read.

The session is the one of the API (12 hours, 2 idle; `modules/staff`), under another key: the cookie
opens pages only, never `/admin/v1`, so a form of another site cannot reach the API with it. Where
the shop has TLS the cookie is bound to host and TLS by its name (`__Host-`, RFC 6265bis 4.1.3.2).
"""

from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from argosy.kernel.errors import Unauthenticated
from argosy.modules import staff
from argosy.modules.staff import Actor
from argosy.web.auth import Guard, request_id, shop
from argosy.web.pages.guarding import is_secure

Connection = ASGIConnection[Any, Any, Any, Any]

SESSION = "argosy_staff"
HOME = "/admin"
SIGN_IN = "/admin/sign-in"
SECOND_STEP = "/admin/sign-in/code"
PROOF = "/admin/me/proof"
TICKET = "argosy_ticket"
TICKET_S = 300
_HOURS = 12
_LONGEST = 200


def may(scope: str) -> Guard:
    """A guard for pages: lets in whoever is signed in and may do `scope` (`orders:write`).

    Raises Unauthenticated, SessionEnded (the failure page leads to the sign-in), Forbidden.
    """
    assert scope in staff.SCOPES, f"{scope!r} is not a scope"

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        staff.check_allowed(await person_of(connection), scope)

    guard.scope = scope  # type: ignore[attr-defined]  # tests read which pages are guarded by what
    return guard


async def staff_only(connection: Connection, _handler: BaseRouteHandler) -> None:
    """A guard for pages that everybody of the staff may see."""
    await person_of(connection)


async def person_of(connection: Connection) -> Actor:
    """Who is signed in, found in one statement. Raises Unauthenticated, SessionEnded."""
    token = token_of(connection)
    if not token:
        raise Unauthenticated("Sign in first.", cure="Sign in with your e-mail and password.")
    async with shop(connection).db.reading() as tx:
        found = await staff.actor_by_session(tx, token)
    found = msgspec.structs.replace(found, request_id=request_id(connection))
    connection.state.actor = found
    return found


def token_of(connection: Connection) -> str:
    """The session's token that the browser sent; empty without one."""
    token = connection.cookies.get(_name(connection, SESSION), "")
    return token if len(token) <= _LONGEST else ""


def session_cookie(connection: Connection, token: str) -> Cookie:
    """What makes the browser remember the session; an empty token makes it forget."""
    return own_cookie(connection, SESSION, token, seconds=_HOURS * 3600)


def own_cookie(connection: Connection, name: str, value: str, *, seconds: int) -> Cookie:
    """A cookie of the back office that scripts cannot read; an empty value deletes it."""
    return Cookie(
        key=_name(connection, name),
        value=value,
        path="/",
        max_age=seconds if value else 0,
        httponly=True,
        samesite="lax",
        secure=is_secure(connection),
    )


def cookie_of(connection: Connection, name: str) -> str:
    """The value of such a cookie; empty without one."""
    return connection.cookies.get(_name(connection, name), "")


def _name(connection: Connection, name: str) -> str:
    return f"__Host-{name}" if is_secure(connection) else name
