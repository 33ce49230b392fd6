"""Which shop window a request looks into: that of everybody, or the one of the shopper's audience;
in the language that it asks for.

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
from argosy.web.languages import asked_for, negotiated, offered
from argosy.workflows.app import App
from argosy.workflows.shop_rules import ShopRules, rules_for
from argosy.workflows.windows import in_language

WINDOWS_TOPIC = "windows"

Overlay = Callable[[App, ShopRules, UUID, bytes], Awaitable[bytes]]
"""What puts a customer's own prices into an encoded answer of a window."""


class ShownWindow(NamedTuple):
    """A channel as the request may see it: `shown` has the id and the language of the window.

    `own`: by which rules the shopper has other prices than everybody. `private`: not for caches on
    the way. `offered`: the languages of which it was chosen by `Accept-Language`; none where the
    request names one, or there is but one. `kept_as`: the id under which its answers are kept.
    """

    channel: Channel
    shown: Channel
    own: ShopRules | None = None
    private: bool = False
    offered: tuple[str, ...] = ()
    kept_as: UUID | None = None

    @property
    def key_id(self) -> UUID:
        """The id under which answers of the window are kept: see `web/kept.py`."""
        return self.kept_as or self.shown.id

    @property
    def language(self) -> str | None:
        """What `Content-Language` says; None in a channel of one language."""
        return self.shown.locale if self.channel.shown_locales else None

    @property
    def headers(self) -> dict[str, str]:
        """What tells caches and readers of the language."""
        vary = "X-Publishable-Key, Authorization"
        if self.language is None:
            return {"Vary": vary}
        told = f"{vary}, Accept-Language" if self.offered else vary
        return {"Vary": told, "Content-Language": self.language}

    async def answer(self, app: App, body: bytes, overlay: Overlay | None) -> Response[bytes]:
        """The prepared answer of the window for this shopper alone."""
        if self.own is not None and overlay is not None:
            body = await overlay(app, self.own, self.shown.id, body)
        headers = {"Cache-Control": "private, no-store", **self.headers}
        return Response(body, media_type="application/json", headers=headers)


async def window_of(request: Request[Any, Any, Any]) -> ShownWindow:
    """The window that this request looks into; no statement while the rules are kept.

    Raises what `channel_context` raises; LocaleNotOffered; SessionEnded for an old token, where it
    matters.
    """
    channel = await channel_context(request)
    window = await _audience_window(request, channel)
    if not channel.shown_locales and "locale" not in request.query_params:
        return window
    return _in_language(request, window)


def _in_language(request: Request[Any, Any, Any], window: ShownWindow) -> ShownWindow:
    channel = window.channel
    locale, choice = asked_for(request, channel), tuple[str, ...]()
    if locale is None:
        choice = offered(channel)
        locale = negotiated(request.headers.get("accept-language", ""), choice)
    return _shown_in(window, locale, choice)


def _shown_in(window: ShownWindow, locale: str, choice: tuple[str, ...]) -> ShownWindow:
    base_id = window.shown.id
    language = None if locale == window.channel.locale else locale
    shown = msgspec.structs.replace(window.shown, id=in_language(base_id, language), locale=locale)
    # A query that names the language tells the answers of a channel apart by itself.
    return window._replace(shown=shown, offered=choice, kept_as=None if choice else base_id)


def windows_for_all(channel: Channel) -> list[ShownWindow]:
    """What a request may see that names neither a shopper nor a language: one window, or one for
    each language that it may prefer.
    """
    if not channel.shown_locales:
        return [ShownWindow(channel, channel)]
    choice = offered(channel)
    window = ShownWindow(channel, channel)
    return [_shown_in(window, locale, choice) for locale in choice]


async def _audience_window(request: Request[Any, Any, Any], channel: Channel) -> ShownWindow:
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
