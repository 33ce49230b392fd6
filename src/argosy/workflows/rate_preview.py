"""What a live method would cost for goods and a place, asked for anew, for staff to look at."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.money import Money
from argosy.modules import shipping
from argosy.modules.shipping import KnownAnswer, RateAnswer, Rated, RateParcel
from argosy.workflows.app import App
from argosy.workflows.live_rates import ask_carriers
from argosy.workflows.shipping_prices import found_price, with_tax_of
from argosy.workflows.shop_rules import ShopRules, rules_for


class OfferedRate(msgspec.Struct, frozen=True, kw_only=True):
    """A service as the carrier prices it, and as the method would charge it."""

    service: str
    amount: Money
    price: Money
    transit_days: int | None
    allowed: bool


class CarrierWord(msgspec.Struct, frozen=True, kw_only=True):
    """What one carrier said: `rated`, `refused` or `silent`, and why."""

    carrier: str
    answer: str
    reason: str
    rates: tuple[OfferedRate, ...]


class RatePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What shoppers would be asked now (None: the method is not offered), and what by the table."""

    price: Money | None
    estimated: bool
    table_price: Money | None
    parcels: tuple[RateParcel, ...]
    carriers: tuple[CarrierWord, ...]


async def preview_rates(
    app: App, method_id: UUID, place: Address, goods: shipping.Consignment
) -> RatePreview:
    """Ask the method's carriers now, whatever is known, and price their answers. Nothing is kept.

    A method that asks no carrier has the price of its table. Raises ShippingMethodNotFound.
    """
    async with app.db.reading() as tx:
        method = await shipping.method_by_id(tx, method_id)
    rules = await rules_for(app, method.channel_id)
    questions = shipping.rate_questions(method, goods, place, rules.policy.currency)
    answers = await ask_carriers(app, questions) if questions else {}
    of_carrier = {questions[key].carrier: answer for key, answer in answers.items()}
    found = _priced(app, rules, method, goods, place, answers)
    table = shipping.price_of(method, goods)
    currency = rules.policy.currency
    parcels = shipping.rate_parcels(method, goods) or ()
    return RatePreview(
        price=None if found is None else Money(found.price_minor, currency),
        estimated=found is not None and found.estimated,
        table_price=None if table is None else Money(table, currency),
        parcels=parcels,
        carriers=tuple(
            _word(app, rules, method, place, sum(each.count for each in parcels), carrier, answer)
            for carrier, answer in of_carrier.items()
        ),
    )


def _priced(  # noqa: PLR0917 - a method, for what and where, by which answers
    app: App,
    rules: ShopRules,
    method: shipping.Method,
    goods: shipping.Consignment,
    place: Address,
    answers: Mapping[str, RateAnswer],
) -> shipping.FoundPrice | None:
    now = app.db.clock()
    known = {key: KnownAnswer(answer, now) for key, answer in answers.items()}
    return found_price(rules, method, goods, place, now, answers=known.get)


def _word(  # noqa: PLR0917 - a carrier's answer, and all that prices it
    app: App,
    rules: ShopRules,
    method: shipping.Method,
    place: Address,
    parcels: int,
    carrier: str,
    answer: RateAnswer,
) -> CarrierWord:
    assert method.live is not None
    currency, live = rules.policy.currency, method.live
    taxed = with_tax_of(rules, method, place, app.db.clock())
    return CarrierWord(
        carrier=carrier,
        answer=type(answer).__name__.removeprefix("Rate").lower(),
        reason="" if isinstance(answer, Rated) else answer.reason,
        rates=tuple(
            OfferedRate(
                service=rate.service,
                amount=Money(rate.amount_minor, currency),
                price=Money(
                    shipping.charged(
                        live, rate.amount_minor, parcels, taxed, rules.policy.rounding
                    ),
                    currency,
                ),
                transit_days=rate.transit_days,
                allowed=allowed,
            )
            for _, rate, allowed in shipping.allowed_rates(live, {carrier: answer})
        ),
    )
