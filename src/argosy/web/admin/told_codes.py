"""Codes of explanations in words: what became of promotions, and why a search finds something.

Everything that the quote and the index may say has words here; tests hold that against the types.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from litestar import Request

from argosy.kernel.money import Money
from argosy.web.admin.places import N_
from argosy.web.admin.rule_words import PARTS
from argosy.web.admin.showing import locale_tag, say
from argosy.web.pages.wording import money_text, number_text
from argosy.web.quote_views import VerdictView

AnyRequest = Request[Any, Any, Any]

OUTCOMES: Final = {
    "applied": N_("Given"),
    "rejected": N_("Not given"),
    "superseded": N_("Gave way"),
    "disabled": N_("Cannot be read"),
}
VERDICTS: Final = {
    "applied": N_("Everything that it asks for holds."),
    "budget_exhausted": N_("Its budget is used up."),
    "cannot_be_evaluated": N_("This version of the shop cannot read its rule."),
    "conditions_not_met": N_("Lacking:"),
    "ended": N_("It is over."),
    "floor_reached": N_("Nothing is left above its floor:"),
    "gift_declined": N_("The shopper does not want the gift."),
    "gift_not_available": N_("The gift is not available."),
    "limit_reached": N_("It was used as often as it may be."),
    "no_such_goods": N_("Nothing in the cart is what it is for."),
    "not_enough_units": N_("Not enough of it is in the cart:"),
    "not_started": N_("It has not begun."),
    "not_the_best_choice": N_("Others give the customer more, and do not go with it."),
    "nothing_to_reduce": N_("Nothing is left that it could reduce."),
    "shipping_method_not_included": N_("It is not for the way of shipping that is chosen."),
    "stopped": N_("It is stopped."),
    "stopped_by": N_("One before it lets none follow."),
}
CUTS: Final = {
    "cap": N_("its cap"),
    "cost_unknown": N_("what goods cost is not known"),
    "floor_margin": N_("its floor by margin"),
    "floor_percent": N_("its floor by share of the price"),
    "floor_price": N_("its floor by price"),
    "price": N_("nothing costs less than nothing"),
}
_MISSING: Final = {
    "budget": N_("Budget"),
    "coupon": N_("Coupon code"),
}
SHORT: Final = {
    "minor": N_("%(count)s more"),
    "units": N_("%(count)s units more"),
    "variants": N_("%(count)s variants more"),
    "orders": N_("%(count)s orders more"),
    "days": N_("%(count)s days more"),
    "conditions": N_("%(count)s conditions more"),
    "": N_("%(count)s more"),
}
REWARDS: Final = {
    "words": N_("Words that it has"),
    "all_parts": N_("It has all that is asked for"),
    "all_words": N_("It has all words as typed"),
    "is_head": N_("It is the thing that is asked for"),
    "is_brand": N_("It is of the brand that is asked for"),
    "is_code": N_("It has the number that is asked for"),
    "title_phrase": N_("The words stand together in its title"),
}
HOW: Final = {
    "exact": N_("found as"),
    "synonym": N_("by a synonym:"),
    "joined": N_("written in one:"),
    "split": N_("written apart:"),
    "typo": N_("as a typo of"),
}
PLACES: Final = {
    "title": N_("in its title"),
    "brand": N_("in its brand"),
    "kind": N_("in what it is"),
    "description": N_("in its description"),
    "attributes": N_("in its attributes"),
    "flags": N_("among its properties"),
    "codes": N_("among its numbers"),
}
STEPS: Final = {
    "charge.price": N_("A fee"),
    "discount.line": N_("A discount on a line"),
    "discount.order": N_("A discount on the order"),
    "discount.shipping": N_("A discount on shipping"),
    "price.answer": N_("A price of an answer"),
    "price.lost": N_("A price that was not taken"),
    "price.taken": N_("The price that was taken"),
    "promotion.applied": N_("A promotion is given"),
    "promotion.choice": N_("A choice among promotions"),
    "shipping.free_from": N_("Free shipping from an amount on"),
    "shipping.price": N_("The price of shipping"),
    "shipping.rate": N_("A carrier's rate"),
    "shipping.rates": N_("The rates of carriers"),
    "tax.given": N_("Tax as an engine said"),
    "tax.import": N_("Tax of an import"),
    "tax.line": N_("Tax of a line"),
    "tax.order": N_("Tax of the order"),
    "tax.rate": N_("Tax of a rate"),
    "tax.relief": N_("Tax that is not owed"),
    "tax.unit": N_("Tax of a unit"),
    "total": N_("The total"),
}


class VerdictSaid(NamedTuple):
    """What became of a promotion: `why`, `lacks` what would help, `cut` what kept it from more."""

    promotion_id: str
    name: str
    outcome: str
    tone: str
    why: str
    lacks: list[str]
    cut: list[str]
    amount: Money | None


def verdict_said(request: AnyRequest, one: VerdictView, currency: str) -> VerdictSaid:
    """A verdict in the person's language."""
    unread = one.outcome == "disabled"
    return VerdictSaid(
        promotion_id=one.promotion_id,
        name=one.name,
        outcome=say(request, OUTCOMES[one.outcome]),
        tone="good" if one.outcome == "applied" else "quiet",
        why=say(request, VERDICTS[one.code]),
        lacks=[] if unread else [_lack(request, each, currency) for each in one.missing],
        cut=[say(request, CUTS[each]) for each in one.cut],
        amount=one.amount,
    )


def missing_words(code: str) -> str:
    """What a promotion lacks, in English: a condition, units for what it does, a floor."""
    part = PARTS.get(f"condition.{code}") or PARTS.get(f"action.{code}")
    return part[0] if part else CUTS.get(code) or _MISSING.get(code, code)


def _lack(request: AnyRequest, one: Any, currency: str) -> str:
    name = say(request, missing_words(one.code))
    if not one.short:
        return name
    tag = locale_tag(request)
    if one.unit == "minor":
        count = money_text(Money(one.short, currency), tag)
    else:
        count = number_text(one.short, tag)
    return f"{name} ({say(request, SHORT[one.unit], count=count)})"


def said_by(request: AnyRequest, words: Mapping[str, str]) -> Callable[[str], str]:
    """What says codes by their words; of others the code itself."""
    return lambda code: say(request, words[code]) if code in words else code
