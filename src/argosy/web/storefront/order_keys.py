"""Digital goods on the pages of the shop: asked for at the checkout or with the order, and shown.

The words that a buyer agrees to are of this file, never of a form: they are kept as the proof that
the right to withdraw was given up knowingly (Directive 2011/83/EU, Article 16 (m)).
"""

from typing import Any
from uuid import UUID

from litestar import Request

from argosy.kernel.ids import encode
from argosy.modules import licences
from argosy.runtime.db import Tx
from argosy.web.auth import shop
from argosy.web.pages.forms import Form
from argosy.web.pages.wording import words
from argosy.web.storefront.baskets import Seen
from argosy.web.storefront.sites import Site
from argosy.workflows import downloading, licensing

AnyRequest = Request[Any, Any, Any]

AT_ONCE = "keys_at_once"


async def asked_of(request: AnyRequest, site: Site, seen: Seen) -> str:
    """What the buyer of this cart may agree to at the checkout; empty if nothing is asked. No
    statement for carts of goods that are shipped.
    """
    goods = seen.basket.goods
    digital = [
        line.variant_id
        for line in seen.cart.lines
        if line.variant_id in goods and not goods[line.variant_id].requires_shipping
    ]
    if not digital:
        return ""
    async with shop(request).db.reading() as tx:
        asks = await licensing.asks_consent(tx, digital)
        return consent_words(site) if asks or await downloading.asks_consent(tx, digital) else ""


async def asked_at_checkout(request: AnyRequest, site: Site, seen: Seen) -> dict[str, Any]:
    """What the checkout shows of this: whether anything is shipped, and what may be agreed to."""
    consent = await asked_of(request, site, seen)
    return {"ships": seen.basket.needs_shipping, "consent": consent}


async def note_choice(request: AnyRequest, site: Site, seen: Seen, form: Form) -> None:
    """Before the cart is bought: keep whether its digital goods are wanted at once. The order has
    the id of the cart.
    """
    asked = await asked_of(request, site, seen)
    if not asked:
        return
    async with shop(request).db.transaction() as tx:
        await _note(tx, seen.cart.id, asked if form[AT_ONCE] == "yes" else "")


async def _note(tx: Tx, order_id: UUID, agreed: str) -> None:
    if agreed:
        await licences.agree(tx, order_id, agreed)
    else:
        await licences.disagree(tx, order_id)


async def keys_shown(request: AnyRequest, site: Site, order_id: UUID) -> dict[str, Any]:
    """What the page of an order shows of its keys and downloads."""
    async with shop(request).db.reading() as tx:
        held = await licensing.licences_of(tx, shop(request).settings, order_id)
        files = await downloading.downloads_of(tx, order_id)
    by_line: dict[str, list[licensing.ShownKey]] = {}
    for key in held.keys:
        by_line.setdefault(encode("order_line", key.line_id), []).append(key)
    return {
        "licences": held,
        "keys": by_line,
        "downloads": {encode("order_line", one.line_id): one for one in files if not one.ended},
        "file_id": file_id,
        "asks_consent": held.asks_consent or any(one.awaits_consent for one in files),
        "consent": consent_words(site),
    }


def file_id(found: UUID) -> str:
    """A file of a download as forms name it."""
    return encode("download_file", found)


def consent_words(site: Site) -> str:
    """What a buyer agrees to, in the language of the page."""
    return words(site.language).gettext(
        "I want the digital goods at once, before the time to withdraw is over, and I know that I "
        "lose my right to withdraw by that."
    )
