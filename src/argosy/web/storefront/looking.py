"""Into which window of the shop a visitor looks: that of everybody, or their own.

A signed-in member of an audience sees what it is shown, and customers with prices of their own see
these: on pages that are made for them and kept by nobody (DOMAIN.md C10). Who sees what everybody
sees is given the kept page.
"""

from typing import Any, NamedTuple

import msgspec
from litestar import Request

from argosy.modules.channels import Channel
from argosy.web.auth import shop
from argosy.web.storefront.people import SESSION, person_of
from argosy.web.storefront.sites import Site, site_of
from argosy.web.windows import Overlay
from argosy.workflows.shop_rules import ShopRules, rules_for


class Look(NamedTuple):
    """The site with the window that the visitor looks into. `own`: by which rules they have other
    prices than everybody; `private`: the page is theirs alone.
    """

    site: Site
    own: ShopRules | None = None

    @property
    def private(self) -> bool:
        return self.own is not None or self.site.window_id is not None

    @property
    def shown(self) -> Channel:
        """The channel by the id and in the language of the window."""
        site = self.site
        return msgspec.structs.replace(site.channel, id=site.shown_id, locale=site.locale)

    async def priced(self, request: Request[Any, Any, Any], body: bytes, overlay: Overlay) -> bytes:
        """An encoded answer of the window, with the visitor's own prices if they have any."""
        if self.own is None:
            return body
        return await overlay(shop(request), self.own, self.site.shown_id, body)


async def look_of(request: Request[Any, Any, Any]) -> Look:
    """The look of this request. No statement for guests, nor in shops that show the same to all.

    Raises ShopUnknown.
    """
    site = await site_of(request)
    if not request.cookies.get(SESSION):
        return Look(site)
    app, channel_id = shop(request), site.channel.id
    rules = await rules_for(app, channel_id)
    if not rules.differs:
        return Look(site)
    person = await person_of(request)
    if person is None:
        return Look(site)
    mine = await rules_for(app, channel_id, person.customer_id)
    if mine.audience is not None and mine.audience.ready:
        site = msgspec.structs.replace(site, window_id=mine.audience.id)
    return Look(site, mine if mine.book is not rules.book else None)
