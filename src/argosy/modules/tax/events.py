"""Facts that tax announces."""

from uuid import UUID

from argosy.kernel.events import Event
from argosy.kernel.money import Money


class TaxRulesChanged(Event, frozen=True, kw_only=True):
    """A zone, its places or its rates changed: whoever computes taxes must read them again."""

    TYPE = "argosy.tax.tax_rules_changed.v1"
    SUBJECT_KIND = "tax_zone"
    SUBJECT_FIELD = "zone_id"

    zone_id: UUID
    code: str


class TaxPolicySet(Event, frozen=True, kw_only=True):
    """A channel decides about taxes in another way now."""

    TYPE = "argosy.tax.tax_policy_set.v1"
    SUBJECT_KIND = "channel"
    SUBJECT_FIELD = "channel_id"

    channel_id: UUID


class TaxIdChecked(Event, frozen=True, kw_only=True):
    """A register was asked about a tax id. `status`: `valid`, `invalid` or `silent`."""

    TYPE = "argosy.tax.tax_id_checked.v1"
    SUBJECT_KIND = "tax_check"
    SUBJECT_FIELD = "check_id"

    check_id: UUID
    country: str
    status: str


class CertificateStored(Event, frozen=True, kw_only=True):
    """An exemption certificate of a customer was stored or replaced."""

    TYPE = "argosy.tax.certificate_stored.v1"
    SUBJECT_KIND = "customer"
    SUBJECT_FIELD = "customer_id"

    customer_id: UUID
    certificate_id: UUID


class CertificateRevoked(Event, frozen=True, kw_only=True):
    """An exemption certificate of a customer counts no more."""

    TYPE = "argosy.tax.certificate_revoked.v1"
    SUBJECT_KIND = "customer"
    SUBJECT_FIELD = "customer_id"

    customer_id: UUID
    certificate_id: UUID


class TaxTruedUp(Event, frozen=True, kw_only=True):
    """A tax engine's word on an order differs from what was charged (B17): the shop bears it."""

    TYPE = "argosy.tax.tax_trued_up.v1"
    SUBJECT_KIND = "order"
    SUBJECT_FIELD = "order_id"

    order_id: UUID
    charged: Money
    due: Money


class TaxFilingFailed(Event, frozen=True, kw_only=True):
    """A tax engine refuses an order: a person has to look."""

    TYPE = "argosy.tax.tax_filing_failed.v1"
    SUBJECT_KIND = "order"
    SUBJECT_FIELD = "order_id"

    order_id: UUID
    engine: str
    reason: str
