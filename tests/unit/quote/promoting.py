"""Builders for promotion tests: rules as the documents they are stored as, carts in one call."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from argosy.modules.quote import (
    Facts,
    LineFacts,
    Policy,
    Promotion,
    Quote,
    QuoteRequest,
    RequestLine,
    compile_promotions,
    compute,
    line_facts,
)
from tests.unit.quote.making import line, rates

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NET = Policy(currency="EUR", tax_inclusive=False)
GROSS = Policy(currency="EUR", tax_inclusive=True)
FREE = rates("0")


def rule(id_: str, action: dict[str, Any], **more: Any) -> Promotion:
    """A promotion read from its document."""
    document = {"id": id_, "name": id_, "phase": "line", "action": action, **more}
    return msgspec.convert(document, Promotion)


def percent(value: int | str, **more: Any) -> dict[str, Any]:
    return {"type": "percent", "percent": str(value), **more}


def off(minor: int, per: str = "order", **more: Any) -> dict[str, Any]:
    return {"type": "amount_off", "amount": {"EUR": minor}, "per": per, **more}


def item(key: str, quantity: int, unit_minor: int, **more: Any) -> RequestLine:
    """A line whose goods carry their key as product and category."""
    facts = more.pop("facts", None) or tagged(key)
    return line(key, quantity, unit_minor, more.pop("taxed", FREE), facts=facts, **more)


def tagged(name: str, **more: Any) -> LineFacts:
    return line_facts(product=name, variant=name, **more)


def products(*ids: str) -> dict[str, Any]:
    return {"type": "products", "ids": list(ids)}


def at_least(minor: int, **more: Any) -> dict[str, Any]:
    return {"type": "cart_amount", "gte": {"EUR": minor}, **more}


def asked(*lines: RequestLine, policy: Policy = NET, **more: Any) -> QuoteRequest:
    facts = more.pop("facts", None) or Facts(at=NOON)
    return QuoteRequest(policy=policy, lines=lines, facts=facts, **more)


def quoted(rules: list[Promotion], *lines: RequestLine, **more: Any) -> Quote:
    request = asked(*lines, **more)
    return compute(request, compile_promotions(rules, currency=request.policy.currency))


def names(quote: Quote, outcome: str = "applied") -> list[str]:
    return [one.promotion for one in quote.promotions if one.outcome == outcome]
