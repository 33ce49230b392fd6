"""Tax ids by structure and check digits, and what they free from: rule 10, B5, B7, B22."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules.tax import (
    NOBODY,
    Buyer,
    Certificate,
    Jurisdiction,
    TaxIdInvalid,
    TaxPolicy,
    Waiver,
    is_fresh,
    read_tax_id,
    renewed,
    vies_parts,
    waiver,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
GERMAN_SHOP = TaxPolicy(seller_country="DE", version=1)


@pytest.mark.parametrize(
    ("text", "country", "value", "where"),
    [
        ("FR 40 303 265 045", "", "FR40303265045", "FR"),
        ("fr40303265045", "", "FR40303265045", "FR"),
        ("40303265045", "FR", "FR40303265045", "FR"),
        ("EL 094259216", "", "EL094259216", "GR"),
        ("GR094259216", "GR", "EL094259216", "GR"),
        ("094259216", "GR", "EL094259216", "GR"),
        ("ATU13585627", "", "ATU13585627", "AT"),
        ("DE136695976", "", "DE136695976", "DE"),
        ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA", "CH"),
        ("NO 995 525 828 MVA", "NO", "995525828MVA", "NO"),
        ("83 914 571 673", "AU", "83914571673", "AU"),
        ("12-3456789", "US", "123456789", "US"),
    ],
)
def test_B7_a_tax_id_is_read_in_its_canonical_form(
    text: str, country: str, value: str, where: str
) -> None:
    found = read_tax_id(text, country)
    assert (found.value, found.country) == (value, where)
    assert (found.register == "vies") == (where in {"FR", "GR", "AT", "DE"})


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("FR40303265046", ""),
        ("DE136695977", ""),
        ("DE13669597", ""),
        ("EL094259217", ""),
        ("123", "FR"),
        ("FR4030326504ß", ""),
        ("x" * 31, "US"),
        ("83914571674", "AU"),
        ("0012345678", ""),
    ],
)
def test_B7_a_wrong_check_digit_or_structure_is_refused(text: str, country: str) -> None:
    with pytest.raises(TaxIdInvalid):
        read_tax_id(text, country)


def test_B7_vies_wants_the_prefix_apart() -> None:
    assert vies_parts(read_tax_id("GR094259216", "GR")) == ("EL", "094259216")


def evidence(
    value: str = "FR40303265045", country: str = "FR", status: Any = "valid", age: timedelta = DAY
) -> TaxIdEvidence:
    return TaxIdEvidence(value=value, country=country, status=status, checked_at=NOW - age)


def found(
    policy: TaxPolicy,
    tax_id: TaxIdEvidence | None,
    *,
    country: str = "FR",
    ships: bool = True,
    certificates: tuple[Certificate, ...] = (),
    **more: Any,
) -> Waiver | None:
    settings: dict[str, Any] = {
        "region": "",
        "tax_class": "standard",
        "day": TODAY,
        "locale": "en-GB",
    }
    return waiver(
        policy,
        Buyer(tax_id=tax_id, certificates=certificates),
        country=country,
        ships=ships,
        **(settings | more),
    )


def test_B5_B7_goods_for_a_business_in_another_member_state_are_an_intra_community_supply() -> None:
    waived = found(GERMAN_SHOP, evidence())
    assert waived is not None
    assert (waived.treatment, waived.taxes) == ("intra_community", None)
    assert waived.note == "Intra-Community supply, exempt (Art. 138 Directive 2006/112/EC)"


def test_B5_B7_what_does_not_ship_is_reverse_charge_in_the_language_of_the_channel() -> None:
    waived = found(GERMAN_SHOP, evidence(), ships=False, locale="fr_FR")
    assert waived is not None
    assert waived.treatment == "reverse_charge"
    assert waived.note == "Autoliquidation (Art. 196 Directive 2006/112/EC)"


@pytest.mark.parametrize(
    ("policy", "tax_id", "country"),
    [
        (GERMAN_SHOP, None, "FR"),
        (GERMAN_SHOP, evidence(status="invalid"), "FR"),
        (GERMAN_SHOP, evidence(status="unverified"), "FR"),
        (GERMAN_SHOP, evidence(), "DE"),  # delivered in the seller's own state
        (GERMAN_SHOP, evidence("DE136695976", "DE"), "FR"),  # only another member state's number
        (GERMAN_SHOP, evidence(), "CH"),
        (TaxPolicy(), evidence(), "FR"),  # nobody has said where the shop sells from
        (TaxPolicy(seller_country="GB"), evidence(), "FR"),
        (GERMAN_SHOP, evidence("995525828MVA", "NO"), "FR"),
    ],
)
def test_B7_tax_is_never_silently_zero(
    policy: TaxPolicy, tax_id: TaxIdEvidence | None, country: str
) -> None:
    assert found(policy, tax_id, country=country) is None


def test_B7_a_number_of_northern_ireland_counts_for_goods_alone() -> None:
    northern = evidence("XI123456782", "GB")
    assert found(GERMAN_SHOP, northern) is not None
    assert found(GERMAN_SHOP, northern, ships=False) is None


def test_B7_an_unverified_number_counts_where_the_policy_accepts_it() -> None:
    accepting = msgspec.structs.replace(GERMAN_SHOP, unverified="accept")
    assert found(accepting, evidence(status="unverified")) is not None
    assert found(accepting, evidence(status="invalid")) is None


def test_B7_an_answer_is_fresh_for_as_long_as_the_policy_says() -> None:
    policy = msgspec.structs.replace(GERMAN_SHOP, recheck_s=3600)
    assert is_fresh(policy, evidence(age=timedelta(minutes=59)), NOW)
    assert not is_fresh(policy, evidence(age=timedelta(minutes=60)), NOW)
    assert not is_fresh(policy, evidence(status="unverified", age=timedelta(0)), NOW)


@pytest.mark.parametrize(
    ("unverified", "age", "status"),
    [
        ("charge", 1, "unverified"),
        ("recent", 30, "valid"),
        ("recent", 31, "unverified"),
        ("accept", 1, "unverified"),
    ],
)
def test_B7_while_the_register_is_silent_the_policy_says_what_counts(
    unverified: Any, age: int, status: str
) -> None:
    policy = msgspec.structs.replace(GERMAN_SHOP, unverified=unverified)
    before, silent = evidence(age=age * DAY), evidence(status="unverified", age=timedelta(0))
    assert renewed(policy, before, silent, NOW).status == status


def test_B7_a_clear_answer_replaces_whatever_was_known() -> None:
    policy = msgspec.structs.replace(GERMAN_SHOP, unverified="recent")
    no = evidence(status="invalid", age=timedelta(0))
    assert renewed(policy, evidence(), no, NOW) is no


def certificate(number: str = "C1", **more: Any) -> Certificate:
    settings: dict[str, Any] = {
        "reason": "resale",
        "jurisdictions": (
            Jurisdiction(
                country="US", region="CA", valid_from=TODAY - DAY, valid_until=TODAY + DAY
            ),
        ),
    }
    return Certificate(id=UUID(int=1), customer_id=UUID(int=2), number=number, **(settings | more))


def exempt(day: date = TODAY, region: str = "CA", **more: Any) -> Waiver | None:
    return found(
        TaxPolicy(),
        None,
        country="US",
        region=region,
        day=day,
        certificates=(certificate(**more),),
    )


def test_B22_a_certificate_exempts_in_its_jurisdiction_on_its_days() -> None:
    waived = exempt()
    assert waived is not None
    assert (waived.treatment, waived.taxes, waived.certificates) == ("exempt", None, ("C1",))
    assert waived.note == "Exemption certificate C1"
    assert exempt(day=TODAY - DAY) is not None


@pytest.mark.parametrize(
    "more",
    [
        {"day": TODAY - 2 * DAY},
        {"day": TODAY + DAY},
        {"region": "NY"},
        {"revoked_at": NOW},
        {"tax_classes": ("reduced",)},
    ],
)
def test_B22_outside_its_scope_tax_is_due(more: dict[str, Any]) -> None:
    assert exempt(**more) is None


def test_B22_a_certificate_without_region_covers_the_country() -> None:
    everywhere = (Jurisdiction(country="US", valid_from=TODAY),)
    assert exempt(region="NY", jurisdictions=everywhere) is not None


def test_B22_certificates_of_single_taxes_add_up() -> None:
    both = (certificate("A", taxes=("BC.pst",)), certificate("B", taxes=("CA.gst",)))
    waived = found(TaxPolicy(), None, country="US", region="CA", certificates=both)
    assert waived is not None
    assert waived.taxes == ("BC.pst", "CA.gst")
    assert waived.certificates == ("A", "B")


def test_of_whom_nothing_is_known_everything_is_taxed() -> None:
    assert Buyer(tax_id=None, certificates=()) == NOBODY
    assert found(GERMAN_SHOP, None) is None
