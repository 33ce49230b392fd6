"""The quote's hash: what the shopper agreed to, and nothing else (DOMAIN.md G4)."""

from collections.abc import Sequence
from hashlib import sha256
from operator import itemgetter

import msgspec

from argosy.modules.quote.types import QuoteCharge, QuoteLine, QuoteRequest, QuoteShipping

_ENCODE = msgspec.json.Encoder().encode
_KEY = itemgetter(0)


def bind(
    request: QuoteRequest,
    lines: Sequence[QuoteLine],
    shipping: QuoteShipping | None,
    charges: Sequence[QuoteCharge],
    total_minor: int,
) -> str:
    """Return a hex digest of lines, prices, discounts, tax, shipping, fees, currency and address.

    Independent of the order of the lines, and of names and explanations: a renamed product is the
    same purchase.
    """
    policy, destination = request.policy, request.destination
    agreed: tuple[object, ...] = (
        "argosy.quote.1",
        policy.currency,
        policy.tax_inclusive,
        None
        if destination is None
        else (destination.country, destination.region, destination.postal_code),
        request.binding,
        sorted([_line(line) for line in lines], key=_KEY),
        None if shipping is None else _shipping(shipping),
        total_minor,
    )
    if charges:
        agreed = (*agreed, sorted((each.key, each.code, each.total.minor) for each in charges))
    return sha256(_ENCODE(agreed)).hexdigest()


def _line(line: QuoteLine) -> tuple[object, ...]:
    discounts, taxes = line.discounts, line.taxes
    return (
        line.key,
        line.variant_id,
        line.quantity,
        line.unit_price.minor,
        line.subtotal.minor,
        [(taken.rule, taken.amount.minor) for taken in discounts] if discounts else (),
        ((taxes[0].code, taxes[0].tax.minor),)
        if len(taxes) == 1
        else [(part.code, part.tax.minor) for part in taxes],
        line.total.minor,
    )


def _shipping(shipping: QuoteShipping) -> tuple[object, ...]:
    return (
        shipping.code,
        shipping.price.minor,
        [(taken.rule, taken.amount.minor) for taken in shipping.discounts],
        [(part.code, part.tax.minor) for part in shipping.taxes],
        shipping.total.minor,
    )
