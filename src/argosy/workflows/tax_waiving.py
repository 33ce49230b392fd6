"""The taxes of one quote for one buyer: what is not charged, and the evidence for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules import quote, tax
from argosy.modules.quote import (
    BuyerTax,
    ImportRule,
    RateSet,
    RequestKit,
    RequestLine,
    RequestShipping,
)
from argosy.reads.sellable import Sellable

NOT_INCLUDED: Final = "Import VAT and duties are not included"


class Taxation:
    """Remembers, while a quote is put together, which certificates were used for it."""

    def __init__(
        self,
        taxes: tax.ChannelTaxes,
        buyer: tax.Buyer,
        *,
        place: Address,
        day: date,
        locale: str,
    ) -> None:
        self._taxes = taxes
        self._policy = taxes.policy
        self._buyer = buyer
        self._place = place
        self._day = day
        self._locale = locale
        self._certificates: set[str] = set()
        self.matters = buyer.tax_id is not None or bool(buyer.certificates)

    def rates(self, rates: RateSet, tax_class: str, *, ships: bool) -> RateSet:
        """The rates of a class of goods, less what this buyer does not owe."""
        found = tax.waiver(
            self._policy,
            self._buyer,
            country=self._place.country,
            region=self._place.region,
            tax_class=tax_class,
            ships=ships,
            day=self._day,
            locale=self._locale,
        )
        if found is None:
            return rates
        left = quote.waived(
            rates,
            found.treatment,
            name=found.name,
            note=found.note,
            keep_net=self._policy.waived_price == "net",
            only=found.taxes,
        )
        if left is not rates:
            self._certificates.update(found.certificates)
        return left

    def relieve(
        self,
        lines: Sequence[RequestLine],
        sellables: Mapping[UUID, Sellable],
        shipping: RequestShipping | None,
        shipping_class: str | None,
    ) -> tuple[list[RequestLine], RequestShipping | None]:
        """Lines and shipping with the rates that are left for this buyer."""
        found = []
        for line in lines:
            goods = sellables[line.variant_id]
            if line.kit is not None:
                found.append(self._relieve_kit(line, line.kit, sellables))
                continue
            left = self.rates(line.rates, goods.tax_class, ships=goods.requires_shipping)
            found.append(line if left is line.rates else msgspec.structs.replace(line, rates=left))
        if shipping is not None and shipping_class is not None:
            left = self.rates(shipping.rates, shipping_class, ships=True)
            shipping = msgspec.structs.replace(shipping, rates=left)
        return found, shipping

    def _relieve_kit(
        self, line: RequestLine, kit: RequestKit, sellables: Mapping[UUID, Sellable]
    ) -> RequestLine:
        parts = []
        for part in kit.parts:
            goods = sellables[part.variant_id]
            left = self.rates(part.rates, goods.tax_class, ships=goods.requires_shipping)
            parts.append(msgspec.structs.replace(part, rates=left))
        return msgspec.structs.replace(line, kit=msgspec.structs.replace(kit, parts=tuple(parts)))

    def imports(
        self,
        lines: Sequence[RequestLine],
        sellables: Mapping[UUID, Sellable],
        currency: str,
    ) -> ImportRule | None:
        """How the goods among the lines are taxed as imports into the EU (B18); None: as others.

        What does not ship is no goods: it is taxed where the buyer is, in any case.
        """
        policy = self._policy
        if not policy.ioss_number:
            return None
        terms = tax.import_terms(
            policy,
            self._taxes.euro_rates,
            country=self._place.country,
            currency=currency,
            day=self._day,
        )
        if terms is None:
            return None
        pieces = [
            (piece.key, sellables[piece.variant_id])
            for line in lines
            for piece in ((line,) if line.kit is None else line.kit.parts)
        ]
        number, rate = self._buyer.tax_id, terms.euro_rate
        return ImportRule(
            number=terms.number,
            dispatched_from=terms.dispatched_from,
            limit_minor=terms.limit_minor,
            goods=frozenset(key for key, goods in pieces if goods.requires_shipping),
            excise=frozenset(
                key for key, goods in pieces if goods.tax_class in policy.excise_classes
            ),
            business=number is not None and tax.counts(policy, number),
            keep_net=policy.waived_price == "net",
            note=NOT_INCLUDED,
            euro_rate=None if rate is None else rate.rate,
            rate_as_of=None if rate is None else rate.as_of,
            rate_source="" if rate is None else rate.source,
        )

    def evidence(self) -> BuyerTax | None:
        """What the quote keeps of the buyer; None for a consumer."""
        number = self._buyer.tax_id
        if number is None and not self._certificates:
            return None
        certificates = tuple(sorted(self._certificates))
        if number is None:
            return BuyerTax(certificates=certificates)
        return BuyerTax(
            tax_id=number.value,
            country=number.country,
            status=number.status,
            check_id=number.check_id,
            request_id=number.request_id,
            checked_at=number.checked_at,
            certificates=certificates,
        )


def buyer_with(buyer: tax.Buyer, tax_id: TaxIdEvidence | None) -> tax.Buyer:
    """The buyer with the tax id that this cart names, if it names one."""
    if tax_id is None:
        return buyer
    return tax.Buyer(tax_id=tax_id, certificates=buyer.certificates)
