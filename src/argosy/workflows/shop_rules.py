"""What a channel computes by, read and compiled once: for everybody, or for one customer.

Kept per process, dropped by the notices `rules` and `customer_groups`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from argosy.kernel.address import Address
from argosy.kernel.ids import encode
from argosy.modules import (
    audiences,
    channels,
    customers,
    fees,
    pricing,
    promotions,
    quote,
    shipping,
    tax,
)
from argosy.modules.audiences import OPEN, Audience, Visibility
from argosy.modules.channels import Channel
from argosy.modules.fields import FieldDefinition
from argosy.modules.quote import RateSet
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.live_promotions import ShopPromotions, compile_live
from argosy.workflows.promotion_fields import fields_for
from argosy.workflows.rate_book import RateBook

DEFAULT_PRICES = pricing.Policy()
NO_TAX_FACTS = tax.ChannelTaxes()
_KEPT_RATE_SETS = 10_000


@dataclass(frozen=True, slots=True)
class ShopRules:
    """What one channel computes by: compiled, shared by all requests, replaced when it changes.

    `choices` finds a method by its id (as UUID or public text) and by its code. `book` has the
    price lists of the buyer whom these rules are for; `personal`: some customers have others (C10).
    `visibility` says what is for whom, `audience` to which one the buyer belongs (None: to what
    everybody sees). `rate_sets` and `places` remember what was compiled from the zones.
    `promotions` None: none are live, and no fee asks what products are. `live` knows what carriers
    said lately, which methods with live rates are priced by.
    """

    channel: Channel
    policy: quote.Policy
    time_zone: ZoneInfo
    tax_zones: tax.ZoneIndex
    shipping_zones: Mapping[UUID, shipping.Zone]
    methods: tuple[shipping.Method, ...]
    choices: Mapping[UUID | str, shipping.Method]
    book: pricing.PriceBook
    prices: pricing.Policy
    personal: bool = False
    promotions: ShopPromotions | None = None
    taxes: tax.ChannelTaxes = NO_TAX_FACTS
    live: RateBook = field(default_factory=RateBook)
    charged: tuple[fees.Fee, ...] = ()
    visibility: Visibility = OPEN
    audience: Audience | None = None
    rate_sets: dict[tuple[UUID, str, date], RateSet] = field(default_factory=dict)
    places: dict[tuple[str, str, str], tax.Zone | None] = field(default_factory=dict)

    @property
    def asks_carriers(self) -> bool:
        """Whether a method is priced by what carriers say."""
        return any(method.live is not None for method in self.methods)

    @property
    def shelf(self) -> tuple[UUID, tuple[UUID, ...]]:
        """What goods differ by: who sells them, and by which price lists."""
        return self.channel.id, self.book.list_ids

    @property
    def differs(self) -> bool:
        """Whether some are shown other goods or prices than everybody."""
        return self.personal or self.visibility.differs


async def rules_for(app: App, channel_id: UUID, customer_id: UUID | None = None) -> ShopRules:
    """Return the channel's rules for everybody, or for a customer who may have other prices.

    No statement while they are kept; twelve to read them anew (one more if promotions
    compare custom fields), and two for a customer, only where
    the channel offers anybody prices or goods of their own. Raises ChannelNotFound.
    """
    key = ("shop rules", channel_id)
    kept: ShopRules | None = app.cache.peek(key)
    if kept is None:

        async def load() -> Fill[ShopRules]:
            async with app.db.reading() as tx:
                rules = await read_rules(tx, channel_id)
            shared = replace(rules, live=app.part(RateBook))
            return Fill(shared, topics={f"rules:{channel_id}"})

        kept = await app.cache.get(key, load)
    if customer_id is None or not kept.differs:
        return kept
    return await _rules_of_customer(app, kept, customer_id)


async def _rules_of_customer(app: App, rules: ShopRules, customer_id: UUID) -> ShopRules:
    channel = rules.channel
    key = ("shop rules", channel.id, customer_id)
    kept: ShopRules | None = app.cache.peek(key)
    if kept is not None:
        return kept

    async def load() -> Fill[ShopRules]:
        async with app.db.reading() as tx:
            belongs = await customers.groups_of(tx, customer_id)
            own = await _own_terms(tx, channel, customer_id, belongs) if rules.personal else []
        book = pricing.price_book(rules.prices, (*rules.book.terms, *own)) if own else rules.book
        groups = {group.code for group in belongs}
        audience = audiences.audience_of(rules.visibility, groups, signed_in=True)
        return Fill(
            replace(rules, book=book, audience=audience) if own or audience else rules,
            topics={f"rules:{channel.id}", f"{customers.GROUPS_TOPIC}:{customer_id}"},
        )

    return await app.cache.get(key, load)


async def terms_of_customer(tx: Tx, channel: Channel, customer_id: UUID) -> list[pricing.Terms]:
    """The lists that are offered to a customer beyond those of everybody. Two statements."""
    return await _own_terms(tx, channel, customer_id, await customers.groups_of(tx, customer_id))


async def _own_terms(
    tx: Tx, channel: Channel, customer_id: UUID, belongs: Sequence[customers.CustomerGroup]
) -> list[pricing.Terms]:
    return await pricing.personal_terms(
        tx,
        channel.id,
        channel.currency,
        customer_id,
        groups=[group.code for group in belongs if group.kind == "group"],
        segments=[group.code for group in belongs if group.kind == "segment"],
    )


async def read_rules(tx: Tx, channel_id: UUID) -> ShopRules:
    """Read and compile the rules of a channel as they are now. Raises ChannelNotFound."""
    channel = await channels.channel_by_id(tx, channel_id)
    zones = await shipping.list_zones(tx)
    methods = await shipping.list_methods(tx, channel_id=channel_id)
    tax_zones = await tax.zones_of_channel(tx, channel_id)
    live = await promotions.live_promotions(tx, channel_id)
    base = await pricing.base_terms(tx, channel.price_list_id)
    offered = await pricing.public_terms(tx)
    return compile_rules(
        channel,
        tax_zones,
        zones,
        methods,
        live,
        prices=await pricing.policy_of(tx, channel_id),
        terms=offered.of(channel_id, channel.currency, base, at=tx.now),
        personal=await pricing.has_personal_prices(tx, channel_id, channel.currency),
        taxes=await tax.taxes_of_channel(tx, channel_id, channel.currency),
        charged=[fee for fee in await fees.list_fees(tx, channel_id=channel_id) if fee.active],
        visibility=await audiences.visibility_of(tx, channel_id),
        definitions=await fields_for(tx, [one.promotion.document for one in live]),
    )


def compile_rules(
    channel: Channel,
    tax_zones: Sequence[tax.Zone],
    shipping_zones: Sequence[shipping.Zone],
    methods: Sequence[shipping.Method],
    live: Sequence[promotions.LivePromotion] = (),
    *,
    prices: pricing.Policy = DEFAULT_PRICES,
    terms: Sequence[pricing.Terms] = (),
    personal: bool = False,
    taxes: tax.ChannelTaxes = NO_TAX_FACTS,
    charged: Sequence[fees.Fee] = (),
    visibility: Visibility = OPEN,
    definitions: Sequence[FieldDefinition] = (),
) -> ShopRules:
    """Compile what is stored into what is computed by. Without `terms`: by the channel's list."""
    offered = sorted(
        (method for method in methods if method.active),
        key=lambda method: (method.position, method.code),
    )
    choices: dict[UUID | str, shipping.Method] = {}
    for method in offered:
        for name in (method.id, method.code, encode("shipping_method", method.id)):
            choices[name] = method
    return ShopRules(
        channel=channel,
        policy=quote.Policy(
            currency=channel.currency,
            tax_inclusive=channel.tax_inclusive,
            tax_rounding=channel.tax_rounding,
            rounding=channel.rounding_mode,
            shipping_tax=channel.shipping_tax,
        ),
        time_zone=ZoneInfo(channel.time_zone),
        tax_zones=tax.index_zones(tax_zones),
        shipping_zones={zone.id: zone for zone in shipping_zones},
        methods=tuple(offered),
        choices=choices,
        book=pricing.price_book(
            prices, terms or [pricing.Terms(price_list_id=channel.price_list_id)]
        ),
        prices=prices,
        personal=personal,
        promotions=compile_live(
            live,
            currency=channel.currency,
            channel_id=channel.id,
            locations=channel.locations,
            definitions=definitions,
            for_fees=any(fee.when.asks_of_products for fee in charged),
        ),
        taxes=taxes,
        charged=tuple(charged),
        visibility=visibility,
    )


