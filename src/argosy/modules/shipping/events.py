"""Facts that shipping announces."""

from uuid import UUID

from argosy.kernel.events import Event


class ShippingMethodChanged(Event, frozen=True, kw_only=True):
    """A way to ship was created, changed or removed."""

    TYPE = "argosy.shipping.method_changed.v1"
    SUBJECT_KIND = "shipping_method"
    SUBJECT_FIELD = "method_id"

    method_id: UUID
    channel_id: UUID
    code: str
    removed: bool = False


class ShippingZoneChanged(Event, frozen=True, kw_only=True):
    """A shipping zone or its places were created, changed or removed."""

    TYPE = "argosy.shipping.zone_changed.v1"
    SUBJECT_KIND = "shipping_zone"
    SUBJECT_FIELD = "zone_id"

    zone_id: UUID
    code: str
    removed: bool = False
