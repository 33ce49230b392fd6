"""Keeping the scores of products: how complete each is for the channels that it is published in.

event of catalog, pricing -- score_changed (a subscription): the products it concerns are scored
a schema comes into force -- rescore_type (a subscription) --> job RescoreType: all of the type
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Job
from argosy.modules import producttypes
from argosy.modules.pricing import PricesChanged
from argosy.modules.producttypes import ProductScore, Schema
from argosy.reads.completeness import ScoreFacts, score_facts
from argosy.reads.product_document import product_ids_after, products_of_variants
from argosy.reads.type_breaks import NOTHING, next_of_type
from argosy.runtime.db import Database, Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App

BATCH = 500
_UNTYPED = Schema()


class RescoreType(Job, frozen=True, kw_only=True):
    """Score the products of a type by the schema that is in force now."""

    NAME: ClassVar[str] = "rescore_type"

    code: str


async def score_changed(tx: Tx, events: Sequence[Delivered]) -> None:
    """Score the products that these events concern. A repeat writes nothing."""
    variants = [
        UUID(text) for e in events if e.type == PricesChanged.TYPE for text in e.data["variant_ids"]
    ]
    products = {UUID(e.data["product_id"]) for e in events if "product_id" in e.data}
    if variants:
        products |= await products_of_variants(tx, variants)
    ids = sorted(products)
    for start in range(0, len(ids), BATCH):
        await score_products(tx, ids[start : start + BATCH])


async def rescore_type(tx: Tx, events: Sequence[Delivered]) -> None:
    """Ask for the products of types whose schema is new to be scored again."""
    for code in sorted({e.data["code"] for e in events}):
        tx.enqueue(RescoreType(code=code))


async def run_rescore(app: App, job: RescoreType) -> None:
    """Score all products of a type, a batch at a time. A repeat writes nothing."""
    after = NOTHING
    while True:
        async with app.db.transaction() as tx:
            ids = await next_of_type(tx, job.code, after, BATCH)
            await score_products(tx, ids)
        if len(ids) < BATCH:
            return
        after = ids[-1]


async def rescore_all(db: Database) -> int:
    """Score every product; how many. May be broken off and repeated."""
    after, done = NOTHING, 0
    while True:
        async with db.transaction() as tx:
            ids = await product_ids_after(tx, after, BATCH)
            await score_products(tx, ids)
        done += len(ids)
        if len(ids) < BATCH:
            return done
        after = ids[-1]


async def score_products(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """Score these products; of those that are gone, nothing is kept. Three statements at most."""
    if not product_ids:
        return
    facts = await score_facts(tx, product_ids)
    codes = {f.type_code for f in facts if f.type_code is not None}
    schemas = await producttypes.schemas_in_force(tx, codes) if codes else {}
    scores = [
        score for f in facts for score in _scores(f, schemas.get(f.type_code or "") or _UNTYPED)
    ]
    await producttypes.save_scores(tx, product_ids, scores)


def _scores(facts: ScoreFacts, schema: Schema) -> list[ProductScore]:
    found = []
    for channel in facts.channels:
        has = {
            "description": facts.described,
            "photograph": facts.photographed,
            "price": channel.priced,
        }
        made = producttypes.score(
            schema,
            channel.code,
            held=facts.held,
            built_in={name for name, there in has.items() if there},
        )
        found.append(
            ProductScore(
                product_id=facts.id,
                channel_id=channel.channel_id,
                type_code=facts.type_code,
                score=made.score,
                lacks=made.lacks,
            )
        )
    return found
