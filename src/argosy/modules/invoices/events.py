"""Facts that invoices announces."""

from uuid import UUID

from argosy.kernel.events import Event
from argosy.kernel.money import Money


class DocumentIssued(Event, frozen=True, kw_only=True):
    """An invoice or a credit note of an order was issued; `corrects` is the invoice's number."""

    TYPE = "argosy.invoices.document_issued.v1"
    SUBJECT_KIND = "order"
    SUBJECT_FIELD = "order_id"

    order_id: UUID
    document_id: UUID
    kind: str
    number: str
    total: Money
    corrects: str | None = None
