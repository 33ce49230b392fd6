"""Taxes by an engine: asked before a quote is bound, with no transaction open (B16, B17).

    our tables --quote--> document --hash--> known answer?  yes: quoted with the engine's taxes
                                                            no: EngineWanted, asked, quoted again
    the engine is silent, or refuses: our tables, and the quote says `degraded`

An answer is remembered by the content of its document, so that looking at a cart and placing it
ask once. What the engine is to be told of afterwards is a Filing, see tax_filing.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from time import monotonic
from typing import NamedTuple

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import encode
from argosy.modules import tax
from argosy.modules.cart import Cart
from argosy.modules.quote import GivenTax, GivenTaxes, Quote, QuoteLine
from argosy.modules.tax import Assessed, EngineDocument, EngineLine, LineTax
from argosy.runtime import metrics
from argosy.workflows.app import App
from argosy.workflows.baskets import Basket, destination_of
from argosy.workflows.quoting import ShopRules, computed

SHIPPING = "shipping"
_LINE = "line:"
_CHARGE = "charge:"
_GIFT = "gift:"
_KEPT = 4_096
_KEPT_S = 3_600.0


class EngineWanted(Exception):
    """The engine's word on this document is not known. For whoever may wait for it."""

    def __init__(self, engine: str, document: EngineDocument, key: str) -> None:
        super().__init__()
        self.engine = engine
        self.document = document
        self.key = key


class Taxed(NamedTuple):
    """A basket with the taxes that count, and what the engine is to be told (None: nothing)."""

    basket: Basket
    document: EngineDocument | None = None


class EngineMemory:
    """Answers of engines by the content of their documents: bounded, for an hour."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Assessed]] = OrderedDict()

    def get(self, key: str) -> Assessed | None:
        """The answer, if it is known."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > monotonic() else None

    def keep(self, key: str, answer: Assessed) -> None:
        """Remember an answer; the oldest is forgotten when there are too many."""
        self._kept[key] = (monotonic() + _KEPT_S, answer)
        self._kept.move_to_end(key)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Ask anew about everything."""
        self._kept.clear()


def engine_taxed(  # noqa: PLR0917 - a cart, by what rules, for whom
    app: App,
    rules: ShopRules,
    cart: Cart,
    basket: Basket,
    buyer: tax.Buyer,
    degraded: frozenset[str] = frozenset(),
) -> Taxed:
    """The basket with the engine's taxes, where the channel has an engine. Nothing is awaited.

    `degraded` are the documents that it was asked about in vain: they are taxed by our tables.
    Raises EngineWanted.
    """
    policy = rules.taxes.policy
    if not policy.engine or not basket.quote.lines:
        return Taxed(basket)
    place = destination_of(cart, needs_shipping=basket.needs_shipping)
    if place is None:
        return Taxed(basket)
    document = engine_document(rules, cart, basket, place, buyer)
    key = content_key(document)
    answer = app.part(EngineMemory).get(key)
    if answer is None and key not in degraded:
        raise EngineWanted(policy.engine, document, key)
    asked = msgspec.structs.replace(
        basket.asked,
        given=None if answer is None else given_taxes(answer, basket.quote),
        tax_source="degraded" if answer is None else "engine",
    )
    return Taxed(basket._replace(quote=computed(rules, asked), asked=asked), document)


def check_small_enough(rules: ShopRules, quote: Quote) -> None:
    """Raise TaxEngineDown if so large a purchase is not to be placed by our tables (B17)."""
    limit = rules.taxes.policy.refuse_above_minor
    if quote.tax_source == "degraded" and limit is not None and quote.total.minor > limit:
        raise tax.TaxEngineDown("The taxes of this purchase cannot be told now.", retry_after=10)


async def ask_engine(app: App, wanted: EngineWanted) -> bool:
    """Ask for an estimate and remember it; False: there is none now, our tables have to do."""
    engine = app.tax_engines.get(wanted.engine)
    if engine is None:
        metrics.TAX_ENGINE_CALLS.labels(wanted.engine, "estimate", "not_set_up").inc()
        return False
    answer = await engine.estimate(wanted.document)
    metrics.TAX_ENGINE_CALLS.labels(engine.name, "estimate", word_of(answer)).inc()
    if not isinstance(answer, Assessed):
        return False
    app.part(EngineMemory).keep(wanted.key, answer)
    return True


async def shown_taxed(
    app: App, rules: ShopRules, cart: Cart, basket: Basket, buyer: tax.Buyer
) -> Basket:
    """The basket as it is shown: with the engine's taxes, or by our tables while it is silent."""
    if not rules.taxes.policy.engine:
        return basket
    try:
        return engine_taxed(app, rules, cart, basket, buyer).basket
    except EngineWanted as wanted:
        known = await ask_engine(app, wanted)
        degraded = frozenset[str]() if known else frozenset({wanted.key})
        return engine_taxed(app, rules, cart, basket, buyer, degraded).basket


