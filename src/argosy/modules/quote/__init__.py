"""Quote: the pure heart. What a purchase costs, and why, to the cent.

Owns the vocabulary of a computation (lines, rates, discounts, explanation) and the engine.
Emits nothing and stores nothing: a Quote is a plain value that orders keep.
Never reads a clock, a table or a setting: everything it depends on is in the request.
"""

from argosy.modules.quote.errors import AmountTooLarge
from argosy.modules.quote.rules.computing import MAX_TOTAL_MINOR, compute
from argosy.modules.quote.rules.rates import NO_RATES, rate_set
from argosy.modules.quote.types import (
    Adjustment,
    Destination,
    Discount,
    Policy,
    PriceSource,
    Quote,
    QuoteLine,
    QuoteRequest,
    QuoteShipping,
    RateSet,
    RequestLine,
    RequestShipping,
    ShippingTax,
    Step,
    TaxGroup,
    TaxPart,
    TaxRate,
    TaxRounding,
    TaxTotal,
    Treatment,
    UnitShare,
)

__all__ = [
    "MAX_TOTAL_MINOR",
    "NO_RATES",
    "Adjustment",
    "AmountTooLarge",
    "Destination",
    "Discount",
    "Policy",
    "PriceSource",
    "Quote",
    "QuoteLine",
    "QuoteRequest",
    "QuoteShipping",
    "RateSet",
    "RequestLine",
    "RequestShipping",
    "ShippingTax",
    "Step",
    "TaxGroup",
    "TaxPart",
    "TaxRate",
    "TaxRounding",
    "TaxTotal",
    "Treatment",
    "UnitShare",
    "compute",
    "rate_set",
]
