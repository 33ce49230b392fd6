"""Prices in a second currency, proposed from a base list by a reference rate.

    rates, base list --propose_prices--> a price import's plan    (nothing is stored)
    the same, apply --> the import, with its outliers to be acknowledged; rate and source on record

A rate fills prices in; it never prices a purchase (DOMAIN.md A14).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

import msgspec

from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import catalog, pricing, staff
from argosy.modules.pricing import Price, PriceInvalid, PriceList
from argosy.modules.pricing.ports import PriceRow, RateSource, RowFault
from argosy.modules.staff import Actor
from argosy.runtime.db import Database
from argosy.workflows.price_import import PriceImport, import_prices

_PAGE: Final = 5_000


class FxTerms(msgspec.Struct, frozen=True, kw_only=True):
    """From which list (by code) into which. `ending`: the digits that prices end with. Rates older
    than `max_age_days` are refused. Prices that leave less than `min_margin_percent` over the cost,
    after `tax_percent` that is in them, are not proposed.
    """

    base_list: str
    target_list: str
    ending: str | None = None
    max_age_days: int = 5
    min_margin_percent: Decimal | None = None
    tax_percent: Decimal = Decimal(0)


class FxProposal(msgspec.Struct, frozen=True, kw_only=True):
    """What was proposed or stored, and by which rate: so much of the target for one of the base."""

    rate: Decimal
    as_of: str
    source: str
    prices: PriceImport


class _Rows:
    """The proposed prices as a source of the price import."""

    def __init__(self, found: list[PriceRow | RowFault]) -> None:
        self._found = found

    def rows(self) -> Iterator[PriceRow | RowFault]:
        return iter(self._found)


async def propose_prices(
    db: Database,
    source: RateSource,
    terms: FxTerms,
    *,
    apply: bool = False,
    actor: Actor = staff.SYSTEM,
    outlier_percent: int = pricing.OUTLIER_PERCENT,
    acknowledged: str | None = None,
) -> FxProposal:
    """Plan the prices of the target list, or (`apply`) store them. A repeat changes nothing.

    Prices of the base list without an end are taken, with their quantities. Raises RatesStale,
    RateUnknown, RatesUnreadable, PriceListNotFound, CurrencyDiffers, PriceInvalid, and
    OutliersUnacknowledged.
    """
    pricing.check_ending(terms.ending)
    if terms.min_margin_percent is not None and not 0 <= terms.min_margin_percent < 100:
        raise PriceInvalid("No such margin.", field="min_margin_percent", cure="0 to below 100.")
    rates = source.read()
    pricing.check_fresh(rates, db.clock().date(), terms.max_age_days)
    async with db.reading() as tx:
        base = await pricing.price_list_by_code(tx, terms.base_list)
        target = await pricing.price_list_by_code(tx, terms.target_list)
    if base.currency == target.currency:
        raise pricing.CurrencyDiffers(
            f"Both lists are in {base.currency}: there is nothing to convert.", field="target_list"
        )
    rate = pricing.cross_rate(rates, base.currency, target.currency)
    rows = await _proposed(db, base, target, rate, terms)
    done = await import_prices(
        db, _Rows(rows), actor=actor, dry_run=not apply, outlier_percent=outlier_percent,
        acknowledged=acknowledged,
    )  # fmt: skip
    shown = (Decimal(rate.numerator) / Decimal(rate.denominator)).quantize(Decimal("0.00000001"))
    said = FxProposal(rate=shown, as_of=str(rates.as_of), source=rates.source, prices=done)
    if apply:
        async with db.transaction() as tx:
            what: dict[str, object] = {"base": base.code, "rate": f"{shown:f}", "as_of": said.as_of}
            what |= {"source": said.source, "created": done.created, "updated": done.updated}
            await staff.audit(
                tx, actor, "prices.converted", encode("price_list", target.id), None, what
            )
    return said


async def _proposed(
    db: Database, base: PriceList, target: PriceList, rate: Fraction, terms: FxTerms
) -> list[PriceRow | RowFault]:
    found: list[PriceRow | RowFault] = []
    after: tuple[UUID, UUID] | None = None
    while True:
        async with db.reading() as tx:
            page = await pricing.list_prices(tx, base.id, after=after, limit=_PAGE)
            ids = sorted({price.variant_id for price in page})
            variants = await catalog.variants_by_ids(tx, ids)
            costs = await pricing.costs_at(tx, ids, target.currency)
            known = await pricing.costs_at(tx, ids, base.currency)
            now = tx.now
        for one, cost in known.items():
            changed = pricing.converted(cost, rate, source=base.currency, target=target.currency)
            costs.setdefault(one, changed)
        skus = {variant.id: variant.sku for variant in variants}
        for price in page:
            row = len(found) + 1
            if price.valid_until is not None or (price.valid_from and price.valid_from > now):
                reason = "Only prices that hold now and have no end are converted."
                found.append(
                    RowFault(row=row, column="valid_to", reason=reason, severity="warning")
                )
            elif price.variant_id in skus:
                sku = skus[price.variant_id]
                found.append(_row(row, sku, price, base, target, rate, terms, costs))
        if len(page) < _PAGE:
            return found
        after = (page[-1].variant_id, page[-1].id)


def _row(  # noqa: PLR0917 - a price, from where to where, and by which terms
    row: int,
    sku: str,
    price: Price,
    base: PriceList,
    target: PriceList,
    rate: Fraction,
    terms: FxTerms,
    costs: Mapping[UUID, int],
) -> PriceRow | RowFault:
    minor = pricing.converted(
        price.amount_minor,
        rate,
        source=base.currency,
        target=target.currency,
        ending=terms.ending if price.amount_minor else None,
    )
    cost = costs.get(price.variant_id)
    if terms.min_margin_percent is not None and cost is not None:
        least = pricing.least_price(cost, terms.min_margin_percent, terms.tax_percent)
        if minor < least:
            shown = f"{Money(minor, target.currency)} for {sku}"
            reason = f"{shown} leaves less than {terms.min_margin_percent} % over its cost."
            return RowFault(row=row, column="amount", reason=reason)
    return PriceRow(
        row=row,
        sku=sku,
        amount=Money(minor, target.currency).to_decimal(),
        price_list=target.code,
        min_quantity=price.min_quantity,
        priority=price.priority,
    )
