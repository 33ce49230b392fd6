"""May a product be published? Judged where it is published, and kept up for the report.

    publish, activate --refuse_unfit--> MayNotPublish, in channels that refuse
    event of catalog, compliance -- comply_changed (a subscription): these products are judged anew
    a party, a default of a brand, a policy changes --> job Recheck: all that it may concern

A channel without a policy judges nothing, and a shop without any pays one short statement for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import ClassVar
from uuid import UUID

import msgspec
from babel.languages import get_official_languages

from argosy.kernel.events import Job
from argosy.modules import brands, catalog, channels, compliance, projections
from argosy.modules.catalog import Fault, ProductDeleted
from argosy.modules.channels import Channel, ChannelReconfigured
from argosy.modules.compliance import (
    DocumentFileUnknown,
    Facts,
    Finding,
    Market,
    MayNotPublish,
    Missing,
    Party,
    PartyFields,
    Policy,
    Sheet,
    SheetKey,
)
from argosy.reads import compliance as reads
from argosy.runtime.db import Database, Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App
from argosy.workflows.regulating import Sheets, gather_sheets, product_sheet

BATCH = 500
_CHANNELS = 1000
_NOTHING = UUID(int=0)
_CONCERNS = frozenset({"countries"})


class Recheck(Job, frozen=True, kw_only=True):
    """Judge products anew, and show them anew: those that a party is named on (`party_id`), those
    of a brand, or all, which are judged only.
    """

    NAME: ClassVar[str] = "recheck_compliance"

    party_id: UUID | None = None
    brand_key: str | None = None


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """What a product lacks in a channel."""

    channel: str
    missing: tuple[Missing, ...]


# --- markets -------------------------------------------------------------------------------------


@cache
def languages_of(country: str) -> frozenset[str]:
    """The official languages of a country (CLDR), those of its regions not among them."""
    found = get_official_languages(country, de_facto=True)
    return frozenset(one.partition("_")[0] for one in found)


def market_of(channel: Channel, policy: Policy) -> Market:
    """Where the channel sells. A country of no known language is content with the channel's."""
    own = frozenset({channel.locale.partition("-")[0]})
    return Market(
        countries={country: languages_of(country) or own for country in channel.countries},
        languages=policy.languages,
    )


async def _judging(tx: Tx) -> Mapping[UUID, Policy]:
    return {k: p for k, p in (await compliance.policies(tx)).items() if p.mode != "off"}


async def _markets(tx: Tx, judging: Mapping[UUID, Policy]) -> dict[UUID, tuple[str, Market]]:
    return {
        one.id: (one.code, market_of(one, judging[one.id]))
        for one in await channels.list_channels(tx, limit=_CHANNELS)
        if one.id in judging
    }


# --- judging -------------------------------------------------------------------------------------


def facts_of(facts: reads.RegulatedFacts, sheets: Sheets) -> Facts:
    """What the rules look at of a product."""
    sheet = sheets.of(facts.id, facts.brand)

    def party(party_id: UUID | None) -> Party | None:
        return None if party_id is None else sheets.parties.get(party_id)

    return Facts(
        sheet=sheet,
        manufacturer=party(sheet.manufacturer_id),
        responsible=party(sheet.responsible_id),
        pictured=facts.pictured,
        labelled=facts.labelled,
        needs_passport=facts.needs_passport,
        passported=facts.passported,
    )


async def missing_of(tx: Tx, product_id: UUID) -> list[Lacking]:
    """What a product lacks in each channel that judges, whether it is published there or not."""
    judging = await _judging(tx)
    found = await reads.regulated_facts(tx, [product_id]) if judging else []
    if not found:
        return []
    sheets = await gather_sheets(tx, [(one.id, one.brand) for one in found])
    facts = facts_of(found[0], sheets)
    return [
        Lacking(channel=code, missing=tuple(compliance.may_publish(facts, market)))
        for code, market in (await _markets(tx, judging)).values()
    ]


async def check_products(tx: Tx, product_ids: Collection[UUID]) -> None:
    """Keep what these products lack where they are published. A repeat writes nothing new."""
    policies = await compliance.policies(tx)
    if not policies or not product_ids:
        return
    judging = {k: p for k, p in policies.items() if p.mode != "off"}
    findings = await _findings(tx, product_ids, judging) if judging else []
    await compliance.save_findings(tx, product_ids, findings)