def hidden_from_buyer(
    rules: ShopRules, product_id: UUID, variant_id: UUID
) -> audiences.Hides | None:
    """Return what of the variant is not for the buyer, if anything: no part of it can be bought."""
    if not rules.visibility.restrictions:
        return None
    return audiences.hidden_from(
        rules.visibility,
        None if rules.audience is None else rules.audience.code,
        channel_id=rules.channel.id,
        product_id=product_id,
        variant_id=variant_id,
    )


def is_told(rules: ShopRules, level: str) -> bool:
    """Whether shoppers are told of a price of that level that it was made for them."""
    return rules.prices.tell_personal and level in pricing.PERSONALISED


def rate_set_at(rules: ShopRules, place: Address, tax_class: str, at: datetime) -> RateSet:
    """Return the compiled rates of a class of goods at a place, on that day of the channel."""
    where = (place.country, place.region, place.postal_code)
    if where in rules.places:
        zone = rules.places[where]
    else:
        zone = tax.zone_at(rules.tax_zones, *where)
        _bound(rules.places)[where] = zone
    if zone is None:
        return quote.NO_RATES
    day = at.astimezone(rules.time_zone).date()
    key = (zone.id, tax_class, day)
    found = rules.rate_sets.get(key)
    if found is None:
        used, rates = tax.rates_on(zone, tax_class, day)
        found = quote.rate_set(f"{zone.code}:{used}", [_tax_rate(rate) for rate in rates])
        _bound(rules.rate_sets)[key] = found
    return found


def _bound(kept: dict) -> dict:  # type: ignore[type-arg]
    # Postal codes come from shoppers: what is remembered of them must not grow without end.
    if len(kept) >= _KEPT_RATE_SETS:
        kept.clear()
    return kept


def _tax_rate(rate: tax.Rate) -> quote.TaxRate:
    return quote.TaxRate(
        code=rate.code,
        name=rate.name,
        jurisdiction=rate.jurisdiction,
        rate=rate.rate,
        treatment=rate.treatment,
        compound=rate.compound,
    )
