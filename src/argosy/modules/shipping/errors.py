"""Why a use case of shipping stops.

ArgosyError
├── NotFound ┬─ ShippingZoneNotFound     shipping.zone_not_found
│            └─ ShippingMethodNotFound   shipping.method_not_found
├── Invalid ─┬─ ShippingZoneInvalid      shipping.zone_invalid
│            └─ ShippingMethodInvalid    shipping.method_invalid
└── Conflict ┬─ ShippingCodeTaken        shipping.code_taken
             ├─ ShippingChanged          shipping.changed
             ├─ ShippingZoneUsed         shipping.zone_used
             └─ ShippingNotOffered       shipping.not_offered
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class ShippingZoneNotFound(NotFound):
    """There is no shipping zone with this id. List the zones to see which there are."""

    code = "shipping.zone_not_found"
    usual_cure = "Use the id of a zone that `GET /admin/v1/shipping-zones` lists."


class ShippingMethodNotFound(NotFound):
    """There is no shipping method with this id. List the channel's methods to see them."""

    code = "shipping.method_not_found"
    usual_cure = "Use the id of a method that `GET /admin/v1/shipping-methods` lists."


class ShippingZoneInvalid(Invalid):
    """A setting of the zone is not possible. `field` names it, `cure` says what would be."""

    code = "shipping.zone_invalid"
    usual_cure = "Correct the setting that `field` names."


class ShippingMethodInvalid(Invalid):
    """A setting of the method is not possible. `field` names it, `cure` says what would be."""

    code = "shipping.method_invalid"
    usual_cure = "Correct the setting that `field` names."


class ShippingCodeTaken(Conflict):
    """Another zone, or another method of this channel, has this code. Choose another."""

    code = "shipping.code_taken"
    usual_cure = "Choose another code."


class ShippingChanged(Conflict):
    """The zone or method was changed since you read it. Read it again, then decide."""

    code = "shipping.changed"
    usual_cure = (
        "Read the zone or method again, and repeat the change with its new `ETag` in `If-Match`."
    )


class ShippingZoneUsed(Conflict):
    """Shipping methods serve this zone. Take it off those methods first."""

    code = "shipping.zone_used"
    usual_cure = "Take the zone off its shipping methods first."


class ShippingNotOffered(Conflict):
    """The chosen way to ship is not offered for this cart and address (any more).

    Ask for the cart's shipping options and choose one of them.
    """

    code = "shipping.not_offered"
    usual_cure = "Choose one of `GET /v1/carts/{id}/shipping-options`."
