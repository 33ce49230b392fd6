"""A till that sells to France, too, and a register of VAT ids that says what it is told to."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

from tests.workflows.till import Till

from argosy.kernel.address import Address
from argosy.modules import shipping, tax
from argosy.modules.tax import RegisterAnswer, TaxId
from argosy.workflows.app import App

PARIS = Address(country="FR", postal_code="75002", city="Paris", line1="1 rue de la Paix", name="A")
LYON_TAX_ID = "FR40303265045"


class Register:
    """What the register says next, and what it was asked."""

    name = tax.VIES

    def __init__(self) -> None:
        self.says = RegisterAnswer(status="valid", request_id="WAPI-1", name="SA SODIMAS")
        self.asked: list[tuple[str, str | None]] = []

    async def check(self, tax_id: TaxId, requester: TaxId | None) -> RegisterAnswer:
        self.asked.append((tax_id.value, requester.value if requester else None))
        return self.says

    async def close(self) -> None:
        """Nothing is open."""


def with_register(till: Till, register: Register) -> App:
    """The till's app, that asks the register; the till uses it from now on."""
    till.app = dataclasses.replace(till.app, vat_register=register)
    return till.app


async def sells_to_france(till: Till, **policy: Any) -> None:
    """French VAT at 20 %, the standard way to ship there, and a German seller."""
    async with till.db.transaction() as tx:
        rate = tax.SetRate(
            tax_class="standard",
            code="FR-20",
            name="TVA",
            jurisdiction="FR",
            rate=Decimal("0.2"),
        )
        zone = tax.SetZone(code="fr", name="France", areas=(tax.Area(country="FR"),))
        await tax.create_zone(tx, zone, [rate])
        place = await shipping.create_zone(
            tx,
            shipping.SetZone(code="fr", name="France", areas=(shipping.Area(country="FR"),)),
        )
        await shipping.create_method(
            tx,
            till.channel.id,
            shipping.SetMethod(
                code="france",
                name="France",
                pricing="flat",
                zone_ids=(place.id,),
                tiers=(shipping.Tier(from_value=0, price_minor=1200),),
            ),
        )
        settings = {"seller_country": "DE", "seller_tax_id": "DE136695976"} | policy
        await tax.set_policy(tx, till.channel.id, tax.SetTaxPolicy(**settings), expected_version=0)
