"""Quoting: a channel's rules, compiled once, and what goods cost under them.

channels, tax, shipping, promotions --rules_for--> ShopRules (kept, dropped by notice `rules`)
catalog, pricing --sellable_variants--> Sellable        (read with every request)
both --quote_lines--> Quote                             (pure, no await)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.errors import Conflict
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import channels, pricing, promotions, quote, shipping, tax
from argosy.modules.channels import Channel
from argosy.modules.quote import Facts, Quote, RateSet
from argosy.reads.sellable import PriceTier, Sellable
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.discounting import ShopPromotions, compile_live, line_facts_of

_KEPT_RATE_SETS = 10_000


class NotPurchasable(Conflict):
    """Some lines cannot be bought: `lines` names each with its reason.

    `unknown_variant`: there is no such variant; `not_published`: this channel does not sell it
    (now); `no_price`: it has no price in this channel, or none for so small a quantity. Remove
    these lines, then try again.
    """

    code = "quote.not_purchasable"
    usual_cure = "Remove the lines that `lines` names, then try again."


class WantedLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of a variant. `key` is stable and unique within the purchase."""

    key: str
    variant_id: UUID
    quantity: int


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A way to ship that can be chosen; its price is in the channel's tax mode.

    `price` is what it costs this purchase before promotions of shipping: nothing where the value
    of the goods has reached `free_from`; `free_missing` is what it lacks (D6). `promise` holds
    for a purchase made now.
    """

    method_id: UUID
    code: str
    name: str
    description: str
    price: Money
    min_days: int | None
    max_days: int | None
    free_from: Money | None = None
    free_missing: Money | None = None
    promise: shipping.DeliveryPromise | None = None


@dataclass(frozen=True, slots=True)
class ShopRules:
    """What one channel computes by: compiled, shared by all requests, replaced when it changes.

    `choices` finds a method by its id (as UUID or public text) and by its code. `rate_sets` and
    `places` remember what was compiled from the zones. `promotions` None: none are live.
    """

    channel: Channel
    policy: quote.Policy
    time_zone: ZoneInfo
    tax_zones: tax.ZoneIndex
    shipping_zones: Mapping[UUID, shipping.Zone]
    methods: tuple[shipping.Method, ...]
    choices: Mapping[UUID | str, shipping.Method]
    price_list: str
    promotions: ShopPromotions | None = None
    rate_sets: dict[tuple[UUID, str, date], RateSet] = field(default_factory=dict)
    places: dict[tuple[str, str, str], tax.Zone | None] = field(default_factory=dict)


async def rules_for(app: App, channel_id: UUID) -> ShopRules:
    """Return the channel's rules: no statement while they are kept, five to read them anew.

    Raises ChannelNotFound.
    """
    key = ("shop rules", channel_id)
    kept: ShopRules | None = app.cache.peek(key)
    if kept is not None:
        return kept

    async def load() -> Fill[ShopRules]:
        async with app.db.reading() as tx:
            return Fill(await read_rules(tx, channel_id), topics={f"rules:{channel_id}"})

    return await app.cache.get(key, load)


async def read_rules(tx: Tx, channel_id: UUID) -> ShopRules:
    """Read and compile the rules of a channel as they are now. Raises ChannelNotFound."""
    channel = await channels.channel_by_id(tx, channel_id)
    zones = await shipping.list_zones(tx)
    methods = await shipping.list_methods(tx, channel_id=channel_id)
    tax_zones = await tax.zones_of_channel(tx, channel_id)
    live = await promotions.live_promotions(tx, channel_id)
    return compile_rules(channel, tax_zones, zones, methods, live)


def compile_rules(
    channel: Channel,
    tax_zones: Sequence[tax.Zone],
    shipping_zones: Sequence[shipping.Zone],
    methods: Sequence[shipping.Method],
    live: Sequence[promotions.LivePromotion] = (),
) -> ShopRules:
    """Compile what is stored into what is computed by."""
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
        price_list=encode("price_list", channel.price_list_id),
        promotions=compile_live(live, currency=channel.currency, locations=channel.locations),
    )


def quote_lines(  # noqa: PLR0917 - what is bought, where to and how, in this order
    rules: ShopRules,
    channel: Channel,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    destination: Address | None,
    shipping_method: UUID | str | None,
    *,
    at: datetime,
    discounts: Sequence[quote.Discount] = (),
) -> Quote:
    """Say what the lines cost, shipped to the destination by the method (its id or code), without
    promotions. Raises NotPurchasable, ShippingNotOffered, AmountTooLarge.
    """
    request = quote_request(
        rules, channel, sellables, lines, destination, shipping_method, at=at, discounts=discounts
    )
    return computed(rules, request)


def computed(rules: ShopRules, request: quote.QuoteRequest) -> Quote:
    """Compute what was asked, with the channel's promotions. Raises AmountTooLarge."""
    return quote.compute(request, None if rules.promotions is None else rules.promotions.compiled)


