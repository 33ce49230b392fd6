"""Facts that fees announce."""

from uuid import UUID

from argosy.kernel.events import Event


class FeeChanged(Event, frozen=True, kw_only=True):
    """A fee was created, changed or removed."""

    TYPE = "argosy.fees.fee_changed.v1"
    SUBJECT_KIND = "fee"
    SUBJECT_FIELD = "fee_id"

    fee_id: UUID
    channel_id: UUID
    code: str
    removed: bool = False