async def _findings(
    tx: Tx, product_ids: Collection[UUID], judging: Mapping[UUID, Policy]
) -> list[Finding]:
    found = [
        one
        for one in await reads.regulated_facts(tx, product_ids)
        if not one.channels.isdisjoint(judging)
    ]
    if not found:
        return []
    sheets = await gather_sheets(tx, [(one.id, one.brand) for one in found])
    markets = await _markets(tx, judging)
    return [
        Finding(channel_id=channel_id, product_id=one.id, missing=tuple(missing))
        for one in found
        for channel_id, (_, market) in markets.items()
        if channel_id in one.channels
        and (missing := compliance.may_publish(facts_of(one, sheets), market))
    ]


async def unfit(tx: Tx, product_ids: Collection[UUID]) -> dict[UUID, list[Lacking]]:
    """Products that are for sale in a channel that refuses what lacks something, and lack it. What
    was shown before and is in the report already is not refused again (one statement if no channel
    refuses).
    """
    refusing = {k: p for k, p in (await _judging(tx)).items() if p.mode == "refuse"}
    if not refusing or not product_ids:
        return {}
    findings = await _findings(tx, product_ids, refusing)
    known = await compliance.known_findings(tx, [one.product_id for one in findings])
    codes = {k: code for k, (code, _) in (await _markets(tx, refusing)).items()}
    refused: dict[UUID, list[Lacking]] = {}
    for one in findings:
        if (one.product_id, one.channel_id) not in known:
            lacking = Lacking(channel=codes[one.channel_id], missing=one.missing)
            refused.setdefault(one.product_id, []).append(lacking)
    return refused


async def refuse_unfit(tx: Tx, product_id: UUID) -> None:
    """Raise MayNotPublish where a channel refuses the product as it is now written."""
    for lacking in (await unfit(tx, [product_id])).values():
        where = ", ".join(one.channel for one in lacking)
        raise MayNotPublish(
            f"The product may not be published in {where}: {summary(lacking)}.",
            field=lacking[0].missing[0].field,
            missing=[msgspec.to_builtins(one) for one in lacking],
        )


def summary(lacking: Iterable[Lacking]) -> str:
    """What is missing, in short."""
    rules = dict.fromkeys(m.rule.replace("_", " ") for one in lacking for m in one.missing)
    return "missing " + ", ".join(rules)


def faults(lacking: Iterable[Lacking]) -> list[Fault]:
    """The same for the report of an import."""
    return [
        Fault(
            column="media" if m.field == "media" else f"compliance.{m.field}",
            code="may_not_publish",
            message=f"{one.channel} refuses the product: {m.rule.replace('_', ' ')} is missing"
            f"{_for_whom(m)} ({m.source}).",
        )
        for one in lacking
        for m in one.missing
    ]


def _for_whom(missing: Missing) -> str:
    where = f" for {missing.country}" if missing.country else ""
    return f"{where} in {missing.language}" if missing.language else where


# --- writing -------------------------------------------------------------------------------------


async def save_product_sheet(
    tx: Tx, product_id: UUID, sheet: Sheet, *, expected_version: int | None = None
) -> tuple[Sheet, Sheet]:
    """What is said about a product, before and after.

    Raises ProductNotFound, DocumentFileUnknown and what `compliance.save_sheet` raises.
    """
    if not await catalog.hold_products(tx, [product_id]):
        raise catalog.ProductNotFound("There is no such product.")
    return await write_sheet(
        tx, product_sheet(product_id), sheet, expected_version=expected_version
    )


async def save_brand_sheet(
    tx: Tx, brand_key: str, sheet: Sheet, *, expected_version: int | None = None
) -> tuple[Sheet, Sheet]:
    """What is said of products of a brand by default, before and after; the worker shows it.

    Raises DocumentFileUnknown and what `compliance.save_sheet` raises.
    """
    key = SheetKey("brand", brand_key)
    before, after = await write_sheet(tx, key, sheet, expected_version=expected_version)
    if before != after:
        tx.enqueue(Recheck(brand_key=brand_key))
    return before, after


