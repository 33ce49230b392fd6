"""compute for goods that come into the EU for a sale: their value decides about their tax (B18)."""

from collections.abc import Callable
from typing import Final

import msgspec

from argosy.modules.quote.rules.compiling import CompiledPromotions
from argosy.modules.quote.rules.computing import compute as computed
from argosy.modules.quote.rules.rates import waived
from argosy.modules.quote.types import (
    Facts,
    Imported,
    ImportRule,
    Quote,
    QuoteRequest,
    RateSet,
    RequestLine,
    Step,
)

GIFT: Final = "gift:"

_Relief = Callable[[RateSet], RateSet]


def compute(request: QuoteRequest, promotions: CompiledPromotions | None = None) -> Quote:
    """Compute a purchase: prices, discounts, shipping, tax and totals, each cent explained.

    Pure and deterministic: equal requests give equal quotes, and the order of the lines changes
    no amount. Line keys are unique, and none begins with "gift:". Promotions are those of the
    policy's currency; they need `request.facts`. Goods that come into the EU for this sale are
    computed with the tax of their destination first: what is left of their price without it is
    their value, which decides. Raises AmountTooLarge.
    """
    quote, rule = computed(request, promotions), request.imports
    if rule is None or request.given is not None:
        return quote
    found = judged(rule, quote)
    if found is None:
        return quote
    if found.scheme == "import_vat":
        quote = computed(untaxed(request, rule), promotions)
    return msgspec.structs.replace(
        quote, imported=found, explanation=(*quote.explanation, _step(found))
    )


def judged(rule: ImportRule, quote: Quote) -> Imported | None:
    """What becomes of the goods; None if there are none. `quote` has the tax of the destination."""
    lines = [line for line in quote.lines if line.key in rule.goods or line.key.startswith(GIFT)]
    if not any(line.key in rule.goods for line in lines):
        return None
    value = sum(line.net.minor for line in lines)
    if rule.business:
        reason = "business"
    elif any(line.key in rule.excise for line in lines):
        reason = "excise"
    else:
        reason = "within_limit" if value <= rule.limit_minor else "over_limit"
    charged = reason == "within_limit"
    return Imported(
        scheme="ioss" if charged else "import_vat",
        reason=reason,  # type: ignore[arg-type]
        lines=tuple(sorted(line.key for line in lines)),
        value_minor=value,
        limit_minor=rule.limit_minor,
        dispatched_from=rule.dispatched_from,
        destination="" if quote.destination is None else quote.destination.country,
        number=rule.number if charged else "",
        note="" if charged else rule.note,
        euro_rate=rule.euro_rate,
        rate_as_of=rule.rate_as_of,
        rate_source=rule.rate_source,
    )


def untaxed(request: QuoteRequest, rule: ImportRule) -> QuoteRequest:
    """The request without tax on the goods, on what they are shipped for and on their fees."""

    def relief(rates: RateSet) -> RateSet:
        return waived(rates, "export", name="Export", note=rule.note, keep_net=rule.keep_net)

    lines = tuple(_line(line, rule, relief) for line in request.lines)
    alone = all(_is_whole(line, rule) for line in request.lines)
    shipping = request.shipping
    if shipping is not None:
        shipping = msgspec.structs.replace(shipping, rates=relief(shipping.rates))
    return msgspec.structs.replace(
        request,
        lines=lines,
        shipping=shipping,
        facts=None if request.facts is None else _gifts(request.facts, relief),
        charges=tuple(
            msgspec.structs.replace(fee, rates=relief(fee.rates))
            if (alone if fee.line is None else fee.line in rule.goods)
            else fee
            for fee in request.charges
        ),
    )


def _line(line: RequestLine, rule: ImportRule, relief: _Relief) -> RequestLine:
    if line.kit is not None:
        parts = tuple(
            msgspec.structs.replace(part, rates=relief(part.rates))
            if part.key in rule.goods
            else part
            for part in line.kit.parts
        )
        return msgspec.structs.replace(line, kit=msgspec.structs.replace(line.kit, parts=parts))
    if line.key not in rule.goods:
        return line
    return msgspec.structs.replace(line, rates=relief(line.rates))


def _is_whole(line: RequestLine, rule: ImportRule) -> bool:
    """Whether all of a line is imported."""
    if line.kit is not None:
        return all(part.key in rule.goods for part in line.kit.parts)
    return line.key in rule.goods


def _gifts(facts: Facts, relief: _Relief) -> Facts:
    if not facts.gifts:
        return facts
    offers = {
        key: msgspec.structs.replace(
            offer, line=msgspec.structs.replace(offer.line, rates=relief(offer.line.rates))
        )
        for key, offer in facts.gifts.items()
    }
    return msgspec.structs.replace(facts, gifts=offers)


def _step(found: Imported) -> Step:
    numbers: dict[str, int | str] = {
        "scheme": found.scheme,
        "reason": found.reason,
        "value_minor": found.value_minor,
        "limit_minor": found.limit_minor,
        "dispatched_from": found.dispatched_from,
    }
    if found.euro_rate is not None:
        numbers |= {
            "euro_rate": f"{found.euro_rate:f}",
            "rate_as_of": str(found.rate_as_of),
            "rate_source": found.rate_source,
        }
    return Step(code="tax.import", subject=found.destination, numbers=numbers)
