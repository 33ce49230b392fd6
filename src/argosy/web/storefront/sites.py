"""Which shop a page belongs to: a channel and a language, named in the path.

The shop that opens at `/` is the channel of ARGOSY_SHOP_CHANNEL, or the first one by its code.
Every other active channel is at `/@<code>/`, so that each page of each has one address of its own.
The application takes the name off the path (`site_paths.py`), and handlers see the same paths for
all of them.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request

from argosy.kernel.errors import NotFound
from argosy.modules import channels
from argosy.modules.channels import CHANNELS_TOPIC, Channel
from argosy.runtime.cache import Fill
from argosy.web.auth import shop
from argosy.web.pages.wording import locale_of
from argosy.web.site_paths import SITE
from argosy.workflows.app import App

_KEPT = "storefront sites"


class ShopUnknown(NotFound):
    """There is no shop with this name, or it is closed. The address of a shop that is not the first
    one begins with `/@` and the code of its channel.
    """

    code = "storefront.shop_unknown"
    usual_cure = (
        "Take the address from the shop's own links; `GET /admin/v1/channels` lists the codes."
    )


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as its shoppers see it. `prefix` stands before each of its paths. `window_id` is
    the window of an audience, where the visitor belongs to one.
    """

    channel: Channel
    locale: str
    prefix: str
    window_id: UUID | None = None

    @property
    def shown_id(self) -> UUID:
        """The window that is looked into: the channel's own, or that of an audience."""
        return self.window_id or self.channel.id

    @property
    def language(self) -> str:
        """The language alone: `de` of `de-AT`."""
        return self.locale.partition("-")[0].lower()

    @property
    def direction(self) -> str:
        """`rtl` for languages that are written so, else `ltr`."""
        return str(locale_of(self.locale).text_direction)

    def path(self, path: str) -> str:
        """`path` (that begins with a slash) on this site."""
        return self.prefix + path


async def site_of(request: Request[Any, Any, Any]) -> Site:
    """The site of this request; no statement while it is kept. Raises ShopUnknown."""
    found = named(await sites(shop(request)), request.scope.get(SITE))
    if found is None:
        raise ShopUnknown("There is no shop at this address.")
    return found


def named(found: Sequence[Site], name: object) -> Site | None:
    """The site with this name; without a name, the first one."""
    return next((site for site in found if name is None or name == site.channel.code), None)


def kept_sites(app: App) -> tuple[Site, ...]:
    """The sites as far as they are kept in the process; nothing is asked of the database."""
    return app.cache.peek(_KEPT) or ()


async def sites(app: App) -> tuple[Site, ...]:
    """All sites, the one that opens at `/` first."""

    async def load() -> Fill[tuple[Site, ...]]:
        async with app.db.reading() as tx:
            found = await channels.list_channels(tx)
        made = _made([channel for channel in found if channel.active], app.settings.shop_channel)
        return Fill(made, topics={CHANNELS_TOPIC}, size=500 * len(made))

    return await app.cache.get(_KEPT, load)


def _made(active: list[Channel], first: str) -> tuple[Site, ...]:
    ordered = sorted(active, key=lambda channel: (channel.code != first, channel.code))
    return tuple(
        Site(
            channel=channel,
            locale=channel.locale,
            prefix="" if at == 0 else f"/@{channel.code}",
        )
        for at, channel in enumerate(ordered)
    )
