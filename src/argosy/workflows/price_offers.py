"""Offering price lists, and explaining a price: what names what must exist and fit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.modules import channels, contracts, customers, pricing, quote
from argosy.modules.channels import Channel
from argosy.modules.contracts import Contract, Worked
from argosy.modules.pricing import (
    Assignment,
    AssignPriceList,
    LineToPrice,
    Lost,
    Measure,
    Policy,
    Price,
    Priced,
    PriceList,
    Terms,
)
from argosy.reads.sellable import sellable_variants
from argosy.runtime.db import Tx
from argosy.workflows.shop_rules import rate_set_at, read_rules, terms_of_customer


class PriceQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What one line would cost: whom (None: a guest), where (None: the default country), when."""

    channel_id: UUID
    variant_id: UUID
    quantity: int
    customer_id: UUID | None
    country: str | None
    at: datetime


class PriceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The price that applies, every other candidate with its reason, and what belongs beside it.

    Amounts in minor units of the channel's currency, in its tax mode. `prior_minor` is the prior
    price of what everybody pays (C5); `net_minor` is what the units leave without tax; `cost_minor`
    of one unit is not for shoppers. `contract` is the one whose list prices it, `worked` what its
    clause made of it.
    """

    channel: Channel
    policy: Policy
    priced: Priced[Price]
    lists: dict[UUID, PriceList]
    prior_minor: int | None
    measure: Measure | None
    unit_price_minor: int | None
    cost_minor: int | None
    net_minor: int | None
    contract: Contract | None = None
    worked: Worked | None = None


async def offer_price_list(tx: Tx, given: AssignPriceList) -> Assignment:
    """Offer a list to somebody. Raises AssignmentInvalid, AssignmentsOverlap, PriceListNotFound,
    ChannelNotFound, CustomerNotFound, GroupNotFound, CurrencyDiffers.
    """
    if given.channel_id is not None:
        channel = await channels.channel_by_id(tx, given.channel_id)
        prices = await pricing.price_list_by_id(tx, given.price_list_id)
        if prices.currency != channel.currency:
            raise pricing.CurrencyDiffers(
                f"The price list is in {prices.currency}, the channel in {channel.currency}.",
                field="price_list_id",
                cure=f"Name a price list in {channel.currency}.",
            )
    match given.level:
        case "contract" | "customer":
            await customers.customer_by_id(tx, UUID(given.subject))
        case "group" | "segment":
            group = await customers.group_by_code(tx, given.subject)
            if group.kind != given.level:
                raise pricing.AssignmentInvalid(
                    f"{group.code!r} is a {group.kind}.",
                    field="level",
                    cure=f"Offer the list at the level {group.kind!r}.",
                )
        case _:
            pass
    return await pricing.assign_price_list(tx, given)


async def explain_price(tx: Tx, asked: PriceQuestion) -> PriceAnswer:
    """Explain every candidate price of a variant, in whatever list, and why it lost (C1).

    The prices are those that a cart would be quoted by. Raises ChannelNotFound, CustomerNotFound.
    """
    channel = await channels.channel_by_id(tx, asked.channel_id)
    policy = await pricing.policy_of(tx, channel.id)
    offered = await pricing.public_terms(tx)
    prices = await pricing.prices_of_variants(tx, [asked.variant_id])
    lists = await pricing.price_lists_by_ids(
        tx, [channel.price_list_id, *(price.price_list_id for price in prices)]
    )
    base = pricing.terms_of(channel.price_list_id, lists.get(channel.price_list_id))
    public = offered.of(channel.id, channel.currency, base, at=asked.at)
    own: Sequence[Terms] = ()
    if asked.customer_id is not None:
        await customers.customer_by_id(tx, asked.customer_id)
        own = await terms_of_customer(tx, channel, asked.customer_id)
    book = pricing.price_book(policy, (*public, *own))
    line = LineToPrice(
        key="",
        variant_id=asked.variant_id,
        product_id=asked.variant_id,
        quantity=asked.quantity,
        prices=prices,
    )
    market = asked.country or channel.default_country
    found = pricing.price_lines(
        book, [line], at=asked.at, market=market, mode=channel.rounding_mode
    )[""]
    past = pricing.price_book(
        policy, offered.of(channel.id, channel.currency, base, at=asked.at, past=True)
    )
    history = await pricing.price_history_of_lists(tx, past.list_ids, asked.variant_id)
    amounts = pricing.public_amounts(
        history, past.terms, policy.choice, market=channel.default_country, until=asked.at
    )
    measure = next(iter(await pricing.measures_of(tx, [asked.variant_id])), None)
    costs = await pricing.costs_at(tx, [asked.variant_id], channel.currency, asked.at)
    taken, subtotal = found.taken, found.subtotal_minor
    if taken is not None and subtotal is None:
        subtotal = taken.amount_minor * asked.quantity
    contract, worked = await _clause(tx, found.terms, asked.variant_id)
    return PriceAnswer(
        channel=channel,
        policy=policy,
        priced=msgspec.structs.replace(
            found, lost=[*found.lost, *_elsewhere(prices, book.list_ids, lists, channel)]
        ),
        lists=lists,
        prior_minor=pricing.prior_on(amounts, asked.at),
        measure=measure,
        unit_price_minor=None
        if measure is None or taken is None
        else pricing.unit_price(
            subtotal or 0, measure, units=asked.quantity, mode=channel.rounding_mode
        ),
        cost_minor=costs.get(asked.variant_id),
        net_minor=None if subtotal is None else await _net(tx, channel, asked, subtotal),
        contract=contract,
        worked=worked,
    )


async def _clause(
    tx: Tx, terms: Terms | None, variant_id: UUID
) -> tuple[Contract | None, Worked | None]:
    """The contract whose list priced the variant, and what it made of it."""
    if terms is None or terms.level != "contract":
        return None, None
    contract = await contracts.contract_of_list(tx, terms.price_list_id)
    if contract is None:
        return None, None
    worked = await contracts.worked_of(tx, contract.id, [variant_id])
    return contract, worked.get(variant_id)


async def _net(tx: Tx, channel: Channel, asked: PriceQuestion, subtotal_minor: int) -> int | None:
    goods = (await sellable_variants(tx, channel.id, [], [asked.variant_id], asked.at)).get(
        asked.variant_id
    )
    if goods is None or not channel.tax_inclusive:
        return None if goods is None else subtotal_minor
    rules = await read_rules(tx, channel.id)
    place = Address(country=asked.country or channel.default_country)
    rates = rate_set_at(rules, place, goods.tax_class, asked.at)
    return quote.regrossed(subtotal_minor, rates, quote.NO_RATES, channel.rounding_mode)


def _elsewhere(
    prices: Sequence[Price],
    in_book: Sequence[UUID],
    lists: dict[UUID, PriceList],
    channel: Channel,
) -> list[tuple[Price, Lost]]:
    """Prices of lists that are not offered to this buyer here."""
    other = [price for price in prices if price.price_list_id not in in_book]
    return [
        (
            price,
            "not_offered"
            if lists[price.price_list_id].currency == channel.currency
            else "other_currency",
        )
        for price in other
    ]
