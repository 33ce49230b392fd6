"""What follows a sign-in on the pages, by whichever door: the session's cookie, and the cart."""

import contextlib
from typing import Any

from litestar import Request, Response

from argosy.kernel.errors import Conflict, NotFound
from argosy.modules.customers import SignedIn
from argosy.web.auth import shop
from argosy.web.storefront.people import session_cookie
from argosy.web.storefront.showing import lead_to
from argosy.web.storefront.sites import Site
from argosy.web.storefront.visitors import cart_cookies, visitor_of
from argosy.workflows import carting
from argosy.workflows.cart_desk import Seller


async def arrive(
    request: Request[Any, Any, Any], site: Site, session: SignedIn, back: str
) -> Response[bytes]:
    """Remember the session in this browser and go on to `back`; what lies in the cart comes along.

    The session's token is always a new one, whatever the browser held before (no fixation).
    """
    cookies = [session_cookie(request, session.token)]
    cart_id = visitor_of(request, site).cart_id
    if cart_id is not None:
        who = Seller(site.channel, session.customer.id, site.locale)
        # A cart that is gone or being paid for stays what it is.
        with contextlib.suppress(NotFound, Conflict):
            cart, _, _ = await carting.claim_cart(shop(request), who, cart_id)
            pieces = sum(line.quantity for line in cart.lines)
            cookies += cart_cookies(request, site, cart.id, pieces)
    return lead_to(back, cookies=cookies)
