"""Why a use case of promotions stops.

ArgosyError
├── NotFound ┬─ PromotionNotFound    promotions.not_found
│            ├─ BatchNotFound        promotions.batch_not_found
│            ├─ CouponNotFound       promotions.coupon_not_found
│            └─ SimulationNotFound   promotions.simulation_not_found
├── Invalid ─┬─ PromotionInvalid     promotions.invalid
│            ├─ CouponInvalid        promotions.coupon_invalid
│            └─ CouponRefused        promotions.coupon_refused
└── Conflict ┬─ PromotionChanged     promotions.changed
             ├─ PromotionNotMovable  promotions.not_movable
             ├─ CouponTaken          promotions.coupon_taken
             └─ UsedUp               promotions.used_up
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class PromotionNotFound(NotFound):
    """There is no promotion with this id. List the promotions to see which there are."""

    code = "promotions.not_found"
    usual_cure = "Use the id of a promotion that `GET /admin/v1/promotions` lists."


class BatchNotFound(NotFound):
    """The promotion has no batch of codes with this id. List its batches to see which there are."""

    code = "promotions.batch_not_found"
    usual_cure = "Use the id of a batch of this promotion."


class CouponNotFound(NotFound):
    """The promotion has no such code."""

    code = "promotions.coupon_not_found"
    usual_cure = "Use a code that the promotion's coupons list."


class SimulationNotFound(NotFound):
    """There is no simulation with this id."""

    code = "promotions.simulation_not_found"
    usual_cure = "Use the id that the request for the simulation answered."


class PromotionInvalid(Invalid):
    """The promotion cannot be evaluated, can never apply, or contradicts itself.

    `problems` names each place in the document (`path`), what is wrong there (`code`) and why.
    """

    code = "promotions.invalid"
    usual_cure = "Correct the places that `problems` names."


class CouponInvalid(Invalid):
    """A code, or a batch of them, cannot be made so. `field` names what is wrong with it."""

    code = "promotions.coupon_invalid"
    usual_cure = "Correct what `field` names."


class CouponRefused(Invalid):
    """The code cannot be used in this cart. `reason` says why.

    `unknown`: there is no such code (here); `not_yet` and `expired`: it is not its time;
    `not_yours`: it is for another customer; `used_up`: it, or its promotion, was used as often as
    it may be, or as often as one customer may; `stopped`: it was ended by the shop;
    `too_many`: the cart holds as many codes as it can; `conditions_not_met`: `missing` names each
    condition with what is short, such as 410 minor units; `not_the_best_choice`: other promotions
    of this cart give more and cannot be combined with it.
    """

    code = "promotions.coupon_refused"
    usual_cure = "See `reason`, and `missing` for what would help."


class PromotionChanged(Conflict):
    """The promotion was changed since you read it. Read it again, then decide."""

    code = "promotions.changed"
    usual_cure = "Read the promotion again, and repeat the change with its `ETag` in `If-Match`."


class PromotionNotMovable(Conflict):
    """The promotion is in a state from which this is not possible. `legal` names what is.

    A draft goes live, a live promotion is paused and goes live again, and each can be archived;
    what is archived stays so.
    """

    code = "promotions.not_movable"
    usual_cure = "Do one of what `legal` names; make a new promotion instead of an archived one."


class CouponTaken(Conflict):
    """There is such a code already. Codes are compared without case, and are unique in the shop."""

    code = "promotions.coupon_taken"
    usual_cure = "Choose another code."


class UsedUp(Conflict):
    """Others used the last of a promotion, coupon or budget of this cart just now.

    Nothing was charged. `promotions` names what is used up. Read the cart again: its prices are
    without it now; if the shopper agrees to the new total, place it.
    """

    code = "promotions.used_up"
    usual_cure = "Read the cart again, and place it with its new total."
    retryable = False
