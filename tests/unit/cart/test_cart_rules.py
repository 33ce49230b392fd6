"""How a cart changes, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.address import Address
from argosy.kernel.ids import new_id
from argosy.modules import cart as carts
from argosy.modules.cart import rules
from argosy.modules.cart.types import Cart, CartLine

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
VARIANTS = [new_id() for _ in range(130)]


def a_cart(*lines: tuple[UUID, int], **changes: object) -> Cart:
    cart = Cart(
        id=new_id(),
        channel_id=new_id(),
        customer_id=None,
        currency="EUR",
        state="open",
        version=1,
        attempt=0,
        lines=tuple(
            CartLine(id=new_id(), variant_id=variant, quantity=quantity)
            for variant, quantity in lines
        ),
        email="",
        shipping_address=None,
        billing_address=None,
        shipping_method=None,
        merged_into=None,
        expires_at=rules.expiry(NOW),
        created_at=NOW,
        updated_at=NOW,
    )
    return msgspec.structs.replace(cart, **changes)


def quantities(cart: Cart) -> dict[UUID, int]:
    total: dict[UUID, int] = {}
    for line in cart.lines:
        total[line.variant_id] = total.get(line.variant_id, 0) + line.quantity
    return total


def test_the_same_variant_and_configuration_merge_into_one_line() -> None:
    cart, first = rules.with_line(a_cart(), VARIANTS[0], 2, {"text": "A"}, line_id=new_id())
    cart, again = rules.with_line(cart, VARIANTS[0], 3, {"text": "A"}, line_id=new_id())
    cart, other = rules.with_line(cart, VARIANTS[0], 1, {"text": "B"}, line_id=new_id())
    assert again.id == first.id
    assert again.quantity == 5
    assert other.id != first.id
    assert [line.quantity for line in cart.lines] == [5, 1]


@pytest.mark.parametrize("quantity", [0, -1, 10_000, 2**62])
def test_quantities_outside_1_to_9999_are_refused(quantity: int) -> None:
    with pytest.raises(carts.QuantityOutOfRange):
        rules.with_line(a_cart(), VARIANTS[0], quantity, {}, line_id=new_id())


def test_the_limit_also_holds_for_the_sum() -> None:
    cart = a_cart((VARIANTS[0], 9_999))
    with pytest.raises(carts.QuantityOutOfRange):
        rules.with_line(cart, VARIANTS[0], 1, {}, line_id=new_id())


def test_a_cart_holds_at_most_a_hundred_lines_but_grows_within_them() -> None:
    cart = a_cart(*((variant, 1) for variant in VARIANTS[:100]))
    with pytest.raises(carts.CartTooLong):
        rules.with_line(cart, VARIANTS[100], 1, {}, line_id=new_id())
    cart, line = rules.with_line(cart, VARIANTS[99], 1, {}, line_id=new_id())
    assert line.quantity == 2


def test_quantity_zero_removes_the_line_and_negative_is_refused() -> None:
    cart = a_cart((VARIANTS[0], 1), (VARIANTS[1], 2))
    assert quantities(rules.with_quantity(cart, cart.lines[0].id, 0)) == {VARIANTS[1]: 2}
    with pytest.raises(carts.QuantityOutOfRange):
        rules.with_quantity(cart, cart.lines[0].id, -1)
    with pytest.raises(carts.CartLineNotFound):
        rules.without_line(cart, new_id())


def test_G5_another_country_drops_the_shipping_choice_and_the_same_keeps_it() -> None:
    german = a_cart(shipping_address=Address(country="DE", city="Berlin"), shipping_method="dhl")
    moved = rules.with_shipping_address(german, Address(country="FR", city="Lyon"))
    assert moved.shipping_method is None
    near = rules.with_shipping_address(german, Address(country="DE", city="Bonn"))
    assert near.shipping_method == "dhl"


def test_a_cart_is_over_when_its_time_has_passed_even_before_the_sweep() -> None:
    cart = a_cart()
    rules.check_open(cart, NOW + timedelta(days=30))
    with pytest.raises(carts.CartExpired):
        rules.check_open(cart, NOW + timedelta(days=31))
    with pytest.raises(carts.CartNotOpen):
        rules.check_open(a_cart(state="placing"), NOW)


LINES = st.lists(
    st.tuples(st.sampled_from(VARIANTS), st.integers(1, 9_999)),
    max_size=100,
    unique_by=lambda pair: pair[0],
)


@given(LINES, LINES)
def test_G9_a_merge_loses_nothing_that_it_does_not_explain(
    of_account: list[tuple[UUID, int]], of_guest: list[tuple[UUID, int]]
) -> None:
    account, guest = a_cart(*of_account), a_cart(*of_guest)
    result = rules.merged(account, guest)
    before: dict[UUID, int] = {}
    for variant, quantity in [*of_account, *of_guest]:
        before[variant] = before.get(variant, 0) + quantity
    kept, left = quantities(result.cart), quantities(result.guest)
    notes = {note.variant_id: note for note in result.notes}
    assert len(result.cart.lines) <= 100
    for variant, wanted in before.items():
        have = kept.get(variant, 0) + left.get(variant, 0)
        assert have == wanted or (notes[variant].wanted, notes[variant].kept) == (wanted, have)
    assert (result.guest.state == "expired") == (not left)
    assert result.guest.merged_into == (None if left else account.id)


def test_G9_the_accounts_details_win_and_the_guests_fill_the_gaps() -> None:
    account = a_cart(email="ann@example.com")
    guest = a_cart(email="guest@example.com", shipping_address=Address(country="DE"))
    result = rules.merged(account, guest)
    assert result.cart.email == "ann@example.com"
    assert result.cart.shipping_address == Address(country="DE")
