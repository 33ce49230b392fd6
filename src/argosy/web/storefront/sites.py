"""Which shop a page belongs to: a channel and a language, named in the path.

The shop that opens at `/` is the channel of ARGOSY_SHOP_CHANNEL, or the first one by its code.
Every other active channel is at `/@<code>/`, and what a channel says in another of its languages is
below that at `~<locale>/`, so that each page of each has one address of its own. The application
takes both off the path (`site_paths.py`), and handlers see the same paths for all of them.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request

from argosy.kernel.errors import NotFound
from argosy.modules import channels
from argosy.modules.channels import CHANNELS_TOPIC, Channel
from argosy.modules.paths import Scope
from argosy.runtime.cache import Fill
from argosy.web.auth import shop
from argosy.web.pages.wording import locale_of
from argosy.web.site_paths import LANGUAGE, SITE
from argosy.workflows.app import App
from argosy.workflows.windows import in_language

SITES_KEY = "storefront sites"
"""Where a process keeps all sites."""


class ShopUnknown(NotFound):
    """There is no shop with this name, or it is closed. The address of a shop that is not the first
    one begins with `/@` and the code of its channel.
    """

    code = "storefront.shop_unknown"
    usual_cure = (
        "Take the address from the shop's own links; `GET /admin/v1/channels` lists the codes."
    )


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as its shoppers see it in one language. `prefix` stands before each of its paths,
    and `home` before those of all its languages. `window_id` is the window of an audience, where
    the visitor belongs to one.
    """

    channel: Channel
    locale: str
    prefix: str
    home: str
    window_id: UUID | None = None

    @property
    def spoken(self) -> str | None:
        """The language that its paths name; None: the channel's own."""
        return None if self.prefix == self.home else self.locale

    @property
    def shown_id(self) -> UUID:
        """The window that is looked into: the channel's own or that of an audience, in this
        language.
        """
        return in_language(self.window_id or self.channel.id, self.spoken)

    @property
    def scope(self) -> Scope:
        """Where names of things hold here."""
        return Scope(channel_id=self.channel.id, locale=self.locale)

    @property
    def language_name(self) -> str:
        """The language in its own words: `Deutsch (\u00d6sterreich)`."""
        name = locale_of(self.locale).get_display_name() or self.locale
        return name[:1].upper() + name[1:]

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
    found = named_by(request, await sites(shop(request)))
    if found is None:
        raise ShopUnknown("There is no shop at this address.")
    return found


def named_by(request: Request[Any, Any, Any], found: Sequence[Site]) -> Site | None:
    """The site that the path of the request named; without a name, the first one."""
    name, locale = request.scope.get(SITE), request.scope.get(LANGUAGE)
    return next(
        (
            site
            for site in found
            if (site.home == "" if name is None else name == site.channel.code)
            and site.spoken == locale
        ),
        None,
    )


def kept_sites(app: App) -> tuple[Site, ...]:
    """The sites as far as they are kept in the process; nothing is asked of the database."""
    return app.cache.peek(SITES_KEY) or ()


async def sites(app: App) -> tuple[Site, ...]:
    """All sites, the one that opens at `/` first."""

    async def load() -> Fill[tuple[Site, ...]]:
        async with app.db.reading() as tx:
            found = await channels.list_channels(tx)
        made = _made([channel for channel in found if channel.active], app.settings.shop_channel)
        return Fill(made, topics={CHANNELS_TOPIC}, size=500 * len(made))

    return await app.cache.get(SITES_KEY, load)


def site_for(active: Sequence[Channel], first: str, channel_id: UUID, locale: str) -> Site | None:
    """The site of an open channel in this language, else in its own; None: it is closed. `first`:
    the code of the channel that opens at `/` (ARGOSY_SHOP_CHANNEL).
    """
    found = [site for site in _made(list(active), first) if site.channel.id == channel_id]
    return next((site for site in found if site.locale == locale), found[0] if found else None)


def _made(active: list[Channel], first: str) -> tuple[Site, ...]:
    ordered = sorted(active, key=lambda channel: (channel.code != first, channel.code))
    made: list[Site] = []
    for at, channel in enumerate(ordered):
        home = "" if at == 0 else f"/@{channel.code}"
        made.append(Site(channel=channel, locale=channel.locale, prefix=home, home=home))
        made += [
            Site(channel=channel, locale=locale, prefix=f"{home}/~{locale}", home=home)
            for locale in channel.shown_locales
        ]
    return tuple(made)
