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


class PriceListAssigned(Event, frozen=True, kw_only=True):
    """A price list is offered, or no longer: `ended`. A channel of None is every channel of the
    list's currency. `public`: it is offered to everybody there. Whom else is not told.
    """

    TYPE = "argosy.pricing.price_list_assigned.v1"
    SUBJECT_KIND = "price_list"
    SUBJECT_FIELD = "price_list_id"

    price_list_id: UUID
    level: str
    channel_id: UUID | None
    public: bool
    ended: bool


class PricePolicyChanged(Event, frozen=True, kw_only=True):
    """A channel chooses its prices, or shows former ones, in another way."""

    TYPE = "argosy.pricing.price_policy_changed.v1"
    SUBJECT_KIND = "channel"
    SUBJECT_FIELD = "channel_id"

    channel_id: UUID


class MeasuresChanged(Event, frozen=True, kw_only=True):
    """What units of these variants hold (at most 1,000) is told anew; prices per litre change."""

    TYPE = "argosy.pricing.measures_changed.v1"
    SUBJECT_KIND = "variant"
    SUBJECT_FIELD = "variant_id"

    variant_id: UUID
    variant_ids: tuple[UUID, ...]
