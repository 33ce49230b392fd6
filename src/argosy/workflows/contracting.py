"""Contracts and the price lists that they are kept in.

a contract --create--> a price list of its own, offered to its customers at the level "contract"
list prices, costs, clauses --refresh--> prices of that list            (a sweep, page by page)

Carts know nothing of contracts: they go by price lists. What a formula makes of a price follows
list prices and costs within the hour, or when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.modules import channels, contracts, customers, pricing, quote
from argosy.modules.contracts import Contract, SetContract, Worked
from argosy.modules.pricing import AssignPriceList, CreatePriceList, LineToPrice, SetPrice
from argosy.reads.contract_goods import contract_goods
from argosy.reads.sellable import PriceTier, Sellable, sellable_variants
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.shop_rules import ShopRules, rate_set_at, read_rules

GOODS_AT_ONCE: Final = 500


async def create(tx: Tx, wish: SetContract) -> Contract:
    """Make a contract with a price list of its own. Its prices are worked out soon.

    Raises ContractInvalid, ContractCodeTaken, ChannelNotFound, CustomerNotFound, AssignmentsOverlap
    (a customer has another contract of that priority in that time).
    """
    contracts.check_contract(wish)
    channel = await channels.channel_by_id(tx, wish.channel_id)
    try:
        prices = await pricing.create_price_list(
            tx,
            CreatePriceList(
                code=f"contract-{wish.code}", name=wish.name[:200], currency=channel.currency
            ),
        )
    except pricing.PriceListCodeTaken as taken:
        raise contracts.ContractCodeTaken(
            f"There is a price list contract-{wish.code} already.", field="code"
        ) from taken
    offered = await _offer(tx, wish, prices.id)
    return await contracts.keep_contract(tx, wish, price_list_id=prices.id, assignments=offered)


async def change(
    tx: Tx, contract_id: UUID, wish: SetContract, *, expected_version: int | None
) -> tuple[Contract, Contract]:
    """Change the terms of a contract: as it was, as it is. Its prices are worked out soon; who is
    no longer its customer pays what others do at once.

    Raises ContractNotFound, ContractInvalid, ContractEnded, ContractChanged, CustomerNotFound,
    AssignmentsOverlap.
    """
    before = await contracts.contract_by_id(tx, contract_id)
    wish = msgspec.structs.replace(wish, code=before.terms.code, channel_id=before.terms.channel_id)
    contracts.check_contract(wish)
    offered: Sequence[UUID] = before.assignments
    if _offers(wish) != _offers(before.terms) and before.state == "active":
        await _withdraw(tx, before)
        offered = await _offer(tx, wish, before.price_list_id)
    after = await contracts.change_contract(
        tx, before, wish, version=expected_version or before.version, assignments=offered
    )
    return before, after


async def end(tx: Tx, contract_id: UUID) -> Contract:
    """End a contract for good: its customers pay what others do, at once. The contract as it was.

    Raises ContractNotFound, ContractEnded.
    """
    before = await contracts.contract_by_id(tx, contract_id)
    await contracts.end_contract(tx, contract_id)
    await _withdraw(tx, before)
    return before


def _offers(terms: SetContract) -> tuple[object, ...]:
    return (terms.customers, terms.reference, terms.priority, terms.valid_from, terms.valid_until)


async def _offer(tx: Tx, terms: SetContract, price_list_id: UUID) -> list[UUID]:
    found = []
    for customer_id in terms.customers:
        await customers.customer_by_id(tx, customer_id)
        given = AssignPriceList(
            price_list_id=price_list_id,
            level="contract",
            channel_id=terms.channel_id,
            subject=str(customer_id),
            reference=terms.reference or terms.code,
            priority=terms.priority,
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
        )
        found.append((await pricing.assign_price_list(tx, given)).id)
    return found


async def _withdraw(tx: Tx, contract: Contract) -> None:
    for assignment_id in contract.assignments:
        try:
            await pricing.end_assignment(tx, assignment_id)
        except pricing.AssignmentNotFound:
            continue  # somebody ended it by hand


async def sweep(app: App) -> int:
    """Work out the prices of the contract that is longest due; 0 if none is."""
    async with app.db.transaction() as tx:
        contract_id = await contracts.claim_due(tx)
    if contract_id is None:
        return 0
    await refresh(app, contract_id)
    return 1


async def refresh(app: App, contract_id: UUID) -> None:
    """Work out what a contract makes of every variant that its channel sells. May be repeated: what
    is so already is left alone. Raises ContractNotFound.
    """
    async with app.db.reading() as tx:
        contract = await contracts.contract_by_id(tx, contract_id)
        if contract.state == "ended":
            return
        rules = await read_rules(tx, contract.terms.channel_id)
        began = tx.now
    lines, after = contract.terms.lines, UUID(int=0)
    while True:
        async with app.db.transaction() as tx:
            goods = await contract_goods(
                tx,
                rules.channel.id,
                everything=any(line.subject_kind == "all" for line in lines),
                product_ids=[i for line in lines if (i := line.subject_id) is not None],
                variant_ids=[i for line in lines if (i := line.subject_id) is not None],
                after=after,
                limit=GOODS_AT_ONCE,
            )
            if not goods:
                break
            await _refresh(tx, contract, rules, goods, began)
        after = max(goods)
    async with app.db.transaction() as tx:
        gone = await contracts.finish_refresh(tx, contract_id, began)
        await _drop_prices(tx, contract.price_list_id, gone)


async def _refresh(
    tx: Tx, contract: Contract, rules: ShopRules, goods: Mapping[UUID, UUID], began: datetime
) -> None:
    channel, ids = rules.channel, sorted(goods)
    sold = await sellable_variants(tx, channel.id, rules.book.list_ids, ids, began)
    costs = await pricing.costs_at(tx, ids, channel.currency, began)
    before = await contracts.worked_of(tx, contract.id, ids)
    present = await pricing.list_prices(
        tx, contract.price_list_id, variant_ids=ids, limit=2 * len(ids)
    )
    amounts = {price.variant_id: price.amount_minor for price in present}
    found: list[Worked] = []
    for variant_id, product_id in goods.items():
        place = contracts.line_for(
            contract.terms.lines, product_id=product_id, variant_id=variant_id
        )
        one = sold.get(variant_id)
        if place is None or one is None:
            continue
        found.append(
            contracts.work_out(
                contract.terms,
                place,
                variant_id,
                _listed(rules, one, began),
                _with_tax(rules, one, costs.get(variant_id), began),
                before.get(variant_id),
                at=began,
                mode=channel.rounding_mode,
            )
        )
    await pricing.set_prices(
        tx,
        contract.price_list_id,
        [
            SetPrice(variant_id=one.variant_id, amount_minor=one.amount_minor)
            for one in found
            if one.amount_minor is not None and amounts.get(one.variant_id) != one.amount_minor
        ],
        free_steps=True,
    )
    await _drop_prices(
        tx, contract.price_list_id, [one.variant_id for one in found if one.amount_minor is None]
    )
    await contracts.keep_worked(tx, contract.id, found, began)


def _listed(rules: ShopRules, goods: Sellable, at: datetime) -> int | None:
    """What everybody pays for one unit in the channel's default country."""
    line = LineToPrice[PriceTier](
        key="",
        variant_id=goods.variant_id,
        product_id=goods.product_id,
        quantity=1,
        prices=goods.prices,
    )
    taken = pricing.price_lines(rules.book, [line], at=at, market=rules.channel.default_country)[
        ""
    ].taken
    return None if taken is None else taken.amount_minor


def _with_tax(
    rules: ShopRules, goods: Sellable, cost_minor: int | None, at: datetime
) -> int | None:
    """The cost in the tax mode of the channel's prices."""
    if cost_minor is None or not rules.channel.tax_inclusive:
        return cost_minor
    home = Address(country=rules.channel.default_country)
    rates = rate_set_at(rules, home, goods.tax_class, at)
    return quote.regrossed(cost_minor, quote.NO_RATES, rates, rules.channel.rounding_mode)


async def _drop_prices(tx: Tx, price_list_id: UUID, variant_ids: Sequence[UUID]) -> None:
    if not variant_ids:
        return
    present = await pricing.list_prices(
        tx, price_list_id, variant_ids=variant_ids, limit=2 * len(variant_ids)
    )
    if present:
        await pricing.remove_prices(tx, price_list_id, [price.id for price in present])
