"""Who may send a form, and where an answer may lead to.

A browser tells by `Sec-Fetch-Site` whether the page that sends a form is ours; every browser since
2023 does. Older ones send `Origin`, which must be our own. What sends neither is no browser, holds
none of its cookies, and is let through. So no token has to stand in a form, and a page can be kept
for everybody. (OWASP, Cross-Site Request Forgery Prevention, "Fetch Metadata headers".)
"""

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from argosy.kernel.errors import Refused


class ForeignForm(Refused):
    """The form was sent by a page of another site, or by a browser that does not say by which.

    Open the page of the shop itself and send its form again.
    """

    code = "request.foreign_form"
    usual_cure = "Open the page of this shop, and send the form from there."


def own_pages_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard for handlers of forms. Raises ForeignForm."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        if site in {"same-origin", "none"}:
            return
        raise ForeignForm("This form was sent by a page of another site.")
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != connection.headers.get("host"):
        raise ForeignForm("This form was sent by a page of another site.")


def own_path(text: str, otherwise: str) -> str:
    """`text` if it is a path of this very site, else `otherwise`: nobody is led elsewhere."""
    parts = urlsplit(text)
    unsafe = parts.scheme or parts.netloc or text.startswith("//") or "\\" in text
    if unsafe or not text.startswith("/") or any(ord(c) < 33 for c in text):
        return otherwise
    return text


def is_secure(request: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether cookies can be bound to TLS: the shop's public address says so."""
    return str(request.app.state.shop.settings.public_url).startswith("https://")
