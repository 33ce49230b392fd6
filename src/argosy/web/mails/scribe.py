"""Finds the words of mails: templates in the reader's language, as HTML and as plain text."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules.quote import QuoteShipping, TaxTotal
from argosy.runtime.settings import Settings
from argosy.web.mails.plain import subject_and_text
from argosy.web.order_views import ShopperOrderView
from argosy.web.pages.templating import render
from argosy.web.pages.wording import locale_of
from argosy.web.storefront.sites import site_for
from argosy.workflows.letters import OrderLetter, Written


class PageScribe:
    """The scribe of the shop's templates: `mails/order_confirmed.html`, ..., `mails/account/`."""

    def __init__(self, settings: Settings) -> None:
        self._theme = settings.theme
        self._address = settings.public_url.rstrip("/")
        self._first = settings.shop_channel

    def of_order(self, letter: OrderLetter) -> Written:
        """The mail about an order. Amounts are the order's own, in the reader's way of writing."""
        order = letter.order
        frozen = order.quote
        shipping = frozen.get("shipping")
        values: dict[str, Any] = {
            "kind": letter.kind,
            "order": ShopperOrderView.of(order, []),
            "channel": letter.channel,
            "zone": letter.channel.time_zone,
            "texts": letter.texts,
            "refunded": letter.refunded,
            "consented_at": letter.consented_at,
            "refunded_in_all": Money(order.refunded_minor, order.currency),
            "captured": Money(order.captured_minor, order.currency),
            "waiting_for": order.waiting_for,
            "order_url": self._order_url(letter),
            "cart_url": self._url(letter, "/cart"),
            "photograph": self._photograph,
            "tax_inclusive": bool(frozen.get("tax_inclusive")),
            "taxes": msgspec.convert(frozen.get("taxes", []), tuple[TaxTotal, ...]),
            "relief": msgspec.convert(frozen.get("tax_relief"), Money | None),
            "shipping": None if shipping is None else msgspec.convert(shipping, QuoteShipping),
        }
        return self._written(f"mails/{letter.kind}.html", letter.locale, values)

    def of_account(self, name: str, locale: str, values: Mapping[str, Any]) -> Written:
        """The mail about an account that the template `mails/account/<name>.html` says."""
        return self._written(f"mails/account/{name}.html", locale or "en", values)

    def _written(self, template: str, locale: str, values: Mapping[str, Any]) -> Written:
        frame = {
            "language": locale,
            "direction": str(locale_of(locale).text_direction),
            "address": self._address,
        }
        html = render(self._theme, locale, template, {**frame, **values})
        subject, text = subject_and_text(html)
        return Written(subject=subject, html=html, text=text)

    def _order_url(self, letter: OrderLetter) -> str:
        asked = f"?{urlencode({'token': letter.token})}" if letter.token else ""
        url = self._url(letter, f"/orders/{encode('order', letter.order.id)}")
        return url and url + asked

    def _url(self, letter: OrderLetter, path: str) -> str:
        """A page of the shop; empty while the channel is closed and has none."""
        site = site_for(letter.channels, self._first, letter.channel.id, letter.locale)
        return "" if site is None else self._address + site.path(path)

    def _photograph(self, key: str) -> str:
        return f"{self._address}/media/{quote(key)}/thumbnail"
