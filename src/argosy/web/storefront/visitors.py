"""What a browser remembers of a shop: its cart, how many pieces are in it, light or dark.

A cart's id opens the cart, so scripts cannot read its cookie. Each channel has cookies of its own:
their path is that of its pages, in all its languages, and their names hold its code. The number of
pieces is shown by every page without asking the database; it is corrected whenever the cart itself
is shown.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import Cookie

from argosy.kernel.ids import MalformedId, decode, encode
from argosy.web.pages.forms import whole_number
from argosy.web.pages.guarding import is_secure
from argosy.web.storefront.sites import Site

_CART_DAYS = 30
_MOST_PIECES = 999_999


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks at a page. `cart_id` is what the browser says: it may not exist any more."""

    cart_id: UUID | None
    pieces: int


def visitor_of(request: Request[Any, Any, Any], site: Site) -> Visitor:
    """The visitor by the cookies of this request."""
    return visitor_by(request.cookies, site.channel.code)


def visitor_by(cookies: Mapping[str, str], code: str) -> Visitor:
    """The visitor of the channel `code` by their cookies."""
    name, count = _names(code)
    cart = None
    try:
        cart = decode("cart", cookies[name], field=name)
    except (KeyError, MalformedId):
        return Visitor(cart_id=None, pieces=0)
    pieces = whole_number(cookies.get(count, ""), least=0, most=_MOST_PIECES)
    return Visitor(cart_id=cart, pieces=pieces or 0)


def cart_cookies(
    request: Request[Any, Any, Any], site: Site, cart_id: UUID, pieces: int
) -> list[Cookie]:
    """What makes the browser remember this cart."""
    values = encode("cart", cart_id), str(pieces)
    return [
        _cookie(request, site, name, value, max_age=_CART_DAYS * 86_400)
        for name, value in zip(_names(site.channel.code), values, strict=True)
    ]


def no_cart_cookies(request: Request[Any, Any, Any], site: Site) -> list[Cookie]:
    """What makes the browser forget its cart."""
    return [_cookie(request, site, name, "", max_age=0) for name in _names(site.channel.code)]


def _names(code: str) -> tuple[str, str]:
    return f"argosy_cart_{code}", f"argosy_pieces_{code}"


def _cookie(
    request: Request[Any, Any, Any], site: Site, name: str, value: str, *, max_age: int
) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path=site.home or "/",
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
