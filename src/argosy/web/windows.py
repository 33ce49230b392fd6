"""Which shop window a request looks into: that of everybody, or the one of the shopper's audience.

What everybody sees is kept and may be kept by caches on the way. What only some see is prepared
under its audience's own id, and answered `private, no-store` (DOMAIN.md C10). A channel that shows
the same to everybody asks nothing more of a request than its key.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, Response

from argosy.modules.channels import Channel
from argosy.web.auth import channel_context, shop, shopper
from argosy.workflows.app import App
from argosy.workflows.shop_rules import ShopRules, rules_for

WINDOWS_TOPIC = "windows"
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "X-Publishable-Key, Authorization"}

Overlay = Callable[[App, ShopRules, UUID, bytes], Awaitable[bytes]]
"""What puts a customer's own prices into an encoded answer of a window."""


class ShownWindow(NamedTuple):
    """A channel as the request may see it: `shown` has the id of the window. `own`: by which rules
    the shopper has other prices than everybody. `private`: not for caches on the way.
    """

    channel: Channel
    shown: Channel
    own: ShopRules | None = None
    private: bool = False

    async def answer(self, app: App, body: bytes, overlay: Overlay | None) -> Response[bytes]:
        """The prepared answer of the window for this shopper alone."""
        if self.own is not None and overlay is not None:
            body = await overlay(app, self.own, self.shown.id, body)
        return Response(body, media_type="application/json", headers=PRIVATE)


async def window_of(request: Request[Any, Any, Any]) -> ShownWindow:
    """The window that this request looks into; no statement while the rules are kept.

    Raises what `channel_context` raises; SessionEnded for an old token, where it matters.
    """
    channel = await channel_context(request)
    if "authorization" not in request.headers:
        return ShownWindow(channel, channel)
    app = shop(request)
    rules = await rules_for(app, channel.id)
    if not rules.differs:
        return ShownWindow(channel, channel)
    mine = await rules_for(app, channel.id, (await shopper(request)).customer_id)
    shown = channel
    if mine.audience is not None and mine.audience.ready:
        shown = msgspec.structs.replace(channel, id=mine.audience.id)
    own = mine if mine.book is not rules.book else None
    return ShownWindow(channel, shown, own, private=True)


async def differs(request: Request[Any, Any, Any], channel: Channel) -> bool:
    """Whether the channel shows some shoppers something else than everybody."""
    return (await rules_for(shop(request), channel.id)).differs