async def write_sheet(
    tx: Tx, key: SheetKey, sheet: Sheet, *, expected_version: int | None = None
) -> tuple[Sheet, Sheet]:
    """Write a sheet whose files are all stored. Raises DocumentFileUnknown besides."""
    keys = {one.key for one in sheet.text.documents}
    known = await catalog.named_media(tx, sorted(keys)) if keys else set()
    if unknown := sorted(keys - known):
        raise DocumentFileUnknown(f"There is no file {unknown[0]}.", field="documents")
    return await compliance.save_sheet(tx, key, sheet, expected_version=expected_version)


async def change_party(
    tx: Tx, party_id: UUID, given: PartyFields, *, expected_version: int | None = None
) -> tuple[Party, Party]:
    """A party before and after; the worker shows it. Raises what `compliance.update_party` does."""
    before, after = await compliance.update_party(
        tx, party_id, given, expected_version=expected_version
    )
    if before != after:
        tx.enqueue(Recheck(party_id=party_id))
    return before, after


async def set_policy(
    tx: Tx, policy: Policy, *, expected_version: int | None = None
) -> tuple[Policy, Policy]:
    """The policy of a channel, before and after; the worker judges its products by it.

    Raises ComplianceVersionConflict.
    """
    before, after = await compliance.save_policy(tx, policy, expected_version=expected_version)
    if before != after:
        tx.enqueue(Recheck())
    return before, after


async def set_labelled(tx: Tx, category_ids: Sequence[UUID]) -> list[UUID]:
    """Have products in these categories need an energy label; which they were before.

    Raises CategoryNotFound.
    """
    for category_id in category_ids:
        await catalog.category_by_id(tx, category_id)
    before = await compliance.save_labelled(tx, category_ids)
    if set(before) != set(category_ids):
        tx.enqueue(Recheck())
    return before


async def set_passport_categories(tx: Tx, category_ids: Sequence[UUID]) -> list[UUID]:
    """Have products in these categories need a product passport; which they were before.

    Raises CategoryNotFound.
    """
    for category_id in category_ids:
        await catalog.category_by_id(tx, category_id)
    before = await compliance.save_passport_categories(tx, category_ids)
    if set(before) != set(category_ids):
        tx.enqueue(Recheck())
    return before


# --- what changes it -----------------------------------------------------------------------------


async def comply_changed(tx: Tx, events: Sequence[Delivered]) -> None:
    """Judge the products that these events concern. A repeat writes nothing."""
    gone = {UUID(e.data["product_id"]) for e in events if e.type == ProductDeleted.TYPE}
    if gone:
        await compliance.forget_products(tx, sorted(gone))
    if any(
        e.type == ChannelReconfigured.TYPE and not _CONCERNS.isdisjoint(e.data["fields"])
        for e in events
    ):
        tx.enqueue(Recheck())
    ids = sorted({UUID(e.data["product_id"]) for e in events if "product_id" in e.data} - gone)
    for start in range(0, len(ids), BATCH):
        await check_products(tx, ids[start : start + BATCH])


async def recheck(app: App, job: Recheck) -> None:
    """Judge what a change may concern, a batch at a time. A repeat writes nothing new."""
    if job.party_id is None:
        await check_all(app.db, job.brand_key)
        return
    after: SheetKey | None = None
    while True:
        async with app.db.transaction() as tx:
            refs = await compliance.sheet_refs_of_party(tx, job.party_id, after=after, limit=BATCH)
            await _look_again(tx, [UUID(one.ref) for one in refs if one.subject == "product"])
            for one in refs:
                if one.subject == "brand":
                    tx.enqueue(Recheck(brand_key=one.ref))
        if len(refs) < BATCH:
            return
        after = refs[-1]


async def check_all(db: Database, brand_key: str | None = None) -> int:
    """Judge every product, or show and judge those of a brand; how many. May be broken off and
    repeated.
    """
    after, done = _NOTHING, 0
    while True:
        async with db.transaction() as tx:
            rows = await reads.brands_after(tx, after, BATCH)
            if brand_key is None:
                ids = [one for one, _ in rows]
                await check_products(tx, ids)
            else:
                ids = [one for one, text in rows if brands.brand_key(text) == brand_key]
                await _look_again(tx, ids)
        done += len(ids)
        if len(rows) < BATCH:
            return done
        after = rows[-1][0]


async def _look_again(tx: Tx, product_ids: Sequence[UUID]) -> None:
    if product_ids:
        await projections.mark_changed(tx, product_ids, tx.now)
        await check_products(tx, product_ids)
