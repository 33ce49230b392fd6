"""Facts that pricing announces."""

from uuid import UUID

from argosy.kernel.events import Event


class PricesChanged(Event, frozen=True, kw_only=True):
    """Prices of these variants (at most 1,000) changed in a list; amounts are in the history."""

    TYPE = "argosy.pricing.prices_changed.v1"
    SUBJECT_KIND = "price_list"
    SUBJECT_FIELD = "price_list_id"

    price_list_id: UUID
    variant_ids: tuple[UUID, ...]


class PriceListCreated(Event, frozen=True, kw_only=True):
    """There is a new, empty price list."""

    TYPE = "argosy.pricing.price_list_created.v1"
    SUBJECT_KIND = "price_list"
    SUBJECT_FIELD = "price_list_id"

    price_list_id: UUID
    code: str
    currency: str
