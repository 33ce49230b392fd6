"""Tax ids of buyers: checked by structure, asked for at their register, kept as evidence (B7).

The register is asked with no transaction open and a deadline; what it says, or that it is silent,
is stored before it counts. An answer that is fresh enough for the channel is not asked for again.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules import cart as carts
from argosy.modules import tax
from argosy.runtime import metrics
from argosy.runtime.cache import Fill
from argosy.workflows.app import App
from argosy.workflows.baskets import Basket
from argosy.workflows.placement import PlaceCart, Purchase
from argosy.workflows.quoting import ShopRules, rules_for

NO_REGISTER = "no_register"


class TaxIdStale(Exception):
    """The register must be asked again before this purchase. For `placing` only."""

    def __init__(self, tax_id: TaxIdEvidence, cart_id: UUID | None) -> None:
        super().__init__()
        self.tax_id = tax_id
        self.cart_id = cart_id


class Known(NamedTuple):
    """What was found out about a buyer's taxes before a purchase begins. `tax_id` is the one that
    the request names; `renewed`: the register was asked just now, whatever it said. `degraded`:
    what a tax engine was asked about in vain.
    """

    buyer: tax.Buyer = tax.NOBODY
    tax_id: TaxIdEvidence | None = None
    renewed: bool = False
    degraded: frozenset[str] = frozenset()


NOTHING_KNOWN = Known()


async def buyer_for(app: App, rules: ShopRules, customer_id: UUID | None) -> tax.Buyer:
    """What is known of a customer that decides about taxes: no statement while it is kept, none at
    all in a shop where no buyer has a tax id or a certificate.
    """
    if customer_id is None or not rules.taxes.has_buyers:
        return tax.NOBODY

    async def load() -> Fill[tax.Buyer]:
        async with app.checkout_db.reading() as tx:
            found = await tax.buyer_of(tx, customer_id)
        return Fill(found, topics={f"{tax.BUYERS_TOPIC}:{customer_id}"})

    return await app.cache.get(("tax buyer", customer_id), load)


async def checked_tax_id(
    app: App, policy: tax.TaxPolicy, text: str, country: str = ""
) -> TaxIdEvidence:
    """The tax id in its canonical form with the best evidence there is. Raises TaxIdInvalid.

    An id that its register does not know is evidence too: `invalid`, and taxed.
    """
    tax_id = tax.read_tax_id(text, country)
    async with app.db.reading() as tx:
        known = await tax.latest_check(tx, tax_id.value)
        now = tx.now
    before = None if known is None else tax.evidence_of(known)
    if before is not None and tax.is_fresh(policy, before, now):
        return before
    return tax.renewed(policy, before, await _asked(app, policy, tax_id), now)


async def _asked(app: App, policy: tax.TaxPolicy, tax_id: tax.TaxId) -> TaxIdEvidence:
    register = app.vat_register
    if register is None or register.name != tax_id.register:
        return TaxIdEvidence(
            value=tax_id.value, country=tax_id.country, status="unverified", reason=NO_REGISTER
        )
    requester = None
    if policy.seller_tax_id:
        requester = tax.read_tax_id(policy.seller_tax_id, policy.seller_country)
        requester = requester if requester.register == register.name else None
    answer = await register.check(tax_id, requester)
    metrics.TAX_ID_CHECKS.labels(register.name, answer.status).inc()
    async with app.db.transaction() as tx:
        return await tax.keep_check(tx, tax_id, requester, answer)


async def known_of(app: App, command: PlaceCart | Purchase) -> Known:
    """What is known of whoever buys, before the purchase begins. Raises TaxIdInvalid."""
    rules = await rules_for(app, command.channel.id)
    buyer = await buyer_for(app, rules, command.customer_id)
    typed = command.tax_id if isinstance(command, Purchase) else None
    if typed is None:
        return NOTHING_KNOWN if buyer is tax.NOBODY else Known(buyer)
    found = await checked_tax_id(app, rules.taxes.policy, typed.text, typed.country)
    return Known(buyer, found, renewed=True)


def check_evidence(  # noqa: PLR0917 - all that the decision is made from
    app: App, rules: ShopRules, basket: Basket, cart: carts.Cart, known: Known, at: datetime
) -> None:
    """Raise TaxIdStale if this purchase turns on a tax id whose evidence is too old for a sale."""
    number = cart.tax_id or known.buyer.tax_id
    if number is None or known.renewed or app.vat_register is None:
        return
    place, policy = basket.quote.destination, rules.taxes.policy
    country = rules.channel.default_country if place is None else place.country
    if not tax.crosses_border(policy, number, country, ships=basket.needs_shipping):
        return
    if not tax.is_fresh(policy, number, at):
        raise TaxIdStale(number, cart.id if cart.tax_id is not None else None)


async def renew(app: App, command: PlaceCart | Purchase, stale: TaxIdStale) -> Known:
    """Ask the register again, and keep the answer where the id came from; what is known then.

    The purchase is quoted again: if tax is due now, the total has changed and the shopper is told.
    """
    rules, asked = await rules_for(app, command.channel.id), stale.tax_id
    found = await checked_tax_id(app, rules.taxes.policy, asked.value, asked.country)
    customer = command.customer_id
    async with app.checkout_db.transaction() as tx:
        if stale.cart_id is not None:
            await carts.renew_tax_id(tx, stale.cart_id, found)
        elif customer is not None:
            await tax.set_buyer_tax_id(tx, customer, found)
    buyer = tax.NOBODY
    if customer is not None:
        async with app.checkout_db.reading() as tx:
            buyer = await tax.buyer_of(tx, customer)
    return Known(buyer, found, renewed=True)