def word_of(answer: object) -> str:
    """An engine's answer as a word for metrics."""
    return type(answer).__name__.removeprefix("Engine").lower()


def engine_document(
    rules: ShopRules, cart: Cart, basket: Basket, place: Address, buyer: tax.Buyer
) -> EngineDocument:
    """What the engine is told: each line after its discounts, shipping, and fees."""
    policy, quote, channel = rules.taxes.policy, basket.quote, rules.channel
    assert quote.tax_date is not None
    tax_id = cart.tax_id or buyer.tax_id
    codes = policy.engine_codes
    lines = [
        EngineLine(
            key=f"{_LINE}{position}",
            amount_minor=line.subtotal.minor - line.discount.minor,
            quantity=line.quantity,
            item=line.sku,
            description=basket.goods[line.variant_id].title,
            tax_code=codes.get(basket.goods[line.variant_id].tax_class, ""),
        )
        for position, line in enumerate(_told(quote))
    ]
    return EngineDocument(
        company=policy.engine_company,
        customer="guest" if cart.customer_id is None else encode("customer", cart.customer_id),
        currency=quote.currency,
        day=quote.tax_date,
        tax_inclusive=quote.tax_inclusive,
        origin=policy.origin or Address(country=policy.seller_country or channel.default_country),
        destination=place,
        lines=(*lines, *_beside(quote, codes)),
        tax_id="" if tax_id is None or tax_id.status == "invalid" else tax_id.value,
        exemption=quote.buyer.certificates[0] if quote.buyer and quote.buyer.certificates else "",
    )


def engine_keys(quote: Quote) -> dict[str, str]:
    """How the engine's document calls what an invoice's items are of."""
    keys = {line.key: f"{_LINE}{position}" for position, line in enumerate(_told(quote))}
    keys |= {
        f"charge:{each.key}": f"{_CHARGE}{position}" for position, each in enumerate(quote.charges)
    }
    return keys | {SHIPPING: SHIPPING}


def _told(quote: Quote) -> list[QuoteLine]:
    """The lines that are sold; gifts cost nothing."""
    return [line for line in quote.lines if not line.key.startswith(_GIFT)]


def _beside(quote: Quote, codes: Mapping[str, str]) -> list[EngineLine]:
    found = [
        EngineLine(
            key=f"{_CHARGE}{position}",
            amount_minor=each.price.minor,
            quantity=each.quantity,
            item=each.code,
            description=each.name,
            tax_code=codes.get(each.kind, ""),
        )
        for position, each in enumerate(quote.charges)
    ]
    if quote.shipping is not None:
        found.append(
            EngineLine(
                key=SHIPPING,
                amount_minor=quote.shipping.price.minor - quote.shipping.discount.minor,
                quantity=1,
                item=quote.shipping.code,
                description=quote.shipping.name,
                tax_code=codes.get(SHIPPING, ""),
            )
        )
    return found


def content_key(document: EngineDocument) -> str:
    """What names a document by all that decides its taxes. Recipients' names do not."""
    place = msgspec.structs.replace(document.destination, name="", phone="", company="")
    what = msgspec.structs.replace(document, destination=place)
    return sha256(msgspec.json.encode(what)).hexdigest()


def given_taxes(answer: Assessed, quote: Quote) -> GivenTaxes:
    """The engine's word in the quote's. Documents name lines by their places, so that equal
    purchases are asked about once.
    """
    found = answer.lines
    return GivenTaxes(
        lines={
            line.key: _given(found[f"{_LINE}{position}"])
            for position, line in enumerate(_told(quote))
        },
        charges={
            each.key: _given(found[f"{_CHARGE}{position}"])
            for position, each in enumerate(quote.charges)
        },
        shipping=_given(found.get(SHIPPING, ())),
    )


def _given(parts: tuple[LineTax, ...]) -> tuple[GivenTax, ...]:
    return tuple(
        GivenTax(
            code=part.code,
            name=part.name,
            jurisdiction=part.jurisdiction,
            rate=part.rate,
            tax_minor=part.tax_minor,
        )
        for part in parts
    )
