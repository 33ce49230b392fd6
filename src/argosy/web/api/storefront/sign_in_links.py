"""Signing in by a link in a mail."""

from typing import Any

import msgspec
from litestar import Request, post

from argosy.kernel.email import EmailInvalid
from argosy.modules import customers
from argosy.runtime.attempts import TooManyTries
from argosy.web.api.storefront.accounts import Accepted, EmailText, MailedText, SessionView
from argosy.web.auth import PUBLISHABLE, requires_channel, shop


class AskLinkBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address to send a link to."""

    email: EmailText


class UseLinkBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text from the mail."""

    token: MailedText


@post(
    "/v1/sign-in-links",
    status_code=202,
    tags=["Accounts"],
    security=PUBLISHABLE,
    guards=[requires_channel],
    problems=[EmailInvalid, TooManyTries],
)
async def ask_sign_in_link(request: Request[Any, Any, Any], data: AskLinkBody) -> Accepted:
    """Ask for a mail with a link that signs in: once, within fifteen minutes. The answer is always
    the same.
    """
    await customers.ask_sign_in_link(shop(request).db, data.email)
    return Accepted()


@post(
    "/v1/sign-in-links/complete",
    tags=["Accounts"],
    security=PUBLISHABLE,
    guards=[requires_channel],
    problems=[customers.ProofInvalid],
)
async def sign_in_by_link(request: Request[Any, Any, Any], data: UseLinkBody) -> SessionView:
    """Sign in with the text from the mail. Let a person press a button first: mail scanners open
    links, and what is sent here is used up.
    """
    app = shop(request)
    session = await customers.sign_in_by_link(
        app.db,
        secret_key=app.settings.secret_key.get_secret_value(),
        text=data.token,
        user_agent=request.headers.get("user-agent", ""),
    )
    app.cache.forget(customers.SESSIONS_TOPIC, str(session.customer.id))
    return SessionView.of(session)


ROUTES = [ask_sign_in_link, sign_in_by_link]
