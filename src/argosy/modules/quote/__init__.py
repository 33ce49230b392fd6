"""Quote: the pure heart. What a purchase costs, and why, to the cent.

Owns the vocabulary of a computation (lines, rates, promotions, discounts, explanation) and the
engine, the checks of a promotion before it is saved, and what a return of units gives back.
Emits nothing and stores nothing: a Quote is a plain value that orders keep.
Never reads a clock, a table or a setting: everything it depends on is in the request.
"""

from argosy.modules.quote.errors import AmountTooLarge
from argosy.modules.quote.rules.checking import check_promotion, check_together
from argosy.modules.quote.rules.compiling import CompiledPromotions, compile_promotions
from argosy.modules.quote.rules.computing import MAX_TOTAL_MINOR, compute
from argosy.modules.quote.rules.explaining import explain
from argosy.modules.quote.rules.judging import normal_code
from argosy.modules.quote.rules.overlapping import Overlap, worst_overlap
from argosy.modules.quote.rules.rates import NO_RATES, rate_set
from argosy.modules.quote.rules.reading import (
    PartOfRules,
    catalogue,
    check_document,
    promotion_schema,
    read_promotion,
)
from argosy.modules.quote.rules.refunding import UnitsRefund, paid_for, refund_of
from argosy.modules.quote.rules.selecting import line_facts
from argosy.modules.quote.types import (
    Adjustment,
    Destination,
    Disabled,
    Discount,
    Explanation,
    Facts,
    FreeFrom,
    GiftOffer,
    History,
    LineFacts,
    Missing,
    Phase,
    Policy,
    PresentedCoupon,
    PriceSource,
    Problem,
    Promotion,
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
    Verdict,
    Window,
)

__all__ = [
    "MAX_TOTAL_MINOR",
    "NO_RATES",
    "Adjustment",
    "AmountTooLarge",
    "CompiledPromotions",
    "Destination",
    "Disabled",
    "Discount",
    "Explanation",
    "Facts",
    "FreeFrom",
    "GiftOffer",
    "History",
    "LineFacts",
    "Missing",
    "Overlap",
    "PartOfRules",
    "Phase",
    "Policy",
    "PresentedCoupon",
    "PriceSource",
    "Problem",
    "Promotion",
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
    "UnitsRefund",
    "Verdict",
    "Window",
    "catalogue",
    "check_document",
    "check_promotion",
    "check_together",
    "compile_promotions",
    "compute",
    "explain",
    "line_facts",
    "normal_code",
    "paid_for",
    "promotion_schema",
    "rate_set",
    "read_promotion",
    "refund_of",
    "worst_overlap",
]
