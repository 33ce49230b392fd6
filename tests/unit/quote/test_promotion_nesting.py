"""How deep and how large a promotion may be: bounded at save, and never the end of a cart."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.modules.promotions import SetPromotion
from argosy.modules.quote import (
    Disabled,
    check_nesting,
    compile_promotions,
    compute,
    explain,
    read_promotion,
)
from argosy.modules.quote.rules.reading import MAX_LEVELS, MAX_PARTS
from argosy.workflows.promoting import check_wish
from tests.unit.quote.promoting import asked, at_least, item, names, percent, products, rule


def nested(levels: int, kind: str = "all", core: dict[str, Any] | None = None) -> dict[str, Any]:
    """A condition (or selector) so many levels deep."""
    found = core or {"type": "signed_in", "is": False}
    for _ in range(levels - 1):
        found = {"type": kind, "of": [found]}
    return found


def document(**more: Any) -> dict[str, Any]:
    return {"phase": "line", "action": percent(10), **more}


def problems_of(found: dict[str, Any]) -> list[tuple[str, str]]:
    checked = check_wish(SetPromotion(name="P", document=found))
    return [(one.path, one.code) for one in checked.problems]


@pytest.mark.parametrize("coupon", [False, True])
def test_a_document_of_the_greatest_depth_is_saved(coupon: bool) -> None:
    wish = SetPromotion(name="P", document=document(when=nested(MAX_LEVELS)), needs_coupon=coupon)
    assert check_wish(wish).problems == ()


@pytest.mark.parametrize("levels", [MAX_LEVELS + 1, 400, 5000])
def test_a_deeper_one_is_refused_with_the_place(levels: int) -> None:
    inside = "".join([".of[0]"] * MAX_LEVELS)
    assert problems_of(document(when=nested(levels))) == [(f"$.when{inside}", "too_deep")]
    selector = nested(levels, "any", products("x"))
    # The action is a level of its own.
    inside = "".join([".of[0]"] * (MAX_LEVELS - 1))
    assert problems_of(document(action=percent(10, of=selector))) == [
        (f"$.action.of{inside}", "too_deep")
    ]


def test_a_document_of_too_many_parts_is_refused_with_the_first_that_is_too_many() -> None:
    some = [{"type": "any", "of": [at_least(n) for n in range(99)]} for _ in range(5)]
    fits = document(when={"type": "all", "of": some[:4]})
    assert check_nesting(fits) == []
    found = check_nesting(document(when={"type": "all", "of": some}))
    # The action, the condition, five times one with 99 in it: 502.
    assert [(one.path, one.code) for one in found] == [("$.when.of[4].of[97]", "too_many_parts")]
    assert str(MAX_PARTS) in found[0].reason


def test_what_was_stored_deeper_is_still_evaluated() -> None:
    stored = rule("deep", percent(10), when=nested(200))
    shallow = rule("plain", percent(10), priority=1)
    request = asked(item("x", 1, 1000))
    compiled = compile_promotions([stored, shallow], currency="EUR")
    assert compiled.disabled == ()
    assert names(compute(request, compiled)) == ["deep", "plain"]
    assert [one.outcome for one in explain(request, compiled).verdicts] == ["applied", "applied"]


def test_what_is_too_deep_to_be_read_is_disabled_and_not_the_cart() -> None:
    text = '{"type":"all","of":[' * 5000 + '{"type":"signed_in"}' + "]}" * 5000
    head = '{"id":"d","name":"d","phase":"line","action":{"type":"percent","percent":"5"},"when":'
    read = read_promotion(f"{head}{text}}}")
    assert isinstance(read, Disabled)
    compiled = compile_promotions([read, rule("a", percent(10))], currency="EUR")
    assert names(compute(asked(item("x", 1, 1000)), compiled)) == ["a"]
