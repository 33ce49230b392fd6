"""Carts: what a shopper wishes to buy, where it goes and who is told.

Owns schema `cart`: one row per cart, changed by compare-and-set on its version. A cart becomes the
order of the same id. Emits CartAbandoned, CartMerged. Never knows a price, a stock level or an
order: `workflows/carting.py` and `workflows/checkout.py` combine it with those.
"""

from argosy.modules.cart.commands import (
    begin,
    begin_new,
    close,
    create_cart,
    expire_due,
    forget_key,
    forget_person,
    merge_carts,
    move,
    new_cart,
    save,
    take_over_key,
    touched,
)
from argosy.modules.cart.errors import (
    CartBusy,
    CartExpired,
    CartLineNotFound,
    CartNotFound,
    CartNotOpen,
    CartTooLong,
    ConfigurationInvalid,
    QuantityOutOfRange,
)
from argosy.modules.cart.events import CartAbandoned, CartMerged
from argosy.modules.cart.queries import cart_by_id, cart_for_change, find_cart, key_state
from argosy.modules.cart.rules import (
    check_open,
    check_quantity,
    is_expired,
    owned_by,
    with_billing_address,
    with_email,
    with_line,
    with_quantity,
    with_shipping_address,
    with_shipping_method,
    without_line,
)
from argosy.modules.cart.store import KeyState, Seen
from argosy.modules.cart.types import (
    MAX_LINES,
    MAX_QUANTITY,
    Cart,
    CartLine,
    CartState,
    Merged,
    MergeNote,
)

__all__ = [
    "MAX_LINES",
    "MAX_QUANTITY",
    "Cart",
    "CartAbandoned",
    "CartBusy",
    "CartExpired",
    "CartLine",
    "CartLineNotFound",
    "CartMerged",
    "CartNotFound",
    "CartNotOpen",
    "CartState",
    "CartTooLong",
    "ConfigurationInvalid",
    "KeyState",
    "MergeNote",
    "Merged",
    "QuantityOutOfRange",
    "Seen",
    "begin",
    "begin_new",
    "cart_by_id",
    "cart_for_change",
    "check_open",
    "check_quantity",
    "close",
    "create_cart",
    "expire_due",
    "find_cart",
    "forget_key",
    "forget_person",
    "is_expired",
    "key_state",
    "merge_carts",
    "move",
    "new_cart",
    "owned_by",
    "save",
    "take_over_key",
    "touched",
    "with_billing_address",
    "with_email",
    "with_line",
    "with_quantity",
    "with_shipping_address",
    "with_shipping_method",
    "without_line",
]
