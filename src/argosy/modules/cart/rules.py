"""How a cart changes: pure functions from a cart to a cart. None of them writes anything.

States (ARCHITECTURE.md section 5):

    open --begin--> placing --authorised--> placed
     ^                |  \\--requires action--> awaiting_action --resume--> placing
     |                '--declined--> open
     '-- untouched for a month, or merged at sign-in --> expired
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import encode
from argosy.kernel.personal import SentFile
from argosy.kernel.tax_id import TaxIdEvidence
from argosy.kernel.text import folded
from argosy.modules.cart.errors import (
    CartExpired,
    CartLineNotFound,
    CartNotOpen,
    CartTooLong,
    ConfigurationInvalid,
    CouponNotInCart,
    QuantityOutOfRange,
    TooManyCoupons,
)
from argosy.modules.cart.types import (
    MAX_COUPONS,
    MAX_KEYS,
    MAX_LINES,
    MAX_QUANTITY,
    Cart,
    CartLine,
    CartState,
    Merged,
    MergeNote,
)

KEEP_DAYS = 30

TRANSITIONS: Mapping[CartState, frozenset[CartState]] = {
    "open": frozenset({"placing", "placed", "expired"}),
    "placing": frozenset({"open", "awaiting_action", "placed"}),
    "awaiting_action": frozenset({"placing", "placed", "open"}),
    "placed": frozenset(),
    "expired": frozenset(),
}


def expiry(now: datetime, keep_days: int = KEEP_DAYS) -> datetime:
    """When a cart touched at `now` is given up. Whole days, so that it seldom changes."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=keep_days + 1)


def is_expired(cart: Cart, now: datetime) -> bool:
    """Whether the cart is over, even if the sweep has not come by yet."""
    overdue = cart.state == "open" and cart.expires_at is not None and cart.expires_at <= now
    return cart.state == "expired" or overdue


def check_open(cart: Cart, now: datetime) -> None:
    """Raise CartExpired or CartNotOpen unless the cart may be changed."""
    if is_expired(cart, now):
        into = encode("cart", cart.merged_into) if cart.merged_into else None
        raise CartExpired("This cart is over.", cure="Make a new cart.", merged_into=into)
    if cart.state != "open":
        raise CartNotOpen(f"This cart is {cart.state} and cannot be changed.", state=cart.state)


def with_line(
    cart: Cart,
    variant_id: UUID,
    quantity: int,
    configuration: Mapping[str, str],
    *,
    line_id: UUID,
    files: Mapping[str, SentFile] | None = None,
) -> tuple[Cart, CartLine]:
    """The cart with `quantity` more of a variant, and the line that holds it.

    The same variant with the same configuration merges into its line; anything else becomes a new
    line with `line_id`, at the end. `files`: what is known of the files among its answers.
    """
    check_quantity(quantity)
    _check_configuration(configuration)
    wanted = dict(configuration)
    for place, line in enumerate(cart.lines):
        if line.variant_id == variant_id and line.configuration == wanted:
            grown = msgspec.structs.replace(line, quantity=line.quantity + quantity)
            check_quantity(grown.quantity)
            return _with_lines(cart, _replaced(cart.lines, place, grown)), grown
    if len(cart.lines) >= MAX_LINES:
        raise CartTooLong(f"A cart holds at most {MAX_LINES} lines.", field="variant_id")
    line = CartLine(
        id=line_id,
        variant_id=variant_id,
        quantity=quantity,
        configuration=wanted,
        files=dict(files or {}),
    )
    return _with_lines(cart, (*cart.lines, line)), line


def with_quantity(cart: Cart, line_id: UUID, quantity: int) -> Cart:
    """The cart with that line's quantity set; 0 removes the line."""
    place = _place_of(cart, line_id)
    if quantity == 0:
        return _with_lines(cart, cart.lines[:place] + cart.lines[place + 1 :])
    check_quantity(quantity)
    line = msgspec.structs.replace(cart.lines[place], quantity=quantity)
    return _with_lines(cart, _replaced(cart.lines, place, line))


def without_line(cart: Cart, line_id: UUID) -> Cart:
    """The cart without that line."""
    return with_quantity(cart, line_id, 0)


def with_email(cart: Cart, email: str) -> Cart:
    """The cart with the (already checked) address to write to."""
    return msgspec.structs.replace(cart, email=email)


def with_shipping_address(cart: Cart, address: Address) -> Cart:
    """The cart with another destination.

    A new country may not know the chosen shipping method, so the choice is dropped then (G5).
    """
    known = cart.shipping_address
    same_country = known is not None and known.country == address.country
    method = cart.shipping_method if same_country else None
    return msgspec.structs.replace(cart, shipping_address=address, shipping_method=method)


def with_billing_address(cart: Cart, address: Address) -> Cart:
    """The cart with another address on the bill."""
    return msgspec.structs.replace(cart, billing_address=address)


def with_shipping_method(cart: Cart, method: str) -> Cart:
    """The cart with that way of shipping."""
    return msgspec.structs.replace(cart, shipping_method=method)


def with_coupon(cart: Cart, code: str) -> Cart:
    """The cart with one more code, as typed; the cart itself if it has that code.

    Raises TooManyCoupons.
    """
    wanted = folded(code).strip()
    if any(folded(one).strip() == wanted for one in cart.coupons):
        return cart
    if len(cart.coupons) >= MAX_COUPONS:
        raise TooManyCoupons(f"A cart holds at most {MAX_COUPONS} codes.", field="code")
    return msgspec.structs.replace(cart, coupons=(*cart.coupons, code.strip()))