def quote_request(  # noqa: PLR0917 - what is bought, where to and how, in this order
    rules: ShopRules,
    channel: Channel,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    destination: Address | None,
    shipping_method: UUID | str | None,
    *,
    at: datetime,
    discounts: Sequence[quote.Discount] = (),
    facts: Facts | None = None,
    bound: bool = True,
) -> quote.QuoteRequest:
    """Say what the engine is asked: the lines, shipped to the destination by the method.

    Without a destination, tax is estimated for the channel's default country. Without a method,
    or if nothing needs shipping, the quote has no shipping. Without `facts` no promotion is looked
    at. The hash binds the whole address; without `bound` there is none, for quotes that are only
    shown. Raises NotPurchasable, ShippingNotOffered.
    """
    assert channel.id == rules.channel.id
    place = destination or Address(country=channel.default_country)
    wanted, problems = _requested(
        rules, sellables, lines, place=place, at=at, promoted=facts is not None
    )
    if problems:
        raise _not_purchasable(problems)
    chosen = None
    if shipping_method is not None and needs_shipping(sellables, lines):
        chosen = _shipping(rules, sellables, wanted, place=place, chosen=shipping_method, at=at)
    return quote.QuoteRequest(
        policy=rules.policy,
        lines=tuple(wanted),
        shipping=chosen,
        discounts=tuple(discounts),
        destination=None if destination is None else _destination(destination),
        binding=_binding(destination) if bound else None,
        facts=facts,
    )


def shipping_options(
    rules: ShopRules,
    channel: Channel,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    destination: Address,
    *,
    quoted: Quote,
    at: datetime,
) -> list[ShippingOption]:
    """List the ways in which the lines can be shipped there, in the shop's order.

    `quoted` is the quote of these lines: thresholds for free shipping count from it.

    Empty when nothing needs shipping, or nothing is offered. Lines that cannot be bought are left
    out of account.
    """
    assert channel.id == rules.channel.id
    wanted, _ = _requested(rules, sellables, lines, place=destination, at=at)
    goods = _consignment(sellables, wanted)
    if not goods:
        return []
    return [
        _option(method, price, quoted, wanted, destination, at)
        for method in rules.methods
        if (price := _price(rules, method, goods, destination)) is not None
    ]


def _option(  # noqa: PLR0917 - a method at its price, and whom it is offered
    method: shipping.Method,
    price_minor: int,
    quoted: Quote,
    wanted: Sequence[quote.RequestLine],
    place: Address,
    at: datetime,
) -> ShippingOption:
    free_from = free_missing = promise = None
    if method.free_from is not None:
        free_from = Money(method.free_from.amount_minor, quoted.currency)
        counted = {line.key for line in wanted if line.goods}
        lines = [line for line in quoted.lines if line.key in counted]
        value = sum(line.subtotal.minor for line in lines)
        if method.free_from.counts == "after_discounts":
            value -= sum(line.discount.minor for line in lines)
        free_missing = Money(max(0, free_from.minor - value), quoted.currency)
    if method.promise is not None:
        promise = shipping.promise_at(method.promise, at, place.country, place.region)
    return ShippingOption(
        method_id=method.id,
        code=method.code,
        name=method.name,
        description=method.description,
        price=Money(
            price_minor if free_missing is None or free_missing.minor else 0, quoted.currency
        ),
        min_days=method.min_days,
        max_days=method.max_days,
        free_from=free_from,
        free_missing=free_missing,
        promise=promise,
    )


def needs_shipping(sellables: Mapping[UUID, Sellable], lines: Sequence[WantedLine]) -> bool:
    """Say whether anything among the lines has to be shipped: digital goods alone need nothing."""
    return any(
        sellables[line.variant_id].requires_shipping
        for line in lines
        if line.variant_id in sellables
    )


def unpurchasable(
    sellables: Mapping[UUID, Sellable], lines: Sequence[WantedLine], *, at: datetime
) -> list[tuple[WantedLine, str]]:
    """List the lines that cannot be bought, each with its reason (see NotPurchasable)."""
    found = [(line, _priced(sellables.get(line.variant_id), line, at)) for line in lines]
    return [(line, priced) for line, priced in found if isinstance(priced, str)]


