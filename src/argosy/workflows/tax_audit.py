"""Do the taxes of the orders stand up as invoices? Each frozen quote against EN 16931."""

from __future__ import annotations

from uuid import UUID

import msgspec

from argosy.modules import orders
from argosy.modules.quote import Quote, Violation, check_tax_document, tax_document
from argosy.workflows.app import App

_PAGE = 500


class TaxFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that an order's taxes break."""

    order_id: UUID
    number: str | None
    violation: Violation


class TaxAudit(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders were looked at, and what was found."""

    orders: int
    findings: tuple[TaxFinding, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing but differences of cents that validators accept."""
        return all(found.violation.tolerated for found in self.findings)


async def check_orders(app: App) -> TaxAudit:
    """Check every order that was confirmed. Reads page by page; changes nothing."""
    looked, found = 0, list[TaxFinding]()
    after: UUID | None = None
    while True:
        async with app.db.reading() as tx:
            page = await orders.confirmed_quotes(tx, after=after, limit=_PAGE)
        for order_id, number, stored in page:
            document = tax_document(msgspec.convert(stored, Quote))
            found += [
                TaxFinding(order_id=order_id, number=number, violation=violation)
                for violation in check_tax_document(document)
            ]
        looked += len(page)
        if len(page) < _PAGE:
            return TaxAudit(orders=looked, findings=tuple(found))
        after = page[-1][0]
