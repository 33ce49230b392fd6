"""Promotions between the desk and the quote: what is saved is checked, what is stored is compiled.

The promotions island keeps documents and does not read them; the quote reads them and keeps
nothing. Here a stored promotion becomes the quote's, and a wish is refused with every problem that
its document has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from argosy.kernel.ids import MalformedId, decode, encode
from argosy.modules import promotions, quote
from argosy.modules.fields import FieldDefinition
from argosy.modules.promotions import (
    LivePromotion,
    Promotion,
    PromotionInvalid,
    SetPromotion,
)
from argosy.modules.quote import Problem
from argosy.runtime.db import Tx
from argosy.workflows.promotion_fields import fields_for, misuses_of

UNSAVED = "new"
"""The id of a promotion that is checked before it is made."""
_OURS = ("id", "version", "name", "budget")
_SIMPLE_CONDITIONS = frozenset({"coupon"})


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion as the quote reads it (None: it cannot), and all that is wrong with it."""

    rule: quote.Promotion | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps it from being saved."""
        return tuple(one for one in self.problems if one.severity == "error")


def document_of(
    wish: SetPromotion | Promotion, promotion_id: str, version: int = 1
) -> dict[str, Any]:
    """Return the whole document that the quote reads, with what the island keeps beside it.

    A promotion that needs a coupon holds only with a code of its own pool. One whose use is limited
    names itself as its budget, so that the quote says whose use is to be counted.
    """
    document: dict[str, Any] = {
        **wish.document,
        "id": promotion_id,
        "version": version,
        "name": wish.name,
    }
    if wish.limits.is_limited:
        document["budget"] = promotion_id
    if wish.needs_coupon:
        coupon = {"type": "coupon", "pools": [promotion_id]}
        when = document.get("when")
        document["when"] = coupon if when is None else {"type": "all", "of": [coupon, when]}
    return document


def rule_of(
    live: LivePromotion, definitions: Sequence[FieldDefinition]
) -> quote.Promotion | quote.Disabled:
    """Return a live promotion as the quote reads it; one that it cannot read is Disabled, as is one
    that compares a custom field that is not there, or of which it asks what its kind does not know.
    """
    one = live.promotion
    public = encode("promotion", one.id)
    found = quote.read_promotion(document_of(one, public, one.version))
    if isinstance(found, quote.Disabled):
        return msgspec.structs.replace(found, id=public, version=one.version)
    for problem in misuses_of(found, definitions)[:1]:
        return quote.Disabled(
            id=public, version=one.version, path=problem.path, reason=problem.reason
        )
    return found


def check_wish(
    wish: SetPromotion,
    others: Sequence[quote.Promotion] = (),
    *,
    own_id: str = UNSAVED,
    definitions: Sequence[FieldDefinition] = (),
) -> Checked:
    """Judge a promotion before it is saved: by itself, and beside the live ones.

    It may compare the custom fields of the `definitions`.
    """
    nested = quote.check_nesting(wish.document)
    if nested:
        return Checked(rule=None, problems=tuple(nested))
    problems = [
        Problem(path=f"$.{name}", code="not_in_document", reason="is set beside the document")
        for name in _OURS
        if name in wish.document
    ]
    problems += _coupon_conditions(wish.document.get("when"), "$.when")
    if problems:
        return Checked(rule=None, problems=tuple(problems))
    rule, unread = quote.check_document(document_of(wish, own_id))
    wrapped = wish.needs_coupon and wish.document.get("when") is not None
    if rule is None:
        unread = [_unwrapped(one) for one in unread] if wrapped else unread
        return Checked(rule=None, problems=tuple(unread))
    problems = quote.check_promotion(rule) + misuses_of(rule, definitions)
    if isinstance(rule.action, quote.Gift) and not _is_variant(rule.action.variant):
        reason = "is not the id of a variant: var_..."
        problems.append(Problem(path="$.action.variant", code="not_understood", reason=reason))
    if wrapped:
        problems = [_unwrapped(one) for one in problems]
    missing = sorted(set(wish.limits.budget) - _currencies_of(wish.document.get("action")))
    problems += [
        Problem(
            path=f"limits.budget.{currency}",
            code="says_nothing",
            reason=f"nothing in the document is in {currency}",
            severity="warning",
        )
        for currency in missing
        if _currencies_of(wish.document.get("action"))
    ]
    together = quote.check_together([*(one for one in others if one.id != own_id), rule])
    problems += together.get(own_id, [])
    problems += [
        Problem(
            path="$",
            code="makes_unreachable",
            reason=f"keeps {other} from ever applying",
            severity="warning",
        )
        for other in sorted(together)
        if other != own_id
    ]
    return Checked(rule=rule, problems=tuple(problems))


def refuse_errors(checked: Checked) -> quote.Promotion:
    """Return the promotion that may be saved. Raises PromotionInvalid with every problem."""
    errors = checked.errors
    if errors or checked.rule is None:
        raise PromotionInvalid(
            "This promotion cannot be saved: "
            + "; ".join(f"{one.path} {one.reason}" for one in errors[:3]),
            field="document",
            problems=[msgspec.structs.asdict(one) for one in checked.problems],
        )
    return checked.rule


async def live_rules(tx: Tx) -> list[quote.Promotion]:
    """Every live promotion of every channel that the quote can read."""
    return [one for one in await _all_live(tx) if isinstance(one, quote.Promotion)]


async def unreadable(tx: Tx) -> list[quote.Disabled]:
    """Every live promotion that the quote cannot read: of another version, or edited by hand."""
    return [one for one in await _all_live(tx) if isinstance(one, quote.Disabled)]


async def _all_live(tx: Tx) -> list[quote.Promotion | quote.Disabled]:
    found: list[quote.Promotion | quote.Disabled] = []
    after = None
    while True:
        page = await promotions.list_promotions(tx, state="live", after=after, limit=500)
        definitions = await fields_for(tx, [one.document for one in page])
        found += [rule_of(LivePromotion(one, None, {}), definitions) for one in page]
        if len(page) < 500:
            return found
        after = (page[-1].updated_at, page[-1].id)


async def judged(tx: Tx, wish: SetPromotion, *, own_id: str = UNSAVED) -> Checked:
    """Judge a promotion by itself, beside the live ones and by the custom fields there are."""
    definitions = await fields_for(tx, [wish.document])
    return check_wish(wish, await live_rules(tx), own_id=own_id, definitions=definitions)


async def create(tx: Tx, wish: SetPromotion, *, by: str) -> tuple[Promotion, Checked]:
    """Check and make a draft. Raises PromotionInvalid."""
    checked = await judged(tx, wish)
    refuse_errors(checked)
    return await promotions.create_promotion(tx, wish, by=by), checked


async def update(
    tx: Tx, promotion_id: UUID, wish: SetPromotion, *, expected_version: int, by: str
) -> tuple[Promotion, Checked]:
    """Check a promotion, and make it so.

    Raises PromotionNotFound, PromotionInvalid, PromotionNotMovable, PromotionChanged.
    """
    checked = await judged(tx, wish, own_id=encode("promotion", promotion_id))
    refuse_errors(checked)
    made = await promotions.update_promotion(
        tx, promotion_id, wish, expected_version=expected_version, by=by
    )
    return made, checked


async def move(
    tx: Tx, promotion_id: UUID, state: promotions.State, *, by: str
) -> tuple[Promotion, Promotion]:
    """Put a promotion live, pause or archive it: (as it was, as it is). What goes live is checked
    again, because other promotions went live meanwhile.

    Raises PromotionNotFound, PromotionNotMovable, PromotionInvalid.
    """
    before = await promotions.lock_promotion(tx, promotion_id)
    if state == "live" and before.state != "live":
        wish = wish_of(before)
        public = encode("promotion", promotion_id)
        refuse_errors(await judged(tx, wish, own_id=public))
    return before, await promotions.move_promotion(tx, promotion_id, state, by=by)


def wish_of(one: Promotion) -> SetPromotion:
    """Return what would make the promotion what it is."""
    return SetPromotion(
        name=one.name,
        document=one.document,
        channels=one.channels,
        needs_coupon=one.needs_coupon,
        limits=one.limits,
    )


def _coupon_conditions(when: Any, path: str) -> list[Problem]:
    if not isinstance(when, dict):
        return []
    kind = when.get("type")
    if isinstance(kind, str) and kind in _SIMPLE_CONDITIONS:
        reason = "codes are kept beside the document: set needs_coupon, and make coupons"
        return [Problem(path=path, code="not_in_document", reason=reason)]
    parts = when.get("of")
    if not isinstance(parts, list):
        return []
    return [
        problem
        for i, part in enumerate(parts)
        for problem in _coupon_conditions(part, f"{path}.of[{i}]")
    ]


def _is_variant(text: str) -> bool:
    try:
        decode("variant", text)
    except MalformedId:
        return False
    return True


def _unwrapped(problem: Problem) -> Problem:
    # The document's own condition stands second beside the coupon's.
    path = problem.path.replace("$.when.of[1]", "$.when", 1)
    return msgspec.structs.replace(problem, path=path)


def _currencies_of(part: Any) -> set[str]:
    if isinstance(part, dict):
        found = set()
        for name, value in part.items():
            if name in {"amount", "price", "cap"} and isinstance(value, dict):
                found |= set(value)
            else:
                found |= _currencies_of(value)
        return found
    if isinstance(part, list):
        return set().union(*(_currencies_of(each) for each in part))
    return set()
