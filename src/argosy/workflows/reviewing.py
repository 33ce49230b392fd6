r"""Reviews with what they need of others: the product that is shown, the purchase that verifies.

customer writes --> pending --staff approves--> approved (shown, counted)
                       \--staff rejects--> rejected
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from argosy.modules import reviews
from argosy.modules.reviews import Review, WriteReview
from argosy.reads import product_reviews as reads
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered


async def write_review(tx: Tx, wish: WriteReview) -> Review:
    """Keep a customer's review, pending; it is verified when they have an order with the product.

    Raises ReviewInvalid, AlreadyReviewed.
    """
    verified = await reads.has_bought(tx, wish.customer_id, wish.product_id)
    return await reviews.write_review(tx, msgspec.structs.replace(wish, verified=verified))


async def anonymise_reviews(tx: Tx, events: Sequence[Delivered]) -> None:
    """Erased customers leave their reviews without name and link."""
    await reviews.anonymise_reviews(tx, [UUID(e.data["customer_id"]) for e in events])


async def forget_reviews(tx: Tx, events: Sequence[Delivered]) -> None:
    """Reviews go with their product."""
    await reviews.forget_products(tx, [UUID(e.data["product_id"]) for e in events])
