"""Policies, consultations and certificates on PostgreSQL."""

from datetime import date

import msgspec
import pytest

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import new_id
from argosy.modules import tax
from argosy.modules.tax import Jurisdiction, RegisterAnswer, SetCertificate, SetTaxPolicy
from argosy.runtime.db import Database

CHANNEL, ANN = new_id(), new_id()
FRENCH = tax.read_tax_id("FR40303265045")
RESALE = SetCertificate(
    number="SR-1",
    reason="resale",
    jurisdictions=(Jurisdiction(country="US", region="CA", valid_from=date(2026, 1, 1)),),
    taxes=("CA.state",),
)


async def test_a_channel_without_a_policy_has_the_default(db: Database) -> None:
    async with db.reading() as tx:
        found = await tax.taxes_of_channel(tx, CHANNEL)
    assert found == tax.ChannelTaxes(policy=tax.TaxPolicy(version=0), has_buyers=False)


async def test_a_policy_is_set_and_changed_by_its_version(db: Database) -> None:
    wanted = SetTaxPolicy(
        seller_country="DE", seller_tax_id="de 136 695 976", unverified="recent", recent_days=10
    )
    async with db.transaction() as tx:
        first = await tax.set_policy(tx, CHANNEL, wanted, expected_version=0)
    assert (first.version, first.seller_tax_id) == (1, "DE136695976")
    async with db.transaction() as tx:
        second = await tax.set_policy(
            tx, CHANNEL, msgspec.structs.replace(wanted, waived_price="gross"), expected_version=1
        )
        assert (await tax.taxes_of_channel(tx, CHANNEL)).policy == second
    for stale in (0, 1):
        with pytest.raises(tax.TaxPolicyChanged):
            async with db.transaction() as tx:
                await tax.set_policy(tx, CHANNEL, wanted, expected_version=stale)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (SetTaxPolicy(engine="unheard-of"), tax.TaxPolicyInvalid),
        (SetTaxPolicy(seller_tax_id="DE136695976"), tax.TaxPolicyInvalid),
        (SetTaxPolicy(seller_country="DE", seller_tax_id="DE136695977"), tax.TaxIdInvalid),
    ],
)
async def test_a_policy_that_cannot_be_is_refused(
    db: Database, wanted: SetTaxPolicy, error: type[Exception]
) -> None:
    with pytest.raises(error):
        async with db.transaction() as tx:
            await tax.set_policy(tx, CHANNEL, wanted, expected_version=0)


async def test_B7_consultations_are_kept_and_the_newest_answer_counts(
    db: Database, clock: MovableClock
) -> None:
    answers = [
        RegisterAnswer(status="valid", request_id="W1", name="SA SODIMAS"),
        RegisterAnswer(status="silent", reason="ms_unavailable"),
    ]
    kept = []
    for answer in answers:
        async with db.transaction() as tx:
            kept.append(await tax.keep_check(tx, FRENCH, None, answer))
        clock.advance(seconds=60)
    assert [one.status for one in kept] == ["valid", "unverified"]
    assert (kept[0].request_id, kept[1].reason) == ("W1", "ms_unavailable")
    async with db.reading() as tx:
        latest = await tax.latest_check(tx, FRENCH.value)
        every = await tax.checks_of(tx, FRENCH.value, limit=10)
        older = await tax.checks_of(tx, FRENCH.value, before=every[0].id, limit=10)
        assert await tax.latest_check(tx, "FR1") is None
    assert latest is not None
    assert tax.evidence_of(latest) == kept[0]
    assert [one.answer for one in every] == [answers[1], answers[0]]
    assert older == every[1:]


async def test_a_customer_s_tax_id_is_kept_and_forgotten(db: Database) -> None:
    async with db.transaction() as tx:
        found = await tax.keep_check(tx, FRENCH, None, RegisterAnswer(status="valid"))
        await tax.set_buyer_tax_id(tx, ANN, found)
    async with db.reading() as tx:
        assert (await tax.buyer_of(tx, ANN)).tax_id == found
        assert (await tax.taxes_of_channel(tx, CHANNEL)).has_buyers
    async with db.transaction() as tx:
        await tax.forget_buyer(tx, ANN)
        await tax.forget_buyer(tx, ANN)
        assert await tax.buyer_of(tx, ANN) == tax.NOBODY


async def test_B22_a_certificate_is_stored_replaced_and_revoked(db: Database) -> None:
    async with db.transaction() as tx:
        made = await tax.add_certificate(tx, ANN, RESALE)
        assert (await tax.buyer_of(tx, ANN)).certificates == (made,)
        assert (await tax.taxes_of_channel(tx, CHANNEL)).has_buyers
    wider = msgspec.structs.replace(RESALE, taxes=())
    async with db.transaction() as tx:
        changed = await tax.replace_certificate(tx, ANN, made.id, wider, expected_version=1)
        assert (changed.taxes, changed.version) == ((), 2)
    with pytest.raises(tax.CertificateChanged):
        async with db.transaction() as tx:
            await tax.replace_certificate(tx, ANN, made.id, wider, expected_version=1)
    for _ in range(2):
        async with db.transaction() as tx:
            revoked = await tax.revoke_certificate(tx, ANN, made.id)
            assert revoked.revoked_at is not None
            assert (await tax.buyer_of(tx, ANN)).certificates == ()
            assert await tax.certificates_of(tx, ANN) == [revoked]


async def test_B22_certificates_have_a_number_of_their_own_and_belong_to_one(db: Database) -> None:
    async with db.transaction() as tx:
        made = await tax.add_certificate(tx, ANN, RESALE)
    with pytest.raises(tax.CertificateTaken):
        async with db.transaction() as tx:
            await tax.add_certificate(tx, ANN, RESALE)
    async with db.transaction() as tx:
        await tax.add_certificate(tx, new_id(), RESALE)
        with pytest.raises(tax.CertificateNotFound):
            await tax.certificate_by_id(tx, new_id(), made.id)


@pytest.mark.parametrize(
    "change",
    [
        {"number": " "},
        {"jurisdictions": ()},
        {"jurisdictions": (Jurisdiction(country="usa", valid_from=date(2026, 1, 1)),)},
        {
            "jurisdictions": (
                Jurisdiction(
                    country="US", valid_from=date(2026, 1, 1), valid_until=date(2026, 1, 1)
                ),
            )
        },
        {"tax_classes": ("No Class",)},
        {"taxes": ("",)},
    ],
)
async def test_B22_a_certificate_that_cannot_be_is_refused(
    db: Database, change: dict[str, object]
) -> None:
    with pytest.raises(tax.CertificateInvalid):
        async with db.transaction() as tx:
            await tax.add_certificate(tx, ANN, msgspec.structs.replace(RESALE, **change))
