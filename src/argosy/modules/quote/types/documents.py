"""A quote as an invoice of EN 16931 sees it, and what is wrong with one (DOMAIN.md B4)."""

from decimal import Decimal
from typing import Literal

import msgspec

VatCategory = Literal["S", "Z", "E", "AE", "K", "G", "O"]
"""UNCL 5305 as EN 16931 uses it: standard rate (also reduced ones), zero rated, exempt, reverse
charge, intra-community supply, export, outside the scope of VAT."""


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice line (BG-25), or a charge on document level (BG-21), net of tax.

    `rate` is a ratio. A line under several taxes at once (US) has their sum, and category S.
    """

    key: str
    net_minor: int
    category: VatCategory
    rate: Decimal
    tax_minor: int = 0


class VatBreakdown(msgspec.Struct, frozen=True, kw_only=True):
    """The tax of one category and rate over the document (BG-23). `reason`: why none is due."""

    category: VatCategory
    rate: Decimal
    taxable_minor: int
    tax_minor: int
    reason: str = ""


class TaxDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What EN 16931 computes with, in minor units of `currency`.

    Discounts are inside the lines' net amounts, shipping and fees are charges. `is_vat` is False
    where several taxes apply to one line: then the rules on categories do not apply.
    """

    currency: str
    lines: tuple[DocumentLine, ...]
    charges: tuple[DocumentLine, ...]
    breakdown: tuple[VatBreakdown, ...]
    line_total_minor: int
    charge_total_minor: int
    tax_exclusive_minor: int
    tax_total_minor: int
    tax_inclusive_minor: int
    payable_minor: int
    buyer_tax_id: str = ""
    destination_country: str = ""
    is_vat: bool = True


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """A business rule of EN 16931 that a document breaks. Amounts in minor units.

    `tolerated`: validators accept the difference (below one unit of the currency, BR-CO-17): tax
    was rounded per unit or per line, and the sum differs from the group's tax by cents.
    """

    rule: str
    subject: str
    detail: str
    expected_minor: int | None = None
    found_minor: int | None = None
    tolerated: bool = False
