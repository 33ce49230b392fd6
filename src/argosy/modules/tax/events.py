"""Facts that tax announces."""

from uuid import UUID

from argosy.kernel.events import Event


class TaxRulesChanged(Event, frozen=True, kw_only=True):
    """A zone, its places or its rates changed: whoever computes taxes must read them again."""

    TYPE = "argosy.tax.tax_rules_changed.v1"
    SUBJECT_KIND = "tax_zone"
    SUBJECT_FIELD = "zone_id"

    zone_id: UUID
    code: str
