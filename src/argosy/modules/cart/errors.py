"""What can be wrong with a cart.

ArgosyError
├── NotFound
│   ├── CartNotFound          cart.not_found
│   ├── CartLineNotFound      cart.line_not_found
│   └── CouponNotInCart       cart.coupon_not_found
├── Invalid
│   ├── QuantityOutOfRange    cart.quantity_out_of_range
│   ├── ConfigurationInvalid  cart.configuration_invalid
│   ├── CartTooLong           cart.too_many_lines
│   └── TooManyCoupons        cart.too_many_coupons
└── Conflict
    ├── CartNotOpen           cart.not_open
    ├── CartExpired           cart.expired
    └── CartBusy              cart.busy
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class CartNotFound(NotFound):
    """There is no such cart for this channel and shopper.

    A cart belongs to the channel it was made in, and after sign-in to its customer. Make a new
    cart with `POST /v1/carts`.
    """

    code = "cart.not_found"
    usual_cure = (
        "Check the cart's id and the channel's key, sign in if it is a customer's cart, or make a"
        " new one with `POST /v1/carts`."
    )


class CartLineNotFound(NotFound):
    """The cart has no line with this id. Read the cart and use one of its line ids."""

    code = "cart.line_not_found"
    usual_cure = "Read the cart and use the id of one of its lines."


class CouponNotInCart(NotFound):
    """The cart does not have this code. Read the cart and use one of its `coupons`."""

    code = "cart.coupon_not_found"
    usual_cure = "Read the cart and use one of its codes."


class TooManyCoupons(Invalid):
    """A cart holds at most 10 codes. Remove one that is not applied, then try again."""

    code = "cart.too_many_coupons"
    usual_cure = "Remove a code that is not applied, then try again."


class QuantityOutOfRange(Invalid):
    """A quantity is a whole number from 1 to 9999 (0 removes a line that exists).

    The limit also holds for the sum when the same variant is added again.
    """

    code = "cart.quantity_out_of_range"
    usual_cure = "Send a whole number from 1 to 9999; 0 removes a line that exists."


class ConfigurationInvalid(Invalid):
    """The configuration of a line holds at most 20 entries of at most 500 characters each."""

    code = "cart.configuration_invalid"
    usual_cure = "Send at most 20 entries of at most 500 characters each."


class CartTooLong(Invalid):
    """A cart holds at most 100 lines. Place this one, or remove a line first."""

    code = "cart.too_many_lines"
    usual_cure = "Place this cart first, or remove a line; a cart holds at most 100."


class CartNotOpen(Conflict):
    """The cart is being paid for or has become an order, so it cannot be changed.

    While a payment is running, finish it with `POST /v1/carts/{id}/resume`, or send `place`
    again to start over. A placed cart is an order: read it with `GET /v1/orders/{id}`.
    """

    code = "cart.not_open"
    usual_cure = (
        "Finish the running payment with `POST /v1/carts/{id}/resume`, or read the order that the"
        " cart became."
    )


class CartExpired(Conflict):
    """Nobody touched this cart for a month, or it was merged into the account's cart at sign-in.

    Make a new cart with `POST /v1/carts`, or use the cart named in `merged_into`.
    """

    code = "cart.expired"
    usual_cure = "Make a new cart with `POST /v1/carts`, or use the one named in `merged_into`."


class CartBusy(Conflict):
    """Several requests changed the cart at the same moment. Send the same request again."""

    code = "cart.busy"
    usual_cure = "Send the same request again."
    retryable = True
