"""Where the buyer of digital goods is, and what says so (DOMAIN.md B19). Pure.

EU regulation 282/2011, article 24b: two items of evidence that do not contradict each other, such
as the billing address, the country of the IP address, and the country of the tax id. Nobody is
stopped from buying by this: the order keeps what there was, and says whether it is enough.
"""

from __future__ import annotations

import msgspec

from argosy.modules.cart import Cart
from argosy.modules.quote import EvidenceItem, LocationEvidence, Quote
from argosy.workflows.baskets import Basket


def with_location(basket: Basket, cart: Cart, ip_country: str) -> Quote:
    """The quote with the evidence of where the buyer is, if nothing of it ships.

    Goods that ship are taxed where they go: nothing else has to be shown for them.
    """
    quote = basket.quote
    if basket.needs_shipping or quote.destination is None:
        return quote
    found = []
    if cart.billing_address is not None:
        found.append(EvidenceItem(source="billing_address", country=cart.billing_address.country))
    if ip_country:
        found.append(EvidenceItem(source="ip_address", country=ip_country))
    if cart.tax_id is not None and cart.tax_id.country:
        found.append(EvidenceItem(source="tax_id", country=cart.tax_id.country))
    evidence = LocationEvidence(
        country=quote.destination.country,
        items=tuple(found),
        standing=standing(quote.destination.country, found),
    )
    return msgspec.structs.replace(quote, location=evidence)


def standing(country: str, items: list[EvidenceItem]) -> str:
    """Whether two items say the country that was taxed: "sufficient"; "contradictory" when less do
    and one says another; else "single", or "none".
    """
    if not items:
        return "none"
    agree = sum(1 for item in items if item.country == country)
    if agree >= 2:
        return "sufficient"
    return "contradictory" if agree < len(items) else "single"
