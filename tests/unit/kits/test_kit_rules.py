"""What a kit may be, what of it can be chosen, and how many can be made (E11, F12)."""

from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.kernel.bill import Bill, BillGroup, BillItem, BillOption
from argosy.modules.kits import KitInvalid, Part, available, check_bill, chosen, normal
from argosy.modules.kits.rules import PLENTY

KIT, A, B, C, D = (UUID(int=n) for n in range(5))


def group(*variants: UUID, code: str = "drink", **more: object) -> BillGroup:
    options = tuple(BillOption(code=f"o{v.int}", variant_id=v) for v in variants)
    return BillGroup(code=code, name="Drink", options=options, **more)  # type: ignore[arg-type]


BILL = Bill(items=(BillItem(variant_id=A, quantity=2),), groups=(group(B, C),))


@pytest.mark.parametrize(
    ("bill", "field"),
    [
        (Bill(), "items"),
        (Bill(items=(BillItem(variant_id=KIT),)), "items"),
        (Bill(items=(BillItem(variant_id=A), BillItem(variant_id=A))), "items"),
        (Bill(items=(BillItem(variant_id=A, quantity=0),)), "items[0].quantity"),
        (Bill(groups=(group(A, least=0),)), "groups"),
        (Bill(groups=(group(A, B, least=2),)), "groups[0].most"),
        (Bill(groups=(group(A, B, most=3),)), "groups[0].most"),
        (Bill(groups=(group(A, B, defaults=("o9",)),)), "groups[0].defaults"),
        (Bill(groups=(group(A, B, defaults=("o1", "o2")),)), "groups[0].defaults"),
        (Bill(groups=(group(A, B), group(C, B, code="x"))), "groups"),
        (Bill(groups=(group(A, code="No Code"),)), "groups[0].code"),
        (Bill(items=BILL.items, amount_off={"EUR": 5}), "price"),
        (Bill(items=BILL.items, price="sum", amount_off={"EUR": -5}), "amount_off"),
        (Bill(groups=(group(A, most=30, repeats=True),), items=BILL.items), "groups"),
    ],
)
def test_what_cannot_be_a_kit_is_refused(bill: Bill, field: str) -> None:
    with pytest.raises(KitInvalid) as refused:
        check_bill(KIT, bill)
    assert refused.value.field == field


def test_a_choice_is_what_the_shopper_says_or_the_default() -> None:
    check_bill(KIT, BILL)
    fixed = Part(A, 2)
    assert chosen(BILL, {}, "EUR") == "choice_missing"
    tea = (fixed, Part(B, 1, 0, "drink", "o2"))
    assert chosen(BILL, {"drink": "o2", "gift_wrap": "yes"}, "EUR") == tea
    for wrong in ("o2,o3", "o9", "o2,o2"):
        assert chosen(BILL, {"drink": wrong}, "EUR") == "choice_invalid"
    assert chosen(BILL, {"drink": ""}, "EUR") == "choice_missing"
    preset = Bill(items=BILL.items, groups=(group(B, C, defaults=("o2",)),))
    assert chosen(preset, {}, "EUR") == tea
    many = Bill(groups=(group(B, C, least=2, most=3, repeats=True),))
    assert chosen(many, {"drink": "o3, o2,o3"}, "EUR") == (
        Part(B, 1, 0, "drink", "o2"),
        Part(C, 2, 0, "drink", "o3"),
    )
    assert normal(many, {"drink": "o3, o2,o3", "x": "y"}) == {"drink": "o2,o3,o3", "x": "y"}
    dear = BillOption(code="o4", variant_id=D, quantity=3, extra={"EUR": 50})
    offer = BillGroup(code="drink", name="Drink", options=(dear,), most=2, repeats=True)
    assert chosen(Bill(groups=(offer,)), {"drink": "o4,o4"}, "EUR") == (
        Part(D, 6, 100, "drink", "o4"),
    )
    assert chosen(Bill(groups=(offer,)), {"drink": "o4"}, "USD") == "choice_invalid"


def test_F12_as_many_kits_as_the_scarcest_component_makes() -> None:
    assert available(Bill(items=(BillItem(variant_id=A, quantity=2),)), {A: 7}) == 3
    assert available(BILL, {A: 100, B: 3, C: 1}) == 4
    assert available(BILL, {A: 100, B: 3}) == 50
    assert available(Bill(items=(BillItem(variant_id=A),)), {}) == PLENTY
    # What is fixed is folded with what can be chosen: three of A for each kit with A.
    both = Bill(items=BILL.items, groups=(group(A),))
    assert available(both, {A: 8}) == 2
    assert available(BILL, {A: -3, B: 1, C: 1}) == 0


def _makes(bill: Bill, stock: dict[UUID, int], kits: int) -> bool:
    """Brute force: some sequence of choices makes so many kits."""
    if kits == 0:
        return True
    for codes in product(*([one.code for one in bill.groups[0].options] for _ in range(2))):
        parts = chosen(bill, {"drink": ",".join(codes)}, None)
        if isinstance(parts, str):
            continue
        left = dict(stock)
        for one in parts:
            left[one.variant_id] -= one.quantity
        if min(left.values()) >= 0 and _makes(bill, left, kits - 1):
            return True
    return False


@settings(max_examples=60)
@given(
    st.fixed_dictionaries({v: st.integers(0, 6) for v in (A, B, C, D)}),
    st.booleans(),
    st.integers(1, 2),
)
def test_F12_is_what_can_really_be_made(stock: dict[UUID, int], repeats: bool, units: int) -> None:
    bill = Bill(
        items=(BillItem(variant_id=A, quantity=units),),
        groups=(group(A, B, C, least=2, most=2, repeats=repeats),),
    )
    found = available(bill, stock)
    if _makes(bill, stock, found + 1):
        raise AssertionError("one more could be made")
    assert _makes(bill, stock, found)
