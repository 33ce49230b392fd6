"""Shipping that is taxed at several rates is invoiced with the tax of each: B9, B21."""

from __future__ import annotations

from argosy.modules.quote import tax_document
from argosy.workflows.invoice_items import items_to_invoice
from tests.unit.invoices.test_shares import an_order, sums, whole


def test_B9_each_rate_of_the_shipping_has_its_tax_on_the_invoice() -> None:
    quoted, lines = an_order(
        [(1, 11900, 0), (1, 10700, 1)], shipping=2260, deposit=0, off=0, inclusive=True
    )
    shipping = [line for line in tax_document(quoted).charges if line.key.startswith("shipping")]
    assert quoted.shipping is not None
    assert len(shipping) == 2
    assert sum(line.tax_minor for line in shipping) == quoted.shipping.tax.minor > 0
    items = items_to_invoice(quoted, lines, (), None)
    assert sums(items) == whole(quoted)
    assert sum(item.total_minor for item in items) == quoted.total.minor
