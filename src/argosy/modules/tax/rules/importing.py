"""Goods that come into the EU for a sale: the import one-stop shop (DOMAIN.md B18).

Directive 2006/112/EC, articles 369l to 369x: who sells goods to consumers from outside the EU, in
consignments of an intrinsic value of at most 150 EUR, may charge the VAT of the destination at the
sale and declare it in one member state; the goods are then exempt on importation (article 143(1)
(ca)). Above that, and for goods under excise duty, VAT and duties are due on importation.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from argosy.kernel.iso4217 import EXPONENTS
from argosy.modules.tax.errors import TaxPolicyInvalid
from argosy.modules.tax.rules.identifying import MEMBER_STATES
from argosy.modules.tax.rules.zones import is_class_code
from argosy.modules.tax.types import EuroRate, ImportTerms, SetTaxPolicy, TaxPolicy

IOSS_LIMIT_EUR: Final = 150
RATES_KEPT: Final = 40
"""So many days with rates are looked back at for a tax point."""
MAX_EXCISE_CLASSES: Final = 100
_NUMBER: Final = re.compile(r"IM[0-9]{10}")


def import_terms(
    policy: TaxPolicy, rates: Sequence[EuroRate], *, country: str, currency: str, day: date
) -> ImportTerms | None:
    """Return by which terms goods that ship to the country are imported; None: by none.

    Only sellers with a number use the scheme, for goods that come from outside the EU. `rates`,
    newest first, are those of the currency: the latest on or before the day counts (A15), the
    oldest if all are later. `check_import` lets no policy get to a currency without rates.
    """
    origin = dispatched_from(policy)
    if not policy.ioss_number or country not in MEMBER_STATES or origin in MEMBER_STATES:
        return None
    if currency == "EUR":
        rate, worth = None, Fraction(IOSS_LIMIT_EUR)
    elif rates:
        rate = next((one for one in rates if one.as_of <= day), rates[-1])
        worth = IOSS_LIMIT_EUR * Fraction(rate.rate)
    else:
        return None
    return ImportTerms(
        number=policy.ioss_number,
        dispatched_from=origin,
        limit_minor=int(worth * 10 ** EXPONENTS[currency]),
        euro_rate=rate,
    )


def dispatched_from(policy: TaxPolicy | SetTaxPolicy) -> str:
    """The country that goods are sent from: that of the origin, else the seller's."""
    return policy.seller_country if policy.origin is None else policy.origin.country


def check_import(given: SetTaxPolicy, currency: str, rates: Sequence[EuroRate]) -> None:
    """Raise TaxPolicyInvalid unless the import one-stop shop can be used as the policy says."""
    if len(given.excise_classes) > MAX_EXCISE_CLASSES or not all(
        is_class_code(code) for code in given.excise_classes
    ):
        raise TaxPolicyInvalid(
            "These are no tax classes.",
            field="excise_classes",
            cure=f"At most {MAX_EXCISE_CLASSES} codes of tax classes.",
        )
    if not given.ioss_number:
        return
    if not _NUMBER.fullmatch(given.ioss_number):
        raise TaxPolicyInvalid(
            "This is no number of the import one-stop shop.",
            field="ioss_number",
            cure="IM and ten digits, as the member state of identification gave it.",
        )
    origin = dispatched_from(given)
    if not origin or origin in MEMBER_STATES:
        raise TaxPolicyInvalid(
            "The import one-stop shop is for goods that are sent from outside the EU.",
            field="origin" if given.origin is not None else "seller_country",
            cure="Say in `origin`, or `seller_country`, from where goods are sent.",
        )
    if currency != "EUR" and not rates:
        raise TaxPolicyInvalid(
            f"How much 150 EUR are in {currency} is not known.",
            field="ioss_number",
            cure="Load the reference rates first: `argosy import euro-rates eurofxref.csv`.",
        )


def usable(rate: Decimal) -> bool:
    """Whether a published rate can be one."""
    return rate.is_finite() and Decimal("0.000001") <= rate <= 10**9