def _priced(
    goods: Sellable | None, line: WantedLine, at: datetime
) -> pricing.Resolution[PriceTier] | str:
    """The price of a line with what it was chosen from, or why the line cannot be bought (C9)."""
    if goods is None:
        return "unknown_variant"
    if not goods.published:
        return "not_published"
    found = pricing.resolve(goods.prices, line.quantity, at)
    return "no_price" if found.taken is None else found


def _requested(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    *,
    place: Address,
    at: datetime,
    promoted: bool = False,
) -> tuple[list[quote.RequestLine], list[tuple[WantedLine, str]]]:
    wanted: list[quote.RequestLine] = []
    problems: list[tuple[WantedLine, str]] = []
    for line in lines:
        goods = sellables.get(line.variant_id)
        priced = _priced(goods, line, at)
        if goods is None or isinstance(priced, str):
            problems.append((line, str(priced)))
        else:
            rates = rate_set_at(rules, place, goods.tax_class, at)
            live = rules.promotions if promoted else None
            wanted.append(_line(rules, goods, line, priced, rates, live))
    return wanted, problems


def _line(  # noqa: PLR0917 - what a line is made of
    rules: ShopRules,
    goods: Sellable,
    line: WantedLine,
    priced: pricing.Resolution[PriceTier],
    rates: RateSet,
    live: ShopPromotions | None,
) -> quote.RequestLine:
    price = priced.taken
    assert price is not None
    return quote.RequestLine(
        key=line.key,
        variant_id=line.variant_id,
        sku=goods.sku,
        quantity=line.quantity,
        unit_minor=price.amount_minor,
        compare_at_minor=price.compare_at_minor,
        rates=rates,
        source=quote.PriceSource(
            price_list=rules.price_list,
            price_id=price.price_id,
            min_quantity=price.min_quantity,
            lost=tuple((loser.amount_minor, why) for loser, why in priced.lost),
        ),
        goods=goods.tax_class != "gift_card",
        facts=None if live is None else line_facts_of(live, goods),
    )


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


def _shipping(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[quote.RequestLine],
    *,
    place: Address,
    chosen: UUID | str,
    at: datetime,
) -> quote.RequestShipping:
    method = rules.choices.get(chosen)
    goods = _consignment(sellables, lines)
    if method is not None and goods:
        price = _price(rules, method, goods, place)
        if price is not None:
            return quote.RequestShipping(
                method_id=method.id,
                code=method.code,
                name=method.name,
                price_minor=price,
                rates=rate_set_at(rules, place, method.tax_class, at),
                free_from=_free_from(method),
                cheapest=rules.promotions is not None
                and not any(
                    (other := _price(rules, each, goods, place)) is not None and other < price
                    for each in rules.methods
                ),
            )
    raise shipping.ShippingNotOffered(
        "This way to ship is not offered for this cart and address.",
        field="shipping_method",
        cure="Choose one of the cart's shipping options.",
    )


def _consignment(
    sellables: Mapping[UUID, Sellable], lines: Sequence[quote.RequestLine]
) -> shipping.Consignment:
    return tuple(
        shipping.Goods(
            shipping_class=goods.shipping_class,
            units=line.quantity,
            unit_minor=line.unit_minor,
            weight_g=goods.weight_g or 0,
            sides_mm=goods.dimensions_mm,
        )
        for line in lines
        if (goods := sellables[line.variant_id]).requires_shipping
    )


def _price(
    rules: ShopRules, method: shipping.Method, goods: shipping.Consignment, place: Address
) -> int | None:
    served = shipping.serves(
        method, rules.shipping_zones, place.country, place.region, place.postal_code
    )
    return shipping.price_of(method, goods) if served else None


def _free_from(method: shipping.Method) -> quote.FreeFrom | None:
    found = method.free_from
    if found is None:
        return None
    return quote.FreeFrom(amount_minor=found.amount_minor, counts=found.counts)


def _destination(address: Address) -> quote.Destination:
    return quote.Destination(
        country=address.country, region=address.region, postal_code=address.postal_code
    )


def _binding(destination: Address | None) -> str:
    return "" if destination is None else _digest(destination)


def _digest(address: Address) -> str:
    return sha256(msgspec.json.encode(address)).hexdigest()


def _not_purchasable(problems: Sequence[tuple[WantedLine, str]]) -> NotPurchasable:
    return NotPurchasable(
        "Some lines cannot be bought.",
        field="lines",
        cure="Remove these lines.",
        lines=[
            {
                "key": line.key,
                "variant_id": encode("variant", line.variant_id),
                "reason": reason,
            }
            for line, reason in problems
        ],
    )