def without_coupon(cart: Cart, code: str) -> Cart:
    """The cart without that code. Raises CouponNotInCart."""
    wanted = folded(code).strip()
    left = tuple(one for one in cart.coupons if folded(one).strip() != wanted)
    if len(left) == len(cart.coupons):
        raise CouponNotInCart("This cart has no such code.", field="code")
    return msgspec.structs.replace(cart, coupons=left)


def with_gift_wish(cart: Cart, variant_id: UUID, *, wanted: bool) -> Cart:
    """The cart that remembers whether the shopper wants that variant when it is given (D9)."""
    others = tuple(one for one in cart.declined_gifts if one != variant_id)
    declined = others if wanted else (*others, variant_id)[-MAX_LINES:]
    return msgspec.structs.replace(cart, declined_gifts=declined)


def with_tax_id(cart: Cart, tax_id: TaxIdEvidence | None) -> Cart:
    """The cart of a business with this tax id, or (None) of a consumer."""
    return msgspec.structs.replace(cart, tax_id=tax_id)


def with_mark(cart: Cart, mark: str) -> Cart:
    """The cart that remembers this change; beyond 100 it forgets the oldest."""
    return msgspec.structs.replace(cart, applied=(*cart.applied, mark)[-MAX_KEYS:])


def owned_by(cart: Cart, customer_id: UUID) -> Cart:
    """The cart in the name of a customer."""
    return msgspec.structs.replace(cart, customer_id=customer_id)


def merged(account: Cart, guest: Cart) -> Merged:
    """The guest's cart poured into the account's at sign-in (DOMAIN.md G9).

    Quantities of the same variant and configuration are summed up to the limit; lines beyond the
    limit of lines stay in the guest's cart, which then stays open. Each such case has a note.
    Addresses, e-mail and shipping choice of the account's cart win where both have one.
    """
    lines = list(account.lines)
    left: list[CartLine] = []
    notes: list[MergeNote] = []
    for line in guest.lines:
        place = _same_line(lines, line)
        if place is None and len(lines) >= MAX_LINES:
            left.append(line)
            notes.append(_note("line_kept_in_guest_cart", line, line.quantity, 0))
        elif place is None:
            lines.append(line)
        else:
            total = lines[place].quantity + line.quantity
            kept = min(total, MAX_QUANTITY)
            lines[place] = msgspec.structs.replace(lines[place], quantity=kept)
            notes.append(
                _note("quantity_summed" if kept == total else "quantity_capped", line, total, kept)
            )
    cart = msgspec.structs.replace(
        account,
        lines=tuple(lines),
        email=account.email or guest.email,
        shipping_address=account.shipping_address or guest.shipping_address,
        billing_address=account.billing_address or guest.billing_address,
        shipping_method=account.shipping_method or guest.shipping_method,
        # Both buyers' codes; whether each still holds is seen when the cart is quoted.
        coupons=tuple({folded(code): code for code in (*guest.coupons, *account.coupons)}.values())[
            :MAX_COUPONS
        ],
        tax_id=account.tax_id or guest.tax_id,
    )
    rest = msgspec.structs.replace(
        guest,
        lines=tuple(left),
        state="open" if left else "expired",
        merged_into=None if left else account.id,
    )
    return Merged(cart=cart, guest=rest, notes=tuple(notes))


def check_quantity(quantity: int) -> None:
    """Raise QuantityOutOfRange unless 1 <= quantity <= 9999."""
    if not 1 <= quantity <= MAX_QUANTITY:
        raise QuantityOutOfRange(
            f"{quantity} is not a quantity that can be bought.",
            field="quantity",
            cure=f"Send a whole number from 1 to {MAX_QUANTITY}.",
        )


def _check_configuration(configuration: Mapping[str, str]) -> None:
    if len(configuration) > 20 or any(
        not 1 <= len(key) <= 500 or len(value) > 500 for key, value in configuration.items()
    ):
        raise ConfigurationInvalid(
            "The configuration of this line is too long.",
            field="configuration",
            cure="Send at most 20 entries of at most 500 characters.",
        )


def _place_of(cart: Cart, line_id: UUID) -> int:
    for place, line in enumerate(cart.lines):
        if line.id == line_id:
            return place
    raise CartLineNotFound("This cart has no such line.", field="line_id")


def _same_line(lines: list[CartLine], wanted: CartLine) -> int | None:
    for place, line in enumerate(lines):
        if line.variant_id == wanted.variant_id and line.configuration == wanted.configuration:
            return place
    return None


def _note(code: str, line: CartLine, wanted: int, kept: int) -> MergeNote:
    return msgspec.convert(
        {"code": code, "variant_id": line.variant_id, "wanted": wanted, "kept": kept}, MergeNote
    )


def _with_lines(cart: Cart, lines: tuple[CartLine, ...]) -> Cart:
    return msgspec.structs.replace(cart, lines=lines)


def _replaced(lines: tuple[CartLine, ...], place: int, line: CartLine) -> tuple[CartLine, ...]:
    return (*lines[:place], line, *lines[place + 1 :])
