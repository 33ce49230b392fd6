"""Which taxes are not charged to whom, and the words for it (DOMAIN.md rule 10, B5, B7, B22).

Nothing becomes untaxed by omission: without the seller's country, a verified number of another
member state and a delivery there, or a certificate that covers place, day and goods, tax is due.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules.tax.errors import CertificateInvalid, TaxPolicyInvalid
from argosy.modules.tax.rules.identifying import MEMBER_STATES, NORTHERN_IRELAND, read_tax_id
from argosy.modules.tax.rules.zones import is_class_code
from argosy.modules.tax.types import (
    Buyer,
    Certificate,
    Jurisdiction,
    SetCertificate,
    SetTaxPolicy,
    TaxIdCheck,
    TaxPolicy,
    Waiver,
)

MAX_JURISDICTIONS: Final = 100

_REVERSE_CHARGE: Final = {
    "de": "Steuerschuldnerschaft des Leistungsempfängers",
    "en": "Reverse charge",
    "es": "Inversión del sujeto pasivo",
    "fr": "Autoliquidation",
    "it": "Inversione contabile",
    "nl": "Btw verlegd",
    "pl": "Odwrotne obciążenie",
    "pt": "Autoliquidação",
    "sv": "Omvänd betalningsskyldighet",
}
_INTRA_COMMUNITY: Final = {
    "de": "Steuerfreie innergemeinschaftliche Lieferung",
    "en": "Intra-Community supply, exempt",
    "es": "Entrega intracomunitaria exenta",
    "fr": "Livraison intracommunautaire exonérée",
    "it": "Cessione intracomunitaria non imponibile",
    "nl": "Intracommunautaire levering, vrijgesteld",
    "pl": "Wewnątrzwspólnotowa dostawa towarów",
    "pt": "Transmissão intracomunitária isenta",
    "sv": "Gemenskapsintern leverans, undantagen",
}
_ARTICLES: Final = {"reverse_charge": "Art. 196", "intra_community": "Art. 138"}


def waiver(
    policy: TaxPolicy,
    buyer: Buyer,
    *,
    country: str,
    region: str,
    tax_class: str,
    ships: bool,
    day: date,
    locale: str,
) -> Waiver | None:
    """Return what is not charged to the buyer at that place, and why; None: everything is.

    Goods that ship to another member state for a business there are an intra-community supply;
    what does not ship is taxed there by the buyer (reverse charge). Otherwise certificates count,
    those valid on the tax point's day (B22).
    """
    number = buyer.tax_id
    if (
        number is not None
        and crosses_border(policy, number, country, ships=ships)
        and counts(policy, number)
    ):
        return _by_vat_id(ships=ships, locale=locale)
    found = [
        certificate
        for certificate in buyer.certificates
        if covers(certificate, country=country, region=region, tax_class=tax_class, day=day)
    ]
    if not found:
        return None
    all_taxes = any(not certificate.taxes for certificate in found)
    taxes = {code for certificate in found for code in certificate.taxes}
    numbers = ", ".join(sorted(certificate.number for certificate in found))
    return Waiver(
        treatment="exempt",
        name="Exempt",
        note=f"Exemption certificate {numbers}",
        taxes=None if all_taxes else tuple(sorted(taxes)),
        certificates=tuple(sorted(certificate.number for certificate in found)),
    )


def crosses_border(policy: TaxPolicy, tax_id: TaxIdEvidence, country: str, *, ships: bool) -> bool:
    """Say whether a buyer with this id is a business of another member state for this delivery."""
    if policy.seller_country not in MEMBER_STATES or country not in MEMBER_STATES:
        return False
    if policy.seller_country in {country, tax_id.country}:
        return False
    # Northern Ireland is in the Union for goods alone.
    return ships if tax_id.value.startswith(NORTHERN_IRELAND) else tax_id.country in MEMBER_STATES


def counts(policy: TaxPolicy, tax_id: TaxIdEvidence) -> bool:
    """Say whether the evidence is good enough for this channel (B7): the policy is data."""
    if tax_id.status == "unverified":
        return policy.unverified == "accept"
    return tax_id.status == "valid"


def is_fresh(policy: TaxPolicy, tax_id: TaxIdEvidence, now: datetime) -> bool:
    """Say whether the register need not be asked again for a sale now (B7: at sale)."""
    if tax_id.status == "unverified" or tax_id.checked_at is None:
        return False
    return now < tax_id.checked_at + timedelta(seconds=policy.recheck_s)


def evidence_of(check: TaxIdCheck) -> TaxIdEvidence:
    """Return a consultation as the evidence that carts and orders keep."""
    silent = check.answer.status == "silent"
    return TaxIdEvidence(
        value=check.tax_id,
        country=check.country,
        status="unverified" if check.answer.status == "silent" else check.answer.status,
        reason=check.answer.reason if silent else "",
        check_id=check.id,
        request_id=check.answer.request_id,
        checked_at=check.asked_at,
    )


def renewed(
    policy: TaxPolicy, before: TaxIdEvidence | None, asked: TaxIdEvidence, now: datetime
) -> TaxIdEvidence:
    """Return what counts after a register was asked again: its answer, or, while it is silent and
    the policy is `recent`, a valid answer that is not older than `recent_days`.
    """
    if asked.status != "unverified" or before is None or before.value != asked.value:
        return asked
    if policy.unverified != "recent" or before.status != "valid" or before.checked_at is None:
        return asked
    oldest = now - timedelta(days=policy.recent_days)
    return before if before.checked_at >= oldest else asked


def _by_vat_id(*, ships: bool, locale: str) -> Waiver:
    language = locale.replace("_", "-").partition("-")[0].lower()
    words = _INTRA_COMMUNITY if ships else _REVERSE_CHARGE
    name = words.get(language, words["en"])
    treatment = "intra_community" if ships else "reverse_charge"
    note = f"{name} ({_ARTICLES[treatment]} Directive 2006/112/EC)"
    if ships:
        return Waiver(treatment="intra_community", name=name, note=note)
    return Waiver(treatment="reverse_charge", name=name, note=note)


def covers(
    certificate: Certificate, *, country: str, region: str, tax_class: str, day: date
) -> bool:
    """Say whether a certificate covers goods of the class at the place on that day (B22)."""
    if certificate.revoked_at is not None:
        return False
    if certificate.tax_classes and tax_class not in certificate.tax_classes:
        return False
    return any(
        place.country == country
        and place.region in {"", region}
        and place.valid_from <= day
        and (place.valid_until is None or day < place.valid_until)
        for place in certificate.jurisdictions
    )


def check_certificate(given: SetCertificate) -> SetCertificate:
    """Return the certificate. Raises CertificateInvalid naming the field."""
    if not 1 <= len(given.number.strip()) <= 100:
        raise _certificate_invalid("number", "1 to 100 characters.")
    if not 1 <= len(given.jurisdictions) <= MAX_JURISDICTIONS:
        raise _certificate_invalid("jurisdictions", f"1 to {MAX_JURISDICTIONS} places.")
    for index, place in enumerate(given.jurisdictions):
        _check_place(place, f"jurisdictions.{index}")
    if not all(is_class_code(code) for code in given.tax_classes):
        raise _certificate_invalid("tax_classes", "Codes of tax classes; none means all.")
    if len(given.taxes) > 100 or not all(1 <= len(code) <= 64 for code in given.taxes):
        raise _certificate_invalid("taxes", "Codes of tax rates; none means all taxes there.")
    return given


def _check_place(place: Jurisdiction, field: str) -> None:
    if len(place.country) != 2 or not place.country.isupper():
        raise _certificate_invalid(f"{field}.country", "An ISO 3166-1 code like US.")
    if place.valid_until is not None and place.valid_until <= place.valid_from:
        raise _certificate_invalid(f"{field}.valid_until", "A day after `valid_from`.")


def check_policy(given: SetTaxPolicy, engines: Sequence[str]) -> SetTaxPolicy:
    """Return the policy, its tax id in canonical form. Raises TaxPolicyInvalid, TaxIdInvalid."""
    if given.engine and given.engine not in engines:
        known = ", ".join(engines) or "none: the settings enable them"
        raise TaxPolicyInvalid(
            f"There is no tax engine {given.engine!r}.",
            field="engine",
            cure=f"One of those that are set up ({known}), or empty.",
        )
    if given.seller_tax_id and not given.seller_country:
        raise TaxPolicyInvalid(
            "A tax id is one of a country.", field="seller_country", cure="Name it, too."
        )
    return given


def seller_id(policy: TaxPolicy | SetTaxPolicy) -> str:
    """The seller's tax id in canonical form; empty if there is none. Raises TaxIdInvalid."""
    if not policy.seller_tax_id:
        return ""
    return read_tax_id(policy.seller_tax_id, policy.seller_country).value


def _certificate_invalid(field: str, cure: str) -> CertificateInvalid:
    return CertificateInvalid(f"The certificate's {field} is not possible.", field=field, cure=cure)
